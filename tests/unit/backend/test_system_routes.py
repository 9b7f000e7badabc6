"""Health in one word, and measurements with units."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from bot.core.events import BookSnapshot, FeedLost, Level
from bot.core.numbers import Lots, Ticks
from tests.unit.backend.fakes import World
from tests.unit.core.play import START_MS


def with_book(world: World) -> None:
    world.bot.play.ready()
    bids, asks = (Level(Ticks(86_190), Lots(5)),), (Level(Ticks(86_208), Lots(5)),)
    world.bot.happens(BookSnapshot(market="BTC-USD", bids=bids, asks=asks, exchange_ms=START_MS, received_ms=START_MS))


def test_health_is_about_the_process_alone(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_ready_means_fresh_feeds_and_a_known_account(world: World, client: TestClient) -> None:
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (503, {"status": "starting"})

    with_book(world)

    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("feed", ["account", "book"])
def test_a_lost_feed_is_not_ready(world: World, client: TestClient, feed: str) -> None:
    with_book(world)

    world.bot.happens(FeedLost(feed=feed, market=None, reason="gap", received_ms=START_MS))

    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (503, {"status": "stale"})


def test_an_old_mark_is_not_ready(world: World, client: TestClient) -> None:
    with_book(world)
    limit_ms = world.bot.engine.settings["BTC-USD"].max_mark_age_ms

    world.clock.turn(limit_ms)  # type: ignore[attr-defined]  # the test's own clock
    assert client.get("/readyz").status_code == 200
    world.clock.turn(1)  # type: ignore[attr-defined]  # the same
    assert client.get("/readyz").status_code == 503


def test_measurements_can_be_read_by_prometheus_and_carry_the_documents_four(world: World, client: TestClient) -> None:
    with_book(world)
    world.bot.engine.counters.orders_placed = 3
    world.bot.engine.counters.orders_ended = 2
    world.bot.engine.counters.orders_filled = 1

    answer = client.get("/metrics")
    samples = {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }

    assert answer.headers["Content-Type"].startswith("text/plain")
    assert samples["mmbot_orders_placed_total", ()] == 3
    assert samples["mmbot_fill_rate_ratio", ()] == 0.5
    assert samples["mmbot_total_pnl_usd", ()] == 0
    assert samples["mmbot_position_size", ("BTC-USD",)] == 0
    assert samples["mmbot_state", ("RUNNING",)] == 1
    assert samples["mmbot_ready", ()] == 1
    assert samples["mmbot_requests_last_minute", ()] == 7


def test_no_measurement_has_an_id_for_a_label(world: World, client: TestClient) -> None:
    play = world.bot.play.ready()
    play.quoting()

    text = client.get("/metrics").text

    assert 'mmbot_live_orders{owner="bot"} 2.0' in text
    assert "mmb-" not in text

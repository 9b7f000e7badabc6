"""Measurements: units in the names, labels from small sets, and every dashboard asks for names that exist."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from starlette.testclient import TestClient

from bot.clock import TurnableClock
from bot.core.events import BalanceReported, FeedLost, FeedRestored
from bot.core.orders import ExchangeStatus
from bot.observers.alerts import Alerts
from bot.observers.step_times import BOUNDS_S, MOST_STEPS, StepTimes
from bot.observers.tallies import Tallies
from tests.unit.backend.fakes import World
from tests.unit.backend.test_flatten_preview import book
from tests.unit.core.play import START_MS, Play

NAME = re.compile(r"\bmmbot_[a-z_]+")
UNITS = ("_usd", "_seconds", "_bps", "_ratio", "_bytes", "_size")
PLAIN_COUNTS = {
    "mmbot_live_orders", "mmbot_state", "mmbot_ready", "mmbot_exchange_connected", "mmbot_requests_last_minute",
    "mmbot_requests_per_minute_limit", "mmbot_viewers", "mmbot_records_ready",
    "mmbot_risk_tier",
}  # fmt: skip
"""Counts of things and truth values: the name says of what."""


@pytest.fixture
def busy(world: World, client: TestClient) -> World:
    """A bot that has done a little of everything that is measured."""
    world.service.alerts = Alerts(None)
    play = world.bot.play.ready()
    first, _ = play.quoting()
    play.fill(first, "0.01")
    play.report(first, ExchangeStatus.FILLED, filled=first.size * play.market.lot_size)
    world.bot.engine.counters.rejects = {"1140 Cost exceeds <balance>": 2, "POST_ONLY_FAILED": 1, "not sent: odd": 1, "?": 1}
    money = dict.fromkeys(
        ("balance", "equity", "available_for_trade", "unrealised_pnl", "initial_margin", "margin_ratio"), Decimal(1)
    )
    world.bot.happens(BalanceReported(**money, updated_ms=1, received_ms=START_MS, source="stream", wire={}))
    world.bot.steps.saw("sign", 0.0002)
    world.bot.happens(FeedLost(feed="book", market=None, reason="gap", received_ms=START_MS))
    world.clock.turn(500)  # type: ignore[attr-defined]  # the clock that only a test turns
    world.bot.happens(FeedRestored(feed="book", market=None, received_ms=START_MS))
    return world


def families(client: TestClient) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}


def series_of(client: TestClient) -> set[str]:
    return {sample.name for family in families(client).values() for sample in family.samples} | set(families(client))


def test_every_measurement_says_its_unit(busy: World, client: TestClient) -> None:
    del busy
    found = families(client)

    without = [
        name
        for name, family in found.items()
        if family.type != "counter" and not name.endswith(UNITS) and name not in PLAIN_COUNTS
    ]
    assert without == []
    assert len(found) > 30


def test_rejects_are_counted_by_a_short_reason(busy: World, client: TestClient) -> None:
    del busy
    samples = {each.labels["reason"]: each.value for each in families(client)["mmbot_orders_rejected"].samples}

    assert samples == {"1140": 2, "post_only_failed": 1, "not sent": 1, "other": 1}


def test_feeds_steps_and_uptime_are_measured(busy: World, client: TestClient) -> None:
    del busy
    found = families(client)

    lost = {each.labels["feed"]: each.value for each in found["mmbot_feed_losses"].samples}
    assert (lost["book"], lost["mark"]) == (1, 0)
    buckets = {each.labels["le"]: each.value for each in found["mmbot_step_seconds"].samples if each.name.endswith("_bucket")}
    assert (buckets["0.0001"], buckets["0.00025"], buckets["+Inf"]) == (0, 1, 1)
    assert found["mmbot_quote_uptime_ratio"].samples[0].value == 0.0
    assert found["mmbot_loop_lag_worst_seconds"].samples[0].value == 0.04


def test_a_snapshot_that_differs_from_the_deltas_book_is_counted_for_its_market(world: World, client: TestClient) -> None:
    world.bot.play.ready()
    counted: list[float] = []
    for bid_size in (1_000, 1_000, 999):
        world.bot.happens(book([(86_190, bid_size)], [(86_208, 1_000)]))
        found = families(client)["mmbot_book_audit_mismatches"].samples
        counted += [each.value for each in found if each.labels == {"market": "BTC-USD"}]

    assert counted[2] - counted[1] == 1
    assert counted[1] == counted[0]


@pytest.mark.parametrize("file", ["dashboard.json", "alerts.yml"])
def test_dashboard_and_rules_ask_for_names_that_exist(busy: World, client: TestClient, repository: Path, file: str) -> None:
    del busy
    asked = set(NAME.findall((repository / "deploy" / "grafana" / file).read_text()))

    assert asked
    assert asked - series_of(client) == set()


def test_everything_measured_stands_on_the_dashboard(busy: World, client: TestClient, repository: Path) -> None:
    del busy
    shown = (repository / "deploy" / "grafana" / "dashboard.json").read_text()

    assert [name for name in families(client) if name not in shown] == []


def test_dashboard_and_rules_can_be_read(repository: Path) -> None:
    dashboard = json.loads((repository / "deploy" / "grafana" / "dashboard.json").read_text())
    rules = YAML(typ="safe").load((repository / "deploy" / "grafana" / "alerts.yml").read_text())

    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert all({"alert", "expr", "labels", "annotations"} <= set(rule) for rule in rules["groups"][0]["rules"])


def test_the_time_with_both_sides_resting_is_the_uptime() -> None:
    clock, play = TurnableClock(START_MS), Play()
    tallies = Tallies(clock)
    play.ready()
    for _ in range(3):
        tallies.record(play.engine, [], [])
        clock.turn(100)
    play.quoting()
    for _ in range(7):
        tallies.record(play.engine, [], [])
        clock.turn(100)
    clock.turn(5_000)
    tallies.record(play.engine, [], [])

    assert tallies.uptime("BTC-USD") == pytest.approx(7 / 9)
    assert tallies.uptime("ETH-USD") is None


def test_times_fall_into_the_bucket_whose_bound_they_do_not_pass() -> None:
    times = StepTimes()
    for seconds in (0.0, BOUNDS_S[0], 0.00011, 99.0):
        times.saw("x", seconds)
    for number in range(MOST_STEPS * 2):
        times.saw(f"step {number}", 1.0)

    assert times.steps["x"].cumulative[0] == (str(BOUNDS_S[0]), 2.0)
    assert times.steps["x"].cumulative[-1] == ("+Inf", 4.0)
    assert len(times.steps) == MOST_STEPS

"""The account as published, over HTTP."""

from decimal import Decimal

from starlette.testclient import TestClient

from bot.core.events import MarkPriceSeen
from tests.unit.backend.fakes import World
from tests.unit.core.play import START_MS


def test_the_cached_account_has_lists_marks_ages_and_a_number(world: World, client: TestClient) -> None:
    world.bot.play.ready()

    account = client.get("/api/cached-account").json()

    assert set(account) == {"seq", "positions", "trades", "orders", "balance", "age_ms"}
    assert account["balance"]["mark_prices"] == {"BTC-USD": "86198.85"}
    assert account["positions"] == account["trades"] == account["orders"] == []
    assert {"mark", "bbo"} <= set(account["age_ms"])


def test_four_requests_a_second_are_answered_from_what_was_published(world: World, client: TestClient) -> None:
    first = client.get("/api/cached-account")
    world.bot.happens(MarkPriceSeen(market="BTC-USD", price=Decimal(1), exchange_ms=START_MS, received_ms=START_MS))

    again = [client.get("/api/cached-account") for _ in range(4)]

    assert {answer.content for answer in again} == {first.content}


def test_the_stats_name_clients_messages_bytes_number_ages_and_drops(client: TestClient) -> None:
    stats = client.get("/api/broadcaster/stats").json()

    assert {"clients", "messages", "bytes", "seq", "age_ms", "drops", "exchange"} <= set(stats)


def test_a_plain_request_to_the_socket_is_told_what_it_is(client: TestClient) -> None:
    answer = client.get("/ws/broadcast")

    assert (answer.status_code, answer.json()["code"]) == (426, "socket_only")


def test_markets_show_rules_mark_and_age(world: World, client: TestClient) -> None:
    world.bot.play.ready()

    assert client.get("/api/markets").json() == {
        "markets": [
            {
                "name": "BTC-USD",
                "status": "ACTIVE",
                "followed": True,
                "tick_size": "1",
                "lot_size": "0.00001",
                "min_size": "0.0001",
                "mark_price": "86198.85",
                "mark_age_ms": 0,
            }
        ]
    }


def test_a_series_has_one_value_for_each_column(world: World, client: TestClient) -> None:
    world.bot.play.ready()
    world.bot.happens(MarkPriceSeen(market="BTC-USD", price=Decimal("86198.85"), exchange_ms=START_MS, received_ms=START_MS))

    by_second = client.get("/api/markets/BTC-PERP/series").json()
    by_minute = client.get("/api/markets/BTC-USD/series?step=60").json()

    assert (by_second["market"], by_second["step_s"], len(by_second["rows"])) == ("BTC-USD", 1, 1)
    row = dict(zip(by_second["columns"], by_second["rows"][0], strict=True))
    assert (row["mark"], row["bid"]) == ("86198.85", None)
    assert dict(zip(by_minute["columns"], by_minute["rows"][0], strict=True))["watched_s"] == 1


def test_a_series_of_no_market_or_of_another_step_is_refused(world: World, client: TestClient) -> None:
    world.bot.play.ready()

    assert client.get("/api/markets/NO-USD/series").status_code == 422
    assert client.get("/api/markets/BTC-USD/series?step=7").status_code == 422

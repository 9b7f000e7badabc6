"""The first document's curl lines and answers, as printed, against the running programs."""

import json

import pytest

from proofs.stage.asking import eventually
from proofs.stage.programs import Bot, SimulatedExchange
from proofs.stage.stranger import Stranger
from tests.documents.conftest import DEMO_ACCOUNT, PRINTED_PRICE, Curl

pytestmark = pytest.mark.xdist_group("documents")

START = "curl -X POST http://localhost:8000/api/bot/start"
STOP = "curl -X POST http://localhost:8000/api/bot/stop"
STATUS = "curl http://localhost:8000/api/bot/status"
CONFIG = """\
curl -X POST http://localhost:8000/api/bot/config \\
  -H "Content-Type: application/json" \\
  -d '{
    "spread_percentage": 0.002,
    "order_size": "0.02"
  }'"""
LOGS = "curl http://localhost:8000/api/bot/logs?limit=50"

PRINTED_CONFIG = {
    "market": "BTC-USD",
    "spread_percentage": 0.001,
    "order_size": "0.01",
    "refresh_interval": 5,
    "price_move_threshold": 0.002,
}


def test_start_bot_answers_started_with_the_printed_config(desk: Bot, curl: Curl) -> None:
    answer = json.loads(curl(START, desk))

    assert answer["status"] == "started"
    assert {name: answer["config"][name] for name in PRINTED_CONFIG} == PRINTED_CONFIG
    assert {name: type(answer["config"][name]) for name in PRINTED_CONFIG} == {
        name: type(value) for name, value in PRINTED_CONFIG.items()
    }


def test_starting_a_running_bot_again_is_a_conflict_that_says_so(desk: Bot, curl: Curl) -> None:
    curl(START, desk)

    answer = desk.ask("POST", "/api/bot/start")

    assert (answer.status, answer.body["code"], answer.body["state"]) == (409, "already_running", "RUNNING")


def test_stop_bot_cancels_every_order_of_the_bot_on_the_exchange(desk: Bot, exchange: SimulatedExchange, curl: Curl) -> None:
    curl(START, desk)
    shown = set(desk.wait_for_quotes()["order_ids"])

    answer = json.loads(curl(STOP, desk))

    assert answer == {"status": "stopped", "remaining": []}
    assert not shown & {order["externalId"] for order in exchange.open_orders()}
    assert desk.status()["running"] is False


def test_get_status_has_the_printed_fields_with_the_printed_types(demo: Bot, exchange: SimulatedExchange, curl: Curl) -> None:
    status = json.loads(curl(STATUS, demo))

    assert status["running"] is True
    assert {name: status["config"][name] for name in PRINTED_CONFIG} == PRINTED_CONFIG
    assert status["active_orders"] == 2
    assert status["last_quote_price"] == PRINTED_PRICE
    assert [type(status["current_quotes"][side]) for side in ("bid", "ask")] == [float, float]
    assert len(status["order_ids"]) == 2
    on_exchange = {order["externalId"]: float(order["price"]) for order in exchange.open_orders()}
    assert [on_exchange[order_id] for order_id in status["order_ids"]] == [86112.0, 86286.0]
    assert status["current_quotes"] == {"bid": 86112.0, "ask": 86286.0}, "the printed quotes, on the market's tick of 1"


def test_get_status_of_a_stopped_bot_has_no_quotes_and_no_orders(desk: Bot, curl: Curl) -> None:
    status = json.loads(curl(STATUS, desk))

    assert status["running"] is False
    assert (status["active_orders"], status["order_ids"]) == (0, [])
    assert status["current_quotes"] == {"bid": None, "ask": None}
    assert status["last_quote_price"] is None


def test_update_config_of_a_stopped_bot_takes_the_printed_body_and_quotes_by_it(desk: Bot, curl: Curl) -> None:
    answer = json.loads(curl(CONFIG, desk))
    assert (answer["config"]["spread_percentage"], answer["config"]["order_size"]) == (0.002, "0.02")

    curl(START, desk)

    assert desk.wait_for_quotes()["current_quotes"] == {"bid": 86026.0, "ask": 86372.0}
    mine = [order for order in desk.get("/api/orders")["orders"] if order["owner"] == "bot"]
    assert {order["qty"] for order in mine} == {"0.02"}


def test_update_config_only_when_stopped_changes_nothing_while_running(desk: Bot, curl: Curl) -> None:
    curl(START, desk)

    refused = json.loads(curl(CONFIG, desk))

    assert desk.ask("POST", "/api/bot/config", {"spread_percentage": 0.002, "order_size": "0.02"}).status == 409
    assert refused["code"] == "not_while_running"
    assert "stopped" in refused["message"]
    assert {name: desk.status()["config"][name] for name in PRINTED_CONFIG} == PRINTED_CONFIG


def test_get_logs_returns_at_most_fifty_lines_newest_first(demo: Bot, curl: Curl) -> None:
    demo.line_with("No refresh needed", 15)

    logs = json.loads(curl(LOGS, demo))["logs"]

    assert 5 < len(logs) <= 50
    assert [line["id"] for line in logs] == sorted((line["id"] for line in logs), reverse=True)
    assert len(demo.get("/api/bot/logs?limit=3")["logs"]) == 3


def test_broadcaster_stats_says_how_fresh_every_source_is(demo: Bot) -> None:
    stats = demo.get("/api/broadcaster/stats")

    assert {"clients", "messages", "bytes", "seq", "drops", "age_ms"} <= set(stats)
    assert stats["age_ms"]["mark"] < 5_000


def test_balance_mark_prices_hold_every_market_live(demo: Bot, exchange: SimulatedExchange) -> None:
    prices = demo.get("/api/cached-account")["balance"]["mark_prices"]

    marks = {market: each["mark"] for market, each in exchange.truth("state")["markets"].items()}
    assert set(prices) == {"BTC-USD", "ETH-USD", "SOL-USD"}
    assert prices == marks


def test_quotes_are_post_only_on_the_exchange(demo: Bot, exchange: SimulatedExchange) -> None:
    mine = [order for order in exchange.open_orders() if order["externalId"] in demo.status()["order_ids"]]

    assert [order["postOnly"] for order in mine] == [True, True]


def test_metrics_are_the_exchanges_own_truth_after_a_fill(demo: Bot, exchange: SimulatedExchange, stranger: Stranger) -> None:
    before = demo.status()["metrics"]

    stranger.place("SELL", "86112", "0.004", time_in_force="IOC")
    eventually(lambda: demo.status()["metrics"]["fills"] == before["fills"] + 1, 10, "the fill in the status")
    eventually(lambda: demo.status()["metrics"]["orders_ended"] >= before["orders_ended"] + 1, 10, "a new quote after the fill")

    def differing() -> list[str]:
        after, standing = demo.status()["metrics"], exchange.standing(DEMO_ACCOUNT)
        told = {
            "position_size": (after["position_size"], exchange.position(account=DEMO_ACCOUNT)),
            "fill_rate": (round(after["orders_filled"] / after["orders_ended"], 4), after["fill_rate"]),
            "unrealised_pnl": (after["unrealised_pnl"], standing["unrealised_pnl"]),
            "realised_pnl": (after["realised_pnl"], standing["trade_pnl"]),
            "fees": (after["fees"], standing["fees"]),
        }
        return [name for name, (ours, theirs) in told.items() if abs(float(ours) - float(theirs)) > 1e-4]

    eventually(lambda: not differing(), 10, "metrics that are the exchange's own truth")
    assert demo.status()["metrics"]["orders_placed"] > before["orders_placed"]

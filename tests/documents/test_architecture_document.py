"""The second document: its curl lines, its order types, its socket, its strategy example, its variables."""

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from proofs.stage.asking import eventually
from proofs.stage.programs import Bot, SimulatedExchange
from proofs.stage.stranger import Stranger
from tests.documents.conftest import DESK_ACCOUNT, Curl

pytestmark = pytest.mark.xdist_group("documents")

TEST_ORDER_CREATION = """\
curl -X POST http://localhost:8000/api/orders/create \\
  -H "Content-Type: application/json" \\
  -d '{
    "market": "BTC-PERP",
    "side": "BUY",
    "price": "60000",
    "size": "0.001",
    "timeInForce": "POST_ONLY"
  }'"""
CHECK_OPEN_ORDERS = "curl http://localhost:8000/api/orders"
PRINTED_ORDER = {"market": "BTC-PERP", "side": "BUY", "price": "60000", "size": "0.001", "timeInForce": "POST_ONLY"}

IMPORTS = "import asyncio\nfrom bot.order_manager import create_order\nfrom bot.simple_mm_bot import get_market_price\n"
STRATEGY_EXAMPLE = """\
# Prosty market maker (przykład - do rozbudowy)
async def simple_market_maker():
    # 1. Pobierz current price
    market_price = await get_market_price("BTC-PERP")
    
    # 2. Oblicz spread (np. 0.1%)
    spread = 0.001
    buy_price = market_price * (1 - spread)
    sell_price = market_price * (1 + spread)
    
    # 3. Postaw zlecenia POST_ONLY
    await create_order(
        market="BTC-PERP",
        side="BUY",
        price=str(buy_price),
        size="0.001",
        timeInForce="POST_ONLY"
    )
    
    await create_order(
        market="BTC-PERP",
        side="SELL",
        price=str(sell_price),
        size="0.001",
        timeInForce="POST_ONLY"
    )
    
    # 4. Monitoruj fills i adjust
"""  # noqa: W293 - as printed
RUN_IT = "asyncio.run(simple_market_maker())\n"


def hand_orders(exchange: SimulatedExchange, bot: Bot) -> dict[str, dict[str, Any]]:
    """Return the open orders on the exchange that were made by hand through this bot."""
    known = {order["externalId"] for order in bot.get("/api/orders")["orders"] if order["owner"] == "hand"}
    return {order["externalId"]: order for order in exchange.open_orders("mmh-") if order["externalId"] in known}


def cancel_hand_orders(exchange: SimulatedExchange, bot: Bot) -> None:
    for own_id in hand_orders(exchange, bot):
        assert bot.ask("DELETE", f"/api/orders/{own_id}").status == 200
    assert not hand_orders(exchange, bot)


# ── testing ──


def test_test_order_creation_rests_on_the_exchange_under_the_real_market_name(
    demo: Bot, exchange: SimulatedExchange, curl: Curl
) -> None:
    answer = json.loads(curl(TEST_ORDER_CREATION, demo))

    assert answer["status"] == "RESTING"
    assert (answer["market"], answer["side"], answer["price"], answer["size"]) == ("BTC-USD", "BUY", "60000", "0.001")
    assert answer["timeInForce"] == "POST_ONLY"
    resting = hand_orders(exchange, demo)[answer["externalId"]]
    assert (str(resting["id"]), resting["postOnly"], float(resting["price"])) == (answer["id"], True, 60000.0)
    cancel_hand_orders(exchange, demo)


def test_check_open_orders_lists_the_order_by_hand_beside_the_bots(demo: Bot, exchange: SimulatedExchange, curl: Curl) -> None:
    created = json.loads(curl(TEST_ORDER_CREATION, demo))

    orders = {order["externalId"]: order for order in json.loads(curl(CHECK_OPEN_ORDERS, demo))["orders"]}

    assert orders[created["externalId"]]["owner"] == "hand"
    assert {orders[order_id]["owner"] for order_id in demo.status()["order_ids"]} == {"bot"}
    cancel_hand_orders(exchange, demo)


@pytest.mark.parametrize("which", ["id", "externalId"])
def test_delete_orders_id_cancels_by_the_exchanges_id_and_by_ours(which: str, demo: Bot, exchange: SimulatedExchange) -> None:
    created = demo.post("/api/orders/create", PRINTED_ORDER)

    answer = demo.ask("DELETE", f"/api/orders/{created[which]}")

    assert (answer.status, answer.body["status"], answer.body["externalId"]) == (200, "CANCELLED", created["externalId"])
    assert created["externalId"] not in {order["externalId"] for order in exchange.open_orders("mmh-")}


# ── order types ──


def test_post_only_that_would_execute_at_once_is_not_executed(desk: Bot) -> None:
    answer = desk.post("/api/orders/create", {**PRINTED_ORDER, "price": "86450"})

    assert answer["status"] in ("REJECTED", "CANCELLED")
    assert answer["filled"] == "0"
    assert "POST_ONLY" in answer["reason"]


def test_gtc_rests_for_the_longest_time_the_exchange_allows(desk: Bot, exchange: SimulatedExchange) -> None:
    answer = desk.post("/api/orders/create", {**PRINTED_ORDER, "timeInForce": "GTC"})

    resting = hand_orders(exchange, desk)[answer["externalId"]]
    days = (resting["expireTime"] - resting["createdTime"]) / 86_400_000
    assert answer["status"] == "RESTING"
    assert answer["expires"] == resting["expireTime"]
    assert 27.9 < days <= 28, "testnet's limit"
    cancel_hand_orders(exchange, desk)


def test_gtc_may_execute_at_once_as_a_taker(desk: Bot, exchange: SimulatedExchange, stranger: Stranger) -> None:
    stranger.place("SELL", "86150", "0.002")  # inside everybody's quotes: nobody else is met

    answer = desk.post("/api/orders/create", {**PRINTED_ORDER, "price": "86150", "size": "0.002", "timeInForce": "GTC"})

    (fill,) = [fill for fill in exchange.fills(DESK_ACCOUNT) if fill["externalOrderId"] == answer["externalId"]]
    assert (answer["status"], answer["filled"]) == ("FILLED", "0.002")
    assert (fill["isTaker"], float(fill["price"])) == (True, 86150.0)


def test_ioc_executes_or_is_gone_and_never_rests(desk: Bot, exchange: SimulatedExchange) -> None:
    answer = desk.post("/api/orders/create", {**PRINTED_ORDER, "timeInForce": "IOC"})

    assert (answer["status"], answer["filled"]) == ("CANCELLED", "0")
    assert answer["externalId"] not in {order["externalId"] for order in exchange.open_orders("mmh-")}


def test_fok_that_the_book_cannot_fill_is_refused_and_nothing_is_sent(desk: Bot, exchange: SimulatedExchange) -> None:
    sent = exchange.truth("requests")["by_route"].get("/api/v1/user/order", 0)

    answer = desk.ask("POST", "/api/orders/create", {**PRINTED_ORDER, "timeInForce": "FOK"})

    assert (answer.status, answer.body["code"]) == (422, "risk_fok_not_fillable")
    assert exchange.truth("requests")["by_route"].get("/api/v1/user/order", 0) == sent


def test_fok_that_the_book_can_fill_is_filled_whole(desk: Bot, stranger: Stranger) -> None:
    stranger.place("SELL", "86150", "0.002")

    def fill_or_kill() -> dict[str, Any] | None:
        order = {**PRINTED_ORDER, "price": "86150", "size": "0.002", "timeInForce": "FOK"}
        answer = desk.ask("POST", "/api/orders/create", order)
        return answer.body if answer.status == 200 else None  # refused until our picture of the book has the stranger's order

    answer = eventually(fill_or_kill, 5, "a fill-or-kill order that is taken")

    assert (answer["status"], answer["filled"]) == ("FILLED", "0.002")


def test_reduce_only_cannot_open_a_position(desk: Bot, exchange: SimulatedExchange) -> None:
    order = {"market": "ETH-PERP", "side": "BUY", "price": "3000", "size": "0.01", "timeInForce": "GTC", "reduceOnly": True}

    answer = desk.ask("POST", "/api/orders/create", order)

    assert answer.body["status"] == "REJECTED"
    assert "1137" in answer.body["reason"]
    assert exchange.position("ETH-USD", DESK_ACCOUNT) == 0


# ── the flow of an order, and the strategy example ──


def test_the_market_making_strategy_example_runs_against_the_demo_as_printed(
    demo: Bot, exchange: SimulatedExchange, repository: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS + STRATEGY_EXAMPLE + RUN_IT],
        cwd=repository,
        env={"MMBOT_HOME": str(demo.home)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    orders = sorted(hand_orders(exchange, demo).values(), key=lambda order: float(order["price"]))
    shown = [(order["side"], float(order["price"]), float(order["qty"]), order["postOnly"]) for order in orders]
    assert shown == [("BUY", 86112.0, 0.001, True), ("SELL", 86286.0, 0.001, True)], "rounded away from the market"
    cancel_hand_orders(exchange, demo)


# ── account data ──


def test_cached_account_has_positions_balance_trades_and_orders(demo: Bot) -> None:
    account = demo.get("/api/cached-account")

    assert {name: type(account[name]) for name in ("positions", "trades", "orders", "balance", "seq", "age_ms")} == {
        "positions": list, "trades": list, "orders": list, "balance": dict, "seq": int, "age_ms": dict,
    }  # fmt: skip
    assert set(demo.status()["order_ids"]) <= {order["externalId"] for order in account["orders"]}
    assert account["balance"]["equity"]


def merge(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch, written down here anew from RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def test_ws_broadcast_sends_a_snapshot_and_then_only_what_changed(demo: Bot, exchange: SimulatedExchange) -> None:
    with connect(demo.address.replace("http", "ws") + "/ws/broadcast", proxy=None) as socket:
        first = json.loads(socket.recv(timeout=5))
        picture, seq, whole = first["data"], first["seq"], len(json.dumps(first))
        created = demo.post("/api/orders/create", PRINTED_ORDER)
        for _ in range(40):
            message = json.loads(socket.recv(timeout=5))
            assert (message["type"], message["seq"]) == ("diff", seq + 1)
            assert len(json.dumps(message)) < whole
            picture, seq = merge(picture, message["data"]), message["seq"]
            if created["externalId"] in str(picture["orders"]):
                break

    assert first["type"] == "snapshot"
    assert {"positions", "balance", "trades", "orders"} <= set(picture)
    assert created["externalId"] in {order["externalId"] for order in picture["orders"].values()}
    cancel_hand_orders(exchange, demo)


def test_ws_broadcast_publishes_about_four_times_a_second_even_when_nothing_happens(demo: Bot) -> None:
    with connect(demo.address.replace("http", "ws") + "/ws/broadcast", proxy=None) as socket:
        stamps = [json.loads(socket.recv(timeout=5))["data"]["clock_ms"] for _ in range(13)]

    gaps = sorted(later - earlier for earlier, later in itertools.pairwise(stamps))
    assert gaps[len(gaps) // 2] <= 260, "the bot's own clock between two messages, the middle one of twelve"


# ── the variables ──


def test_the_printed_render_variables_do_not_make_a_first_start_touch_the_real_exchange(tmp_path: Path) -> None:
    variables = {
        "EXTENDED_API_KEY": "your_api_key",
        "EXTENDED_API_BASE_URL": "https://api.starknet.extended.exchange/api/v1",
        "Extended_2_D61658C_CLIENT_ID": "your_client_id",
        "Extended_2_D61658C_VAULT_NUMBER": "1",
    }

    with Bot(tmp_path, "run", variables=variables) as bot:
        assert "nothing real is touched" in bot.line_with("paper mode")
        assert bot.status()["running"] is False
        eventually(lambda: bot.ask("GET", "/readyz").status == 200, 20, "readiness on a simulated exchange of its own")

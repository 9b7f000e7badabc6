"""The control routes tell the truth and pull the levers."""

import asyncio
from typing import Any

import aiohttp
import pytest


async def test_the_truth_about_orders_fills_positions_and_money(stand: Any) -> None:
    await stand.bob.place("SELL", 86_100, "0.02")
    await stand.alice.place("BUY", 86_100, postOnly=False)
    await asyncio.sleep(0.05)
    alice, bob = (customer.account.account_id for customer in stand.customers)

    _, orders = await stand.control("GET", f"/orders?account={bob}&open=true")
    _, fills = await stand.control("GET", "/fills")
    _, positions = await stand.control("GET", f"/positions?account={alice}")
    _, ledger = await stand.control("GET", "/ledger")

    assert [(order["status"], order["filledQty"]) for order in orders["orders"]] == [("PARTIALLY_FILLED", "0.01000")]
    assert [(fill["accountId"], fill["isTaker"]) for fill in fills["fills"]] == [(alice, True), (bob, False)]
    assert positions["positions"][0]["size"] == "0.01000"
    assert ledger["balanced"] is True
    by_account = {each["account_id"]: each for each in ledger["accounts"]}
    assert by_account[alice]["positions"] == {"BTC-USD": "0.01000"}
    assert by_account[bob]["positions"] == {"BTC-USD": "-0.01000"}
    assert by_account[alice]["fees"] == ledger["fee_pot"] == "0.215250"


async def test_requests_are_counted_by_route_and_account(stand: Any) -> None:
    await stand.alice.place("BUY", 86_000)
    await stand.alice.ask("GET", "/user/orders")
    await stand.bob.ask("GET", "/user/orders")

    _, seen = await stand.control("GET", f"/requests?account={stand.alice.account.account_id}")

    assert seen["by_route"] == {"POST /api/v1/user/order": 1, "GET /api/v1/user/orders": 2}
    assert [line["method"] for line in seen["recent"]] == ["POST", "GET"]
    assert seen["recent"][0]["status"] == 200
    assert not any(customer.account.api_key in str(seen) for customer in stand.customers)


async def test_modes_and_market_status(stand: Any) -> None:
    await stand.control("POST", "/mode", json={"mode": "maintenance"})
    status, refusal = await stand.alice.place("BUY", 86_000)
    await stand.control("POST", "/mode", json={"mode": "normal"})
    await stand.control("POST", "/mode", json={"market": "BTC-USD", "status": "REDUCE_ONLY"})
    _, reduce_only = await stand.alice.place("BUY", 86_000)

    assert (status, refusal["error"]["code"]) == (503, 1010)
    assert reduce_only["error"]["code"] == 1014


async def test_price_regime_and_clock(open_stand: Any) -> None:
    async with open_stand(with_flow=True) as stand:
        await stand.control("POST", "/price", json={"market": "BTC-USD", "price": "87000"})
        _, state = await stand.control("POST", "/regime", json={"regime": "calm"})
        before = state["now_ms"]
        _, later = await stand.control("POST", "/clock", json={"advance_ms": 3_600_000})

    assert abs(float(state["flows"]["BTC-USD"]["efficient_price"]) - 87_000) < 200, "it has moved on since"
    assert {flow["regime"] for flow in state["flows"].values()} == {"calm"}
    assert 3_600_000 <= later["now_ms"] - before < 3_605_000


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/price", {"market": "BTC-PERP", "price": "1"}),
        ("/price", {"market": "BTC-USD", "price": "NaN"}),
        ("/regime", {"regime": "sunny"}),
        ("/mode", {"mode": "party"}),
        ("/mode", {}),
        ("/clock", {"advance_ms": -1}),
        ("/faults", {"kind": "plague"}),
        ("/faults", {"kind": "mute_market", "market": "NO-USD"}),
    ],
)
async def test_nonsense_is_refused(stand: Any, path: str, body: dict[str, Any]) -> None:
    status, answer = await stand.control("POST", path, json=body)

    assert status in (400, 404)
    assert answer["status"] == "ERROR"


async def test_refuse_all_answers_503_until_cleared_and_controls_still_work(stand: Any) -> None:
    await stand.control("POST", "/faults", json={"kind": "refuse_all"})
    during, _ = await stand.alice.ask("GET", "/info/markets")
    _, listed = await stand.control("GET", "/faults")
    await stand.control("POST", "/faults", json={"clear_all": True})
    after, _ = await stand.alice.ask("GET", "/info/markets")

    assert (during, after) == (503, 200)
    assert [fault["kind"] for fault in listed["active"]] == ["refuse_all"]
    assert listed["struck"] == {"refuse_all": 1}


async def test_a_lost_answer_leaves_the_order_on_the_book(stand: Any) -> None:
    await stand.control("POST", "/faults", json={"kind": "lose_answers", "times": 1})

    with pytest.raises(aiohttp.ClientError):
        await stand.alice.place("BUY", 86_000)
    await asyncio.sleep(0.05)

    _, orders = await stand.alice.ask("GET", "/user/orders")
    assert len(orders["data"]) == 1


async def test_a_lost_request_leaves_nothing(stand: Any) -> None:
    await stand.control("POST", "/faults", json={"kind": "lose_requests", "times": 1})

    with pytest.raises(aiohttp.ClientError):
        await stand.alice.place("BUY", 86_000)
    await asyncio.sleep(0.05)

    _, orders = await stand.control("GET", "/orders")
    assert orders["orders"] == []


async def test_bare_404_and_html_answers(stand: Any) -> None:
    await stand.control("POST", "/faults", json={"kind": "bare_404", "times": 1})
    assert await stand.alice.place("BUY", 86_000) == (404, None)
    await stand.control("POST", "/faults", json={"kind": "html_body", "times": 1})
    async with stand.alice.http.get(stand.alice.base + "/info/markets") as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")

    assert (await stand.alice.place("BUY", 86_000))[0] == 200


async def test_streams_are_cut_muted_gapped_and_doubled(stand: Any) -> None:
    ear = await stand.alice.listen("/prices/mark/BTC-USD")
    await ear.hear()
    await stand.control("POST", "/faults", json={"kind": "gap", "times": 1})
    assert (await ear.hear())["seq"] == 3
    await stand.control("POST", "/faults", json={"kind": "duplicate", "times": 1})
    assert [(await ear.hear())["seq"] for _ in range(2)] == [4, 4]
    await stand.control("POST", "/faults", json={"kind": "mute_market", "market": "BTC-USD"})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ear.socket.recv(), 1.5)
    await stand.control("POST", "/faults", json={"kind": "disconnect_streams"})
    with pytest.raises(Exception, match="no close frame"):
        await ear.socket.recv()

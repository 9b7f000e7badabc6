"""REST as the exchange documents it: envelopes, codes, and the way an order takes."""

import asyncio
from typing import Any

import pytest


async def test_every_public_read_answers_in_the_envelope(stand: Any) -> None:
    for path in (
        "/info/markets",
        "/info/markets?market=BTC-USD&market=ETH-USD",
        "/info/markets/BTC-USD/stats",
        "/info/markets/stats",
        "/info/markets/BTC-USD/orderbook",
        "/info/markets/BTC-USD/trades",
        "/info/starknet",
        "/info/settings",
        "/info/status",
    ):
        status, body = await stand.alice.ask("GET", path)
        assert (status, body["status"]) == (200, "OK"), path


async def test_the_market_object_has_the_real_grid_and_ids(stand: Any) -> None:
    _, body = await stand.alice.ask("GET", "/info/markets?market=BTC-USD")

    (market,) = body["data"]
    config, l2 = market["tradingConfig"], market["l2Config"]
    assert (config["minPriceChange"], config["minOrderSizeChange"], config["minOrderSize"]) == ("1", "0.00001", "0.0001")
    assert (config["maxNumOrders"], config["maxLeverage"]) == ("200", "50.00")
    assert l2["syntheticId"] == "0x4254432d3600000000000000000000"
    assert (l2["syntheticResolution"], l2["collateralId"], l2["collateralResolution"]) == (1_000_000, "0x1", 1_000_000)
    assert market["marketStats"]["markPrice"] == "86198.85"


async def test_the_signing_domain_is_testnets(stand: Any) -> None:
    _, body = await stand.alice.ask("GET", "/info/starknet")

    assert body["data"] == {"name": "Perpetuals", "version": "v0", "chainId": "SN_SEPOLIA", "revision": 1}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/info/markets?market=BTC-PERP", 404, 1001),
        ("GET", "/info/markets/NO-USD/orderbook", 404, 1001),
        ("GET", "/nothing", 404, 404),
        ("GET", "/../../etc/passwd", 404, 404),
        ("PUT", "/user/order", 405, 400),
        ("GET", "/user/orders/123", 404, 404),
        ("GET", "/user/orders/abc", 404, 404),
        ("DELETE", "/user/order/123", 404, 1142),
        ("DELETE", "/user/order/abc", 400, 400),
        ("DELETE", "/user/order?externalId=nobody", 404, 1142),
        ("DELETE", "/user/order", 400, 400),
        ("POST", "/user/deadmansswitch?countdownTime=5", 404, 404),
        ("POST", "/user/deadmanswitch", 400, 400),
        ("POST", "/user/deadmanswitch?countdownTime=-1", 400, 400),
        ("POST", "/user/withdrawal", 400, 1009),
        ("POST", "/user/transfer", 400, 1009),
        ("GET", "/user/trades?limit=x", 400, 400),
    ],
)
async def test_what_cannot_be_is_refused_in_the_envelope(stand: Any, method: str, path: str, status: int, code: int) -> None:
    found, body = await stand.alice.ask(method, path)

    assert (found, body["status"], body["error"]["code"]) == (status, "ERROR", code)
    assert body["error"]["message"]


async def test_headers_and_keys_are_demanded(stand: Any) -> None:
    anonymous, _ = await stand.alice.ask("GET", "/info/markets", headers={"User-Agent": ""})
    wrong_key, refusal = await stand.alice.ask("GET", "/user/balance", headers={"X-Api-Key": "wrong"})

    assert (anonymous, wrong_key) == (403, 401)
    assert refusal["error"]["code"] == 401


async def test_a_fresh_account_holds_ten_thousand_dollars_and_nothing_else(stand: Any) -> None:
    _, balance = await stand.alice.ask("GET", "/user/balance")
    _, info = await stand.alice.ask("GET", "/user/account/info")
    _, positions = await stand.alice.ask("GET", "/user/positions")
    _, fees = await stand.alice.ask("GET", "/user/fees?market=BTC-USD")

    assert (balance["data"]["balance"], balance["data"]["collateralName"]) == ("10000", "USD")
    assert info["data"]["l2Vault"] == str(stand.alice.account.vault)
    assert info["data"]["l2Key"] == hex(stand.alice.account.public_key)
    assert positions["data"] == []
    assert fees["data"] == [{"market": "BTC-USD", "makerFeeRate": "0", "takerFeeRate": "0.00025", "builderFeeRate": "0"}]


async def test_an_empty_account_has_no_balance_resource(stand: Any) -> None:
    ledger = stand.site.venue.ledger
    ledger.balances[stand.alice.account.account_id] -= 10_000

    assert (await stand.alice.ask("GET", "/user/balance"))[0] == 404


async def test_an_order_is_placed_seen_and_cancelled(stand: Any) -> None:
    status, placed = await stand.alice.place("BUY", 86_000)
    await asyncio.sleep(0.05)
    order_id, external_id = placed["data"]["id"], placed["data"]["externalId"]
    _, by_id = await stand.alice.ask("GET", f"/user/orders/{order_id}")
    _, by_external = await stand.alice.ask("GET", f"/user/orders/external/{external_id}")
    _, open_orders = await stand.alice.ask("GET", "/user/orders?market=BTC-USD&market=ETH-USD&side=BUY")
    cancelled, answer = await stand.alice.ask("DELETE", f"/user/order/{order_id}")
    await asyncio.sleep(0.05)
    _, gone = await stand.alice.ask("GET", "/user/orders")
    _, history = await stand.alice.ask("GET", "/user/orders/history")

    assert status == 200
    assert by_id["data"]["status"] == "NEW"
    assert by_external["data"] == [by_id["data"]] == open_orders["data"]
    assert (cancelled, answer) == (200, {"status": "OK"})
    assert gone["data"] == []
    assert (history["data"][0]["status"], history["pagination"]) == ("CANCELLED", {"cursor": order_id, "count": 1})


async def test_reads_lag_behind_the_acceptance(open_stand: Any) -> None:
    async with open_stand(read_lag_ms=60_000) as stand:
        _, placed = await stand.alice.place("BUY", 86_000)
        await asyncio.sleep(0.05)

        assert (await stand.alice.ask("GET", f"/user/orders/{placed['data']['id']}"))[0] == 404
        _, truth = await stand.control("GET", "/orders")

    assert truth["orders"][0]["status"] == "NEW"


async def test_a_trade_shows_in_trades_positions_and_balance(stand: Any) -> None:
    await stand.bob.place("SELL", 86_100)
    await stand.alice.place("BUY", 86_100, postOnly=False)
    await asyncio.sleep(0.05)

    _, trades = await stand.alice.ask("GET", "/user/trades")
    _, positions = await stand.alice.ask("GET", "/user/positions")
    _, history = await stand.alice.ask("GET", "/user/positions/history")
    _, balance = await stand.alice.ask("GET", "/user/balance")

    (trade,) = trades["data"]
    assert (trade["price"], trade["qty"], trade["fee"], trade["isTaker"]) == ("86100", "0.01000", "0.215250", True)
    (position,) = positions["data"]
    assert (position["side"], position["size"], position["openPrice"]) == ("LONG", "0.01000", "86100.0000000000")
    assert position["createdAt"] == position["createdTime"]
    assert history["data"][0]["id"] == position["id"]
    assert balance["data"]["balance"] == "9999.784750"


async def test_leverage_is_read_and_changed(stand: Any) -> None:
    await stand.alice.ask("PATCH", "/user/leverage", json={"market": "BTC-USD", "leverage": "25"})
    refused, body = await stand.alice.ask("PATCH", "/user/leverage", json={"market": "BTC-USD", "leverage": "51"})
    _, after = await stand.alice.ask("GET", "/user/leverage?market=BTC-USD")

    assert (refused, body["error"]["code"]) == (400, 1050)
    assert after["data"] == [{"market": "BTC-USD", "leverage": "25"}]


async def test_a_mass_cancel_needs_a_selector_and_takes_ids_as_text(stand: Any) -> None:
    placed = [(await stand.alice.place("BUY", 86_000 - number))[1]["data"] for number in range(3)]

    empty, _ = await stand.alice.ask("POST", "/user/order/massCancel", json={"cancelAll": False})
    some, _ = await stand.alice.ask(
        "POST", "/user/order/massCancel", json={"orderIds": [str(placed[0]["id"])], "externalOrderIds": [placed[1]["externalId"]]}
    )
    await asyncio.sleep(0.05)
    _, left = await stand.alice.ask("GET", "/user/orders")

    assert (empty, some) == (400, 200)
    assert [order["id"] for order in left["data"]] == [placed[2]["id"]]


async def test_an_order_is_edited_in_place(stand: Any) -> None:
    _, placed = await stand.alice.place("BUY", 86_000)
    await asyncio.sleep(0.05)

    _, edited = await stand.alice.place("BUY", 86_010, cancelId=placed["data"]["externalId"])
    await asyncio.sleep(0.05)
    _, orders = await stand.alice.ask("GET", "/user/orders")

    assert [(order["id"], order["price"], order["prevOrderId"]) for order in orders["data"]] == [
        (edited["data"]["id"], "86010", placed["data"]["id"])
    ]


async def test_the_dead_mans_switch_cancels_without_any_connection(stand: Any) -> None:
    await stand.alice.place("BUY", 86_000)
    await stand.alice.ask("POST", "/user/deadmanswitch?countdownTime=30")

    await stand.control("POST", "/clock", json={"advance_ms": 29_000})
    _, before = await stand.alice.ask("GET", "/user/orders")
    await stand.control("POST", "/clock", json={"advance_ms": 2_000})
    await asyncio.sleep(0.05)
    _, after = await stand.alice.ask("GET", "/user/orders")

    assert (len(before["data"]), len(after["data"])) == (1, 0)


async def test_the_request_budget_answers_429(open_stand: Any) -> None:
    async with open_stand(rate_limit_per_minute=20) as stand:
        statuses = [(await stand.alice.ask("GET", "/info/starknet"))[0] for _ in range(30)]
        status, body = await stand.alice.ask("GET", "/info/starknet")

    assert statuses.count(200) == 20
    assert (status, body["error"]["code"]) == (429, 429)


async def test_business_errors_can_travel_on_200(open_stand: Any) -> None:
    async with open_stand(business_errors_on_200=True) as stand:
        status, body = await stand.alice.place("BUY", "86000.5")

    assert (status, body["status"], body["error"]["code"]) == (200, "ERROR", 1124)


async def test_a_dead_mans_switch_can_answer_with_an_empty_body(open_stand: Any) -> None:
    async with open_stand(deadman_empty_answer=True) as stand:
        assert await stand.alice.ask("POST", "/user/deadmanswitch?countdownTime=0") == (200, None)

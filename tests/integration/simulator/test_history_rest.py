"""REST about the past, over sockets."""

from typing import Any

import pytest

HOUR_MS = 3_600_000


async def test_candles_come_newest_first(open_stand: Any) -> None:
    async with open_stand(with_flow=True) as stand:
        _, minutes = await stand.alice.ask("GET", "/info/candles/BTC-USD/trades?interval=PT1M&limit=5")
        _, days = await stand.alice.ask("GET", "/info/candles/BTC-USD/mark-prices?interval=P1D&limit=5")

    assert set(minutes["data"][0]) == {"o", "l", "h", "c", "v", "T"}
    assert minutes["data"] == sorted(minutes["data"], key=lambda candle: -candle["T"])
    assert days["status"] == "OK"


async def test_funding_is_charged_by_the_hour_and_remembered(stand: Any) -> None:
    await stand.bob.place("SELL", 86_100)
    await stand.alice.place("BUY", 86_100, postOnly=False)
    await stand.control("POST", "/clock", json={"advance_ms": 2 * HOUR_MS})
    now_ms = stand.site.venue.now_ms

    _, rates = await stand.alice.ask("GET", f"/info/BTC-USD/funding?startTime=0&endTime={now_ms}")
    _, paid = await stand.alice.ask("GET", "/user/funding/history?startTime=0&market=BTC-USD")
    _, received = await stand.bob.ask("GET", "/user/funding/history?fromTime=0")
    _, interest = await stand.alice.ask("GET", f"/info/BTC-USD/open-interests?interval=P1H&startTime=0&endTime={now_ms}")
    _, ledger = await stand.control("GET", "/ledger")

    assert len(rates["data"]) == rates["pagination"]["count"] == 2
    assert all(rate["T"] % HOUR_MS == 0 for rate in rates["data"])
    assert [row["side"] for row in paid["data"]] == ["LONG", "LONG"]
    assert [row["fundingFee"].lstrip("-") for row in paid["data"]] == [row["fundingFee"] for row in received["data"]]
    assert interest["data"][0]["I"] == "0.01000"
    assert ledger["balanced"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/info/candles/BTC-USD/trades?interval=PT7M&limit=5", 400, 1005),
        ("/info/candles/BTC-USD/trades?interval=PT1M", 400, 400),
        ("/info/candles/BTC-USD/tea?interval=PT1M&limit=5", 404, 404),
        ("/info/candles/NO-USD/trades?interval=PT1M&limit=5", 404, 1001),
        ("/info/BTC-USD/funding?startTime=0", 400, 400),
        ("/info/BTC-USD/open-interests?interval=P2H&startTime=0&endTime=1", 400, 1005),
        ("/info/assets/GOLD/price", 404, 1000),
    ],
)
async def test_impossible_questions_about_the_past(stand: Any, path: str, status: int, code: int) -> None:
    found, body = await stand.alice.ask("GET", path)

    assert (found, body["error"]["code"]) == (status, code)


async def test_assets_and_their_price(stand: Any) -> None:
    _, every = await stand.alice.ask("GET", "/info/assets")
    _, spot = await stand.alice.ask("GET", "/info/assets?type=SPOT")
    _, price = await stand.alice.ask("GET", "/info/assets/USD/price")

    assert [asset["name"] for asset in every["data"]] == ["USD", "XVS", "BTC", "ETH", "SOL"]
    assert [asset["name"] for asset in spot["data"]] == ["USD", "XVS"]
    assert spot["data"][0]["starkexId"] == "0x1"
    assert price["data"] == "1"


async def test_a_testnet_claim_pays_and_is_listed(stand: Any) -> None:
    _, claimed = await stand.alice.ask("POST", "/user/claim", json={})
    again, _ = await stand.alice.ask("POST", "/user/claim", json={})
    _, listed = await stand.alice.ask("GET", f"/user/assetOperations?id={claimed['data']['id']}&type=CLAIM")
    _, none = await stand.alice.ask("GET", "/user/assetOperations?type=DEPOSIT")
    _, balance = await stand.alice.ask("GET", "/user/balance")

    assert again == 400
    assert [(row["status"], row["amount"]) for row in listed["data"]] == [("COMPLETED", "1000")]
    assert none["data"] == []
    assert balance["data"]["balance"] == "11000"

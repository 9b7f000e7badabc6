"""WebSocket v2: JSON-RPC in, numbered frames of many subscriptions out."""

import asyncio
import json
from typing import Any

import pytest
import websockets


class Rpc:
    """A v2 connection."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.asked = 0
        self.frames: list[dict[str, Any]] = []

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self.asked += 1
        request = {"jsonrpc": "2.0", "id": str(self.asked), "method": method} | ({"params": params} if params else {})
        await self.socket.send(json.dumps(request))
        return await self.reply()

    async def reply(self) -> dict[str, Any]:
        """Return the next reply, keeping frames that come before it."""
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), 5))
            if "id" in message:
                return dict(message)
            self.frames.append(message)

    async def frame(self) -> dict[str, Any]:
        while not self.frames:
            self.frames.append(json.loads(await asyncio.wait_for(self.socket.recv(), 5)))
        return self.frames.pop(0)


async def open_rpc(stand: Any) -> Rpc:
    address = f"ws://{stand.address}/stream.extended.exchange/v2/rpc"
    socket = await stand.alice.closing.enter_async_context(websockets.connect(address, compression=None))
    return Rpc(socket)


async def test_ping_subscribe_list_and_unsubscribe(stand: Any) -> None:
    rpc = await open_rpc(stand)
    book = {"scope": "orderbooks", "selector": {"market": "BTC-USD", "depth": "full", "rfqOnly": False}}

    assert (await rpc.ask("ping"))["result"]["status"] == "OK"
    assert await rpc.ask("subscribe", **book) == {
        "jsonrpc": "2.0",
        "id": "2",
        "result": {"method": "subscribe", "status": "OK", "subscription": "orderbooks.BTC-USD"},
    }
    first = await rpc.frame()
    listed = await rpc.ask("list-subscriptions")
    await rpc.ask("unsubscribe", **book)
    after = await rpc.ask("list-subscriptions")

    assert (first["type"], first["seq"], first["subscription"]) == ("ORDERBOOKS.SNAPSHOT", 0, "orderbooks.BTC-USD")
    assert listed["result"]["subscriptions"] == ["orderbooks.BTC-USD"]
    assert after["result"]["subscriptions"] == []


SCOPES = [
    ({"scope": "orderbooks", "selector": {"market": None, "depth": "1"}}, "orderbooks.1.all", "ORDERBOOKS.SNAPSHOT"),
    ({"scope": "trades", "selector": {"market": "BTC-USD"}}, "trades.BTC-USD", "TRADES"),
    ({"scope": "prices", "selector": {"type": "mark", "market": None}}, "prices.mark.all", "PRICES.MP"),
    ({"scope": "prices", "selector": {"type": "index", "market": "ETH-USD"}}, "prices.index.ETH-USD", "PRICES.IP"),
    ({"scope": "funding-rates", "selector": {"market": "BTC-USD"}}, "funding-rates.BTC-USD", "FUNDING_RATES"),
    (
        {"scope": "candles", "selector": {"type": "last", "market": "BTC-USD", "interval": "PT1M"}},
        "candles.last.BTC-USD.PT1M",
        "CANDLE",
    ),
]


async def test_every_scope_begins_with_its_picture_and_all_share_one_count(open_stand: Any) -> None:
    async with open_stand(with_flow=True) as stand:
        rpc = await open_rpc(stand)
        for params, name, _ in SCOPES:
            reply = await rpc.ask("subscribe", **params)
            assert reply["result"]["subscription"] == name
        account = {"scope": "account", "selector": {"account": stand.alice.account.account_id}}
        await rpc.ask("subscribe", **account, apiKey=stand.alice.account.api_key)
        seen: dict[str, str] = {}
        for number in range(200):
            frame = await rpc.frame()
            assert frame["seq"] == number
            seen.setdefault(frame["subscription"], frame["type"])

    assert {name: kind for _, name, kind in SCOPES}.items() <= seen.items()
    assert seen[f"account.{stand.alice.account.account_id}"] == "ACCOUNT.ORDER"


async def test_trades_are_replayed_on_subscribing_oldest_first(open_stand: Any) -> None:
    async with open_stand(with_flow=True) as stand:
        rpc = await open_rpc(stand)
        await rpc.ask("subscribe", scope="trades", selector={"market": "BTC-USD"})
        frame = await rpc.frame()

    ids = [trade["i"] for trade in frame["data"]]
    assert len(ids) == 50
    assert ids == sorted(ids)


async def test_subscribing_again_brings_a_fresh_snapshot(stand: Any) -> None:
    rpc = await open_rpc(stand)
    params = {"scope": "orderbooks", "selector": {"market": "BTC-USD"}}
    await rpc.ask("subscribe", **params)
    await rpc.frame()
    await stand.alice.place("BUY", 86_000)
    await rpc.frame()

    await rpc.ask("subscribe", **params)
    fresh = await rpc.frame()

    assert (fresh["type"], fresh["seq"]) == ("ORDERBOOKS.SNAPSHOT", 2)
    assert fresh["data"]["b"] == [{"p": "86000", "q": "0.01000"}]
    assert (await rpc.ask("list-subscriptions"))["result"]["subscriptions"] == ["orderbooks.BTC-USD"]


async def test_own_orders_arrive_on_the_account_subscription(stand: Any) -> None:
    rpc = await open_rpc(stand)
    account = stand.alice.account
    await rpc.ask("subscribe", scope="account", selector={"account": account.account_id}, apiKey=account.api_key)
    opening = [(await rpc.frame())["type"] for _ in range(3)]

    _, placed = await stand.alice.place("BUY", 86_000)
    frame = await rpc.frame()

    assert opening == ["ACCOUNT.ORDER", "ACCOUNT.BALANCE", "ACCOUNT.POSITION"]
    assert (frame["type"], frame["data"]["orders"][0]["id"]) == ("ACCOUNT.ORDER", placed["data"]["id"])


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", -32700),
        ("[]", -32600),
        ('{"id":"1"}', -32600),
        ('{"id":"1","method":"dance"}', -32601),
        ('{"id":"1","method":"subscribe"}', -32602),
        ('{"id":"1","method":"subscribe","params":{"scope":"tea","selector":{}}}', -32602),
        ('{"id":"1","method":"subscribe","params":{"scope":"account","selector":{"account":3001},"apiKey":"no"}}', -32001),
    ],
)
async def test_wrong_requests_have_their_codes(stand: Any, message: str, code: int) -> None:
    rpc = await open_rpc(stand)
    await rpc.socket.send(message)

    assert (await rpc.reply())["error"]["code"] == code


async def test_somebody_elses_account_is_unauthorised(stand: Any) -> None:
    rpc = await open_rpc(stand)

    selector = {"account": stand.bob.account.account_id}
    reply = await rpc.ask("subscribe", scope="account", selector=selector, apiKey=stand.alice.account.api_key)

    assert reply["error"]["code"] == -32001


@pytest.mark.parametrize(("silent", "first"), [(True, "result"), (False, "error")])
async def test_an_unknown_market_gets_no_answer_unless_switched(open_stand: Any, silent: bool, first: str) -> None:
    async with open_stand(rpc_silent_on_unknown=silent) as stand:
        rpc = await open_rpc(stand)
        await rpc.socket.send('{"id":"0","method":"subscribe","params":{"scope":"trades","selector":{"market":"NO-USD"}}}')

        reply = await rpc.ask("ping")

    assert first in reply


async def test_v1_candles_speak_too(open_stand: Any) -> None:
    async with open_stand(with_flow=True) as stand:
        ear = await stand.alice.listen("/candles/BTC-USD/mark-prices?interval=PT1M")
        frames = [await ear.hear() for _ in range(2)]
        with pytest.raises(websockets.InvalidStatus):
            await stand.alice.listen("/candles/BTC-USD/mark-prices?interval=PT7M")

    assert [frame["seq"] for frame in frames] == [1, 2]
    assert set(frames[0]["data"][0]) == {"o", "l", "h", "c", "T"}

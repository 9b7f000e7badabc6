"""The SDK's stream clients: v1, one path each; v2, many subscriptions over one connection."""

import asyncio
from typing import Any

from eth_account import Account as EthereumAccount
from x10.clients.onboarding.onboarding_client import OnboardingClient
from x10.clients.streamrpc.subscription_params import (
    AccountParams,
    CandlesParams,
    FundingRatesParams,
    OrderbooksParams,
    PricesParams,
    TradesParams,
)
from x10.models.order import OrderSide
from x10.tools.orderbook import OrderBook

from proofs.conformance.cases import Cases, expect, until
from proofs.conformance.sdk_rest import NOT_OFFERED
from proofs.conformance.sdk_stage import BTC, D, Stage

CASES = Cases()
RPC = "StreamRpcClient"


async def hear(connection: Any, wanted: int) -> list[Any]:
    """Return the first frames of a stream."""
    return [await asyncio.wait_for(connection.recv(), 10) for _ in range(wanted)]


def numbered(frames: list[Any]) -> bool:
    return [each.seq for each in frames] == list(range(1, len(frames) + 1))


@CASES.case(
    "books: a market and all, in full and best only",
    "StreamClient.subscribe_to_orderbooks",
    "StreamConnection.recv",
    "StreamConnection.close",
    "StreamConnection.closed",
    "StreamConnection.send",
)
async def books(stage: Stage) -> str:
    asked: list[dict[str, Any]] = [{"market_name": BTC}, {"market_name": BTC, "depth": 1}, {}, {"depth": 1}]
    for each in asked:
        async with stage.streams.subscribe_to_orderbooks(**each) as plain:
            connection = stage.watched(plain)
            await connection.send("hello")  # clients say nothing on v1: the exchange does not mind
            frames = await hear(connection, 6)
            expect(numbered(frames) and frames[0].type == "SNAPSHOT" and frames[0].data.bid and frames[0].data.ask)
            expect("depth" not in each or {frame.type for frame in frames} == {"SNAPSHOT"})
            expect("market_name" in each or len({frame.data.market for frame in frames}) > 1)
            await connection.close()
            expect(connection.closed)
    return f"{len(asked)} streams"


@CASES.case("trades: a market and all", "StreamClient.subscribe_to_public_trades")
async def trades(stage: Stage) -> str:
    async with stage.streams.subscribe_to_public_trades(BTC) as one, stage.streams.subscribe_to_public_trades() as every:
        await stage.take(size="0.001")
        frames = [*await hear(one, 1), *await hear(every, 1)]
    expect(all(trade.trade_type == "TRADE" and trade.qty > 0 for frame in frames for trade in frame.data))
    return f"{frames[0].data[0].side} {frames[0].data[0].qty} at {frames[0].data[0].price}"


@CASES.case("funding rates: a market and all", "StreamClient.subscribe_to_funding_rates")
async def funding(stage: Stage) -> str:
    async with stage.streams.subscribe_to_funding_rates(BTC) as one, stage.streams.subscribe_to_funding_rates() as every:
        frames = [*await hear(one, 1), *await hear(every, 3)]
    expect(frames[0].data.market == BTC and len({each.data.market for each in frames[1:]}) == 3)
    return f"{frames[0].data.funding_rate}"


@CASES.case("candles of every type", "StreamClient.subscribe_to_candles")
async def candles(stage: Stage) -> str:
    for kind in ("trades", "mark-prices", "index-prices"):
        async with stage.streams.subscribe_to_candles(BTC, kind, "PT1M") as connection:
            found = (await hear(connection, 1))[0].data[0]
            expect(found.low <= found.close <= found.high and found.timestamp % 60_000 == 0)
            expect((found.volume is not None) == (kind == "trades"))
    return "three types"


@CASES.case("the account: three snapshots, then order, trade, position, balance", "StreamClient.subscribe_to_account_updates")
async def account(stage: Stage) -> str:
    async with stage.streams.subscribe_to_account_updates(stage.keys(0).api_key) as connection:
        first = await hear(connection, 3)
        expect(numbered(first) and [each.type for each in first] == ["ORDER", "BALANCE", "POSITION"])
        filled = await stage.take(size="0.001")
        told: dict[str, list[Any]] = {}
        async with asyncio.timeout(10):
            async for frame in connection:
                told.setdefault(frame.type, []).append(frame.data)
                if {"ORDER", "TRADE", "POSITION", "BALANCE"} <= told.keys():
                    break
    expect(any(each.id == filled.id for data in told["ORDER"] for each in data.orders))
    fills = [each for data in told["TRADE"] for each in data.trades]
    expect(all(each.order_id == filled.id and each.is_taker for each in fills))
    return f"{sum(map(len, told.values()))} frames for one fill"


@CASES.refused("the account with a wrong key", "401", "StreamClient.subscribe_to_account_updates")
async def account_refused(stage: Stage) -> None:
    await stage.streams.subscribe_to_account_updates("wrong")


OWN = ("create", "start_orderbook", "stop_orderbook", "best_bid", "best_ask", "close", "init_orderbook", "update_orderbook")
IMPACT = ("calculate_price_impact_notional", "calculate_price_impact_qty")


@CASES.case("the SDK's own book follows the stream", *(f"OrderBook.{name}" for name in (*OWN, *IMPACT)))
async def own_book(stage: Stage) -> str:
    book = stage.watched(await OrderBook.create(stage.config, market_name=BTC, start=True))
    stage.used |= {f"OrderBook.{name}" for name in ("create", "start_orderbook", "init_orderbook", "update_orderbook")}

    async def agrees() -> bool:
        shown = (await stage.plain.info.get_orderbook_snapshot(market_name=BTC)).data
        bid, ask = book.best_bid(), book.best_ask()
        return bool(bid and ask and (bid.price, ask.price) == (shown.bid[0].price, shown.ask[0].price))

    await asyncio.sleep(1.0)  # some deltas
    await until(agrees, "the best prices of stream and REST are the same")
    by_size, by_value = book.calculate_price_impact_qty(D("0.1"), "BUY"), book.calculate_price_impact_notional(D(1000), "SELL")
    slack = D("0.000001")  # averages are quotients
    expect(by_size.price >= book.best_ask().price - slack and by_value.price <= book.best_bid().price + slack)
    best = f"{book.best_bid().price} / {book.best_ask().price}"
    book.stop_orderbook()
    await book.close()
    return best


# ── v2 ──


class Subscribed:
    """A v2 client with everything its handlers heard, by subscription."""

    def __init__(self, stage: Stage) -> None:
        self.client = stage.watched(stage.rpc())
        self.heard: dict[str, list[Any]] = {}

    async def subscribe(self, params: Any) -> str:
        def note(message: Any) -> None:
            self.heard.setdefault(message.subscription, []).append(message)

        topic: str = await self.client.subscribe(params=params, handler=note)
        return topic

    async def first(self, topic: str, more: int = 1) -> list[Any]:
        async def look() -> list[Any] | None:
            found = self.heard.get(topic, [])
            return found if len(found) >= more else None

        return await until(look, f"{more} frames of {topic}")


@CASES.case("connect, ping, close", f"{RPC}.connect", f"{RPC}.ping", f"{RPC}.close")
async def rpc_connects(stage: Stage) -> str:
    client = stage.watched(stage.rpc())
    await client.connect()
    await client.ping()
    await client.close()
    return "answered"


@CASES.case(
    "every kind of public subscription over one connection",
    f"{RPC}.connect", f"{RPC}.subscribe", f"{RPC}.list_subscriptions", f"{RPC}.unsubscribe", f"{RPC}.close",
)  # fmt: skip
async def rpc_public(stage: Stage) -> str:
    kinds: list[Any] = [
        OrderbooksParams(market=BTC), OrderbooksParams(market=BTC, depth="1"), OrderbooksParams(), OrderbooksParams(depth="1"),
        OrderbooksParams(market=BTC, rfq_only=True), TradesParams(market=BTC), TradesParams(),
        FundingRatesParams(market=BTC), FundingRatesParams(), CandlesParams(candle_type="last", market=BTC, interval="PT1M"),
        *(PricesParams(price_type=kind, market=market) for kind in ("mark", "index") for market in (BTC, None)),
        *(CandlesParams(candle_type=kind, market=BTC, interval="PT5M") for kind in ("mark", "index")),
    ]  # fmt: skip
    wire = Subscribed(stage)
    await wire.client.connect()
    try:
        topics = [await wire.subscribe(each) for each in kinds]
        expect(topics == [each.topic_id for each in kinds] == await wire.client.list_subscriptions())
        for topic in topics:
            await wire.first(topic)
        quotes = (await wire.first(f"orderbooks.{BTC}.rfq"))[0].data
        expect(quotes.bid == quotes.ask == [], "no market here trades by quotes")
        numbers = sorted(each.seq for frames in wire.heard.values() for each in frames)
        expect(numbers == list(range(len(numbers))), "counted from 0 over the whole connection")
        trades = (await wire.first(f"trades.{BTC}"))[0].data
        expect(0 < len(trades) <= 50 and [each.id for each in trades] == sorted(each.id for each in trades))
        expect(not stage.complaints.lines, "nothing to complain about while subscribed")
        for topic in topics:
            await wire.client.unsubscribe(topic_id=topic)
        expect(await wire.client.list_subscriptions() == [])
        # A frame on its way crosses the request to unsubscribe, and the client forgets the subscription when it asks.
        crossed = [line for line in stage.complaints.lines if "for unknown subscription" in line]
        expect(crossed == stage.complaints.lines, "nothing else to complain about")
        stage.complaints.lines.clear()
    finally:
        await wire.client.close()
    return f"{len(topics)} subscriptions, {len(numbers)} frames"


@CASES.case("asking again gives a fresh snapshot", f"{RPC}.subscribe")
async def rpc_again(stage: Stage) -> str:
    wire = Subscribed(stage)
    await wire.client.connect()
    try:
        topic = await wire.subscribe(OrderbooksParams(market=BTC))
        await wire.first(topic, 3)
        await wire.subscribe(OrderbooksParams(market=BTC))

        async def twice() -> bool:
            return [each.type for each in wire.heard[topic]].count("ORDERBOOKS.SNAPSHOT") == 2

        await until(twice, "a second snapshot")
        expect(await wire.client.list_subscriptions() == [topic])
    finally:
        await wire.client.close()
    return "two snapshots"


@CASES.case("the account over v2", f"{RPC}.subscribe")
async def rpc_account(stage: Stage) -> str:
    wire = Subscribed(stage)
    await wire.client.connect()
    try:
        number = str(stage.first_line["accounts"][0]["account_id"])
        topic = await wire.subscribe(AccountParams(account=number, api_key=stage.keys(0).api_key))
        first = [each.type for each in (await wire.first(topic, 3))[:3]]
        expect(first == ["ACCOUNT.ORDER", "ACCOUNT.BALANCE", "ACCOUNT.POSITION"], first)
        filled = await stage.take(OrderSide.SELL, size="0.001")

        async def told() -> bool:
            trades = [each for each in wire.heard[topic] if each.type == "ACCOUNT.TRADE"]
            return any(fill.order_id == filled.id for each in trades for fill in each.data.trades)

        await until(told, "the fill on the account's stream")
    finally:
        await wire.client.close()
    return f"{len(wire.heard[topic])} frames"


@CASES.refused("the account over v2 with a wrong key", "-32001", f"{RPC}.subscribe")
async def rpc_account_refused(stage: Stage) -> None:
    wire = Subscribed(stage)
    await wire.client.connect()
    try:
        await wire.subscribe(AccountParams(account="3001", api_key="wrong"))
    finally:
        await wire.client.close()


@CASES.case("a cut connection comes back", f"{RPC}.connect", f"{RPC}.subscribe", f"{RPC}.ping")
async def rpc_reconnects(stage: Stage) -> str:
    """Without subscriptions: the client awaits the answers to its own re-subscriptions before it begins to read."""
    wire = Subscribed(stage)
    await wire.client.connect()
    try:
        await stage.control("POST", "/faults", {"kind": "disconnect_streams"})
        await asyncio.sleep(0.2)
        topic = await wire.subscribe(PricesParams(price_type="mark", market=BTC))  # waits for the new connection
        await wire.first(topic)
        await wire.client.ping()
    finally:
        await wire.client.close()
    expect(any("Connection lost" in line for line in stage.complaints.lines), "it was cut")
    stage.complaints.lines.clear()
    return "with a new count"


# ── onboarding ──


def onboarding(stage: Stage) -> Any:
    wallet = EthereumAccount.create()

    def sign(message: Any) -> Any:
        return "0x" + wallet.sign_message(message).signature.hex().removeprefix("0x")

    return OnboardingClient(stage.config, account_address=wallet.address, sign_message=sign)


@CASES.refused("onboard a wallet", NOT_OFFERED, "onboarding.AuthModule.onboard_client")
async def onboard(stage: Stage) -> None:
    async with onboarding(stage) as client:
        await stage.watched(client.auth, "onboarding.AuthModule").onboard_client()


@CASES.refused("open another sub-account", NOT_OFFERED, "onboarding.AuthModule.onboard_subaccount")
async def onboard_subaccount(stage: Stage) -> None:
    async with onboarding(stage) as client:
        await stage.watched(client.auth, "onboarding.AuthModule").onboard_subaccount(account_index=1, description="second")


@CASES.refused("make an API key", NOT_OFFERED, "onboarding.AccountModule.create_api_key")
async def api_key(stage: Stage) -> None:
    async with onboarding(stage) as client:
        await stage.watched(client.account, "onboarding.AccountModule").create_api_key(account_id=3001, description="new")

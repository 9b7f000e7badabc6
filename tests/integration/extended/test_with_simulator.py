"""The client and the simulated exchange, two programs that meet only on sockets."""

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.clock import SystemClock
from bot.core.errors import NotFound, OutcomeUnknown, Refused, Unauthorised
from bot.core.events import (
    BalanceReported,
    BestQuoteSeen,
    BookSnapshot,
    FeedLost,
    FeedRestored,
    FillsReported,
    MarkPriceSeen,
    OrdersReported,
    PositionsReported,
    VenueRefusedKey,
)
from bot.core.market import Market
from bot.core.orders import ExchangeStatus, Order, OrderReport, Owner, Side, TimeInForce
from bot.extended.endpoints import Environment, endpoints_for
from bot.extended.exchange import Credentials, ExtendedExchange
from bot.extended.signing import Signer
from bot.secret import Secret
from tests.integration.extended.fakes import Heard, following

ROOT = Path(__file__).parents[3]
LONG_MS = 3_600_000


@dataclass
class Venue:
    """A running simulated exchange."""

    rest: str
    stream: str
    accounts: list[dict[str, Any]]

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the simulated exchange for its own truth, or tell it what to do."""
        base = self.rest.removesuffix("/api/v1")
        async with aiohttp.ClientSession() as session, session.request(method, f"{base}/sim{path}", json=body) as answer:
            text = await answer.text()
            assert answer.status == 200, text
            return json.loads(text)


@contextlib.asynccontextmanager
async def simulator(*arguments: str) -> AsyncIterator[Venue]:
    """Run a simulated exchange for the time of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "simulator", "serve", "--port", "0", "--seed", "1", *arguments),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            first = json.loads(await process.stdout.readline())
        yield Venue(rest=first["rest"], stream=first["stream"], accounts=first["accounts"])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    async with simulator() as running:
        yield running


class Player:
    """One account's client with its own orders."""

    def __init__(self, venue: Venue, account: int = 0, **changes: Any) -> None:
        given = venue.accounts[account]
        keys: dict[str, Any] = {
            "api_key": Secret(given["api_key"]),
            "signer": Signer(Secret(given["private_key"])),
            "vault": int(given["vault"]),
        }
        self._clock, self._prefix, self._next = SystemClock(), f"mmb-{account}", 0
        self.exchange = ExtendedExchange(
            endpoints_for(Environment.PAPER, rest=venue.rest, stream=venue.stream),
            self._clock,
            credentials=Credentials(**{**keys, **changes}),
            randomness=random.Random(account),
        )
        self.heard = Heard()

    async def rules(self, name: str = "BTC-USD") -> Market:
        return (await self.exchange.load_markets([name]))[name]

    def order(self, market: Market, price: Decimal, size: str = "0.001", **changes: Any) -> Order:
        self._next += 1
        fields: dict[str, Any] = {
            "client_order_id": f"{self._prefix}-{self._next}",
            "nonce": self._next,
            "market": market.name,
            "side": Side.BUY,
            "price": market.bid_ticks(price),
            "size": market.exact_lots(Decimal(size)),
            "time_in_force": TimeInForce.GTT,
            "post_only": True,
            "reduce_only": False,
            "owner": Owner.BOT,
            "created_ms": self._clock.now_ms(),
            "expires_ms": self._clock.now_ms() + LONG_MS,
        }
        return Order(**{**fields, **changes})

    async def until(self, client_order_id: str, *statuses: ExchangeStatus) -> OrderReport:
        """Return the account stream's word on an order once it is one of `statuses`."""
        seen = 0
        while True:
            events: list[OrdersReported] = await self.heard.wait_for(OrdersReported, seen + 1)
            for event in events[seen:]:
                for report in event.orders:
                    if report.client_order_id == client_order_id and report.status in statuses:
                        return report
            seen = len(events)


@contextlib.asynccontextmanager
async def playing(venue: Venue, account: int = 0, **changes: Any) -> AsyncIterator[Player]:
    """Follow the streams with one account's client."""
    player = Player(venue, account, **changes)
    try:
        await player.rules()
        async with following(player.exchange, player.heard):
            await player.heard.wait_for(PositionsReported)
            yield player
    finally:
        await player.exchange.close()


async def test_an_order_is_placed_listed_looked_up_and_cancelled(venue: Venue) -> None:
    async with playing(venue) as player:
        market = await player.rules()
        mark = await player.exchange.mark_price("BTC-USD")
        order = player.order(market, mark * Decimal("0.97"))

        exchange_id = await player.exchange.place(order)
        resting = await player.until(order.client_order_id, ExchangeStatus.NEW)
        await asyncio.sleep(0.5)  # reads lag behind the book
        listed = await player.exchange.open_orders("BTC-USD")
        found = await player.exchange.order_by_client_id(order.client_order_id)

        assert resting.exchange_order_id == exchange_id
        assert (resting.price, resting.size, resting.post_only) == (market.price(order.price), Decimal("0.001"), True)
        assert resting.expires_ms == order.expires_ms
        assert [report.client_order_id for report in listed] == [order.client_order_id]
        assert found is not None
        assert found.exchange_order_id == exchange_id
        assert await player.exchange.order_by_client_id("mmb-never-1") is None

        await player.exchange.cancel(client_order_id=order.client_order_id, exchange_order_id=None)
        await player.until(order.client_order_id, ExchangeStatus.CANCELLED)
        with pytest.raises(NotFound):
            await player.exchange.cancel(client_order_id=order.client_order_id, exchange_order_id=exchange_id)
        truth = await venue.control("GET", "/orders")
        assert order.client_order_id in json.dumps(truth)


async def test_a_taking_order_fills_and_moves_position_and_balance(venue: Venue) -> None:
    async with playing(venue) as player:
        market = await player.rules()
        await player.exchange.fees(["BTC-USD"])
        quote = (await player.heard.wait_for(BestQuoteSeen))[-1]
        order = player.order(
            market,
            market.price(quote.ask.price) * Decimal("1.01"),
            time_in_force=TimeInForce.IOC,
            post_only=False,
        )

        await player.exchange.place(order)
        done = await player.until(order.client_order_id, ExchangeStatus.FILLED)
        fills = [fill for event in await player.heard.wait_for(FillsReported) for fill in event.fills]
        while not (held := player.heard.of(PositionsReported)[-1].positions):
            await player.heard.wait_for(PositionsReported, len(player.heard.of(PositionsReported)) + 1)

        assert done.filled == Decimal("0.001")
        assert {fill.client_order_id for fill in fills} == {order.client_order_id}
        assert all(fill.fee > 0 and not fill.is_maker and fill.side is Side.BUY for fill in fills)
        assert held[0].size == Decimal("0.001")
        await asyncio.sleep(0.5)
        assert (await player.exchange.positions())[0].size == Decimal("0.001")
        assert {fill.trade_id for fill in await player.exchange.fills(["BTC-USD"])} == {fill.trade_id for fill in fills}
        balance = await player.exchange.balance()
        assert balance is not None
        assert balance.balance == Decimal(10_000) - sum(fill.fee for fill in fills)
        assert player.heard.of(BalanceReported)


async def test_f003_a_post_only_order_that_would_take_is_accepted_and_then_rejected_on_the_stream(venue: Venue) -> None:
    async with playing(venue) as player:
        market = await player.rules()
        quote = (await player.heard.wait_for(BestQuoteSeen))[-1]
        order = player.order(market, market.price(quote.ask.price) * Decimal("1.01"))

        await player.exchange.place(order)
        report = await player.until(order.client_order_id, ExchangeStatus.REJECTED)

        assert report.reason == "POST_ONLY_FAILED"


async def test_f007_a_repeated_order_is_looked_up_and_not_taken_for_refused(venue: Venue) -> None:
    async with playing(venue) as player:
        market = await player.rules()
        order = player.order(market, await player.exchange.mark_price("BTC-USD") * Decimal("0.97"))
        await player.exchange.place(order)

        with pytest.raises(OutcomeUnknown):
            await player.exchange.place(order)


async def test_an_order_is_replaced_in_one_request(venue: Venue) -> None:
    async with playing(venue) as player:
        market = await player.rules()
        mark = await player.exchange.mark_price("BTC-USD")
        first = player.order(market, mark * Decimal("0.97"))
        second = player.order(market, mark * Decimal("0.98"), replaces=first.client_order_id)
        await player.exchange.place(first)
        await player.until(first.client_order_id, ExchangeStatus.NEW)

        await player.exchange.place(second)

        gone = await player.until(first.client_order_id, ExchangeStatus.CANCELLED)
        await player.until(second.client_order_id, ExchangeStatus.NEW)
        assert gone.reason == "ORDER_REPLACED"
        with pytest.raises(NotFound):
            await player.exchange.place(player.order(market, mark * Decimal("0.97"), replaces="mmb-never-1"))


async def test_a_mass_cancel_ends_the_named_orders_only(venue: Venue) -> None:
    async with playing(venue) as player:
        market = await player.rules()
        mark = await player.exchange.mark_price("BTC-USD")
        orders = [player.order(market, mark * Decimal("0.97")) for _ in range(3)]
        for order in orders:
            await player.exchange.place(order)
            await player.until(order.client_order_id, ExchangeStatus.NEW)

        await player.exchange.mass_cancel(client_order_ids=[orders[0].client_order_id, orders[1].client_order_id])
        for order in orders[:2]:
            await player.until(order.client_order_id, ExchangeStatus.CANCELLED)
        await asyncio.sleep(0.5)
        left = await player.exchange.open_orders()
        await player.exchange.mass_cancel(markets=["BTC-USD"])
        await player.until(orders[2].client_order_id, ExchangeStatus.CANCELLED)

        assert [report.client_order_id for report in left] == [orders[2].client_order_id]


async def test_the_dead_man_s_switch_ends_what_nobody_renews(venue: Venue) -> None:
    async with playing(venue) as player:
        market = await player.rules()
        order = player.order(market, await player.exchange.mark_price("BTC-USD") * Decimal("0.97"))
        await player.exchange.place(order)
        await player.until(order.client_order_id, ExchangeStatus.NEW)

        await player.exchange.arm_dead_man_switch(5)

        await player.until(order.client_order_id, ExchangeStatus.CANCELLED)


async def test_another_account_s_key_or_vault_does_not_sign_for_us(venue: Venue) -> None:
    stranger = Signer(Secret(venue.accounts[1]["private_key"]))
    for changes, codes in (({"signer": stranger}, {1100, 1101}), ({"vault": int(venue.accounts[1]["vault"])}, {1102})):
        player = Player(venue, 0, **changes)
        market = await player.rules()
        order = player.order(market, await player.exchange.mark_price("BTC-USD") * Decimal("0.97"))

        with pytest.raises(Refused) as refusal:
            await player.exchange.place(order)
        await player.exchange.close()

        assert refusal.value.exchange_code in codes


async def test_f104_a_key_that_is_not_accepted_is_told_on_both_ways(venue: Venue) -> None:
    player = Player(venue, api_key=Secret("no-such-key"))
    await player.rules()
    with pytest.raises(Unauthorised):
        await player.exchange.balance()

    async with following(player.exchange, player.heard):
        await player.heard.wait_for(VenueRefusedKey)
    await player.exchange.close()


async def test_leverage_is_read_and_set(venue: Venue) -> None:
    player = Player(venue)
    await player.exchange.set_leverage("BTC-USD", Decimal(7))

    assert (await player.exchange.leverage(["BTC-USD"]))["BTC-USD"] == Decimal(7)
    await player.exchange.close()


async def test_odd_ticks_are_signed_as_the_exchange_checks_them(venue: Venue) -> None:
    player = Player(venue)
    markets = await player.exchange.load_markets()
    for name, market in sorted(markets.items()):
        mark = await player.exchange.mark_price(name)
        for number, share in enumerate(("0.9711", "0.9733", "0.9777")):
            size = market.size(market.floor_lots(max(market.min_size, market.lot_size) * (3 + 2 * number)))
            order = player.order(market, mark * Decimal(share), str(size))
            assert await player.exchange.place(order) > 0
    await player.exchange.close()


async def test_the_streams_come_back_when_the_exchange_was_gone() -> None:
    async with contextlib.AsyncExitStack() as first_run:
        first = await first_run.enter_async_context(simulator())
        player = Player(first)
        await player.rules()
        async with following(player.exchange, player.heard):
            await player.heard.wait_for(BookSnapshot)
            await first_run.aclose()
            await player.heard.wait_for(FeedLost, feed="book")
            await player.heard.wait_for(FeedLost, feed="account")
            before = len(player.heard.of(BookSnapshot))

            async with simulator("--port", first.rest.split(":")[2].split("/")[0]):
                await player.heard.wait_for(BookSnapshot, before + 1)
                await player.heard.wait_for(MarkPriceSeen, len(player.heard.of(MarkPriceSeen)) + 1)
                await player.heard.wait_for(FeedRestored, 2, feed="account")
        await player.exchange.close()

"""The documents' own way to follow the account: polling, for where the account stream cannot be had.

Positions and balance every 250 ms, open orders every second, trades every 5 s: about 560 requests a minute of the 1,000 that one
address may send. It is slower and dearer than the stream, and the exchange's reads lag its book: a person chooses it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from bot.core.day import DAY_MS
from bot.core.errors import ExchangeError
from bot.core.events import (
    Event,
    FeedLost,
    FeedRestored,
    FillsReported,
    FundingPayment,
    FundingReported,
    MoneyMoved,
    MoneyMovesReported,
    OrdersReported,
    PositionsReported,
    RebateTold,
)
from bot.ports import Clock, Emit, Exchange

FAST_S: Final = 0.25
ORDERS_S: Final = 1.0
TRADES_S: Final = 5.0
LOST_MS: Final = 5_000

FUNDING_S: Final = 120.0
"""Funding is paid on the hour and told by no stream; a payment is known within two minutes."""
FUNDING_OVERLAP_MS: Final = 3_600_000

MONEY_S: Final = 15.0
"""An equity that fell without a reason counts as a loss after a minute: the reason must be known before."""
MONEY_OVERLAP_MS: Final = 3 * 86_400_000
"""A withdrawal takes days, and may be refused in the end."""

REBATE_S: Final = 300.0
"""Rebates are paid once a day, and a share of thirty days moves slowly."""

AskRebate = Callable[[], Awaitable[RebateTold]]
AskMoney = Callable[[int], Awaitable[tuple[MoneyMoved, ...]]]
"""Return the moves of money since a time of the exchange."""
AskFunding = Callable[[int], Awaitable[tuple[FundingPayment, ...]]]
"""Return the payments since a time of the exchange."""
AskOnce = Callable[[], Awaitable[list[Event]]]


class AccountPoller:
    """Asks again and again, each kind at its own pace and never twice at once, and emits what the stream would have."""

    def __init__(self, exchange: Exchange, emit: Emit, clock: Clock) -> None:
        self._exchange = exchange
        self._emit = emit
        self._clock = clock
        self._heard_ms: int | None = None
        self._is_up = False

    async def run(self) -> None:
        """Poll until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._repeat(self._money, FAST_S))
            tasks.create_task(self._repeat(self._orders, ORDERS_S))
            tasks.create_task(self._repeat(self._trades, TRADES_S))

    async def _repeat(self, ask: AskOnce, pause_s: float) -> None:
        while True:
            started_ms = self._clock.monotonic_ms()
            try:
                events = await ask()
            except ExchangeError as error:
                self._failed(str(error))
            else:
                self._heard()
                for event in events:
                    self._emit(event)
            spent_s = (self._clock.monotonic_ms() - started_ms) / 1000
            await self._clock.sleep(max(0.0, pause_s - spent_s))

    async def _money(self) -> list[Event]:
        asked_ms = self._clock.now_ms()
        positions, balance = await asyncio.gather(self._exchange.positions(), self._exchange.balance())
        now_ms = self._clock.now_ms()
        told: list[Event] = [
            PositionsReported(positions=positions, is_snapshot=True, source="rest", asked_ms=asked_ms, received_ms=now_ms)
        ]
        return told if balance is None else [*told, balance]

    async def _orders(self) -> list[Event]:
        asked_ms = self._clock.now_ms()
        orders = await self._exchange.open_orders()
        now_ms = self._clock.now_ms()
        return [OrdersReported(orders=orders, is_snapshot=True, source="rest", asked_ms=asked_ms, received_ms=now_ms)]

    async def _trades(self) -> list[Event]:
        fills = await self._exchange.fills()
        return [FillsReported(fills=fills, source="rest", received_ms=self._clock.now_ms())]

    def _heard(self) -> None:
        self._heard_ms = self._clock.monotonic_ms()
        if not self._is_up:
            self._is_up = True
            self._emit(FeedRestored(feed="account", market=None, received_ms=self._clock.now_ms()))

    def _failed(self, reason: str) -> None:
        silent = self._heard_ms is None or self._clock.monotonic_ms() - self._heard_ms > LOST_MS
        if self._is_up and silent:
            self._is_up = False
            self._emit(FeedLost(feed="account", market=None, reason=reason, received_ms=self._clock.now_ms()))


class MoneyReader:
    """Reads what was paid in, withdrawn or transferred, so that a withdrawal is not taken for a loss; each counts once."""

    def __init__(self, ask: AskMoney, emit: Emit, clock: Clock, *, run_from_ms: int) -> None:
        self._ask = ask
        self._emit = emit
        self._clock = clock
        self._run_from_ms = run_from_ms

    async def run(self) -> None:
        """Read until cancelled; a reading that fails is repeated at the next turn."""
        since_ms = self._run_from_ms - MONEY_OVERLAP_MS
        while True:
            with contextlib.suppress(ExchangeError):
                moves = await self._ask(since_ms)
                if moves:
                    self._emit(MoneyMovesReported(moves=moves, received_ms=self._clock.now_ms()))
            await self._clock.sleep(MONEY_S)


async def read_rebates(ask: AskRebate, emit: Emit, clock: Clock) -> None:
    """Read where our rebate stands until cancelled; a reading that fails is repeated at the next turn."""
    while True:
        with contextlib.suppress(ExchangeError):
            emit(await ask())
        await clock.sleep(REBATE_S)


class FundingReader:
    """Reads what was paid and received as funding since midnight UTC; the engine books each payment once.

    What was paid before `run_from_ms` belongs to the day and not to this run.
    """

    def __init__(self, ask: AskFunding, emit: Emit, clock: Clock, *, run_from_ms: int) -> None:
        self._ask = ask
        self._emit = emit
        self._clock = clock
        self._run_from_ms = run_from_ms
        self._from_ms = run_from_ms // DAY_MS * DAY_MS

    async def run(self) -> None:
        """Read until cancelled; a reading that fails is repeated at the next turn."""
        while True:
            # When asking fails, the next turn asks again: nothing is lost, and the connection's state is told by those who
            # depend on it.
            with contextlib.suppress(ExchangeError):
                await self._read()
            await self._clock.sleep(FUNDING_S)

    async def _read(self) -> None:
        payments = await self._ask(self._from_ms)
        if payments:
            now_ms = self._clock.now_ms()
            self._emit(FundingReported(payments=payments, run_from_ms=self._run_from_ms, received_ms=now_ms))
            newest_ms = max(payment.exchange_ms for payment in payments)
            self._from_ms = max(self._from_ms, newest_ms - FUNDING_OVERLAP_MS)

"""Reads today's trades from the exchange where no journal knows the day, and tells what they add up to.

Pages are asked for one after the other with pauses, as questions that every order goes before; the newest are asked for once
more after a while, because the exchange's reads lag its book. What the account stream has told meanwhile is added by trade id,
and the sum is made at a moment when our positions are the exchange's: all of it between two events, so nothing counts twice.
"""

import asyncio
from collections.abc import Callable, Container
from typing import Final

from bot.core.account import Account
from bot.core.day import DAY_MS, DayBook, booked, day_of
from bot.core.day_replay import replay_day
from bot.core.errors import ExchangeError, ProtocolError
from bot.core.events import DayRead, DayReadFailed, HeldPosition
from bot.core.orders import Fill
from bot.ports import Clock, Emit, Exchange

PAGE: Final = 500
MOST_TRADES: Final = 50_000
LOOK_S: Final = 1.0
PAGE_PAUSE_S: Final = 0.5
SETTLE_S: Final = 5.0
"""After this the exchange's reads know what its book did before."""
FIRST_PAUSE_S: Final = 15.0
LONGEST_PAUSE_S: Final = 600.0
AGREE_WITHIN_S: Final = 60.0


class DayReader:
    """Makes the figures of the day whole, whenever they are not."""

    def __init__(  # noqa: PLR0917 - whom it asks, what it looks at, whom it tells
        self, exchange: Exchange, day: DayBook, account: Account, is_synced: Callable[[], bool], emit: Emit, clock: Clock
    ) -> None:
        self._exchange = exchange
        self._day = day
        self._account = account
        self._is_synced = is_synced
        self._emit = emit
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled; a reading that fails is told, and repeated later and later."""
        pause_s = FIRST_PAUSE_S
        while True:
            await self._clock.sleep(LOOK_S)
            if self._day.is_whole or not self._is_synced():
                continue
            try:
                await self._read()
                pause_s = FIRST_PAUSE_S
            except ExchangeError as error:
                self._emit(DayReadFailed(reason=str(error), received_ms=self._clock.now_ms()))
                await self._clock.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _read(self) -> None:
        day = day_of(self._clock.now_ms())
        found = await self._pages(day, known=())
        await self._clock.sleep(SETTLE_S)
        found |= await self._pages(day, known=found)
        await self._agreement()
        found |= {fill.trade_id: fill for fill in self._account.fills.values() if day_of(fill.exchange_ms) == day}
        held, before = self._held(), booked(self._account.ledgers)  # nothing happens between here and the line above
        days = await asyncio.to_thread(replay_day, found.values(), held)
        self._emit(
            DayRead(
                day=day,
                figures={market: each.money for market, each in days.items()},
                booked=before,
                carried={market: each.carried for market, each in days.items()},
                received_ms=self._clock.now_ms(),
            )
        )

    async def _pages(self, day: int, known: Container[int]) -> dict[int, Fill]:
        """Return the day's trades by id, back to the beginning of the day or to one that is known.

        Raises: ExchangeError when a page cannot be had, or pages do not follow one another, or there are too many.
        """
        found: dict[int, Fill] = {}
        before_id: int | None = None
        while True:
            page = await self._exchange.fills(limit=PAGE, before_id=before_id)
            oldest_id = min((fill.trade_id for fill in page), default=0)
            if before_id is not None and page and oldest_id >= before_id:
                raise ProtocolError(f"the page of trades after {before_id} begins anew")
            found |= {fill.trade_id: fill for fill in page if day_of(fill.exchange_ms) == day}
            is_older = any(fill.exchange_ms < day * DAY_MS for fill in page)
            if len(page) < PAGE or is_older or any(fill.trade_id in known for fill in page):
                return found
            if len(found) > MOST_TRADES:
                raise ProtocolError(f"more than {MOST_TRADES} trades today")
            before_id = oldest_id
            await self._clock.sleep(PAGE_PAUSE_S)

    async def _agreement(self) -> None:
        """Wait until our positions are the exchange's.

        Raises: ProtocolError when they are not for too long.
        """
        end_ms = self._clock.monotonic_ms() + round(AGREE_WITHIN_S * 1000)
        while not (self._is_synced() and self._account.agrees):
            if self._clock.monotonic_ms() > end_ms:
                raise ProtocolError("the positions are not confirmed")
            await self._clock.sleep(LOOK_S / 10)

    def _held(self) -> dict[str, HeldPosition]:
        """Return our positions with the exchange's entry price, which knows the days before."""
        held = {}
        for market, ledger in self._account.ledgers.items():
            report = self._account.reported.get(market)
            held[market] = HeldPosition(size=ledger.size, entry_price=report.entry_price if report else ledger.entry_price)
        return held

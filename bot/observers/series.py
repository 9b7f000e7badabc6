"""What each market looked like lately: half an hour by the second, a day by the minute, for charts that open in the middle of it.

A second nobody looked at has no row, so that a hole stays a hole. Everything is bounded, and lost with the process: what must
last is in the records.
"""

from collections import deque
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.actions import AnyAction
from bot.core.engine import Engine
from bot.core.events import Event, TradeSeen
from bot.core.maker import Maker
from bot.core.numbers import plain
from bot.core.pnl import DAY_MS
from bot.observers.status import resting_prices
from bot.ports import Clock

SECONDS_KEPT: Final = 1_800
MINUTES_KEPT: Final = 1_440
MINUTE_S: Final = 60


class Second(msgspec.Struct, frozen=True, kw_only=True):
    """One second of a market, as it was at its first batch; amounts are text, None where nothing was known."""

    second: int
    mark: str | None
    last: str | None
    bid: str | None
    """Our best bid that rested on the exchange."""
    ask: str | None
    position: str
    pnl: str | None
    """Of this UTC day, in collateral: spread + inventory - fees + funding; None before the first fill."""
    code: str | None
    """Why nothing was shown; None while quoting."""


class Minute(msgspec.Struct, kw_only=True):
    """One minute: its trades as a candle, the rest as it was at its end."""

    second: int
    """Its first second."""
    open: str | None = None
    high: str | None = None
    low: str | None = None
    close: str | None = None
    volume: str = "0"
    bid: str | None = None
    ask: str | None = None
    position: str = "0"
    pnl: str | None = None
    code: str | None = None
    watched_s: int = 0
    quoted_s: int = 0
    """Seconds of these in which a bid and an ask of ours rested."""


class _Market:
    def __init__(self) -> None:
        self.seconds: deque[Second] = deque(maxlen=SECONDS_KEPT)
        self.minutes: deque[Minute] = deque(maxlen=MINUTES_KEPT)
        self._range = (Decimal(0), Decimal(0))
        self._volume = Decimal(0)

    def minute(self, second: int) -> Minute:
        """Return the minute of a second, begun at need; a clock that steps back stays in the minute it had."""
        first = second // MINUTE_S * MINUTE_S
        if not self.minutes or self.minutes[-1].second < first:
            self.minutes.append(Minute(second=first))
            self._volume = Decimal(0)
        return self.minutes[-1]

    def trade(self, second: int, price: Decimal, size: Decimal) -> None:
        minute = self.minute(second)
        low, high = (price, price) if minute.open is None else self._range
        self._range, self._volume = (min(low, price), max(high, price)), self._volume + size
        text = plain(price)
        minute.open = minute.open or text
        minute.low, minute.high, minute.close = plain(self._range[0]), plain(self._range[1]), text
        minute.volume = plain(self._volume)

    def look(self, row: Second) -> None:
        self.seconds.append(row)
        minute = self.minute(row.second)
        minute.bid, minute.ask, minute.position, minute.pnl, minute.code = row.bid, row.ask, row.position, row.pnl, row.code
        minute.watched_s += 1
        minute.quoted_s += row.bid is not None and row.ask is not None


class Series:
    """A watcher of the loop; reads the engine, changes nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = 0
        self._markets: dict[str, _Market] = {}

    def record(self, engine: Engine, events: list[Event], actions: list[AnyAction]) -> None:
        """Look at one turn of the loop: trades always, the market once a second."""
        del actions
        second = self._clock.now_ms() // 1000
        for event in events:
            if isinstance(event, TradeSeen) and event.market in engine.makers:
                rules = engine.views[event.market].rules
                self._of(event.market).trade(second, rules.price(event.price), rules.size(event.size))
        if second <= self._second:
            return
        self._second = second
        for name, maker in engine.makers.items():
            self._of(name).look(_row(engine, maker, second))

    def seconds(self, market: str) -> list[Second]:
        """Return what is kept by the second, oldest first; empty for a market that was never followed."""
        return list(self._markets[market].seconds) if market in self._markets else []

    def minutes(self, market: str) -> list[Minute]:
        """Return what is kept by the minute, oldest first, the present one included."""
        return list(self._markets[market].minutes) if market in self._markets else []

    def _of(self, market: str) -> _Market:
        return self._markets.setdefault(market, _Market())


def _row(engine: Engine, maker: Maker, second: int) -> Second:
    quotes = resting_prices(engine, maker.market)
    view = maker.view
    return Second(
        second=second,
        mark=None if view.mark is None else plain(view.mark.value),
        last=None if view.last_trade is None else plain(view.last_trade.value),
        bid=None if quotes["bid"] is None else plain(quotes["bid"]),
        ask=None if quotes["ask"] is None else plain(quotes["ask"]),
        position=plain(engine.account.position(maker.market)),
        pnl=_pnl(engine, maker.market, second),
        code=None if maker.reason is None else maker.reason.code,
    )


def _pnl(engine: Engine, market: str, second: int) -> str | None:
    books = engine.risk.pnl.markets.get(market)
    today = None if books is None else books.days.get(second * 1000 // DAY_MS)
    return None if today is None else plain(today.total)

"""Candles of trades, marks and index prices: kept by the minute, put together into longer ones when asked.

Minutes in which nothing happened have no candle. Weeks begin on Monday, months on the first, both in UTC.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from simulator.wire import text

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
MINUTES_KEPT: Final = 14 * 24 * 60
_EPOCH_WEEKDAY: Final = 3
"""The epoch was a Thursday."""


class CandleKind(Enum):
    """The words of the REST path."""

    TRADES = "trades"
    MARK = "mark-prices"
    INDEX = "index-prices"


@dataclass(slots=True)
class Candle:
    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = Decimal(0)

    def add(self, price: Decimal, size: Decimal) -> None:
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += size

    def absorb(self, later: "Candle") -> None:
        """Append a later candle to this one."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume

    def record(self, kind: CandleKind) -> dict[str, object]:
        shown: dict[str, object] = {
            "o": text(self.open),
            "l": text(self.low),
            "h": text(self.high),
            "c": text(self.close),
        }
        if kind is CandleKind.TRADES:
            shown["v"] = text(self.volume)
        return shown | {"T": self.start_ms}


def _even(minutes: int) -> Callable[[int], int]:
    return lambda ms: ms - ms % (minutes * MINUTE_MS)


def _week_start(ms: int) -> int:
    day = ms // DAY_MS
    return (day - (day + _EPOCH_WEEKDAY) % 7) * DAY_MS


def _month_start(ms: int) -> int:
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return int(moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)


INTERVALS: Final[dict[str, Callable[[int], int]]] = {
    "PT1M": _even(1),
    "PT5M": _even(5),
    "PT15M": _even(15),
    "PT30M": _even(30),
    "PT1H": _even(60),
    "PT2H": _even(120),
    "PT4H": _even(240),
    "PT8H": _even(480),
    "PT12H": _even(720),
    "PT24H": _even(1440),
    "P1D": _even(1440),
    "P7D": _week_start,
    "P30D": _month_start,
}
"""From a time to the start of its candle; the documents say PT24H for a day, the exchange's SDK P1D."""


class Candles:
    """All candles of one market."""

    def __init__(self) -> None:
        self._minutes: dict[CandleKind, deque[Candle]] = {kind: deque(maxlen=MINUTES_KEPT) for kind in CandleKind}

    def add(self, kind: CandleKind, price: Decimal, size: Decimal, now_ms: int) -> None:
        minutes, start_ms = self._minutes[kind], now_ms - now_ms % MINUTE_MS
        if minutes and minutes[-1].start_ms == start_ms:
            minutes[-1].add(price, size)
        else:
            minutes.append(Candle(start_ms, price, price, price, price, size))

    def newest_first(self, kind: CandleKind, interval: str, end_ms: int | None = None) -> Iterator[Candle]:
        """Yield candles of an interval, the open one included; `end_ms` is the newest start to include."""
        start_of = INTERVALS[interval]
        gathered: list[Candle] = []
        for minute in reversed(self._minutes[kind]):
            if end_ms is not None and start_of(minute.start_ms) > end_ms:
                continue
            if gathered and start_of(gathered[0].start_ms) != start_of(minute.start_ms):
                yield _joined(list(reversed(gathered)), start_of)
                gathered = []
            gathered.append(minute)
        if gathered:
            yield _joined(list(reversed(gathered)), start_of)


def _joined(minutes: list[Candle], start_of: Callable[[int], int]) -> Candle:
    first = minutes[0]
    whole = Candle(start_of(first.start_ms), first.open, first.high, first.low, first.close, first.volume)
    for minute in minutes[1:]:
        whole.absorb(minute)
    return whole

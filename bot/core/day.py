"""The figures of the UTC day: what earlier runs of today booked, and what this run booked since it began or since midnight."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.core.account import PositionLedger
from bot.core.events import DayMoney

DAY_MS: Final = 86_400_000


def day_of(now_ms: int) -> int:
    """Return the UTC day as days since 1970."""
    return now_ms // DAY_MS


class DayBook:
    """Money of today by market; rolls at 00:00 UTC whether or not a position is open."""

    def __init__(self) -> None:
        self._day = -1
        self._earlier: dict[str, DayMoney] = {}
        self._at_start: dict[str, DayMoney] = {}

    def recover(self, day: int, earlier: Mapping[str, DayMoney], now_ms: int) -> None:
        """Take over what earlier runs booked, where that was today."""
        self._day = day_of(now_ms)
        self._earlier = dict(earlier) if day == self._day else {}

    def figures(self, ledgers: Mapping[str, PositionLedger], now_ms: int) -> dict[str, DayMoney]:
        """Return today's money of every market."""
        if day_of(now_ms) != self._day:
            if self._day >= 0:
                self._at_start = {market: _booked(ledger) for market, ledger in ledgers.items()}
            self._day, self._earlier = day_of(now_ms), {}
        nothing = DayMoney()
        return {
            market: _sum(
                self._earlier.get(market, nothing),
                _booked(ledgers[market]) if market in ledgers else nothing,
                self._at_start.get(market, nothing),
            )
            for market in self._earlier.keys() | ledgers.keys()
        }


def _booked(ledger: PositionLedger) -> DayMoney:
    return DayMoney(realised_pnl=ledger.realised_pnl, fees=ledger.fees, volume=ledger.volume)


def _sum(earlier: DayMoney, now: DayMoney, at_start: DayMoney) -> DayMoney:
    def total(name: str) -> Decimal:
        value: Decimal = getattr(earlier, name) + getattr(now, name) - getattr(at_start, name)
        return value

    return DayMoney(realised_pnl=total("realised_pnl"), fees=total("fees"), volume=total("volume"))

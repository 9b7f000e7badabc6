"""The figures of the UTC day: what earlier runs of today booked, and what this run booked since it began or since midnight.

What earlier runs booked is told by the journal, or, where that is gone or does not know the whole day, by the exchange's own
trades. Until one of them has spoken the figures say of themselves that they are not whole.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.account import PositionLedger
from bot.core.events import CarriedPosition, DayMoney, DayRead, DayReadFailed, FundingPayment

DAY_MS: Final = 86_400_000
NOT_READ: Final = "today's trades are being read from the exchange: the figures of the day are not whole yet"
NOTHING: Final = DayMoney()


def day_of(now_ms: int) -> int:
    """Return the UTC day as days since 1970."""
    return now_ms // DAY_MS


class DayCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """What must be added to the sums of earlier runs and of this one to get the figures of a day."""

    day: int
    money: dict[str, DayMoney]
    is_whole: bool


class DayBook:
    """Money of today by market; rolls at 00:00 UTC whether or not a position is open."""

    def __init__(self) -> None:
        self.problem = NOT_READ
        """Why the figures may lack something; "" when they are whole."""
        self.carried: dict[str, CarriedPosition] = {}
        """The positions with which the day began, where the exchange's trades told them."""
        self.corrections: list[DayCorrection] = []
        """Of this run, oldest first: for the journal, so that the next run knows what this one found out."""
        self._day = -1
        self._earlier: dict[str, DayMoney] = {}
        self._at_start: dict[str, DayMoney] = {}
        self._funding: dict[str, Decimal] = {}

    @property
    def is_whole(self) -> bool:
        """True when nothing of the day is missing in the figures, funding aside, which is read by itself."""
        return not self.problem

    def recover(self, day: int, earlier: Mapping[str, DayMoney], now_ms: int, *, is_whole: bool = True) -> None:
        """Take over what earlier runs booked, where that was today."""
        self._day = day_of(now_ms)
        self._earlier = dict(earlier) if day == self._day else {}
        self.problem = "" if is_whole else NOT_READ

    def apply(self, event: DayRead | DayReadFailed, ledgers: Mapping[str, PositionLedger]) -> None:
        """Take in what the exchange's own trades say; what was booked after they were read stays on top of it."""
        if isinstance(event, DayReadFailed):
            self.problem = f"{NOT_READ} ({event.reason})" if self.problem else ""
            return
        self.roll(ledgers, event.received_ms)
        if event.day != self._day:
            return  # midnight has passed, and of the new day nothing is missing
        self.problem, self.carried = "", dict(event.carried)
        names = event.figures.keys() | event.booked.keys() | self._earlier.keys()
        self._correct(
            {
                name: plus(minus(event.figures.get(name, NOTHING), event.booked.get(name, NOTHING)), self._start_of(name))
                for name in names
            }
        )

    def leave_out(self, before: Mapping[str, DayMoney], ledgers: Mapping[str, PositionLedger], now_ms: int) -> None:
        """What was booked since `before` happened on earlier days."""
        self.roll(ledgers, now_ms)
        money = {market: minus(each, before.get(market, NOTHING)) for market, each in booked(ledgers).items()}
        money = {market: each for market, each in money.items() if each != NOTHING}
        self._at_start |= {market: plus(self._start_of(market), each) for market, each in money.items()}
        if money:
            self._note({market: minus(NOTHING, each) for market, each in money.items()})

    def fund(self, payment: FundingPayment, now_ms: int) -> None:
        """Take in a payment that was not known before; those of other days are left out."""
        if day_of(payment.exchange_ms) == day_of(now_ms):
            self._funding[payment.market] = self._funding.get(payment.market, Decimal(0)) + payment.amount

    def figures(self, ledgers: Mapping[str, PositionLedger], now_ms: int) -> dict[str, DayMoney]:
        """Return today's money of every market, as far as it is known: see `problem`."""
        self.roll(ledgers, now_ms)
        found, held = {}, booked(ledgers)
        for market in self._earlier.keys() | ledgers.keys() | self._funding.keys():
            money = minus(plus(self._earlier.get(market, NOTHING), held.get(market, NOTHING)), self._start_of(market))
            found[market] = msgspec.structs.replace(money, funding=self._funding.get(market, Decimal(0)))
        return found

    def pnl(self, ledgers: Mapping[str, PositionLedger], marks: Mapping[str, Decimal], now_ms: int) -> Decimal | None:
        """Return the PnL of the day at `marks`: realised − fees + funding, and how far open positions have moved since it began.

        A position that was carried over midnight counts from the first price of the day. None while the figures are not whole.
        """
        figures = self.figures(ledgers, now_ms)
        if not self.is_whole:
            return None
        earned = sum((each.realised_pnl - each.fees + each.funding for each in figures.values()), start=Decimal(0))
        open_now = sum((each.unrealised_pnl(marks[name]) for name, each in ledgers.items() if name in marks), start=Decimal(0))
        open_then = sum((each.size * (each.price - each.entry_price) for each in self.carried.values()), start=Decimal(0))
        return earned + open_now - open_then

    def roll(self, ledgers: Mapping[str, PositionLedger], now_ms: int) -> None:
        """Begin a new day when midnight has passed; nothing of it is missing then."""
        if (day := day_of(now_ms)) == self._day:
            return
        if self._day >= 0:
            self._at_start = booked(ledgers)
            self._funding, self.carried, self.problem = {}, {}, ""
        self._day, self._earlier = day, {}

    def _start_of(self, market: str) -> DayMoney:
        return self._at_start.get(market, NOTHING)

    def _correct(self, earlier: dict[str, DayMoney]) -> None:
        before, self._earlier = self._earlier, earlier
        self._note({market: minus(each, before.get(market, NOTHING)) for market, each in earlier.items()})

    def _note(self, money: dict[str, DayMoney]) -> None:
        self.corrections.append(DayCorrection(day=self._day, money=money, is_whole=self.is_whole))


def booked(ledgers: Mapping[str, PositionLedger]) -> dict[str, DayMoney]:
    """Return what the ledgers have booked since this run began."""
    return {
        market: DayMoney(realised_pnl=ledger.realised_pnl, fees=ledger.fees, volume=ledger.volume)
        for market, ledger in ledgers.items()
    }


def plus(one: DayMoney, other: DayMoney) -> DayMoney:
    """Return the sum, part by part."""
    return DayMoney(
        realised_pnl=one.realised_pnl + other.realised_pnl,
        fees=one.fees + other.fees,
        volume=one.volume + other.volume,
        funding=one.funding + other.funding,
    )


def minus(one: DayMoney, other: DayMoney) -> DayMoney:
    """Return the difference, part by part."""
    return DayMoney(
        realised_pnl=one.realised_pnl - other.realised_pnl,
        fees=one.fees - other.fees,
        volume=one.volume - other.volume,
        funding=one.funding - other.funding,
    )

"""Where the money came from: spread, inventory, fees and funding, exact to the last digit, by market and UTC day.

A fill earns what lies between its price and the reference price at that moment (spread); the position earns what the reference
price moves afterwards (inventory). Beside these sums a second set of books holds cash and position only, and the two must agree:

    spread + inventory − fees + funding  =  cash + position × reference − what the day began with

Any series of reference prices satisfies this; we use the mid where it is fresh, else the mark. The exchange values positions at
mark, so the reconciliation to its equity adds position × (mark − reference). Signs: fee + is paid, funding + is received,
transfer + is money moved in. Everything is booked to the day in which it reaches us; funding that was back-filled, to the day it
was paid.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.errors import InvariantBroken
from bot.core.numbers import EXACT
from bot.core.orders import Fill, Side

DAY_MS: Final = 86_400_000
DAYS_KEPT: Final = 40
IDS_KEPT: Final = 5_000
ZERO: Final = Decimal(0)


class PnlLine(msgspec.Struct, frozen=True, kw_only=True):
    """One market's day. Money in collateral, sizes in the base asset."""

    spread: Decimal = ZERO
    inventory: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    cash: Decimal = ZERO
    """The second set of books: money received minus money paid, fees and funding included."""
    opening: Decimal = ZERO
    """Value of the position, at the reference price, with which the day began."""
    fills: int = 0
    maker_volume: Decimal = ZERO
    taker_volume: Decimal = ZERO
    inventory_ms: Decimal = ZERO
    """Value of the position times how long it was held, never negative."""
    watched_ms: int = 0

    @property
    def total(self) -> Decimal:
        """Return the PnL of the day."""
        return _sum((self.spread, self.inventory, self.fees.copy_negate(), self.funding))

    @property
    def volume(self) -> Decimal:
        return _sum((self.maker_volume, self.taker_volume))

    @property
    def maker_share(self) -> float | None:
        """Return maker volume over all our volume; None before the first fill."""
        return float(self.maker_volume / self.volume) if self.volume else None

    @property
    def turnover(self) -> float | None:
        """Return traded value over mean value held, for the time watched; None where nothing was held."""
        if not self.inventory_ms or not self.watched_ms:
            return None
        return float(self.volume * self.watched_ms / self.inventory_ms)

    def per_notional_bps(self) -> float | None:
        """Return the PnL in basis points of the traded value; None before the first fill."""
        return float(self.total / self.volume) * 10_000 if self.volume else None


class MarketPnlRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a restart must know of one market."""

    position: Decimal
    reference: Decimal | None
    days: dict[int, PnlLine]


class PnlRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a restart must know; days count from 1970 in UTC."""

    version: int = 1
    markets: dict[str, MarketPnlRecord] = {}
    rebates: dict[int, Decimal] = {}
    transfers: dict[int, Decimal] = {}
    rebates_paid: Decimal | None = None
    ids: tuple[str, ...] = ()
    """Funding payments, rebates and transfers already booked."""


class MarketPnl:
    """One market's books."""

    def __init__(self, market: str) -> None:
        self.market = market
        self.position = ZERO
        self.reference: Decimal | None = None
        self.cumulative = ZERO
        """PnL since the start of this run."""
        self.days: OrderedDict[int, PnlLine] = OrderedDict()
        self._day = 0
        self._marked_ms: int | None = None

    def mark(self, reference: Decimal, now_ms: int) -> None:
        """Take in the reference price: the position earns its move."""
        day = self._line(now_ms)
        value = _times(self.position.copy_abs(), self.reference or reference)
        held_ms = 0 if self._marked_ms is None else max(0, now_ms - self._marked_ms)
        moved = ZERO if self.reference is None else _times(self.position, _minus(reference, self.reference))
        self._put(
            day,
            inventory=_sum((day.inventory, moved)),
            inventory_ms=_sum((day.inventory_ms, _times(value, Decimal(held_ms)))),
            watched_ms=day.watched_ms + held_ms,
        )
        self.cumulative = _sum((self.cumulative, moved))
        self.reference, self._marked_ms = reference, now_ms

    def fill(self, fill: Fill, now_ms: int) -> None:
        """Book one execution; call once for each trade id. Before the first reference price its own price is the reference."""
        if self.reference is None:
            self.mark(fill.price, now_ms)
        assert self.reference is not None
        day = self._line(now_ms)
        signed_size = fill.size if fill.side is Side.BUY else fill.size.copy_negate()
        edge = _times(signed_size, _minus(self.reference, fill.price))
        value, paid = _times(fill.size, fill.price), _times(signed_size, fill.price)
        self.position = _sum((self.position, signed_size))
        self.cumulative = _sum((self.cumulative, edge, fill.fee.copy_negate()))
        self._put(
            day,
            spread=_sum((day.spread, edge)),
            fees=_sum((day.fees, fill.fee)),
            cash=_sum((day.cash, paid.copy_negate(), fill.fee.copy_negate())),
            fills=day.fills + 1,
            maker_volume=_sum((day.maker_volume, value if fill.is_maker else ZERO)),
            taker_volume=_sum((day.taker_volume, ZERO if fill.is_maker else value)),
        )

    def fund(self, amount: Decimal, paid_ms: int, now_ms: int) -> None:
        """Book a funding payment, positive: received; it moves money and nothing else, so it may be booked to an earlier day."""
        self._line(now_ms)
        number = paid_ms // DAY_MS if paid_ms // DAY_MS in self.days else self._day
        day = self.days[number]
        self.days[number] = msgspec.structs.replace(day, funding=_sum((day.funding, amount)), cash=_sum((day.cash, amount)))
        self.cumulative = _sum((self.cumulative, amount))

    def adopt(self, position: Decimal, reference: Decimal, now_ms: int) -> None:
        """Take the exchange's word for the position, as if the difference were traded at the reference price.

        What the difference really cost is not known here; it shows in the residual against the exchange's equity.
        """
        self.mark(reference, now_ms)
        day, difference = self._line(now_ms), _minus(position, self.position)
        self.position = position
        self._put(day, cash=_minus(day.cash, _times(difference, reference)))

    def restore(self, record: MarketPnlRecord) -> None:
        """Go on from what an earlier run wrote down."""
        self.position, self.reference = record.position, record.reference
        self.days = OrderedDict(sorted(record.days.items()))
        self._day = max(self.days, default=0)

    def check(self) -> None:
        """Compare the two sets of books.

        Raises: InvariantBroken when they differ by anything at all.
        """
        if not self.days:
            return
        day = self.days[self._day]
        value = _times(self.position, self.reference or ZERO)
        by_cash = _minus(_sum((day.cash, value)), day.opening)
        if by_cash != day.total:
            raise InvariantBroken(f"PnL of {self.market}: the parts make {day.total}, cash and position make {by_cash}")

    def _line(self, now_ms: int) -> PnlLine:
        """Return today's line, beginning it at need; a clock that steps back stays in the day it had."""
        day = max(self._day, now_ms // DAY_MS)
        if day not in self.days:
            self.days[day] = PnlLine(opening=_times(self.position, self.reference or ZERO))
            while len(self.days) > DAYS_KEPT:
                self.days.popitem(last=False)
        self._day = day
        return self.days[day]

    def _put(self, day: PnlLine, **changes: object) -> None:
        self.days[self._day] = msgspec.structs.replace(day, **changes)


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """Our books beside the exchange's equity."""

    equity: Decimal
    expected: Decimal
    """Opening equity + PnL + rebates + transfers since then, positions valued at mark."""
    residual: Decimal
    """equity − expected: what we cannot explain. Funding and transfers that were not read yet stand here."""


class Pnl:
    """The books of one account."""

    def __init__(self) -> None:
        self.markets: dict[str, MarketPnl] = {}
        self.rebates: dict[int, Decimal] = {}
        self.transfers: dict[int, Decimal] = {}
        self._ids: OrderedDict[str, None] = OrderedDict()
        self.transferred = ZERO
        """Moved in since the start of this run."""
        self.rebates_paid: Decimal | None = None
        """The last total of rebates paid that the exchange told; None before the first."""
        self._is_first_total = True
        self._rebated = ZERO
        self._base: Decimal | None = None

    def of(self, market: str) -> MarketPnl:
        """Return one market's books, begun at need."""
        books = self.markets.get(market)
        if books is None:
            books = self.markets[market] = MarketPnl(market)
        return books

    def fund(self, payment_id: str, market: str, amount: Decimal, paid_ms: int, now_ms: int) -> bool:
        """Book a funding payment once; False when it was booked before."""
        if not self._is_new(f"funding {payment_id}"):
            return False
        self.of(market).fund(amount, paid_ms, now_ms)
        return True

    def rebate(self, rebate_id: str, amount: Decimal, paid_ms: int) -> bool:
        """Book a maker rebate, which the exchange pays once a day beside the fills; False when it was booked before."""
        is_new = self._book(self.rebates, f"rebate {rebate_id}", amount, paid_ms)
        self._rebated = _sum((self._rebated, amount if is_new else ZERO))
        return is_new

    def paid_rebates(self, total: Decimal, told_ms: int) -> None:
        """Book what was paid beyond the last total told; the first total ever only begins the count.

        What was paid before this run's first word belongs to the day, and not to this run.
        """
        before, is_first, rebated = self.rebates_paid, self._is_first_total, self._rebated
        self.rebates_paid, self._is_first_total = total, False
        if before is not None and total > before:
            self.rebate(f"up to {total.normalize()}", _minus(total, before), told_ms)
        if is_first:
            self._rebated = rebated

    def transfer(self, transfer_id: str, amount: Decimal, moved_ms: int) -> bool:
        """Book money moved in (positive) or out: never PnL; False when it was booked before."""
        is_new = self._book(self.transfers, f"transfer {transfer_id}", amount, moved_ms)
        self.transferred = _sum((self.transferred, amount if is_new else ZERO))
        return is_new

    def knows_transfer(self, transfer_id: str) -> bool:
        """Return whether this transfer was booked."""
        return f"transfer {transfer_id}" in self._ids

    def _book(self, days: dict[int, Decimal], key: str, amount: Decimal, at_ms: int) -> bool:
        if not self._is_new(key):
            return False
        day = at_ms // DAY_MS
        days[day] = _sum((days.get(day, ZERO), amount))
        while len(days) > DAYS_KEPT:
            del days[min(days)]
        return True

    def _is_new(self, key: str) -> bool:
        if key in self._ids:
            return False
        self._ids[key] = None
        while len(self._ids) > IDS_KEPT:
            self._ids.popitem(last=False)
        return True

    def day(self, day: int, markets: Iterable[str] | None = None) -> PnlLine:
        """Return the sum over all markets, or those named, of one day; rebates and transfers stand beside it."""
        chosen = self.markets if markets is None else {name: self.markets[name] for name in markets if name in self.markets}
        lines = [books.days[day] for books in chosen.values() if day in books.days]
        summed = ("spread", "inventory", "fees", "funding", "cash", "opening", "maker_volume", "taker_volume", "inventory_ms")
        return PnlLine(
            **{name: _sum(getattr(line, name) for line in lines) for name in summed},
            fills=sum(line.fills for line in lines),
            watched_ms=max((line.watched_ms for line in lines), default=0),
        )

    def run_total(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Return the PnL since this run started, rebates included, positions valued at `marks` where one is given."""
        return _sum((self._rebated, *(_valued(books, marks.get(name)) for name, books in self.markets.items())))

    def reconcile(self, equity: Decimal, marks: Mapping[str, Decimal]) -> Reconciled:
        """Compare with the exchange's equity; the first one seen is where the comparison begins."""
        since = _sum((self.run_total(marks), self.transferred))
        if self._base is None:
            self._base = _minus(equity, since)
        expected = _sum((self._base, since))
        return Reconciled(equity=equity, expected=expected, residual=_minus(equity, expected))

    def check(self) -> None:
        """Compare the two sets of books of every market.

        Raises: InvariantBroken when they differ by anything at all.
        """
        for books in self.markets.values():
            books.check()

    def record(self) -> PnlRecord:
        """Return what a restart must know."""
        markets = {
            name: MarketPnlRecord(position=books.position, reference=books.reference, days=dict(books.days))
            for name, books in self.markets.items()
        }
        ids = tuple(self._ids)
        return PnlRecord(
            markets=markets,
            rebates=dict(self.rebates),
            transfers=dict(self.transfers),
            rebates_paid=self.rebates_paid,
            ids=ids,
        )

    def restore(self, record: PnlRecord) -> None:
        """Go on from what an earlier run wrote down. What happened in between comes by `adopt`, and shows in the residual."""
        for name, books in record.markets.items():
            self.of(name).restore(books)
        self.rebates, self.transfers = dict(record.rebates), dict(record.transfers)
        self.rebates_paid = record.rebates_paid
        self._ids = OrderedDict.fromkeys(record.ids)


def _valued(books: MarketPnl, mark: Decimal | None) -> Decimal:
    if mark is None or books.reference is None:
        return books.cumulative
    return _sum((books.cumulative, _times(books.position, _minus(mark, books.reference))))


def _sum(values: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for value in values:
        total = EXACT.add(total, value)
    return total


def _minus(whole: Decimal, part: Decimal) -> Decimal:
    return EXACT.subtract(whole, part)


def _times(one: Decimal, other: Decimal) -> Decimal:
    return EXACT.multiply(one, other)

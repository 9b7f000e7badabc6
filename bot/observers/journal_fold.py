"""What a restart needs from a journal, folded record by record: pure.

The writer folds what it writes, so that every new file begins with the result; recovery folds what it reads. Both use this one
class: what recovery finds is what the writer knew.
"""

from collections import OrderedDict
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.actions import ApprovedOrder
from bot.core.events import FillsReported, OrderLookedUp, OrdersReported, PlaceAcknowledged
from bot.core.order_ids import owner_of
from bot.core.orders import ExchangeStatus, Fill, Order, OrderReport, Owner
from bot.observers.journal_records import (
    DayCorrected,
    DayFigures,
    Gap,
    LedgerBooked,
    OrderEnded,
    OrderHeld,
    Payload,
    RestorePoint,
)

DAY_MS: Final = 86_400_000
TRADE_IDS_KEPT: Final = 5_000
FILLS_KEPT: Final = 1_000
"""Restore points stay small enough to be written within a few milliseconds."""

UNKNOWN_DAY: Final = 2**31
"""No day at all is known as a whole."""

_EXCHANGE_ENDED: Final = frozenset(
    {ExchangeStatus.FILLED, ExchangeStatus.CANCELLED, ExchangeStatus.EXPIRED, ExchangeStatus.REJECTED}
)


class Fold:
    """The state of a restore point, growing."""

    def __init__(self, point: RestorePoint | None = None) -> None:
        self._day = 0
        self._take(point or _nothing())

    def _take(self, point: RestorePoint) -> None:
        self._day = point.day
        self._open = dict(point.open_orders)
        self._trade_ids = OrderedDict.fromkeys(point.trade_ids)
        self._fills = OrderedDict((fill.trade_id, fill) for fill in point.fills)
        self._figures = dict(point.figures)
        self._placed, self._ended, self._filled = point.orders_placed, point.orders_ended, point.orders_filled
        self._booked = dict(point.booked)
        self._lost = point.lost
        self._whole_from_day = point.whole_from_day

    def apply(self, wall_ms: int, payload: Payload) -> None:  # noqa: C901, PLR0912 - one flat row per kind of record
        """Fold one record; most kinds change nothing here."""
        self.roll(wall_ms)
        match payload:
            case RestorePoint():
                self._take(payload)
                self.roll(wall_ms)
            case OrderHeld():
                self._opened(payload.order)
            case OrderEnded():
                self._order_ended(payload)
            case PlaceAcknowledged():
                self._acknowledged(payload)
            case OrdersReported():
                for report in payload.orders:
                    self._reported(report)
            case OrderLookedUp():
                if payload.report is not None:
                    self._reported(payload.report)
            case FillsReported():
                for fill in payload.fills:
                    self._saw_fill(fill)
            case LedgerBooked():
                self._ledger_booked(payload)
            case DayCorrected():
                self._corrected(payload)
            case Gap():
                self._lost += payload.lost
            case _:
                # Placing, and any later action that sends an order: the approval is what they share.
                approved = getattr(payload, "approved", None)
                if isinstance(approved, ApprovedOrder):
                    self._opened(approved.order)

    def roll(self, now_ms: int) -> None:
        """Begin a new day when `now_ms` lies in one; a clock that steps back changes nothing."""
        day = now_ms // DAY_MS
        if day > self._day:
            if self._whole_from_day == UNKNOWN_DAY:
                self._whole_from_day = day + 1
            self._day = day
            self._fills.clear()
            self._figures.clear()
            self._placed = self._ended = self._filled = self._lost = 0

    def begin_run(self) -> None:
        """Keep what is held and start its sums anew: the ledgers of a run count from zero."""
        self._booked = {
            market: msgspec.structs.replace(last, realised_pnl=Decimal(0), fees=Decimal(0), volume=Decimal(0))
            for market, last in self._booked.items()
        }

    def point(self) -> RestorePoint:
        """Return the state as a record."""
        return RestorePoint(
            day=self._day,
            open_orders=dict(self._open),
            trade_ids=tuple(self._trade_ids),
            fills=tuple(self._fills.values()),
            figures=dict(self._figures),
            orders_placed=self._placed,
            orders_ended=self._ended,
            orders_filled=self._filled,
            booked=dict(self._booked),
            lost=self._lost,
            whole_from_day=self._whole_from_day,
        )

    def _opened(self, order: Order) -> None:
        # The reason is the exchange's free text; ids and numbers are enough to find the order again.
        self._open[order.client_order_id] = msgspec.structs.replace(order, reason="")

    def _acknowledged(self, event: PlaceAcknowledged) -> None:
        # Counted here and not with the order: the stream may have ended it before REST answered.
        self._placed += owner_of(event.client_order_id) is Owner.BOT
        order = self._open.get(event.client_order_id)
        if order is not None:
            self._open[order.client_order_id] = msgspec.structs.replace(order, exchange_order_id=event.exchange_order_id)

    def _order_ended(self, record: OrderEnded) -> None:
        self._open.pop(record.client_order_id, None)
        if record.owner is Owner.BOT:
            self._ended += 1
            self._filled += record.filled_lots > 0

    def _reported(self, report: OrderReport) -> None:
        """Believe the exchange about an end, also for an order of an earlier run that the engine does not hold."""
        if report.status in _EXCHANGE_ENDED:
            self._open.pop(report.client_order_id, None)

    def _saw_fill(self, fill: Fill) -> None:
        if fill.trade_id in self._trade_ids:
            return
        self._trade_ids[fill.trade_id] = None
        while len(self._trade_ids) > TRADE_IDS_KEPT:
            self._trade_ids.popitem(last=False)
        if fill.exchange_ms // DAY_MS == self._day:
            self._fills[fill.trade_id] = fill
            while len(self._fills) > FILLS_KEPT:
                self._fills.popitem(last=False)

    def _ledger_booked(self, record: LedgerBooked) -> None:
        before = self._booked.get(record.market)
        self._figures[record.market] = self._figures.get(record.market, DayFigures()).plus(record, before)
        self._booked[record.market] = record

    def _corrected(self, record: DayCorrected) -> None:
        if record.day != self._day:
            return
        for market, by in record.figures.items():
            self._figures[market] = self._figures.get(market, DayFigures()).corrected(by)
        if record.is_whole:
            self._whole_from_day = min(self._whole_from_day, record.day)


def _nothing() -> RestorePoint:
    return RestorePoint(
        day=0,
        open_orders={},
        trade_ids=(),
        fills=(),
        figures={},
        orders_placed=0,
        orders_ended=0,
        orders_filled=0,
        booked={},
        lost=0,
        whole_from_day=UNKNOWN_DAY,
    )

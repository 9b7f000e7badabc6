"""How much was lost today, and from the highest value so far: measured twice, and transfers are neither.

The exchange's equity is one measure, corrected for money that was moved in or out. Our own count of the PnL is the other: it
knows of no transfers and does not wait for a report. The larger loss counts. When the equity has fallen and our count has not,
the reason is not known (yet): usually a transfer whose record has not been read. For a while our count alone decides whether to
stop, and nothing is opened; then the equity is believed, and a person who moved money unseen by us has to start again.

The day begins at 00:00 UTC. The record survives a restart, so that stopping and starting forgets no loss.
"""

from decimal import Decimal
from typing import Final

import msgspec

DAY_MS: Final = 86_400_000
SETTLE_MS: Final = 15_000
"""Equity and fills come on different ways, and the equity is read every 10 s: a younger difference says nothing."""
GRACE_MS: Final = 60_000
"""After this the exchange's equity is believed, whatever our own count says."""
LEAST_TOLERANCE: Final = Decimal(1)
"""Difference in collateral that is never a question."""
IDS_KEPT: Final = 200
ZERO: Final = Decimal(0)


class DayRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a restart must know. Money in collateral; `day` counts days since 1970 in UTC."""

    day: int
    opening: Decimal | None = None
    """Equity with which the day, or the first run within it, began."""
    opened_ms: int = 0
    transfers: Decimal = ZERO
    """Moved in since then, net of what was moved out."""
    own: Decimal = ZERO
    """PnL of the day by our own count, earlier runs included."""
    peak: Decimal | None = None
    """Highest account value so far, transfers left out."""
    drawdown: Decimal = ZERO
    transfer_ids: tuple[str, ...] = ()


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Where the account stands, in collateral; negative numbers are gains, the drawdown is never negative."""

    day_loss: Decimal = ZERO
    drawdown: Decimal = ZERO
    opening: Decimal | None = None
    peak: Decimal | None = None
    unexplained: Decimal = ZERO
    """Loss that the equity shows and our own count does not; zero while within tolerance or not yet settled."""
    unexplained_left_ms: int = 0
    """How long the own count still decides alone; 0: the equity is believed."""


class DayBook:
    """Follows one account's day."""

    def __init__(self) -> None:
        self._record: DayRecord | None = None
        self._run_pnl = ZERO
        """PnL of this run up to which the day's own count has been taken."""
        self._reported: Decimal | None = None
        self._equity: Decimal | None = None
        self._own_then = ZERO
        """The day's own count when that equity was reported: from then on it is moved by our own count."""
        self._differs_since_ms: int | None = None

    @property
    def record(self) -> DayRecord | None:
        """What to write down for a restart; None before the first look."""
        return self._record

    @property
    def equity(self) -> Decimal | None:
        """Return the reported equity moved by what our own count says has happened since."""
        if self._equity is None or self._record is None:
            return None
        return self._equity + self._record.own - self._own_then

    def restore(self, record: DayRecord) -> None:
        """Go on from what an earlier run wrote down."""
        self._record, self._run_pnl = record, ZERO

    def report(self, equity: Decimal) -> None:
        """Take in the exchange's word about equity; it is compared at the next look."""
        self._reported = equity

    def transfer(self, transfer_id: str, amount: Decimal, at_ms: int) -> bool:
        """Take in money moved in (positive) or out; False when it was known, or is part of the opening equity already."""
        record = self._record
        if record is None or record.opening is None or transfer_id in record.transfer_ids or at_ms < record.opened_ms:
            return False
        ids = (*record.transfer_ids, transfer_id)[-IDS_KEPT:]
        self._change(transfers=record.transfers + amount, transfer_ids=ids)
        return True

    def forgive_drawdown(self) -> None:
        """A person starts again after a drawdown: it is measured from here."""
        if self._record is not None and self._record.peak is not None:
            self._change(peak=self._record.peak - self._record.drawdown, drawdown=ZERO)

    def see(self, run_pnl: Decimal, now_ms: int, tolerance: Decimal) -> Loss:
        """Judge the day; `run_pnl` is our PnL since the start of this run, `tolerance` a fraction of equity."""
        record = self._begin(now_ms)
        own, self._run_pnl = record.own + run_pnl - self._run_pnl, run_pnl
        self._change(own=own)
        if self._reported is not None:
            self._equity, self._own_then, self._reported = self._reported, own, None
        equity = self.equity
        if equity is not None and record.opening is None:
            opening = equity - own
            self._change(opening=opening, opened_ms=now_ms, peak=opening + record.drawdown)
        return self._judge(now_ms, tolerance)

    def _begin(self, now_ms: int) -> DayRecord:
        """Return the record of today; a clock that steps back changes nothing. What was lost from the peak is still lost."""
        day = now_ms // DAY_MS
        if self._record is None:
            self._record = DayRecord(day=day)
        elif day > self._record.day:
            equity, before = self.equity, self._record
            self._record = DayRecord(day=day, drawdown=before.drawdown, transfer_ids=before.transfer_ids)
            self._own_then = ZERO
            self._differs_since_ms = None
            if equity is not None:
                self._equity = equity
                self._change(opening=equity, opened_ms=now_ms, peak=equity + before.drawdown)
        return self._record

    def _judge(self, now_ms: int, tolerance: Decimal) -> Loss:
        record, equity = self._record, self.equity
        assert record is not None
        by_count = -record.own
        if record.opening is None or equity is None:
            return Loss(day_loss=by_count, drawdown=record.drawdown)
        by_equity = record.opening + record.transfers - equity
        gap = by_equity - by_count
        if gap <= max(LEAST_TOLERANCE, tolerance * abs(equity)):
            self._differs_since_ms = None
            return self._stand(max(by_count, by_equity))
        if self._differs_since_ms is None:
            self._differs_since_ms = now_ms
        differs_ms = now_ms - self._differs_since_ms
        if differs_ms >= GRACE_MS:
            return self._stand(by_equity, unexplained=gap)
        return self._stand(by_count, unexplained=gap if differs_ms >= SETTLE_MS else ZERO, left_ms=GRACE_MS - differs_ms)

    def _stand(self, day_loss: Decimal, unexplained: Decimal = ZERO, left_ms: int = 0) -> Loss:
        record = self._record
        assert record is not None
        assert record.opening is not None
        value = record.opening - day_loss
        peak = value if record.peak is None else max(record.peak, value)
        self._change(peak=peak, drawdown=peak - value)
        return Loss(
            day_loss=day_loss,
            drawdown=peak - value,
            opening=record.opening,
            peak=peak,
            unexplained=unexplained,
            unexplained_left_ms=left_ms,
        )

    def _change(self, **changes: object) -> None:
        assert self._record is not None
        self._record = msgspec.structs.replace(self._record, **changes)

"""The day's loss and the drawdown: transfers are neither, and a restart forgets neither."""

from decimal import Decimal

import msgspec
import pytest

from bot.core.risk.day import DAY_MS, GRACE_MS, SETTLE_MS, DayBook, Loss
from tests.unit.core.risk.scene import START_MS

TOLERANCE = Decimal("0.001")
MIDNIGHT_MS = (START_MS // DAY_MS + 1) * DAY_MS


class Days:
    """A day book, a clock, the exchange's equity and our own count."""

    def __init__(self, equity: object = 10_000) -> None:
        self.book = DayBook()
        self.now_ms = START_MS
        self.equity = Decimal(str(equity))
        self.pnl = Decimal(0)
        self.book.report(self.equity)
        self.see()

    def earn(self, amount: object, *, reported: bool = True) -> Loss:
        self.pnl += Decimal(str(amount))
        self.equity += Decimal(str(amount))
        if reported:
            self.book.report(self.equity)
        return self.see()

    def move(self, amount: object) -> Loss:
        """Change the equity without any PnL of ours."""
        self.equity += Decimal(str(amount))
        self.book.report(self.equity)
        return self.see()

    def see(self, later_ms: int = 0) -> Loss:
        self.now_ms += later_ms
        return self.book.see(self.pnl, self.now_ms, TOLERANCE)


def test_a_loss_counts_from_the_equity_of_the_morning() -> None:
    days = Days()
    days.earn(-150)

    assert days.earn(30).day_loss == 120


def test_a_loss_counts_before_the_exchange_has_reported_it() -> None:
    days = Days()

    assert days.earn(-200, reported=False).day_loss == 200


def test_a_loss_counts_although_nothing_is_held_any_more() -> None:
    """The daily loss is independent of being flat: no position appears in it at all."""
    days = Days()
    days.earn(-200)

    assert days.see(later_ms=60_000).day_loss == 200


@pytest.mark.parametrize("told_first", [True, False])
def test_f135_a_withdrawal_is_neither_a_loss_nor_a_drawdown(*, told_first: bool) -> None:
    days = Days()
    if told_first:
        days.book.transfer("w1", Decimal(-3_000), days.now_ms)
        loss = days.move(-3_000)
    else:
        days.move(-3_000)
        days.book.transfer("w1", Decimal(-3_000), days.now_ms)
        loss = days.see(later_ms=GRACE_MS)

    assert (loss.day_loss, loss.drawdown, loss.unexplained) == (0, 0, 0)


@pytest.mark.parametrize("told_first", [True, False])
def test_a_deposit_hides_no_loss_and_raises_no_peak(*, told_first: bool) -> None:
    days = Days()
    if told_first:
        days.book.transfer("d1", Decimal(5_000), days.now_ms)
    days.move(5_000)
    if not told_first:
        days.book.transfer("d1", Decimal(5_000), days.now_ms)
    loss = days.earn(-100)

    assert (loss.day_loss, loss.drawdown, loss.peak) == (100, 100, 10_000)


def test_a_transfer_is_counted_once() -> None:
    days = Days()
    assert days.book.transfer("w1", Decimal(-1_000), days.now_ms)

    assert not days.book.transfer("w1", Decimal(-1_000), days.now_ms)
    assert days.move(-1_000).day_loss == 0


def test_a_transfer_from_before_the_opening_is_part_of_it() -> None:
    days = Days()

    assert not days.book.transfer("d0", Decimal(10_000), days.now_ms - 3_600_000)
    assert days.see().day_loss == 0


def test_equity_that_falls_unexplained_is_first_a_question_and_then_a_loss() -> None:
    days = Days()
    just_now = days.move(-500)
    settled = days.see(later_ms=SETTLE_MS)
    believed = days.see(later_ms=GRACE_MS - SETTLE_MS)

    assert (just_now.day_loss, just_now.unexplained) == (0, 0)
    assert (settled.day_loss, settled.unexplained, settled.unexplained_left_ms) == (0, 500, GRACE_MS - SETTLE_MS)
    assert (believed.day_loss, believed.unexplained_left_ms) == (500, 0)


def test_a_small_difference_to_the_equity_is_no_question() -> None:
    days = Days()
    days.move(-9)

    assert days.see(later_ms=10 * GRACE_MS) == Loss(
        day_loss=Decimal(9), drawdown=Decimal(9), opening=Decimal(10_000), peak=Decimal(10_000)
    )


def test_the_drawdown_is_measured_from_the_highest_value() -> None:
    days = Days()
    days.earn(400)
    loss = days.earn(-150)

    assert (loss.day_loss, loss.drawdown, loss.peak) == (-250, 150, 10_400)


def test_midnight_ends_the_days_loss_and_not_the_drawdown() -> None:
    days = Days()
    days.earn(-150)
    before = days.see(later_ms=MIDNIGHT_MS - days.now_ms - 1)
    after = days.see(later_ms=1)

    assert (before.day_loss, after.day_loss) == (150, 0)
    assert (before.drawdown, after.drawdown) == (150, 150)
    assert after.opening == 9_850


def test_a_clock_that_steps_back_over_midnight_begins_no_day() -> None:
    days = Days()
    days.see(later_ms=MIDNIGHT_MS - days.now_ms + 1_000)
    days.earn(-70)

    assert days.see(later_ms=-5_000).day_loss == 70


def restarted(days: Days, *, equity: object | None = None, later_ms: int = 1_000) -> Days:
    """Return the same account in a new process, which read the record as it was written."""
    record = days.book.record
    assert record is not None
    again = Days.__new__(Days)
    again.book = DayBook()
    again.book.restore(msgspec.json.decode(msgspec.json.encode(record), type=type(record)))
    again.now_ms = days.now_ms + later_ms
    again.equity = days.equity if equity is None else Decimal(str(equity))
    again.pnl = Decimal(0)
    again.book.report(again.equity)
    return again


def test_a_restart_forgets_neither_loss_nor_drawdown() -> None:
    days = Days()
    days.earn(100)
    days.earn(-350)

    again = restarted(days)

    assert (again.see().day_loss, again.see().drawdown) == (250, 350)
    assert again.earn(-50).day_loss == 300


def test_a_restart_forgets_no_transfer() -> None:
    days = Days()
    days.book.transfer("w1", Decimal(-2_000), days.now_ms)
    days.move(-2_000)

    again = restarted(days)

    assert not again.book.transfer("w1", Decimal(-2_000), days.now_ms)
    assert again.see().day_loss == 0


def test_what_was_lost_while_the_bot_was_off_counts() -> None:
    days = Days()
    days.earn(-100)

    again = restarted(days, equity=9_700)
    again.see()

    assert again.see(later_ms=GRACE_MS).day_loss == 300


def test_a_restart_on_another_day_begins_a_new_one_and_keeps_the_drawdown() -> None:
    days = Days()
    days.earn(-400)

    again = restarted(days, later_ms=DAY_MS)
    loss = again.see()

    assert (loss.day_loss, loss.opening, loss.drawdown) == (0, 9_600, 400)


def test_a_restart_five_times_in_a_row_changes_nothing() -> None:
    days = Days()
    days.earn(-123)
    for _ in range(5):
        days = restarted(days)
        days.see()

    assert days.see().day_loss == 123


def test_a_forgiven_drawdown_is_measured_from_here_and_the_days_loss_stays() -> None:
    days = Days()
    days.earn(-400)
    days.book.forgive_drawdown()
    loss = days.see()

    assert (loss.drawdown, loss.day_loss) == (0, 400)
    assert days.earn(-10).drawdown == 10


def test_without_a_word_about_equity_our_own_count_still_counts() -> None:
    book = DayBook()

    assert book.see(Decimal(-80), START_MS, TOLERANCE).day_loss == 80

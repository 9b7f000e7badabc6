"""What is counted within a window: sizes filled and orders sent."""

from decimal import Decimal

import pytest

from bot.core.orders import Side
from bot.core.risk.settings import MarketLimits
from bot.core.risk.windows import FillProtection, OrderRate
from tests.unit.core.risk.scene import fill

LIMITS = MarketLimits(
    protect_window_ms=1_000, protect_quantity=Decimal("0.05"), protect_delta=Decimal("0.03"), protect_freeze_ms=5_000
)


def test_f138_a_sweep_of_all_our_bids_within_50_ms_freezes_the_market() -> None:
    protection = FillProtection("BTC-USD")
    for level in range(3):
        protection.filled(fill(Side.BUY, "0.01", trade_id=level), 25 * level, LIMITS)

    reason = protection.reason(50)

    assert reason is not None
    assert reason.text == "0.03 net was filled within 1000 ms, limit 0.03; resumes in 5 s"
    assert protection.reason(5_049) is not None
    assert protection.reason(5_050) is None


@pytest.mark.parametrize(
    ("fills", "frozen"),
    [
        ([("BUY", "0.029")], False),
        ([("BUY", "0.02"), ("SELL", "0.02")], False),
        ([("BUY", "0.025"), ("SELL", "0.025")], True),
        ([("SELL", "0.03")], True),
        ([("BUY", "0.05"), ("SELL", "0.05")], True),
    ],
)
def test_quantity_and_delta_have_limits_of_their_own(fills: list[tuple[str, str]], *, frozen: bool) -> None:
    protection = FillProtection("BTC-USD")
    for number, (side, size) in enumerate(fills):
        protection.filled(fill(Side(side), size, trade_id=number), number, LIMITS)

    assert (protection.reason(10) is not None) is frozen


def test_fills_of_before_the_window_are_forgotten() -> None:
    protection = FillProtection("BTC-USD")
    for second in range(60):
        protection.filled(fill(Side.BUY, "0.02", trade_id=second), 1_001 * second, LIMITS)

    assert protection.reason(60_060) is None


def test_without_limits_nothing_freezes() -> None:
    protection = FillProtection("BTC-USD")
    protection.filled(fill(Side.BUY, "1000"), 0, MarketLimits())

    assert protection.reason(0) is None


def test_one_freeze_is_told_once() -> None:
    protection = FillProtection("BTC-USD")
    for level in range(6):
        protection.filled(fill(Side.BUY, "0.03", trade_id=level), 10 * level, LIMITS)

    assert [note.event for note in protection.notes] == ["fill_protection"]


def test_an_order_beyond_the_cap_waits_until_the_oldest_is_a_minute_old() -> None:
    rate = OrderRate()
    for second in range(10):
        rate.sent(1_000 * second)

    refusal = rate.refusal(10, 15_000, reduces=False, whose="for BTC-USD")

    assert refusal is not None
    assert refusal.text == "10 orders left for BTC-USD within a minute, limit 10; the next may leave in 45 s"
    assert rate.refusal(10, 60_000, reduces=False, whose="") is None


def test_an_order_that_reduces_has_room_beyond_the_cap_and_a_loop_ends_all_the_same() -> None:
    rate = OrderRate()
    for _ in range(19):
        rate.sent(0)
    assert rate.refusal(10, 1, reduces=True, whose="") is None

    rate.sent(1)

    assert rate.refusal(10, 1, reduces=True, whose="") is not None


def test_without_a_cap_nothing_is_refused() -> None:
    rate = OrderRate()
    for _ in range(10_000):
        rate.sent(0)

    assert rate.refusal(None, 0, reduces=False, whose="") is None

"""Stepping back from the touch after rejections, and never in a loop."""

from decimal import Decimal

import pytest

from bot.core.orders import Side
from bot.core.risk.post_only import SafetyTicks


def ticks(safety: SafetyTicks, now_ms: int = 0, *, latency_ms: float | None = None, sigma_bps: float | None = None) -> int:
    return safety.ticks(now_ms, latency_ms=latency_ms, sigma_bps=sigma_bps, price=Decimal(100_000), tick_size=Decimal(1))


def test_one_tick_is_the_least() -> None:
    assert ticks(SafetyTicks(Side.BUY)) == 1


@pytest.mark.parametrize(
    ("latency_ms", "sigma_bps", "expected"),
    [
        (100.0, 1.2, 4),  # 1.2 bps · sqrt(0.1 s) = 0.379 bps of 100 000 = 3.79 ticks
        (400.0, 1.2, 8),
        (2_000.0, 1.2, 17),
        (0.0, 1.2, 1),
        (100.0, 0.0, 1),
        (None, 1.2, 1),
        (100.0, None, 1),
        (float("inf"), 1.2, 1),
        (100.0, float("nan"), 1),
        (1e12, 1e6, 1_000),
    ],
)
def test_the_distance_grows_with_latency_and_volatility(latency_ms: float | None, sigma_bps: float | None, expected: int) -> None:
    assert ticks(SafetyTicks(Side.BUY), latency_ms=latency_ms, sigma_bps=sigma_bps) == expected


def test_f009_rejections_step_back_further_each_time_up_to_a_ceiling() -> None:
    safety = SafetyTicks(Side.BUY)
    seen = []
    for _ in range(9):
        safety.rejected(0)
        seen.append(ticks(safety))

    assert seen == [1, 2, 4, 8, 16, 32, 64, 64, 64]


def test_f009_the_pause_doubles_with_each_rejection_in_a_row() -> None:
    safety = SafetyTicks(Side.SELL)
    pauses = []
    for each in range(8):
        safety.rejected(each * 1_000_000)
        pauses.append(next(ms for ms in range(0, 70_000, 1_000) if safety.reason(each * 1_000_000 + ms) is None))

    assert pauses == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]


def test_f009_a_market_that_refuses_everything_gets_few_orders_in_ten_minutes() -> None:
    safety, sent = SafetyTicks(Side.BUY), 0
    for now_ms in range(0, 600_000, 50):
        if safety.reason(now_ms) is None:
            safety.rejected(now_ms)
            sent += 1

    assert sent <= 16


def test_orders_that_rest_melt_the_margin_and_end_the_streak() -> None:
    safety = SafetyTicks(Side.BUY)
    for _ in range(5):
        safety.rejected(0)
    seen = []
    for _ in range(15):
        safety.rested(10)
        seen.append(ticks(safety, 10))

    assert seen == [16, 16, 8, 8, 8, 4, 4, 4, 2, 2, 2, 1, 1, 1, 1]
    assert safety.streak == 0
    assert safety.reason(10) is None


def test_time_without_rejections_melts_the_margin_too() -> None:
    safety = SafetyTicks(Side.BUY)
    for _ in range(4):
        safety.rejected(0)

    assert [ticks(safety, minute * 60_000) for minute in range(5)] == [8, 4, 2, 1, 1]


def test_the_reason_names_side_time_and_streak() -> None:
    safety = SafetyTicks(Side.SELL)
    safety.rejected(0)
    safety.rejected(500)

    reason = safety.reason(1_000)

    assert reason is not None
    assert (reason.code, reason.text) == ("cooling_down", "SELL pauses for 1500 ms after 2 refusals in a row")

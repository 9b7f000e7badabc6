"""How fills aged, and the scaling of Sharpe ratios."""

import math

import pytest

from bot.core.markout import Markouts, sharpe_error, sharpe_scaling
from bot.core.orders import Side

MIDS = ["100", "99.95", "100.1", "100.05", "100.1", "100.2", "100.15"]
FILLS = {0: (Side.BUY, "99.9", 2), 2: (Side.SELL, "100.2", 1), 3: (Side.BUY, "100", 3), 5: (Side.SELL, "100.3", 4)}


def test_markouts_after_one_step_of_the_known_run() -> None:
    markouts = Markouts(horizons_ms=(1_000,))
    found = []
    for step, mid in enumerate(MIDS):
        markouts.see(float(mid), 1000 * step)
        if step in FILLS:
            markouts.filled(FILLS[step][0], float(FILLS[step][1]), float(FILLS[step][2]), 1000 * step)
        found = [*found, *markouts.summaries()]

    single = []
    for fills in range(1, 5):
        row = next(row for row in found if row.fills == fills)
        single.append(row.markout_bps)
    sizes = [2, 1, 3, 4]
    expected = [5.0000, 14.9850, 9.9950, 14.9701]
    for count in range(1, 5):
        mean = sum(size * bps for size, bps in zip(sizes[:count], expected, strict=False)) / sum(sizes[:count])
        assert single[count - 1] == pytest.approx(mean, abs=1e-4)


def test_a_mid_that_moves_later_is_not_the_mid_of_the_horizon() -> None:
    markouts = Markouts(horizons_ms=(1_000,))
    markouts.see(100.0, 0)
    markouts.filled(Side.BUY, 99.0, 1.0, 0)
    markouts.see(50.0, 1_001)

    assert markouts.summaries()[0].markout_bps == pytest.approx(100)
    assert markouts.capture_bps == pytest.approx(100)
    assert markouts.summaries()[0].adverse_bps == 0


def test_a_standing_mid_is_judged_when_time_passes() -> None:
    markouts = Markouts()
    markouts.see(100.0, 0)
    markouts.filled(Side.SELL, 101.0, 1.0, 0)
    markouts.settle(999)
    assert markouts.summaries() == ()
    markouts.settle(60_000)

    assert [row.horizon_ms for row in markouts.summaries()] == [1_000, 5_000, 30_000, 60_000]


def test_a_stale_mid_judges_nothing() -> None:
    markouts = Markouts()
    markouts.see(100.0, 0)
    markouts.filled(Side.BUY, 99.0, 1.0, 29_000)
    markouts.settle(40_000)

    assert markouts.unjudged == 1
    assert [row.horizon_ms for row in markouts.summaries()] == [1_000]


def test_the_moving_mean_forgets_half_in_twenty_fills() -> None:
    markouts = Markouts()
    markouts.see(100.0, 0)
    markouts.filled(Side.BUY, 99.0, 1.0, 0)
    markouts.settle(5_000)
    assert markouts.recent_markout(5_000) == pytest.approx((100, 1))
    for _ in range(20):
        markouts.filled(Side.BUY, 100.0, 1.0, 5_000)
    markouts.settle(10_000)
    bps, fills = markouts.recent_markout(10_000)

    assert bps * fills == pytest.approx(50 * 2 ** (-5 / 60)), "five seconds have passed, too"


def test_what_markouts_say_is_worth_half_after_a_minute_without_fills() -> None:
    markouts = Markouts()
    assert markouts.recent_markout(0) == (0.0, 0.0)
    markouts.see(100.0, 0)
    markouts.filled(Side.BUY, 101.0, 1.0, 0)
    markouts.settle(5_000)

    assert markouts.recent_markout(65_000) == pytest.approx((-100, 0.5))
    assert markouts.recent_markout(125_000) == pytest.approx((-100, 0.25))
    assert markouts.recent_markout(4_000) == pytest.approx((-100, 1)), "a clock that steps back makes nothing weigh more"


def test_adverse_moves_are_counted_as_such() -> None:
    markouts = Markouts()
    markouts.see(100.0, 0)
    markouts.filled(Side.BUY, 99.95, 1.0, 0)
    markouts.see(99.9, 4_000)
    markouts.settle(5_000)

    assert markouts.recent_adverse == pytest.approx((10, 1))
    assert markouts.recent_markout(5_000) == pytest.approx((-5, 1))


def test_adverse_selection_follows_a_hundred_fills_not_the_last_few() -> None:
    markouts = Markouts()
    assert markouts.recent_adverse == (0.0, 0.0)
    markouts.see(100.0, 0)
    for _ in range(1_000):
        markouts.filled(Side.BUY, 100.0, 1.0, 0)
    markouts.see(99.9, 1)
    markouts.settle(5_000)
    bps, fills = markouts.recent_adverse

    assert bps == pytest.approx(10)
    assert fills == pytest.approx(1 / (1 - 2 ** (-1 / 100)), rel=2e-3)


def test_the_error_takes_fills_of_one_minute_together() -> None:
    markouts = Markouts(horizons_ms=(1_000,))
    for minute, mid in enumerate((100.0, 101.0, 100.0)):
        markouts.see(100.0, 60_000 * minute)
        for _ in range(10):
            markouts.filled(Side.BUY, 100.0, 1.0, 60_000 * minute)
        markouts.see(mid, 60_000 * minute + 1_000)
    (row,) = markouts.summaries()

    assert row.fills == 30
    assert row.error_bps == pytest.approx(100 / 3, rel=1e-6)  # three clusters: 0, 100 and 0 bps


@pytest.mark.parametrize(("price", "size"), [(math.nan, 1.0), (99.0, 0.0), (0.0, 1.0), (99.0, math.inf)])
def test_a_fill_without_numbers_is_left_out(price: float, size: float) -> None:
    markouts = Markouts()
    markouts.filled(Side.BUY, 99.0, 1.0, 0)  # no mid yet
    markouts.see(100.0, 0)
    markouts.see(math.nan, 1)
    markouts.filled(Side.BUY, price, size, 0)
    markouts.settle(10_000)

    assert markouts.summaries() == ()


def test_the_scaling_of_a_sharpe_ratio() -> None:
    assert sharpe_scaling(12, [0.4]) == pytest.approx(2.63117, abs=5e-6)
    assert sharpe_scaling(12, []) == pytest.approx(math.sqrt(12))
    assert sharpe_error(1.0, 150) == pytest.approx(0.1)


def test_autocorrelations_that_no_series_has_are_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        sharpe_scaling(12, [-1.0])

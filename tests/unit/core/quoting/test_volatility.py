"""Volatility from irregular samples, its two speeds, and its cross-checks."""

import math
import random
from itertools import pairwise

import pytest

from bot.core.quoting.volatility import (
    IrregularEwma,
    VolatilityPair,
    bipower_variance,
    realised_variance,
    two_scale_variance,
)


def test_the_path_of_an_irregular_mean() -> None:
    ewma, path = IrregularEwma(30), []
    for seconds, change in ((1, 0.5), (2, -1), (0.5, 0.2), (10, 3), (1, -0.1)):
        ewma.update(change, seconds)
        path.append(ewma.sigma)

    assert path == pytest.approx([0.5, 0.5111649, 0.5091241, 0.6256217, 0.6186204], abs=1e-6)


def noisy_prices() -> list[float]:
    """Return an hour of prices every 0.1 s: volatility 1, each observation off by 0.5."""
    random_ = random.Random(4)
    price, seen = 0.0, []
    for _ in range(36_001):
        seen.append(price + random_.gauss(0, 0.5))
        price += random_.gauss(0, math.sqrt(0.1))
    return seen


def test_noise_is_told_from_movement() -> None:
    prices, seconds = noisy_prices(), 3600.0

    assert math.sqrt(realised_variance(prices) / seconds) == pytest.approx(2.449, abs=0.03)
    assert math.sqrt(realised_variance(prices, 30) / seconds) == pytest.approx(1.080, abs=0.06)
    assert math.sqrt(two_scale_variance(prices, 30) / seconds) == pytest.approx(1.0, abs=0.05)


def test_the_mean_sees_movement_and_noise_of_its_own_sampling_step() -> None:
    ewma = IrregularEwma(600)
    for before, after in pairwise(noisy_prices()[::10]):
        ewma.update(after - before, 1.0)

    assert ewma.sigma == pytest.approx(math.sqrt(1 + 2 * 0.25 / 1), abs=0.05)


def test_a_jump_hardly_moves_the_variance_without_jumps() -> None:
    random_, price, prices = random.Random(5), 0.0, []
    for step in range(5_000):
        price += random_.gauss(0, 1) + (100 if step == 2_500 else 0)
        prices.append(price)

    assert bipower_variance(prices) == pytest.approx(5_000, rel=0.1)
    assert realised_variance(prices) > 14_000


def test_degenerate_series_have_no_variance() -> None:
    for prices in ([], [1.0], [1.0] * 50):
        assert realised_variance(prices) == 0
        assert two_scale_variance(prices, 10) == 0
        assert bipower_variance(prices) == 0


def walk(
    pair: VolatilityPair, *, seconds: int, sigma_bps: float, start_ms: int = 0, price: float = 100.0, seed: int = 1
) -> float:
    random_ = random.Random(seed)
    for second in range(seconds):
        price *= math.exp(random_.gauss(0, sigma_bps / 1e4))
        pair.see(price, start_ms + 1000 * second)
    return price


def test_both_speeds_find_the_volatility() -> None:
    pair = VolatilityPair()
    walk(pair, seconds=3_600, sigma_bps=1.5)
    found = pair.read()

    assert found is not None
    assert found.slow == pytest.approx(1.5, rel=0.1)
    assert found.used == max(found.fast, found.slow)


def test_the_fast_one_answers_a_burst_and_decides() -> None:
    pair = VolatilityPair()
    price = walk(pair, seconds=1_200, sigma_bps=1.0)
    walk(pair, seconds=30, sigma_bps=3.0, start_ms=1_200_000, price=price, seed=2)
    found = pair.read()

    assert found is not None
    assert found.fast > 1.8 * found.slow
    assert (found.used, found.decided_by) == (found.fast, "fast")


def test_a_standing_price_falls_to_the_floor_and_not_to_nothing() -> None:
    pair = VolatilityPair(5, 120)
    price = walk(pair, seconds=1_200, sigma_bps=1.0)
    for second in range(780):
        pair.see(price, 1_200_000 + 1000 * second)
    found = pair.read()

    assert found is not None
    assert found.decided_by == "floor"
    assert found.used > found.slow > 0


def test_a_wild_burst_is_capped_by_what_is_usual() -> None:
    pair = VolatilityPair()
    price = walk(pair, seconds=1_200, sigma_bps=1.0)
    walk(pair, seconds=15, sigma_bps=50.0, start_ms=1_200_000, price=price, seed=2)
    found = pair.read()

    assert found is not None
    assert found.decided_by == "cap"
    assert found.used < found.fast


def test_prices_that_stand_still_from_the_start_have_volatility_zero() -> None:
    pair = VolatilityPair()
    for second in range(100):
        pair.see(100.0, 1000 * second)
    found = pair.read()

    assert found is not None
    assert found.used == 0.0


def test_faster_looks_than_a_second_are_left_out() -> None:
    pair = VolatilityPair()
    pair.see(100.0, 0)
    pair.see(101.0, 999)

    assert pair.read() is None


def test_a_long_hole_starts_afresh() -> None:
    pair = VolatilityPair()
    pair.see(100.0, 0)
    pair.see(200.0, 3_600_000)

    assert pair.read() is None


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_price_is_left_out(price: float) -> None:
    pair = VolatilityPair()
    pair.see(100.0, 0)
    pair.see(price, 1_000)
    pair.see(100.0, 6_000)
    found = pair.read()

    assert found is not None
    assert found.used == 0.0


def test_the_cross_check_agrees_on_a_clean_price() -> None:
    pair = VolatilityPair()
    assert pair.cross_check() is None
    walk(pair, seconds=600, sigma_bps=1.5)
    checked = pair.cross_check()

    assert checked is not None
    assert checked == pytest.approx((1.5, 1.5), rel=0.25)

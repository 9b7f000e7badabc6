"""Fill intensity from public trades and from our own exposure."""

import math
import random

import pytest

from bot.core.orders import Side
from bot.core.quoting.exposure_fit import ExposureMeter, fit_exposure
from bot.core.quoting.intensity import (
    AggressiveOrder,
    Intensity,
    IntensityEstimator,
    PrintGrouper,
    Prior,
    fit_likelihood,
    fit_weighted,
)

RATE, DECAY, SECONDS = 3.0, 0.5, 600.0
GRID = [0.5 * step for step in range(1, 17)]


def poisson(random_: random.Random, mean: float) -> int:
    return round(max(0.0, random_.gauss(mean, math.sqrt(mean)))) if mean > 50 else _small_poisson(random_, mean)


def _small_poisson(random_: random.Random, mean: float) -> int:
    count, product = 0, random_.random()
    while product > math.exp(-mean):
        count, product = count + 1, product * random_.random()
    return count


def depths(random_: random.Random) -> list[float]:
    return [random_.expovariate(DECAY) for _ in range(poisson(random_, RATE * SECONDS))]


def moments(values: list[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1)) / mean


def test_both_fits_find_rate_and_decay_without_bias() -> None:
    random_ = random.Random(5)
    likely, weighted = [], []
    for _ in range(400):
        seen = depths(random_)
        likely.append(fit_likelihood(seen, SECONDS, GRID[0]))
        weighted.append(fit_weighted(seen, SECONDS, GRID))

    for fits in (likely, weighted):
        rate, rate_spread = moments([fit[0] for fit in fits if fit is not None])
        decay, decay_spread = moments([fit[1] for fit in fits if fit is not None])
        assert len([fit for fit in fits if fit is not None]) == 400
        assert rate == pytest.approx(RATE, rel=0.015)
        assert decay == pytest.approx(DECAY, rel=0.015)
        assert rate_spread <= 0.04
        assert decay_spread <= 0.04
    decay, decay_spread = moments([fit[1] for fit in likely if fit is not None])
    assert decay_spread == pytest.approx(1 / math.sqrt(RATE * SECONDS * math.exp(-DECAY * GRID[0])), rel=0.15)


def test_a_prior_speaks_alone_when_nothing_was_seen() -> None:
    fit = fit_likelihood([], 0.0, 0.5, Prior(rate=0.33, decay=0.85, orders=50))

    assert fit == pytest.approx((0.33, 0.85))


def test_a_prior_about_distant_quotes_does_not_drown_what_is_seen() -> None:
    watched = IntensityEstimator(prior_rate=0.33, prior_decay=0.85, prior_orders=50, window_s=900, from_bps=10)
    watched.see([], 0)
    for second in range(0, 900, 5):
        watched.see([AggressiveOrder(1000 * second, 12.0)], 1000 * second)
    found = watched.read(900_000)

    assert found.at(10.0) == pytest.approx(180 / 900 / 2, rel=0.6)


def test_a_prior_is_outvoted_by_many_orders() -> None:
    fit = fit_likelihood(depths(random.Random(6)), SECONDS, 0.0, Prior(rate=0.33, decay=0.85, orders=50))

    assert fit is not None
    assert fit[1] == pytest.approx(DECAY, rel=0.08)


@pytest.mark.parametrize(("seen", "seconds"), [([], 0.0), ([], 600.0), ([0.2, 0.3], 600.0)])
def test_nothing_beyond_the_start_and_no_prior_gives_no_fit(seen: list[float], seconds: float) -> None:
    assert fit_likelihood(seen, seconds, 0.5) is None
    assert fit_weighted(seen, seconds, GRID) is None


def test_prints_of_one_moment_and_side_are_one_order() -> None:
    prints = PrintGrouper()
    for trade_id, side, price, exchange_ms in (
        (1, Side.BUY, 100.01, 10),
        (2, Side.BUY, 100.03, 10),
        (3, Side.SELL, 99.99, 10),
        (4, Side.SELL, 99.98, 11),
    ):
        prints.see(trade_id, side, price=price, mid=100.0, exchange_ms=exchange_ms, received_ms=1000)

    found = prints.take(3_000, set())

    assert [order.depth_bps for order in found] == pytest.approx([3, 1, 2])
    assert prints.take(9_000, set()) == []


def test_an_order_is_judged_only_after_our_own_fills_may_be_known() -> None:
    prints = PrintGrouper()
    prints.see(1, Side.BUY, price=100.01, mid=100.0, exchange_ms=10, received_ms=1000)

    assert prints.take(2_999, set()) == []
    assert len(prints.take(3_000, set())) == 1


def test_an_order_that_met_only_us_is_left_out() -> None:
    prints = PrintGrouper()
    prints.see(1, Side.BUY, price=100.01, mid=100.0, exchange_ms=10, received_ms=0)
    prints.see(2, Side.BUY, price=100.05, mid=100.0, exchange_ms=11, received_ms=0)
    prints.see(3, Side.BUY, price=100.06, mid=100.0, exchange_ms=11, received_ms=0)

    assert [order.depth_bps for order in prints.take(5_000, {1, 2})] == pytest.approx([6])


def test_a_print_inside_the_mid_has_no_negative_depth() -> None:
    prints = PrintGrouper()
    prints.see(1, Side.BUY, price=99.0, mid=100.0, exchange_ms=1, received_ms=0)
    prints.see(2, Side.BUY, price=99.0, mid=0.0, exchange_ms=2, received_ms=0)

    assert [order.depth_bps for order in prints.take(5_000, set())] == [0.0]


def estimator() -> IntensityEstimator:
    return IntensityEstimator(prior_rate=0.33, prior_decay=0.85, prior_orders=50, window_s=900, from_bps=0)


def test_the_estimate_over_a_window_counts_each_side_by_itself() -> None:
    watched, random_ = estimator(), random.Random(7)
    watched.see([], 0)
    for second in range(900):
        orders = [AggressiveOrder(1000 * second, random_.expovariate(0.5)) for _ in range(poisson(random_, 6.0))]
        watched.see(orders, 1000 * second)
    found = watched.read(900_000)

    assert found.source == "trades"
    assert found.fills_per_s == pytest.approx(3.0, rel=0.1)
    assert found.decay_per_bps == pytest.approx(0.5, rel=0.05)
    assert found.at(2.0) == pytest.approx(3.0 * math.exp(-1.0), rel=0.1)


def test_an_empty_window_keeps_the_last_estimate_and_lets_it_fade() -> None:
    watched = estimator()
    assert watched.read(0) == Intensity(fills_per_s=0.33, decay_per_bps=0.85, orders=0, source="prior")
    watched.see([AggressiveOrder(1_000, 0.1)] * 1_000, 1_000)
    busy = watched.read(60_000)
    watched.see([], 2_000_000)
    soon, late = watched.read(2_000_000), watched.read(90_000_000)

    assert busy.decay_per_bps > soon.decay_per_bps > 0.85
    assert late.source == "prior"
    assert late.decay_per_bps == pytest.approx(0.85, rel=1e-6)


def test_an_absurd_burst_stays_within_bounds() -> None:
    watched = IntensityEstimator(prior_rate=100, prior_decay=20, prior_orders=20, window_s=900, from_bps=50)
    watched.see([AggressiveOrder(0, 50 + 1e-12)] * 5_000, 1)
    found = watched.read(2)

    assert math.isfinite(found.fills_per_s)
    assert found.decay_per_bps == 50.0


def test_regression_on_exposure_finds_rate_and_decay() -> None:
    random_ = random.Random(8)
    distances = [0.25 + 0.5 * bucket for bucket in range(12)]
    exposures = [600.0 + 100 * bucket for bucket in range(12)]
    rates, decays = [], []
    for _ in range(100):
        fills = [
            float(poisson(random_, seconds * 0.5 * math.exp(-0.6 * distance)))
            for distance, seconds in zip(distances, exposures, strict=True)
        ]
        fit = fit_exposure(distances, exposures, fills)
        assert fit is not None
        rates.append(fit[0])
        decays.append(fit[1])

    assert moments(rates)[0] == pytest.approx(0.5, rel=0.02)
    assert moments(decays)[0] == pytest.approx(0.6, rel=0.02)


@pytest.mark.parametrize(
    ("exposures", "fills"), [([10.0, 10.0], [0.0, 0.0]), ([10.0, 10.0], [5.0, 0.0]), ([0.0, 0.0], [1.0, 2.0])]
)
def test_exposure_that_tells_nothing_apart_gives_no_fit(exposures: list[float], fills: list[float]) -> None:
    assert fit_exposure([0.5, 1.0], exposures, fills) is None


def test_our_own_fills_replace_the_trades_once_there_are_enough() -> None:
    meter, prior = ExposureMeter(), Intensity(fills_per_s=0.33, decay_per_bps=0.85, orders=0, source="prior")
    random_ = random.Random(9)
    for second in range(12_000):
        resting = {f"{level}": 0.7 + level for level in range(4)}
        meter.look(resting, 1000 * second)
        for level in range(4):
            if random_.random() < 0.05 * math.exp(-0.4 * (0.75 + level)):
                meter.filled(f"{level}")
        if meter.fills < 200:
            assert meter.read(prior, 1000 * second) is None
    found = meter.read(prior, 20_000_000)

    assert found is not None
    assert found.source == "own fills"
    assert found.decay_per_bps == pytest.approx(0.4, rel=0.25)
    assert found.fills_per_s == pytest.approx(0.05, rel=0.25)


def test_time_between_distant_looks_and_fills_of_strangers_do_not_count() -> None:
    meter = ExposureMeter()
    meter.look({"a": 1.0}, 0)
    meter.look({"a": 1.0}, 3_600_000)
    meter.filled("b")

    assert meter.fills == 0
    meter.filled("a")
    assert meter.fills == 1

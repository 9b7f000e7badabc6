"""Informed flow, and what funding makes worth holding."""

import math

import pytest

from bot.core.quoting.carry import funding_drift, still_held, target_inventory
from bot.core.quoting.toxicity import Vpin, markout_widening, vpin_widening, zero_profit_quotes


def test_trades_are_split_over_buckets_of_equal_volume() -> None:
    vpin = Vpin(10, buckets=5)
    for trade in (6, -3, 4, 10, -9, 2, -16):
        vpin.see(trade)

    assert vpin.buckets == ((7, 3), (10, 0), (3, 7), (2, 8), (0, 10))


def test_vpin_of_the_known_trades() -> None:
    vpin = Vpin(10, buckets=3)
    assert vpin.value is None
    for trade in (6, -3, 4, 10, -9, 2, -16):
        vpin.see(trade)

    assert vpin.value == pytest.approx(0.6667, abs=5e-5)


def test_a_giant_trade_fills_every_bucket_and_ends() -> None:
    vpin = Vpin(1, buckets=50)
    vpin.see(1e15)

    assert vpin.value == 1.0


def test_a_bucket_needs_a_volume() -> None:
    with pytest.raises(ValueError, match="positive"):
        Vpin(0)


def test_the_spread_that_earns_nothing_against_the_informed() -> None:
    bid, ask = zero_profit_quotes(95, 105, 0.5, 0.3)

    assert (bid, ask) == pytest.approx((98.5, 101.5), abs=1e-12)
    assert (ask - 95) / 10 == pytest.approx(0.65)  # the chance of the high value after a buy
    assert (ask - bid) / 2 == pytest.approx(0.3 * 10 / 2)


def test_without_informed_takers_no_spread_is_needed_and_with_only_such_all_of_it() -> None:
    assert zero_profit_quotes(95, 105, 0.5, 0.0) == (100, 100)
    assert zero_profit_quotes(95, 105, 0.5, 1.0) == (95, 105)
    assert zero_profit_quotes(95, 105, 0.0, 1.0) == (95, 95)


@pytest.mark.parametrize(
    ("markout", "half", "cap", "factor"),
    [(None, 5, 3, 1), (2.0, 5, 3, 1), (-2.5, 5, 3, 1.5), (-50, 5, 3, 3), (-50, 5, 1, 1), (-1, 0, 3, 1)],
)
def test_fills_that_aged_badly_widen(markout: float | None, half: float, cap: float, factor: float) -> None:
    assert markout_widening(markout, half, cap) == pytest.approx(factor)


def test_one_sided_volume_widens_only_above_a_half() -> None:
    assert vpin_widening(None, 2) == 1
    assert vpin_widening(0.5, 2) == 1
    assert vpin_widening(0.75, 2) == 2
    assert vpin_widening(1.0, 0) == 1


def test_funding_is_a_drift_with_a_target() -> None:
    drift = funding_drift(1e-4, 100)

    assert drift == pytest.approx(-2.7778e-6, rel=1e-4)
    assert target_inventory(drift, 0.05 * 0.012**2, 10) == pytest.approx(-0.3858, abs=5e-5)
    assert target_inventory(drift, 0.05 * 0.012**2, 0.2) == -0.2


def test_without_risk_the_sign_of_the_drift_decides() -> None:
    assert target_inventory(-1e-6, 0.0, 3) == -3
    assert target_inventory(0.0, 0.0, 3) == 0
    assert target_inventory(1.0, 1.0, 0) == 0


def test_a_payment_far_away_counts_less() -> None:
    assert still_held(0, 600) == 1
    assert still_held(600, 600) == pytest.approx(math.exp(-1))
    assert still_held(600, 0) == 0

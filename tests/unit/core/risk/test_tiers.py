"""How a cause moves between the four tiers."""

from decimal import Decimal

import pytest

from bot.core.risk.tiers import Cause, Steps, Tier

STEPS = Steps(yellow=Decimal(50), orange=Decimal(75), red=Decimal(100))
CALM_MS = 30_000


@pytest.mark.parametrize(
    ("value", "tier"),
    [
        (0, Tier.GREEN),
        ("49.99", Tier.GREEN),
        (50, Tier.YELLOW),
        ("74.99", Tier.YELLOW),
        (75, Tier.ORANGE),
        ("99.99", Tier.ORANGE),
        (100, Tier.RED),
        (1_000_000, Tier.RED),
    ],
)
def test_a_tier_begins_exactly_at_its_step(value: object, tier: Tier) -> None:
    assert Cause().see(Decimal(str(value)), STEPS, 0, CALM_MS) is tier


def test_a_cause_rises_over_several_tiers_at_once() -> None:
    cause = Cause()
    assert cause.see(Decimal(10), STEPS, 0, CALM_MS) is Tier.GREEN

    assert cause.see(Decimal(80), STEPS, 1, CALM_MS) is Tier.ORANGE


def test_a_cause_falls_one_tier_at_a_time_and_only_after_calm() -> None:
    cause = Cause()
    cause.see(Decimal(80), STEPS, 0, CALM_MS)

    seen = [cause.see(Decimal(0), STEPS, now_ms, CALM_MS) for now_ms in (1, 30_000, 30_001, 60_000, 60_001)]

    assert seen == [Tier.ORANGE, Tier.ORANGE, Tier.YELLOW, Tier.YELLOW, Tier.GREEN]


def test_a_number_just_below_its_step_is_not_calm() -> None:
    cause = Cause()
    cause.see(Decimal(75), STEPS, 0, CALM_MS)

    assert cause.see(Decimal("67.5"), STEPS, 100_000, CALM_MS) is Tier.ORANGE  # 67.5 is nine tenths of 75
    assert cause.see(Decimal("67.49"), STEPS, 200_000, CALM_MS) is Tier.ORANGE  # calm begins here
    assert cause.see(Decimal("67.49"), STEPS, 230_000, CALM_MS) is Tier.YELLOW


def test_a_disturbance_begins_the_calm_anew() -> None:
    cause = Cause()
    cause.see(Decimal(80), STEPS, 0, CALM_MS)
    cause.see(Decimal(0), STEPS, 10_000, CALM_MS)
    cause.see(Decimal(70), STEPS, 20_000, CALM_MS)

    assert cause.see(Decimal(0), STEPS, 45_000, CALM_MS) is Tier.ORANGE
    assert cause.see(Decimal(0), STEPS, 75_000, CALM_MS) is Tier.YELLOW


def test_red_is_never_left_by_itself() -> None:
    cause = Cause()
    cause.see(Decimal(100), STEPS, 0, CALM_MS)

    assert all(cause.see(Decimal(0), STEPS, day * 86_400_000, CALM_MS) is Tier.RED for day in range(5))


def test_an_acknowledged_red_counts_as_orange_until_it_is_green_again() -> None:
    cause = Cause()
    cause.see(Decimal(100), STEPS, 0, CALM_MS)
    cause.acknowledge()

    assert cause.see(Decimal(120), STEPS, 1, CALM_MS) is Tier.ORANGE
    for now_ms in (2, 30_002, 60_002):
        cause.see(Decimal(0), STEPS, now_ms, CALM_MS)
    assert cause.tier is Tier.GREEN
    assert cause.see(Decimal(100), STEPS, 60_003, CALM_MS) is Tier.RED


def test_acknowledging_what_is_not_red_changes_nothing() -> None:
    cause = Cause()
    cause.see(Decimal(60), STEPS, 0, CALM_MS)
    cause.acknowledge()

    assert cause.see(Decimal(100), STEPS, 1, CALM_MS) is Tier.RED

"""How present our quotes were, by time."""

from decimal import Decimal

import pytest

from bot.core.orders import Side
from bot.core.presence import (
    DAY_MS,
    Presence,
    Resting,
    Shown,
    Uptime,
    rebate_of_day,
    rebate_standing,
    size_within,
    standing_told,
)

START_MS = 1_790_000_000_000
DAY = START_MS // DAY_MS
MARK = Decimal(10_000)


def shown(*ours: tuple[Side, object, object], bid: object = 9_999, ask: object = 10_001, mark: Decimal | None = MARK) -> Shown:
    resting = tuple(Resting(side, Decimal(str(price)), Decimal(str(size))) for side, price, size in ours)
    return Shown(ours=resting, mark=mark, best_bid=Decimal(str(bid)), best_ask=Decimal(str(ask)))


PAIR = ((Side.BUY, 9_999, 2), (Side.SELL, 10_001, 2))


ANY_SIZE = Uptime()


def ledger(*states: tuple[Shown, int], uptime: Uptime = ANY_SIZE) -> Presence:
    """Return a ledger in which each state lasted so many milliseconds."""
    presence, now_ms = Presence(uptime), START_MS
    for state, lasted_ms in states:
        presence.see(state, now_ms)
        now_ms += lasted_ms
    presence.see(shown(), now_ms)
    return presence


def test_uptime_is_the_share_of_time_with_both_sides_near_enough() -> None:
    day = ledger((shown(*PAIR), 3_000), (shown(PAIR[0]), 1_000)).days[DAY]

    assert (day.watched_ms, day.up_ms, day.uptime) == (4_000, 3_000, 0.75)
    assert (day.quoted(Side.BUY), day.quoted(Side.SELL)) == (1.0, 0.75)


@pytest.mark.parametrize(
    ("bid", "ask", "size", "is_up"),
    [
        ("9990", "10010", 1, True),
        ("9989.99", "10010", 1, False),
        ("9990", "10010.01", 1, False),
        ("9990", "10010", "0.99", False),
    ],
)
def test_up_means_within_the_distance_and_of_the_size(bid: str, ask: str, size: object, *, is_up: bool) -> None:
    state = shown((Side.BUY, bid, 1), (Side.SELL, ask, size))
    day = ledger((state, 1_000), uptime=Uptime(within_bps=Decimal(10), size=Decimal(1))).days[DAY]

    assert day.up_ms == (1_000 if is_up else 0)


def test_the_share_of_time_at_the_best_price_is_by_side() -> None:
    behind = shown((Side.BUY, 9_998, 1), (Side.SELL, 10_001, 1))
    day = ledger((shown(*PAIR), 1_000), (behind, 3_000)).days[DAY]

    assert (day.at_best(Side.BUY), day.at_best(Side.SELL)) == (0.25, 1.0)


def test_the_ledger_weighs_size_by_time_within_each_distance() -> None:
    ladder = shown((Side.BUY, 9_999, 1), (Side.BUY, 9_996, 2), (Side.BUY, 9_900, 4))
    day = ledger((ladder, 1_000), (shown(), 1_000)).days[DAY]

    sizes = {band: day.mean_size(Side.BUY, band) for band in (2, 5, 25, 100)}
    assert sizes == {2: Decimal("0.5"), 5: Decimal("1.5"), 25: Decimal("1.5"), 100: Decimal("3.5")}
    assert day.mean_size(Side.SELL, 100) == 0


def test_the_mean_spread_counts_only_while_both_sides_are_shown() -> None:
    wide = shown((Side.BUY, 9_990, 1), (Side.SELL, 10_010, 1))
    day = ledger((shown(*PAIR), 1_000), (wide, 1_000), (shown(PAIR[0]), 5_000)).days[DAY]

    assert day.mean_spread_bps == pytest.approx(11.0)


def test_time_in_which_nobody_looked_is_told_apart() -> None:
    day = ledger((shown(*PAIR), 5_000), (shown(*PAIR), 5_001)).days[DAY]

    assert (day.watched_ms, day.unwatched_ms, day.uptime) == (5_000, 5_001, 1.0)


def test_without_a_mark_nothing_counts_as_up() -> None:
    day = ledger((shown(*PAIR, mark=None), 1_000)).days[DAY]

    assert (day.up_ms, day.size_ms) == (0, {})
    assert day.at_best(Side.BUY) == 1.0


def test_midnight_splits_a_state() -> None:
    presence = Presence(Uptime())
    midnight_ms = (DAY + 1) * DAY_MS
    presence.see(shown(*PAIR), midnight_ms - 700)
    presence.see(shown(), midnight_ms + 300)

    assert [(day, line.up_ms) for day, line in presence.days.items()] == [(DAY, 700), (DAY + 1, 300)]


def test_a_clock_that_steps_back_counts_nothing_twice() -> None:
    presence = Presence(Uptime())
    for now_ms in (START_MS, START_MS + 1_000, START_MS + 500, START_MS + 1_500):
        presence.see(shown(*PAIR), now_ms)

    assert presence.days[DAY].watched_ms == 1_500


def test_before_the_first_look_nothing_is_known() -> None:
    presence = Presence(Uptime())
    presence.see(shown(*PAIR), START_MS)

    assert presence.days == {}


def test_the_edge_of_a_distance_belongs_to_it() -> None:
    resting = (Resting(Side.BUY, Decimal(9_995), Decimal(1)),)

    assert size_within(resting, Side.BUY, MARK, 5) == 1
    assert size_within(resting, Side.BUY, MARK, Decimal("4.99")) == 0


@pytest.mark.parametrize(
    ("share", "rate", "next_share"),
    [
        ("0", "0", "0.005"),
        ("0.00499", "0", "0.005"),
        ("0.005", "0.00002", "0.01"),
        ("0.01", "0.00004", "0.025"),
        ("0.025", "0.00008", "0.05"),
        ("0.05", "0.00013", None),
    ],
)
def test_a_tier_begins_exactly_at_its_share(share: str, rate: str, next_share: str | None) -> None:
    standing = rebate_standing(Decimal(share) * 1_000_000, Decimal(1_000_000))

    assert standing.rate == Decimal(rate)
    assert standing.next_share == (None if next_share is None else Decimal(next_share))


def test_the_volume_to_the_next_tier_reaches_it_exactly() -> None:
    ours, everybody = Decimal(4_000), Decimal(1_000_000)

    more = rebate_standing(ours, everybody).volume_to_next

    assert more is not None
    assert rebate_standing(ours + more + Decimal("0.000001"), everybody + more + Decimal("0.000001")).rate == Decimal("0.00002")
    assert rebate_standing(ours + more - 1, everybody + more - 1).rate == 0


def test_an_exchange_without_volume_has_no_tier() -> None:
    assert rebate_standing(Decimal(0), Decimal(0)).share == 0


@pytest.mark.parametrize(("volume", "paid"), [("499999", "0"), ("500000", "10"), ("1000000", "20")])
def test_a_days_rebate_below_ten_is_not_paid(volume: str, paid: str) -> None:
    assert rebate_of_day(Decimal(volume), Decimal("0.00002")) == Decimal(paid)


def test_the_distance_to_the_next_tier_is_the_exchanges_own_and_ends_at_the_last() -> None:
    below = standing_told(Decimal("0.004"), Decimal(0), Decimal("0.005"), Decimal("0.00002"))
    above = standing_told(Decimal("0.06"), Decimal("0.00013"), Decimal("0.05"), Decimal("0.00013"))

    assert (below.share_to_next, below.next_rate) == (Decimal("0.001"), Decimal("0.00002"))
    assert (above.rate, above.share_to_next, above.next_share) == (Decimal("0.00013"), None, None)

"""Imbalance, order flow and depth of the book."""

from itertools import pairwise

import pytest

from bot.core.events import Level
from bot.core.numbers import Lots, Ticks
from bot.core.quoting.book_signals import FlowMeter, depth_within, imbalance, order_flow


def level(price: int, size: int) -> Level:
    return Level(Ticks(price), Lots(size))


QUOTES = [
    (level(1000, 5), level(1001, 7)),
    (level(1000, 8), level(1001, 7)),
    (level(1001, 2), level(1002, 9)),
    (level(1001, 2), level(1002, 4)),
    (level(1000, 6), level(1002, 4)),
    (level(1000, 6), level(1001, 3)),
]


def test_order_flow_of_the_known_quotes() -> None:
    flows = [order_flow(before, after) for before, after in pairwise(QUOTES)]

    assert flows == [3, 9, 5, -2, -3]
    assert sum(flows) == 12


def test_a_change_of_size_at_an_unchanged_price_counts() -> None:
    assert order_flow((level(10, 5), level(11, 5)), (level(10, 9), level(11, 5))) == 4
    assert order_flow((level(10, 5), level(11, 5)), (level(10, 5), level(11, 9))) == -4


def test_the_meter_sums_a_window_and_relates_it_to_depth() -> None:
    meter = FlowMeter(window_ms=1_000)
    for number, (bid, ask) in enumerate(QUOTES):
        meter.see(bid, ask, 100 * number)
    reading = meter.read(500)

    assert reading is not None
    assert reading.flow_lots == 12
    assert reading.pressure_ticks == pytest.approx(12 / (2 * reading.depth_lots))
    later = meter.read(1_350)
    assert later is not None
    assert later.flow_lots == -5  # the last two; the first three have left the window


def test_a_missing_side_or_a_crossed_touch_breaks_the_run() -> None:
    meter = FlowMeter()
    meter.see(level(10, 5), level(11, 5), 0)
    meter.see(level(10, 5), None, 1)
    meter.see(level(12, 5), level(13, 5), 2)
    meter.see(level(13, 5), level(13, 5), 3)
    meter.see(level(9, 5), level(13, 5), 4)
    reading = meter.read(5)

    assert reading is not None
    assert reading.flow_lots == 0
    assert FlowMeter().read(0) is None


def test_imbalance_is_the_bids_share_and_nothing_without_sizes() -> None:
    assert imbalance(level(10, 3), level(11, 1)) == 0.75
    assert imbalance(level(10, 0), level(11, 0)) is None
    assert imbalance(None, level(11, 1)) is None


def test_depth_counts_what_stands_near_the_best_price() -> None:
    bids = [level(100, 1), level(99, 2), level(95, 4)]

    assert depth_within(bids, Ticks(100), 1) == 3
    assert depth_within(bids, Ticks(100), 5) == 7
    assert depth_within([], Ticks(100), 5) == 0

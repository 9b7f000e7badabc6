"""What the shape of the book says: imbalance, order-flow imbalance, depth. In lots and ticks, as the book counts."""

from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from bot.core.events import Level
from bot.core.numbers import Ticks

FLOW_WINDOW_MS: Final = 10_000
MOST_FLOWS: Final = 2_000
DEPTH_HALF_LIFE: Final = 200
"""Updates after which an old depth counts half."""


def imbalance(bid: Level | None, ask: Level | None) -> float | None:
    """Return bid size ÷ (bid + ask size) at the touch, 0 to 1; None for a side that is missing or empty sizes."""
    if bid is None or ask is None or bid.size + ask.size <= 0:
        return None
    return bid.size / (bid.size + ask.size)


def order_flow(before: tuple[Level, Level], after: tuple[Level, Level]) -> int:
    """Return the order-flow imbalance of one update of the touch (bid, ask), in lots; positive pushes the price up.

    Not strict on purpose: at an unchanged price both terms of a side count, and their difference is the change of its size
    (Cont, Kukanov, Stoikov 2014, section 2).
    """
    (bid0, ask0), (bid, ask) = before, after
    flow = 0
    if bid.price >= bid0.price:
        flow += bid.size
    if bid.price <= bid0.price:
        flow -= bid0.size
    if ask.price <= ask0.price:
        flow -= ask.size
    if ask.price >= ask0.price:
        flow += ask0.size
    return flow


def depth_within(levels: Sequence[Level], best: Ticks, ticks: int) -> int:
    """Return the lots on one side that stand at most `ticks` behind `best`."""
    return sum(level.size for level in levels if abs(level.price - best) <= ticks)


class FlowReading(msgspec.Struct, frozen=True, kw_only=True):
    """Order flow at the touch over the last seconds."""

    flow_lots: int
    """Sum of the order-flow imbalance; positive pushes the price up."""
    depth_lots: float
    """Mean size of one side of the touch."""
    pressure_ticks: float
    """The move that this flow usually goes with: flow ÷ (2 · depth). Contemporaneous, not a forecast."""


class FlowMeter:
    """Sums order-flow imbalance over a window of time."""

    def __init__(self, window_ms: int = FLOW_WINDOW_MS) -> None:
        self._window_ms = window_ms
        self._last: tuple[Level, Level] | None = None
        self._flows: deque[tuple[int, int]] = deque()
        self._sum = 0
        self._depth: float | None = None

    def see(self, bid: Level | None, ask: Level | None, now_ms: int) -> None:
        """Take the touch after an update; a side that is missing, or a crossed touch, ends the run."""
        if bid is None or ask is None or bid.price >= ask.price:
            self._last = None
            return
        touch = (bid, ask)
        if self._last is not None and self._last != touch:
            flow = order_flow(self._last, touch)
            self._flows.append((now_ms, flow))
            self._sum += flow
            if len(self._flows) > MOST_FLOWS:
                self._sum -= self._flows.popleft()[1]
        self._last = touch
        depth = (bid.size + ask.size) / 2
        weight = 1 - 2 ** (-1 / DEPTH_HALF_LIFE)
        self._depth = depth if self._depth is None else self._depth + weight * (depth - self._depth)

    def read(self, now_ms: int) -> FlowReading | None:
        """Return the flow of the window; None before any touch with size was seen."""
        while self._flows and now_ms - self._flows[0][0] > self._window_ms:
            self._sum -= self._flows.popleft()[1]
        if self._depth is None or self._depth <= 0:
            return None
        return FlowReading(flow_lots=self._sum, depth_lots=self._depth, pressure_ticks=self._sum / (2 * self._depth))

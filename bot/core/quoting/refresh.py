"""When a resting quote is worth moving: a place in the queue is worth something, a stale price costs more."""

import math
from typing import Final

from bot.core.numbers import Ticks
from bot.core.orders import Side

EAGER_SHARE: Final = 0.5
"""A quote that has become too keen is moved at half the distance: it is the one that is picked off."""
OVERSHOOT: Final = 0.5826
"""A barrier looked at only now and then acts as if it stood this many standard deviations further out: -zeta(1/2)/sqrt(2π)."""


def is_out_of_place(side: Side, live: Ticks, wished: Ticks, threshold_ticks: float) -> bool:
    """Say whether a live quote should move to the wished price; `threshold_ticks` below one tick moves it at any difference."""
    too_keen = (live > wished) if side is Side.BUY else (live < wished)
    return abs(live - wished) > threshold_ticks * (EAGER_SHARE if too_keen else 1.0)


def threshold_with_patience(threshold_ticks: float, share_ahead: float | None, patience: float) -> float:
    """Return the threshold for an order with `share_ahead` of its level in front of it: 0 next in line, 1 or None at the end."""
    return threshold_ticks * (1 + patience * (1 - (1.0 if share_ahead is None else min(1.0, max(0.0, share_ahead)))))


def seconds_between_refreshes(threshold: float, sigma: float, check_every_s: float = 0.0) -> float:
    """Return the mean time until a Brownian price has moved by `threshold`: (thr ÷ sigma)², later when looked at now and then.

    `threshold` and `sigma` in the same unit, sigma per square root of a second. Infinite while nothing moves.
    """
    if sigma <= 0:
        return math.inf
    return ((threshold + OVERSHOOT * sigma * math.sqrt(check_every_s)) / sigma) ** 2

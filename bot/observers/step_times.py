"""How long each step of an order takes, in buckets: signing, and the exchange's answer by kind of request."""

from bisect import bisect_left
from collections import deque
from typing import Final

import msgspec

BOUNDS_S: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the buckets, in seconds; what is longer falls into a last one."""
MOST_STEPS: Final = 60
NEWEST: Final = 200
"""How many of the newest times of a step are kept as they were, for quantiles that a bucket is too coarse for."""
PLACING: Final = ("POST /user/order",)
CANCELLING: Final = ("DELETE /user/order", "DELETE /user/order/{id}")


class Times(msgspec.Struct):
    """One step: how many fell into each bucket (the last one has no bound), and the seconds of all together."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0
    newest_s: deque[float] = msgspec.field(default_factory=lambda: deque(maxlen=NEWEST))

    @property
    def cumulative(self) -> list[tuple[str, float]]:
        """Return (upper bound, how many took at most so long), as Prometheus wants it."""
        found, so_far = [], 0
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), self.counts, strict=True):
            so_far += count
            found.append((bound, float(so_far)))
        return found


class StepTimes:
    """Buckets by name of the step; names come from a small fixed set of the program's own."""

    def __init__(self) -> None:
        self.steps: dict[str, Times] = {}

    def saw(self, step: str, seconds: float) -> None:
        """Count one."""
        times = self.steps.get(step)
        if times is None:
            if len(self.steps) >= MOST_STEPS:
                return
            times = self.steps[step] = Times()
        times.counts[bisect_left(BOUNDS_S, seconds)] += 1
        times.total_s += seconds
        times.newest_s.append(seconds)

    def acknowledgements(self) -> dict[str, float]:
        """Return median and 99th percentile of the newest round trips of orders, in ms; what never happened is left out."""
        found: dict[str, float] = {}
        for word, names in (("place", PLACING), ("cancel", CANCELLING)):
            newest = sorted(second for name in names if name in self.steps for second in self.steps[name].newest_s)
            if newest:
                found |= {f"{word}_ms_p50": quantile_ms(newest, 0.5), f"{word}_ms_p99": quantile_ms(newest, 0.99)}
        return found


def quantile_ms(ascending_s: list[float], share: float) -> float:
    """Return the smallest time that at least this share of the times does not exceed, in ms with one decimal.

    Source: the nearest-rank definition; of few times the 99th percentile is the longest.
    """
    rank = max(1, -int(-share * len(ascending_s) // 1))
    return round(ascending_s[rank - 1] * 1000, 1)

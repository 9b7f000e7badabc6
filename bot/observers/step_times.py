"""How long each step of an order takes, in buckets: signing, and the exchange's answer by kind of request."""

from bisect import bisect_left
from typing import Final

import msgspec

BOUNDS_S: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the buckets, in seconds; what is longer falls into a last one."""
MOST_STEPS: Final = 60


class Times(msgspec.Struct):
    """One step: how many fell into each bucket (the last one has no bound), and the seconds of all together."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0

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

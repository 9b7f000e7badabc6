"""How fast a price moves: an exponentially weighted variance rate over irregular times, at two speeds, and its cross-checks."""

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

import msgspec

SAMPLE_GAP_MS: Final = 1_000
"""Shortest time between two samples: faster ones measure the noise of the touch, not the price."""
LONGEST_GAP_MS: Final = 5_000
"""A price that stands still is sampled all the same after this time: no movement is an observation."""
BROKEN_GAP_MS: Final = 60_000
"""After a hole this long the next price starts afresh: nobody knows what happened between."""
MINUTE_MS: Final = 60_000
MINUTES_KEPT: Final = 30
MINUTES_NEEDED: Final = 5
FLOOR_OF_MEDIAN: Final = 0.3
CAP_OF_MEDIAN: Final = 5.0
MIDS_KEPT: Final = 600


class IrregularEwma:
    """Volatility per square root of a second, from changes seen at irregular times.

    With u = r²/dt and w = 1 - 2^(-dt/H), the variance rate moves by w(u - v): an observation counts by the time it covers. H is
    the half-life in seconds.
    """

    def __init__(self, half_life_s: float) -> None:
        self._half_life_s = half_life_s
        self._rate: float | None = None

    def update(self, change: float, seconds: float) -> None:
        """Take one change `change` that happened within `seconds`, which must be positive."""
        rate = change * change / seconds
        if self._rate is None:
            self._rate = rate
        else:
            self._rate += (1 - 2 ** (-seconds / self._half_life_s)) * (rate - self._rate)

    @property
    def sigma(self) -> float | None:
        """Volatility in the unit of the changes per square root of a second; None before the first change."""
        return None if self._rate is None else math.sqrt(self._rate)


class Volatility(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed about the mid's movement, in bps per square root of a second."""

    fast: float
    slow: float
    used: float
    """The larger of the two, within the floor and the cap."""
    decided_by: str
    """"fast", "slow", "floor" or "cap"."""


class VolatilityPair:
    """A fast and a slow estimate on the mid: quote on the larger, floored and capped by the median of the last half hour."""

    def __init__(self, fast_half_life_s: float = 15.0, slow_half_life_s: float = 600.0) -> None:
        self._fast, self._slow = IrregularEwma(fast_half_life_s), IrregularEwma(slow_half_life_s)
        self._mid = 0.0
        self._sampled_ms: int | None = None
        self._minutes: deque[float] = deque(maxlen=MINUTES_KEPT)
        self._minute_ms: int | None = None
        self._mids: deque[float] = deque(maxlen=MIDS_KEPT)

    def see(self, mid: float, now_ms: int) -> None:
        """Take the mid at a moment; anything but a positive number is not a price and is left out."""
        if not (math.isfinite(mid) and mid > 0):
            return
        gap_ms = None if self._sampled_ms is None else now_ms - self._sampled_ms
        if gap_ms is None or gap_ms >= BROKEN_GAP_MS or gap_ms < 0:
            self._mid, self._sampled_ms = mid, now_ms
            self._mids.clear()
            self._mids.append(mid)
            return
        if gap_ms < SAMPLE_GAP_MS or (mid == self._mid and gap_ms < LONGEST_GAP_MS):
            return
        change = math.log(mid / self._mid) * 1e4
        for each in (self._fast, self._slow):
            each.update(change, gap_ms / 1000)
        self._mid, self._sampled_ms = mid, now_ms
        self._mids.append(mid)
        self._keep_minute(now_ms)

    def _keep_minute(self, now_ms: int) -> None:
        raw = self._raw()
        if raw is not None and (self._minute_ms is None or now_ms - self._minute_ms >= MINUTE_MS):
            self._minutes.append(raw)
            self._minute_ms = now_ms

    def _raw(self) -> float | None:
        fast, slow = self._fast.sigma, self._slow.sigma
        return None if fast is None or slow is None else max(fast, slow)

    def read(self) -> Volatility | None:
        """Return the present belief; None before two prices were seen."""
        fast, slow = self._fast.sigma, self._slow.sigma
        if fast is None or slow is None:
            return None
        used, decided_by = max(fast, slow), "fast" if fast > slow else "slow"
        if len(self._minutes) >= MINUTES_NEEDED:
            usual = median(self._minutes)
            low, high = FLOOR_OF_MEDIAN * usual, CAP_OF_MEDIAN * usual
            if used < low:
                used, decided_by = low, "floor"
            elif 0 < high < used:
                used, decided_by = high, "cap"
        return Volatility(fast=fast, slow=slow, used=used, decided_by=decided_by)

    def cross_check(self, subsample: int = 10) -> tuple[float, float] | None:
        """Return (noise-robust, jump-robust) volatility of the last samples, in bps per square root of a sample step.

        None with fewer than three subsamples' worth of prices. A jump-robust value far below the others means that jumps make
        the volatility; a noise-robust one far below means that the touch flickers.
        """
        logs = [math.log(mid) * 1e4 for mid in self._mids]
        steps = len(logs) - 1
        if steps < 3 * subsample:
            return None
        return math.sqrt(two_scale_variance(logs, subsample) / steps), math.sqrt(bipower_variance(logs) / steps)


def realised_variance(prices: Sequence[float], step: int = 1) -> float:
    """Return the sum of squared changes over every `step`-th price, averaged over all starting points."""
    if step < 1 or len(prices) <= step:
        return 0.0
    squares = sum((prices[each + step] - prices[each]) ** 2 for each in range(len(prices) - step))
    return squares / step


def two_scale_variance(prices: Sequence[float], step: int) -> float:
    """Return the variance of the price without the noise of each observation, never negative.

    Subsampled variance minus what the finest one says about the noise (Zhang, Mykland, Ait-Sahalia 2005).
    """
    changes = len(prices) - 1
    if step < 2 or changes < step:
        return realised_variance(prices)
    share = (changes - step + 1) / step / changes
    return max(0.0, (realised_variance(prices, step) - share * realised_variance(prices)) / (1 - share))


def bipower_variance(prices: Sequence[float]) -> float:
    """Return the variance without jumps: π/2 times the sum of products of neighbouring absolute changes.

    Source: Barndorff-Nielsen and Shephard (2004).
    """
    changes = [abs(after - before) for before, after in pairwise(prices)]
    return math.pi / 2 * sum(before * after for before, after in pairwise(changes))

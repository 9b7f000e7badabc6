"""Our market beside the outside one: the usual distance between them, and whether ours follows."""

import math
from collections import deque
from typing import Final

BASIS_HALF_LIFE_S: Final = 300.0
SAMPLE_MS: Final = 1_000
NEEDED_T: Final = 3.0
MOST_WAITING: Final = 16
LATE_MS: Final = 1_000
"""A mid that comes this much later than a second after is not the mid of a second after."""


class Ewma:
    """A moving mean over irregular times; half-life in seconds."""

    def __init__(self, half_life_s: float) -> None:
        self._half_life_s = half_life_s
        self.value: float | None = None
        self._seen_ms = 0

    def see(self, value: float, now_ms: int) -> None:
        if not math.isfinite(value):
            return
        if self.value is None:
            self.value = value
        else:
            self.value += (1 - 2 ** (-max(0, now_ms - self._seen_ms) / 1000 / self._half_life_s)) * (value - self.value)
        self._seen_ms = now_ms


class _Regression:
    """y = b·x without intercept over forgotten-by-half sums."""

    def __init__(self, half_life_samples: float) -> None:
        self._keep = 2 ** (-1 / half_life_samples)
        self._xx = self._xy = self._yy = self._count = 0.0

    def see(self, x: float, y: float) -> None:
        self._xx, self._xy, self._yy, self._count = (
            self._keep * before + now
            for before, now in ((self._xx, x * x), (self._xy, x * y), (self._yy, y * y), (self._count, 1.0))
        )

    def slope(self) -> tuple[float, float]:
        """Return (b, t-statistic); (0, 0) while nothing can be said."""
        if self._xx <= 0 or self._count < 30:
            return 0.0, 0.0
        slope = self._xy / self._xx
        residual = max(0.0, self._yy - slope * self._xy) / max(1.0, self._count - 1)
        if residual == 0:
            return slope, math.copysign(math.inf, slope) if slope else 0.0
        return slope, slope / math.sqrt(residual / self._xx)


class IndexLead:
    """Measures the basis, and how much of (index + basis - mid) the mid makes up within the next second.

    The weight is 0 until its t-statistic passes 3 over half an hour and the last five minutes agree on the sign.
    """

    def __init__(self) -> None:
        self._basis = Ewma(BASIS_HALF_LIFE_S)
        self._long, self._short = _Regression(1_800.0), _Regression(300.0)
        self._waiting: deque[tuple[int, float, float]] = deque(maxlen=MOST_WAITING)
        self._sampled_ms: int | None = None

    def see(self, mid: float, index: float, now_ms: int) -> None:
        """Take both prices of a moment; positive and finite, or they are left out."""
        if not (math.isfinite(mid) and math.isfinite(index) and mid > 0 and index > 0):
            return
        while self._waiting and now_ms - self._waiting[0][0] >= SAMPLE_MS:
            taken_ms, gap, before = self._waiting.popleft()
            if now_ms - taken_ms <= SAMPLE_MS + LATE_MS:
                move = mid / before - 1
                self._long.see(gap, move)
                self._short.see(gap, move)
        if self._sampled_ms is None or now_ms - self._sampled_ms >= SAMPLE_MS:
            self._sampled_ms = now_ms
            if self._basis.value is not None:
                self._waiting.append((now_ms, index * (1 + self._basis.value) / mid - 1, mid))
            self._basis.see(mid / index - 1, now_ms)

    @property
    def basis(self) -> float | None:
        """Return the moving mean of (mid - index) ÷ index."""
        return self._basis.value

    @property
    def weight(self) -> float:
        """Return how far to follow, 0 to 1."""
        slope, t_statistic = self._long.slope()
        recent, _ = self._short.slope()
        return min(1.0, slope) if t_statistic > NEEDED_T and slope > 0 and recent > 0 else 0.0

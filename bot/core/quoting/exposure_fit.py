"""Fill intensity from our own quotes: how long they rested at each distance, and how often they were filled there.

Buckets of distance from the mid; for each the seconds E that a quote of ours rested in it and the number n of fills. Poisson
regression of n on the distance with offset ln E gives A and k of A · exp(-k · d) without any guess about queues: what did not
reach us is not counted. It replaces the estimate from public trades once it stands on enough fills.
"""

import math
from collections.abc import Sequence
from typing import Final

from bot.core.quoting.intensity import DECAY_BOUNDS, RATE_BOUNDS, Intensity

BUCKET_BPS: Final = 0.5
BUCKETS: Final = 80
NEEDED_FILLS: Final = 200
PRIOR_FILLS: Final = 20.0
REFIT_MS: Final = 10_000
MOST_STEPS: Final = 50
CLOSE_ENOUGH: Final = 1e-10
LONGEST_GAP_MS: Final = 5_000
"""Two looks further apart than this say nothing about the time between them."""
FORGET_ABOVE_FILLS: Final = 2_000


def fit_exposure(distances: Sequence[float], exposures_s: Sequence[float], fills: Sequence[float]) -> tuple[float, float] | None:
    """Return (A, k) by Poisson regression with offset ln(exposure); None when the buckets cannot tell both apart.

    Newton's method on the log-likelihood Σ n(a - k·d) - E·exp(a - k·d), concave in (a, k) with A = exp(a).
    """
    rows = [row for row in zip(distances, exposures_s, fills, strict=True) if row[1] > 0]
    total = sum(count for _, _, count in rows)
    if total <= 0 or len({distance for distance, _, count in rows if count > 0}) < 2:
        return None
    log_rate, decay = math.log(total / sum(seconds for _, seconds, _ in rows)), 0.0
    for _ in range(MOST_STEPS):
        step = _newton_step(rows, log_rate, decay)
        if step is None:
            return None
        longest = max(abs(step[0]), abs(step[1]))
        shrink = min(1.0, 2.0 / longest) if longest > 0 else 1.0
        log_rate, decay = log_rate + shrink * step[0], decay + shrink * step[1]
        if longest < CLOSE_ENOUGH:
            break
    return (math.exp(log_rate), decay) if abs(log_rate) < 100 else None


def _newton_step(rows: Sequence[tuple[float, float, float]], log_rate: float, decay: float) -> tuple[float, float] | None:
    gradient_a = gradient_k = weight = weight_d = weight_dd = 0.0
    for distance, seconds, count in rows:
        expected = seconds * math.exp(min(100.0, log_rate - decay * distance))
        gradient_a += count - expected
        gradient_k -= distance * (count - expected)
        weight += expected
        weight_d += distance * expected
        weight_dd += distance * distance * expected
    determinant = weight * weight_dd - weight_d * weight_d
    if not determinant > 1e-12 * max(1e-300, weight * weight_dd):
        return None
    return (
        (weight_dd * gradient_a + weight_d * gradient_k) / determinant,
        (weight_d * gradient_a + weight * gradient_k) / determinant,
    )


class ExposureMeter:
    """Sums exposure and fills by distance."""

    def __init__(self) -> None:
        self._exposure_s = [0.0] * BUCKETS
        self._fills = [0.0] * BUCKETS
        self._resting: dict[str, float] = {}
        self._looked_ms: int | None = None
        self._fit: Intensity | None = None
        self._fitted_ms: int | None = None

    def look(self, distances_bps: dict[str, float], now_ms: int) -> None:
        """Take the distances of our resting orders by order id; the time since the last look belongs to the old ones."""
        if self._looked_ms is not None and 0 < now_ms - self._looked_ms <= LONGEST_GAP_MS:
            seconds = (now_ms - self._looked_ms) / 1000
            for distance in self._resting.values():
                self._exposure_s[_bucket(distance)] += seconds
        self._resting, self._looked_ms = dict(distances_bps), now_ms

    def filled(self, order_id: str) -> None:
        """Count a fill at the distance where the order was last seen resting."""
        distance = self._resting.get(order_id)
        if distance is None:
            return
        self._fills[_bucket(distance)] += 1
        if self.fills > FORGET_ABOVE_FILLS:
            self._exposure_s = [each / 2 for each in self._exposure_s]
            self._fills = [each / 2 for each in self._fills]

    @property
    def fills(self) -> float:
        return sum(self._fills)

    def read(self, prior: Intensity, now_ms: int) -> Intensity | None:
        """Return the estimate, made anew every ten seconds; None below `NEEDED_FILLS` fills.

        It is held near `prior` by `PRIOR_FILLS` imaginary fills.
        """
        if self.fills < NEEDED_FILLS:
            return None
        if self._fitted_ms is None or now_ms - self._fitted_ms >= REFIT_MS:
            self._fit, self._fitted_ms = self._refit(prior), now_ms
        return self._fit

    def _refit(self, prior: Intensity) -> Intensity | None:
        distances = [(bucket + 0.5) * BUCKET_BPS for bucket in range(BUCKETS)]
        used = [bucket for bucket in range(BUCKETS) if self._exposure_s[bucket] > 0]
        expected = sum(self._exposure_s[bucket] * prior.at(distances[bucket]) for bucket in used)
        scale = PRIOR_FILLS / expected if expected > 0 else 0.0
        fit = fit_exposure(
            [distances[bucket] for bucket in used],
            [self._exposure_s[bucket] * (1 + scale) for bucket in used],
            [self._fills[bucket] + self._exposure_s[bucket] * scale * prior.at(distances[bucket]) for bucket in used],
        )
        if fit is None or not (RATE_BOUNDS[0] <= fit[0] <= RATE_BOUNDS[1] and DECAY_BOUNDS[0] <= fit[1] <= DECAY_BOUNDS[1]):
            return None
        return Intensity(fills_per_s=fit[0], decay_per_bps=fit[1], orders=int(self.fills), source="own fills")


def _bucket(distance_bps: float) -> int:
    return min(BUCKETS - 1, max(0, int(distance_bps / BUCKET_BPS)))

"""How our fills aged, and how a Sharpe ratio scales.

A markout is the mid some time after a fill minus its price, for a buy; the other way round for a sell: positive aged well. The
mid at a fill plus h is the last one seen by then. All numbers are opinions; the money is counted exactly elsewhere.
"""

import math
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

import msgspec

from bot.core.orders import Side

HORIZONS_MS: Final = (1_000, 5_000, 30_000, 60_000)
TOXICITY_HORIZON_MS: Final = 5_000
HALF_LIFE_FILLS: Final = 20.0
ADVERSE_HALF_LIFE_FILLS: Final = 100.0
"""Longer than that of the markout: a price that is demanded from every fill must not follow the luck of the last few."""
FADING_HALF_LIFE_S: Final = 60.0
"""What recent markouts say is worth half as much this long after a fill, the time over which its markouts are followed: a maker
who has become too wide to be filled must not stay so for ever."""
MOST_PENDING: Final = 2_000
MINUTES_KEPT: Final = 1_440
MINUTE_MS: Final = 60_000
OLDEST_MID_MS: Final = 30_000
"""A horizon that falls due while the mid is older than this is not judged."""


class MarkoutSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How fills aged over one horizon; size-weighted, in bps of the mid at the fill, before fees."""

    horizon_ms: int
    fills: int
    markout_bps: float
    adverse_bps: float
    """The mid's own move in our favour since the fill; negative is adverse selection."""
    error_bps: float | None
    """Standard error of the markout, fills of one minute taken together; None below two minutes with fills."""


class _Pending(msgspec.Struct):
    sign: int
    price: float
    size: float
    mid: float
    filled_ms: int
    next_horizon: int = 0


class _Sums(msgspec.Struct):
    fills: int = 0
    size: float = 0.0
    markout: float = 0.0
    adverse: float = 0.0
    minutes: OrderedDict[int, list[float]] = msgspec.field(default_factory=OrderedDict)

    def add(self, size: float, markout: float, adverse: float, minute: int) -> None:
        self.fills += 1
        self.size += size
        self.markout += size * markout
        self.adverse += size * adverse
        cluster = self.minutes.setdefault(minute, [0.0, 0.0])
        cluster[0] += size
        cluster[1] += size * markout
        while len(self.minutes) > MINUTES_KEPT:
            self.minutes.popitem(last=False)

    def error(self) -> float | None:
        """Return the standard error of the weighted mean, clustered by minute (ratio estimator)."""
        count, weight = len(self.minutes), sum(size for size, _ in self.minutes.values())
        if count < 2 or weight <= 0:
            return None
        mean = sum(sum_ for _, sum_ in self.minutes.values()) / weight
        squares = sum((sum_ - mean * size) ** 2 for size, sum_ in self.minutes.values())
        return math.sqrt(squares * count / (count - 1)) / weight


class Markouts:
    """Follows the fills of one market until the last horizon has passed."""

    def __init__(self, horizons_ms: Sequence[int] = HORIZONS_MS, half_life_fills: float = HALF_LIFE_FILLS) -> None:
        self._horizons = tuple(sorted(horizons_ms))
        self._keep = 2 ** (-1 / half_life_fills)
        self._pending: deque[_Pending] = deque(maxlen=MOST_PENDING)
        self._sums = {horizon: _Sums() for horizon in self._horizons}
        self._mid: float | None = None
        self._mid_ms = 0
        self.capture_bps: float | None = None
        """Size-weighted distance of fills from the mid at the fill; negative means that we bought above it."""
        self._captured = (0.0, 0.0)
        self._recent = (0.0, 0.0, 0)
        """Weight and weighted sum of the 5 s markouts, as of a time."""
        self._adverse = (0.0, 0.0)
        self.unjudged = 0
        """Horizons that fell due without a fresh mid."""

    def see(self, mid: float, now_ms: int) -> None:
        """Take a new mid. What fell due before it is judged by the old one, which held until now."""
        self.settle(now_ms - 1)
        if math.isfinite(mid) and mid > 0:
            self._mid, self._mid_ms = mid, now_ms
        self.settle(now_ms)

    def filled(self, side: Side, price: float, size: float, now_ms: int) -> None:
        """Take a fill of ours; without a known mid, or with numbers that are none, it cannot be judged."""
        if self._mid is None or not (size > 0 and math.isfinite(size) and price > 0 and math.isfinite(price)):
            return
        capture = side.sign * (self._mid - price) / self._mid * 1e4
        weight, total = self._captured
        self._captured = (weight + size, total + size * capture)
        self.capture_bps = self._captured[1] / self._captured[0]
        self._pending.append(_Pending(side.sign, price, size, self._mid, now_ms))

    def settle(self, now_ms: int) -> None:
        """Judge every horizon that has passed; call it also while the mid stands still."""
        for fill in self._pending:
            while fill.next_horizon < len(self._horizons):
                horizon = self._horizons[fill.next_horizon]
                if fill.filled_ms + horizon > now_ms:
                    break
                fill.next_horizon += 1
                self._judge(fill, horizon)
        while self._pending and self._pending[0].next_horizon >= len(self._horizons):
            self._pending.popleft()

    def _judge(self, fill: _Pending, horizon_ms: int) -> None:
        due_ms = fill.filled_ms + horizon_ms
        if self._mid is None or due_ms - self._mid_ms > max(OLDEST_MID_MS, horizon_ms):
            self.unjudged += 1
            return
        markout = fill.sign * (self._mid - fill.price) / fill.mid * 1e4
        adverse = fill.sign * (self._mid - fill.mid) / fill.mid * 1e4
        self._sums[horizon_ms].add(fill.size, markout, adverse, fill.filled_ms // MINUTE_MS)
        if horizon_ms == TOXICITY_HORIZON_MS:
            weight, total = self._faded(due_ms)
            self._recent = (self._keep * weight + 1, self._keep * total + markout, due_ms)
            keep = 2 ** (-1 / ADVERSE_HALF_LIFE_FILLS)
            self._adverse = (keep * self._adverse[0] + 1, keep * self._adverse[1] - adverse)

    @property
    def recent_adverse(self) -> tuple[float, float]:
        """Return the mean move against us within 5 s of a fill, in bps, and how many fills it is worth; (0, 0) before any."""
        weight, total = self._adverse
        return (total / weight, weight) if weight else (0.0, 0.0)

    def recent_markout(self, now_ms: int) -> tuple[float, float]:
        """Return the mean 5 s markout of our fills in bps, and how many fills it is worth now; (0, 0) before any.

        An older fill counts less: half after 20 more of them, and half again after each minute without any.
        """
        weight, total = self._faded(now_ms)
        return (total / weight, weight) if weight else (0.0, 0.0)

    def _faded(self, now_ms: int) -> tuple[float, float]:
        weight, total, at_ms = self._recent
        left = 2 ** (-max(0, now_ms - at_ms) / 1_000 / FADING_HALF_LIFE_S)
        return weight * left, total * left

    def summaries(self) -> tuple[MarkoutSummary, ...]:
        """Return one row for each horizon at which a fill was judged."""
        return tuple(
            MarkoutSummary(
                horizon_ms=horizon,
                fills=sums.fills,
                markout_bps=sums.markout / sums.size,
                adverse_bps=sums.adverse / sums.size,
                error_bps=sums.error(),
            )
            for horizon, sums in self._sums.items()
            if sums.size > 0
        )


def sharpe_scaling(periods: int, autocorrelations: Sequence[float]) -> float:
    """Return the factor from a Sharpe ratio per period to one per `periods` periods, with return autocorrelation (Lo 2002).

    q ÷ sqrt(q + 2·Σ (q-k)·rho_k) with rho_k given from lag 1; without autocorrelation it is sqrt(q).

    Raises: ValueError when the autocorrelations cannot belong to any series: the variance would not be positive.
    """
    lags = enumerate(autocorrelations[: periods - 1], start=1)
    variance = periods + 2 * sum((periods - lag) * rho for lag, rho in lags)
    if variance <= 0:
        raise ValueError(f"autocorrelations give a variance of {variance:g}; expected a positive one")
    return periods / math.sqrt(variance)


def sharpe_error(sharpe: float, periods: int) -> float:
    """Return the standard error of a Sharpe ratio from `periods` independent returns: sqrt((1 + SR²/2) ÷ T)."""
    return math.sqrt((1 + sharpe * sharpe / 2) / periods)

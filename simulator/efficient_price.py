"""Where the background flow believes the price to be, and what the oracle makes of it.

Efficient price: a random walk in the logarithm plus a transient part that decays (bid-ask bounce of beliefs).
Index: the efficient price seen through a short smoothing and a little noise. Mark: the index plus a slow basis that stays within
one basis point. So neither mark nor index is ever the efficient price itself.
"""

from decimal import Decimal
from math import exp, log, sqrt
from random import Random
from typing import Final

from simulator.regimes import Regime
from simulator.venue import Venue

BPS: Final = 1e-4
INDEX_SMOOTHING_S: Final = 0.5
INDEX_NOISE_BPS: Final = 0.05
BASIS_SD_BPS: Final = 0.4
BASIS_LIMIT_BPS: Final = 1.0
BASIS_HALF_LIFE_S: Final = 120.0
PRICE_GRID: Final = Decimal("1e-9")


class Oracle:
    """Index and mark of a price that is only believed; logarithms and factors, not money."""

    __slots__ = ("_basis_bps", "_log", "_random")

    def __init__(self, log_price: float, random: Random) -> None:
        self._random = random
        self._log = log_price
        self._basis_bps = 0.0

    @property
    def index(self) -> float:
        return exp(self._log + self._random.gauss(0.0, INDEX_NOISE_BPS * BPS))

    @property
    def basis(self) -> float:
        """Mark over index, as a factor."""
        return 1.0 + max(-BASIS_LIMIT_BPS, min(BASIS_LIMIT_BPS, self._basis_bps)) * BPS

    def follow(self, log_price: float, seconds: float) -> None:
        """Let `seconds` pass with the believed price at `log_price`."""
        self._log += (log_price - self._log) * (1.0 - exp(-seconds / INDEX_SMOOTHING_S))
        keep = 0.5 ** (seconds / BASIS_HALF_LIFE_S)
        self._basis_bps = self._basis_bps * keep + BASIS_SD_BPS * sqrt(1.0 - keep * keep) * self._random.gauss(0.0, 1.0)

    def publish(self, venue: Venue, market: str) -> None:
        """Set the market's index and mark."""
        index = Decimal(repr(self.index)).quantize(PRICE_GRID)
        venue.set_index(market, index)
        venue.set_mark(market, (index * Decimal(repr(self.basis))).quantize(PRICE_GRID))


class EfficientPrice:
    """A price path in floating point: an opinion, not money."""

    __slots__ = ("_log", "_random", "_transient", "oracle")

    def __init__(self, price: float, random: Random) -> None:
        self._random = random
        self._log = log(price)
        self._transient = 0.0
        self.oracle = Oracle(self._log, random)

    @property
    def value(self) -> float:
        return exp(self._log + self._transient)

    def move_to(self, price: float) -> None:
        """Put the efficient price at `price` at once; the index follows as it always does."""
        self._log, self._transient = log(price), 0.0

    def step(self, seconds: float, regime: Regime) -> None:
        """Let `seconds` pass."""
        gauss, root = self._random.gauss, sqrt(seconds)
        self._log += (regime.drift_bps_per_s * seconds + regime.permanent_vol_bps * root * gauss(0.0, 1.0)) * BPS
        if regime.jump_rate and self._random.random() < regime.jump_rate * seconds:
            size = self._random.expovariate(1.0 / regime.jump_mean_bps)
            self._log += size * BPS * (1 if self._random.random() < 0.5 else -1)
        self._transient *= 0.5 ** (seconds / regime.transient_half_life_s)
        self._transient += regime.transient_vol_bps * BPS * root * gauss(0.0, 1.0)
        self.oracle.follow(self._log + self._transient, seconds)

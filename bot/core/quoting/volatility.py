"""How fast a price moves: an exponentially weighted variance rate over irregular times."""

import math


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

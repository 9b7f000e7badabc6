"""How informed the flow is that meets us, and how much wider that makes us."""

from collections import deque
from typing import Final

VPIN_BUCKETS: Final = 50


class Vpin:
    """Volume-synchronised imbalance: mean of |bought - sold| over buckets of equal volume (Easley, Lopez de Prado, O'Hara 2012).

    Trades are split over buckets. Its power to predict is disputed (Andersen and Bondarenko 2014): it may widen, never stop.
    """

    def __init__(self, bucket_volume: float, buckets: int = VPIN_BUCKETS) -> None:
        if not bucket_volume > 0:
            raise ValueError(f"a bucket's volume must be positive, found {bucket_volume}")
        self._volume = bucket_volume
        self._done: deque[tuple[float, float]] = deque(maxlen=buckets)
        self._bought = self._sold = 0.0

    def see(self, signed_volume: float) -> None:
        """Take one trade; positive when the taker bought. A trade worth more than all buckets only fills them."""
        left = min(abs(signed_volume), self._volume * (len(self._done) + (self._done.maxlen or 0) + 1))
        while left > 0:
            part = min(left, self._volume - self._bought - self._sold)
            if signed_volume > 0:
                self._bought += part
            else:
                self._sold += part
            left -= part
            if self._volume - self._bought - self._sold <= 1e-12 * self._volume:
                self._done.append((self._bought, self._sold))
                self._bought = self._sold = 0.0

    @property
    def buckets(self) -> tuple[tuple[float, float], ...]:
        """Return (bought, sold) of the complete buckets, oldest first."""
        return tuple(self._done)

    @property
    def value(self) -> float | None:
        """Return VPIN, 0 to 1; None until all buckets have been filled once."""
        if len(self._done) < (self._done.maxlen or 0):
            return None
        return sum(abs(bought - sold) for bought, sold in self._done) / (len(self._done) * self._volume)


def markout_widening(markout_bps: float | None, half_spread_bps: float, cap: float) -> float:
    """Return the factor 1 + clip(-markout ÷ half-spread, 0, cap - 1): fills that aged badly make the next quotes wider.

    `cap` 1 switches it off; nothing known, or nothing to compare with, gives 1.
    """
    if markout_bps is None or half_spread_bps <= 0:
        return 1.0
    return 1.0 + min(max(-markout_bps / half_spread_bps, 0.0), max(0.0, cap - 1.0))


def vpin_widening(vpin: float | None, strength: float) -> float:
    """Return 1 + strength · (how far VPIN lies above a half, 0 to 1); `strength` 0 switches it off."""
    if vpin is None:
        return 1.0
    return 1.0 + strength * min(max((vpin - 0.5) / 0.5, 0.0), 1.0)


def zero_profit_quotes(low: float, high: float, chance_high: float, informed: float) -> tuple[float, float]:
    """Return (bid, ask) at which a maker earns nothing when a share `informed` of takers knows the value (Glosten, Milgrom 1985).

    The ask is the expected value given a buy, the bid given a sell; the others buy and sell alike. It shows why the spread must
    grow with the informed share.
    """
    buy_if_high, buy_if_low = informed + (1 - informed) / 2, (1 - informed) / 2
    high_after_buy = _posterior(chance_high, buy_if_high, buy_if_low)
    high_after_sell = _posterior(chance_high, buy_if_low, buy_if_high)
    return low + high_after_sell * (high - low), low + high_after_buy * (high - low)


def _posterior(prior: float, if_true: float, if_false: float) -> float:
    total = prior * if_true + (1 - prior) * if_false
    return prior * if_true / total if total > 0 else prior

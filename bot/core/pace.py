"""What the request budget can pay: how far the price must move before quotes are refreshed.

For a price that moves like Brownian motion with volatility sigma, a threshold thr is passed every (thr/sigma)² seconds on
average, and each refresh costs one request for each order. Keeping that below the requests we may spend on refreshes gives
thr >= sigma · sqrt(60 · orders / requests per minute). The threshold in force is the larger of this and the configured one.
"""

import math
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.market_view import MarketView
from bot.core.quoting.volatility import IrregularEwma

SAMPLE_MS: Final = 1_000
HALF_LIFE_S: Final = 60.0
REPRICE_SHARE: Final = 0.6
"""Share of the minute's requests that refreshes may use; the rest is for cancels, the switch, readings and people."""
SMALLEST_SHARE: Final = 0.05
RECOVERY_MS: Final = 10_000
"""After a "too many requests" the share is halved, and grows back by a tenth of itself in each of these periods."""


class _Watched(msgspec.Struct):
    volatility: IrregularEwma
    price: float = 0.0
    sampled_ms: int = 0


class Pace:
    """Watches volatilities and refusals, and answers with a threshold for each market."""

    def __init__(self, requests_per_minute: int) -> None:
        self._per_minute = requests_per_minute
        self._share = REPRICE_SHARE
        self._recovered_ms = 0
        self._markets: dict[str, _Watched] = {}

    @property
    def reprices_per_minute(self) -> float:
        """Return how many requests a minute refreshes may use now."""
        return self._per_minute * self._share

    def pause_ms(self, orders: int) -> int:
        """Return the shortest time between two refreshes of `orders` orders that the budget can pay for ever."""
        return int(60_000 * max(1, orders) / self.reprices_per_minute)

    def limited(self, now_ms: int) -> None:
        """The exchange said "too many requests": somebody else may use the same address."""
        self._share = max(SMALLEST_SHARE, self._share / 2)
        self._recovered_ms = now_ms

    def observe(self, view: MarketView, now_ms: int) -> None:
        """Sample the mark price of a quoted market, at most once a second."""
        if view.mark is None:
            return
        watched = self._markets.setdefault(view.rules.name, _Watched(volatility=IrregularEwma(HALF_LIFE_S)))
        if now_ms - watched.sampled_ms < SAMPLE_MS:
            return
        price = float(view.mark.value)
        if watched.price > 0 and price > 0:
            watched.volatility.update(math.log(price / watched.price), (now_ms - watched.sampled_ms) / 1000)
        watched.price, watched.sampled_ms = price, now_ms
        if now_ms - self._recovered_ms >= RECOVERY_MS:
            self._share, self._recovered_ms = min(REPRICE_SHARE, self._share * 1.1), now_ms

    def threshold(self, market: str, configured: Decimal, orders: int) -> Decimal:
        """Return the relative move that refreshes `market`; `orders` is how many orders all markets refresh together."""
        watched = self._markets.get(market)
        sigma = watched.volatility.sigma if watched else None
        if sigma is None:
            return configured
        payable = sigma * math.sqrt(60 * max(1, orders) / self.reprices_per_minute)
        return max(configured, Decimal(repr(round(payable, 9))))

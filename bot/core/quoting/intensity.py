"""How often, and how deep, the market is hit: lambda(d) = A · exp(-k · d) at distance d from the mid.

Prints of one moment and one side are one aggressive order; its depth is the distance of its extreme price from the mid just
before it. Distances in bps of the mid, A per second and side, k per bps. The law is not exponential over a wide range: it is
fitted above `from_bps`, where we quote. With a prior worth `prior_orders` orders, and N orders of depth x in T seconds,

    k = (n0 + N) / (n0/k0 + Σ(x - x0)),    A = (λ0·S + N) / (S + T) · exp(k·x0),   λ0 = A0 · exp(-k0·x0)

where the prior's S = n0/λ0 seconds are at most one window; for n0 = 0 it is the maximum likelihood estimate.
"""

import math
from collections import deque
from collections.abc import Container, Sequence
from typing import Final

import msgspec

from bot.core.orders import Side

GROUP_WAIT_MS: Final = 2_000
"""A group of prints is judged this long after it was heard: until then our own fills have told us which prints were ours."""
MOST_ORDERS: Final = 5_000
MOST_GROUPS: Final = 1_000
SIDES: Final = 2
LARGEST_EXPONENT: Final = 300.0
RATE_BOUNDS: Final = (1e-6, 1e6)
DECAY_BOUNDS: Final = (1e-3, 50.0)
"""Beyond these an estimate is an accident of few prints; the models stay finite within them."""


class Intensity(msgspec.Struct, frozen=True, kw_only=True):
    """Fill intensity of a quote at distance d: `fills_per_s` · exp(-`decay_per_bps` · d), for one side."""

    fills_per_s: float
    decay_per_bps: float
    orders: int
    """How many aggressive orders (or, from exposure, fills of ours) stand behind it."""
    source: str
    """"prior", "trades" or "own fills"."""

    def at(self, distance_bps: float) -> float:
        """Return fills per second at a distance; never more than at the mid."""
        return self.fills_per_s * math.exp(-self.decay_per_bps * max(0.0, distance_bps))


class AggressiveOrder(msgspec.Struct, frozen=True):
    """One taker's order as the prints show it."""

    received_ms: int
    depth_bps: float


class _Group(msgspec.Struct):
    exchange_ms: int
    received_ms: int
    side: Side
    mid: float
    extreme: float
    trade_ids: list[int]


class PrintGrouper:
    """Joins prints of the same exchange time and side into aggressive orders."""

    def __init__(self) -> None:
        self._groups: deque[_Group] = deque(maxlen=MOST_GROUPS)

    def see(self, trade_id: int, side: Side, *, price: float, mid: float, exchange_ms: int, received_ms: int) -> None:
        """Take one print; `side` is the taker's, `mid` the one just before the print."""
        if not (price > 0 and mid > 0 and math.isfinite(price) and math.isfinite(mid)):
            return
        last = self._groups[-1] if self._groups else None
        if last is not None and last.exchange_ms == exchange_ms and last.side is side:
            last.extreme = max(last.extreme, price) if side is Side.BUY else min(last.extreme, price)
            last.trade_ids.append(trade_id)
        else:
            self._groups.append(_Group(exchange_ms, received_ms, side, mid, price, [trade_id]))

    def take(self, now_ms: int, own_trade_ids: Container[int]) -> list[AggressiveOrder]:
        """Return the orders that are complete. One that met only quotes of ours is left out: it says nothing about others."""
        found = []
        while self._groups and now_ms - self._groups[0].received_ms >= GROUP_WAIT_MS:
            group = self._groups.popleft()
            if all(trade_id in own_trade_ids for trade_id in group.trade_ids):
                continue
            depth_bps = group.side.sign * (group.extreme - group.mid) / group.mid * 1e4
            found.append(AggressiveOrder(group.received_ms, max(0.0, depth_bps)))
        return found


def fit_likelihood(
    depths: Sequence[float],
    seconds: float,
    from_depth: float,
    *,
    prior_orders: float = 0.0,
    prior_rate: float = 1.0,
    prior_decay: float = 1.0,
    prior_seconds: float = math.inf,
) -> tuple[float, float] | None:
    """Return (A, k) by maximum likelihood above `from_depth`, pulled to the prior; None when nothing speaks.

    What the prior says about the rate is worth at most `prior_seconds` of watching: where it expects almost nothing, its orders
    alone would stand for days.
    """
    beyond = [depth - from_depth for depth in depths if depth > from_depth]
    spread_out = prior_orders / prior_decay + sum(beyond)
    expected = prior_rate * math.exp(-min(prior_decay * from_depth, LARGEST_EXPONENT))
    watched = min(prior_orders / expected, prior_seconds)
    if spread_out <= 0 or watched + seconds <= 0 or prior_orders + len(beyond) <= 0:
        return None
    decay = (prior_orders + len(beyond)) / spread_out
    rate = (expected * watched + len(beyond)) / (watched + seconds)
    return rate * math.exp(min(decay * from_depth, LARGEST_EXPONENT)), decay


def fit_weighted(depths: Sequence[float], seconds: float, grid: Sequence[float]) -> tuple[float, float] | None:
    """Return (A, k) from a straight line through the logarithm of the rates N(>d)/T on `grid`.

    Each residual is weighted with the square root of its count; points without a count are left out. None with fewer than two
    points. The counts of neighbouring points overlap, so the fit's own standard errors mean nothing.
    """
    points = [(distance, sum(depth > distance for depth in depths)) for distance in grid]
    points = [(distance, count) for distance, count in points if count > 0]
    if len(points) < 2 or seconds <= 0:
        return None
    weight = sum(count for _, count in points)
    mean_x = sum(count * distance for distance, count in points) / weight
    mean_y = sum(count * math.log(count / seconds) for _, count in points) / weight
    spread = sum(count * (distance - mean_x) ** 2 for distance, count in points)
    slope = sum(count * (distance - mean_x) * (math.log(count / seconds) - mean_y) for distance, count in points) / spread
    return math.exp(mean_y - slope * mean_x), -slope


class IntensityEstimator:
    """Follows aggressive orders over a window, both sides together."""

    def __init__(self, *, prior_rate: float, prior_decay: float, prior_orders: float, window_s: float, from_bps: float) -> None:
        self._prior = (prior_rate, prior_decay)
        self._prior_orders, self._window_ms, self._from_bps = prior_orders, window_s * 1000, from_bps
        self._orders: deque[AggressiveOrder] = deque(maxlen=MOST_ORDERS)
        self._started_ms: int | None = None
        self._last: tuple[float, float] = self._prior
        self._spoke_ms = 0

    def see(self, orders: Sequence[AggressiveOrder], now_ms: int) -> None:
        """Take newly completed orders; call it also without any, so that silence counts as time."""
        if self._started_ms is None:
            self._started_ms = now_ms
        self._orders.extend(orders)
        while self._orders and now_ms - self._orders[0].received_ms > self._window_ms:
            self._orders.popleft()

    def read(self, now_ms: int) -> Intensity:
        """Return the present estimate. An empty window keeps the last one and lets it decay to the prior."""
        count = sum(order.depth_bps > self._from_bps for order in self._orders)
        if count == 0:
            return self._decayed(now_ms)
        assert self._started_ms is not None
        begin_ms = self._orders[0].received_ms if len(self._orders) == MOST_ORDERS else self._started_ms
        seconds = min(self._window_ms, max(1, now_ms - begin_ms)) / 1000
        depths = [order.depth_bps for order in self._orders]
        fit = fit_likelihood(
            depths,
            SIDES * seconds,
            self._from_bps,
            prior_orders=self._prior_orders,
            prior_rate=self._prior[0],
            prior_decay=self._prior[1],
            prior_seconds=SIDES * self._window_ms / 1000,
        )
        assert fit is not None, "with an order in the window something speaks"
        self._last, self._spoke_ms = (_within(fit[0], RATE_BOUNDS), _within(fit[1], DECAY_BOUNDS)), now_ms
        return Intensity(fills_per_s=self._last[0], decay_per_bps=self._last[1], orders=count, source="trades")

    def _decayed(self, now_ms: int) -> Intensity:
        kept = 2 ** (-(now_ms - self._spoke_ms) / self._window_ms) if self._spoke_ms else 0.0
        rate, decay = (
            math.exp(kept * math.log(last) + (1 - kept) * math.log(prior))
            for last, prior in zip(self._last, self._prior, strict=True)
        )
        return Intensity(fills_per_s=rate, decay_per_bps=decay, orders=0, source="trades" if kept > 0.5 else "prior")


def _within(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])

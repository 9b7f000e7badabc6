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


class Prior(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed before anything was seen, and how many orders that is worth; `orders` 0 leaves it out."""

    rate: float = 1.0
    decay: float = 1.0
    orders: float = 0.0
    most_seconds: float = math.inf
    """What it says about the rate is worth at most this time: where it expects almost nothing, it would stand for days."""


NO_PRIOR: Final = Prior()


def fit_likelihood(
    depths: Sequence[float], seconds: float, from_depth: float, prior: Prior = NO_PRIOR
) -> tuple[float, float] | None:
    """Return (A, k) by maximum likelihood above `from_depth`, pulled to the prior; None when nothing speaks."""
    beyond = [depth - from_depth for depth in depths if depth > from_depth]
    return fit_sums(len(beyond), sum(beyond), seconds, from_depth, prior)


def fit_sums(count: int, excess: float, seconds: float, from_depth: float, prior: Prior) -> tuple[float, float] | None:
    """Return (A, k) from the number of orders beyond `from_depth` and the sum of what they went beyond it."""
    excess += prior.orders / prior.decay
    expected = prior.rate * math.exp(-min(prior.decay * from_depth, LARGEST_EXPONENT))
    watched = min(prior.orders / expected, prior.most_seconds)
    if excess <= 0 or watched + seconds <= 0 or prior.orders + count <= 0:
        return None
    decay = (prior.orders + count) / excess
    rate = (expected * watched + count) / (watched + seconds)
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
    """Follows aggressive orders over a window, both sides together, as running sums: reading costs the same however many."""

    def __init__(self, *, prior_rate: float, prior_decay: float, prior_orders: float, window_s: float, from_bps: float) -> None:
        self._prior = Prior(rate=prior_rate, decay=prior_decay, orders=prior_orders, most_seconds=SIDES * window_s)
        self._window_ms, self._from_bps = window_s * 1000, from_bps
        self._orders: deque[AggressiveOrder] = deque()
        self._count, self._excess = 0, 0.0
        self._started_ms: int | None = None
        self._last: tuple[float, float] = (prior_rate, prior_decay)
        self._spoke_ms = 0

    def see(self, orders: Sequence[AggressiveOrder], now_ms: int) -> None:
        """Take newly completed orders; call it also without any, so that silence counts as time."""
        if self._started_ms is None:
            self._started_ms = now_ms
        for order in orders:
            self._orders.append(order)
            self._add(order, +1)
        while self._orders and now_ms - self._orders[0].received_ms > self._window_ms:
            self._add(self._orders.popleft(), -1)
        while len(self._orders) > MOST_ORDERS:
            self._add(self._orders.popleft(), -1)
            self._started_ms = self._orders[0].received_ms
        if self._count == 0:
            self._excess = 0.0  # no rounding of earlier sums stays behind

    def _add(self, order: AggressiveOrder, sign: int) -> None:
        beyond = order.depth_bps - self._from_bps
        if beyond > 0:
            self._count += sign
            self._excess += sign * beyond

    def read(self, now_ms: int) -> Intensity:
        """Return the present estimate. An empty window keeps the last one and lets it decay to the prior."""
        if self._count == 0:
            return self._decayed(now_ms)
        assert self._started_ms is not None
        seconds = min(self._window_ms, max(1, now_ms - self._started_ms)) / 1000
        fit = fit_sums(self._count, max(0.0, self._excess), SIDES * seconds, self._from_bps, self._prior)
        assert fit is not None, "with a prior something always speaks"
        self._last, self._spoke_ms = (_within(fit[0], RATE_BOUNDS), _within(fit[1], DECAY_BOUNDS)), now_ms
        return Intensity(fills_per_s=self._last[0], decay_per_bps=self._last[1], orders=self._count, source="trades")

    def _decayed(self, now_ms: int) -> Intensity:
        kept = 2 ** (-(now_ms - self._spoke_ms) / self._window_ms) if self._spoke_ms else 0.0
        rate, decay = (
            math.exp(kept * math.log(last) + (1 - kept) * math.log(prior))
            for last, prior in zip(self._last, (self._prior.rate, self._prior.decay), strict=True)
        )
        return Intensity(fills_per_s=rate, decay_per_bps=decay, orders=0, source="trades" if kept > 0.5 else "prior")


def _within(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])

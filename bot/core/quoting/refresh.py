"""When a resting quote is worth moving: a place in the queue is worth something, a stale price costs more."""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

import msgspec

from bot.core.numbers import Ticks
from bot.core.orders import Order, Side
from bot.core.quoting.ladder import Quote

EAGER_SHARE: Final = 0.5
"""A quote that has become too keen is moved at half the distance: it is the one that is picked off."""
OVERSHOOT: Final = 0.5826
"""A barrier looked at only now and then acts as if it stood this many standard deviations further out: -zeta(1/2)/sqrt(2π)."""


def keep_places(
    wished: Sequence[Quote],
    live: Sequence[Order],
    *,
    threshold_ticks: float,
    patience: float,
    share_ahead: Callable[[str], float | None],
) -> tuple[Quote, ...]:
    """Return the wished quotes, each at the price of the order that already stands for it where that is not worth moving.

    On each side the orders from the touch outwards stand for the levels in their order. `share_ahead` is an order's place in its
    queue. A side whose prices would no longer be in order takes all its wished prices.
    """
    kept: list[Quote] = []
    for side in Side:
        quotes = sorted((quote for quote in wished if quote.side is side), key=lambda quote: quote.level)
        orders = sorted((order for order in live if order.side is side), key=lambda order: -side.sign * order.price)
        merged = [
            _kept(quote, order, threshold_with_patience(threshold_ticks, share_ahead(order.client_order_id), patience))
            for quote, order in zip(quotes, orders, strict=False)
        ] + quotes[len(orders) :]
        in_order = all(side.sign * (before.price - after.price) > 0 for before, after in pairwise(merged))
        kept += merged if in_order else quotes
    return tuple(kept)


def _kept(quote: Quote, order: Order, threshold_ticks: float) -> Quote:
    if is_out_of_place(quote.side, order.price, quote.price, threshold_ticks):
        return quote
    return msgspec.structs.replace(quote, price=order.price)


def ticks_of_share(half_spread_bps: float, share: float, price: Decimal, tick_size: Decimal) -> float:
    """Return a share of the half-spread in ticks: the distance by which a quote may be wrong."""
    return half_spread_bps * share / 1e4 * float(price / tick_size)


def is_out_of_place(side: Side, live: Ticks, wished: Ticks, threshold_ticks: float) -> bool:
    """Say whether a live quote should move to the wished price; `threshold_ticks` below one tick moves it at any difference."""
    too_keen = (live > wished) if side is Side.BUY else (live < wished)
    return abs(live - wished) > threshold_ticks * (EAGER_SHARE if too_keen else 1.0)


def threshold_with_patience(threshold_ticks: float, share_ahead: float | None, patience: float) -> float:
    """Return the threshold for an order with `share_ahead` of its level in front of it: 0 next in line, 1 or None at the end."""
    return threshold_ticks * (1 + patience * (1 - (1.0 if share_ahead is None else min(1.0, max(0.0, share_ahead)))))


def seconds_between_refreshes(threshold: float, sigma: float, check_every_s: float = 0.0) -> float:
    """Return the mean time until a Brownian price has moved by `threshold`: (thr ÷ sigma)², later when looked at now and then.

    `threshold` and `sigma` in the same unit, sigma per square root of a second. Infinite while nothing moves.
    """
    if sigma <= 0:
        return math.inf
    return ((threshold + OVERSHOOT * sigma * math.sqrt(check_every_s)) / sigma) ** 2

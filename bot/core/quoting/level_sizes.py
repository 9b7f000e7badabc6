"""From a wish of many levels to quotes on the grid: each rounded once, away from the touch, all of them within the capacity.

The worst case is every level of a side filled in one sweep, so the sum of a side never exceeds its capacity. When capacity is
short all levels shrink alike; when the smallest would fall below the market's minimum, the outermost level is left out.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from bot.core.market import Market
from bot.core.market_view import MarketView
from bot.core.notes import Reason
from bot.core.numbers import EXACT, Lots, Ticks, floor_steps, plain
from bot.core.orders import Side
from bot.core.quoting.base import WishedLevel, WishedPrices
from bot.core.quoting.ladder import DesiredQuotes, Quote
from bot.core.settings import MakerSettings

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)


def lay_levels(wish: WishedPrices, view: MarketView, settings: MakerSettings, capacity: dict[Side, Decimal]) -> DesiredQuotes:
    """Round and size a wish; with one level of one order size this is `ladder.lay`, quote for quote.

    `capacity` is how much each side may still grow to, in the base asset, all live orders counted. A side without capacity for
    the minimum size, or without a positive price, is withheld with a reason, and so is a side that the wish has withdrawn.
    """
    quotes: list[Quote] = []
    withheld: dict[Side, Reason] = {}
    for side in Side:
        if (reason := wish.withdrawn.get(side)) is not None:
            withheld[side] = reason
            continue
        laid = _lay_side(side, levels_of(wish, side), view, settings, capacity[side])
        if isinstance(laid, Reason):
            withheld[side] = laid
        else:
            quotes += laid
    return DesiredQuotes(quotes=tuple(quotes), withheld=withheld, anchor=wish.anchor)


def levels_of(wish: WishedPrices, side: Side) -> tuple[WishedLevel, ...]:
    """Return the wished levels of one side, from the touch outwards; without a list, one order size at the wished price."""
    listed = tuple(level for level in wish.levels if level.side is side)
    price = wish.bid if side is Side.BUY else wish.ask
    return listed or (WishedLevel(side=side, price=price, orders=ONE),)


def _lay_side(
    side: Side, levels: Sequence[WishedLevel], view: MarketView, settings: MakerSettings, capacity: Decimal
) -> list[Quote] | Reason:
    wanted = [EXACT.multiply(settings.order_size, level.orders) for level in levels]
    sizes = split(wanted, capacity, view.rules)
    if not sizes:
        return _too_small(side, wanted[0], settings, capacity)
    prices = _prices(side, levels[: len(sizes)], view)
    laid = [
        Quote(side=side, price=price, size=size, level=level)
        for level, (price, size) in enumerate(zip(prices, sizes, strict=True))
        if price > 0
    ]
    return laid or Reason(code="no_price", text=f"{side} withheld: the price rounds to nothing")


def _too_small(side: Side, wanted: Decimal, settings: MakerSettings, capacity: Decimal) -> Reason:
    if wanted < capacity:
        text = f"{side} withheld: near the limit {plain(settings.max_position)} its size shrinks below the smallest order"
        return Reason(code="position_taper", text=text)
    left = plain(max(min(settings.order_size, capacity), ZERO))
    return Reason(code="position_limit", text=f"{side} withheld: position limit {plain(settings.max_position)} leaves {left}")


def split(wanted: Sequence[Decimal], capacity: Decimal, market: Market) -> list[Lots]:
    """Return whole lots for as many of the wanted sizes, from the first on, as can all reach the minimum size within `capacity`.

    Raises nothing; an empty list means that not even one can.
    """
    for count in range(len(wanted), 0, -1):
        total = sum(wanted[:count], start=ZERO)
        if total <= 0 or capacity <= 0:
            return []
        short = capacity < total
        sizes = [
            Lots(floor_steps(EXACT.multiply(each, capacity), EXACT.multiply(market.lot_size, total)))
            if short
            else market.floor_lots(each)
            for each in wanted[:count]
        ]
        if all(market.size(size) >= market.min_size for size in sizes):
            assert market.size(Lots(sum(sizes))) <= capacity, "a side never exceeds its capacity"
            return sizes
    return []


def _prices(side: Side, levels: Sequence[WishedLevel], view: MarketView) -> list[Ticks]:
    """Return one price for each level: shy of the touch, and each at least a tick behind the one before."""
    prices: list[Ticks] = []
    for level in levels:
        rounded = view.rules.bid_ticks(level.price) if side is Side.BUY else view.rules.ask_ticks(level.price)
        bid, ask = view.shy_of_touch(rounded, rounded)
        price = bid if side is Side.BUY else ask
        if prices:
            behind = prices[-1] - side.sign
            price = Ticks(min(price, behind) if side is Side.BUY else max(price, behind))
        prices.append(price)
    return prices


def notional_budget(equity: Decimal, share: float, z: float, sigma_bps: float, horizon_s: float) -> float:
    """Return the largest position value, in collateral, whose z-sigma loss over the horizon is `share` of the equity.

    N = share · equity ÷ (z · sigma · sqrt(horizon)). Infinite while nothing moves: the leverage cap then decides.
    """
    stress = z * sigma_bps * math.sqrt(horizon_s) / 1e4
    return share * float(equity) / stress if stress > 0 else math.inf

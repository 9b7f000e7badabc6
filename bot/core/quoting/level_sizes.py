"""From a wish of many levels to quotes on the grid: each rounded once, away from the touch, all of them within the capacity.

The worst case is every level of a side filled in one sweep, so the sum of a side never exceeds its capacity. When capacity is
short all levels shrink alike; when the smallest would fall below the market's minimum, the outermost level is left out.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
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
JUST_SHY: Final[Mapping[Side, int]] = MappingProxyType(dict.fromkeys(Side, 1))


def lay_levels(
    wish: WishedPrices,
    view: MarketView,
    settings: MakerSettings,
    capacity: Mapping[Side, Decimal],
    *,
    safety_ticks: Mapping[Side, int] = JUST_SHY,
    largest_order: Decimal | None = None,
) -> DesiredQuotes:
    """Round and size a wish.

    `capacity` is how much each side may still grow to, in the base asset, all live orders counted; `largest_order` bounds each
    order, in the base asset; `safety_ticks`, at least 1, is how far each side stays from the opposite touch. A side without
    capacity for the minimum size, or without a positive price, is withheld with a reason, and so is one that the wish withdrew.
    """
    quotes: list[Quote] = []
    withheld: dict[Side, Reason] = {}
    whole = settings.order_size if largest_order is None else min(settings.order_size, largest_order)
    for side in Side:
        if (reason := wish.withdrawn.get(side)) is not None:
            withheld[side] = reason
            continue
        levels = levels_of(wish, side)
        wanted = [EXACT.multiply(settings.order_size, level.orders) for level in levels]
        if largest_order is not None:
            wanted = [min(each, largest_order) for each in wanted]
        sizes = split(wanted, capacity[side], view.rules)
        laid = (
            _quotes(side, _prices(side, levels[: len(sizes)], view, safety_ticks[side]), sizes)
            if sizes
            else _below_minimum(side, whole, view.rules) or _too_small(side, wanted[0], settings, capacity[side])
        )
        if isinstance(laid, Reason):
            withheld[side] = laid
        else:
            quotes += laid
    return DesiredQuotes(quotes=_apart(quotes, withheld), withheld=withheld, anchor=wish.anchor)


def levels_of(wish: WishedPrices, side: Side) -> tuple[WishedLevel, ...]:
    """Return the wished levels of one side, from the touch outwards; without a list, one order size at the wished price."""
    listed = tuple(level for level in wish.levels if level.side is side)
    price = wish.bid if side is Side.BUY else wish.ask
    return listed or (WishedLevel(side=side, price=price, orders=ONE),)


def _quotes(side: Side, prices: Sequence[Ticks], sizes: Sequence[Lots]) -> list[Quote] | Reason:
    laid = [
        Quote(side=side, price=price, size=size, level=level)
        for level, (price, size) in enumerate(zip(prices, sizes, strict=True))
        if price > 0
    ]
    return laid or Reason(code="no_price", text=f"{side} withheld: the price rounds to nothing")


def _apart(quotes: list[Quote], withheld: dict[Side, Reason]) -> tuple[Quote, ...]:
    """Drop the levels of both sides that meet each other; a side that is left without any says so."""
    bids = [quote.price for quote in quotes if quote.side is Side.BUY]
    asks = [quote.price for quote in quotes if quote.side is Side.SELL]
    if not bids or not asks or max(bids) < min(asks):
        return tuple(quotes)
    apart = {Side.BUY: min(asks), Side.SELL: max(bids)}
    kept = tuple(quote for quote in quotes if (apart[quote.side] - quote.price) * quote.side.sign > 0)
    for side in Side:
        if all(quote.side is not side for quote in kept):
            withheld[side] = Reason(code="self_cross", text=f"{side} withheld: rounded to the tick, our bid and ask would meet")
    return kept


def _below_minimum(side: Side, whole: Decimal, rules: Market) -> Reason | None:
    """Return why not even an order that nothing has cut is large enough."""
    if rules.size(rules.floor_lots(whole)) >= rules.min_size:
        return None
    text = f"{side} withheld: an order of {plain(whole)} is below {plain(rules.min_size)}, the smallest one on {rules.name}"
    return Reason(code="size_below_minimum", text=text)


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


def _prices(side: Side, levels: Sequence[WishedLevel], view: MarketView, safety_ticks: int) -> list[Ticks]:
    """Return one price for each level: shy of the opposite touch, and each at least a tick behind the one before."""
    best_bid, best_ask, _ = view.touch()
    opposite = best_ask if side is Side.BUY else best_bid
    closest = None if opposite is None else opposite.price - side.sign * max(1, safety_ticks)
    prices: list[Ticks] = []
    for level in levels:
        price: int = view.rules.bid_ticks(level.price) if side is Side.BUY else view.rules.ask_ticks(level.price)
        bounds = [price] + ([closest] if closest is not None else []) + ([prices[-1] - side.sign] if prices else [])
        prices.append(Ticks(min(bounds) if side is Side.BUY else max(bounds)))
    return prices


def notional_budget(equity: Decimal, share: float, z: float, sigma_bps: float, horizon_s: float) -> float:
    """Return the largest position value, in collateral, whose z-sigma loss over the horizon is `share` of the equity.

    N = share · equity ÷ (z · sigma · sqrt(horizon)). Infinite while nothing moves: the leverage cap then decides.
    """
    stress = z * sigma_bps * math.sqrt(horizon_s) / 1e4
    return share * float(equity) / stress if stress > 0 else math.inf

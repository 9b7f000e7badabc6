"""From wished prices to quotes on the market's grid: rounded once, away from the touch, and sized by what may still be held."""

from decimal import Decimal

import msgspec

from bot.core.market_view import MarketView
from bot.core.notes import Reason
from bot.core.numbers import Lots, Ticks, plain
from bot.core.orders import Side
from bot.core.quoting.base import WishedPrices
from bot.core.settings import MakerSettings


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What we wish to show on one side; it has no id."""

    side: Side
    price: Ticks
    size: Lots
    level: int = 0
    """0 is nearest to the touch."""


class DesiredQuotes(msgspec.Struct, frozen=True, kw_only=True):
    """The quotes to show, and why a side is missing."""

    quotes: tuple[Quote, ...]
    withheld: dict[Side, Reason]
    anchor: Decimal


def lay(wish: WishedPrices, view: MarketView, settings: MakerSettings, capacity: dict[Side, Decimal]) -> DesiredQuotes:
    """Round the wish to the grid and size it.

    `capacity` is how much each side may still grow to, in the base asset, all live orders counted. A side whose capacity is below
    the minimum size, or whose price is not positive after rounding, is withheld with a reason.
    """
    bid, ask = view.shy_of_touch(view.rules.bid_ticks(wish.bid), view.rules.ask_ticks(wish.ask))
    quotes: list[Quote] = []
    withheld: dict[Side, Reason] = {}
    for side, price in ((Side.BUY, bid), (Side.SELL, ask)):
        size = min(settings.order_size, capacity[side])
        if size < view.rules.min_size:
            text = f"{side} withheld: position limit {plain(settings.max_position)} leaves {plain(max(size, Decimal(0)))}"
            withheld[side] = Reason(code="position_limit", text=text)
        elif price <= 0:
            withheld[side] = Reason(code="no_price", text=f"{side} withheld: the price rounds to nothing")
        else:
            quotes.append(Quote(side=side, price=price, size=view.rules.floor_lots(size)))
    return DesiredQuotes(quotes=tuple(quotes), withheld=withheld, anchor=wish.anchor)

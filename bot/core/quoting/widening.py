"""Any strategy's wish, made wider from outside: risk has the last word on how shy we are."""

from decimal import Decimal
from typing import Final

import msgspec

from bot.core.quoting.base import WishedLevel, WishedPrices
from bot.core.quoting.breakdown import Part
from bot.core.quoting.crossings import decimal_of

TWO: Final = Decimal(2)
LOWEST_SHARE: Final = Decimal("0.01")
"""Of the middle: however wide, a bid stays a positive price."""


def widened(wish: WishedPrices, factor: float, name: str = "risk") -> WishedPrices:
    """Return the wish with every distance from its middle multiplied by `factor`; 1 or less returns it untouched.

    Raises: InvalidInput for NaN and infinity.
    """
    if factor <= 1.0:
        return wish
    exact, middle = decimal_of(name, factor), (wish.bid + wish.ask) / TWO

    def moved(price: Decimal) -> Decimal:
        return max(middle + (price - middle) * exact, middle * LOWEST_SHARE)

    levels = tuple(WishedLevel(side=level.side, price=moved(level.price), orders=level.orders) for level in wish.levels)
    breakdown = wish.breakdown
    if breakdown is not None:
        breakdown = msgspec.structs.replace(
            breakdown,
            half_spread_bps=breakdown.half_spread_bps * factor,
            widening=(*breakdown.widening, Part(name, factor, "factor")),
        )
    return msgspec.structs.replace(wish, bid=moved(wish.bid), ask=moved(wish.ask), levels=levels, breakdown=breakdown)

"""What is wished on the market's grid; `level_sizes` lays it."""

from decimal import Decimal

import msgspec

from bot.core.notes import Reason
from bot.core.numbers import Lots, Ticks
from bot.core.orders import Side


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

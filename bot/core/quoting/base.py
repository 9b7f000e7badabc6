"""What every strategy is: a picture and opinions in, wished prices out."""

from decimal import Decimal
from typing import Protocol

import msgspec

from bot.core.notes import Reason
from bot.core.orders import Side
from bot.core.quoting.breakdown import Breakdown
from bot.core.quoting.opinions import NO_OPINIONS, Opinions
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture


class WishedLevel(msgspec.Struct, frozen=True, kw_only=True):
    """One quote of many: an unrounded price, and a size in order sizes."""

    side: Side
    price: Decimal
    orders: Decimal


class WishedPrices(msgspec.Struct, frozen=True, kw_only=True):
    """Unrounded prices in collateral, and the price they were made from."""

    bid: Decimal
    ask: Decimal
    anchor: Decimal
    levels: tuple[WishedLevel, ...] = ()
    """All quotes, from the touch outwards; empty: one order size at `bid` and one at `ask`."""
    withdrawn: dict[Side, Reason] = {}
    """Sides on which nothing is wished, and why."""
    breakdown: Breakdown | None = None


class Strategy(Protocol):
    """Decides prices; rounding, sizes and limits come after it. Pure: the same arguments give the same wish."""

    def wish(
        self, picture: MarketPicture, settings: MakerSettings, anchor: Decimal, opinions: Opinions = NO_OPINIONS
    ) -> WishedPrices: ...


def withdrawn(anchor: Decimal, reason: Reason) -> WishedPrices:
    """Return the wish to show nothing on either side."""
    return WishedPrices(bid=anchor, ask=anchor, anchor=anchor, withdrawn=dict.fromkeys(Side, reason))

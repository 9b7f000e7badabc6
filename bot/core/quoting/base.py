"""What every strategy is: a picture in, two wished prices out."""

from decimal import Decimal
from typing import Protocol

import msgspec

from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture


class WishedPrices(msgspec.Struct, frozen=True, kw_only=True):
    """Unrounded prices in collateral, and the price they were made from."""

    bid: Decimal
    ask: Decimal
    anchor: Decimal


class Strategy(Protocol):
    """Decides two prices; rounding, sizes and limits come after it."""

    def wish(self, picture: MarketPicture, settings: MakerSettings, anchor: Decimal) -> WishedPrices: ...

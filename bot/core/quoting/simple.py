"""The rule of the default strategy: a fixed fraction on each side of the price."""

from decimal import Decimal

from bot.core.errors import InvalidInput
from bot.core.numbers import plain
from bot.core.quoting.base import WishedPrices
from bot.core.quoting.opinions import NO_OPINIONS, Opinions
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture

ONE = Decimal(1)


def symmetric_quotes(price: Decimal, spread: Decimal) -> tuple[Decimal, Decimal]:
    """Return (bid, ask) at `spread`, a fraction, on each side of `price`; exact.

    Raises: InvalidInput unless price is positive and spread lies in [0, 1).
    """
    if not price.is_finite() or price <= 0:
        raise InvalidInput("price", str(price), "a positive number")
    if not spread.is_finite() or not 0 <= spread < 1:
        raise InvalidInput(
            "spread", plain(spread) if spread.is_finite() else str(spread), "a fraction from 0 up to 1, such as 0.001"
        )
    return price * (ONE - spread), price * (ONE + spread)


class Simple:
    """Quotes `spread` away from the anchor, whatever the inventory."""

    def wish(
        self, picture: MarketPicture, settings: MakerSettings, anchor: Decimal, opinions: Opinions = NO_OPINIONS
    ) -> WishedPrices:
        del picture, opinions  # this rule looks at nothing but its anchor
        bid, ask = symmetric_quotes(anchor, settings.spread)
        return WishedPrices(bid=bid, ask=ask, anchor=anchor)

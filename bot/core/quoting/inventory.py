"""What we hold, in order sizes, and what it does to sizes."""

from decimal import Decimal
from typing import Final

from bot.core.orders import Side
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)


def inventory_lots(picture: MarketPicture, settings: MakerSettings) -> float:
    """Return the signed position in order sizes; the models' lot is one order size."""
    return float(picture.position / settings.order_size) if settings.order_size > 0 else 0.0


def limit_lots(settings: MakerSettings) -> float:
    """Return max_position in order sizes, at least one: a smaller limit is the ladder's business."""
    return max(1.0, float(settings.max_position / settings.order_size)) if settings.order_size > 0 else 1.0


def taper(picture: MarketPicture, settings: MakerSettings, soft_share: float) -> dict[Side, Decimal]:
    """Return the factor on each side's size: 1, or less on the side that grows a position beyond the soft limit, 0 at the limit.

    The factor falls in a straight line from 1 at soft_share · max_position to 0 at max_position.
    """
    held, most = abs(picture.position), settings.max_position
    room = most * (ONE - Decimal(repr(soft_share)))
    factors = dict.fromkeys(Side, ONE)
    if picture.position != 0 and room > 0:
        growing = Side.BUY if picture.position > 0 else Side.SELL
        factors[growing] = min(ONE, max(ZERO, (most - held) / room))
    return factors

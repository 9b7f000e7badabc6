"""Whole sets of settings for a market, safe as delivered: sized by value, limited in position, wider than their own threshold.

A preset is a starting point. Its numbers lie in the safe ranges of the models' settings; sizes follow from the market's price, so
that they mean the same on every market.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

import msgspec

from bot.core.market import Market
from bot.core.numbers import plain

ORDERS_HELD: Final = 10
"""Largest position in order sizes: room for a skew to work before the limit does."""


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """One set of settings, before it is sized. `order_value` in collateral; `half_spread` is the fraction on each side."""

    name: str
    title: str
    meaning: str
    order_value: Decimal
    half_spread: float
    strategy: str = "composite"
    quoting: dict[str, Any] = {}

    def changes(self, rules: Market, price: Decimal) -> dict[str, Any]:
        """Return the settings for one market at a price, ready to be checked and applied."""
        lots = (self.order_value / price / rules.lot_size).to_integral_value(ROUND_HALF_EVEN)
        size = max(lots * rules.lot_size, rules.min_size)
        return {
            "strategy": self.strategy,
            "spread_percentage": self.half_spread,
            "price_move_threshold": round(0.4 * self.half_spread, 8),
            "order_size": plain(size),
            "max_position": plain(ORDERS_HELD * size),
            "quoting": dict(self.quoting),
        }


PRESETS: Final = (
    Preset(
        name="documents",
        title="The documents' rule",
        meaning="A fixed distance on each side of the mark price and nothing else, 0.1 %, moved early. To learn the program.",
        order_value=Decimal(500),
        half_spread=0.001,
        strategy="simple",
    ),
    Preset(
        name="careful",
        title="Careful",
        meaning="Wide, one small quote on each side, strong pull back to flat, twice as wide while something is unknown.",
        order_value=Decimal(250),
        half_spread=0.001,
        quoting={"fair_price": {"microprice": 1.0}, "levels": 1, "rho": 1.0, "soft_position": 0.3, "stale_z": 1.5},
    ),
    Preset(
        name="balanced",
        title="Balanced",
        meaning="Half a thousandth on each side in quiet times, wider when the price moves or our fills age badly.",
        order_value=Decimal(500),
        half_spread=0.0005,
        quoting={"fair_price": {"microprice": 1.0}, "levels": 1},
    ),
    Preset(
        name="close",
        title="Close",
        meaning="As close as costs and latency allow, for liquid markets and short ways to the exchange. The proofs play it.",
        order_value=Decimal(500),
        half_spread=0.00004,
        quoting={
            "fair_price": {"microprice": 0.5, "index": 0.5},
            "levels": 1,
            "model_spread": False,
            "rho": 1.5,
            "soft_position": 0.0,
            "max_half_spread_bps": 10.0,
        },
    ),
    Preset(
        name="ladder",
        title="Ladder",
        meaning="As balanced, with three quotes on each side, larger the farther away: earns from swings, holds more.",
        order_value=Decimal(250),
        half_spread=0.0005,
        quoting={"fair_price": {"microprice": 1.0}, "levels": 3, "level_step_bps": 3.0, "size_ratio": 1.3},
    ),
)

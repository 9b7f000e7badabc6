"""The rules of one market, and the crossings between its grid and the world."""

from decimal import Decimal

import msgspec

from bot.core.errors import InvalidInput
from bot.core.numbers import Lots, Ticks, ceil_steps, floor_steps, plain


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange says about one market. Prices in collateral (USD), sizes in the base asset, rates as fractions."""

    name: str
    tick_size: Decimal
    lot_size: Decimal
    min_size: Decimal
    max_order_value: Decimal
    max_position_value: Decimal
    max_open_orders: int
    price_cap: Decimal
    """A buy limit may stand at most this fraction above mark."""
    price_floor: Decimal
    """A sell limit may stand at most this fraction below mark."""
    max_leverage: Decimal
    status: str
    is_tradable: bool
    synthetic_id: str
    synthetic_resolution: int
    collateral_id: str
    collateral_resolution: int
    maker_fee_rate: Decimal = Decimal(0)
    taker_fee_rate: Decimal = Decimal("0.00025")

    def __post_init__(self) -> None:
        for field in ("tick_size", "lot_size", "min_size"):
            value: Decimal = getattr(self, field)
            if not value.is_finite() or value <= 0:
                raise InvalidInput(f"{self.name} {field}", value, "a positive number")

    def bid_ticks(self, price: Decimal) -> Ticks:
        """Round down: a rounded bid may become shyer, never keener."""
        return Ticks(floor_steps(price, self.tick_size))

    def ask_ticks(self, price: Decimal) -> Ticks:
        """Round up: a rounded ask may become shyer, never keener."""
        return Ticks(ceil_steps(price, self.tick_size))

    def exact_ticks(self, price: Decimal) -> Ticks:
        """Return the price in ticks.

        Raises: InvalidInput, naming the two nearest prices, when the price is not on the grid or not positive.
        """
        below = floor_steps(price, self.tick_size)
        if price <= 0:
            raise InvalidInput("price", plain(price), "a price above zero")
        if self.tick_size * below != price:
            near = f"{plain(self.tick_size * below)} or {plain(self.tick_size * (below + 1))}"
            allowed = f"a multiple of {plain(self.tick_size)}"
            raise InvalidInput("price", plain(price), allowed, f"the nearest prices are {near}")
        return Ticks(below)

    def exact_lots(self, size: Decimal) -> Lots:
        """Return the size in lots.

        Raises: InvalidInput when the size is not positive, below the minimum or not a multiple of the lot size.
        """
        count = floor_steps(size, self.lot_size)
        if size < self.min_size:
            raise InvalidInput("size", plain(size), f"at least {plain(self.min_size)} on {self.name}")
        if self.lot_size * count != size:
            raise InvalidInput("size", plain(size), f"a multiple of {plain(self.lot_size)} on {self.name}")
        return Lots(count)

    def floor_lots(self, size: Decimal) -> Lots:
        """Return the whole lots in `size`, rounding towards zero for sizes, which are never negative here."""
        return Lots(floor_steps(size, self.lot_size))

    def price(self, ticks: Ticks) -> Decimal:
        """Return the price in collateral."""
        return self.tick_size * ticks

    def size(self, lots: Lots) -> Decimal:
        """Return the size in the base asset; keeps the sign."""
        return self.lot_size * lots

    def notional(self, ticks: Ticks, lots: Lots) -> Decimal:
        """Return price × size in collateral, never negative."""
        return abs(self.price(ticks) * self.size(lots))


MARKET_ALIAS_SUFFIX = "-PERP"


def market_name(text: str) -> str:
    """Return the exchange's own name: `BTC-PERP` is an alias of `BTC-USD`; anything else stays as it is."""
    if text.endswith(MARKET_ALIAS_SUFFIX):
        return text.removesuffix(MARKET_ALIAS_SUFFIX) + "-USD"
    return text

"""What the exchange lists: the rules of each market, in the exchange's own shape and numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from bot.core.numbers import Lots, Ticks

COLLATERAL: Final = "USD"
COLLATERAL_ID: Final = "0x1"
COLLATERAL_RESOLUTION: Final = 1_000_000
COLLATERAL_PRECISION: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskBracket:
    """Positions worth up to `upper_bound` need at least `risk_factor` of their value as initial margin."""

    upper_bound: Decimal
    risk_factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSpec:
    """The rules of one market; `tick_size` and `lot_size` are what its books count in, always.

    `price_step` and `size_step` are what orders must be multiples of, where that is coarser than the books count.
    `price_cap` and `price_floor` are fractions of the mark; `hourly_funding_cap` is in percent per hour, as on the wire.
    """

    name: str
    asset: str
    asset_precision: int
    description: str
    tick_size: Decimal
    lot_size: Decimal
    min_order_size: Decimal
    max_market_order_value: Decimal
    max_limit_order_value: Decimal
    max_position_value: Decimal
    max_leverage: Decimal
    brackets: tuple[RiskBracket, ...]
    synthetic_id: str
    synthetic_resolution: int
    start_price: Decimal
    price_step: Decimal | None = None
    size_step: Decimal | None = None
    max_orders: int = 200
    price_cap: Decimal = Decimal("0.05")
    price_floor: Decimal = Decimal("0.05")
    hourly_funding_cap: Decimal = Decimal("0.25")
    impact_notional: Decimal = Decimal(10_000)
    is_rfq: bool = False
    """Trades by quotes: the ordinary order path refuses it, and the quote path is not offered."""
    trading_hours: str = "CONTINUOUS"

    @property
    def unit_value(self) -> Decimal:
        """What one lot is worth at a price of one tick."""
        return self.tick_size * self.lot_size

    def price(self, ticks: Ticks) -> Decimal:
        return self.tick_size * ticks

    def size(self, lots: Lots) -> Decimal:
        return self.lot_size * lots

    def ticks_of(self, price: Decimal) -> Ticks | None:
        """Return the price in ticks, or None when it is off the step."""
        quotient, rest = divmod(price, self.tick_size)
        return None if rest or not self.is_on_step(Ticks(int(quotient))) else Ticks(int(quotient))

    def lots_of(self, size: Decimal) -> Lots | None:
        """Return the size in lots, or None when it is off the step."""
        quotient, rest = divmod(size, self.lot_size)
        return None if rest or (self.size_step is not None and size % self.size_step) else Lots(int(quotient))

    @property
    def tick_step(self) -> Decimal:
        """What prices of orders must be multiples of."""
        return self.price_step or self.tick_size

    @property
    def lot_step(self) -> Decimal:
        """What sizes of orders must be multiples of."""
        return self.size_step or self.lot_size

    def is_on_step(self, ticks: Ticks) -> bool:
        """Return whether a price in ticks is one that orders may have."""
        return self.price_step is None or not ticks * self.tick_size % self.price_step

    def snapped(self, ticks: Ticks, side_sign: int) -> Ticks:
        """Return the nearest allowed price that is no better for the other side: lower for a buy (+1), higher for a sell (-1)."""
        if self.is_on_step(ticks):
            return ticks
        step = int(self.tick_step / self.tick_size)
        return Ticks(ticks // step * step if side_sign > 0 else -(-ticks // step) * step)

    def on_grid(self, *, tick_size: Decimal, lot_size: Decimal, min_order_size: Decimal, start_price: Decimal) -> "MarketSpec":
        """Return the same market on another grid: a recording brings its own."""
        return replace(self, tick_size=tick_size, lot_size=lot_size, min_order_size=min_order_size, start_price=start_price)


def synthetic_id(asset: str, digits: int) -> str:
    """Return the exchange's asset id: ASCII of "<asset>-<digits>", padded with zero bytes to 15, as hexadecimal."""
    return "0x" + f"{asset}-{digits}".encode("ascii").ljust(15, b"\0").hex()


def _brackets(step: int, factors: tuple[str, ...]) -> tuple[RiskBracket, ...]:
    return tuple(
        RiskBracket(upper_bound=Decimal(step * (position + 1)), risk_factor=Decimal(factor))
        for position, factor in enumerate(factors)
    )


_MAJOR_FACTORS: Final = (
    "0.02", "0.04", "0.06", "0.08", "0.10", "0.12", "0.14", "0.16", "0.18", "0.20", "0.22", "0.24", "0.26", "0.28", "0.30",
)  # fmt: skip

BTC_USD: Final = MarketSpec(
    name="BTC-USD",
    asset="BTC",
    asset_precision=5,
    description="Bitcoin",
    tick_size=Decimal(1),
    lot_size=Decimal("0.00001"),
    min_order_size=Decimal("0.0001"),
    max_market_order_value=Decimal(3_000_000),
    max_limit_order_value=Decimal(15_000_000),
    max_position_value=Decimal(60_000_000),
    max_leverage=Decimal("50.00"),
    brackets=_brackets(4_000_000, _MAJOR_FACTORS),
    synthetic_id=synthetic_id("BTC", 6),
    synthetic_resolution=10**6,
    start_price=Decimal("86198.85"),
)

ETH_USD: Final = MarketSpec(
    name="ETH-USD",
    asset="ETH",
    asset_precision=3,
    description="Ethereum",
    tick_size=Decimal("0.1"),
    lot_size=Decimal("0.001"),
    min_order_size=Decimal("0.01"),
    max_market_order_value=Decimal(3_000_000),
    max_limit_order_value=Decimal(15_000_000),
    max_position_value=Decimal(60_000_000),
    max_leverage=Decimal("50.00"),
    brackets=_brackets(4_000_000, _MAJOR_FACTORS),
    synthetic_id=synthetic_id("ETH", 5),
    synthetic_resolution=10**5,
    start_price=Decimal("3012.64"),
)

SOL_USD: Final = MarketSpec(
    name="SOL-USD",
    asset="SOL",
    asset_precision=2,
    description="Solana",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.01"),
    min_order_size=Decimal("0.1"),
    max_market_order_value=Decimal(1_000_000),
    max_limit_order_value=Decimal(5_000_000),
    max_position_value=Decimal(10_000_000),
    max_leverage=Decimal("25.00"),
    brackets=_brackets(1_000_000, _MAJOR_FACTORS[1:11]),
    synthetic_id=synthetic_id("SOL", 3),
    synthetic_resolution=10**3,
    start_price=Decimal("131.274"),
    impact_notional=Decimal(5_000),
)

LISTED: Final[Mapping[str, MarketSpec]] = MappingProxyType({spec.name: spec for spec in (BTC_USD, ETH_USD, SOL_USD)})

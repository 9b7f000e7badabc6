"""What a person decided about risk, already validated and in exact types. None: that limit is not set.

Money is in collateral, sizes in the base asset, fractions are fractions (0.02 is 2 %), times as their names say.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

import msgspec


class BreakerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When one market stops quoting by itself, and when it resumes. A limit of None switches that breaker off."""

    move_bps: float | None = 30.0
    """Largest move of the price within one second."""
    move_sigmas: float | None = 6.0
    """The same in slow volatilities of one second; only counted from `move_floor_bps` on, so that a still price may tick."""
    move_floor_bps: float = 10.0
    sigma_ratio: float | None = 3.0
    """Fast volatility over slow volatility."""
    sigma_ratio_resume: float = 1.5
    spread_ratio: float | None = 5.0
    """Spread of the touch over its median of the last minutes; only counted from `spread_floor_bps` on."""
    spread_floor_bps: float = 3.0
    basis_bps: float | None = 50.0
    """Distance between mark and index, either way."""
    mark_age_ms: int = 5_000
    """Prices are too old when the mark is older than this and the touch older than `touch_age_ms`."""
    touch_age_ms: int = 2_000
    same_side_fills: int | None = 5
    """Orders filled on one side within `same_side_window_ms`; several executions of one order count once."""
    same_side_window_ms: int = 10_000
    rejects_per_minute: int | None = 5
    """More than this many of our orders refused or rejected within a minute."""
    cool_down_ms: int = 10_000
    """Shortest stop; doubles while trips follow each other closely, up to `cool_down_most_ms`."""
    cool_down_most_ms: int = 30_000
    feed_stable_ms: int = 2_000
    """After prices were missing, crossed or too old they must be whole for this long."""


class MarketLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one market."""

    max_long: Decimal | None = None
    """None here and below: only the exchange's largest position value."""
    max_short: Decimal | None = None
    """Largest short position, as a positive size."""
    max_market_notional: Decimal | None = None
    """Largest value of the position that could come about on either side."""
    max_order_notional: Decimal | None = None
    max_open_orders: int | None = None
    stop_loss: Decimal | None = None
    """Largest unrealised loss of the open position."""
    stop_loss_fraction: Decimal | None = None
    """The same as a fraction of what the position cost; the smaller of the two holds."""
    exchange_stop: Decimal | None = None
    """While a position is held a stop rests on the exchange, this fraction of the entry price away from it; None: none does."""
    price_collar: Decimal = Decimal("0.02")
    """A buy may stand at most this fraction above mark and last price, a sell as much below."""
    orders_per_minute: int | None = 300
    protect_window_ms: int = 1_000
    protect_quantity: Decimal | None = None
    """Size filled within the window, both sides together, at which the market freezes."""
    protect_delta: Decimal | None = None
    """Net size filled within the window, either way, at which the market freezes."""
    protect_freeze_ms: int = 10_000
    breakers: BreakerSettings = BreakerSettings()


class AccountLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of the account, over all its markets."""

    max_gross_exposure: Decimal | None = None
    """Sum over markets of the largest position value that could come about, long and short counted alike."""
    max_net_exposure: Decimal | None = None
    """Longs minus shorts, either way; holds for orders that open, never for those that shrink a position."""
    max_open_orders: int | None = None
    max_order_notional: Decimal | None = None
    orders_per_minute: int | None = 600
    max_leverage: Decimal | None = Decimal(2)
    """Gross exposure over equity."""
    margin_yellow: Decimal = Decimal("0.33")
    """Margin ratio of the exchange: maintenance requirement over equity; 1 is liquidation."""
    margin_orange: Decimal = Decimal("0.5")
    margin_red: Decimal = Decimal("0.66")
    max_daily_loss: Decimal | None = None
    daily_loss_fraction: Decimal | None = Decimal("0.02")
    """Of the equity with which the UTC day began; the smaller of the two holds."""
    max_drawdown: Decimal | None = None
    drawdown_fraction: Decimal | None = Decimal("0.05")
    """Of the highest account value; the smaller of the two holds."""
    max_balance_age_ms: int = 60_000
    """With an older word about money nothing is opened."""
    unexplained_tolerance: Decimal = Decimal("0.001")
    """Difference between the exchange's equity and our own count that is no question, as a fraction of equity."""
    yellow_share: Decimal = Decimal("0.5")
    """Share of a loss limit at which quotes widen."""
    orange_share: Decimal = Decimal("0.75")
    """Share of a loss limit at which only the reducing side is quoted."""
    calm_ms: int = 30_000
    """A tier is left, one step down, after this long below nine tenths of where it begins."""
    yellow_widening: float = 1.5
    orange_widening: float = 2.0
    flatten_on_red: bool = False

    @property
    def needs_balance(self) -> bool:
        """True when a limit cannot be judged without the exchange's word about money."""
        return not (self.max_leverage is None and self.daily_loss_fraction is None and self.drawdown_fraction is None)


UNLIMITED = AccountLimits(
    max_leverage=None,
    daily_loss_fraction=None,
    drawdown_fraction=None,
    orders_per_minute=None,
    margin_yellow=Decimal(1),
    margin_orange=Decimal(1),
    margin_red=Decimal(1),
)
"""No limit of ours on the account: for experiments and tests, never delivered."""

NO_BREAKERS = BreakerSettings(
    move_bps=None,
    move_sigmas=None,
    sigma_ratio=None,
    spread_ratio=None,
    basis_bps=None,
    same_side_fills=None,
    rejects_per_minute=None,
    feed_stable_ms=0,
)
"""Prices that are missing, crossed or too old still stop a market."""


def position_only(max_position: Decimal) -> MarketLimits:
    """Return limits of which only the largest position means anything: for experiments and tests, never delivered."""
    return MarketLimits(
        max_long=max_position,
        max_short=max_position,
        price_collar=Decimal(1),
        orders_per_minute=None,
        breakers=NO_BREAKERS,
    )


class RiskSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of the account and of each market that is quoted."""

    account: AccountLimits = UNLIMITED
    markets: Mapping[str, MarketLimits] = MappingProxyType({})

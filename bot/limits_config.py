"""The limits a person may set, for the account and for each market, with safe defaults; `limits.toml` stands above them.

Money in collateral, sizes in the base asset, fractions as fractions (0.02 is 2 %). Not set (null): that limit does not hold.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from bot.core.errors import InvalidInput
from bot.core.numbers import parse_decimal, plain
from bot.core.risk.settings import AccountLimits, BreakerSettings, MarketLimits


def _amount(text: str) -> str:
    try:
        value = parse_decimal("size", text)
    except InvalidInput as error:
        raise ValueError(str(error)) from None
    if value <= 0:
        raise ValueError("must be above zero")
    return plain(value)


def _as_text(value: object) -> object:
    return plain(parse_decimal("size", value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


AmountText = Annotated[str, BeforeValidator(_as_text), AfterValidator(_amount)]
"""A size or an amount of money, above zero, as exact text."""
# Strict: true is no number, and 0 is not false.
Share = Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)]
StopDistance = Annotated[float, Field(strict=True, ge=0.001, le=0.5, allow_inf_nan=False)]
Factor = Annotated[float, Field(strict=True, ge=1, le=10, allow_inf_nan=False)]
Leverage = Annotated[float, Field(strict=True, gt=0, le=100, allow_inf_nan=False)]
Number = Annotated[float, Field(strict=True, gt=0, le=100_000, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=1, le=100_000)]
Milliseconds = Annotated[int, Field(strict=True, ge=100, le=3_600_000)]


def _optional(meaning: str) -> Any:
    return Field(default=None, description=meaning)


def _usual(value: float | str, meaning: str) -> Any:
    return Field(default=value, description=meaning)


class BreakerConfig(BaseModel):
    """When a market stops quoting by itself, and resumes by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    move_bps: Number | None = _usual(30.0, "Largest move of the price within one second, in basis points.")
    move_sigmas: Number | None = _usual(6.0, "The same in slow volatilities of one second.")
    move_floor_bps: Number = _usual(10.0, "Moves below this are never counted in volatilities.")
    sigma_ratio: Number | None = _usual(3.0, "Fast over slow volatility.")
    sigma_ratio_resume: Number = _usual(1.5, "The ratio at which quoting resumes.")
    spread_ratio: Number | None = _usual(5.0, "Spread of the touch over its median of the last minutes.")
    spread_floor_bps: Number = _usual(3.0, "Spreads below this are never too wide, in basis points.")
    basis_bps: Number | None = _usual(50.0, "Distance between mark and index, in basis points.")
    mark_age_ms: Milliseconds = _usual(5_000, "Prices are too old when the mark is older than this and the touch, too.")
    touch_age_ms: Milliseconds = _usual(2_000, "The touch's part of it.")
    same_side_fills: Count | None = _usual(5, "Orders filled on one side within the window.")
    same_side_window_ms: Milliseconds = _usual(10_000, "That window.")
    rejects_per_minute: Count | None = _usual(5, "Orders of ours refused within a minute.")
    cool_down_ms: Milliseconds = _usual(10_000, "Shortest stop; doubles while trips follow each other closely.")
    cool_down_most_ms: Milliseconds = _usual(30_000, "Longest stop.")
    feed_stable_ms: Milliseconds = _usual(2_000, "How long prices must be whole again.")

    def exact(self) -> BreakerSettings:
        """Return the same as risk takes it."""
        return BreakerSettings(**self.model_dump())


class MarketLimitsConfig(BaseModel):
    """Limits of one market, beside `max_position`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_long: AmountText | None = _optional("Largest long position; max_position when not set.")
    max_short: AmountText | None = _optional("Largest short position, as a positive size; max_position when not set.")
    max_market_notional: AmountText | None = _optional("Largest value of the position that could come about.")
    max_order_notional: AmountText | None = _optional("Largest value of one order.")
    max_open_orders: Count | None = _optional("Most orders open on the market.")
    stop_loss: AmountText | None = _optional("Largest unrealised loss of the open position.")
    stop_loss_fraction: Share | None = _optional("The same as a fraction of what the position cost.")
    exchange_stop: StopDistance | None = _optional(
        "Distance of the position stop kept on the exchange, as a fraction of the entry price."
    )
    price_collar: Share = _usual(0.02, "Farthest an order may stand from mark and last price, on the side that costs.")
    orders_per_minute: Count | None = _usual(300, "Most orders sent within a minute.")
    protect_window_ms: Milliseconds = _usual(1_000, "Window of fill protection.")
    protect_quantity: AmountText | None = _optional("Size filled within the window at which the market freezes.")
    protect_delta: AmountText | None = _optional("Net size filled within the window at which the market freezes.")
    protect_freeze_ms: Milliseconds = _usual(10_000, "How long it freezes.")
    breakers: BreakerConfig = Field(default_factory=BreakerConfig, description="When the market stops by itself.")

    def exact(self, max_position: Decimal) -> MarketLimits:
        """Return the same as risk takes it; `max_position` holds where a side has no limit of its own."""
        given = _exact(self.model_dump(exclude={"breakers"}))
        return MarketLimits(
            **(given | {side: given[side] or max_position for side in ("max_long", "max_short")}),
            breakers=self.breakers.exact(),
        )


class AccountLimitsConfig(BaseModel):
    """Limits of the account, over all its markets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_gross_exposure: AmountText | None = _optional("Value of all positions that could come about, long and short alike.")
    max_net_exposure: AmountText | None = _optional("Longs minus shorts, either way.")
    max_open_orders: Count | None = _optional("Most orders open on the account.")
    max_order_notional: AmountText | None = _optional("Largest value of one order.")
    orders_per_minute: Count | None = _usual(600, "Most orders sent within a minute.")
    max_leverage: Leverage | None = _usual(2.0, "Gross exposure over equity.")
    margin_yellow: Share = _usual(0.33, "Margin ratio at which quotes widen; 1 is liquidation.")
    margin_orange: Share = _usual(0.5, "Margin ratio from which only the reducing side is quoted.")
    margin_red: Share = _usual(0.66, "Margin ratio at which everything stops.")
    max_daily_loss: AmountText | None = _optional("Loss since 00:00 UTC at which everything stops.")
    daily_loss_fraction: Share | None = _usual(0.02, "The same as a fraction of the equity with which the day began.")
    max_drawdown: AmountText | None = _optional("Fall from the highest account value at which everything stops.")
    drawdown_fraction: Share | None = _usual(0.05, "The same as a fraction of the highest account value.")
    max_balance_age_ms: Milliseconds = _usual(60_000, "With an older word about money nothing is opened.")
    unexplained_tolerance: Share = _usual(0.001, "Difference to the exchange's equity that is no question, as a fraction.")
    yellow_share: Share = _usual(0.5, "Share of a loss limit at which quotes widen.")
    orange_share: Share = _usual(0.75, "Share of a loss limit from which only the reducing side is quoted.")
    calm_ms: Milliseconds = _usual(30_000, "A tier is left, one step down, after this long below it.")
    yellow_widening: Factor = _usual(1.5, "Factor of the half-spread in yellow.")
    orange_widening: Factor = _usual(2.0, "Factor of the half-spread in orange.")
    flatten_on_red: StrictBool = Field(default=False, description="Close positions by taking when everything stops.")

    @model_validator(mode="after")
    def _steps_rise(self) -> "AccountLimitsConfig":
        if not self.margin_yellow <= self.margin_orange <= self.margin_red:
            raise ValueError("account_limits: margin_yellow, margin_orange and margin_red must rise in this order")
        if self.yellow_share > self.orange_share:
            raise ValueError("account_limits: yellow_share must not be above orange_share")
        return self

    def exact(self) -> AccountLimits:
        """Return the same as risk takes it."""
        return AccountLimits(**_exact(self.model_dump()))


OPINIONS: Final = frozenset({"yellow_widening", "orange_widening"})
TIGHTER_WHEN_LARGER: Final = frozenset(
    {
        *("yellow_widening", "orange_widening", "calm_ms", "protect_window_ms", "protect_freeze_ms", "same_side_window_ms"),
        *("cool_down_ms", "cool_down_most_ms", "feed_stable_ms"),
    }
)


def loosened(before: BaseModel, after: BaseModel) -> list[str]:
    """Name the limits that allow more in `after` than in `before`, limits inside limits by their path."""
    found: list[str] = []
    for name in type(before).model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if isinstance(old, BaseModel):
            found += [f"{name}.{each}" for each in loosened(old, new)]
        elif _allows_more(name, old, new):
            found.append(name)
    return found


def merged(present: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `present` with only the named limits changed, at every depth."""
    return {
        **present,
        **{
            name: merged(present[name], value) if isinstance(value, Mapping) and isinstance(present.get(name), Mapping) else value
            for name, value in changes.items()
        },
    }


def _allows_more(name: str, old: object, new: object) -> bool:
    if old == new:
        return False
    if old is None or new is None:
        return new is None
    more = Decimal(str(new)) > Decimal(str(old)) if not isinstance(new, bool) else new
    return more is not (name in TIGHTER_WHEN_LARGER)


def _exact(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with every fraction and amount as an exact decimal; factors of the spread stay opinions."""
    return {
        name: parse_decimal(name, value) if isinstance(value, str | float) and name not in OPINIONS else value
        for name, value in values.items()
    }

"""What the gateway checks before it answers: sizes, prices, values, flags, expiry. Pure; one refusal per broken rule."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from bot.core.numbers import Lots, Ticks
from simulator.markets import COLLATERAL_PRECISION, MarketSpec
from simulator.matching import NO_LOTS, Side
from simulator.options import VenueOptions
from simulator.orders import Kind, OrderRequest, Reason, Scope, TimeInForce
from simulator.refusals import Code, Refused
from simulator.trigger_rules import check_band, check_triggers

MARKET_BAND: Final = Decimal("0.05")
DAY_MS: Final = 86_400_000
MAX_EXTERNAL_ID: Final = 80
ACCEPTED_KINDS: Final = frozenset({Kind.LIMIT, Kind.MARKET, Kind.CONDITIONAL, Kind.TPSL})


class Mode(Enum):
    """The venue's mode of the moment."""

    NORMAL = "normal"
    POST_ONLY = "post_only"
    REDUCE_ONLY = "reduce_only"
    MAINTENANCE = "maintenance"


class MarketStatus(Enum):
    ACTIVE = "ACTIVE"
    REDUCE_ONLY = "REDUCE_ONLY"
    DELISTED = "DELISTED"
    PRELISTED = "PRELISTED"
    DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True)
class OnGrid:
    """A request's price and size, counted."""

    price: Ticks
    lots: Lots


def check_request(request: OrderRequest, spec: MarketSpec, mark: Decimal, options: VenueOptions, now_ms: int) -> OnGrid:
    """Check everything that needs no account.

    Raises: Refused with the documented code.
    """
    _check_shape(request)
    if request.time_in_force is TimeInForce.FOK and not options.fill_or_kill:
        raise Refused(Code.BAD_REQUEST, "timeInForce must be GTT or IOC")
    _check_expiry(request.expiry_ms, options, now_ms)
    check_triggers(request, spec)
    if request.kind is Kind.TPSL:
        lots = check_size(request.size, spec) if request.scope is Scope.ORDER else NO_LOTS
        return OnGrid(Ticks(0), lots)
    lots = check_size(request.size, spec)
    price = check_price(request.price, spec)
    _check_band(request, spec, mark)
    value = spec.price(price) * spec.size(lots)
    limit = spec.max_market_order_value if request.kind is Kind.MARKET else spec.max_limit_order_value
    if value < options.min_order_value:
        raise Refused(Code.SIZE_BELOW_MINIMUM, f"order value {value} is below {options.min_order_value}")
    if value > limit:
        raise Refused(Code.VALUE_TOO_LARGE, f"order value {value} exceeds {limit}")
    return OnGrid(price, lots)


def _check_shape(request: OrderRequest) -> None:
    if request.kind not in ACCEPTED_KINDS:
        raise Refused(Code.ORDER_TYPE, f"order type {request.kind.value} is not traded here")
    if not 0 < len(request.external_id) <= MAX_EXTERNAL_ID or not request.external_id.isprintable():
        raise Refused(Code.ORDER_PARAMETERS, f"id must have 1 to {MAX_EXTERNAL_ID} printable characters")
    if request.kind is Kind.MARKET and (request.time_in_force is not TimeInForce.IOC or request.post_only):
        raise Refused(Code.MARKET_MUST_BE_IOC)
    if request.post_only and request.time_in_force is not TimeInForce.GTT:
        raise Refused(Code.ORDER_PARAMETERS, f"a post only order cannot be {request.time_in_force.value}")


def _check_expiry(expiry_ms: int, options: VenueOptions, now_ms: int) -> None:
    earliest, latest = now_ms + options.min_expiry_ms, now_ms + options.max_expiry_days * DAY_MS
    if not earliest < expiry_ms <= latest:
        raise Refused(Code.EXPIRATION, f"expiryEpochMillis {expiry_ms} must lie after {earliest} and not after {latest}")


def _decimals(value: Decimal) -> int:
    """Return how many decimals a number needs; trailing zeros are none."""
    exponent = value.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def check_fee(offered: Decimal, required: Decimal) -> None:
    """Check the highest fee rate an order allows against the one that applies.

    Raises: Refused 1128.
    """
    if offered < required:
        raise Refused(Code.FEE_TOO_LOW, f"fee {offered} is below the account's rate {required}")


def check_size(size: Decimal, spec: MarketSpec) -> Lots:
    """Count a size in lots.

    Raises: Refused 1123, 1120 or 1121.
    """
    if _decimals(size) > spec.asset_precision:
        raise Refused(Code.SIZE_PRECISION, f"qty {size} has more than {spec.asset_precision} decimals")
    if size <= 0 or size < spec.min_order_size:
        raise Refused(Code.SIZE_BELOW_MINIMUM, f"qty {size} is below {spec.min_order_size}")
    lots = spec.lots_of(size)
    if lots is None:
        raise Refused(Code.SIZE_OFF_STEP, f"qty {size} is not a multiple of {spec.lot_step}")
    return lots


def check_price(price: Decimal | None, spec: MarketSpec) -> Ticks:
    """Count a price in ticks.

    Raises: Refused 1130, 1125, 1141 or 1124.
    """
    if price is None:
        raise Refused(Code.PRICE_MISSING)
    if _decimals(price) > COLLATERAL_PRECISION:
        raise Refused(Code.PRICE_PRECISION, f"price {price} has more than {COLLATERAL_PRECISION} decimals")
    if price <= 0:
        raise Refused(Code.PRICE_INVALID, f"price {price} must be positive")
    ticks = spec.ticks_of(price)
    if ticks is None:
        raise Refused(Code.PRICE_OFF_TICK, f"price {price} is not a multiple of {spec.tick_step}")
    return ticks


def _check_band(request: OrderRequest, spec: MarketSpec, mark: Decimal) -> None:
    assert request.price is not None
    is_market = request.kind is Kind.MARKET
    reference = request.trigger.price if request.trigger is not None else mark
    cap, floor = (MARKET_BAND, MARKET_BAND) if is_market else (spec.price_cap, spec.price_floor)
    check_band(request.side, request.price, reference, cap=cap, floor=floor)


def check_mode(mode: Mode, status: MarketStatus, *, post_only: bool, reduce_only: bool) -> None:
    """Check that the venue and the market take such an order now.

    Raises: Refused with the mode's code.
    """
    if mode is Mode.MAINTENANCE:
        raise Refused(Code.MAINTENANCE)
    if mode is Mode.POST_ONLY and not post_only:
        raise Refused(Code.POST_ONLY_MODE)
    if mode is Mode.REDUCE_ONLY and not reduce_only:
        raise Refused(Code.REDUCE_ONLY_MODE)
    if status is MarketStatus.REDUCE_ONLY and not reduce_only:
        raise Refused(Code.MARKET_REDUCE_ONLY)
    if status not in (MarketStatus.ACTIVE, MarketStatus.REDUCE_ONLY):
        raise Refused(Code.MARKET_DISABLED, f"market status is {status.value}")


ENGINE_REASONS: Final = {
    Code.MAINTENANCE: Reason.TRADING_OFF_MODE,
    Code.POST_ONLY_MODE: Reason.POST_ONLY_MODE,
    Code.REDUCE_ONLY_MODE: Reason.REDUCE_ONLY_MODE,
    Code.MARKET_REDUCE_ONLY: Reason.REDUCE_ONLY_MODE,
    Code.MARKET_DISABLED: Reason.DISABLED_MARKET,
}
"""The same refusals when only the engine notices them."""


def check_reducing(side: Side, lots: Lots, position_lots: Lots) -> None:
    """Check a reduce-only order against the position it is to reduce.

    Raises: Refused.
    """
    if not position_lots:
        raise Refused(Code.REDUCE_ONLY_NO_POSITION)
    if (position_lots > 0) == (side is Side.BUY):
        raise Refused(Code.REDUCE_ONLY_SAME_SIDE)
    if lots > abs(position_lots):
        raise Refused(Code.REDUCE_ONLY_SIZE, f"order of {lots} lots against a position of {abs(position_lots)}")

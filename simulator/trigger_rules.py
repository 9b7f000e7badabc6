"""What the gateway checks of triggers: conditional orders, take-profit and stop-loss. Pure."""

from decimal import Decimal
from typing import Final

from simulator.markets import MarketSpec
from simulator.matching import Side
from simulator.orders import Execution, Kind, Leg, OrderRequest, Scope
from simulator.refusals import Code, Refused

DIRECTIONS: Final = frozenset({"UP", "DOWN"})
POSITION_FACTOR: Final = 50
"""A whole-position leg signs this many times the largest position, so that it always covers what is held."""


def check_band(side: Side, price: Decimal, reference: Decimal, *, cap: Decimal, floor: Decimal) -> None:
    """Check the worst price against a reference; `cap` and `floor` are fractions. Passive prices are free.

    Raises: Refused 1141.
    """
    if side is Side.BUY and price > reference * (1 + cap):
        raise Refused(Code.PRICE_INVALID, f"price {price} is above the band's {reference * (1 + cap):f}")
    if side is Side.SELL and price < reference * (1 - floor):
        raise Refused(Code.PRICE_INVALID, f"price {price} is below the band's {reference * (1 - floor):f}")


def check_triggers(request: OrderRequest, spec: MarketSpec) -> None:
    """Check everything about a request's triggers.

    Raises: Refused with the documented code.
    """
    if request.kind is Kind.CONDITIONAL:
        _check_conditional(request, spec)
    elif request.trigger is not None:
        raise Refused(Code.ORDER_PARAMETERS, "only a CONDITIONAL order has a trigger")
    if request.kind is Kind.TPSL:
        _check_standalone(request)
    if request.scope is None:
        if request.take_profit or request.stop_loss:
            raise Refused(Code.ORDER_PARAMETERS, "takeProfit and stopLoss need tpSlType")
        return
    if not request.take_profit and not request.stop_loss:
        raise Refused(Code.TPSL_TRIGGER_MISSING, "tpSlType needs takeProfit or stopLoss")
    closing = closing_side(request)
    for leg in (request.take_profit, request.stop_loss):
        if leg is not None:
            _check_leg(leg, closing, spec)
    if request.kind is not Kind.TPSL:
        _check_against_entry(request)


def closing_side(request: OrderRequest) -> Side:
    """Return the side of a request's legs: its own when it stands alone, else the opposite."""
    return request.side if request.kind is Kind.TPSL else request.side.opposite


def leg_size(request: OrderRequest, leg: Leg, spec: MarketSpec) -> Decimal:
    """Return the size a leg signs: its order's, or far more than any position when it closes all of one."""
    if request.scope is Scope.ORDER:
        return request.size
    return spec.max_position_value * POSITION_FACTOR / leg.price // spec.lot_size * spec.lot_size


def _check_conditional(request: OrderRequest, spec: MarketSpec) -> None:
    trigger = request.trigger
    if trigger is None:
        raise Refused(Code.TRIGGER_MISSING, "a CONDITIONAL order needs a trigger")
    if trigger.direction not in DIRECTIONS:
        raise Refused(Code.ORDER_PARAMETERS, "the trigger's direction is UP or DOWN")
    if request.post_only and trigger.execution is Execution.MARKET:
        raise Refused(Code.POST_ONLY_MARKET_TRIGGER)
    _check_trigger_price(trigger.price, spec)


def _check_standalone(request: OrderRequest) -> None:
    if not request.reduce_only or request.post_only or request.price:
        raise Refused(Code.ORDER_PARAMETERS, "a TPSL order is reduce only, not post only, and its price is 0")
    if request.scope is None:
        raise Refused(Code.TPSL_TRIGGER_MISSING, "a TPSL order needs tpSlType and a leg")
    if request.scope is Scope.POSITION and request.size:
        raise Refused(Code.TPSL_SIZE, "the qty of a whole-position TPSL order is 0")


def _check_leg(leg: Leg, side: Side, spec: MarketSpec) -> None:
    _check_trigger_price(leg.trigger_price, spec)
    if leg.price <= 0:
        raise Refused(Code.PRICE_INVALID, f"leg price {leg.price} must be positive")
    if spec.ticks_of(leg.price) is None:
        raise Refused(Code.PRICE_OFF_TICK, f"leg price {leg.price} is not a multiple of {spec.tick_step}")
    check_band(side, leg.price, leg.trigger_price, cap=spec.price_cap, floor=spec.price_floor)


def _check_trigger_price(price: Decimal, spec: MarketSpec) -> None:
    if price <= 0:
        raise Refused(Code.PRICE_INVALID, f"trigger price {price} must be positive")
    if spec.ticks_of(price) is None:
        raise Refused(Code.PRICE_OFF_TICK, f"trigger price {price} is not a multiple of {spec.tick_step}")


def _check_against_entry(request: OrderRequest) -> None:
    """A long gains above its entry and loses below it; a short the other way round."""
    if request.price is None:
        return
    for leg, gains in ((request.take_profit, True), (request.stop_loss, False)):
        if leg is None:
            continue
        above = leg.trigger_price > request.price
        if leg.trigger_price == request.price or above != (gains == (request.side is Side.BUY)):
            raise Refused(Code.ORDER_PARAMETERS, f"trigger {leg.trigger_price} is on the wrong side of {request.price}")

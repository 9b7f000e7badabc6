"""Rules of a market that change while it runs: steps, limits and fees, as `/info/markets` shows them from then on.

Books go on counting in the ticks and lots a market began with; a new step must be a multiple of them. Orders at rest that are off
the new steps stay as they are, or are cancelled.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import msgspec

from simulator.accounts import HOUSE_ACCOUNT
from simulator.exchange import Exchange
from simulator.flow import SyntheticFlow
from simulator.flow_cst import ExtendedFlow
from simulator.intake import sane
from simulator.market_state import MarketState
from simulator.matching import Side
from simulator.orders import Order, Reason
from simulator.refusals import Code, Refused
from simulator.venue import Venue

_FIELDS: Final = {
    "min_price_change": "price_step",
    "min_order_size_change": "size_step",
    "min_order_size": "min_order_size",
    "max_market_order_value": "max_market_order_value",
    "max_limit_order_value": "max_limit_order_value",
    "max_position_value": "max_position_value",
    "max_leverage": "max_leverage",
    "max_num_orders": "max_orders",
    "limit_price_cap": "price_cap",
    "limit_price_floor": "price_floor",
    "hourly_funding_rate_cap": "hourly_funding_cap",
}
"""From the exchange's words to the fields of a market's rules."""


class RuleChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """New rules of one market; what is absent stays. `cancel_resting` ends orders that no longer fit, else they are kept."""

    market: str
    min_price_change: Decimal | None = None
    min_order_size_change: Decimal | None = None
    min_order_size: Decimal | None = None
    max_market_order_value: Decimal | None = None
    max_limit_order_value: Decimal | None = None
    max_position_value: Decimal | None = None
    max_leverage: Decimal | None = None
    max_num_orders: int | None = None
    limit_price_cap: Decimal | None = None
    limit_price_floor: Decimal | None = None
    hourly_funding_rate_cap: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    taker_fee_rate: Decimal | None = None
    cancel_resting: bool = False


def change_rules(exchange: Exchange, change: RuleChange) -> None:
    """Put new rules in force at once.

    Raises: Refused; then nothing has changed.
    """
    state = exchange.venue.market(change.market)
    fields: dict[str, Any] = {}
    for name, field in _FIELDS.items():
        value = getattr(change, name)
        if value is not None:
            fields[field] = _positive(value, name)
    _check_steps(exchange, state, fields)
    for rate in (change.maker_fee_rate, change.taker_fee_rate):
        if rate is not None and not (sane(rate, "fee").is_finite() and abs(rate) <= Decimal("0.01")):
            raise Refused(Code.BAD_REQUEST, "a fee rate is at most a percent, a rebate at most minus a percent")
    state.spec = replace(state.spec, **fields)
    exchange.venue.ledger.specs[change.market] = state.spec
    state.maker_fee = state.maker_fee if change.maker_fee_rate is None else change.maker_fee_rate
    state.taker_fee = state.taker_fee if change.taker_fee_rate is None else change.taker_fee_rate
    if "price_step" in fields:
        _withdraw_house(state)
    if change.cancel_resting:
        _cancel_unfit(exchange.venue, state)


def _positive(value: Decimal | int, name: str) -> Decimal | int:
    number = sane(Decimal(value), name)
    if not number.is_finite() or number <= 0:
        raise Refused(Code.BAD_REQUEST, f"{name} must be a positive number")
    return value


def _check_steps(exchange: Exchange, state: MarketState, fields: dict[str, Any]) -> None:
    spec = state.spec
    for field, unit in (("price_step", spec.tick_size), ("size_step", spec.lot_size)):
        if field in fields and fields[field] % unit:
            raise Refused(Code.BAD_REQUEST, f"the books count in {unit}: a new step must be a multiple of it")
    flow = exchange.flows.get(spec.name)
    if "price_step" in fields and not (flow is None or isinstance(flow, SyntheticFlow | ExtendedFlow)):
        raise Refused(Code.BAD_REQUEST, "this market's flow brings its own steps")


def _withdraw_house(state: MarketState) -> None:
    """Take the background's orders off the new steps out of the book; it quotes anew by itself."""
    for side in Side:
        for price, _ in list(state.book.levels(side)):
            if not state.spec.is_on_step(price):
                for order in state.book.orders_at(side, price):
                    if order.owner == HOUSE_ACCOUNT:
                        state.book.remove(order.order_id)


def _cancel_unfit(venue: Venue, state: MarketState) -> None:
    for order in venue.store.open_on(state.spec.name):
        reason = _misfit(order, state)
        if reason is not None:
            venue.engine.cancel(order, venue.now_ms, reason=reason)


def _misfit(order: Order, state: MarketState) -> Reason | None:
    """Return why an order could not be placed as it stands."""
    spec = state.spec
    prices = [order.trigger.price] if order.trigger is not None else []
    for leg in (order.take_profit, order.stop_loss):
        if leg is not None:
            prices += [leg.trigger_price, leg.price]
    if not spec.is_on_step(order.price) or any(spec.ticks_of(price) is None for price in prices):
        return Reason.INVALID_PRICE
    size = spec.size(order.lots)
    return Reason.INVALID_QTY if size and (size < spec.min_order_size or spec.lots_of(size) is None) else None

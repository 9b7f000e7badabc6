"""The gate that every order passes before it is signed."""

from decimal import Decimal
from typing import Final

import msgspec

from bot.core.actions import ApprovedOrder
from bot.core.errors import RiskRefused
from bot.core.live_orders import LiveOrders
from bot.core.market import Market
from bot.core.notes import Reason
from bot.core.numbers import plain
from bot.core.orders import Order, Owner, Side, Status
from bot.core.risk.exposure import capacity, possibly_live, shrinks
from bot.core.risk.references import Believed, check_collar

ONE: Final = Decimal(1)


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What risk found about this order's market before the gate; limits that are None do not hold.

    Nothing in here but the price ever stands in the way of an order that can only shrink the position.
    """

    allowance: Decimal | None = None
    """How much may be live on the order's side altogether, in the base asset."""
    why: str = ""
    """Which limit makes the allowance, for people."""
    blocked: Reason | None = None
    """Why nothing may be opened now."""
    open_orders: tuple[int, int | None] = (0, None)
    """The account's live orders of ours, and how many there may be."""
    market_open_orders: int | None = None
    believed: Believed | None = None
    price_collar: Decimal = ONE


OPEN: Final = Gate()


def approve(
    order: Order,
    *,
    market: Market,
    orders: LiveOrders,
    position: Decimal,
    mark_price: Decimal | None,
    max_position: Decimal | None,
    max_order_notional: Decimal | None,
    gate: Gate = OPEN,
) -> ApprovedOrder:
    """Let an order pass, as a type that nothing else can make.

    `max_position` None: the market is not quoted, and only the exchange's largest position value holds.

    Raises: RiskRefused with a code and a sentence that names the limit.
    """
    _check_market(order, market, orders)
    _check_price(order, market, mark_price)
    if gate.believed is not None:
        check_collar(order.side, market.price(order.price), gate.believed, gate.price_collar)
    _check_value(order, market, max_order_notional)
    if order.owner is Owner.BOT and not (order.post_only or order.reduce_only):
        raise RiskRefused("not_post_only", "the bot's own orders are post-only, always, but for an exit that only reduces")
    _check_own_cross(order, orders)
    live = possibly_live(orders, market, order.side)
    if order.reduce_only or shrinks(position, live, order.side, market.size(order.size)):
        return ApprovedOrder(order=order)
    limit = market.max_position_value / market.price(order.price) if max_position is None else max_position
    _check_exposure(order, market, live, position, limit)
    _check_gate(order, market, orders, live, gate)
    return ApprovedOrder(order=order)


def _check_market(order: Order, market: Market, orders: LiveOrders) -> None:
    if not market.is_tradable and not order.reduce_only:
        raise RiskRefused("market_closed", f"{market.name} is {market.status} on the exchange")
    if market.size(order.size) < market.min_size:
        raise RiskRefused("size_below_minimum", f"size {plain(market.size(order.size))} is below {plain(market.min_size)}")
    if len(orders.of(market.name)) >= market.max_open_orders:
        raise RiskRefused("too_many_orders", f"{market.max_open_orders} orders are open on {market.name}, the exchange's limit")


def _check_price(order: Order, market: Market, mark_price: Decimal | None) -> None:
    price = market.price(order.price)
    if price <= 0:
        raise RiskRefused("price_not_positive", "the price must be above zero")
    if mark_price is None:
        raise RiskRefused("no_reference_price", f"no mark price for {market.name}: a price cannot be checked")
    if order.side is Side.BUY and price > mark_price * (ONE + market.price_cap):
        raise RiskRefused(
            "price_band", f"a buy may stand at most at {mark_price * (ONE + market.price_cap):.6g}, asked {plain(price)}"
        )
    if order.side is Side.SELL and price < mark_price * (ONE - market.price_floor):
        floor = mark_price * (ONE - market.price_floor)
        raise RiskRefused("price_band", f"a sell may stand at least at {floor:.6g}, asked {plain(price)}")


def _check_value(order: Order, market: Market, max_order_notional: Decimal | None) -> None:
    value = market.notional(order.price, order.size)
    if value > market.max_order_value:
        raise RiskRefused(
            "order_value", f"order value {_shown(value)} is above the exchange's limit {plain(market.max_order_value)}"
        )
    if max_order_notional is not None and value > max_order_notional:
        raise RiskRefused("order_notional", f"order value {_shown(value)} is above our limit {plain(max_order_notional)}")


def _check_own_cross(order: Order, orders: LiveOrders) -> None:
    """Keep the bot's sides apart. An order in doubt does not count: should it rest, the exchange refuses our post-only one."""
    for other in orders.of(order.market, side=order.side.opposite):
        if other.status is Status.UNKNOWN:
            continue
        meets = order.price >= other.price if order.side is Side.BUY else order.price <= other.price
        if meets and order.owner is Owner.BOT and other.owner is Owner.BOT:
            raise RiskRefused("self_cross", f"the {order.side} would meet our own {other.side} {other.client_order_id}")


def _check_exposure(order: Order, market: Market, live: Decimal, position: Decimal, max_position: Decimal) -> None:
    size = market.size(order.size)
    room = capacity(position, live, order.side, max_position)
    if size > room:
        left = plain(max(room, Decimal(0)))
        text = f"{order.side} {plain(size)} could take the position past {plain(max_position)}; room left {left}"
        raise RiskRefused("position_limit", text)


def _check_gate(order: Order, market: Market, orders: LiveOrders, live: Decimal, gate: Gate) -> None:
    """Hold back what opens: by verdict, by count, and by exposure over all markets."""
    if gate.blocked is not None:
        raise RiskRefused(gate.blocked.code, f"nothing may be opened: {gate.blocked.text}")
    count, most = gate.open_orders
    if most is not None and count >= most:
        raise RiskRefused("too_many_orders", f"{count} orders of ours are open on the account, limit {most}")
    here = len(orders.of(market.name))
    if gate.market_open_orders is not None and here >= gate.market_open_orders:
        raise RiskRefused("too_many_orders", f"{here} orders are open on {market.name}, limit {gate.market_open_orders}")
    size = market.size(order.size)
    if gate.allowance is not None and size + live > gate.allowance:
        left = plain(max(gate.allowance - live, Decimal(0)))
        raise RiskRefused("exposure_limit", f"{order.side} {plain(size)} is more than {gate.why} leaves: {left}")


def _shown(value: Decimal) -> str:
    return f"{value:.2f}"

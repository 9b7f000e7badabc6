"""The gate that every order passes before it is signed."""

from decimal import Decimal

from bot.core.actions import ApprovedOrder
from bot.core.errors import RiskRefused
from bot.core.live_orders import LiveOrders
from bot.core.market import Market
from bot.core.numbers import plain
from bot.core.orders import Order, Owner, Side, Status
from bot.core.risk.exposure import capacity, possibly_live

ONE = Decimal(1)


def approve(
    order: Order,
    *,
    market: Market,
    orders: LiveOrders,
    position: Decimal,
    mark_price: Decimal | None,
    max_position: Decimal | None,
    max_order_notional: Decimal | None,
) -> ApprovedOrder:
    """Let an order pass, as a type that nothing else can make.

    `max_position` None: the market is not quoted, and only the exchange's largest position value holds.

    Raises: RiskRefused with a code and a sentence that names the limit.
    """
    _check_market(order, market, orders)
    _check_price(order, market, mark_price)
    _check_value(order, market, max_order_notional)
    if order.owner is Owner.BOT and not order.post_only:
        raise RiskRefused("not_post_only", "the bot's own orders are post-only, always")
    _check_own_cross(order, orders)
    limit = market.max_position_value / market.price(order.price) if max_position is None else max_position
    _check_exposure(order, market, orders, position, limit)
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
            "price_band", f"a buy may stand at most at {_shown(mark_price * (ONE + market.price_cap))}, asked {plain(price)}"
        )
    if order.side is Side.SELL and price < mark_price * (ONE - market.price_floor):
        floor = mark_price * (ONE - market.price_floor)
        raise RiskRefused("price_band", f"a sell may stand at least at {_shown(floor)}, asked {plain(price)}")


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


def _check_exposure(order: Order, market: Market, orders: LiveOrders, position: Decimal, max_position: Decimal) -> None:
    size = market.size(order.size)
    if order.reduce_only:
        return
    live = possibly_live(orders, market, order.side)
    if position * order.side.sign < 0 and size + live <= abs(position):
        return
    room = capacity(position, live, order.side, max_position)
    if size > room:
        left = plain(max(room, Decimal(0)))
        text = f"{order.side} {plain(size)} could take the position past {plain(max_position)}; room left {left}"
        raise RiskRefused("position_limit", text)


def _shown(value: Decimal) -> str:
    return f"{value:.2f}"

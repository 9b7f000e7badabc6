"""Orders and fills in the exchange's words: from the venue's own records to wire records."""

from decimal import Decimal

from bot.core.numbers import Lots, Ticks
from simulator.ledger import Position
from simulator.markets import MarketSpec
from simulator.matching import Side
from simulator.orders import Leg, Order, Status, Trigger
from simulator.wire import MARK_GRID, OrderRecord, PublicTradeRecord, TradeRecord, rounded, text


def order_record(order: Order, spec: MarketSpec) -> OrderRecord:
    average = None
    if order.filled:
        average = rounded(spec.tick_size * order.filled_tick_lots / order.filled, MARK_GRID)
    cancelled = order.left if order.status in (Status.CANCELLED, Status.EXPIRED) else 0
    return OrderRecord(
        id=order.order_id,
        external_id=order.external_id,
        account_id=order.account_id,
        market=order.market,
        type=order.kind.value,
        side=order.side.value,
        status=order.status.value,
        status_reason=order.reason.value if order.reason else None,
        price=text(spec.price(order.price)) if order.price else None,
        average_price=average,
        qty=text(spec.size(order.lots)),
        filled_qty=text(spec.size(order.filled)),
        cancelled_qty=text(spec.size(Lots(cancelled))) if cancelled else None,
        payed_fee=text(order.paid_fee),
        reduce_only=order.reduce_only,
        post_only=order.post_only,
        time_in_force=order.time_in_force.value,
        created_time=order.created_ms,
        updated_time=order.updated_ms,
        expire_time=order.expiry_ms,
        prev_order_id=order.previous_id,
        tp_sl_type=order.scope.value if order.scope else None,
        trigger=None if order.trigger is None else _trigger_record(order.trigger),
        take_profit=None if order.take_profit is None else _leg_record(order.take_profit),
        stop_loss=None if order.stop_loss is None else _leg_record(order.stop_loss),
    )


def _trigger_record(trigger: Trigger) -> dict[str, str]:
    return {
        "triggerPrice": text(trigger.price),
        "triggerPriceType": trigger.source.value,
        "direction": trigger.direction,
        "executionPriceType": trigger.execution.value,
    }


def _leg_record(leg: Leg) -> dict[str, str]:
    return {
        "triggerPrice": text(leg.trigger_price),
        "triggerPriceType": leg.source.value,
        "price": text(leg.price),
        "priceType": leg.execution.value,
    }


def own_trade_record(
    *, trade_id: int, order: Order, spec: MarketSpec, price: Ticks, lots: Lots, fee: Decimal, is_taker: bool, now_ms: int
) -> TradeRecord:
    return TradeRecord(
        id=trade_id,
        account_id=order.account_id,
        market=order.market,
        order_id=order.order_id,
        external_order_id=order.external_id,
        side=order.side.value,
        price=text(spec.price(price)),
        qty=text(spec.size(lots)),
        value=text(spec.price(price) * spec.size(lots)),
        fee=text(fee),
        trade_type="DELEVERAGE" if order.deleverages else "LIQUIDATION" if order.liquidates else "TRADE",
        is_taker=is_taker,
        created_time=now_ms,
    )


def public_trade_record(
    *, trade_id: int, spec: MarketSpec, taker_side: Side, price: Ticks, lots: Lots, now_ms: int, liquidates: bool = False
) -> PublicTradeRecord:
    return PublicTradeRecord(
        i=trade_id,
        m=spec.name,
        S=taker_side.value,
        tT="LIQUIDATION" if liquidates else "TRADE",
        T=now_ms,
        p=text(spec.price(price)),
        q=text(spec.size(lots)),
    )


def position_history_row(position: Position, spec: MarketSpec, leverage: Decimal) -> dict[str, object]:
    """Return one row of the position history, open or closed."""
    is_open = bool(position.lots)
    row: dict[str, object] = {
        "id": position.position_id,
        "accountId": position.account_id,
        "market": position.market,
        "side": "LONG" if (position.side_sign or position.closed_side) > 0 else "SHORT",
        "leverage": text(leverage),
        "size": text(spec.size(position.max_lots)),
        "maxPositionSize": text(spec.size(position.max_lots)),
        "openPrice": rounded(position.entry_price(spec.lot_size), MARK_GRID),
        "realisedPnl": text(position.realised),
        "realisedPnlBreakdown": {
            "tradePnl": text(position.trade_pnl),
            "fundingFees": text(position.funding),
            "openFees": text(-position.open_fees),
            "closeFees": text(-position.close_fees),
        },
        "createdTime": position.created_ms,
    }
    if position.closed_lots:
        row["exitPrice"] = rounded(position.closed_value / spec.size(position.closed_lots), MARK_GRID)
    if not is_open:
        row |= {"exitType": "TRADE", "closedTime": position.closed_ms}
    return row

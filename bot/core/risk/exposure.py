"""Worst-case exposure: the position if everything that may still fill does fill, on one side."""

from decimal import Decimal

from bot.core.live_orders import LiveOrders
from bot.core.market import Market
from bot.core.numbers import Lots
from bot.core.orders import Side

ZERO = Decimal(0)


def possibly_live(orders: LiveOrders, market: Market, side: Side) -> Decimal:
    """Return the size that may still fill on one side, in the base asset: ours in every state but ended, and strangers'."""
    ours = sum((order.remaining for order in orders.of(market.name, side=side) if not order.reduce_only), start=0)
    theirs = sum(
        (
            report.size - report.filled
            for report in orders.foreign.values()
            if report.market == market.name and report.side is side and not report.reduce_only
        ),
        start=ZERO,
    )
    return market.size(Lots(ours)) + theirs


def capacity(position: Decimal, live: Decimal, side: Side, max_position: Decimal) -> Decimal:
    """Return how much more may be ordered on `side` before |position| could pass the limit; negative when it already could.

    The side that shrinks the position is measured from zero crossing to the limit on the other side, so it is never blocked by a
    limit meant for opening.
    """
    return max_position - side.sign * position - live

"""Orders whose fate is in doubt: when to ask, and when enough is known to conclude.

An order is in doubt when its answer was lost, when the exchange said nothing for too long, when a cancel found nothing, or when a
list of open orders lacks it. None of these ends it. It is asked about by its own id, at most once a second; it is concluded gone
only when the exchange has said "not found" twice in a row, at least a second apart, the fills of the interval were read, and its
own expiry with a grace has passed. Until then it counts as live.
"""

from typing import Final

import msgspec

from bot.core.actions import AnyAction, LookUpOrder
from bot.core.events import OrderLookedUp, OrdersReported
from bot.core.live_orders import LiveOrders
from bot.core.orders import Order, Saw, Status

SILENCE_MS: Final = 3_000
"""An order that was sent or acknowledged and of which nothing was heard for this long is in doubt."""
ASK_AGAIN_MS: Final = 1_000
ASK_SLOWLY_MS: Final = 10_000
"""Pace of questions once the exchange has said twice that it knows nothing."""
LIST_LAG_MS: Final = 5_000
"""A list read over REST may lag the book by this much: what changed later proves nothing."""
GRACE_MS: Final = 10_000
STRIKES: Final = 2
MOST_QUESTIONS: Final = 10


class Doubt(msgspec.Struct):
    """What was asked and heard about one order in doubt."""

    asked_ms: int = 0
    not_found: int = 0
    not_found_ms: int = 0


class Doubts:
    """Questions about orders in doubt."""

    def __init__(self) -> None:
        self._doubts: dict[str, Doubt] = {}

    def absent(self, orders: LiveOrders, event: OrdersReported) -> None:
        """A complete list of open orders arrived: ours that it lacks, and that rested before it was asked for, are in doubt."""
        listed = {report.client_order_id for report in event.orders}
        for order in orders:
            covered = event.market in (None, order.market)
            settled = order.status in (Status.RESTING, Status.CANCELLING, Status.ACKED)
            older = order.since_ms < event.asked_ms - (LIST_LAG_MS if event.source == "rest" else 0)
            if covered and settled and order.client_order_id not in listed and older:
                orders.saw(order.client_order_id, Saw.SILENCE, event.received_ms)

    def looked_up(self, event: OrderLookedUp) -> None:
        """An answer about one order arrived."""
        doubt = self._doubts.get(event.client_order_id)
        if doubt is None:
            return
        if event.report is not None:
            doubt.not_found = 0
        elif event.asked_ms - doubt.not_found_ms >= ASK_AGAIN_MS:
            doubt.not_found += 1
            doubt.not_found_ms = event.received_ms

    def questions(self, orders: LiveOrders, now_ms: int) -> list[AnyAction]:
        """Return what to ask now, oldest doubts first, a bounded number at a time."""
        actions: list[AnyAction] = []
        if self._doubts:
            self._doubts = {order_id: doubt for order_id, doubt in self._doubts.items() if orders.is_live(order_id)}
        for order in orders.moving():
            silent = order.status in (Status.PLACING, Status.ACKED, Status.CANCELLING) and now_ms - order.since_ms >= SILENCE_MS
            if silent:
                orders.saw(order.client_order_id, Saw.SILENCE, now_ms)
            if not silent and order.status is not Status.UNKNOWN:
                continue
            doubt = self._doubts.setdefault(order.client_order_id, Doubt())
            pace = ASK_SLOWLY_MS if doubt.not_found >= STRIKES else ASK_AGAIN_MS
            if now_ms - doubt.asked_ms >= pace and len(actions) < MOST_QUESTIONS:
                doubt.asked_ms = now_ms
                actions.append(LookUpOrder(client_order_id=order.client_order_id))
        return actions

    def conclude(self, orders: LiveOrders, now_ms: int) -> list[tuple[Order, Order]]:
        """End the orders of which enough is known; returns each before and after."""
        ended = []
        for order_id, doubt in list(self._doubts.items()):
            order = orders.get(order_id)
            if order is None or order.status is not Status.UNKNOWN or doubt.not_found < STRIKES:
                continue
            if now_ms < order.expires_ms + GRACE_MS:
                continue
            after = orders.saw(order_id, Saw.INFERRED_GONE, now_ms, reason="EXPIRED (inferred)")
            assert after is not None
            ended.append((order, after))
            del self._doubts[order_id]
        return ended

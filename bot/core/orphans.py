"""Orders of the bot on markets that it does not quote any more: cancelled, again and again until the exchange has ended them."""

from collections.abc import Container
from typing import Final

from bot.core.actions import AnyAction, cancel_of
from bot.core.live_orders import LiveOrders
from bot.core.orders import Order, Saw

RETRY_MS: Final = 2_000


class Orphans:
    """Remembers when each was asked about last."""

    def __init__(self) -> None:
        self._asked_ms: dict[str, int] = {}

    def decide(self, orders: LiveOrders, live: tuple[Order, ...], quoted: Container[str], now_ms: int) -> list[AnyAction]:
        """Return the cancels that are due; `quoted` holds the markets that look after their own orders."""
        self._asked_ms = {order.client_order_id: self._asked_ms.get(order.client_order_id, 0) for order in live}
        actions: list[AnyAction] = []
        for order in live:
            if order.market in quoted or now_ms - self._asked_ms[order.client_order_id] < RETRY_MS:
                continue
            self._asked_ms[order.client_order_id] = now_ms
            orders.saw(order.client_order_id, Saw.CANCEL_SENT, now_ms)
            actions.append(cancel_of(order))
        return actions

"""Orders of the bot on markets that it does not quote any more: cancelled, again and again until the exchange has ended them."""

from collections.abc import Collection
from typing import Final

from bot.core.actions import AnyAction, cancel_of
from bot.core.live_orders import LiveOrders
from bot.core.orders import Owner, Saw

RETRY_MS: Final = 2_000


class Orphans:
    """Remembers when each was asked about last."""

    def __init__(self) -> None:
        self._asked_ms: dict[str, int] = {}

    def decide(self, orders: LiveOrders, quoted: Collection[str], now_ms: int) -> list[AnyAction]:
        """Return the cancels that are due; `quoted` holds the markets that look after their own orders."""
        if self._asked_ms:
            self._asked_ms = {order_id: asked_ms for order_id, asked_ms in self._asked_ms.items() if orders.is_live(order_id)}
        actions: list[AnyAction] = []
        for order in orders.outside(quoted, Owner.BOT):
            if now_ms - self._asked_ms.get(order.client_order_id, 0) < RETRY_MS:
                continue
            self._asked_ms[order.client_order_id] = now_ms
            orders.saw(order.client_order_id, Saw.CANCEL_SENT, now_ms)
            actions.append(cancel_of(order))
        return actions

"""What REST shows of orders and fills: the stream's truth, a settable delay later."""

from collections import defaultdict, deque
from typing import Final

from simulator.events import Event, FillBooked, OrderChanged
from simulator.orders import OPEN
from simulator.wire import OrderRecord, TradeRecord

OPEN_WORDS: Final = frozenset(status.value for status in OPEN)
ORDERS_KEPT: Final = 50_000
TRADES_KEPT: Final = 50_000


class ReadModel:
    """Orders and fills per account, `lag_ms` behind the events."""

    def __init__(self, lag_ms: int) -> None:
        self.lag_ms = lag_ms
        self._coming: deque[OrderChanged] = deque()
        self._orders: defaultdict[int, dict[int, OrderRecord]] = defaultdict(dict)
        self._open: defaultdict[int, dict[int, OrderRecord]] = defaultdict(dict)
        self._external: dict[tuple[int, str], int] = {}
        self._trades: defaultdict[int, deque[TradeRecord]] = defaultdict(lambda: deque(maxlen=TRADES_KEPT))

    def feed(self, event: Event) -> None:
        match event:
            case OrderChanged():
                self._coming.append(event)
            case FillBooked():
                self._trades[event.account_id].append(event.trade)
            case _:
                return

    def settle(self, now_ms: int, lag_ms: int | None = None) -> None:
        """Make visible what is old enough: `lag_ms` old, or as old as always."""
        wanted_ms = self.lag_ms if lag_ms is None else lag_ms
        while self._coming and self._coming[0].ms + wanted_ms <= now_ms:
            self._show(self._coming.popleft())

    def _show(self, event: OrderChanged) -> None:
        account_id, order = event.account_id, event.order
        orders = self._orders[account_id]
        orders[order.id] = order
        self._external[account_id, order.external_id] = order.id
        if order.status in OPEN_WORDS:
            self._open[account_id][order.id] = order
        else:
            self._open[account_id].pop(order.id, None)
        if len(orders) > ORDERS_KEPT:
            self._forget_oldest(account_id, orders)

    def _forget_oldest(self, account_id: int, orders: dict[int, OrderRecord]) -> None:
        oldest = next((each for each in orders if each not in self._open[account_id]), None)
        if oldest is not None:
            self._external.pop((account_id, orders.pop(oldest).external_id), None)

    def open_orders(self, account_id: int) -> list[OrderRecord]:
        return list(self._open[account_id].values())

    def orders(self, account_id: int) -> list[OrderRecord]:
        """Return all remembered orders, newest first."""
        return sorted(self._orders[account_id].values(), key=lambda order: -order.id)

    def order(self, account_id: int, order_id: int) -> OrderRecord | None:
        return self._orders[account_id].get(order_id)

    def by_external_id(self, account_id: int, external_id: str) -> list[OrderRecord]:
        order_id = self._external.get((account_id, external_id))
        return [] if order_id is None else [self._orders[account_id][order_id]]

    def trades(self, account_id: int) -> list[TradeRecord]:
        """Return the account's fills, newest first."""
        return list(reversed(self._trades[account_id]))

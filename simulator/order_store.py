"""The exchange's memory of orders: by id, by external id, and which are open."""

from collections import defaultdict
from heapq import heapify, heappop, heappush
from typing import Final

from simulator.matching import Side
from simulator.orders import Order, Scope

UNFILLED_KEPT: Final = 20_000
"""Closed orders without any fill kept per account; older ones vanish, as they do after a while on the real exchange."""
FILLED_KEPT: Final = 50_000
"""Closed orders with fills kept per account."""
EXPIRIES_UNSORTED: Final = 1_000
"""Fewer expiries than this are not worth tidying."""


class OrderStore:
    """All external orders, and the queue of their expiries."""

    def __init__(self, unfilled_kept: int = UNFILLED_KEPT, filled_kept: int = FILLED_KEPT) -> None:
        self._kept = {False: unfilled_kept, True: filled_kept}
        self.by_id: dict[int, Order] = {}
        self.by_external: dict[tuple[int, str], Order] = {}
        self._live: defaultdict[int, dict[int, Order]] = defaultdict(dict)
        self._closed: defaultdict[tuple[int, bool], dict[int, None]] = defaultdict(dict)
        self._expiries: list[tuple[int, int]] = []

    def add(self, order: Order) -> None:
        self.by_id[order.order_id] = order
        self.by_external[order.account_id, order.external_id] = order
        self._live[order.account_id][order.order_id] = order

    def close(self, order: Order) -> None:
        """Note that an order reached a final status, and forget the oldest closed ones beyond the limit."""
        assert order.is_final
        self._live[order.account_id].pop(order.order_id, None)
        filled = order.filled > 0
        kept = self._closed[order.account_id, filled]
        kept[order.order_id] = None
        if len(kept) > self._kept[filled]:
            oldest = next(iter(kept))
            del kept[oldest]
            forgotten = self.by_id.pop(oldest)
            self.by_external.pop((forgotten.account_id, forgotten.external_id), None)

    def live(self, account_id: int, market: str | None = None) -> list[Order]:
        """Return open orders and those the book has not decided yet, oldest first."""
        orders = self._live[account_id].values()
        return [order for order in orders if market is None or order.market == market]

    def open_on(self, market: str) -> list[Order]:
        """Return every account's open orders on a market."""
        return [order for orders in self._live.values() for order in orders.values() if order.market == market and order.is_open]

    def whole_position_stop(self, account_id: int, market: str) -> Order | None:
        """Return the waiting order that closes an account's whole position; there is at most one."""
        orders = self._live[account_id].values()
        return next((each for each in orders if each.scope is Scope.POSITION and each.waits and each.market == market), None)

    def resting_values(self, account_id: int, market: str, without: Order | None = None) -> tuple[int, int]:
        """Return (buys, sells): the sum of price times size left over live orders, in ticks times lots.

        Reduce-only orders and those that wait for a trigger need no margin; `without` is an order about to be replaced.
        """
        return self.resting_by_market(account_id, without).get(market, (0, 0))

    def resting_by_market(self, account_id: int, without: Order | None = None) -> dict[str, tuple[int, int]]:
        """Return the same for every market with such orders."""
        found: dict[str, tuple[int, int]] = {}
        for order in self._live[account_id].values():
            if order.reduce_only or order.waits or order is without:
                continue
            buys, sells = found.get(order.market, (0, 0))
            value = order.price * (order.lots - order.filled)
            found[order.market] = (buys + value, sells) if order.side is Side.BUY else (buys, sells + value)
        return found

    def watch_expiry(self, order: Order) -> None:
        heappush(self._expiries, (order.expiry_ms, order.order_id))
        if len(self._expiries) <= EXPIRIES_UNSORTED:
            return
        live = sum(len(orders) for orders in self._live.values())
        if len(self._expiries) > 4 * live + EXPIRIES_UNSORTED:  # mostly orders that ended otherwise
            self._expiries = [entry for entry in self._expiries if self._is_live(entry[1])]
            heapify(self._expiries)

    def next_expiry_ms(self) -> int | None:
        """Return when the next open order expires."""
        while self._expiries and not self._is_live(self._expiries[0][1]):
            heappop(self._expiries)
        return self._expiries[0][0] if self._expiries else None

    def pop_expired(self, now_ms: int) -> Order | None:
        """Return one open order whose time has come, removing it from the queue."""
        due = self.next_expiry_ms()
        return self.by_id[heappop(self._expiries)[1]] if due is not None and due <= now_ms else None

    def _is_live(self, order_id: int) -> bool:
        order = self.by_id.get(order_id)
        return order is not None and order.is_open

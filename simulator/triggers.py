"""Orders that wait for a price: conditional orders, take-profit and stop-loss.

They are open (UNTRIGGERED) but in no book. When the watched price reaches the trigger, the same order goes to the book with the
price of its leg. A take-profit and a stop-loss in one order are alternatives: the first to trigger is the order from then on.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import assert_never

from simulator.market_state import MarketState
from simulator.orders import Leg, Order, PriceSource, Status


class Direction(Enum):
    """Which way the price must come from: it triggers at or above (UP), at or below (DOWN)."""

    UP = "UP"
    DOWN = "DOWN"


@dataclass(frozen=True, slots=True)
class Released:
    """An order whose price came; `leg` is None for a conditional order."""

    order: Order
    leg: Leg | None


class TriggerDesk:
    """All waiting orders by market."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, dict[int, Order]] = defaultdict(dict)
        self._seen: dict[str, tuple[Decimal, ...]] = {}
        """The prices each market's waiting orders were last held against."""

    @property
    def any(self) -> bool:
        return any(self._waiting.values())

    def add(self, order: Order) -> None:
        self._waiting[order.market][order.order_id] = order
        self._seen.pop(order.market, None)

    def due(self, state: MarketState) -> list[Released]:
        """Take out the orders whose price has come, oldest first."""
        waiting = self._waiting.get(state.spec.name)
        prices = (state.mark, state.index, state.trade_low, state.trade_high)
        if not waiting or self._seen.get(state.spec.name) == prices:
            return []
        self._seen[state.spec.name] = prices
        found = []
        for order in list(waiting.values()):
            if order.status is not Status.UNTRIGGERED:
                del waiting[order.order_id]  # cancelled or expired meanwhile
                continue
            released = _released(order, state)
            if released is not None:
                del waiting[order.order_id]
                found.append(released)
        return found


def _released(order: Order, state: MarketState) -> Released | None:
    if order.trigger is not None:
        up = order.trigger.direction == Direction.UP.value
        return Released(order, None) if _reached(state, order.trigger.source, order.trigger.price, up=up) else None
    for leg, gains in ((order.take_profit, True), (order.stop_loss, False)):
        if leg is not None and _reached(state, leg.source, leg.trigger_price, up=gains == (order.side.sign < 0)):
            return Released(order, leg)
    return None


def _reached(state: MarketState, source: PriceSource, trigger: Decimal, *, up: bool) -> bool:
    match source:
        case PriceSource.MARK:
            price = state.mark
        case PriceSource.INDEX:
            price = state.index
        case PriceSource.LAST:
            price = state.trade_high if up else state.trade_low
        case _:
            assert_never(source)
    return price >= trigger if up else price <= trigger

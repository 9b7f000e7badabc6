"""Every order of ours that may still be filled, and the recent ones that ended.

One table for orders made by the bot and by hand; orders of strangers on the same account are kept beside it as reports, counted
but never touched. An order enters before its request leaves, so the stream may speak about it before REST has answered.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator

import msgspec

from bot.core.errors import InvariantBroken
from bot.core.events import OrdersReported
from bot.core.market import Market
from bot.core.numbers import Lots
from bot.core.order_ids import owner_of
from bot.core.orders import (
    POSITION_STOP,
    ExchangeStatus,
    Order,
    OrderReport,
    Owner,
    Saw,
    Side,
    Status,
    TimeInForce,
    next_status,
)

READ_LAG_MS = 5_000
"""What the exchange's REST reads may lag behind its book."""
BELIEVED_END_MS = 30_000
"""The exchange's lists lag its stream by less than this: one that was asked for later and still has the order is right."""
ENDED_KEPT = 2000
"""Ended orders remembered, so that late fills and late answers still find theirs."""

_SAW = {
    ExchangeStatus.NEW: Saw.OPEN,
    ExchangeStatus.PARTIALLY_FILLED: Saw.OPEN,
    ExchangeStatus.UNTRIGGERED: Saw.OPEN,
    ExchangeStatus.FILLED: Saw.FILLED,
    ExchangeStatus.CANCELLED: Saw.CANCELLED,
    ExchangeStatus.EXPIRED: Saw.EXPIRED,
    ExchangeStatus.REJECTED: Saw.REJECTED,
}


class LiveOrders:
    """The order table; a change of status returns the order before and after."""

    def __init__(self, is_ours: Callable[[str], bool] = lambda _client_order_id: True) -> None:
        """`is_ours` tells our own earlier runs from another bot, whose orders are a stranger's whatever their ids look like."""
        self._is_ours = is_ours
        self._live: dict[str, Order] = {}
        self._by_market: dict[str, dict[str, Order]] = {}
        """The same orders by market: what one market costs must not grow with the number of the others."""
        self._moving: dict[str, Order] = {}
        """Those that do not just rest: they wait for a word of the exchange, or their fate is in doubt."""
        self._place: dict[str, int] = {}
        """Where each live order stands in the table."""
        self._entered = 0
        self._ended: OrderedDict[str, Order] = OrderedDict()
        self._holes: dict[str, Order] = {}
        """Orders, ended ones too, of which more was filled than the known fills add up to."""
        self.foreign: dict[int, OrderReport] = {}

    def __iter__(self) -> Iterator[Order]:
        return iter(tuple(self._live.values()))

    def __len__(self) -> int:
        return len(self._live)

    def is_live(self, client_order_id: str) -> bool:
        """Say whether an order of this id may still be filled."""
        return client_order_id in self._live

    def moving(self) -> tuple[Order, ...]:
        """Return the live orders that do not just rest, in the order of the table."""
        return self._in_order(self._moving.values())

    def outside(self, markets: Collection[str], owner: Owner) -> tuple[Order, ...]:
        """Return one owner's live orders on all markets but the named ones, in the order of the table."""
        return self._in_order(
            order
            for market, orders in self._by_market.items()
            if market not in markets
            for order in orders.values()
            if order.owner is owner
        )

    def _in_order(self, orders: Iterable[Order]) -> tuple[Order, ...]:
        return tuple(sorted(orders, key=lambda order: self._place[order.client_order_id]))

    def get(self, client_order_id: str) -> Order | None:
        return self._live.get(client_order_id) or self._ended.get(client_order_id)

    def of(self, market: str, owner: Owner | None = None, side: Side | None = None) -> tuple[Order, ...]:
        """Return the live orders of one market, of one owner and side if given."""
        return tuple(
            order
            for order in self._by_market.get(market, {}).values()
            if owner in (None, order.owner) and side in (None, order.side)
        )

    def add(self, order: Order) -> None:
        """Take in an order that is about to be sent or was found on the exchange.

        Raises: InvariantBroken when the id was used before.
        """
        if self.get(order.client_order_id) is not None:
            raise InvariantBroken(f"order id {order.client_order_id} is used twice")
        self._keep(order)

    def _keep(self, order: Order) -> None:
        order_id = order.client_order_id
        if order_id not in self._live:
            self._entered += 1
            self._place[order_id] = self._entered
        self._live[order_id] = order
        self._by_market.setdefault(order.market, {})[order_id] = order
        if order.status is Status.RESTING:
            self._moving.pop(order_id, None)
        else:
            self._moving[order_id] = order

    def restore(self, order: Order, now_ms: int) -> None:
        """Take in an order of an earlier run whose end is not known; it counts as live and is asked about."""
        if self.get(order.client_order_id) is None:
            doubtful = msgspec.structs.replace(
                order, status=Status.UNKNOWN, adopted=True, since_ms=now_ms, replaces=None, replaced_by=None, booked=order.filled
            )
            self._keep(doubtful)

    def saw(self, client_order_id: str, saw: Saw, now_ms: int, **known: object) -> Order | None:
        """Move one order along the table; `known` are fields learned on the way. None for an id we do not hold."""
        order = self.get(client_order_id)
        if order is None:
            return None
        status = next_status(order.status, saw)
        if saw is Saw.CANCEL_SENT:
            known["cancel_asked"] = True
        if status != order.status:
            known["since_ms"] = now_ms
        return self._store(msgspec.structs.replace(order, status=status, **known))

    def replaced(self, old_id: str, new_id: str, now_ms: int) -> None:
        """Note that `new_id` was sent to take the place of `old_id`; both count as live until the exchange has ended one."""
        self.saw(old_id, Saw.CANCEL_SENT, now_ms, replaced_by=new_id)

    def replacement_failed(self, new: Order, saw: Saw, now_ms: int) -> None:
        """The order that was to replace another was refused or not sent: `saw` is what this means for the old one."""
        old = self.get(new.replaces) if new.replaces else None
        if old is not None and old.replaced_by == new.client_order_id:
            self.saw(old.client_order_id, saw, now_ms, replaced_by=None, cancel_asked=False)

    def report(self, report: OrderReport, market: Market, now_ms: int, asked_ms: int | None = None) -> Order | None:
        """Apply what the exchange says about an order of ours; returns it as it is now, None when the report is a stranger's.

        Reports older than the newest applied one change nothing but the filled size, which only grows. `asked_ms` is when a
        REST answer was asked for, None on the stream: an answer that may be older than a doubt does not end the doubt.
        """
        order = self.get(report.client_order_id)
        if order is None:
            return self._meet(report, market, now_ms)
        filled = Lots(max(order.filled, market.floor_lots(report.filled)))
        learned: dict[str, object] = {"filled": filled, "exchange_order_id": report.exchange_order_id}
        saw = _SAW.get(report.status)
        if saw is None or report.updated_ms < order.updated_ms or _may_be_older_than_the_doubt(order, saw, asked_ms):
            return self._store(msgspec.structs.replace(order, filled=filled, exchange_order_id=report.exchange_order_id))
        learned |= {"updated_ms": report.updated_ms}
        if order.status.is_ended and not order.end_is_reported and report.status.is_open:
            return self._revive(order, learned, now_ms)
        if not report.status.is_open and not order.status.is_ended:
            learned["end_is_reported"] = True
        if report.reason and not order.status.is_ended:
            learned["reason"] = report.reason
        return self.saw(order.client_order_id, saw, now_ms, **learned)

    def _revive(self, order: Order, learned: dict[str, object], now_ms: int) -> Order:
        """Take back an end that we had concluded ourselves: the exchange says that the order lives."""
        self._ended.pop(order.client_order_id, None)
        learned |= {"status": Status.RESTING, "since_ms": now_ms, "reason": "came back", "adopted": True}
        return self._store(msgspec.structs.replace(order, **learned))

    def revive(self, event: OrdersReported) -> list[Order]:
        """Take back ends that a complete REST list denies long after they were told: the exchange has the last word."""
        revived = []
        for report in event.orders if event.source == "rest" else ():
            order = self._ended.get(report.client_order_id)
            if order is not None and report.status.is_open and event.asked_ms - order.since_ms > BELIEVED_END_MS:
                learned: dict[str, object] = {"end_is_reported": False, "updated_ms": report.updated_ms}
                revived.append(self._revive(order, learned, event.received_ms))
        return revived

    def filled_at_least(self, client_order_id: str, filled: Lots) -> Order | None:
        """Raise the filled size to the sum of known fills; the status waits for the exchange's word."""
        order = self.get(client_order_id)
        if order is None or filled <= order.booked:
            return order
        return self._store(msgspec.structs.replace(order, filled=Lots(max(order.filled, filled)), booked=filled))

    def unbooked(self, market: str, side: Side) -> Lots:
        """Return the lots of one side that were filled and of which no fill is known yet."""
        return Lots(sum(order.hole for order in self._holes.values() if order.market == market and order.side is side))

    def settle(self, market: str) -> None:
        """Forget the holes of a market: its position was taken from the exchange, which knows those fills."""
        for order in [each for each in self._holes.values() if each.market == market]:
            self._store(msgspec.structs.replace(order, booked=order.filled))

    def forget_strangers(self, event: OrdersReported) -> None:
        """Drop the strangers' orders that a complete list of open orders lacks."""
        listed = {report.exchange_order_id for report in event.orders}
        for exchange_order_id, report in list(self.foreign.items()):
            if exchange_order_id not in listed and event.market in (None, report.market):
                del self.foreign[exchange_order_id]

    def _meet(self, report: OrderReport, market: Market, now_ms: int) -> Order | None:
        """Take in an order that we did not send in this run: ours of an earlier run by its id, or a stranger's."""
        owner = owner_of(report.client_order_id)
        is_stop = report.price is None or report.order_type == POSITION_STOP  # kept beside the table; see `position_stop`
        if owner is Owner.FOREIGN or is_stop or not self._is_ours(report.client_order_id):
            if report.status.is_open:
                self.foreign[report.exchange_order_id] = report
            else:
                self.foreign.pop(report.exchange_order_id, None)
            return None
        if not report.status.is_open:
            return None
        order = adopted(report, owner, market, now_ms)
        self._keep(order)
        return order

    def _store(self, order: Order) -> Order:
        if order.hole:
            self._holes[order.client_order_id] = order
        else:
            self._holes.pop(order.client_order_id, None)
        if order.is_live:
            self._keep(order)
            return order
        for table in (self._live, self._by_market.get(order.market, {}), self._moving, self._place):
            table.pop(order.client_order_id, None)
        self._ended[order.client_order_id] = order
        while len(self._ended) > ENDED_KEPT:
            self._ended.popitem(last=False)
        return order


def _may_be_older_than_the_doubt(order: Order, saw: Saw, asked_ms: int | None) -> bool:
    """Report whether an order that was known to rest, and then came into doubt, is said to rest by a look that may lag."""
    was_known = order.status is Status.UNKNOWN and order.exchange_order_id is not None and not order.adopted
    return saw is Saw.OPEN and was_known and asked_ms is not None and asked_ms - order.since_ms < READ_LAG_MS


def adopted(report: OrderReport, owner: Owner, market: Market, now_ms: int) -> Order:
    """Return an order of an earlier run as our record. Its price is rounded to the grid for showing; it is never re-sent."""
    assert report.price is not None
    return Order(
        client_order_id=report.client_order_id,
        nonce=0,
        market=report.market,
        side=report.side,
        price=market.bid_ticks(report.price),
        size=market.floor_lots(report.size),
        time_in_force=TimeInForce.IOC if report.time_in_force == "IOC" else TimeInForce.GTT,
        post_only=report.post_only,
        reduce_only=report.reduce_only,
        owner=owner,
        created_ms=report.created_ms,
        expires_ms=report.expires_ms or 0,
        status=Status.RESTING,
        exchange_order_id=report.exchange_order_id,
        filled=market.floor_lots(report.filled),
        booked=market.floor_lots(report.filled),  # what was filled before is in the position that was found
        reason="adopted",
        adopted=True,
        since_ms=now_ms,
        updated_ms=report.updated_ms,
    )

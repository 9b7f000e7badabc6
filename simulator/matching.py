"""The order book of one market: price-time priority, in whole ticks and lots.

Pure: no clock, no network, no randomness. Whoever calls it decides who may trade with whom, and books the money.

Each side keeps a dict of levels and a sorted list of keys. A bid's key is its price and an ask's key is its negated price,
so on both sides the best level is the last key: taking from the touch pops the end of a list and moves nothing.
A level keeps its orders in a dict, which in Python is a first-in-first-out queue with constant-time removal.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, NamedTuple

from msgspec import Struct

from bot.core.numbers import Lots, Ticks

NO_LOTS: Final = Lots(0)


class Side(Enum):
    """The direction of an order or a trade; the values are the exchange's words."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1


_BUY: Final = Side.BUY  # a module's name is found faster than an enumeration's member


class SelfTradeRule(Enum):
    """Which order dies when a taker meets an order it may not trade with."""

    STOP_TAKER = "taker"
    CANCEL_MAKER = "maker"
    CANCEL_BOTH = "both"


class RestingOrder(Struct, gc=False):
    """What the book knows about an order: never more than matching needs."""

    order_id: int
    owner: int
    side: Side
    price: Ticks
    lots: Lots
    client: int = 0
    guarded: bool = False
    """The venue wants to be asked before this order trades: it may have to be shrunk first (reduce-only)."""
    ahead: int = 0
    """The size in front of it when it came to rest."""


class Match(Struct, frozen=True, gc=False):
    """One maker met by the taker; `maker_left` is what stays in the book."""

    maker_id: int
    maker_owner: int
    price: Ticks
    lots: Lots
    maker_left: Lots


class Taken(Struct, gc=False):
    """What one pass of a taker through the book did."""

    left: Lots
    matches: Sequence[Match] = ()
    stopped: bool = False
    """The remainder died of self-trade protection."""
    removed_makers: Sequence[int] = ()
    """Makers cancelled by self-trade protection."""
    waiting_for: int | None = None
    """A guarded maker stands in the way: the venue decides about it and takes again."""


class TakerShield(NamedTuple):
    """Whom a taker must not trade with; None means anybody is welcome."""

    owner: int | None = None
    client: int | None = None
    rule: SelfTradeRule = SelfTradeRule.STOP_TAKER

    def forbids(self, maker: RestingOrder) -> bool:
        return maker.owner == self.owner or (self.client is not None and maker.client == self.client)


OPEN_TO_ALL = TakerShield()


class _Level(Struct, gc=False):
    """The queue of one price, and its size."""

    price: Ticks
    orders: dict[int, RestingOrder]
    lots: int = 0


class _Half:
    """One side of the book; `key_sign` makes the best price the largest key."""

    __slots__ = ("changed", "key_sign", "keys", "levels")

    def __init__(self, key_sign: int) -> None:
        self.key_sign = key_sign
        self.keys: list[int] = []
        self.levels: dict[int, _Level] = {}
        self.changed: set[Ticks] = set()

    def open(self, price: Ticks) -> _Level:
        """Begin the queue of a price that has none."""
        level = self.levels[price] = _Level(price, {})
        insort(self.keys, price * self.key_sign)
        return level

    def drop(self, price: int) -> None:
        """Forget a price whose queue is empty."""
        del self.levels[price]
        key, keys = price * self.key_sign, self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]


class OrderBook:
    """A book of resting orders.

    `changed_bids` and `changed_asks` collect the prices whose size moved; a publisher reads and clears them.
    """

    __slots__ = ("_asks", "_bids", "_orders")

    def __init__(self) -> None:
        self._bids = _Half(1)
        self._asks = _Half(-1)
        self._orders: dict[int, RestingOrder] = {}

    @property
    def changed_bids(self) -> set[Ticks]:
        return self._bids.changed

    @property
    def changed_asks(self) -> set[Ticks]:
        return self._asks.changed

    def __len__(self) -> int:
        return len(self._orders)

    def _half(self, side: Side) -> _Half:
        return self._bids if side is _BUY else self._asks

    def best(self, side: Side) -> Ticks | None:
        """Return the best price of one side, or None when it is empty."""
        half = self._half(side)
        return Ticks(half.keys[-1] * half.key_sign) if half.keys else None

    def size_at(self, side: Side, price: Ticks) -> Lots:
        level = self._half(side).levels.get(price)
        return Lots(level.lots if level else 0)

    def levels(self, side: Side, depth: int | None = None) -> Iterator[tuple[Ticks, Lots]]:
        """Yield (price, size) from the best outwards, at most `depth` levels."""
        half = self._half(side)
        for position, key in enumerate(reversed(half.keys)):
            if position == depth:
                return
            price = key * half.key_sign
            yield Ticks(price), Lots(half.levels[price].lots)

    def orders_at(self, side: Side, price: Ticks) -> list[RestingOrder]:
        """Return the queue of one price, first in line first."""
        level = self._half(side).levels.get(price)
        return list(level.orders.values()) if level else []

    def find(self, order_id: int) -> RestingOrder | None:
        return self._orders.get(order_id)

    def would_cross(self, side: Side, price: Ticks) -> bool:
        """Return whether an order at this price would take instead of resting."""
        best = self.best(side.opposite)
        return best is not None and (price >= best if side is Side.BUY else price <= best)

    def rest(self, order: RestingOrder) -> None:
        """Put an order at the back of its price's queue.

        It must not cross: the caller takes first.
        """
        price, lots, order_id = order.price, order.lots, order.order_id
        if order.side is _BUY:
            half, opposite = self._bids, self._asks.keys
            assert not opposite or -opposite[-1] > price, "a resting order must not cross"
        else:
            half, opposite = self._asks, self._bids.keys
            assert not opposite or opposite[-1] < price, "a resting order must not cross"
        assert lots > 0, "an order at rest has a size"
        assert self._orders.setdefault(order_id, order) is order, "an order rests once"
        level = half.levels.get(price) or half.open(price)
        order.ahead = level.lots
        level.orders[order_id] = order
        level.lots += lots
        half.changed.add(price)

    def remove(self, order_id: int) -> RestingOrder | None:
        """Take an order out of the book; None when it is not there."""
        order = self._orders.pop(order_id, None)
        if order is None:
            return None
        half = self._bids if order.side is _BUY else self._asks
        price = order.price
        level = half.levels[price]
        del level.orders[order_id]
        if level.orders:
            level.lots -= order.lots
        else:
            half.drop(price)
        half.changed.add(price)
        return order

    def shrink(self, order_id: int, lots: Lots) -> None:
        """Make a resting order smaller; it keeps its place in the queue."""
        order = self._orders[order_id]
        assert 0 < lots <= order.lots, "an order only shrinks, and never to nothing"
        half = self._half(order.side)
        level = half.levels[order.price]
        level.lots += lots - order.lots
        half.changed.add(order.price)
        order.lots = lots

    def grow(self, order_id: int, lots: Lots) -> None:
        """Make a resting order larger in its place; only a recording does that, whose orders are whole levels."""
        order = self._orders[order_id]
        assert lots >= order.lots
        half = self._half(order.side)
        level = half.levels[order.price]
        level.lots += lots - order.lots
        half.changed.add(order.price)
        order.lots = lots

    def fill(self, order_id: int, lots: Lots) -> Match:
        """Trade against one order, whatever stands in front of it: a recording says that it was reached."""
        order = self._orders[order_id]
        left = Lots(order.lots - lots)
        if left:
            self.shrink(order_id, left)
        else:
            self.remove(order_id)
        return Match(order_id, order.owner, order.price, lots, left)

    def take(
        self,
        side: Side,
        limit: Ticks,
        lots: Lots,
        shield: TakerShield = OPEN_TO_ALL,
        cleared: int | None = None,
    ) -> Taken:
        """Trade against the opposite side, best price first, oldest order first, no worse than `limit`.

        A guarded maker other than `cleared` stops the pass: see `Taken.waiting_for`.
        """
        half = self._asks if side is _BUY else self._bids
        keys, sign = half.keys, half.key_sign
        worst_key = limit * sign
        taken = Taken(lots)
        if lots and keys and keys[-1] >= worst_key:
            matches: list[Match] = []
            taken.matches = matches
            while self._take_level(half, taken, matches, shield, cleared) and keys and keys[-1] >= worst_key:
                pass
        return taken

    def _take_level(self, half: _Half, taken: Taken, matches: list[Match], shield: TakerShield, cleared: int | None) -> bool:
        """Trade against the queue of the best price; return whether the taker may go on to the next."""
        level = half.levels[half.keys[-1] * half.key_sign]
        orders, price, left = level.orders, level.price, int(taken.left)
        shielded, gone, go_on = shield is not OPEN_TO_ALL, 0, True
        used: list[int] = []
        for order_id, maker in orders.items():
            if shielded and shield.forbids(maker):
                if shield.rule is not SelfTradeRule.STOP_TAKER:
                    gone += maker.lots
                    used.append(order_id)
                    taken.removed_makers = (*taken.removed_makers, order_id)
                if shield.rule is not SelfTradeRule.CANCEL_MAKER:
                    taken.stopped, go_on = True, False
                    break
                continue
            if maker.guarded and order_id != cleared:
                taken.waiting_for, go_on = order_id, False
                break
            size = maker.lots
            if size > left:
                maker.lots = Lots(size - left)
                matches.append(Match(order_id, maker.owner, price, Lots(left), maker.lots))
                gone, left = gone + left, 0
                break
            used.append(order_id)  # the usual case: the maker is used up
            matches.append(Match(order_id, maker.owner, price, size, NO_LOTS))
            gone += size
            left -= size
            if not left:
                break
        taken.left = Lots(left)
        half.changed.add(price)
        known = self._orders
        for order_id in used:
            del known[order_id]
        if len(used) == len(orders):
            half.drop(price)
        else:
            level.lots -= gone
            for order_id in used:
                del orders[order_id]
        return go_on and left > 0

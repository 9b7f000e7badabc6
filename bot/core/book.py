"""The order book of one market, folded from snapshots and deltas.

A delta carries the signed change of a level and, in newer frames, the size afterwards. When the two disagree with what we hold,
or a level would become negative, or the sides cross, the book is wrong and says so: nothing is quoted on it until a new snapshot.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from sortedcontainers import SortedDict

from bot.core.events import BookDelta, BookSnapshot, Level, LevelChange
from bot.core.numbers import Lots, Ticks


class _Side:
    """One side, ordered from the best price outwards; `sign` is -1 for bids, +1 for asks."""

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._sizes: SortedDict[int, Lots] = SortedDict()

    def replace(self, levels: Iterable[Level]) -> None:
        self._sizes = SortedDict({self._sign * level.price: level.size for level in levels if level.size > 0})

    def change(self, change: LevelChange) -> bool:
        """Apply one change; False when it contradicts what we hold."""
        key = self._sign * change.price
        held = self._sizes.get(key, Lots(0))
        size = Lots(held + change.change)
        agrees = size >= 0 and (change.size is None or change.size == size)
        if change.size is not None:
            size = change.size
        if size > 0:
            self._sizes[key] = size
        else:
            self._sizes.pop(key, None)
        return agrees

    def best(self) -> Level | None:
        if not self._sizes:
            return None
        key, size = self._sizes.peekitem(0)
        return Level(Ticks(self._sign * key), size)

    def levels(self) -> Iterator[Level]:
        return (Level(Ticks(self._sign * key), size) for key, size in self._sizes.items())

    def size_at(self, price: Ticks) -> Lots:
        return self._sizes.get(self._sign * price, Lots(0))

    def clear(self) -> None:
        self._sizes.clear()


class Book:
    """Both sides of one market. `problem` is empty while the book can be trusted."""

    def __init__(self, market: str) -> None:
        self.market = market
        self.problem = "no snapshot yet"
        self.received_ms = 0
        self.exchange_ms = 0
        self.audit_mismatches = 0
        """How many periodic snapshots differed from the book built from deltas."""
        self._bids, self._asks = _Side(-1), _Side(+1)

    def apply(self, event: BookSnapshot | BookDelta) -> None:
        """Fold one frame."""
        self.received_ms, self.exchange_ms = event.received_ms, event.exchange_ms
        if isinstance(event, BookSnapshot):
            self._replace(event)
        elif not self.problem:
            self._change(event)

    def invalidate(self, reason: str) -> None:
        """Forget everything; the next snapshot heals."""
        self.problem = reason
        self._bids.clear()
        self._asks.clear()

    def _replace(self, event: BookSnapshot) -> None:
        if not self.problem and not self._equals(event):
            self.audit_mismatches += 1
        self._bids.replace(event.bids)
        self._asks.replace(event.asks)
        self.problem = "crossed book" if self._is_crossed() else ""

    def _equals(self, event: BookSnapshot) -> bool:
        return tuple(self._bids.levels()) == event.bids and tuple(self._asks.levels()) == event.asks

    def _change(self, event: BookDelta) -> None:
        agrees = [self._bids.change(change) for change in event.bids] + [self._asks.change(change) for change in event.asks]
        if not all(agrees):
            self.invalidate("a change contradicts the book")
        elif self._is_crossed():
            self.invalidate("crossed book")

    def _is_crossed(self) -> bool:
        bid, ask = self.best_bid, self.best_ask
        return bid is not None and ask is not None and bid.price >= ask.price

    @property
    def best_bid(self) -> Level | None:
        return self._bids.best()

    @property
    def best_ask(self) -> Level | None:
        return self._asks.best()

    def bids(self, depth: int) -> tuple[Level, ...]:
        """Return the best `depth` bids, highest first."""
        return tuple(islice(self._bids.levels(), depth))

    def asks(self, depth: int) -> tuple[Level, ...]:
        """Return the best `depth` asks, lowest first."""
        return tuple(islice(self._asks.levels(), depth))

    def bid_size(self, price: Ticks) -> Lots:
        return self._bids.size_at(price)

    def ask_size(self, price: Ticks) -> Lots:
        return self._asks.size_at(price)

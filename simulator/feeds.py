"""The published picture of a book: what its readers have been told, and what changed since."""

from typing import Any

from bot.core.numbers import Lots, Ticks
from simulator.frames import encode
from simulator.market_state import MarketState
from simulator.matching import Side
from simulator.wire import text


class BookFeed:
    """The published picture of one market's book."""

    def __init__(
        self, state: MarketState, *, delta_sizes: bool = True, snapshot_sizes: bool = False, best_depth_tag: str = "1"
    ) -> None:
        self._state = state
        self._delta_sizes = delta_sizes
        self._snapshot_sizes = snapshot_sizes
        self._best_depth_tag = best_depth_tag
        self._published: dict[Side, dict[Ticks, Lots]] = {side: dict(state.book.levels(side)) for side in Side}
        self._snapshot: bytes | None = None
        self._best: bytes | None = None
        state.book.changed_bids.clear()
        state.book.changed_asks.clear()

    def snapshot(self) -> bytes:
        """Return the book as last published: the next delta continues from here."""
        if self._snapshot is None:
            bids = sorted(self._published[Side.BUY].items(), reverse=True)
            asks = sorted(self._published[Side.SELL].items())
            self._snapshot = self._book_data(
                "SNAPSHOT", [self._level(*each) for each in bids], [self._level(*each) for each in asks]
            )
        return self._snapshot

    def delta(self) -> bytes | None:
        """Publish what changed since the last call; None when nothing did."""
        bids = self._changes(Side.BUY, self._state.book.changed_bids)
        asks = self._changes(Side.SELL, self._state.book.changed_asks)
        if not bids and not asks:
            return None
        self._snapshot = None
        return self._book_data("DELTA", bids, asks)

    def best(self) -> bytes | None:
        """Return the best bid and ask if they differ from the last call's; None otherwise."""
        data = self.best_now()
        if data == self._best:
            return None
        self._best = data
        return data

    def best_now(self) -> bytes:
        bids, asks = ([self._level(*each) for each in self._state.book.levels(side, 1)] for side in Side)
        return self._book_data("SNAPSHOT", bids, asks, depth=self._best_depth_tag)

    def no_quotes(self) -> bytes:
        """Return the levels offered by quotes: none, no market here trades that way."""
        return self._book_data("SNAPSHOT", [], [])

    def _changes(self, side: Side, changed: set[Ticks]) -> list[dict[str, str]]:
        if not changed:
            return []
        published, spec, book = self._published[side], self._state.spec, self._state.book
        levels = []
        for price in sorted(changed, reverse=side is Side.BUY):
            now, before = book.size_at(side, price), published.get(price, 0)
            if now == before:
                continue
            if now:
                published[price] = now
            else:
                del published[price]
            level = {"p": text(spec.price(price)), "q": text(spec.size(Lots(now - before)))}
            if self._delta_sizes:
                level["c"] = text(spec.size(now))
            levels.append(level)
        changed.clear()
        return levels

    def _level(self, price: Ticks, lots: Lots) -> dict[str, str]:
        spec = self._state.spec
        level = {"p": text(spec.price(price)), "q": text(spec.size(lots))}
        return level | {"c": level["q"]} if self._snapshot_sizes else level

    def _book_data(self, word: str, bids: list[Any], asks: list[Any], depth: str = "f") -> bytes:
        return encode({"t": word, "m": self._state.spec.name, "b": bids, "a": asks, "d": depth})

"""What the frames of one connection mean: no socket, no clock; bytes in, events out.

A reader lives as long as its connection. It counts the sequence (1, 2, 3, …: any other number means that something
was missed or repeated), keeps of a book what it needs to notice that the book is wrong, and raises `FeedBroken`
when the only remedy is a new connection with a fresh snapshot. Frames of a kind that nobody documented are counted
and passed over.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from sortedcontainers import SortedDict

from bot.core.errors import ProtocolError
from bot.core.events import (
    BalanceReported,
    BestQuoteSeen,
    BookDelta,
    BookSnapshot,
    Event,
    FillsReported,
    FundingRateSeen,
    IndexPriceSeen,
    Level,
    LevelChange,
    MarkPriceSeen,
    OrdersReported,
    PositionsReported,
    TradeSeen,
)
from bot.core.market import Market
from bot.core.numbers import Lots, Ticks
from bot.extended import translate, wire
from bot.extended.grid import MarketGrid

MAX_REMARKS: Final = 8
TRADES_REMEMBERED: Final = 2_000
"""Trade ids kept, so that a replay after a reconnect is not taken for new trades."""

Events = tuple[Event, ...]
T = TypeVar("T")


class FeedBroken(ProtocolError):
    """This connection's picture cannot be trusted any more; only a new connection mends it."""

    code = "feed_broken"


class FrameReader(ABC):
    """Reads the frames of one connection in order."""

    def __init__(self) -> None:
        self.remarks: list[tuple[str, str]] = []
        """(kind, detail) of what was passed over or found odd since somebody last looked; at most a few."""
        self._last_seq = 0

    def read(self, text: bytes, received_ms: int) -> Events:
        """Return what the frame says.

        Raises: FeedBroken for a gap, a frame that cannot be understood, or one that contradicts those before.
        """
        frame = decode(wire.Frame, text)
        if frame.seq != self._last_seq + 1:
            raise FeedBroken(f"sequence {frame.seq} came after {self._last_seq}")
        self._last_seq = frame.seq
        if frame.error is not None:
            raise FeedBroken(f"the exchange reports {str(frame.error)[:200]}")
        try:
            return self._events(frame, received_ms)
        except FeedBroken:
            raise
        except ProtocolError as wrong:
            raise FeedBroken(str(wrong)) from None

    @abstractmethod
    def _events(self, frame: wire.Frame, received_ms: int) -> Events: ...

    def _remark(self, kind: str, detail: str) -> None:
        if len(self.remarks) < MAX_REMARKS:
            self.remarks.append((kind, detail))

    def _pass_over(self, frame: wire.Frame) -> Events:
        self._remark("ignored", f"a frame of kind {str(frame.type)[:40]}")
        return ()


def decode(kind: type[T], text: bytes | msgspec.Raw) -> T:
    """Return the record in `text`.

    Raises: FeedBroken when there is none.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as wrong:
        raise FeedBroken(f"a frame that cannot be understood: {str(wrong)[:200]}") from None


def has_data(frame: wire.Frame) -> bool:
    """Say whether the frame carries anything: a heartbeat, should one come, does not."""
    return bytes(frame.data) not in (b"", b"null")


class MarketReader(FrameReader):
    """Reads frames of one market, in ticks and lots of its rules when the connection was made.

    Rules that change under a connection break it: its counts would mean something else.
    """

    def __init__(self, rules: Callable[[], Market | None]) -> None:
        super().__init__()
        market = rules()
        if market is None:
            raise FeedBroken("the rules of this market are not loaded")
        self._rules, self._grid = rules, MarketGrid(market)
        self.market = market.name

    def read(self, text: bytes, received_ms: int) -> Events:
        now = self._rules()
        if now is None or not self._grid.is_of(now):
            raise FeedBroken(f"the tick or lot size of {self.market} changed")
        return super().read(text, received_ms)

    def _require(self, name: str) -> None:
        if name != self.market:
            raise FeedBroken(f"a frame of {name} came on the connection of {self.market}")


class BookReader(MarketReader):
    """The full book of one market."""

    def __init__(self, rules: Callable[[], Market | None]) -> None:
        super().__init__(rules)
        self._bids: SortedDict[int, int] = SortedDict()
        self._asks: SortedDict[int, int] = SortedDict()
        self._started = False

    def _events(self, frame: wire.Frame, received_ms: int) -> Events:
        if not has_data(frame):
            return self._pass_over(frame)
        body = decode(wire.BookBody, frame.data)
        self._require(body.m)
        kind = frame.type or body.t
        event: BookSnapshot | BookDelta
        if kind == "SNAPSHOT":
            event = self._snapshot(body, frame.ts, received_ms)
        elif kind == "DELTA":
            event = self._delta(body, frame.ts, received_ms)
        else:
            return self._pass_over(frame)
        if self._bids and self._asks and self._bids.peekitem(-1)[0] >= self._asks.peekitem(0)[0]:
            raise FeedBroken("the book is crossed")
        return (event,)

    def _snapshot(self, body: wire.BookBody, exchange_ms: int, received_ms: int) -> BookSnapshot:
        bids = _levels(self._grid, body.b)
        asks = _levels(self._grid, body.a)
        if self._started and (dict(self._bids) != bids or dict(self._asks) != asks):
            self._remark("drifted", "a snapshot contradicts the book that the changes before it had built")
        self._started = True
        self._bids, self._asks = SortedDict(bids), SortedDict(asks)
        return BookSnapshot(
            market=self.market,
            bids=tuple(Level(Ticks(price), Lots(bids[price])) for price in reversed(self._bids)),
            asks=tuple(Level(Ticks(price), Lots(asks[price])) for price in self._asks),
            exchange_ms=exchange_ms,
            received_ms=received_ms,
        )

    def _delta(self, body: wire.BookBody, exchange_ms: int, received_ms: int) -> BookDelta:
        if not self._started:
            raise FeedBroken("a change of the book came before its snapshot")
        return BookDelta(
            market=self.market,
            bids=tuple(self._change(self._bids, level) for level in body.b),
            asks=tuple(self._change(self._asks, level) for level in body.a),
            exchange_ms=exchange_ms,
            received_ms=received_ms,
        )

    def _change(self, side: "SortedDict[int, int]", level: wire.BookLevel) -> LevelChange:
        price, change = self._grid.price.steps(level.p), self._grid.size.steps(level.q)
        before = side.get(price, 0)
        after = before + change
        if level.c is not None and self._grid.size.steps(level.c) != after:
            raise FeedBroken(f"the level {level.p} should be {level.c}, but {before} lots changed by {change}")
        if after < 0 or price <= 0:
            raise FeedBroken(f"the level {level.p} would hold {after} lots")
        if after:
            side[price] = after
        else:
            side.pop(price, None)
        return LevelChange(Ticks(price), Lots(change), Lots(after))


class BestQuoteReader(MarketReader):
    """The touch of one market; every frame replaces the one before."""

    def _events(self, frame: wire.Frame, received_ms: int) -> Events:
        if not has_data(frame):
            return self._pass_over(frame)
        body = decode(wire.BookBody, frame.data)
        self._require(body.m)
        if (frame.type or body.t) not in ("SNAPSHOT", None):
            return self._pass_over(frame)
        bids, asks = _levels(self._grid, body.b), _levels(self._grid, body.a)
        bid = Level(Ticks(best := max(bids)), Lots(bids[best])) if bids else None
        ask = Level(Ticks(best := min(asks)), Lots(asks[best])) if asks else None
        if bid and ask and bid.price >= ask.price:
            raise FeedBroken("the best bid is not below the best ask")
        return (BestQuoteSeen(market=self.market, bid=bid, ask=ask, exchange_ms=frame.ts, received_ms=received_ms),)


class PriceReader(FrameReader):
    """Mark or index prices of all markets on one connection."""

    def __init__(self, event: type[MarkPriceSeen] | type[IndexPriceSeen], kind: str) -> None:
        super().__init__()
        self._event, self._kind = event, kind

    def _events(self, frame: wire.Frame, received_ms: int) -> Events:
        if not has_data(frame) or frame.type not in (self._kind, None):
            return self._pass_over(frame)
        body = decode(wire.PriceBody, frame.data)
        price = translate.positive(f"{body.m} price", body.p)
        return (self._event(market=body.m, price=price, exchange_ms=frame.ts, received_ms=received_ms),)


class SeenTrades:
    """Ids of the latest trades of one market; outlives the connection."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._order: deque[int] = deque()

    def is_new(self, trade_id: int) -> bool:
        """Say whether the id was not seen before, and remember it."""
        if trade_id in self._ids:
            return False
        self._ids.add(trade_id)
        self._order.append(trade_id)
        if len(self._order) > TRADES_REMEMBERED:
            self._ids.discard(self._order.popleft())
        return True


class TradesReader(MarketReader):
    """Anybody's trades on one market. One that is off the grid (a liquidation may be) is passed over."""

    def __init__(self, rules: Callable[[], Market | None], seen: SeenTrades) -> None:
        super().__init__(rules)
        self._seen = seen

    def _events(self, frame: wire.Frame, received_ms: int) -> Events:
        if not has_data(frame):
            return self._pass_over(frame)
        trades = decode(list[wire.PublicTrade], frame.data)
        return tuple(event for trade in trades if (event := self._trade(trade, received_ms)) is not None)

    def _trade(self, trade: wire.PublicTrade, received_ms: int) -> TradeSeen | None:
        self._require(trade.m)
        trade_id = translate.whole("trade id", trade.i)
        try:
            price, size = self._grid.price.steps(trade.p), self._grid.size.steps(trade.q)
        except ProtocolError as off_grid:
            self._remark("ignored", f"trade {trade_id}: {off_grid}")
            return None
        if price <= 0 or size <= 0:
            raise FeedBroken(f"trade {trade_id} has price {trade.p} and size {trade.q}")
        if not self._seen.is_new(trade_id):
            return None
        return TradeSeen(
            market=trade.m,
            trade_id=trade_id,
            side=translate.side_of("trade side", trade.S),
            price=Ticks(price),
            size=Lots(size),
            exchange_ms=trade.T,
            received_ms=received_ms,
        )


class FundingReader(FrameReader):
    """The latest hourly funding rate of one market; either sign."""

    def __init__(self, market: str) -> None:
        super().__init__()
        self._market = market

    def _events(self, frame: wire.Frame, received_ms: int) -> Events:
        if not has_data(frame):
            return self._pass_over(frame)
        body = decode(wire.FundingBody, frame.data)
        if body.m != self._market:
            raise FeedBroken(f"a frame of {body.m} came on the connection of {self._market}")
        rate = translate.number("funding rate", body.f)
        return (FundingRateSeen(market=body.m, rate=rate, exchange_ms=body.T, received_ms=received_ms),)


class AccountReader(FrameReader):
    """Our own orders, fills, positions and money. Read by the members that are there, not by the frame's word."""

    def _events(self, frame: wire.Frame, received_ms: int) -> Events:
        if not has_data(frame):
            return self._pass_over(frame)
        body = decode(wire.AccountBody, frame.data)
        events: list[Event] = []
        if body.orders is not None:
            events.append(_orders(body, received_ms))
        if body.trades is not None:
            fills = tuple(translate.fill_of(record) for record in body.trades)
            events.append(FillsReported(fills=fills, source="stream", received_ms=received_ms))
        if body.positions is not None:
            events.append(_positions(body.positions, body.is_snapshot, frame.ts, received_ms))
        if body.balance is not None:
            events.append(_balance(body.balance, received_ms))
        return tuple(events) or self._pass_over(frame)


def _orders(body: wire.AccountBody, received_ms: int) -> OrdersReported:
    return OrdersReported(
        orders=tuple(translate.order_report(record) for record in body.orders or ()),
        is_snapshot=body.is_snapshot,
        source="stream",
        asked_ms=received_ms,
        received_ms=received_ms,
    )


def _positions(records: list[dict[str, Any]], is_snapshot: bool, exchange_ms: int, received_ms: int) -> PositionsReported:
    return PositionsReported(
        positions=tuple(translate.position_report(fields, exchange_ms=exchange_ms) for fields in records),
        is_snapshot=is_snapshot,
        source="stream",
        asked_ms=received_ms,
        received_ms=received_ms,
    )


def _balance(fields: dict[str, Any], received_ms: int) -> BalanceReported:
    return translate.balance_reported(fields, source="stream", received_ms=received_ms)


def _levels(grid: MarketGrid, levels: list[wire.BookLevel]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    price_of, size_of = grid.price.steps, grid.size.steps
    for level in levels:
        price, size = price_of(level.p), size_of(level.q)
        if price <= 0 or size < 0 or price in sizes:
            raise FeedBroken(f"a level of {level.q} at {level.p} cannot be")
        if size:
            sizes[price] = size
    return sizes

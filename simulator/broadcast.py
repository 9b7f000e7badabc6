"""What the exchange says on its streams: events become frames, books become deltas, newcomers get the picture as it is."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from simulator.candles import INTERVALS, CandleKind
from simulator.events import (
    BalanceChanged,
    Event,
    FillBooked,
    FundingEstimated,
    IndexMoved,
    MarkMoved,
    OrderChanged,
    PositionChanged,
    TradePrinted,
)
from simulator.feeds import BookFeed
from simulator.frames import Frame, encode
from simulator.hub import Hub, Topic
from simulator.options import ServerOptions
from simulator.venue import Venue
from simulator.wire import text

REPLAYED_TRADES: Final = 50
_FAMILY: Final[dict[type, str]] = {
    TradePrinted: "trades",
    MarkMoved: "mark",
    IndexMoved: "index",
    FundingEstimated: "funding",
}


class CandleTopic(NamedTuple):
    """One candle stream; its text is the key of a topic."""

    market: str
    kind: CandleKind
    interval: str

    @property
    def key(self) -> str:
        return f"{self.market}|{self.kind.value}|{self.interval}"

    @classmethod
    def of(cls, key: str) -> "CandleTopic":
        market, kind, interval = key.split("|")
        return cls(market, CandleKind(kind), interval)

    @property
    def is_known(self) -> bool:
        return self.interval in INTERVALS


class Broadcast:
    """Tell listeners what happened; says nothing nobody listens to."""

    def __init__(self, venue: Venue, hub: Hub, options: ServerOptions) -> None:
        self._venue = venue
        self._hub = hub
        self._options = options
        self.books = {
            name: BookFeed(
                state,
                delta_sizes=options.delta_sizes,
                snapshot_sizes=options.snapshot_sizes,
                best_depth_tag=options.best_depth_tag,
            )
            for name, state in venue.markets.items()
        }
        self._together: dict[tuple[int, int], dict[str, object]] = {}
        """What happened to an account at one moment, where that is told in one frame."""
        self._best_due_ms: dict[str, int] = {}
        self._snapshot_due_ms = venue.now_ms + options.book_snapshot_interval_ms
        self._last_candles: dict[str, bytes] = {}

    # ── events ──

    def tell(self, event: Event) -> None:
        """Send an event to whoever listens for it."""
        match event:
            case OrderChanged() if event.order.status == "EXPIRED" and self._venue.options.expiry_is_silent:
                return
            case OrderChanged():
                self._to_account(event.account_id, event.ms, "ORDER", {"isSnapshot": False, "orders": [event.order]})
            case FillBooked():
                self._to_account(event.account_id, event.ms, "TRADE", {"isSnapshot": False, "trades": [event.trade]})
            case PositionChanged():
                self._to_account(event.account_id, event.ms, "POSITION", {"isSnapshot": False, "positions": [event.position]})
            case BalanceChanged():
                self._to_account(event.account_id, event.ms, "BALANCE", {"isSnapshot": False, "balance": event.balance})
            case TradePrinted() | MarkMoved() | IndexMoved() | FundingEstimated():
                self._to_market(event)
            case _:
                return  # not for customers

    def _to_market(self, event: TradePrinted | MarkMoved | IndexMoved | FundingEstimated) -> None:
        family, market = _FAMILY[type(event)], event.trade.m if isinstance(event, TradePrinted) else event.market
        if not self._hub.wanted(family, market):
            return
        match event:
            case TradePrinted():
                frame = Frame(family, event.ms, encode([event.trade]))
            case FundingEstimated() if not event.applied and not self._options.funding_estimates:
                return
            case FundingEstimated():
                frame = _funding(market, event.rate, event.ms)
            case _:
                frame = self._price(family, market, event.price, event.ms)
        self._hub.publish(market, frame)

    def _to_account(self, account_id: int, ms: int, word: str, payload: dict[str, object]) -> None:
        if not self._hub.wanted("account", str(account_id)):
            return
        if self._options.combined_account_frames:
            self._gather(account_id, ms, payload)
        else:
            self._hub.publish(str(account_id), Frame("account", ms, encode(payload), word))

    def _gather(self, account_id: int, ms: int, payload: dict[str, object]) -> None:
        found = self._together.setdefault((account_id, ms), {})
        for member, value in payload.items():
            before = found.get(member)
            found[member] = [*before, *value] if isinstance(before, list) and isinstance(value, list) else value

    def tell_together(self) -> None:
        """Send what was gathered for combined account frames."""
        for (account_id, ms), payload in self._together.items():
            self._hub.publish(str(account_id), Frame("account", ms, encode(payload), "ORDER"))
        self._together.clear()

    def _price(self, family: str, market: str, price: str, ts_ms: int) -> Frame:
        shown_ms = ts_ms if family == "index" or self._options.mark_data_ts else 0
        payload = encode({"m": market, "p": price, "ts": shown_ms})
        return Frame(family, ts_ms, payload, "IP" if family == "index" else "MP")

    # ── books and candles, by the clock ──

    def publish_deltas(self, ts_ms: int) -> None:
        """Send what changed in the books, and fresh snapshots when they are due."""
        for market, feed in self.books.items():
            changes = feed.delta()
            if changes is not None and self._hub.wanted("orderbooks", market):
                self._hub.publish(market, Frame("orderbooks", ts_ms, changes, "DELTA"))
        if ts_ms >= self._snapshot_due_ms:
            self._snapshot_due_ms = ts_ms + self._options.book_snapshot_interval_ms
            for market, feed in self.books.items():
                if self._hub.wanted("orderbooks", market):
                    self._hub.publish(market, Frame("orderbooks", ts_ms, feed.snapshot(), "SNAPSHOT"))

    def publish_best(self, ts_ms: int) -> None:
        """Send best prices that changed, at most one frame per market and interval; what waits goes with the next call."""
        for market, feed in self.books.items():
            if self._hub.wanted("best", market) and ts_ms >= self._best_due_ms.get(market, 0):
                best = feed.best()
                if best is not None:
                    self._best_due_ms[market] = ts_ms + self._options.best_interval_ms
                    self._hub.publish(market, Frame("best", ts_ms, best, "SNAPSHOT"))

    def publish_candles(self, ts_ms: int) -> None:
        """Send open candles that changed since the last call."""
        keys = self._hub.keys("candles")
        self._last_candles = {key: last for key, last in self._last_candles.items() if key in keys}
        for key in keys:
            frame = self._candle(CandleTopic.of(key), ts_ms)
            if frame is not None and frame.data != self._last_candles.get(key):
                self._last_candles[key] = frame.data
                self._hub.publish(key, frame)

    def _candle(self, topic: CandleTopic, ts_ms: int) -> Frame | None:
        candles = self._venue.markets[topic.market].candles
        newest = next(candles.newest_first(topic.kind, topic.interval), None)
        return None if newest is None else Frame("candles", ts_ms, encode([newest.record(topic.kind)]))

    # ── newcomers ──

    def opening(self, topic: Topic) -> list[Frame]:
        """Return the first frames of a new listener: from here on, what is told continues the picture."""
        family, key = topic
        now_ms = self._venue.now_ms
        if family == "account":
            return self._account_opening(int(str(key)))
        if family == "candles":
            frame = self._candle(CandleTopic.of(str(key)), now_ms)
            return [] if frame is None else [frame]
        return list(self._market_opening(family, [key] if key else list(self._venue.markets), now_ms))

    def _market_opening(self, family: str, markets: list[str], now_ms: int) -> Iterator[Frame]:
        for name in markets:
            frame = self._first_of(family, name, now_ms)
            if frame is not None:
                frame.key = name
                yield frame

    def _first_of(self, family: str, name: str, now_ms: int) -> Frame | None:
        state, book = self._venue.markets[name], self.books[name]
        match family:
            case "orderbooks":
                return Frame(family, now_ms, book.snapshot(), "SNAPSHOT")
            case "quotes":
                return Frame("orderbooks", now_ms, book.no_quotes(), "SNAPSHOT")
            case "best":
                return Frame(family, now_ms, book.best_now(), "SNAPSHOT")
            case "mark":
                return self._price(family, name, text(state.mark), now_ms)
            case "index":
                return self._price(family, name, text(state.index), now_ms)
            case "funding":
                return _funding(name, text(state.funding_rate), now_ms)
            case _:
                return None  # trades: nothing until one happens

    def last_trades(self, market: str | None) -> list[Frame]:
        """Return the latest trades, oldest first: what v2 replays on subscribing."""
        names = [market] if market else list(self._venue.markets)
        found = [trade for name in names for trade in list(self._venue.markets[name].trades)[-REPLAYED_TRADES:]]
        newest = sorted(found, key=lambda trade: trade.i)[-REPLAYED_TRADES:]
        return [Frame("trades", self._venue.now_ms, encode(newest))] if newest else []

    def _account_opening(self, account_id: int) -> list[Frame]:
        venue, now_ms = self._venue, self._venue.now_ms
        orders = [venue.order_record(order) for order in venue.store.live(account_id) if order.is_open]
        if orders and self._hub.faults.strikes("forgetful_opening"):
            orders = []
        held = [venue.standings.position_record(each) for each in venue.ledger.positions_of(account_id)]
        balance = venue.standings.balance_record(account_id, now_ms)
        return [
            Frame("account", now_ms, encode({"isSnapshot": True, "orders": orders}), "ORDER"),
            Frame("account", now_ms, encode({"isSnapshot": True, "balance": balance}), "BALANCE"),
            Frame("account", now_ms, encode({"isSnapshot": True, "positions": held}), "POSITION"),
        ]


def _funding(market: str, rate: str, ts_ms: int) -> Frame:
    return Frame("funding", ts_ms, encode({"m": market, "T": ts_ms, "f": rate}))

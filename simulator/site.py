"""The running exchange on the real clock: lets venue time pass and hands what happens to the streams.

One timer drives the venue (`kick`), one the book deltas. Nothing here waits for a reader, a disk or a signature.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, assert_never

from simulator.accounts import Account
from simulator.chance import seeded
from simulator.events import (
    BalanceChanged,
    Event,
    FillBooked,
    FlowEnded,
    FundingEstimated,
    IndexMoved,
    MarkMoved,
    OrderChanged,
    PositionChanged,
    SwitchFired,
    TradePrinted,
)
from simulator.exchange import Exchange
from simulator.faults import ONCE, FaultOrders, Faults
from simulator.feeds import BookFeed, encode, frame, price_data
from simulator.hub import Hub
from simulator.options import ServerOptions
from simulator.rate_limit import RateLimit
from simulator.read_model import ReadModel
from simulator.request_log import RequestLog
from simulator.verify import Domain

LONGEST_NAP_S: Final = 0.05
CATCH_UP_MS: Final = 1_000
"""The background flow lives through gaps up to this long; longer ones it sits out."""
_AccountEvent = OrderChanged | FillBooked | PositionChanged | BalanceChanged
_TOPICS: Final[dict[type, str]] = {
    TradePrinted: "trades",
    MarkMoved: "mark",
    IndexMoved: "index",
    FundingEstimated: "funding",
}


class VenueClock:
    """The exchange's clock: the system's, held steady against its jumps, plus an offset that can only grow."""

    def __init__(self, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms
        self._start_ms = time.time_ns() // 1_000_000
        self._steady_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        return self._start_ms + (time.monotonic_ns() - self._steady_ns) // 1_000_000 + self.offset_ms


class Site:
    """Everything the handlers need, in one place."""

    def __init__(
        self, exchange: Exchange, *, clock: VenueClock, options: ServerOptions, domain: Domain, seed: int,
        announce: Callable[[dict[str, object]], None],
    ) -> None:  # fmt: skip
        self.exchange = exchange
        self.first_line: dict[str, object] = {}
        """What the first line of standard output said, once it was printed."""
        self.venue = exchange.venue
        self.clock = clock
        self.options = options
        self.domain = domain
        self.faults = Faults(seeded(seed, "faults"))
        self.hub = Hub(self.faults)
        self.read_model = ReadModel(options.read_lag_ms)
        self.requests = RequestLog()
        self.rate_limit = RateLimit(options.rate_limit_per_minute)
        self.verifiers = ThreadPoolExecutor(2, thread_name_prefix="verify")
        self.by_api_key: dict[str, Account] = {each.api_key: each for each in self.venue.accounts.values()}
        self.books = {name: BookFeed(state) for name, state in self.venue.markets.items()}
        self._announce = announce
        self._timer: asyncio.TimerHandle | None = None
        self._best_due: dict[str, float] = {}
        self._snapshot_due_s = time.monotonic() + options.book_snapshot_interval_ms / 1000

    # ── time ──

    def kick(self) -> int:
        """Let everything due happen now, publish it, and return the venue's time."""
        now_ms = self.clock.now_ms()
        behind_ms = now_ms - self.venue.now_ms
        if behind_ms > CATCH_UP_MS:  # a jump of the clock, a suspended machine, a speed too high for it
            self.exchange.sit_out(behind_ms)
        events = self.exchange.advance(now_ms)
        for event in events:
            self._dispatch(event)
        self._publish_best()
        self._schedule()
        return self.venue.now_ms

    def apply_faults(self, orders: FaultOrders) -> None:
        """Clear and set trouble.

        Raises: Refused for unknown kinds or markets; what stood before it in the list stays set.
        """
        if orders.clear_all:
            self.faults.clear()
        for kind in orders.clear:
            self.faults.clear(kind)
        for fault in orders.set:
            if fault.market is not None:
                self.venue.market(fault.market)
            self.faults.set(fault)
            if fault.kind in ONCE:
                self.faults.clear(fault.kind)
                self.faults.struck[fault.kind] = self.faults.struck.get(fault.kind, 0) + self.hub.cut_all()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.verifiers.shutdown(wait=False, cancel_futures=True)

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due_ms = self.exchange.next_due_ms()
        nap_s = LONGEST_NAP_S if due_ms is None else min(LONGEST_NAP_S, max(0.001, (due_ms - self.clock.now_ms()) / 1000))
        self._timer = asyncio.get_running_loop().call_later(nap_s, self.kick)

    # ── events to frames ──

    def _dispatch(self, event: Event) -> None:
        self.read_model.feed(event)
        match event:
            case OrderChanged():
                self._to_account(event, "ORDER", {"isSnapshot": False, "orders": [event.order]})
            case FillBooked():
                self._to_account(event, "TRADE", {"isSnapshot": False, "trades": [event.trade]})
            case PositionChanged():
                self._to_account(event, "POSITION", {"isSnapshot": False, "positions": [event.position]})
            case BalanceChanged():
                self._to_account(event, "BALANCE", {"isSnapshot": False, "balance": event.balance})
            case TradePrinted() | MarkMoved() | IndexMoved() | FundingEstimated():
                self._to_market(event)
            case FlowEnded():
                self._announce({"event": "flow_ended", "market": event.market, "ms": event.ms})
            case SwitchFired():
                fired = {"account_id": event.account_id, "cancelled": event.cancelled, "ms": event.ms}
                self._announce({"event": "deadman_switch", **fired})
            case _:
                assert_never(event)

    def _to_market(self, event: TradePrinted | MarkMoved | IndexMoved | FundingEstimated) -> None:
        word, market = _TOPICS[type(event)], event.trade.m if isinstance(event, TradePrinted) else event.market
        if not self.hub.wanted(word, market):
            return
        match event:
            case TradePrinted():
                closed = frame(event.ms, encode([event.trade]))
            case MarkMoved():
                closed = self.price_frame("MP", market, event.price, event.ms)
            case IndexMoved():
                closed = self.price_frame("IP", market, event.price, event.ms)
            case _:
                closed = self.funding_frame(market, event.rate, event.ms)
        self.hub.publish(word, market, closed)

    def price_frame(self, word: str, market: str, price: str, ts_ms: int) -> bytes:
        shown_ts = ts_ms if word == "IP" or self.options.mark_data_ts else 0
        return frame(ts_ms, price_data(market, price, shown_ts), word, priced=True)

    def funding_frame(self, market: str, rate: str, ts_ms: int) -> bytes:
        return frame(ts_ms, encode({"m": market, "T": ts_ms, "f": rate}))

    def _to_account(self, event: _AccountEvent, word: str, payload: dict[str, object]) -> None:
        topic = str(event.account_id)
        if self.hub.wanted("account", topic):
            self.hub.publish("account", topic, frame(event.ms, encode(payload), word))

    # ── books ──

    async def publish_books(self) -> None:
        """Publish deltas at their interval, and fresh snapshots at theirs, until cancelled."""
        interval_s = self.options.book_interval_ms / 1000
        loop = asyncio.get_running_loop()
        due_s = loop.time() + interval_s
        while True:
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            due_s = max(due_s + interval_s, loop.time())
            self._publish_deltas()

    def _publish_deltas(self) -> None:
        ts_ms = self.clock.now_ms()
        for market, feed in self.books.items():
            data = feed.delta()
            if data is not None and self.hub.wanted("orderbooks", market):
                self.hub.publish("orderbooks", market, frame(ts_ms, data, "DELTA"))
        if time.monotonic() >= self._snapshot_due_s:
            self._snapshot_due_s += self.options.book_snapshot_interval_ms / 1000
            for market, feed in self.books.items():
                if self.hub.wanted("orderbooks", market):
                    self.hub.publish("orderbooks", market, frame(ts_ms, feed.snapshot(), "SNAPSHOT"))

    def _publish_best(self) -> None:
        """Send best prices that changed, at most one frame per market and interval; the next kick sends what waits."""
        now_s = time.monotonic()
        for market, feed in self.books.items():
            if self.hub.wanted("best", market) and now_s >= self._best_due.get(market, 0.0):
                data = feed.best()
                if data is not None:
                    self._best_due[market] = now_s + self.options.best_interval_ms / 1000
                    self.hub.publish("best", market, frame(self.clock.now_ms(), data, "SNAPSHOT"))

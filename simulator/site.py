"""The running exchange on the real clock: lets venue time pass and hands what happens to the streams.

One timer drives the venue (`kick`), one the book deltas. Nothing here waits for a reader, a disk or a signature.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from simulator.accounts import Account
from simulator.broadcast import Broadcast
from simulator.chance import seeded
from simulator.events import Event, FlowEnded, SwitchFired
from simulator.exchange import Exchange
from simulator.faults import ONCE, FaultOrders, Faults
from simulator.hub import Hub
from simulator.options import ServerOptions
from simulator.orders import Order, Reason
from simulator.rate_limit import RateLimit
from simulator.read_model import ReadModel
from simulator.request_log import RequestLog
from simulator.verify import Domain

LONGEST_NAP_S: Final = 0.05
CATCH_UP_MS: Final = 1_000
"""The background flow lives through gaps up to this long; longer ones it sits out."""
CANDLES_EVERY_S: Final = 1.0


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
        self.spoken: set[int] = set()
        """The connections, by identity, that have brought a request."""
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
        self.rate_limit = RateLimit(
            options.rate_limit_per_minute, options.rate_window, empty_body=options.rate_limited_empty_body
        )
        self.handshakes = RateLimit(options.handshakes_per_minute)
        self.verifiers = ThreadPoolExecutor(2, thread_name_prefix="verify")
        self.by_api_key: dict[str, Account] = {each.api_key: each for each in self.venue.accounts.values()}
        self.broadcast = Broadcast(self.venue, self.hub, options)
        self.venue.engine.trouble = self._refuse_in_book
        self._announce = announce
        self._cut_due_ms = 0
        self._timer: asyncio.TimerHandle | None = None

    # ── time ──

    def kick(self) -> int:
        """Let everything due happen now, publish it, and return the venue's time."""
        now_ms = self.clock.now_ms()
        if self.faults.any and now_ms >= self._cut_due_ms:
            self._cut_again(now_ms)
        behind_ms = now_ms - self.venue.now_ms
        if behind_ms > CATCH_UP_MS:  # a jump of the clock, a suspended machine, a speed too high for it
            self.exchange.sit_out(behind_ms)
        events = self.exchange.advance(now_ms)
        for event in events:
            self._dispatch(event)
        self.broadcast.tell_together()
        self.broadcast.publish_best(self.venue.now_ms)
        self._schedule()
        return self.venue.now_ms

    def now_s(self) -> float:
        """Return the steady time budgets are counted by."""
        return asyncio.get_running_loop().time()

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
                ended = self.hub.close_all() if fault.kind == "close_streams" else self.hub.cut_all()
                self.faults.struck[fault.kind] = self.faults.struck.get(fault.kind, 0) + ended

    def _refuse_in_book(self, order: Order) -> Reason | None:
        if not self.faults.any:
            return None
        word = "edit" if order.replaces is not None else "create"
        fault = self.faults.strikes("reject_in_book", order.market, on=frozenset({"any", "write", word}))
        return None if fault is None else Reason(fault.reason)

    def _cut_again(self, now_ms: int) -> None:
        fault = self.faults.strikes("disconnect_every")
        if fault is not None:
            self._cut_due_ms = now_ms + fault.delay_ms
            self.hub.cut_all()

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

    def _dispatch(self, event: Event) -> None:
        self.read_model.feed(event)
        match event:
            case FlowEnded():
                self._announce({"event": "flow_ended", "market": event.market, "ms": event.ms})
            case SwitchFired():
                fired = {"account_id": event.account_id, "cancelled": event.cancelled, "ms": event.ms}
                self._announce({"event": "deadman_switch", **fired})
            case _:
                self.broadcast.tell(event)

    async def publish(self) -> None:
        """Publish book deltas at their interval and candles at theirs, until cancelled."""
        interval_s = self.options.book_interval_ms / 1000
        loop = asyncio.get_running_loop()
        due_s = candles_due_s = loop.time() + interval_s
        while True:
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            due_s = max(due_s + interval_s, loop.time())
            self.broadcast.publish_deltas(self.clock.now_ms())
            if loop.time() >= candles_due_s:
                candles_due_s += CANDLES_EVERY_S
                self.broadcast.publish_candles(self.clock.now_ms())

"""Where every voice from outside waits until the loop has a moment.

Bounded, with a rule for being full: account events and answers are never dropped; when market data pile up, all that wait are
thrown away and their feeds count as lost, so that nothing is quoted until a fresh frame has arrived.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final, get_args

from bot.core.events import Event, FeedLost, MarketEvent, MarketRulesLoaded
from bot.ports import Clock

MOST_WAITING: Final = 20_000
LARGEST_BATCH: Final = 500
DROPPABLE: Final = tuple(kind for kind in get_args(MarketEvent) if kind is not MarketRulesLoaded)


class Inbox:
    """One queue, one reader."""

    def __init__(self, clock: Clock, most_waiting: int = MOST_WAITING) -> None:
        self._clock = clock
        self._most_waiting = most_waiting
        self._waiting: deque[Event] = deque()
        self._bell = asyncio.Event()
        self.overflows = 0

    def emit(self, event: Event) -> None:
        """Take one event; returns at once."""
        if len(self._waiting) >= self._most_waiting and isinstance(event, DROPPABLE):
            self._overflow()
        self._waiting.append(event)
        self._bell.set()

    async def batches(self, tick_s: float) -> AsyncIterator[list[Event]]:
        """Yield what has arrived, at least every `tick_s` seconds, also when that is nothing. Ends with its task."""
        while True:
            if not self._waiting:
                self._bell.clear()
                try:
                    async with asyncio.timeout(tick_s):
                        await self._bell.wait()
                except TimeoutError:
                    yield []
                    continue
            yield [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST_BATCH))]

    def _overflow(self) -> None:
        self.overflows += 1
        self._waiting = deque(event for event in self._waiting if not isinstance(event, DROPPABLE))
        now_ms = self._clock.now_ms()
        for feed in ("book", "best_quote", "mark"):
            self._waiting.append(FeedLost(feed=feed, market=None, reason="too many events waited", received_ms=now_ms))

"""Counts what passes by in the loop: connections lost and made, and for how much of the time each market was quoted."""

from collections import Counter
from typing import Final

from bot.core.actions import AnyAction
from bot.core.engine import Engine
from bot.core.events import Event, FeedLost, FeedRestored
from bot.core.mode import BotState
from bot.observers.status import resting_prices
from bot.ports import Clock

LONGEST_STEP_MS: Final = 1_000
"""A loop that did not run for longer says nothing about what was shown meanwhile."""


class Tallies:
    """A watcher of the loop; reads the engine, changes nothing."""

    def __init__(self, clock: Clock) -> None:
        self.feeds_lost: Counter[str] = Counter()
        self.feeds_connected: Counter[str] = Counter()
        self.running_ms: Counter[str] = Counter()
        self.quoted_ms: Counter[str] = Counter()
        """Of these, with a bid and an ask resting on the exchange."""
        self._clock = clock
        self._last_ms: int | None = None

    def record(self, engine: Engine, events: list[Event], actions: list[AnyAction]) -> None:
        """Look at one turn of the loop."""
        del actions
        for event in events:
            if isinstance(event, FeedLost):
                self.feeds_lost[event.feed] += 1
            elif isinstance(event, FeedRestored):
                self.feeds_connected[event.feed] += 1
        now_ms = self._clock.monotonic_ms()
        step_ms = now_ms - self._last_ms if self._last_ms is not None else 0
        self._last_ms = now_ms
        if engine.state is not BotState.RUNNING or not 0 < step_ms <= LONGEST_STEP_MS:
            return
        for market in engine.makers:
            self.running_ms[market] += step_ms
            if all(price is not None for price in resting_prices(engine, market).values()):
                self.quoted_ms[market] += step_ms

    def uptime(self, market: str) -> float | None:
        """Return the share of the running time in which both sides rested; None before it ran."""
        running_ms = self.running_ms[market]
        return self.quoted_ms[market] / running_ms if running_ms else None

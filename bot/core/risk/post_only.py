"""How far from the opposite touch a post-only order must stay so that it still rests when it arrives.

The book moves while an order travels. The distance is what the price usually moves within our measured latency, plus a margin
that grows with every rejection in a row and melts with orders that rested and with time. Each side has its own, since a market
runs one way. After a rejection the side pauses, twice as long each time, up to a minute: it steps back and waits, and never
sends the same price again in a loop. An order that was refused for another reason, or whose answer was lost, pauses the side in
the same way and moves no price.
"""

import math
from decimal import Decimal
from typing import Final

from bot.core.notes import Reason
from bot.core.orders import Side

FIRST_PAUSE_MS: Final = 1_000
LONGEST_PAUSE_MS: Final = 60_000
MOST_MARGIN: Final = 64
"""Ticks that rejections may add."""
RESTED_TO_MELT: Final = 3
"""Orders that must rest before the margin halves."""
MELT_MS: Final = 60_000
"""Without rejections the margin also halves in each such period."""
MOST_MOVE: Final = 1_000


class SafetyTicks:
    """One side of one market."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.streak = 0
        """Rejections in a row."""
        self.rejections = 0
        self._margin = 0
        self._rested = 0
        self._melted_ms = 0
        self._until_ms = 0

    def rejected(self, now_ms: int) -> int:
        """The book refused an order because it would have taken: step back, and pause. Returns when the pause ends."""
        self.rejections += 1
        self._margin = min(MOST_MARGIN, max(1, self._margin * 2))
        self._melted_ms = now_ms
        return self.paused(now_ms)

    def paused(self, now_ms: int) -> int:
        """An order came to nothing for another reason: pause, and keep the distance. Returns when the pause ends."""
        pause = min(FIRST_PAUSE_MS * 2 ** min(self.streak, 16), LONGEST_PAUSE_MS)
        self.streak += 1
        self._rested, self._until_ms = 0, now_ms + pause
        return self._until_ms

    def rested(self, now_ms: int) -> None:
        """An order rests on the book: the streak is over, and the margin melts after a few of them."""
        self.streak, self._until_ms = 0, min(self._until_ms, now_ms)
        self._rested += 1
        if self._rested >= RESTED_TO_MELT:
            self._rested = 0
            self._margin //= 2

    def margin(self, now_ms: int) -> int:
        """Return what rejections add now, in ticks."""
        while self._margin and now_ms - self._melted_ms >= MELT_MS:
            self._margin //= 2
            self._melted_ms += MELT_MS
        return self._margin

    def ticks(self, now_ms: int, *, latency_ms: float | None, sigma_bps: float | None, price: Decimal, tick_size: Decimal) -> int:
        """Return how many ticks from the opposite touch a price must stay, at least 1.

        `sigma_bps` is the volatility in basis points per square root of a second; unknown numbers add nothing.
        """
        moves = 0
        if latency_ms is not None and sigma_bps is not None and latency_ms > 0 and math.isfinite(latency_ms * sigma_bps):
            bps = sigma_bps * math.sqrt(latency_ms / 1000)
            moves = min(MOST_MOVE, math.ceil(bps * float(price / tick_size) / 10_000))
        return max(1, moves + self.margin(now_ms))

    def reason(self, now_ms: int) -> Reason | None:
        """Return why the side pauses, None when it may show a quote."""
        if now_ms >= self._until_ms:
            return None
        text = f"{self.side} pauses for {self._until_ms - now_ms} ms after {self.streak} refusals in a row"
        return Reason(code="cooling_down", text=text)

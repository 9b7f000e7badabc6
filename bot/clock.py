"""The system clock, and one that a test can turn."""

import asyncio
import time


class SystemClock:
    """Wall time that never steps back: read once at start, then carried forward by the monotonic clock."""

    def __init__(self) -> None:
        self._offset_ms = time.time_ns() // 1_000_000 - self.monotonic_ms()

    def now_ms(self) -> int:
        return self._offset_ms + self.monotonic_ms()

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class TurnableClock:
    """A clock that stands still until a test turns it."""

    def __init__(self, now_ms: int = 1_790_000_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_ms(self) -> int:
        return self._now_ms

    async def sleep(self, seconds: float) -> None:
        self.turn(int(seconds * 1000))
        await asyncio.sleep(0)

    def turn(self, milliseconds: int) -> None:
        """Move time forward."""
        self._now_ms += milliseconds

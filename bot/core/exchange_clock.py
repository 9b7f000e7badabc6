"""The exchange's clock, as far as it can be known from the times it writes on its messages.

A message that was written at exchange time e and seen at local time r gives e - r = offset - latency, and latency is never
negative: the largest value seen lately is the best estimate. Ages are never measured with it; an order's end is told in the
exchange's time.
"""

from typing import Final

from bot.core.notes import Reason

WINDOW_MS: Final = 60_000


class ExchangeClock:
    """Largest difference within the present and the previous window."""

    def __init__(self) -> None:
        self._window_ms = 0
        self._now: int | None = None
        self._before: int | None = None

    def see(self, exchange_ms: int, received_ms: int) -> None:
        """Take the time written on one message."""
        if received_ms - self._window_ms >= WINDOW_MS:
            self._window_ms, self._before, self._now = received_ms, self._now, None
        difference = exchange_ms - received_ms
        self._now = difference if self._now is None else max(self._now, difference)

    @property
    def offset_ms(self) -> int:
        """Exchange time minus local time; 0 before anything was seen."""
        seen = [each for each in (self._now, self._before) if each is not None]
        return max(seen) if seen else 0

    def blocks(self, most_ms: int) -> Reason | None:
        """Return why nothing may be created while the two clocks are further apart than `most_ms`."""
        if abs(self.offset_ms) <= most_ms:
            return None
        return Reason(code="clock_offset", text=f"the exchange's clock and ours are {self.offset_ms} ms apart")

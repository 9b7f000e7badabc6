"""How many requests may leave: one bucket for the whole address, with a share that only cancels may use."""

from enum import IntEnum
from typing import Final

from bot.core.errors import ExchangeError
from bot.ports import Clock

DEFAULT_PER_MINUTE: Final = 1000
"""The exchange's limit for one address, all requests together, cancels included."""


class Turn(IntEnum):
    """Who goes first when the budget is short."""

    SAFETY = 0
    """Cancels and the dead-man's switch: they may use everything."""
    CREATE = 1
    """Orders and edits: they leave the reserve alone."""
    READ = 2
    """Questions: they leave the reserve and the creates' share alone."""


class BudgetExhausted(ExchangeError):
    """The request would have had to wait longer than it may; nothing was sent."""

    code = "budget_exhausted"


class RequestBudget:
    """A token bucket that never lets more than `per_minute` requests leave in any minute.

    The bucket holds a tenth of the minute's requests and refills with the rest, so that a burst and the refill
    together stay inside the limit. The last `reserved_share` of the bucket is for cancels and the dead-man's
    switch: a create waits until there is more than that, so it never stands in front of a cancel. A read leaves
    another `create_share` to the creates.
    """

    def __init__(
        self, clock: Clock, *, per_minute: int = DEFAULT_PER_MINUTE, reserved_share: float = 0.3, create_share: float = 0.2
    ) -> None:
        assert per_minute >= 10, "a budget below ten requests a minute cannot keep the dead-man's switch armed"
        assert 0 <= reserved_share + create_share < 1, "some of the bucket must be left for everything else"
        self._clock = clock
        self._capacity = per_minute / 10
        self._per_ms = (per_minute - self._capacity) / 60_000
        self._reserved = self._capacity * reserved_share
        self._kept = {
            Turn.SAFETY: 0.0,
            Turn.CREATE: self._reserved,
            Turn.READ: self._capacity * (reserved_share + create_share),
        }
        self._tokens = self._capacity
        self._refilled_ms = clock.monotonic_ms()

    @property
    def left(self) -> float:
        """Requests that could leave now if all were cancels."""
        self._refill()
        return self._tokens

    async def take(self, turn: Turn, *, wait_at_most_s: float) -> None:
        """Wait for one request's turn.

        Raises: BudgetExhausted at once when the turn would come later than `wait_at_most_s`.
        """
        deadline_ms = self._clock.monotonic_ms() + wait_at_most_s * 1000
        while True:
            self._refill()
            missing = 1 - self._tokens + self._kept[turn]
            if missing <= 1e-9:
                self._tokens -= 1
                return
            wait_ms = missing / self._per_ms
            if self._clock.monotonic_ms() + wait_ms > deadline_ms:
                raise BudgetExhausted(f"the request budget is used up for another {wait_ms / 1000:.1f} s")
            await self._clock.sleep(wait_ms / 1000 + 0.001)

    def shrink(self) -> None:
        """The exchange said "too many": somebody else may share the address. Keep only half of the reserve."""
        self._refill()
        self._tokens = min(self._tokens, self._reserved / 2)

    def _refill(self) -> None:
        now_ms = self._clock.monotonic_ms()
        grown = self._tokens + (now_ms - self._refilled_ms) * self._per_ms
        self._tokens, self._refilled_ms = min(self._capacity, grown), now_ms

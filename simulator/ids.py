"""Snowflake ids: creation time in the high bits, so that ids sort by age and tell when they were made."""

from typing import Final

EPOCH_MS: Final = 1_288_834_974_657
SEQUENCE_BITS: Final = 22


class Snowflakes:
    """Make ids that never repeat and never go back, whatever the clock does."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def next(self, now_ms: int) -> int:
        self._last = max(self._last + 1, (now_ms - EPOCH_MS) << SEQUENCE_BITS)
        return self._last


def created_ms(snowflake: int) -> int:
    """Return when an id was made, in milliseconds since the epoch."""
    return (snowflake >> SEQUENCE_BITS) + EPOCH_MS

"""The request budget of an address: a bucket that refills evenly, or a fixed window that begins anew each minute."""

from collections import OrderedDict
from enum import Enum
from typing import Final

ADDRESSES_KEPT: Final = 10_000
WINDOW_S: Final = 60.0
TIERS: Final = {"default": 1_000, "1": 4_000, "2": 8_000, "3": 12_000, "none": 0}
"""Requests a minute for each address, by the exchange's tiers; `none` is ours."""


class Window(Enum):
    """How the budget comes back; which of them the real exchange has is not documented."""

    BUCKET = "bucket"
    FIXED = "fixed"


class RateLimit:
    """`per_minute` requests for each address; 0 means no limit. Times in seconds from any steady clock."""

    def __init__(self, per_minute: int, window: Window = Window.BUCKET, *, empty_body: bool = False) -> None:
        self.per_minute = per_minute
        self.window = window
        self.empty_body = empty_body
        """The refusal has no envelope."""
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str, now_s: float) -> bool:
        """Spend one request of the address's budget; False when there is none left."""
        if not self.per_minute:
            return True
        full = float(self.per_minute)
        tokens, then_s = self._buckets.pop(address, (full, now_s))
        if self.window is Window.BUCKET:
            tokens = min(full, tokens + (now_s - then_s) * full / WINDOW_S)
        elif now_s // WINDOW_S != then_s // WINDOW_S:
            tokens = full
        allowed = tokens >= 1.0
        self._buckets[address] = (tokens - 1.0 if allowed else tokens, now_s)
        if len(self._buckets) > ADDRESSES_KEPT:
            self._buckets.popitem(last=False)
        return allowed

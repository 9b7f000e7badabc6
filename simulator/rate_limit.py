"""The request budget of an address: a bucket that refills evenly."""

from collections import OrderedDict
from typing import Final

ADDRESSES_KEPT: Final = 10_000


class RateLimit:
    """`per_minute` requests for each address; 0 means no limit. Times in seconds from any steady clock."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str, now_s: float) -> bool:
        """Spend one request of the address's budget; False when there is none left."""
        if not self.per_minute:
            return True
        tokens, then_s = self._buckets.pop(address, (float(self.per_minute), now_s))
        tokens = min(float(self.per_minute), tokens + (now_s - then_s) * self.per_minute / 60.0)
        allowed = tokens >= 1.0
        self._buckets[address] = (tokens - 1.0 if allowed else tokens, now_s)
        if len(self._buckets) > ADDRESSES_KEPT:
            self._buckets.popitem(last=False)
        return allowed

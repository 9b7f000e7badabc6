"""How often one address may ask: token buckets, one for reading and one for everything that changes something.

Reading is generous: fifty screens behind one proxy ask four times a second each, and load their files. What is beyond is refused
before anything is done for it.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from backend.access import SAFE_METHODS, Caller, Refusal

MOST_ADDRESSES: Final = 1_000


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """So many at once, and so many a second after that."""

    burst: int
    per_second: int


READING: Final = Rate(burst=1_000, per_second=400)
CHANGING: Final = Rate(burst=60, per_second=20)


class _Bucket(msgspec.Struct):
    left: float
    filled_ms: int


class RateLimits:
    """The buckets of the addresses that asked last; an old one is forgotten, and then full again."""

    def __init__(self, reading: Rate = READING, changing: Rate = CHANGING) -> None:
        self._rates = {True: reading, False: changing}
        self._buckets: OrderedDict[tuple[str, bool], _Bucket] = OrderedDict()
        self.refused = 0

    def check(self, caller: Caller, now_ms: int) -> Refusal | None:
        """Take one from the caller's bucket; a refusal when it is empty. `now_ms` of a clock that only runs forward."""
        is_reading = caller.method in SAFE_METHODS
        rate, key = self._rates[is_reading], (caller.address, is_reading)
        bucket = self._buckets.setdefault(key, _Bucket(left=rate.burst, filled_ms=now_ms))
        self._buckets.move_to_end(key)
        while len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        grown = bucket.left + (now_ms - bucket.filled_ms) * rate.per_second / 1000
        bucket.left, bucket.filled_ms = min(rate.burst, grown), now_ms
        if bucket.left < 1:
            self.refused += 1
            message = f"more than {rate.per_second} requests a second from one address"
            return Refusal(429, "too_many_requests", message, headers={"Retry-After": "1"})
        bucket.left -= 1
        return None

"""Stream frames: encoded once, told to many.

A frame is everything except the sequence number, which belongs to each connection: a connection appends `,"seq":N}`. The two
protocols wrap the same data: v1 names the kind of frame only where one path carries several, v2 always, with the subscription.
"""

from typing import Final

import msgspec

encode: Final = msgspec.json.Encoder().encode

_V2_FAMILIES: Final = {
    "orderbooks": "ORDERBOOKS",
    "best": "ORDERBOOKS",
    "trades": "TRADES",
    "mark": "PRICES",
    "index": "PRICES",
    "funding": "FUNDING_RATES",
    "candles": "CANDLE",
    "account": "ACCOUNT",
}
FAMILIES: Final = frozenset(_V2_FAMILIES)
_PRICED: Final = frozenset({"mark", "index"})


class Frame:
    """One frame of one family; `word` is its kind within the family, such as DELTA or BALANCE."""

    __slots__ = ("_v1", "data", "family", "key", "ts_ms", "word")

    def __init__(self, family: str, ts_ms: int, data: bytes, word: str | None = None) -> None:
        assert family in FAMILIES
        self.family = family
        self.ts_ms = ts_ms
        self.data = data
        self.word = word
        self.key = ""
        """Its market, account or candle, once it is told."""
        self._v1: bytes | None = None

    def v1(self) -> bytes:
        """Return the open v1 frame."""
        if self._v1 is None:
            kind = b"" if self.word is None else b'"type":"%s",' % self.word.encode()
            source = b',"sourceEventId":null' if self.family in _PRICED else b""
            self._v1 = b'{"ts":%d,%s"data":%s%s' % (self.ts_ms, kind, self.data, source)
        return self._v1

    def v2(self, subscription: str) -> bytes:
        """Return the open v2 frame of a subscription."""
        family = _V2_FAMILIES[self.family]
        kind = family if self.word is None else f"{family}.{self.word}"
        return b'{"type":"%s","data":%s,"ts":%d,"subscription":%s' % (
            kind.encode(),
            self.data,
            self.ts_ms,
            encode(subscription),
        )

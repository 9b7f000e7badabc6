"""Read a recording: one line per message, local time in nanoseconds, a space, the message as JSON, gzip-compressed.

The messages are those of a futures exchange's raw combined stream: one book snapshot, level changes (`depthUpdate`),
best quotes (`bookTicker`) and trades (`trade` or `aggTrade`). Prices and sizes become whole ticks and lots; the steps are
inferred from the tape. Level changes stay undecoded until they are played: they are most of the bytes, and loading must be quick.
"""

import gzip
import zlib
from dataclasses import dataclass
from decimal import Decimal
from math import gcd
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from bot.core.numbers import Lots, Ticks
from simulator.matching import Side

_SCALE: Final = 10**10
_NS_PER_MS: Final = 1_000_000
MARKETS: Final = {"BTC": "BTC-USD", "ETH": "ETH-USD"}

Levels = list[tuple[Ticks, Lots]]


class TapeError(ValueError):
    """The file is not a recording this exchange can play."""


_Number = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,10})?$")]


class _Depth(msgspec.Struct):
    u: int
    b: list[tuple[_Number, _Number]]
    a: list[tuple[_Number, _Number]]


class _Best(msgspec.Struct):
    u: int
    b: _Number
    B: _Number
    a: _Number
    A: _Number


class _Trade(msgspec.Struct):
    p: _Number
    q: _Number
    m: bool
    """The buyer was the maker, so the taker sold."""


class _Snapshot(msgspec.Struct, rename="camel"):
    last_update_id: int
    bids: list[tuple[_Number, _Number]]
    asks: list[tuple[_Number, _Number]]


class _Line(msgspec.Struct):
    stream: str
    data: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Changes:
    """New sizes of some levels; 0 removes a level."""

    update_id: int
    bids: Levels
    asks: Levels


@dataclass(frozen=True, slots=True)
class BestQuotes:
    update_id: int
    bid: Ticks
    bid_lots: Lots
    ask: Ticks
    ask_lots: Lots


@dataclass(frozen=True, slots=True)
class Print:
    """A recorded trade."""

    price: Ticks
    lots: Lots
    taker_side: Side


TapeEvent = Changes | BestQuotes | Print


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording, ready to play; times are milliseconds after the snapshot."""

    market: str
    tick_size: Decimal
    lot_size: Decimal
    snapshot: Changes
    entries: list[tuple[int, Any]]

    @property
    def length_ms(self) -> int:
        return self.entries[-1][0] if self.entries else 0

    def event(self, number: int) -> TapeEvent:
        """Return one entry, decoded to ticks and lots.

        Raises: TapeError when it cannot be read.
        """
        raw = self.entries[number][1]
        try:
            wire: _Depth | _Best | _Trade = msgspec.json.decode(raw, type=_Depth) if isinstance(raw, bytes) else raw
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise TapeError(f"entry {number} cannot be read: {error}") from None
        match wire:
            case _Best():
                return BestQuotes(wire.u, self.ticks(wire.b), self.lots(wire.B), self.ticks(wire.a), self.lots(wire.A))
            case _Trade():
                return Print(self.ticks(wire.p), self.lots(wire.q), Side.SELL if wire.m else Side.BUY)
            case _Depth():
                return Changes(wire.u, self.levels(wire.b), self.levels(wire.a))

    def ticks(self, price: str) -> Ticks:
        ticks = int(Decimal(price) / self.tick_size)
        if not ticks:
            raise TapeError(f"{price} is no price")
        return Ticks(ticks)

    def lots(self, size: str) -> Lots:
        return Lots(int(Decimal(size) / self.lot_size))

    def levels(self, wire: list[tuple[str, str]]) -> Levels:
        return [(self.ticks(price), self.lots(size)) for price, size in wire]


def load_tape(path: Path) -> Tape:
    """Read a recording from its snapshot on.

    Raises: TapeError when the file cannot be read or holds no snapshot.
    """
    try:
        return _Loader().load(path)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise TapeError(f"{path.name} is not a recording: {error}") from None


class _Loader:
    def __init__(self) -> None:
        self._line = msgspec.json.Decoder(_Line)
        self._best = msgspec.json.Decoder(_Best)
        self._trade = msgspec.json.Decoder(_Trade)
        self._snapshot: _Snapshot | None = None
        self._symbol = ""
        self._start_ns = 0
        self._entries: list[tuple[int, Any]] = []
        self._price_step = 0
        self._size_step = 0

    def load(self, path: Path) -> Tape:
        with gzip.open(path, "rb") as lines:
            for line in lines:
                stamp, _, message = line.partition(b" ")
                self._take(int(stamp), message)
        if self._snapshot is None:
            raise TapeError(f"{path.name} holds no book snapshot")
        tape = Tape(
            market=next((name for asset, name in MARKETS.items() if self._symbol.startswith(asset)), "BTC-USD"),
            tick_size=_step(self._price_step),
            lot_size=_step(self._size_step),
            snapshot=Changes(self._snapshot.last_update_id, [], []),
            entries=self._entries,
        )
        tape.snapshot.bids.extend(tape.levels(self._snapshot.bids))
        tape.snapshot.asks.extend(tape.levels(self._snapshot.asks))
        return tape

    def _take(self, stamp_ns: int, message: bytes) -> None:
        if message.startswith(b'{"lastUpdateId"'):
            if self._snapshot is None:
                self._snapshot = msgspec.json.decode(message, type=_Snapshot)
                self._start_ns = stamp_ns
                for price, size in (*self._snapshot.bids, *self._snapshot.asks):
                    self._note(price, size)
            return
        if self._snapshot is None:
            return  # what came before the first whole picture cannot be placed
        line = self._line.decode(message)
        symbol, _, kind = line.stream.partition("@")
        self._symbol = self._symbol or symbol.upper()
        raw: Any
        if kind == "bookTicker":
            raw = self._best.decode(line.data)
            self._note(raw.b, raw.B)
            self._note(raw.a, raw.A)
        elif kind in ("trade", "aggTrade"):
            raw = self._trade.decode(line.data)
            self._note(raw.p, raw.q)
            if raw.q == "0.000" or not float(raw.q):
                return
        elif kind.startswith("depth"):
            raw = bytes(line.data)
        else:
            return
        self._entries.append(((stamp_ns - self._start_ns) // _NS_PER_MS, raw))

    def _note(self, price: str, size: str) -> None:
        self._price_step = gcd(self._price_step, int(Decimal(price) * _SCALE))
        self._size_step = gcd(self._size_step, int(Decimal(size) * _SCALE))


def _step(scaled: int) -> Decimal:
    """Return the largest power of ten that divides everything seen: a real tick, not an accident of the sample."""
    if not scaled:
        raise TapeError("no prices were seen")
    step = 1
    while scaled % (step * 10) == 0:
        step *= 10
    return Decimal(step) / _SCALE

"""What trouble does to stream frames: to what is told (here, once for everybody) and to how a connection tells it."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from simulator.faults import Fault, Faults
from simulator.frames import Frame, encode
from simulator.orders import OPEN

Later = Callable[[float, str, Frame], None]
"""Tells a frame after so many seconds."""
RUBBISH_BYTES: Final = 8 * 2**20
DEPTH: Final = 100_000
_OPEN_WORDS: Final = frozenset(status.value for status in OPEN)
_PRICED: Final = frozenset({"trades", "mark", "index"})
_BOOKS: Final = frozenset({"orderbooks", "best"})


class StreamTrouble:
    """Turn one frame into the frames that are told instead."""

    def __init__(self, faults: Faults, later: Later) -> None:
        self._faults = faults
        self._later = later
        self._held: dict[str, Frame] = {}

    @property
    def holds_any(self) -> bool:
        """Whether a frame waits for the next one to overtake it."""
        return bool(self._held)

    def told(self, key: str, frame: Frame) -> list[Frame]:
        """Return what to tell now; what is told later goes its own way."""
        if self._is_muted(key, frame):
            return []
        late = self._strikes("late_frames", key, frame)
        if late is None and frame.word == "TRADE":
            late = self._strikes("late_fills", key, frame)
        if late is not None:
            self._later(late.delay_ms / 1000, key, frame)
            return []
        frames = list(self._altered(key, frame))
        return self._swapped(key, frames) if frame.family == "account" else frames

    def _strikes(self, kind: str, key: str, frame: Frame) -> Fault | None:
        return self._faults.strikes(kind, _market_of(key, frame), stream=frame.family, word=frame.word)

    def _is_muted(self, key: str, frame: Frame) -> bool:
        silent = any(self._strikes(kind, key, frame) for kind in ("mute_streams", "mute_frames"))
        if not silent and frame.family != "account":
            silent = self._strikes("mute_market", key, frame) is not None
        if not silent and frame.word == "TRADE":
            silent = self._strikes("lose_fills", key, frame) is not None
        return silent

    def _altered(self, key: str, frame: Frame) -> Iterator[Frame]:
        step = self._strikes("clock_step", key, frame)
        if step is not None:
            frame = Frame(frame.family, frame.ts_ms + (step.step_ms or 0), frame.data, frame.word)
        if frame.family in _PRICED:
            bad = self._strikes("bad_prices", key, frame)
            frame = frame if bad is None else _changed(frame, lambda data: _scaled(data, "p", bad.factor))
        if frame.family in _BOOKS and self._strikes("crossed_book", key, frame):
            frame = _changed(frame, _cross)
        if frame.word == "DELTA" and self._strikes("broken_deltas", key, frame):
            frame = _changed(frame, _break_delta)
        yield frame
        if frame.word == "TRADE":
            yield from self._fills_again(key, frame)
        if frame.word == "ORDER" and self._strikes("false_cancels", key, frame):
            yield _changed(frame, _cancel_open)

    def _fills_again(self, key: str, frame: Frame) -> Iterator[Frame]:
        if self._strikes("duplicate_fills", key, frame):
            yield frame
        altered = self._strikes("altered_fills", key, frame)
        if altered is not None:
            yield _changed(frame, lambda data: _scaled(data, "qty", altered.factor or Decimal(2)))
        if self._strikes("renamed_fills", key, frame):
            yield _changed(frame, _rename)

    def _swapped(self, key: str, frames: list[Frame]) -> list[Frame]:
        held = self._held.pop(key, None)
        if held is not None:
            return [*frames, held]
        if self._strikes("reorder_account", key, frames[0]):
            self._held[key] = frames.pop(0)
        return frames


def _market_of(key: str, frame: Frame) -> str | None:
    return None if frame.family == "account" else key.partition("|")[0]


def _changed(frame: Frame, change: Callable[[Any], None]) -> Frame:
    data = msgspec.json.decode(frame.data)
    change(data)
    return Frame(frame.family, frame.ts_ms, encode(data), frame.word)


def _records(data: Any) -> list[dict[str, Any]]:
    """Return the records of a frame's data, whichever shape its family has."""
    if isinstance(data, list):
        return data
    lists = [each for each in data.values() if isinstance(each, list)] if isinstance(data, dict) else []
    return [record for each in lists for record in each] or [data]


def _scaled(data: Any, member: str, factor: Decimal | None) -> None:
    for record in _records(data):
        if member in record:
            record[member] = format(Decimal(record[member]) * (factor or Decimal(1)), "f")


def _rename(data: Any) -> None:
    for record in _records(data):
        record["id"] += 1


def _cancel_open(data: Any) -> None:
    for record in _records(data):
        if record["status"] in _OPEN_WORDS:
            record["status"] = "CANCELLED"


def _cross(data: Any) -> None:
    levels = [*data["a"], *data["b"]]
    if levels:
        price = format(Decimal(levels[0]["p"]) * 2, "f")
        data["b"].insert(0, {"p": price, "q": "1", "c": "1"} if data["t"] == "DELTA" else {"p": price, "q": "1"})


def _break_delta(data: Any) -> None:
    for level in [*data["b"], *data["a"]][:1]:
        level["q"] = "-1000000"
        level.pop("c", None)


# ── how a connection says it ──


def rubbish(closed: bytes, form: str) -> bytes:
    """Return a closed frame broken in one of the `FORMS`."""
    match form:
        case "truncated":
            return closed[: len(closed) // 2]
        case "deep":
            return b'{"ts":1,"data":' + b"[" * DEPTH + b"]" * DEPTH + closed[-10:]
        case "huge":
            return closed[:-1] + b',"padding":"' + b"x" * RUBBISH_BYTES + b'"}'
        case "not_utf8":
            return closed.replace(b'"data"', b'"da\xff\xfea"')
    record: dict[str, Any] = msgspec.json.decode(closed)
    match form:
        case "missing":
            record.pop("data", None)
        case "wrong_type":
            record["data"] = "words"
        case "unknown":
            record["type"] = "NOVELTY"
        case "not_a_number":
            spoil_numbers(record.get("data"))
        case _:
            record["extra"] = {"nested": [1, None]}
    return encode(record)


def spoil_numbers(data: Any) -> None:
    """Put NaN where prices, sizes and balances stand."""
    if isinstance(data, list):
        for each in data:
            spoil_numbers(each)
    elif isinstance(data, dict):
        for name, value in data.items():
            if name in {"p", "q", "price", "qty", "size", "balance", "equity", "markPrice", "openPrice"}:
                data[name] = "NaN"
            else:
                spoil_numbers(value)

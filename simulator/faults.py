"""Trouble on demand: what tests ask the exchange to do wrong. Switched by `/sim/faults` while it runs.

A fault has a kind, and says where it strikes: `on` which requests, on which `stream`, `word` (ORDER, TRADE, DELTA …) and
`market`. What it leaves out, it does not care about. What it does is in `fault_answers.py` and `fault_frames.py`.
"""

from decimal import Decimal
from random import Random
from typing import Final

import msgspec

from simulator.orders import Reason
from simulator.refusals import Code, Refused

REQUEST_KINDS: Final = {
    "slow_answers": "requests wait `delay_ms` before anything happens",
    "late_answers": "requests are executed at once and answered `delay_ms` later",
    "lose_requests": "requests are dropped before anything happens, without an answer",
    "lose_answers": "requests are executed, then the connection is dropped without an answer",
    "repeat_requests": "requests arrive twice, as from a proxy that tries again; the second answer is given",
    "acknowledge_only": "requests are answered OK and nothing happens",
    "refuse_all": "requests are answered 503",
    "refuse_with": "requests are refused with error `code`, on HTTP `status` if given: 200 is an error inside a success",
    "html_body": "requests are answered `status` (502) with an HTML page",
    "empty_body": "requests are answered `status` (429) with nothing in it",
    "bare_404": "requests are answered 404 with nothing in it; nothing happens",
    "rate_limited": "requests are answered 429 in the envelope",
    "truncated_answers": "requests are executed and answered with the first half of the body",
    "stale_reads": "lists of orders show what was true `delay_ms` ago",
    "empty_lists": "answers list nothing",
    "wrong_sizes": "sizes in answers are `factor` times what they are",
    "not_numbers": "prices and sizes in answers are NaN",
    "wrong_cursor": "a page's cursor points at its beginning, so that the next page repeats it",
    "spare_one": "a mass cancel leaves the account's newest order alive",
    "reject_in_book": "accepted orders are refused by the book with `reason`",
}
STREAM_KINDS: Final = {
    "mute_streams": "sockets stay open and say nothing",
    "mute_market": "one `market` sends no more frames on any public stream",
    "mute_frames": "frames of a `stream` and `word` are not sent",
    "gap": "frames are skipped: their sequence numbers are missing",
    "duplicate": "frames are sent twice with the same sequence number",
    "reorder": "frames come after the next one: their sequence numbers are out of order",
    "delay_frames": "each frame is on its way for `delay_ms`; the order stays",
    "late_frames": "frames are told `delay_ms` late, under a number of that time: what came meanwhile overtakes them",
    "late_fills": "the same, for the account's trades only",
    "reorder_account": "account frames change places with the next one; the sequence numbers are in order",
    "duplicate_fills": "fills are told again, with the same trade id",
    "altered_fills": "fills are told again, with the same trade id and `factor` (2) times the size",
    "renamed_fills": "fills are told again, with another trade id: more than was ordered",
    "lose_fills": "fills are not told; the orders say that they are filled",
    "false_cancels": "orders that stand are said to be cancelled",
    "bad_prices": "prices on trade, mark and index streams are `factor` times what they are",
    "crossed_book": "book frames show a bid at twice the price",
    "broken_deltas": "book deltas take more from a level than it has, and give no absolute size",
    "clock_step": "frames carry a time `step_ms` off",
    "rubbish_frames": "frames are broken in a `form`: truncated, deep, huge, not_utf8, missing, extra, wrong_type, not_a_number "
    "or unknown",
    "disconnect_streams": "all sockets are cut, once",
    "close_streams": "all sockets are closed with a goodbye (1000), once",
    "disconnect_every": "all sockets are cut every `delay_ms`",
    "refuse_streams": "socket handshakes are answered `status` (503)",
    "forgetful_opening": "the first frames of an account stream list no orders",
}  # fmt: skip
KINDS: Final = REQUEST_KINDS | STREAM_KINDS
ONCE: Final = frozenset({"disconnect_streams", "close_streams"})
FORMS: Final = ("truncated", "deep", "huge", "not_utf8", "missing", "extra", "wrong_type", "not_a_number", "unknown")
REQUESTS: Final = (
    "any", "read", "write", "create", "edit", "cancel", "mass_cancel", "switch", "leverage", "orders", "order", "trades",
    "positions", "balance", "account", "market",
)  # fmt: skip
STREAMS: Final = ("orderbooks", "best", "trades", "mark", "index", "funding", "candles", "account")
_USUALLY: Final = {"lose_requests": "write", "lose_answers": "write", "bare_404": "write", "acknowledge_only": "write",
                   "repeat_requests": "write"}  # fmt: skip
"""Kinds that strike writes unless `on` says otherwise; the others strike any request."""
_NEEDS: Final = {"mute_market": "market", "refuse_with": "code", "reject_in_book": "reason", "rubbish_frames": "form",
                 "bad_prices": "factor", "wrong_sizes": "factor", "clock_step": "step_ms"}  # fmt: skip
_NEEDS_DELAY: Final = frozenset({"delay_frames", "late_frames", "late_fills", "disconnect_every", "stale_reads", "late_answers"})


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of trouble; `times` limits how often it strikes (absent: until cleared), `chance` draws from the seed."""

    kind: str
    market: str | None = None
    stream: str | None = None
    word: str | None = None
    on: str | None = None
    delay_ms: int = 0
    times: int | None = None
    chance: float = 1.0
    status: int | None = None
    code: int | None = None
    factor: Decimal | None = None
    form: str | None = None
    step_ms: int | None = None
    reason: str | None = None


class FaultOrders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a fault file, or a control request, asks for: first clear, then set."""

    set: list[Fault] = []
    clear: list[str] = []
    clear_all: bool = False


def decode_faults(body: bytes) -> FaultOrders:
    """Read one fault, or a whole `FaultOrders` record, from JSON.

    Raises: Refused 400.
    """
    try:
        asked = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        if "kind" in asked:
            return FaultOrders(set=[msgspec.json.decode(body, type=Fault)])
        return msgspec.json.decode(body, type=FaultOrders)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError) as error:
        raise Refused(Code.BAD_REQUEST, str(error)[:300], message="Invalid faults") from None


def check_fault(fault: Fault) -> None:
    """Check that a fault makes sense.

    Raises: Refused for an unknown kind or senseless members.
    """
    _known("kind", fault.kind, KINDS)
    _known("stream", fault.stream, STREAMS)
    _known("on", fault.on, REQUESTS)
    _known("form", fault.form, FORMS)
    _known("reason", fault.reason, [each.value for each in Reason])
    counted = fault.times is None or fault.times >= 1
    if not (0 <= fault.delay_ms <= 60_000 and 0 < fault.chance <= 1 and counted):
        raise Refused(Code.BAD_REQUEST, "delay_ms lies in 0..60000, chance in (0, 1], times is at least 1")
    if abs(fault.step_ms or 0) > 3_600_000 or not (fault.status is None or 200 <= fault.status <= 599):
        raise Refused(Code.BAD_REQUEST, "step_ms is at most an hour, status lies in 200..599")
    if fault.factor is not None and not (fault.factor.is_finite() and abs(fault.factor) <= 1_000_000):
        raise Refused(Code.BAD_REQUEST, "factor must be a number up to a million")
    concerns_requests = fault.kind in REQUEST_KINDS
    if (fault.on if not concerns_requests else fault.stream or fault.word) is not None:
        raise Refused(Code.BAD_REQUEST, "on is for faults of requests, stream and word for faults of streams")
    if concerns_requests and fault.market is not None and fault.kind != "reject_in_book":
        raise Refused(Code.BAD_REQUEST, f"{fault.kind} does not know a market")
    needed = _NEEDS.get(fault.kind)
    if needed is not None and getattr(fault, needed) is None:
        raise Refused(Code.BAD_REQUEST, f"{fault.kind} needs {needed}")
    if fault.kind in _NEEDS_DELAY and not fault.delay_ms:
        raise Refused(Code.BAD_REQUEST, f"{fault.kind} needs delay_ms")


def _known(member: str, value: str | None, words: object) -> None:
    assert isinstance(words, dict | tuple | list)
    if value is not None and value not in words:
        raise Refused(Code.BAD_REQUEST, f"{member} must be one of {', '.join(words)}")


class Faults:
    """The trouble of the moment; draws its luck from the run's seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._active: dict[Fault, int | None] = {}
        """What is left of `times`; None without a limit."""
        self.struck: dict[str, int] = {}

    def set(self, fault: Fault) -> None:
        """Switch one kind of trouble on; the same kind in the same place takes the place of the one before.

        Raises: Refused for an unknown kind or senseless numbers.
        """
        check_fault(fault)
        for each in [each for each in self._active if _place(each) == _place(fault)]:
            del self._active[each]
        self._active[fault] = fault.times

    def clear(self, kind: str | None = None) -> None:
        """End one kind of trouble, or all."""
        for each in [each for each in self._active if kind in (None, each.kind)]:
            del self._active[each]

    def strikes(
        self,
        kind: str,
        market: str | None = None,
        *,
        on: frozenset[str] = frozenset(),
        stream: str | None = None,
        word: str | None = None,
    ) -> Fault | None:
        """Return the fault of a kind that strikes here and now, counting it; `on` are the words that fit a request."""
        for fault in self._active:
            if fault.kind == kind and _fits(fault, market, on, stream, word):
                if fault.chance < 1 and self._random.random() >= fault.chance:
                    continue
                self._count(fault)
                return fault
        return None

    def _count(self, fault: Fault) -> None:
        self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
        left = self._active[fault]
        if left is not None:
            self._active[fault] = left - 1
            if left == 1:
                del self._active[fault]

    def active(self) -> list[Fault]:
        return list(self._active)

    @property
    def any(self) -> bool:
        return bool(self._active)


def _place(fault: Fault) -> tuple[object, ...]:
    return fault.kind, fault.market, fault.stream, fault.word, fault.on


def _fits(fault: Fault, market: str | None, on: frozenset[str], stream: str | None, word: str | None) -> bool:
    return (
        (fault.market is None or fault.market == market)
        and (fault.stream is None or fault.stream == stream)
        and (fault.word is None or fault.word == word)
        and (not on or (fault.on or _USUALLY.get(fault.kind, "any")) in on)
    )

"""Trouble on demand: what tests ask the exchange to do wrong. Switched by `/sim/faults` while it runs."""

from random import Random
from typing import Final

import msgspec

from simulator.refusals import Code, Refused

KINDS: Final = {
    "refuse_all": "every REST request is answered 503",
    "lose_answers": "REST writes are executed, then the connection is dropped without an answer",
    "lose_requests": "REST writes are dropped before anything happens, without an answer",
    "slow_answers": "REST answers wait `delay_ms`",
    "mute_market": "one `market` sends no more frames on any public stream",
    "mute_streams": "sockets stay open and say nothing",
    "gap": "the next `times` frames of each public stream are skipped: their sequence numbers are missing",
    "duplicate": "the next `times` stream frames are sent twice with the same sequence number",
    "disconnect_streams": "all sockets are cut, once",
    "refuse_streams": "socket handshakes are answered 503",
    "bare_404": "REST writes are answered 404 with an empty body; nothing happens",
    "html_body": "every REST request is answered 502 with an HTML page",
    "rate_limited": "every REST request is answered 429",
}
ONCE: Final = frozenset({"disconnect_streams"})


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of trouble; `times` limits how often it strikes (absent: until cleared)."""

    kind: str
    market: str | None = None
    delay_ms: int = 0
    times: int | None = None
    chance: float = 1.0


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
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(Code.BAD_REQUEST, str(error)[:300], message="Invalid faults") from None


class Faults:
    """The trouble of the moment; draws its luck from the run's seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._active: dict[tuple[str, str | None], Fault] = {}
        self._left: dict[tuple[str, str | None], int] = {}
        self.struck: dict[str, int] = {}

    def set(self, fault: Fault) -> None:
        """Switch one kind of trouble on.

        Raises: Refused for an unknown kind or senseless numbers.
        """
        if fault.kind not in KINDS:
            raise Refused(Code.BAD_REQUEST, f"kind must be one of {', '.join(KINDS)}")
        counted = fault.times is None or fault.times >= 1
        if not (0 <= fault.delay_ms <= 60_000 and 0 < fault.chance <= 1 and counted):
            raise Refused(Code.BAD_REQUEST, "delay_ms lies in 0..60000, chance in (0, 1], times is at least 1")
        if (fault.kind == "mute_market") != (fault.market is not None):
            raise Refused(Code.BAD_REQUEST, "mute_market, and only it, needs a market")
        key = (fault.kind, fault.market)
        self._active[key] = fault
        self._left.pop(key, None)
        if fault.times is not None:
            self._left[key] = fault.times

    def clear(self, kind: str | None = None) -> None:
        """End one kind of trouble, or all."""
        for key in [key for key in self._active if kind in (None, key[0])]:
            self._active.pop(key)
            self._left.pop(key, None)

    def strikes(self, kind: str, market: str | None = None) -> Fault | None:
        """Return the fault if it strikes now, counting it."""
        key = (kind, market)
        fault = self._active.get(key)
        if fault is None or (fault.chance < 1 and self._random.random() >= fault.chance):
            return None
        self.struck[kind] = self.struck.get(kind, 0) + 1
        if key in self._left:
            self._left[key] -= 1
            if not self._left[key]:
                self._active.pop(key)
                self._left.pop(key)
        return fault

    def active(self) -> list[Fault]:
        return list(self._active.values())

    @property
    def any(self) -> bool:
        return bool(self._active)

"""What an answer means: pure, from status and body to "done" or to the error that says what to do next.

The envelope decides. An answer that carries the exchange's own envelope and a documented code is the exchange's
word: refused means that it did not happen. Without the envelope somebody on the way has spoken (a proxy, an origin
that lacks the route), and a create may have happened all the same. A code that nobody documented proves nothing
either. Reads change nothing, so for them the same troubles only mean that nothing is known.
"""

from enum import StrEnum
from typing import Final

import msgspec

from bot.core.errors import (
    ExchangeError,
    ExchangeUnreachable,
    NotFound,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    Refused,
    Unauthorised,
    VenueMode,
)
from bot.extended.wire import Envelope, ErrorBody

DUPLICATE_ORDER: Final = 1134
EDIT_TARGET_GONE: Final = 1142
KEY_REFUSALS: Final = frozenset({1100, 1101, 1102})
"""Public key, signature or vault not accepted: a person must act, repeating is useless."""

_GENERAL: Final = frozenset({400, 401, 403, 404, 422, 429})
_VENUE: Final = frozenset({1002, 1010, 1011, 1012, 1014})
_UNKNOWN_THING: Final = frozenset({404, 1000, 1001, 1003, 1004, 1008})
_AMBIGUOUS: Final = frozenset({500, 502, 503, 504, 1006})
"""The exchange's own trouble: what happened to the request is not said."""
_BUSINESS: Final = (
    frozenset({1000, 1001, 1003, 1004, 1005, 1008, 1009, 1013, 10501, 1051, 1500})
    | frozenset(range(1049, 1054))
    | KEY_REFUSALS
    | frozenset(range(1120, 1149))
    | _VENUE
)
DOCUMENTED: Final = _GENERAL | _BUSINESS | _AMBIGUOUS

_NAMED_CODES: Final = {"BAD_REQUEST": 400, "UNAUTHORIZED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404}
"""A sample of the documentation writes a word where everything else writes a number."""


class Asked(StrEnum):
    """What the request wanted; it decides what a lost answer means."""

    READ = "read"
    CREATE = "create"
    """Create or replace an order."""
    CANCEL = "cancel"
    """Cancel one order or many."""
    SETTING = "setting"
    """Leverage, the dead-man's switch: repeating it changes nothing more."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope that says yes, or the error to raise; `exchange_code` is 0 where there was none."""

    envelope: Envelope | None = None
    error: ExchangeError | None = None
    exchange_code: int = 0


def read_answer(asked: Asked, http_status: int, body: bytes) -> Answer:
    """Return what an answer means; never raises."""
    envelope = _envelope(body)
    succeeded = 200 <= http_status < 300
    if envelope is None:
        if succeeded and not body.strip() and asked in (Asked.CANCEL, Asked.SETTING):
            return Answer(envelope=Envelope(status="OK"))
        return Answer(error=_without_envelope(asked, http_status, body))
    said_ok = envelope.status.upper() == "OK" and envelope.error is None
    if said_ok:
        return Answer(envelope=envelope) if succeeded else Answer(error=_nobody_knows(asked, http_status, "OK"))
    return _refusal(asked, http_status, envelope.error or ErrorBody())


def _envelope(body: bytes) -> Envelope | None:
    try:
        return msgspec.json.decode(body, type=Envelope)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _refusal(asked: Asked, http_status: int, said: ErrorBody) -> Answer:
    code = _code(said.code)
    text = " ".join(part for part in (said.message, said.debug_info) if part)[:300] or f"HTTP {http_status}"
    return Answer(error=_error(asked, http_status, code, text), exchange_code=code)


def _error(asked: Asked, http_status: int, code: int, text: str) -> ExchangeError:
    status = code if code in _GENERAL else http_status if code not in _BUSINESS else 0
    if status == 429:
        return RateLimited(code, text, http_status=http_status)
    if status in (401, 403):
        return Unauthorised(code, text, http_status=http_status)
    if code in _VENUE or (http_status == 503 and _tells_of_maintenance(text)):
        return VenueMode(code, text, http_status=http_status)
    if _is_unknown_thing(asked, code, http_status, text):
        return NotFound(code, text, http_status=http_status)
    if code == DUPLICATE_ORDER and asked is Asked.CREATE:
        return OutcomeUnknown(f"the exchange has an order of this id already ({code}): {text}")
    if code in _AMBIGUOUS or code not in DOCUMENTED:
        if asked is Asked.READ and code not in _AMBIGUOUS and http_status < 500:
            return Refused(code, text, http_status=http_status)
        return _nobody_knows(asked, http_status, f"{code} {text}")
    return Refused(code, text, http_status=http_status)


def _is_unknown_thing(asked: Asked, code: int, http_status: int, text: str) -> bool:
    if code == EDIT_TARGET_GONE or code in _UNKNOWN_THING:
        return True
    return asked is Asked.CANCEL and (http_status == 404 or "not found" in text.lower())


def _without_envelope(asked: Asked, http_status: int, body: bytes) -> ExchangeError:
    if http_status == 429:  # the limiter stands in front of everything else, whoever words its answer
        return RateLimited(0, "too many requests", http_status=http_status)
    if http_status in (401, 403) and asked is not Asked.CREATE:
        return Unauthorised(0, f"HTTP {http_status} without a word", http_status=http_status)
    if asked is Asked.READ and http_status == 503 and _tells_of_maintenance(_beginning(body)):
        return VenueMode(0, "maintenance", http_status=http_status)
    if asked is Asked.READ and 200 <= http_status < 300:
        return ProtocolError(f"HTTP {http_status} without the exchange's envelope: {_beginning(body)!r}")
    return _nobody_knows(asked, http_status, f"no envelope: {_beginning(body)!r}")


def _nobody_knows(asked: Asked, http_status: int, what: str) -> ExchangeError:
    kind = ExchangeUnreachable if asked is Asked.READ else OutcomeUnknown
    return kind(f"HTTP {http_status}, {what}")


def _tells_of_maintenance(text: str) -> bool:
    return "maintenance" in text.lower() or "service unavailable" in text.lower()


def _beginning(body: bytes) -> str:
    return body[:120].decode("utf-8", "replace")


def _code(value: int | str) -> int:
    if isinstance(value, int):
        return value
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else _NAMED_CODES.get(value, 0)

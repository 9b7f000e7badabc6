"""What can go wrong, named for what the caller should do.

MakerError
├── InvalidInput            a person or a program sent a value that cannot be used: field, value, allowed, hint
├── ConfigurationError      a person must change a setting before the program can go on
├── RiskRefused             our own limits forbid it; nothing was sent
├── PriceUnavailable        no price that is fresh enough to act on
├── IdsExhausted            no reserved order id is left; nothing may be created until a block is reserved
├── AlreadyRunning          start was asked for while the bot runs
├── NotWhileRunning         something was asked for that the present state does not allow
├── InvariantBroken         our bug: cancel everything and stop
└── ExchangeError
    ├── NotSent             it never left this machine: it did not happen
    ├── OutcomeUnknown      it may have happened: ask the exchange, then act
    ├── ExchangeUnreachable a read failed on the way: nothing is known, nothing changed
    ├── ProtocolError       the exchange sent something that cannot be understood
    └── Refused             the exchange answered no; its code and words are kept
        ├── RateLimited     too many requests: come back later, with less
        ├── Unauthorised    the key is not accepted: a person must act
        ├── NotFound        the exchange does not know the thing
        └── VenueMode       maintenance, post-only or reduce-only mode: wait
"""


class MakerError(Exception):
    """Base of everything this program raises on purpose."""

    code = "error"


class InvalidInput(MakerError):
    """A value cannot be used; says which, what was found and what is allowed."""

    code = "invalid_input"

    def __init__(self, field: str, value: object, allowed: str, hint: str = "") -> None:
        shown = repr(value)
        self.field, self.value, self.allowed, self.hint = field, value, allowed, hint
        super().__init__(f"{field} is {shown[:80]}{'…' if len(shown) > 80 else ''}; expected {allowed}")


class ConfigurationError(MakerError):
    """A person must change a setting before the program can go on."""

    code = "configuration"


class RiskRefused(MakerError):
    """Our own limits forbid it; nothing was sent."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class PriceUnavailable(MakerError):
    """There is no price that is fresh enough to act on."""

    code = "price_unavailable"

    def __init__(self, market: str, why: str = "") -> None:
        self.market = market
        super().__init__(f"Could not find price for market {market}" + (f": {why}" if why else ""))


class IdsExhausted(MakerError):
    """No reserved order id is left; nothing may be created until a block is reserved."""

    code = "ids_exhausted"


class AlreadyRunning(MakerError):
    """Start was asked for while the bot runs."""

    code = "already_running"


class NotWhileRunning(MakerError):
    """Something was asked for that the present state does not allow; says what to do first."""

    code = "not_while_running"


class KillUnderWay(NotWhileRunning):
    """Start was asked for while a kill still cancels: its quotes could be cancelled by it."""

    code = "kill_under_way"


class InvariantBroken(MakerError):
    """Something that must be true is not: our bug. Cancel everything and stop."""

    code = "invariant_broken"


class ExchangeError(MakerError):
    """Something went wrong between us and the exchange."""

    code = "exchange"


class NotSent(ExchangeError):
    """The request never left this machine, so it did not happen."""

    code = "not_sent"


class OutcomeUnknown(ExchangeError):
    """The request may have happened: ask the exchange, then act."""

    code = "outcome_unknown"


class ExchangeUnreachable(ExchangeError):
    """A read failed on the way: nothing is known and nothing changed."""

    code = "exchange_unreachable"


class ProtocolError(ExchangeError):
    """The exchange sent something that cannot be understood."""

    code = "protocol"


class Refused(ExchangeError):
    """The exchange answered no. `exchange_code` is its own number, `http_status` the answer's."""

    code = "refused_by_exchange"

    def __init__(self, exchange_code: int, message: str, *, http_status: int = 0) -> None:
        self.exchange_code, self.exchange_message, self.http_status = exchange_code, message, http_status
        super().__init__(f"the exchange refused ({exchange_code}): {message}")


class RateLimited(Refused):
    """Too many requests from this address."""

    code = "rate_limited"


class Unauthorised(Refused):
    """The API key is not accepted."""

    code = "unauthorised"


class NotFound(Refused):
    """The exchange does not know the thing we asked for."""

    code = "not_found"


class VenueMode(Refused):
    """The venue or the market is in a mode that forbids it for now."""

    code = "venue_mode"

"""An order's life.

The exchange answers a create over REST before its book has decided, and the account stream may report the same order earlier,
later or never. So three voices speak about one order (our own sending, the REST answer, the stream or a later query), in any
sequence, and each may be lost. Four rules keep the table below short:

- Only the exchange ends an order. Silence, a timeout or a missing row never does; they lead to UNKNOWN, which counts as live.
- A fill is believed whenever it comes, also after the end; it changes quantities, never the status of an ended order.
- A cancel request is a wish. The order stays CANCELLING, and live, until the exchange reports its end.
- "The exchange does not know this order" in answer to a cancel usually means that it was just filled: ask, do not conclude.

States: RESERVED (id taken, nothing sent) → PLACING (sent, unanswered) → ACKED (REST said yes, the book has not spoken) → RESTING
(on the book, perhaps partly filled) → CANCELLING; UNKNOWN (outcome in doubt). Ended: FILLED, CANCELLED, EXPIRED, REJECTED.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from bot.core.errors import InvariantBroken
from bot.core.numbers import Lots, Ticks


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell: the direction in which a fill moves the position."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


class TimeInForce(StrEnum):
    GTT = "GTT"
    """Rests until filled, cancelled or expired."""
    IOC = "IOC"
    """Takes what it can at once; the rest is cancelled."""


class Owner(StrEnum):
    """Who made an order: this bot's quoting, a person through us, or anybody else on the account."""

    BOT = "bot"
    HAND = "hand"
    FOREIGN = "foreign"


class Status(StrEnum):
    RESERVED = "RESERVED"
    PLACING = "PLACING"
    ACKED = "ACKED"
    RESTING = "RESTING"
    CANCELLING = "CANCELLING"
    UNKNOWN = "UNKNOWN"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"

    @property
    def is_ended(self) -> bool:
        return self in ENDED


ENDED: Final = frozenset({Status.FILLED, Status.CANCELLED, Status.EXPIRED, Status.REJECTED})


class Saw(StrEnum):
    """What was seen about one order; the inputs of the table."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    ANSWER_LOST = "answer_lost"
    SILENCE = "silence"
    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    CANCEL_SENT = "cancel_sent"
    CANCEL_ANSWERED = "cancel_answered"
    CANCEL_LOST = "cancel_lost"
    CANCEL_NOT_FOUND = "cancel_not_found"
    REPLACE_REFUSED = "replace_refused"
    """The order that was to take this one's place was refused or never left: this one is untouched."""
    INFERRED_GONE = "inferred_gone"


_REPORTED_END: Final = {
    Saw.FILLED: Status.FILLED,
    Saw.CANCELLED: Status.CANCELLED,
    Saw.EXPIRED: Status.EXPIRED,
    Saw.REJECTED: Status.REJECTED,
}

_CANCEL_ANSWERS: Final = {
    status: {
        Saw.CANCEL_ANSWERED: status,
        Saw.CANCEL_LOST: status,
        Saw.CANCEL_NOT_FOUND: Status.UNKNOWN,
        Saw.REPLACE_REFUSED: Status.RESTING if status is Status.CANCELLING else status,
    }
    for status in (Status.PLACING, Status.ACKED, Status.RESTING, Status.CANCELLING, Status.UNKNOWN)
}
"""The answer to a cancel may come after any other voice, also after a late acknowledgement; only "not found" raises a doubt."""

TRANSITIONS: Final[dict[Status, dict[Saw, Status]]] = {
    Status.RESERVED: {
        Saw.SENT: Status.PLACING,
        Saw.NOT_SENT: Status.REJECTED,
    },
    Status.PLACING: {
        **_REPORTED_END,
        **_CANCEL_ANSWERS[Status.PLACING],
        Saw.NOT_SENT: Status.REJECTED,
        Saw.ACKNOWLEDGED: Status.ACKED,
        Saw.REFUSED: Status.REJECTED,
        Saw.ANSWER_LOST: Status.UNKNOWN,
        Saw.SILENCE: Status.UNKNOWN,
        Saw.OPEN: Status.RESTING,
        Saw.CANCEL_SENT: Status.CANCELLING,
        Saw.INFERRED_GONE: Status.EXPIRED,
    },
    Status.ACKED: {
        **_REPORTED_END,
        **_CANCEL_ANSWERS[Status.ACKED],
        Saw.ACKNOWLEDGED: Status.ACKED,
        Saw.ANSWER_LOST: Status.ACKED,
        Saw.SILENCE: Status.UNKNOWN,
        Saw.OPEN: Status.RESTING,
        Saw.CANCEL_SENT: Status.CANCELLING,
        Saw.INFERRED_GONE: Status.EXPIRED,
    },
    Status.RESTING: {
        **_REPORTED_END,
        **_CANCEL_ANSWERS[Status.RESTING],
        Saw.ACKNOWLEDGED: Status.RESTING,
        Saw.ANSWER_LOST: Status.RESTING,
        Saw.REFUSED: Status.RESTING,  # a proxy repeated the request: the second one is refused, the first one lives
        Saw.SILENCE: Status.UNKNOWN,
        Saw.OPEN: Status.RESTING,
        Saw.CANCEL_SENT: Status.CANCELLING,
        Saw.INFERRED_GONE: Status.EXPIRED,
    },
    Status.CANCELLING: {
        **_REPORTED_END,
        **_CANCEL_ANSWERS[Status.CANCELLING],
        Saw.ACKNOWLEDGED: Status.CANCELLING,
        Saw.REFUSED: Status.REJECTED,  # the create was refused after we had asked for its cancel
        Saw.NOT_SENT: Status.REJECTED,
        Saw.ANSWER_LOST: Status.CANCELLING,
        Saw.SILENCE: Status.UNKNOWN,
        Saw.OPEN: Status.CANCELLING,
        Saw.CANCEL_SENT: Status.CANCELLING,
        Saw.INFERRED_GONE: Status.EXPIRED,
    },
    Status.UNKNOWN: {
        **_REPORTED_END,
        **_CANCEL_ANSWERS[Status.UNKNOWN],
        Saw.NOT_SENT: Status.REJECTED,  # it waited in our own queue and never left
        Saw.ACKNOWLEDGED: Status.ACKED,
        Saw.REFUSED: Status.REJECTED,  # late, and definite: a request leaves once
        Saw.ANSWER_LOST: Status.UNKNOWN,
        Saw.SILENCE: Status.UNKNOWN,
        Saw.OPEN: Status.RESTING,
        Saw.CANCEL_SENT: Status.UNKNOWN,  # asking for its end does not end the doubt
        Saw.INFERRED_GONE: Status.EXPIRED,
    },
    # An ended order hears late voices and stays ended; that is what "absorbing" means, so the rows are written out.
    **{ended: {saw: ended for saw in Saw if saw is not Saw.SENT} for ended in sorted(ENDED)},
}


def next_status(status: Status, saw: Saw) -> Status:
    """Return the status after `saw`.

    Raises: InvariantBroken for a pair that cannot happen, which is our bug and not the exchange's.
    """
    try:
        return TRANSITIONS[status][saw]
    except KeyError:
        raise InvariantBroken(f"an order that is {status} cannot see {saw}") from None


class ExchangeStatus(StrEnum):
    """The exchange's own words for an order's state; any other word is read as UNKNOWN."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    UNTRIGGERED = "UNTRIGGERED"
    TRIGGERED = "TRIGGERED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"

    @property
    def is_open(self) -> bool:
        return self in (ExchangeStatus.NEW, ExchangeStatus.PARTIALLY_FILLED, ExchangeStatus.UNTRIGGERED)


class OrderReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange says about one order, at the exchange's time `updated_ms`."""

    exchange_order_id: int
    client_order_id: str
    market: str
    side: Side
    price: Decimal | None
    size: Decimal
    filled: Decimal
    average_price: Decimal | None
    status: ExchangeStatus
    reason: str
    """The exchange's `statusReason`, "" when it gave none."""
    order_type: str
    time_in_force: str
    post_only: bool
    reduce_only: bool
    created_ms: int
    updated_ms: int
    expires_ms: int | None
    trigger_price: Decimal | None = None
    """Where a stop-loss waits; None for an order that waits for nothing."""


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """An execution of ours. `fee` positive: we paid."""

    trade_id: int
    market: str
    exchange_order_id: int
    client_order_id: str | None
    side: Side
    price: Decimal
    size: Decimal
    fee: Decimal
    is_maker: bool
    kind: str
    """TRADE, LIQUIDATION or DELEVERAGE."""
    exchange_ms: int


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order of ours: what we asked for, and what is known about it."""

    client_order_id: str
    nonce: int
    market: str
    side: Side
    price: Ticks
    size: Lots
    time_in_force: TimeInForce
    post_only: bool
    reduce_only: bool
    owner: Owner
    created_ms: int
    expires_ms: int
    status: Status = Status.RESERVED
    exchange_order_id: int | None = None
    filled: Lots = Lots(0)
    """The larger of the filled size that the exchange reported and the sum of the fills we know."""
    booked: Lots = Lots(0)
    """The sum of the fills we know; what was filled beyond it is a hole: real exposure that no position shows yet."""
    reason: str = ""
    since_ms: int = 0
    """Local time at which the present status was reached."""
    updated_ms: int = 0
    """Exchange time of the newest report that was applied."""
    replaces: str | None = None
    """Our id of the order whose place this one was sent to take in one request."""
    replaced_by: str | None = None
    """Our id of the order that was sent to take this one's place; both count as live until the exchange has ended one."""
    cancel_asked: bool = False
    """True once we asked for its end, whatever became of the request: such an end surprises nobody."""
    adopted: bool = False
    """True for an order of an earlier run, or one that came back after we had given it up: cancelled, never kept."""
    end_is_reported: bool = False
    """True when the exchange itself reported the end; an end that we concluded gives way to its word."""

    @property
    def remaining(self) -> Lots:
        """Lots that may still fill while the order is live."""
        return Lots(max(0, self.size - self.filled))

    @property
    def hole(self) -> Lots:
        """Lots that were filled and of which no fill is known yet."""
        return Lots(max(0, self.filled - self.booked))

    @property
    def is_live(self) -> bool:
        """True while the order may still be filled as far as we know."""
        return not self.status.is_ended


POSITION_STOP: Final = "TPSL"
"""The exchange's word for an order that only waits to close what is held."""


class StopOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Closes a market's whole position, whatever it is then, once mark reaches `trigger`; `worst` bounds the price it takes."""

    client_order_id: str
    nonce: int
    market: str
    side: Side
    """Of the closing order: SELL for a long position."""
    trigger: Ticks
    worst: Ticks
    created_ms: int
    expires_ms: int
    replaces: str | None = None
    """Our id of the stop whose place this one takes in one request."""

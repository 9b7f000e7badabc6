"""An order's life at the exchange: what was asked, what became of it, and the words for both.

    (gateway accepts) ──▶ PENDING ──engine──▶ NEW ──▶ PARTIALLY_FILLED ──▶ FILLED
                             │                 └──────────┴──▶ CANCELLED | EXPIRED
                             └──▶ REJECTED | FILLED | CANCELLED (IOC remainder)

PENDING is ours alone and never on the wire: the gateway has answered, the book has not decided. A final status never changes.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from bot.core.numbers import Lots, Ticks
from simulator.accounts import Account
from simulator.matching import NO_LOTS, Side


class Kind(Enum):
    """The exchange's order types."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    CONDITIONAL = "CONDITIONAL"
    TPSL = "TPSL"
    TWAP = "TWAP"


class TimeInForce(Enum):
    GTT = "GTT"
    IOC = "IOC"
    FOK = "FOK"
    """All at once or nothing; the documents dropped it, see `VenueOptions.fill_or_kill`."""


class SelfTrade(Enum):
    """Whom the taker must not trade with: nobody is off limits, the own account, or all accounts of the client."""

    DISABLED = "DISABLED"
    ACCOUNT = "ACCOUNT"
    CLIENT = "CLIENT"


class Status(Enum):
    PENDING = "PENDING"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    UNTRIGGERED = "UNTRIGGERED"
    TRIGGERED = "TRIGGERED"
    """Told for a moment, if at all: the SDK does not know it."""
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


OPEN: Final = frozenset({Status.NEW, Status.PARTIALLY_FILLED, Status.UNTRIGGERED})
FINAL: Final = frozenset({Status.FILLED, Status.CANCELLED, Status.REJECTED, Status.EXPIRED})


class PriceSource(Enum):
    """Which price a trigger watches."""

    LAST = "LAST"
    MARK = "MARK"
    INDEX = "INDEX"


class Execution(Enum):
    """How a triggered order goes to the book: at its price until filled, or at once and no worse than it."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"


class Scope(Enum):
    """What a take-profit or stop-loss closes: as much as its order, or the whole position."""

    ORDER = "ORDER"
    POSITION = "POSITION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What a conditional order waits for; `direction` is UP or DOWN."""

    price: Decimal
    source: PriceSource
    direction: str
    execution: Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A take-profit or a stop-loss, signed on its own."""

    trigger_price: Decimal
    source: PriceSource
    price: Decimal
    execution: Execution
    settlement: "Settlement | None" = None


class Reason(Enum):
    """Why an order ended; the subset of the documented words this exchange uses."""

    NOT_ENOUGH_FUNDS = "NOT_ENOUGH_FUNDS"
    NO_LIQUIDITY = "NO_LIQUIDITY"
    SELF_TRADE_PROTECTION = "SELF_TRADE_PROTECTION"
    POST_ONLY_FAILED = "POST_ONLY_FAILED"
    REDUCE_ONLY_FAILED = "REDUCE_ONLY_FAILED"
    INVALID_EXPIRE_TIME = "INVALID_EXPIRE_TIME"
    INVALID_PRICE = "INVALID_PRICE"
    INVALID_QTY = "INVALID_QTY"
    DISABLED_MARKET = "DISABLED_MARKET"
    PREV_ORDER_NOT_FOUND = "PREV_ORDER_NOT_FOUND"
    POSITION_TPSL_CONFLICT = "POSITION_TPSL_CONFLICT"
    ORDER_REPLACED = "ORDER_REPLACED"
    POST_ONLY_MODE = "POST_ONLY_MODE"
    REDUCE_ONLY_MODE = "REDUCE_ONLY_MODE"
    TRADING_OFF_MODE = "TRADING_OFF_MODE"
    NEGATIVE_EQUITY = "NEGATIVE_EQUITY"
    ACCOUNT_LIQUIDATION = "ACCOUNT_LIQUIDATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The Stark part of an order as it came in."""

    r: int
    s: int
    public_key: int
    vault: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """A create or edit request, decoded but not yet judged."""

    external_id: str
    market: str
    kind: Kind
    side: Side
    size: Decimal
    price: Decimal | None
    time_in_force: TimeInForce
    expiry_ms: int
    fee: Decimal
    nonce: int
    settlement: Settlement | None
    self_trade: SelfTrade
    reduce_only: bool
    post_only: bool
    cancel_id: str | None = None
    builder_fee: Decimal = Decimal(0)
    trigger: Trigger | None = None
    scope: Scope | None = None
    take_profit: Leg | None = None
    stop_loss: Leg | None = None


@dataclass(slots=True, kw_only=True)
class Order:
    """One order as the exchange remembers it."""

    order_id: int
    external_id: str
    account_id: int
    client_id: int
    market: str
    kind: Kind
    side: Side
    price: Ticks
    lots: Lots
    time_in_force: TimeInForce
    expiry_ms: int
    self_trade: SelfTrade
    reduce_only: bool
    post_only: bool
    created_ms: int
    updated_ms: int
    fee_rate: Decimal = Decimal(0)
    status: Status = Status.PENDING
    reason: Reason | None = None
    filled: Lots = NO_LOTS
    filled_tick_lots: int = 0
    """Sum of price times size over the fills, in ticks times lots: exact."""
    paid_fee: Decimal = Decimal(0)
    previous_id: int | None = None
    replaces: str | None = None
    trigger: Trigger | None = None
    scope: Scope | None = None
    take_profit: Leg | None = None
    stop_loss: Leg | None = None
    liquidates: bool = False
    """The exchange itself sent it, to close what its account can no longer keep."""
    deleverages: bool = False
    """The exchange itself took it away from a winner."""
    waits: bool = False
    """Its trigger has not come: it is in no book and needs no margin."""
    guard_id: int | None = None
    """The take-profit and stop-loss order that its first fill created."""

    @property
    def left(self) -> Lots:
        return Lots(self.lots - self.filled)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    def record_fill(self, price: Ticks, lots: Lots, fee: Decimal, now_ms: int) -> None:
        assert 0 < lots <= self.left, "a fill never exceeds what is left"
        self.filled = Lots(self.filled + lots)
        self.filled_tick_lots += price * lots
        self.paid_fee += fee
        self.status = Status.PARTIALLY_FILLED if self.left else Status.FILLED
        self.updated_ms = now_ms

    def finish(self, status: Status, reason: Reason | None, now_ms: int) -> None:
        assert not self.is_final, "a final status never changes"
        assert status in FINAL
        self.status, self.reason, self.updated_ms = status, reason, now_ms


def new_order(request: OrderRequest, account: Account, order_id: int, price: Ticks, lots: Lots, *, now_ms: int) -> Order:
    """Return the order a request asks for, with its price and size counted."""
    return Order(
        order_id=order_id,
        external_id=request.external_id,
        account_id=account.account_id,
        client_id=account.client_id,
        market=request.market,
        kind=request.kind,
        side=request.side,
        price=price,
        lots=lots,
        time_in_force=request.time_in_force,
        expiry_ms=request.expiry_ms,
        self_trade=request.self_trade,
        reduce_only=request.reduce_only,
        post_only=request.post_only,
        fee_rate=request.fee,
        replaces=request.cancel_id,
        trigger=request.trigger,
        scope=request.scope,
        take_profit=request.take_profit,
        stop_loss=request.stop_loss,
        waits=request.kind in (Kind.CONDITIONAL, Kind.TPSL),
        created_ms=now_ms,
        updated_ms=now_ms,
    )

"""What happened at the exchange, in the order it happened. The log of these is the proof of determinism."""

from msgspec import Struct

from simulator.wire import BalanceRecord, OrderRecord, PositionRecord, PublicTradeRecord, TradeRecord


class _Event(Struct, frozen=True, kw_only=True, tag_field="event", tag=True):
    ms: int
    """Venue time, milliseconds since the epoch."""


class OrderChanged(_Event, frozen=True, kw_only=True):
    account_id: int
    order: OrderRecord


class FillBooked(_Event, frozen=True, kw_only=True):
    """An account's own part of a trade."""

    account_id: int
    trade: TradeRecord


class PositionChanged(_Event, frozen=True, kw_only=True):
    account_id: int
    position: PositionRecord


class BalanceChanged(_Event, frozen=True, kw_only=True):
    account_id: int
    balance: BalanceRecord


class TradePrinted(_Event, frozen=True, kw_only=True):
    """A trade of the market, anybody's."""

    trade: PublicTradeRecord


class MarkMoved(_Event, frozen=True, kw_only=True):
    market: str
    price: str


class IndexMoved(_Event, frozen=True, kw_only=True):
    market: str
    price: str


class FundingEstimated(_Event, frozen=True, kw_only=True):
    market: str
    rate: str
    applied: bool = False


class SwitchFired(_Event, frozen=True, kw_only=True):
    """An account's dead-man's switch ran out."""

    account_id: int
    cancelled: int


class FlowEnded(_Event, frozen=True, kw_only=True):
    """The recording is over; the market stays as it is."""

    market: str


Event = (
    OrderChanged
    | FillBooked
    | PositionChanged
    | BalanceChanged
    | TradePrinted
    | MarkMoved
    | IndexMoved
    | FundingEstimated
    | SwitchFired
    | FlowEnded
)

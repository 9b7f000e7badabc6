"""What the exchange sends, field by field as its documentation spells it.

These records are tolerant: fields that we do not know are ignored, words of enumerations stay words, numbers
may be texts or numbers. Nothing here is checked beyond its type; `translate` turns records into events.
"""

from typing import Any

import msgspec

Number = str | int | float
"""A decimal on the wire: a text by the documentation, a JSON number here and there."""

Integer = int | str
"""A whole number: ids and times, now and then written as text."""


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of the wire records."""


# --- answers ------------------------------------------------------------------------------------------------


class ErrorBody(Record, frozen=True, kw_only=True, rename="camel"):
    code: Integer = 0
    message: str | None = None
    debug_info: str | None = None


class Pagination(Record, frozen=True, kw_only=True):
    cursor: Integer | None = None
    count: Integer | None = None


class Envelope(Record, frozen=True, kw_only=True):
    """The frame of every answer; an answer without `status` is no envelope."""

    status: str
    data: msgspec.Raw = msgspec.Raw()
    error: ErrorBody | None = None
    pagination: Pagination | None = None


class PlacedOrder(Record, frozen=True, kw_only=True, rename="camel"):
    id: Integer
    external_id: str | None = None


# --- public -------------------------------------------------------------------------------------------------


class TradingConfig(Record, frozen=True, kw_only=True, rename="camel"):
    min_order_size: Number
    min_order_size_change: Number
    min_price_change: Number
    max_limit_order_value: Number
    max_position_value: Number
    max_leverage: Number
    max_num_orders: Number
    limit_price_cap: Number
    limit_price_floor: Number


class L2Config(Record, frozen=True, kw_only=True, rename="camel"):
    collateral_id: str
    collateral_resolution: Integer
    synthetic_id: str
    synthetic_resolution: Integer


class MarketRecord(Record, frozen=True, kw_only=True, rename="camel"):
    name: str
    active: bool
    trading_config: TradingConfig
    l2_config: L2Config
    status: str | None = None
    is_rfq: bool = False


class MarketStats(Record, frozen=True, kw_only=True, rename="camel"):
    mark_price: Number
    index_price: Number | None = None
    daily_volume: Number | None = None
    daily_price_change_percentage: Number | None = None
    """A fraction, whatever its name says."""
    daily_low: Number | None = None
    daily_high: Number | None = None
    open_interest: Number | None = None


class StarknetDomain(Record, frozen=True, kw_only=True, rename="camel"):
    name: str
    version: str
    chain_id: str
    revision: Integer


# --- account ------------------------------------------------------------------------------------------------


class Account(Record, frozen=True, kw_only=True, rename="camel"):
    l2_key: str
    l2_vault: Integer
    account_id: Integer | None = None
    id: Integer | None = None
    description: str | None = None
    status: str | None = None


class Fee(Record, frozen=True, kw_only=True, rename="camel"):
    market: str
    maker_fee_rate: Number
    taker_fee_rate: Number


class Leverage(Record, frozen=True, kw_only=True):
    market: str
    leverage: Number


class Balance(Record, frozen=True, kw_only=True, rename="camel"):
    balance: Number
    equity: Number
    available_for_trade: Number
    initial_margin: Number
    margin_ratio: Number
    unrealised_pnl: Number
    updated_time: Integer


class Position(Record, frozen=True, kw_only=True, rename="camel"):
    market: str
    side: str
    size: Number
    status: str | None = None
    leverage: Number | None = None
    open_price: Number | None = None
    mark_price: Number | None = None
    liquidation_price: Number | None = None
    unrealised_pnl: Number | None = None
    realised_pnl: Number | None = None
    updated_at: Integer | None = None
    updated_time: Integer | None = None
    """The same time, as the documentation of the REST answer spells it."""


class StopLeg(Record, frozen=True, kw_only=True, rename="camel"):
    trigger_price: Number | None = None


class OrderRecord(Record, frozen=True, kw_only=True, rename="camel"):
    id: Integer
    market: str
    side: str
    status: str
    qty: Number
    external_id: str | None = None
    type: str | None = None
    status_reason: str | None = None
    price: Number | None = None
    average_price: Number | None = None
    filled_qty: Number | None = None
    reduce_only: bool = False
    post_only: bool = False
    time_in_force: str | None = None
    created_time: Integer | None = None
    updated_time: Integer | None = None
    expire_time: Integer | None = None
    stop_loss: StopLeg | None = None


class OwnTrade(Record, frozen=True, kw_only=True, rename="camel"):
    id: Integer
    market: str
    order_id: Integer
    side: str
    price: Number
    qty: Number
    fee: Number
    is_taker: bool
    created_time: Integer
    external_order_id: str | None = None
    external_id: str | None = None
    """Another spelling of the same thing, seen in third-party clients."""
    trade_type: str | None = None


class FundingRecord(Record, frozen=True, kw_only=True, rename="camel"):
    id: Integer
    market: str
    side: str
    size: Number
    value: Number
    mark_price: Number
    funding_fee: Number
    """Signed; negative: paid by the account."""
    funding_rate: Number
    paid_time: Integer


class RebateStats(Record, frozen=True, kw_only=True, rename="camel"):
    total_paid: Number
    rebates_rate: Number
    market_share: Number
    next_tier_maker_share: Number
    next_tier_rebate_rate: Number


class AssetOperation(Record, frozen=True, kw_only=True, rename="camel"):
    id: str | Integer
    type: str
    """DEPOSIT, CLAIM, TRANSFER, WITHDRAWAL; withdrawals also as FAST_WITHDRAWAL and SLOW_WITHDRAWAL."""
    status: str
    """CREATED, IN_PROGRESS, COMPLETED or REJECTED."""
    amount: Number
    time: Integer


# --- streams ------------------------------------------------------------------------------------------------


class Frame(Record, frozen=True, kw_only=True):
    """What every stream sends; `data` is read by the one who knows the stream."""

    ts: int
    seq: int
    data: msgspec.Raw = msgspec.Raw()
    type: str | None = None
    error: Any = None


class BookLevel(Record, frozen=True, kw_only=True):
    """`q` is the size in a snapshot and the signed change in a delta; `c` the size after the change."""

    p: Number
    q: Number
    c: Number | None = None


class BookBody(Record, frozen=True, kw_only=True):
    m: str
    b: list[BookLevel] = []
    a: list[BookLevel] = []
    t: str | None = None


class PriceBody(Record, frozen=True, kw_only=True):
    """A mark or index price. Its own time has been seen as 0, so only the frame's is used."""

    m: str
    p: Number


class PublicTrade(Record, frozen=True, kw_only=True):
    i: Integer
    m: str
    S: str
    T: int
    p: Number
    q: Number


class FundingBody(Record, frozen=True, kw_only=True):
    m: str
    T: int
    f: Number


class AccountBody(Record, frozen=True, kw_only=True, rename="camel"):
    """Any of the members may be there, whatever the frame's `type` says."""

    is_snapshot: bool = False
    orders: list[OrderRecord] | None = None
    trades: list[OwnTrade] | None = None
    positions: list[dict[str, Any]] | None = None
    balance: dict[str, Any] | None = None

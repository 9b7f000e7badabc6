"""The exchange's wire records, with its own field names. Decimals are plain text, ids and times are numbers.

Absent optional members are left out rather than sent as null. These are what `msgspec.json.encode` puts on REST and streams.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from msgspec import Struct

SHOWN_GRID: Final = Decimal("1e-16")
MARK_GRID: Final = Decimal("1e-10")


def text(value: Decimal) -> str:
    """Return plain notation, never an exponent."""
    return format(value, "f")


def rounded(value: Decimal, grid: Decimal = Decimal("1e-6")) -> str:
    """Return a derived amount (a ratio, a mark-dependent value) rounded for showing."""
    return format(value.quantize(grid, ROUND_HALF_EVEN), "f")


class Record(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of all records."""


class OrderRecord(Record, frozen=True, kw_only=True):
    id: int
    external_id: str
    account_id: int
    market: str
    type: str
    side: str
    status: str
    qty: str
    reduce_only: bool
    post_only: bool
    time_in_force: str
    created_time: int
    updated_time: int
    status_reason: str | None = None
    price: str | None = None
    average_price: str | None = None
    filled_qty: str | None = None
    cancelled_qty: str | None = None
    payed_fee: str | None = None
    prev_order_id: int | None = None
    tp_sl_type: str | None = None
    trigger: dict[str, str] | None = None
    take_profit: dict[str, str] | None = None
    stop_loss: dict[str, str] | None = None
    expire_time: int | None = None


class TradeRecord(Record, frozen=True, kw_only=True):
    """An account's own fill."""

    id: int
    account_id: int
    market: str
    order_id: int
    external_order_id: str
    side: str
    price: str
    qty: str
    value: str
    fee: str
    trade_type: str
    is_taker: bool
    created_time: int


class PublicTradeRecord(Struct, frozen=True, kw_only=True):
    i: int
    m: str
    S: str
    tT: str  # noqa: N815 - the exchange's own name
    T: int
    p: str
    q: str


class PositionRecord(Record, frozen=True, kw_only=True):
    id: int
    account_id: int
    market: str
    status: str
    side: str
    leverage: str
    size: str
    value: str
    open_price: str
    mark_price: str
    unrealised_pnl: str
    realised_pnl: str
    margin: str
    max_position_size: str
    created_at: int
    updated_at: int
    liquidation_price: str | None = None
    tp_trigger_price: str | None = None
    tp_limit_price: str | None = None
    sl_trigger_price: str | None = None
    sl_limit_price: str | None = None
    adl: int | None = None
    created_time: int | None = None
    """REST only: the documents and the exchange's SDK disagree on the spelling, so both are sent."""
    updated_time: int | None = None


class BalanceRecord(Record, frozen=True, kw_only=True):
    collateral_name: str
    status: str
    balance: str
    equity: str
    available_for_trade: str
    available_for_withdrawal: str
    unrealised_pnl: str
    initial_margin: str
    margin_ratio: str
    exposure: str
    leverage: str
    updated_time: int

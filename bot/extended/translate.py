"""Wire records become events here, and texts become numbers: nowhere else.

Whatever is not a finite number, is negative where it must not be, or does not lie on the market's grid stops here
with a ProtocolError that names the field.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import msgspec

from bot.core.errors import InvalidInput, ProtocolError
from bot.core.events import BalanceReported, DayStatsSeen, FundingPayment, MoneyMoved, PositionReport, RebateTold
from bot.core.market import Market
from bot.core.orders import ExchangeStatus, Fill, OrderReport, Side
from bot.extended import wire

MAX_DIGITS: Final = 60
MAX_EXPONENT: Final = 30
MAX_ID: Final = 2**64

ACTIVE: Final = "ACTIVE"

T = TypeVar("T")


# --- numbers ------------------------------------------------------------------------------------------------


def number(field: str, value: object) -> Decimal:
    """Return a finite decimal, exactly as it was written.

    Raises: ProtocolError for NaN, infinity, absurdly long or large numbers, and anything that is no number.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ProtocolError(f"{field} is {_shown(value)}; expected a number")
    text = repr(value) if isinstance(value, float) else str(value)
    if not text.isascii() or "_" in text or len(text) > MAX_DIGITS or text != text.strip():
        raise ProtocolError(f"{field} is {_shown(value)}; expected a plain decimal number")
    try:
        parsed = Decimal(text)
    except InvalidOperation:
        raise ProtocolError(f"{field} is {_shown(value)}; expected a number") from None
    if not parsed.is_finite() or abs(parsed.adjusted()) > MAX_EXPONENT:
        raise ProtocolError(f"{field} is {_shown(value)}; expected a finite number of ordinary size")
    return parsed


def positive(field: str, value: object) -> Decimal:
    """Return a number above zero."""
    parsed = number(field, value)
    if parsed <= 0:
        raise ProtocolError(f"{field} is {_shown(value)}; expected a number above zero")
    return parsed


def not_negative(field: str, value: object) -> Decimal:
    """Return zero or a number above it."""
    parsed = number(field, value)
    if parsed < 0:
        raise ProtocolError(f"{field} is {_shown(value)}; expected zero or more")
    return parsed


def optional_price(field: str, value: object) -> Decimal | None:
    """Return a price, or None where the exchange gave none or wrote zero for it."""
    return None if value is None else not_negative(field, value) or None


def whole(field: str, value: object) -> int:
    """Return an id, a count or a time: a whole number from 0 up to 64 bits."""
    parsed = number(field, value)
    if parsed != parsed.to_integral_value() or not 0 <= parsed < MAX_ID:
        raise ProtocolError(f"{field} is {_shown(value)}; expected a whole number")
    return int(parsed)


def side_of(field: str, value: str) -> Side:
    """Return BUY or SELL; an order whose side cannot be read cannot be understood."""
    try:
        return Side(value)
    except ValueError:
        raise ProtocolError(f"{field} is {_shown(value)}; expected BUY or SELL") from None


def _shown(value: object) -> str:
    return repr(value)[:60]


# --- market rules -------------------------------------------------------------------------------------------


def markets_of(answer: list[dict[str, Any]], *, strict: bool) -> dict[str, Market]:
    """Return the rules of each market by name; those that cannot be read are left out unless `strict`."""
    markets = {}
    for fields in answer:
        try:
            market = market_of(_record(wire.MarketRecord, fields))
        except ProtocolError:
            if strict:
                raise
            continue
        markets[market.name] = market
    return markets


def market_of(record: wire.MarketRecord) -> Market:
    """Return the rules of one market. Fee rates keep their defaults: they belong to the account."""
    config, chain = record.trading_config, record.l2_config
    status = record.status or ACTIVE
    try:
        return Market(
            name=record.name,
            tick_size=positive("minPriceChange", config.min_price_change),
            lot_size=positive("minOrderSizeChange", config.min_order_size_change),
            min_size=positive("minOrderSize", config.min_order_size),
            max_order_value=positive("maxLimitOrderValue", config.max_limit_order_value),
            max_position_value=positive("maxPositionValue", config.max_position_value),
            max_open_orders=whole("maxNumOrders", config.max_num_orders),
            price_cap=not_negative("limitPriceCap", config.limit_price_cap),
            price_floor=not_negative("limitPriceFloor", config.limit_price_floor),
            max_leverage=positive("maxLeverage", config.max_leverage),
            status=status,
            is_tradable=record.active and status == ACTIVE and not record.is_rfq,
            synthetic_id=chain.synthetic_id,
            synthetic_resolution=whole("syntheticResolution", chain.synthetic_resolution),
            collateral_id=chain.collateral_id,
            collateral_resolution=whole("collateralResolution", chain.collateral_resolution),
        )
    except InvalidInput as wrong:
        raise ProtocolError(str(wrong)) from None


def day_stats(market: str, stats: wire.MarketStats, received_ms: int) -> DayStatsSeen:
    """Return the figures of the last 24 hours; what the exchange left out stays unknown."""
    change = stats.daily_price_change_percentage
    volume, open_interest = stats.daily_volume, stats.open_interest
    return DayStatsSeen(
        market=market,
        low=optional_price("dailyLow", stats.daily_low),
        high=optional_price("dailyHigh", stats.daily_high),
        change=None if change is None else number("dailyPriceChangePercentage", change),
        volume=None if volume is None else not_negative("dailyVolume", volume),
        open_interest=None if open_interest is None else not_negative("openInterest", open_interest),
        exchange_ms=0,
        received_ms=received_ms,
    )


# --- account ------------------------------------------------------------------------------------------------


def order_report(record: wire.OrderRecord) -> OrderReport:
    """Return what the exchange says about one order; a status word that we do not know becomes UNKNOWN."""
    created_ms = whole("createdTime", record.created_time or 0)
    return OrderReport(
        exchange_order_id=whole("order id", record.id),
        client_order_id=record.external_id or "",
        market=record.market,
        side=side_of("order side", record.side),
        price=optional_price("order price", record.price),
        size=not_negative("order qty", record.qty),
        filled=not_negative("order filledQty", record.filled_qty or 0),
        average_price=optional_price("order averagePrice", record.average_price),
        status=_status(record.status),
        reason="" if record.status_reason in (None, "NONE") else str(record.status_reason),
        order_type=record.type or "UNKNOWN",
        time_in_force=record.time_in_force or "UNKNOWN",
        post_only=record.post_only,
        reduce_only=record.reduce_only,
        created_ms=created_ms,
        updated_ms=whole("updatedTime", record.updated_time or created_ms),
        expires_ms=None if record.expire_time is None else whole("expireTime", record.expire_time),
        trigger_price=optional_price("order triggerPrice", record.stop_loss.trigger_price) if record.stop_loss else None,
    )


def _status(word: str) -> ExchangeStatus:
    try:
        return ExchangeStatus(word)
    except ValueError:
        return ExchangeStatus.UNKNOWN


def fill_of(record: wire.OwnTrade) -> Fill:
    """Return one execution of ours."""
    return Fill(
        trade_id=whole("trade id", record.id),
        market=record.market,
        exchange_order_id=whole("trade orderId", record.order_id),
        client_order_id=record.external_order_id or record.external_id or None,
        side=side_of("trade side", record.side),
        price=positive("trade price", record.price),
        size=positive("trade qty", record.qty),
        fee=number("trade fee", record.fee),
        is_maker=not record.is_taker,
        kind=record.trade_type or "TRADE",
        exchange_ms=whole("trade createdTime", record.created_time),
    )


def funding_of(record: wire.FundingRecord) -> FundingPayment:
    """Return one funding payment."""
    size = not_negative("funding size", record.size)
    return FundingPayment(
        payment_id=whole("funding id", record.id),
        market=record.market,
        size=-size if record.side == "SHORT" else size,
        value=number("funding value", record.value),
        mark_price=positive("funding markPrice", record.mark_price),
        rate=number("funding rate", record.funding_rate),
        amount=number("fundingFee", record.funding_fee),
        exchange_ms=whole("funding paidTime", record.paid_time),
    )


def rebate_told(record: wire.RebateStats, *, received_ms: int) -> RebateTold:
    """Return what the exchange says about our rebate."""
    return RebateTold(
        total_paid=not_negative("totalPaid", record.total_paid),
        rate=not_negative("rebatesRate", record.rebates_rate),
        share=not_negative("marketShare", record.market_share),
        next_share=not_negative("nextTierMakerShare", record.next_tier_maker_share),
        next_rate=not_negative("nextTierRebateRate", record.next_tier_rebate_rate),
        received_ms=received_ms,
    )


def money_moved(record: wire.AssetOperation) -> MoneyMoved | None:
    """Return a move of money; None while it has not reached the account.

    What leaves is missing from the balance from the beginning, what comes is there in the end. The sign of a transfer is taken as
    it is told: should it be told without one, it counts as money that came, which errs towards a loss.
    """
    amount = number("amount", record.amount)
    leaves = "WITHDRAWAL" in record.type or amount < 0
    if not leaves and record.status != "COMPLETED":
        return None
    return MoneyMoved(
        move_id=str(record.id),
        amount=-abs(amount) if leaves else amount,
        is_undone=record.status == "REJECTED",
        exchange_ms=whole("time", record.time),
    )


def position_report(fields: Mapping[str, Any], *, exchange_ms: int) -> PositionReport:
    """Return a position; a closed one has size 0, whichever of the two ways the exchange says it.

    `exchange_ms` stands in for a missing time of the record.
    """
    record = _record(wire.Position, fields)
    size = not_negative("position size", record.size)
    if record.side not in ("LONG", "SHORT"):
        raise ProtocolError(f"position side is {_shown(record.side)}; expected LONG or SHORT")
    signed = Decimal(0) if record.status == "CLOSED" else size if record.side == "LONG" else -size
    return PositionReport(
        market=record.market,
        size=signed,
        entry_price=not_negative("position openPrice", record.open_price or 0),
        mark_price=not_negative("position markPrice", record.mark_price or 0),
        unrealised_pnl=number("position unrealisedPnl", record.unrealised_pnl or 0),
        realised_pnl=number("position realisedPnl", record.realised_pnl or 0),
        liquidation_price=optional_price("position liquidationPrice", record.liquidation_price),
        leverage=not_negative("position leverage", record.leverage or 0),
        updated_ms=whole("position updatedAt", record.updated_at or record.updated_time or exchange_ms),
        wire=dict(fields),
    )


def balance_reported(fields: Mapping[str, Any], *, source: str, received_ms: int) -> BalanceReported:
    """Return the money on the account; balance, equity and what is available may be negative."""
    record = _record(wire.Balance, fields)
    return BalanceReported(
        balance=number("balance", record.balance),
        equity=number("equity", record.equity),
        available_for_trade=number("availableForTrade", record.available_for_trade),
        unrealised_pnl=number("unrealisedPnl", record.unrealised_pnl),
        initial_margin=not_negative("initialMargin", record.initial_margin),
        margin_ratio=number("marginRatio", record.margin_ratio),
        updated_ms=whole("updatedTime", record.updated_time),
        received_ms=received_ms,
        source=source,
        wire=dict(fields),
    )


def _record(kind: type[T], fields: Mapping[str, Any]) -> T:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as wrong:
        raise ProtocolError(f"{kind.__name__.lower()}: {wrong}") from None

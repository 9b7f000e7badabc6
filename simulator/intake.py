"""From a request's bytes to an `OrderRequest`: shape and types only; whether it is a good order is for the rules to say."""

from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from simulator.matching import Side
from simulator.orders import (
    Execution,
    Kind,
    Leg,
    OrderRequest,
    PriceSource,
    Scope,
    SelfTrade,
    Settlement,
    TimeInForce,
    Trigger,
)
from simulator.refusals import Code, Refused

MAX_DIGITS: Final = 40
FIELD_LIMIT: Final = 2**252
NONCE_LIMIT: Final = 2**64
_MAX_SIGNATURE_TEXT: Final = 80


class _Signature(msgspec.Struct, frozen=True):
    r: str
    s: str


class _Settlement(msgspec.Struct, frozen=True, rename="camel"):
    signature: _Signature
    stark_key: str
    collateral_position: str | int


class _Trigger(msgspec.Struct, frozen=True, rename="camel"):
    """ccxt leaves the two types out; what the real exchange takes then is not documented."""

    trigger_price: Decimal
    trigger_price_type: PriceSource = PriceSource.LAST
    execution_price_type: Execution = Execution.LIMIT
    direction: str | None = None
    trigger_price_direction: str | None = None
    """What the documents' table calls the direction; their example and the SDK say `direction`."""


class _Leg(msgspec.Struct, frozen=True, rename="camel"):
    trigger_price: Decimal
    price: Decimal
    trigger_price_type: PriceSource = PriceSource.LAST
    price_type: Execution = Execution.LIMIT
    settlement: _Settlement | None = None


class _CreateBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The create request as documented; members this exchange has no use for are ignored, as unknown ones are."""

    id: str
    market: str
    type: Kind
    side: Side
    qty: Decimal
    time_in_force: TimeInForce
    expiry_epoch_millis: int
    fee: Decimal
    nonce: str | int
    self_trade_protection_level: SelfTrade = SelfTrade.ACCOUNT
    price: Decimal | None = None
    settlement: _Settlement | None = None
    reduce_only: bool = False
    post_only: bool = False
    cancel_id: str | None = None
    builder_fee: Decimal | None = None
    trigger: _Trigger | None = None
    tp_sl_type: Scope | None = None
    take_profit: _Leg | None = None
    stop_loss: _Leg | None = None


class MassCancelBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The selectors of a mass cancel; ids come as numbers or as text."""

    order_ids: list[int | str] = []
    external_order_ids: list[str] = []
    markets: list[str] = []
    cancel_all: bool = False


class LeverageBody(msgspec.Struct, frozen=True):
    market: str
    leverage: Decimal


_Body = TypeVar("_Body")


def decode(body: bytes, shape: type[_Body]) -> _Body:
    """Decode a JSON body.

    Raises: Refused 400 naming the member that does not fit.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError) as error:
        raise Refused(Code.BAD_REQUEST, str(error)[:300], message="Invalid request body") from None


def decode_order(body: bytes) -> OrderRequest:
    """Decode a create or edit request.

    Raises: Refused 400 for wrong shapes.
    """
    wire = decode(body, _CreateBody)
    return OrderRequest(
        external_id=wire.id,
        market=wire.market,
        kind=wire.type,
        side=wire.side,
        size=sane(wire.qty, "qty"),
        price=None if wire.price is None else sane(wire.price, "price"),
        time_in_force=wire.time_in_force,
        expiry_ms=_integer(wire.expiry_epoch_millis, "expiryEpochMillis", 2**62),
        fee=sane(wire.fee, "fee"),
        nonce=_integer(wire.nonce, "nonce", NONCE_LIMIT),
        settlement=None if wire.settlement is None else _settlement(wire.settlement),
        self_trade=wire.self_trade_protection_level,
        reduce_only=wire.reduce_only,
        post_only=wire.post_only,
        cancel_id=wire.cancel_id,
        builder_fee=Decimal(0) if wire.builder_fee is None else sane(wire.builder_fee, "builderFee"),
        trigger=None if wire.trigger is None else _trigger(wire.trigger),
        scope=wire.tp_sl_type,
        take_profit=None if wire.take_profit is None else _leg(wire.take_profit, "takeProfit"),
        stop_loss=None if wire.stop_loss is None else _leg(wire.stop_loss, "stopLoss"),
    )


def _trigger(wire: _Trigger) -> Trigger:
    return Trigger(
        price=sane(wire.trigger_price, "trigger.triggerPrice"),
        source=wire.trigger_price_type,
        direction=wire.direction or wire.trigger_price_direction or "",
        execution=wire.execution_price_type,
    )


def _leg(wire: _Leg, member: str) -> Leg:
    return Leg(
        trigger_price=sane(wire.trigger_price, f"{member}.triggerPrice"),
        source=wire.trigger_price_type,
        price=sane(wire.price, f"{member}.price"),
        execution=wire.price_type,
        settlement=None if wire.settlement is None else _settlement(wire.settlement),
    )


def sane(value: Decimal, member: str) -> Decimal:
    """Return the number if it is finite and of a size a market could mean.

    Raises: Refused 400.
    """
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > MAX_DIGITS or abs(exponent) > MAX_DIGITS:
        raise Refused(Code.BAD_REQUEST, f"{member} must be a decimal number of at most {MAX_DIGITS} digits")
    return value


def _settlement(wire: _Settlement) -> Settlement:
    return Settlement(
        r=_hexadecimal(wire.signature.r, "settlement.signature.r"),
        s=_hexadecimal(wire.signature.s, "settlement.signature.s"),
        public_key=_hexadecimal(wire.stark_key, "settlement.starkKey"),
        vault=_integer(wire.collateral_position, "settlement.collateralPosition", 2**63),
    )


def _hexadecimal(value: str, member: str) -> int:
    try:
        number = int(value, 16) if value.startswith("0x") and len(value) <= _MAX_SIGNATURE_TEXT else -1
    except ValueError:
        number = -1
    if not 0 <= number < FIELD_LIMIT:
        raise Refused(Code.BAD_REQUEST, f"{member} must be a hexadecimal number with the prefix 0x")
    return number


def _integer(value: str | int, member: str, limit: int) -> int:
    if isinstance(value, str) and not (len(value) <= MAX_DIGITS and value.isascii() and value.isdigit()):
        raise Refused(Code.BAD_REQUEST, f"{member} must be a whole number")
    number = int(value)
    if not 0 <= number < limit:
        raise Refused(Code.BAD_REQUEST, f"{member} must lie in 0..{limit - 1}")
    return number

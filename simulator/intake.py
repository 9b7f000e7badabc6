"""From a request's bytes to an `OrderRequest`: shape and types only; whether it is a good order is for the rules to say."""

from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from simulator.matching import Side
from simulator.orders import Kind, OrderRequest, SelfTrade, Settlement, TimeInForce
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
    tp_sl_type: str | None = None


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

    Raises: Refused 400 for wrong shapes, 1132 for attached take-profit and stop-loss orders.
    """
    wire = decode(body, _CreateBody)
    if wire.tp_sl_type is not None:
        raise Refused(Code.ORDER_TYPE, "take-profit and stop-loss orders are not traded here yet")
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

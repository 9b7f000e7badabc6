"""What the exchange wants signed, and the signature.

Everything is an argument: the same order gives the same hash, today and in a test. The hash is Poseidon over
the Stark field in the arrangement of SNIP-12 revision 1 (prefix, domain, public key, order); the exchange
computes it again from the request body, so a body that is rounded after signing is refused. The library that
hashes and signs is imported here, when it is first needed, and nowhere else.

It reduces numbers that are too large instead of refusing them, and panics on some others, so every range is
checked before it is called.
"""

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_UP, Context, Decimal, Inexact
from functools import cache, lru_cache
from hashlib import sha256
from types import ModuleType
from typing import Any, Final, Never

import msgspec

from bot.core.errors import ConfigurationError, InvalidInput
from bot.core.numbers import parse_decimal
from bot.core.orders import Side
from bot.secret import MASK, Secret

FIELD_PRIME: Final = 2**251 + 17 * 2**192 + 1
CURVE_ORDER: Final = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
CURVE_BETA: Final = 0x6F21413EFBE40DE150E596D72F7A8C5609AD26C15C915C1F4CDFCB99CEE9E89
HASH_LIMIT: Final = 2**251
"""Hashes and r values must lie below it; a hash that does not has a chance of one in 2^59."""

EXPIRATION_BUFFER_S: Final = 14 * 86_400
"""The signature outlives the order on the book by this much, so that the last fill can still settle."""

_PRODUCT: Final = Context(prec=200, traps=[Inexact])
"""Wide enough for size × price × rate × resolution; an inexact product is our bug and raises."""


class SigningUnavailable(ConfigurationError):
    """The signing library is not installed here."""

    code = "signing_unavailable"


class OrderAmounts(msgspec.Struct, frozen=True, kw_only=True):
    """The integers that are signed; base and quote carry opposite signs: a buy receives base, gives quote."""

    base: int
    quote: int
    fee: int


def order_amounts(
    *,
    side: Side | str,
    size: Decimal | str | int,
    price: Decimal | str | int,
    fee_rate: Decimal | str | int,
    synthetic_resolution: int,
    collateral_resolution: int,
    builder_fee_rate: Decimal | str | int = 0,
) -> OrderAmounts:
    """Return the amounts in the smallest units of each asset.

    Each comes from one exact product and is rounded once, its magnitude up for a buy and down for a sell; the
    fee, from the unrounded notional, always up.

    Raises: InvalidInput when a value is not positive (rates: not from 0 to 1) or an amount leaves 64 bits.
    """
    buying = _side(side) is Side.BUY
    rounding = ROUND_UP if buying else ROUND_DOWN
    base = _product(_positive("size", size), _resolution("synthetic_resolution", synthetic_resolution))
    notional = _product(_positive("size", size), _positive("price", price))
    quote = _product(notional, _resolution("collateral_resolution", collateral_resolution))
    rate = _PRODUCT.add(_rate("fee_rate", fee_rate), _rate("builder_fee_rate", builder_fee_rate))

    base_units = _bounded("size × synthetic_resolution", int(base.to_integral_value(rounding)), 2**63)
    quote_units = _bounded("size × price × collateral_resolution", int(quote.to_integral_value(rounding)), 2**63)
    fee_units = _bounded("fee", int(_product(rate, quote).to_integral_value(ROUND_UP)), 2**64)
    if base_units == 0 or quote_units == 0:
        raise InvalidInput("size", size, "a size whose amount is at least one unit of each asset")
    sign = 1 if buying else -1
    return OrderAmounts(base=sign * base_units, quote=-sign * quote_units, fee=fee_units)


def signed_expiration_s(expiry_ms: int) -> int:
    """Return the expiration to sign, in seconds since the epoch: the book's expiry rounded up, plus 14 days."""
    return _bounded("expiry_ms", -(-_integer("expiry_ms", expiry_ms) // 1000) + EXPIRATION_BUFFER_S, 2**64)


def order_message_hash(
    *,
    amounts: OrderAmounts,
    expiration_s: int,
    nonce: int,
    vault: int,
    public_key: int | str,
    synthetic_id: int | str,
    collateral_id: int | str,
    domain: Mapping[str, object],
) -> int:
    """Return the hash of an order whose amounts are known already; the fee is paid in collateral.

    Raises: InvalidInput for a value outside the range that the exchange's contract can hold;
    SigningUnavailable.
    """
    name, version, chain_id, revision = domain_texts(domain)
    collateral = _felt("collateral_id", collateral_id)
    message_hash: int = _library().get_order_msg_hash(
        position_id=_bounded("vault", vault, 2**32),
        base_asset_id=_felt("synthetic_id", synthetic_id),
        base_amount=amounts.base,
        quote_asset_id=collateral,
        quote_amount=amounts.quote,
        fee_asset_id=collateral,
        fee_amount=amounts.fee,
        expiration=_bounded("expiration_s", expiration_s, 2**64),
        salt=_bounded("nonce", nonce, 2**64),
        user_public_key=_felt("public_key", public_key),
        domain_name=name,
        domain_version=version,
        domain_chain_id=chain_id,
        domain_revision=revision,
    )
    return message_hash


def generate_order_hash(
    *,
    side: Side | str,
    size: Decimal | str | int,
    price: Decimal | str | int,
    fee_rate: Decimal | str | int,
    nonce: int,
    expiry_ms: int,
    vault: int,
    public_key: int | str,
    synthetic_id: int | str,
    synthetic_resolution: int,
    collateral_id: int | str,
    collateral_resolution: int,
    domain: Mapping[str, object],
    builder_fee_rate: Decimal | str | int = 0,
) -> int:
    """Return the hash that the order's signature signs.

    Ids are hex texts or integers; size, price and rates are decimal texts or `Decimal`, never floats;
    `expiry_ms` is the order's expiry on the book in milliseconds since the epoch; `domain` maps name,
    version, chainId and revision, as the exchange publishes them.

    Raises: InvalidInput naming the value that cannot be signed; SigningUnavailable.
    """
    amounts = order_amounts(
        side=side,
        size=size,
        price=price,
        fee_rate=fee_rate,
        builder_fee_rate=builder_fee_rate,
        synthetic_resolution=synthetic_resolution,
        collateral_resolution=collateral_resolution,
    )
    return order_message_hash(
        amounts=amounts,
        expiration_s=signed_expiration_s(expiry_ms),
        nonce=nonce,
        vault=vault,
        public_key=public_key,
        synthetic_id=synthetic_id,
        collateral_id=collateral_id,
        domain=domain,
    )


def sign_order(order_hash: int, private_key: int) -> tuple[int, int]:
    """Return the Stark-curve ECDSA signature (r, s); the same input gives the same signature.

    Raises: InvalidInput for a hash or key outside the curve's range (the key is never shown);
    SigningUnavailable.
    """
    _bounded("order_hash", order_hash, HASH_LIMIT)
    r, s = _library().sign(private_key=_private_key(private_key), msg_hash=order_hash)
    return int(r), int(s)


def verify_order(public_key: int, order_hash: int, r: int, s: int) -> bool:
    """Say whether (r, s) signs `order_hash`; False also for numbers that cannot be a key or a signature."""
    if not (0 <= order_hash < HASH_LIMIT and 0 < r < HASH_LIMIT and 0 < s < CURVE_ORDER and _is_on_curve(public_key)):
        return False
    if pow(s, -1, CURVE_ORDER) >= HASH_LIMIT:
        return False
    return bool(_library().verify(public_key, order_hash, r, s))


def public_key_of(private_key: int) -> int:
    """Return the public key: the x coordinate of private key × generator."""
    return int(_library().get_public_key(_private_key(private_key)))


class Signer:
    """The only holder of the private key: it signs, and shows, copies and compares nothing."""

    __slots__ = ("__key", "public_key")

    public_key: int

    def __init__(self, private_key: Secret) -> None:
        """Take a private key written as hex text.

        Raises: ConfigurationError when the text is not such a key; SigningUnavailable.
        """
        try:
            key = int(private_key.reveal(), 16)
            self.public_key = public_key_of(key)
        except (ValueError, InvalidInput):
            raise ConfigurationError("the Stark private key is not a hex number of the right size") from None
        self.__key = Secret(hex(key))

    @staticmethod
    def message_hash(**message: Any) -> int:
        """Return the hash that is signed; see `order_message_hash`."""
        return order_message_hash(**message)

    def sign(self, order_hash: int) -> tuple[int, int]:
        """Return (r, s)."""
        return sign_order(order_hash, int(self.__key.reveal(), 16))

    def __repr__(self) -> str:
        return f"Signer({MASK})"

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a signer cannot be copied or pickled")


class StandIn:
    """Stands in for a signer on a simulated exchange that does not verify, where the signing library has no wheel.

    What it returns looks like a signature and is none: any exchange that looks refuses it.
    """

    def __init__(self, public_key: int) -> None:
        self.public_key = public_key

    @staticmethod
    def message_hash(**message: Any) -> int:
        """Return a digest of what would be signed."""
        text = repr(sorted(message.items())).encode()
        return int.from_bytes(sha256(text).digest(), "big") % HASH_LIMIT

    def sign(self, order_hash: int) -> tuple[int, int]:
        """Return two numbers in the range of (r, s)."""
        digest = int.from_bytes(sha256(f"{order_hash:x}".encode()).digest(), "big")
        return digest % (HASH_LIMIT - 1) + 1, digest % (CURVE_ORDER - 1) + 1


def is_available() -> bool:
    """Return whether the library that hashes and signs is installed here."""
    try:
        _library()
    except SigningUnavailable:
        return False
    return True


@cache
def _library() -> ModuleType:
    try:
        import fast_stark_crypto  # noqa: PLC0415  paper and the tests of everything else run where it has no wheel
    except ImportError:
        raise SigningUnavailable(
            "fast-stark-crypto is not installed, so no order can be signed: use Python 3.11 to 3.13 on Linux,"
            " Windows or Apple silicon and run `pip install fast-stark-crypto==0.5.0`"
        ) from None
    library: ModuleType = fast_stark_crypto
    return library


@lru_cache(maxsize=1024)
def _is_on_curve(x: int) -> bool:
    """Say whether a point of the curve y² = x³ + x + β has this x; the library panics on others."""
    if not 0 < x < FIELD_PRIME:
        return False
    square = (pow(x, 3, FIELD_PRIME) + x + CURVE_BETA) % FIELD_PRIME
    return pow(square, (FIELD_PRIME - 1) // 2, FIELD_PRIME) in (0, 1)


def _product(left: Decimal, right: Decimal) -> Decimal:
    return _PRODUCT.multiply(left, right)


def _side(value: Side | str) -> Side:
    try:
        return Side(value)
    except ValueError:
        raise InvalidInput("side", value, "BUY or SELL") from None


def _exact(field: str, value: object) -> Decimal:
    if isinstance(value, float):
        raise InvalidInput(field, value, "a decimal text or Decimal: a float is not exact")
    return parse_decimal(field, value)


def _positive(field: str, value: object) -> Decimal:
    number = _exact(field, value)
    if number <= 0:
        raise InvalidInput(field, value, "a number above zero")
    return number


def _rate(field: str, value: object) -> Decimal:
    number = _exact(field, value)
    if not 0 <= number <= 1:
        raise InvalidInput(field, value, "a fraction from 0 to 1, such as 0.00025")
    return number


def _resolution(field: str, value: int) -> Decimal:
    if _integer(field, value) <= 0:
        raise InvalidInput(field, value, "a whole number above zero")
    return Decimal(value)


def _integer(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(field, value, "a whole number")
    return value


def _bounded(field: str, value: object, limit: int) -> int:
    number = _integer(field, value)
    if not 0 <= number < limit:
        raise InvalidInput(field, value, f"a whole number from 0 to {limit - 1}")
    return number


def _felt(field: str, value: int | str) -> int:
    if isinstance(value, str):
        try:
            return _bounded(field, int(value, 16), FIELD_PRIME)
        except ValueError:
            raise InvalidInput(field, value, "a hex number such as 0x1") from None
    return _bounded(field, value, FIELD_PRIME)


def _private_key(value: int) -> int:
    if not 0 < value < CURVE_ORDER:
        raise InvalidInput("private_key", Secret(""), "a whole number above zero and below the curve's order")
    return value


def domain_texts(domain: Mapping[str, object]) -> tuple[str, str, str, str]:
    """Return name, version, chain id and revision of a signing domain.

    Raises: InvalidInput when one of them cannot be signed.
    """
    texts = []
    for key in ("name", "version", "chainId", "revision"):
        text = str(domain.get(key, ""))
        if not text or not text.isascii() or len(text) > 31:
            raise InvalidInput(f"domain {key}", text, "1 to 31 ASCII characters")
        texts.append(text)
    name, version, chain_id, revision = texts
    if not (revision.isascii() and revision.isdigit()):
        raise InvalidInput("domain revision", revision, "a whole number")
    return name, version, chain_id, revision

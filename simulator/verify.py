"""Check an order's Stark signature the way the exchange does: recompute everything from the body, then verify.

The hashing library is optional: without it only a server that does not verify can start. It releases the interpreter lock, so
`is_genuine` belongs in a thread.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any, Final

from simulator.accounts import Account
from simulator.markets import COLLATERAL_ID, COLLATERAL_RESOLUTION, MarketSpec
from simulator.matching import Side
from simulator.orders import OrderRequest
from simulator.refusals import Code, Refused

_stark: Any
try:
    import fast_stark_crypto as _stark
except ImportError:  # no wheel for this platform
    _stark = None

SIGNATURE_LIMIT: Final = 2**251
SETTLEMENT_BUFFER_S: Final = 14 * 86_400
_EXACT: Final = Context(prec=80)


class SigningLibraryMissing(RuntimeError):
    """Signatures are to be verified, but the library that can is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "fast-stark-crypto is not installed, so signatures cannot be verified: "
            "install it (Python 3.11 to 3.13, not Intel macOS), or start with --verify off"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The SNIP-12 domain orders are signed for."""

    name: str
    version: str
    chain_id: str
    revision: str


TESTNET: Final = Domain(name="Perpetuals", version="v0", chain_id="SN_SEPOLIA", revision="1")
MAINNET: Final = Domain(name="Perpetuals", version="v0", chain_id="SN_MAIN", revision="1")


@dataclass(frozen=True, slots=True)
class SignedAmounts:
    """The signed integers of an order; buys pay collateral, sells pay the synthetic asset."""

    base: int
    quote: int
    fee: int


def signed_amounts(request: OrderRequest, spec: MarketSpec, price: Decimal) -> SignedAmounts:
    """Return the integers an order signs: a buy rounds both amounts up, a sell down, the fee always up."""
    rounding = ROUND_CEILING if request.side is Side.BUY else ROUND_FLOOR
    value = _EXACT.multiply(_EXACT.multiply(request.size, price), Decimal(COLLATERAL_RESOLUTION))
    rate = _EXACT.add(request.fee, request.builder_fee)
    base = _whole(_EXACT.multiply(request.size, Decimal(spec.synthetic_resolution)), rounding)
    quote = _whole(value, rounding)
    sign = request.side.sign
    return SignedAmounts(sign * base, -sign * quote, _whole(_EXACT.multiply(rate, value), ROUND_CEILING))


def _whole(value: Decimal, rounding: str) -> int:
    return int(value.to_integral_value(rounding, context=_EXACT))


def check_owner(request: OrderRequest, account: Account) -> None:
    """Check that key and vault are the account's.

    Raises: Refused 1100, 1101 or 1102.
    """
    if request.settlement is None:
        raise Refused(Code.SIGNATURE, "settlement is missing")
    if request.settlement.public_key != account.public_key:
        raise Refused(Code.PUBLIC_KEY, "starkKey is not the account's")
    if request.settlement.vault != account.vault:
        raise Refused(Code.VAULT, "collateralPosition is not the account's")


def order_hash(request: OrderRequest, spec: MarketSpec, domain: Domain) -> int:
    """Return the message hash the order should have signed.

    Raises: SigningLibraryMissing.
    """
    if _stark is None:
        raise SigningLibraryMissing
    assert request.settlement is not None
    assert request.price is not None
    amounts = signed_amounts(request, spec, request.price)
    hashed: int = _stark.get_order_msg_hash(
        position_id=request.settlement.vault,
        base_asset_id=int(spec.synthetic_id, 16),
        base_amount=amounts.base,
        quote_asset_id=int(COLLATERAL_ID, 16),
        quote_amount=amounts.quote,
        fee_asset_id=int(COLLATERAL_ID, 16),
        fee_amount=amounts.fee,
        expiration=-(-request.expiry_ms // 1000) + SETTLEMENT_BUFFER_S,
        salt=request.nonce,
        user_public_key=request.settlement.public_key,
        domain_name=domain.name,
        domain_version=domain.version,
        domain_chain_id=domain.chain_id,
        domain_revision=domain.revision,
    )
    return hashed


def is_genuine(request: OrderRequest, spec: MarketSpec, domain: Domain) -> bool:
    """Return whether the signature fits the body; takes about 0.6 ms."""
    assert request.settlement is not None
    if not (0 < request.settlement.r < SIGNATURE_LIMIT and 0 < request.settlement.s < SIGNATURE_LIMIT):
        return False  # the library panics on these, past every `except Exception`
    try:
        message = order_hash(request, spec, domain)
        return bool(_stark.verify(request.settlement.public_key, message, request.settlement.r, request.settlement.s))
    except (ValueError, OverflowError):  # numbers no order of this market could have signed
        return False


def public_key_function() -> Callable[[int], int] | None:
    """Return what derives a Stark public key, or None without the library."""
    return None if _stark is None else _stark.get_public_key

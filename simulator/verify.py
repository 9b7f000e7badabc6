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
from simulator.orders import Kind, OrderRequest, Settlement
from simulator.refusals import Code, Refused
from simulator.trigger_rules import closing_side, leg_size

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPart:
    """One thing that carries a signature: an order, or a leg of its take-profit and stop-loss."""

    side: Side
    size: Decimal
    price: Decimal
    settlement: Settlement | None


@dataclass(frozen=True, slots=True)
class SignedAmounts:
    """The signed integers of an order; buys pay collateral, sells pay the synthetic asset."""

    base: int
    quote: int
    fee: int


def signed_parts(request: OrderRequest, spec: MarketSpec) -> list[SignedPart]:
    """Return everything of a request that must be signed; a TPSL order signs its legs only."""
    parts = []
    if request.kind is not Kind.TPSL:
        parts.append(
            SignedPart(side=request.side, size=request.size, price=request.price or Decimal(0), settlement=request.settlement)
        )
    parts += [
        SignedPart(side=closing_side(request), size=leg_size(request, leg, spec), price=leg.price, settlement=leg.settlement)
        for leg in (request.take_profit, request.stop_loss)
        if leg is not None and leg.price > 0
    ]
    return parts


def signed_amounts(part: SignedPart, spec: MarketSpec, fee_rate: Decimal) -> SignedAmounts:
    """Return the integers an order signs: a buy rounds both amounts up, a sell down, the fee always up."""
    rounding = ROUND_CEILING if part.side is Side.BUY else ROUND_FLOOR
    value = _EXACT.multiply(_EXACT.multiply(part.size, part.price), Decimal(COLLATERAL_RESOLUTION))
    base = _whole(_EXACT.multiply(part.size, Decimal(spec.synthetic_resolution)), rounding)
    quote = _whole(value, rounding)
    sign = part.side.sign
    return SignedAmounts(sign * base, -sign * quote, _whole(_EXACT.multiply(fee_rate, value), ROUND_CEILING))


def _whole(value: Decimal, rounding: str) -> int:
    return int(value.to_integral_value(rounding, context=_EXACT))


def check_owner(part: SignedPart, account: Account) -> None:
    """Check that key and vault are the account's.

    Raises: Refused 1100, 1101 or 1102.
    """
    if part.settlement is None:
        raise Refused(Code.SIGNATURE, "settlement is missing")
    if part.settlement.public_key != account.public_key:
        raise Refused(Code.PUBLIC_KEY, "starkKey is not the account's")
    if part.settlement.vault != account.vault:
        raise Refused(Code.VAULT, "collateralPosition is not the account's")


def order_hash(part: SignedPart, request: OrderRequest, spec: MarketSpec, domain: Domain) -> int:
    """Return the message hash that should have been signed; legs share their order's fee, nonce and expiry.

    Raises: SigningLibraryMissing.
    """
    if _stark is None:
        raise SigningLibraryMissing
    assert part.settlement is not None
    amounts = signed_amounts(part, spec, _EXACT.add(request.fee, request.builder_fee))
    hashed: int = _stark.get_order_msg_hash(
        position_id=part.settlement.vault,
        base_asset_id=int(spec.synthetic_id, 16),
        base_amount=amounts.base,
        quote_asset_id=int(COLLATERAL_ID, 16),
        quote_amount=amounts.quote,
        fee_asset_id=int(COLLATERAL_ID, 16),
        fee_amount=amounts.fee,
        expiration=-(-request.expiry_ms // 1000) + SETTLEMENT_BUFFER_S,
        salt=request.nonce,
        user_public_key=part.settlement.public_key,
        domain_name=domain.name,
        domain_version=domain.version,
        domain_chain_id=domain.chain_id,
        domain_revision=domain.revision,
    )
    return hashed


def is_genuine(request: OrderRequest, spec: MarketSpec, domain: Domain) -> bool:
    """Return whether every signature fits the body; takes about 0.6 ms for each."""
    return all(_fits(part, request, spec, domain) for part in signed_parts(request, spec))


def _fits(part: SignedPart, request: OrderRequest, spec: MarketSpec, domain: Domain) -> bool:
    settlement = part.settlement
    assert settlement is not None
    if not (0 < settlement.r < SIGNATURE_LIMIT and 0 < settlement.s < SIGNATURE_LIMIT):
        return False  # the library panics on these, past every `except Exception`
    try:
        message = order_hash(part, request, spec, domain)
        if not 0 < message < SIGNATURE_LIMIT:
            return False  # as rare as a guess that hits, and the library would panic on it too
        return bool(_stark.verify(settlement.public_key, message, settlement.r, settlement.s))
    except (ValueError, OverflowError):  # numbers no order of this market could have signed
        return False


def public_key_function() -> Callable[[int], int] | None:
    """Return what derives a Stark public key, or None without the library."""
    return None if _stark is None else _stark.get_public_key

"""The exchange's customers, derived from the run's seed: a restart with the same seed knows the same keys.

These keys sign orders on a simulated exchange only. They are printed on standard output on purpose and are worth nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Final

STARK_CURVE_ORDER: Final = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
FIELD_PRIME: Final = 2**251 + 17 * 2**192 + 1
OPENING_BALANCE: Final = Decimal(10_000)
ACCOUNTS_PER_CLIENT: Final = 10
HOUSE_ACCOUNT: Final = 0
"""The background flow trades through this account; it has no keys and no margin."""


INSURANCE_ACCOUNT: Final = -1
"""Receives liquidation fees and pays what liquidated accounts cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One sub-account: its own API key, Stark key pair and vault number, as on the real exchange."""

    account_id: int
    client_id: int
    account_index: int
    description: str
    vault: int
    api_key: str
    public_key: int
    private_key: int

    def __repr__(self) -> str:
        return f"Account(account_id={self.account_id}, vault={self.vault})"  # keys never reach a log


def derive_accounts(seed: int, count: int, public_key_of: Callable[[int], int] | None) -> list[Account]:
    """Return `count` accounts that depend only on the seed.

    `public_key_of` computes the Stark public key. Without it (library not installed) the public key is a plain hash, which
    no signature can match: such accounts work only while signatures are not verified.
    """
    return [_derive(seed, number, public_key_of) for number in range(count)]


def _derive(seed: int, number: int, public_key_of: Callable[[int], int] | None) -> Account:
    private_key = _digest(seed, number, "stark") % (STARK_CURVE_ORDER - 1) + 1
    public_key = public_key_of(private_key) if public_key_of else _digest(seed, number, "public") % FIELD_PRIME
    index = number % ACCOUNTS_PER_CLIENT
    return Account(
        account_id=3001 + number,
        client_id=701 + number // ACCOUNTS_PER_CLIENT,
        account_index=index,
        description="Main" if index == 0 else f"Sub-account {index}",
        vault=100_000 + (_digest(seed, "vaults") % 4_000_000) * 1000 + number,
        api_key=f"{_digest(seed, number, 'api') >> 128:032x}",
        public_key=public_key,
        private_key=private_key,
    )


def _digest(*parts: object) -> int:
    return int.from_bytes(sha256(":".join(str(part) for part in ("simulated exchange", *parts)).encode()).digest(), "big")

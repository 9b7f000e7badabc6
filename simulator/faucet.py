"""The testnet's tap: a thousand dollars an hour for each wallet, and the list of such money movements."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from simulator.accounts import Account
from simulator.ids import Snowflakes
from simulator.ledger import Ledger
from simulator.refusals import Code, Refused
from simulator.wire import text

CLAIM: Final = Decimal(1_000)
CLAIM_EVERY_MS: Final = 3_600_000
COLLATERAL_ASSET: Final = 1
KEPT: Final = 1_000


@dataclass(slots=True)
class Faucet:
    """Claims and their records, newest last."""

    ledger: Ledger
    ids: Snowflakes
    operations: dict[int, deque[dict[str, object]]] = field(default_factory=dict)
    _last_ms: dict[int, int] = field(default_factory=dict)

    def claim(self, account: Account, now_ms: int) -> int:
        """Pay into an account and return the operation's id.

        Raises: Refused 1009 within an hour of the wallet's last claim.
        """
        last_ms = self._last_ms.get(account.client_id)
        if last_ms is not None and now_ms - last_ms < CLAIM_EVERY_MS:
            raise Refused(Code.ACTION_NOT_ALLOWED, "one claim an hour for each wallet", message="Claim is not allowed yet")
        self._last_ms[account.client_id] = now_ms
        return self.move(account.account_id, "CLAIM", CLAIM, now_ms)

    def move(self, account_id: int, kind: str, amount: Decimal, now_ms: int) -> int:
        """Pay into an account, or out of it when the amount is negative, and return the operation's id."""
        self.ledger.deposit(account_id, amount)
        operation_id = self.ids.next(now_ms)
        self.operations.setdefault(account_id, deque(maxlen=KEPT)).append(
            {
                "id": str(operation_id),
                "type": kind,
                "status": "COMPLETED",
                "amount": text(abs(amount)),
                "fee": "0",
                "asset": COLLATERAL_ASSET,
                "time": now_ms,
                "accountId": account_id,
            }
        )
        return operation_id

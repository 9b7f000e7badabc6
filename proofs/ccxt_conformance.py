"""ccxt's class for this exchange, unmodified, against the simulated exchange: REST in full, sockets as far as they go.

    python -m proofs.ccxt_conformance

Makes `.venv-conformance` with ccxt, starts an exchange, runs every case, writes the page.
"""

import sys
from typing import Final

from proofs.conformance.proof import Reference, prove

NOTES: Final = """## How to read this

Methods are those the class defines, those it announces in `has`, and one for each path of its list; a watcher notes which a case
really used. ccxt points at the simulated exchange by `urls`, with `options` `builderFee` off and `chainId` of the exchange's
signing domain; its orders are signed by its own Python code and verified by the exchange.

- `passed`: succeeded, and its answer was checked against what had happened before.
- `refused as documented`: met the documented code. Withdrawals, transfers, the bridge, quote requests, and everything about
  portfolios, interest, referrals, rewards and the vault answer 1009: those paths are known and not offered.
- ccxt leaves `triggerPriceType` and `executionPriceType` out of conditional orders and may leave them out of legs; the simulated
  exchange takes LAST and LIMIT then. What the real one does is not documented.
- `fetch_balance` reads spot balances only: on an account with collateral alone it is empty, here as there."""

CCXT: Final = Reference(
    module="ccxt_client",
    page="ccxt-conformance",
    title="ccxt against the simulated exchange",
    about="Every REST method of ccxt's `extended` class and its sockets, unmodified, over real sockets.",
    packages=("ccxt", "aiohttp"),
    notes=NOTES,
)


def main() -> int:
    return prove(CCXT)


if __name__ == "__main__":
    sys.exit(main())

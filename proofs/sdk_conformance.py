"""The exchange's own SDK, unmodified, takes the simulated exchange for the real one: every method of its clients.

    python -m proofs.sdk_conformance

Makes `.venv-conformance` with the SDK and the sockets library it needs, starts an exchange, runs every case, writes the page.
"""

import sys
from typing import Final

from proofs.conformance.proof import Reference, prove

NOTES: Final = """## How to read this

Methods are found by looking into the client's classes; a watcher around its objects notes which a case really used. Every answer
is parsed by the SDK's own strict models, and a frame it cannot read (which it only logs) fails the case.

- `passed`: succeeded, and its answer was checked against what had happened before.
- `refused as documented`: met the documented code. Money movements, the bridge, the vault, quote requests, onboarding: the
  simulated exchange knows these paths and refuses them with 1009.
- The SDK's v2 client cannot renew subscriptions by itself after a lost connection, here or elsewhere: it waits for the answer to
  its re-subscription before it begins to read, and gives up after 10 s. The case reconnects without subscriptions.
- Its MCP tools are left out: they are wrappers around the same clients, and take their address from the SDK's constants."""

SDK: Final = Reference(
    module="sdk_client",
    page="sdk-conformance",
    title="The exchange's SDK against the simulated exchange",
    about="Every method of its trading, account, market and stream clients (v1 and v2), unmodified, over real sockets.",
    packages=("x10-python-trading-starknet", "websockets"),
    notes=NOTES,
)


def main() -> int:
    return prove(SDK)


if __name__ == "__main__":
    sys.exit(main())

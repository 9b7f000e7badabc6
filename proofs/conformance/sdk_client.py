"""Run every method of the exchange's SDK against the exchange whose first line comes on standard input."""

import asyncio
import json
import logging
import sys

from x10.clients.blocking.blocking_trading_client import BlockingTradingClient
from x10.clients.onboarding.modules import account_module as onboarding_account
from x10.clients.onboarding.modules import auth_module
from x10.clients.rest.modules import (
    account_module,
    builder_module,
    info_module,
    order_management_module,
    testnet_module,
    vault_module,
)
from x10.clients.rest.rest_api_client import RestApiClient
from x10.clients.stream.stream_client import StreamClient
from x10.clients.stream.stream_connection import StreamConnection
from x10.clients.streamrpc.streamrpc_client import StreamRpcClient
from x10.clients.streamrpc.subscription_params import SubscribeParams
from x10.tools.orderbook import OrderBook

from proofs.conformance import sdk_orders, sdk_rest, sdk_streams
from proofs.conformance.cases import never_tried, public_names, run_all, tell
from proofs.conformance.sdk_stage import Stage, prepare

CLASSES = {
    "InfoModule": info_module.InfoModule,
    "AccountModule": account_module.AccountModule,
    "OrderManagementModule": order_management_module.OrderManagementModule,
    "TestnetModule": testnet_module.TestnetModule,
    "VaultModule": vault_module.VaultModule,
    "BuilderModule": builder_module.BuilderModule,
    "RestApiClient": RestApiClient,
    "BlockingTradingClient": BlockingTradingClient,
    "StreamClient": StreamClient,
    "StreamConnection": StreamConnection,
    "StreamRpcClient": StreamRpcClient,
    "OrderBook": OrderBook,
    "onboarding.AuthModule": auth_module.AuthModule,
    "onboarding.AccountModule": onboarding_account.AccountModule,
}
NAVIGATION = {f"RestApiClient.{name}" for name in ("info", "account", "orders", "testnet", "vault", "builder")}
SESSIONS = "close_session"
"""Every module has it, from one base class; one case closes them all."""


def wanted_methods() -> set[str]:
    """Return every public method of the clients, found by looking."""
    found = set().union(*(public_names(kind, label, within="x10") for label, kind in CLASSES.items()))
    return {each for each in found if not each.endswith(SESSIONS)} - NAVIGATION


async def main() -> None:
    stage = Stage(json.loads(sys.stdin.read()))
    logging.getLogger("x10").addHandler(stage.complaints)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # the waiting client never closes its own sessions
    await prepare(stage)
    cases = [*sdk_rest.CASES.every, *sdk_orders.CASES.every, *sdk_streams.CASES.every]
    await run_all(cases, stage, stage.used, stage.complaints)
    await stage.plain.close()
    await stage.other.close()
    wanted = wanted_methods()
    kinds = sorted(each.__name__ for each in SubscribeParams.__subclasses__())
    tell({"methods": sorted(wanted), "never_tried": never_tried(wanted, cases), "subscriptions": kinds})


if __name__ == "__main__":
    asyncio.run(main())

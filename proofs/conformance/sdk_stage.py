"""What the SDK's cases share: clients for three accounts, and the exchange's control routes."""

import asyncio
import json
import logging
import urllib.request
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from x10.clients.blocking.blocking_trading_client import BlockingTradingClient
from x10.clients.rest.rest_api_client import RestApiClient
from x10.clients.stream.stream_client import StreamClient
from x10.clients.streamrpc.streamrpc_client import StreamRpcClient
from x10.config import TESTNET_CONFIG
from x10.core.client_config import ClientConfig
from x10.core.stark_account import StarkPerpetualAccount
from x10.models.order import OrderSide, TimeInForce
from x10.signing.order_object import create_order_object

from proofs.conformance.cases import Complaints, Watched, expect, until

D = Decimal
BTC = "BTC-USD"
FEE = D("0.00025")
HOUR_MS = 3_600_000


@dataclass
class Stage:
    """Everything the cases use; `first_line` is what the exchange printed."""

    first_line: dict[str, Any]
    used: set[str] = field(default_factory=set)
    complaints: Complaints = field(default_factory=lambda: Complaints(level=logging.WARNING))
    markets: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> ClientConfig:
        rest = self.first_line["rest"]
        endpoints = replace(
            TESTNET_CONFIG.endpoints,
            api_base_url=rest,
            api_base_order_management_url=rest,
            stream_url=self.first_line["stream"],
            stream_rpc_url=self.first_line["stream_rpc"],
            onboarding_url=rest.removesuffix("/api/v1"),
        )
        return replace(TESTNET_CONFIG, endpoints=endpoints)

    def keys(self, number: int) -> StarkPerpetualAccount:
        account = self.first_line["accounts"][number]
        return StarkPerpetualAccount(account["vault"], account["private_key"], account["public_key"], account["api_key"])

    def __post_init__(self) -> None:
        self.plain: Any = RestApiClient(self.config, self.keys(0))
        self.other: Any = RestApiClient(self.config, self.keys(1))
        self.client = self.watched(self.plain)
        self.account = self.watched(self.plain.account)
        self.info = self.watched(self.plain.info)
        self.orders = self.watched(self.plain.orders)
        self.vault = self.watched(self.plain.vault)
        self.testnet = self.watched(self.plain.testnet)
        self.builder = self.watched(self.plain.builder)
        self.streams = self.watched(StreamClient(api_url=self.config.endpoints.stream_url))

    def watched(self, target: Any, label: str | None = None) -> Any:
        return Watched(target, label or type(target).__name__, self.used)

    def rpc(self) -> StreamRpcClient:
        return StreamRpcClient(api_url=self.config.endpoints.stream_rpc_url, on_sequence_break=_break)

    async def blocking(self) -> BlockingTradingClient:
        return await BlockingTradingClient.create(self.config, self.keys(2))

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """Turn one of the exchange's levers."""
        url = self.first_line["rest"].removesuffix("/api/v1") + "/sim" + path
        sent = None if body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, method=method, data=sent, headers=kind)  # noqa: S310 - http on loopback
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def ask() -> Any:
            with opener.open(request, timeout=10) as answer:
                return json.loads(answer.read())

        return await asyncio.to_thread(ask)

    async def price(self, market: str = BTC) -> Decimal:
        """Return the mark on the market's grid."""
        if not self.markets:
            self.markets = await self.plain.info.get_markets_dict()
        stats = (await self.plain.info.get_market_statistics(market_name=market)).data
        price: Decimal = self.markets[market].trading_config.round_price(stats.mark_price)
        return price

    async def rest(self, *, below: int = 500, client: Any = None, **more: Any) -> Any:
        """Rest a buy order below the market and return the answer's `data`."""
        price = await self.price() - below
        chosen = client or self.plain
        placed = await chosen.place_order(BTC, D("0.001"), price, OrderSide.BUY, FEE, post_only=True, **more)
        await self.sees(placed.data.id, "NEW", chosen)
        return placed.data

    async def take(self, side: OrderSide = OrderSide.BUY, size: str = "0.01", **more: Any) -> Any:
        """Take from the book at once and return the filled order."""
        price = await self.price() + (200 if side == OrderSide.BUY else -200)
        placed = await self.plain.place_order(BTC, D(size), price, side, FEE, time_in_force=TimeInForce.IOC, **more)
        return await self.sees(placed.data.id, "FILLED")

    async def sees(self, order_id: int, status: str, client: Any = None) -> Any:
        """Wait until REST shows an order in a status, and return it."""

        async def look() -> Any:
            history = (await (client or self.plain).account.get_orders_history(limit=200)).data
            return next((each for each in history if each.id == order_id and each.status == status), None)

        return await until(look, f"order {order_id} is {status}")

    async def order(self, **more: Any) -> Any:
        """Return a signed order object of the first account."""
        await self.price()
        chosen = {"taker_fee": FEE, "market": self.markets[BTC], "account": self.keys(0), **more}
        return create_order_object(starknet_domain=self.config.signing.starknet_domain, **chosen)


async def _break(subscription: str, last: int, seen: int) -> None:
    raise AssertionError(f"sequence break on {subscription}: {last} then {seen}")


async def prepare(stage: Stage) -> None:
    """Trade, then let an hour pass: funding is paid, rates are applied, candles exist."""
    state = await stage.control("GET", "/state")
    behind_ms = int(datetime.now(UTC).timestamp() * 1000) - state["now_ms"]
    expect(behind_ms > HOUR_MS, f"the exchange's clock should begin an hour behind, not {behind_ms} ms")
    until_then = datetime.now(UTC) + timedelta(hours=2)
    await stage.take(size="0.02", expire_time=until_then)
    await stage.control("POST", "/clock", {"advance_ms": behind_ms})

"""The exchange on a loopback port inside the test's own loop, and a customer who can sign."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import websockets

from simulator.accounts import Account, derive_accounts
from simulator.exchange import synthetic_exchange
from simulator.markets import LISTED
from simulator.options import ServerOptions, VenueOptions
from simulator.server import serving
from simulator.site import Site, VenueClock
from simulator.verify import TESTNET, public_key_function

D = Decimal
fast_stark_crypto = pytest.importorskip("fast_stark_crypto", reason="the signing library has no wheel here")

QUICK = ServerOptions(read_lag_ms=0, rate_limit_per_minute=0, book_interval_ms=20, venue=VenueOptions(accept_delay_ms=(0, 2)))


@dataclass
class Customer:
    """One account's view of the exchange: signed requests over HTTP, frames over sockets."""

    account: Account
    http: aiohttp.ClientSession
    base: str
    stream_base: str
    closing: AsyncExitStack
    sent: int = 0
    said: list[dict[str, Any]] = field(default_factory=list)

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        headers = {"X-Api-Key": self.account.api_key} | more.pop("headers", {})
        async with self.http.request(method, self.base + path, headers=headers, **more) as answer:
            body = await answer.read()
            return answer.status, json.loads(body) if body else None

    async def place(self, side: str, price: object, size: str = "0.01", **changes: Any) -> tuple[int, Any]:
        return await self.ask("POST", "/user/order", json=self.order(side, price, size, **changes))

    def order(self, side: str, price: object, size: str = "0.01", **changes: Any) -> dict[str, Any]:
        """Return a signed create request; `changes` replace members after signing."""
        self.sent += 1
        body: dict[str, Any] = {
            "id": f"c{self.account.account_id}-{self.sent}",
            "market": "BTC-USD",
            "type": "LIMIT",
            "side": side,
            "qty": size,
            "price": str(price),
            "reduceOnly": False,
            "postOnly": True,
            "timeInForce": "GTT",
            "expiryEpochMillis": int(time.time() * 1000) + 600_123,
            "fee": "0.00025",
            "nonce": str(self.sent),
            "selfTradeProtectionLevel": "ACCOUNT",
        }
        return body | {"settlement": self.settlement(body)} | changes

    def settlement(self, body: dict[str, Any]) -> dict[str, Any]:
        r, s = fast_stark_crypto.sign(self.account.private_key, self.message(body))
        return {
            "signature": {"r": hex(r), "s": hex(s)},
            "starkKey": hex(self.account.public_key),
            "collateralPosition": str(self.account.vault),
        }

    def message(self, body: dict[str, Any]) -> int:
        buys, spec = body["side"] == "BUY", LISTED[body["market"]]
        rounding = ROUND_CEILING if buys else ROUND_FLOOR
        value = D(body["qty"]) * D(body["price"]) * 10**6
        sign = 1 if buys else -1
        hashed: int = fast_stark_crypto.get_order_msg_hash(
            position_id=self.account.vault,
            base_asset_id=int(spec.synthetic_id, 16),
            base_amount=sign * int((D(body["qty"]) * spec.synthetic_resolution).to_integral_value(rounding)),
            quote_asset_id=1,
            quote_amount=-sign * int(value.to_integral_value(rounding)),
            fee_asset_id=1,
            fee_amount=int((value * D(body["fee"])).to_integral_value(ROUND_CEILING)),
            expiration=-(-body["expiryEpochMillis"] // 1000) + 14 * 86_400,
            salt=int(body["nonce"]),
            user_public_key=self.account.public_key,
            domain_name="Perpetuals",
            domain_version="v0",
            domain_chain_id="SN_SEPOLIA",
            domain_revision="1",
        )
        return hashed

    async def listen(self, path: str, **headers: str) -> "Ear":
        socket = await self.closing.enter_async_context(
            websockets.connect(
                self.stream_base + path,
                additional_headers={"X-Api-Key": self.account.api_key} | headers,
                compression=None,
                max_size=2**22,
            )
        )
        return Ear(socket)


class Ear:
    """An open stream."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def hear(self) -> dict[str, Any]:
        """Return the next frame."""
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), 5))
        return frame

    async def hear_until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the next frame that fits."""
        async with asyncio.timeout(10):
            while True:
                frame = await self.hear()
                if wanted(frame):
                    return frame


@dataclass
class Stand:
    """A served exchange."""

    site: Site
    address: str
    customers: list[Customer]

    @property
    def alice(self) -> Customer:
        return self.customers[0]

    @property
    def bob(self) -> Customer:
        return self.customers[1]

    async def control(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self.alice.http.request(method, f"http://{self.address}/sim{path}", **more) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def exchange_stand(*, with_flow: bool = False, seed: int = 5, **options: Any) -> AsyncIterator[Stand]:
    """Serve an exchange until the block ends; `options` replace quick defaults."""
    chosen = replace(QUICK, **options)
    clock = VenueClock(chosen.clock_offset_ms)
    exchange = synthetic_exchange(
        seed=seed,
        accounts=derive_accounts(seed, 2, public_key_function()),
        start_ms=clock.now_ms(),
        options=chosen.venue,
        with_flow=with_flow,
    )
    announced: list[dict[str, object]] = []
    site = Site(exchange, clock=clock, options=chosen, domain=TESTNET, seed=seed, announce=announced.append)
    async with AsyncExitStack() as closing:
        port = await closing.enter_async_context(serving(site, "127.0.0.1", 0))
        http = await closing.enter_async_context(aiohttp.ClientSession(headers={"User-Agent": "tests"}))
        address = f"127.0.0.1:{port}"
        customers = [
            Customer(each, http, f"http://{address}/api/v1", f"ws://{address}/stream.extended.exchange/v1", closing)
            for each in site.venue.accounts.values()
        ]
        yield Stand(site, address, customers)


@pytest_asyncio.fixture
async def stand() -> AsyncIterator[Stand]:
    """Yield an exchange with empty books that stand still."""
    async with exchange_stand() as quiet:
        yield quiet


@pytest.fixture
def open_stand() -> Callable[..., Any]:
    """Return the context manager for an exchange with other options."""
    return exchange_stand

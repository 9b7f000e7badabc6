"""What the cases of ccxt share."""

import asyncio
import json
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import ccxt.async_support
import ccxt.pro

from proofs.conformance.cases import Watched, expect, until

BTC = "BTC/USDC:USDC"
HOUR_MS = 3_600_000


@dataclass
class Stage:
    """One account over REST, and the same over sockets."""

    first_line: dict[str, Any]
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.plain = self.exchange(ccxt.async_support.extended, 0)
        self.sockets = self.exchange(ccxt.pro.extended, 0)
        self.rest: Any = Watched(self.plain, "extended", self.used)
        self.pro: Any = Watched(self.sockets, "pro.extended", self.used)

    def exchange(self, kind: Any, number: int) -> Any:
        account = self.first_line["accounts"][number]
        made = kind(
            {
                "apiKey": account["api_key"],
                "privateKey": account["private_key"],
                "enableRateLimit": False,
                "options": {"builderFee": False, "chainId": self.first_line["starknet_domain"]["chainId"]},
            }
        )
        made.urls["api"] = {"rest": self.first_line["rest"].removesuffix("/api/v1"), "ws": self.first_line["stream"]}
        return made

    async def price(self) -> float:
        return float((await self.plain.fetch_ticker(BTC))["info"]["markPrice"])

    async def rest_order(self, *, below: int = 500, **params: Any) -> Any:
        """Rest a buy order below the market, and return it as created."""
        price = round(await self.price()) - below
        made = await self.plain.create_order(BTC, "limit", "buy", 0.001, price, {"postOnly": True, "fee": "0.00025", **params})
        await self.sees(made["id"], "open")
        return made

    async def take(self, side: str = "buy", size: float = 0.01, **params: Any) -> Any:
        """Take from the book at once and return the filled order."""
        price = round(await self.price()) + (200 if side == "buy" else -200)
        made = await self.plain.create_order(BTC, "limit", side, size, price, {"timeInForce": "IOC", **params})
        return await self.sees(made["id"], "closed")

    async def sees(self, order_id: str, status: str) -> Any:
        """Wait until REST shows an order in a status of ccxt's, and return it."""

        async def look() -> Any:
            every = await self.plain.fetch_orders(BTC)
            return next((each for each in every if each["id"] == order_id and each["status"] == status), None)

        return await until(look, f"order {order_id} is {status}")

    async def close(self) -> None:
        for each in (self.plain, self.sockets):
            await each.close()

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


async def prepare(stage: Stage) -> None:
    """Trade, then let an hour pass: funding is paid, rates are applied, candles exist."""
    state = await stage.control("GET", "/state")
    now_ms = stage.plain.milliseconds()
    behind_ms = now_ms - state["now_ms"]
    expect(behind_ms > HOUR_MS, f"the exchange's clock should begin an hour behind, not {behind_ms} ms")
    await stage.take(size=0.02, expiryEpochMillis=now_ms + 2 * HOUR_MS)
    await stage.control("POST", "/clock", {"advance_ms": behind_ms})

"""Signed orders per second over REST, every signature checked.

    python -m benchmarks.signed_orders [--orders=3000] [--connections=16]

Orders are signed beforehand and sent over keep-alive connections from this process, so client and exchange share the machine.
Peers in the same run: the same exchange without checking, and a server of the same framework that only reads the body. Target:
500 orders a second on two cores that have nothing else to do.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import aiohttp
import msgspec

from benchmarks.stage.outcome import Target, conclude, say
from benchmarks.stage.programs import started
from bot.order_manager import generate_order_hash, sign_order
from simulator.markets import COLLATERAL_ID, COLLATERAL_RESOLUTION, LISTED

SPEED: Final = Target("signed orders, checked", 500, "/s")
ACCOUNTS: Final = 20
PER_MARKET: Final = 150
DAY_MS: Final = 86_400_000


def signed_order(number: int, account: dict[str, Any], domain: dict[str, str], now_ms: int) -> bytes:
    """Return the body of one small post-only bid three per cent below the start price."""
    spec = list(LISTED.values())[number // PER_MARKET % len(LISTED)]
    price = spec.start_price * Decimal("0.97")
    price -= price % spec.tick_size
    fields = {"size": str(spec.min_order_size), "price": str(price), "fee_rate": "0.0002"}
    expiry_ms = now_ms + DAY_MS
    order_hash = generate_order_hash(
        side="BUY",
        **fields,
        nonce=number + 1,
        expiry_ms=expiry_ms,
        vault=account["vault"],
        public_key=account["public_key"],
        synthetic_id=spec.synthetic_id,
        synthetic_resolution=spec.synthetic_resolution,
        collateral_id=COLLATERAL_ID,
        collateral_resolution=COLLATERAL_RESOLUTION,
        domain=domain,
    )
    r, s = sign_order(order_hash, int(account["private_key"], 16))
    return msgspec.json.encode(
        {
            "id": f"order-{number}",
            "market": spec.name,
            "type": "LIMIT",
            "side": "BUY",
            "qty": fields["size"],
            "price": fields["price"],
            "timeInForce": "GTT",
            "expiryEpochMillis": expiry_ms,
            "fee": fields["fee_rate"],
            "nonce": str(number + 1),
            "postOnly": True,
            "selfTradeProtectionLevel": "ACCOUNT",
            "settlement": {
                "signature": {"r": hex(r), "s": hex(s)},
                "starkKey": account["public_key"],
                "collateralPosition": str(account["vault"]),
            },
        }
    )


Load = list[tuple[str, bytes]]
"""API key and body of each order."""


def load(first_line: dict[str, Any], orders: int) -> Load:
    """Sign orders for the accounts of an exchange, in turn."""
    accounts, domain = first_line["accounts"], first_line["starknet_domain"]
    now_ms, found = time.time_ns() // 1_000_000, []
    for number in range(orders):
        account = accounts[number % len(accounts)]
        found.append((account["api_key"], signed_order(number // len(accounts), account, domain, now_ms)))
    return found


async def orders_per_second(rest: str, orders: Load, connections: int) -> float:
    """Send everything as fast as the answers come; every answer must be a yes."""
    waiting = iter(orders)

    async def send(session: aiohttp.ClientSession) -> None:
        for api_key, body in waiting:
            headers = {"X-Api-Key": api_key, "User-Agent": "benchmark", "Content-Type": "application/json"}
            async with session.post(f"{rest}/user/order", data=body, headers=headers) as answer:
                if answer.status != 200:
                    raise RuntimeError(f"refused: {await answer.text()}")
                await answer.read()

    limits = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=limits, timeout=aiohttp.ClientTimeout(total=120)) as session:
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(connections):
                tasks.create_task(send(session))
        return len(orders) / (time.perf_counter() - begun)


def measure(name: str, arguments: Sequence[str], orders: Load | None, asked: argparse.Namespace) -> tuple[float, Load]:
    with started(*arguments) as server:
        ready = orders or load(server.first_line, asked.orders)
        before, own = server.cpu_seconds(), time.process_time()
        speed = asyncio.run(orders_per_second(server.first_line["rest"], ready, asked.connections))
        each_ms = (server.cpu_seconds() - before) / len(ready) * 1000
        own_ms = (time.process_time() - own) / len(ready) * 1000
    cores = (each_ms + own_ms) * SPEED.bound / 1000
    say(f"{name}: {speed:,.0f}/s; processor time each: {each_ms:.2f} ms there, {own_ms:.2f} ms here")
    say(f"  that is {cores:.2f} cores at {SPEED.bound:g}/s")
    return speed, ready


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=3_000, help=f"at most {ACCOUNTS * PER_MARKET * len(LISTED)}")
    parser.add_argument("--connections", type=int, default=16)
    asked = parser.parse_args(arguments)
    serve = ("simulator", "serve", "--flow", "none", "--accounts", str(ACCOUNTS), "--rate-limit", "0")
    checked, orders = measure("checked", serve, None, asked)
    unchecked, _ = measure("not checked", (*serve, "--verify", "off"), orders, asked)
    door, _ = measure("a door that only reads", ("benchmarks.stage.plain_door",), orders, asked)
    say(f"checked is {checked / unchecked:.2f} of unchecked and {checked / door:.2f} of the bare door")
    return conclude([SPEED.reached(checked)])


if __name__ == "__main__":
    sys.exit(main())

"""How long a snapshot of 6,000 levels keeps everybody else waiting.

    python -m benchmarks.snapshot_delay [--levels=6000] [--rounds=20]

A client joins the deep book again and again, each time after it has changed, so that every snapshot is made anew. Meanwhile the
event loop that serves all streams is asked every millisecond how late it is. Peer in the same run: a book of 60 levels. Target:
the deep one delays others by at most 20 ms more, in the median round.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from statistics import median
from typing import Final

import aiohttp

from benchmarks.stage.outcome import Target, conclude, say
from bot.core.numbers import Lots, Ticks
from simulator.accounts import derive_accounts
from simulator.exchange import Exchange, synthetic_exchange
from simulator.markets import BTC_USD, ETH_USD
from simulator.matching import Side
from simulator.options import ServerOptions
from simulator.server import serving
from simulator.site import Site, VenueClock
from simulator.verify import TESTNET

DELAY: Final = Target("delay by the deep snapshot", 20, " ms", at_most=True)
SHALLOW_LEVELS: Final = 60


class LoopWatch:
    """The largest lateness of the event loop since it was last asked, in milliseconds."""

    def __init__(self) -> None:
        self.worst_ms = 0.0

    async def run(self) -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            self.worst_ms = max(self.worst_ms, (time.perf_counter() - begun) * 1000 - 1.0)


def fill(exchange: Exchange, market: str, levels: int) -> None:
    """Put one order on each of `levels` prices, half on each side of the mark."""
    state = exchange.venue.markets[market]
    mid = int(state.mark / state.spec.tick_size)
    for number in range(1, levels // 2 + 1):
        for side in Side:
            exchange.venue.house_rest(market, side, Ticks(mid - side.sign * number), Lots(1_000 + number))


async def delays(site: Site, stream: str, market: str, rounds: int) -> tuple[float, int]:
    """Return the median over rounds of the worst lateness while a snapshot is asked for, and the snapshot's bytes."""
    found, size, watch = [], 0, LoopWatch()
    watching = asyncio.create_task(watch.run())
    async with aiohttp.ClientSession() as session:
        for number in range(rounds):
            site.venue.house_rest(market, Side.BUY, Ticks(10 + number), Lots(1_000))  # the last snapshot is old now
            await asyncio.sleep(0.25)
            watch.worst_ms = 0.0
            async with session.ws_connect(f"{stream}/orderbooks/{market}", max_msg_size=0) as socket:
                size = len(await socket.receive_str())
                await asyncio.sleep(0.02)
                found.append(watch.worst_ms)
    watching.cancel()
    return median(found), size


async def measure(levels: int, rounds: int) -> float:
    clock = VenueClock()
    exchange = synthetic_exchange(
        seed=1, accounts=derive_accounts(1, 1, None), start_ms=clock.now_ms(), specs=[BTC_USD, ETH_USD], with_flow=False
    )
    fill(exchange, BTC_USD.name, levels)
    fill(exchange, ETH_USD.name, SHALLOW_LEVELS)
    options = ServerOptions(verify_signatures=False)
    site = Site(exchange, clock=clock, options=options, domain=TESTNET, seed=1, announce=lambda _: None)
    async with serving(site, "127.0.0.1", 0) as port:
        stream = f"ws://127.0.0.1:{port}/stream.extended.exchange/v1"
        shallow_ms, shallow_size = await delays(site, stream, ETH_USD.name, rounds)
        deep_ms, deep_size = await delays(site, stream, BTC_USD.name, rounds)
    say(f"{SHALLOW_LEVELS} levels ({shallow_size:,} bytes): the loop is late by {shallow_ms:.1f} ms")
    say(f"{levels} levels ({deep_size:,} bytes): the loop is late by {deep_ms:.1f} ms")
    return deep_ms - shallow_ms


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", type=int, default=6_000)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args(arguments)
    return conclude([DELAY.reached(asyncio.run(measure(asked.levels, asked.rounds)))])


if __name__ == "__main__":
    sys.exit(main())

"""What fifty markets with flow cost at real-time speed: share of a core and memory, with somebody listening to every book.

    python -m benchmarks.fifty_markets [--seconds=20] [--flow=synthetic]

Peer in the same run: the same exchange with five markets, so that the cost of one more market can be told from the rest. Target:
less than one core and 400 MB.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import aiohttp

from benchmarks.stage.outcome import Target, conclude, say
from benchmarks.stage.programs import Running, needs_proc, started
from simulator.exchange import GENERATED

CORES: Final = Target("cores, fifty markets", 1.0, at_most=True)
MEMORY: Final = Target("memory, fifty markets", 400, " MB", at_most=True)
ALIVE: Final = Target("frames heard, fifty markets over five", 5.0)


class Cost(NamedTuple):
    cores: float
    megabytes: float
    frames_per_second: float


def measure(markets: int, flow: str, seconds: float) -> Cost:
    with started("benchmarks.stage.market_hall", str(markets), flow) as hall:
        cost = asyncio.run(_listen(hall, seconds))
    say(f"{markets} markets: {cost.cores:.2f} cores, {cost.megabytes:.0f} MB, {cost.frames_per_second:,.0f} frames/s heard")
    return cost


async def _listen(hall: Running, seconds: float) -> Cost:
    """Hear deltas and trades of all markets for a while."""
    frames, stream = [0, 0], hall.first_line["stream"]
    async with aiohttp.ClientSession() as session:

        async def hear(number: int, path: str) -> None:
            async with session.ws_connect(f"{stream}/{path}", max_msg_size=0) as socket:
                async for _ in socket:
                    frames[number] += 1

        listeners = [asyncio.create_task(hear(number, path)) for number, path in enumerate(("orderbooks", "publicTrades"))]
        await asyncio.sleep(2.0)  # the opening snapshots
        heard, cpu, begun = sum(frames), hall.cpu_seconds(), time.perf_counter()
        await asyncio.sleep(seconds)
        took = time.perf_counter() - begun
        cost = Cost((hall.cpu_seconds() - cpu) / took, hall.peak_mb(), (sum(frames) - heard) / took)
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    return cost


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--flow", choices=GENERATED, default=GENERATED[0])
    asked = parser.parse_args(arguments)
    reason = needs_proc()
    if reason is not None:
        say(f"skipped: {reason}")
        return 0
    few, many = (measure(markets, asked.flow, asked.seconds) for markets in (5, 50))
    say(f"one more market costs {(many.cores - few.cores) / 45 * 100:.2f} % of a core")
    say(f"and {(many.megabytes - few.megabytes) / 45:.2f} MB")
    alive = many.frames_per_second / few.frames_per_second
    return conclude([CORES.reached(many.cores), MEMORY.reached(many.megabytes), ALIVE.reached(alive)])


if __name__ == "__main__":
    sys.exit(main())

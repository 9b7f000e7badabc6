"""Whether thousands of idle sockets make everybody else wait: listeners who never read, and strangers who never speak.

    python -m benchmarks.idle_sockets [--sockets=4000] [--seconds=5]

The event loop that serves all streams is asked every millisecond how late it is, first with an empty room, then with the crowd
in it. Every listener is pinged once a second, fifteen times as often as by default. Target: in the median second the crowd makes
the loop later by at most 20 ms.
"""

import argparse
import asyncio
import resource
import sys
from collections.abc import Sequence
from statistics import median
from typing import Final

from benchmarks.snapshot_delay import LoopWatch
from benchmarks.stage.outcome import Target, conclude, say
from simulator.accounts import derive_accounts
from simulator.exchange import synthetic_exchange
from simulator.options import ServerOptions
from simulator.server import serving
from simulator.site import Site, VenueClock
from simulator.verify import TESTNET

DELAY: Final = Target("delay by the crowd", 20, " ms", at_most=True)
SPARE_FILES: Final = 200
AT_ONCE: Final = 50
UPGRADE: Final = (
    b"GET /stream.extended.exchange/v1/account HTTP/1.1\r\nHost: x\r\nUser-Agent: idle\r\nX-Api-Key: %s\r\n"
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def sit_down(port: int, first_words: bytes, room: asyncio.Semaphore) -> asyncio.StreamWriter:
    """Open a connection, say something or nothing, and leave it at that once it is answered."""
    async with room:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        if first_words:
            writer.write(first_words)
            answered = await reader.readuntil(b"\r\n\r\n")
            if b" 101 " not in answered:
                raise RuntimeError(f"refused: {answered!r}")
        return writer


async def lateness(seconds: int) -> float:
    """Return the median over seconds of how late the loop was at most, in milliseconds."""
    watch, found = LoopWatch(), []
    watching = asyncio.create_task(watch.run())
    for _ in range(seconds):
        watch.worst_ms = 0.0
        await asyncio.sleep(1.0)
        found.append(watch.worst_ms)
    watching.cancel()
    return median(found)


async def measure(sockets: int, seconds: int) -> float:
    clock = VenueClock()
    exchange = synthetic_exchange(seed=1, accounts=derive_accounts(1, 1, None), start_ms=clock.now_ms())
    options = ServerOptions(
        verify_signatures=False, rate_limit_per_minute=0, ping_interval_s=1.0, pong_timeout_s=600.0, first_request_s=600.0,
        max_sockets=sockets, max_connections=2 * sockets,
    )  # fmt: skip
    site = Site(exchange, clock=clock, options=options, domain=TESTNET, seed=1, announce=lambda _: None)
    async with serving(site, "127.0.0.1", 0) as port:
        empty_ms = await lateness(seconds)
        say(f"an empty room: the loop is late by {empty_ms:.1f} ms")
        words, room = UPGRADE % next(iter(site.by_api_key)).encode(), asyncio.Semaphore(AT_ONCE)
        crowd = await asyncio.gather(*(sit_down(port, words if number % 2 else b"", room) for number in range(sockets)))
        crowded_ms = await lateness(seconds)
        listening = len(site.hub.connections)
        say(f"{sockets} sockets, {listening} of them listeners: the loop is late by {crowded_ms:.1f} ms")
        for each in crowd:
            each.transport.abort()
    if listening < sockets // 2:
        raise RuntimeError(f"only {listening} stayed")
    return crowded_ms - empty_ms


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=4_000)
    parser.add_argument("--seconds", type=int, default=5)
    asked = parser.parse_args(arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * asked.sockets + SPARE_FILES
    if most != resource.RLIM_INFINITY and most < wanted:
        say(f"skipped: {wanted} open files are needed and {most} allowed")
        return 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return conclude([DELAY.reached(asyncio.run(measure(asked.sockets, asked.seconds)))])


if __name__ == "__main__":
    sys.exit(main())

"""A thousand viewers beside a quoting bot: who misses what, and what it costs the bot.

    python -m benchmarks.broadcaster [--viewers=1000] [--seconds=15]

The bot quotes on an exchange of the same process that answers at once and moves its price ten times a second. What is measured is
the time from the moment a new price was due to the moment the order that answers it leaves. Three rounds: nobody looks on;
everybody does; one in a hundred has stopped reading. The viewers live in a process of their own.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Collection, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from backend.broadcaster import Broadcaster
from backend.main import create_app
from backend.wire_socket import WireSocket
from benchmarks.stage.outcome import Target, conclude, say
from bot.bot_logger import BotLogger
from bot.clock import SystemClock
from bot.config import BotConfig
from bot.core.events import (
    BestQuoteSeen,
    BookSnapshot,
    FeedRestored,
    FillsReported,
    Level,
    MarkPriceSeen,
    OrdersReported,
)
from bot.core.numbers import Lots, Ticks
from bot.core.orders import ExchangeStatus, Fill, Order, OrderReport, Side
from bot.environment import Environment
from bot.ports import Emit, Objection, nobody_objects
from bot.simple_mm_bot import MarketMaker
from bot.state_folder import StateFolder
from tests.unit.bot.fake_exchange import FakeExchange
from tests.unit.core.play import btc

MARKET: Final = "BTC-USD"
TICK_S: Final = 0.1
PRICE: Final = 86_000
LEVELS: Final = 80
DESCRIPTORS: Final = 8_192
SLOWER: Final = Target("tick-to-order p99, everybody over nobody looking on", 1.5, at_most=True)
STALLED: Final = Target("delivery p99, one in a hundred stalled over none", 1.2, at_most=True)
SHARE: Final = Target("bytes of a difference over a snapshot", 0.10, at_most=True)
MISSED: Final = Target("messages missed by viewers that were not dropped", 0, at_most=True)
DROPPED: Final = Target("viewers dropped beyond those that stalled", 0, at_most=True)


class InstantExchange(FakeExchange):
    """Takes every order at once, moves its price, and notes how long the bot took to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.market = btc()
        self.latencies: list[float] = []
        self._emit: Emit = lambda _event: None
        self._due: float | None = None
        self._next_id = 100
        self._resting: dict[str, OrderReport] = {}

    async def place(self, order: Order, *, objection: Objection = nobody_objects) -> int:
        del objection
        if self._due is not None:
            self.latencies.append(time.perf_counter() - self._due)
            self._due = None
        self._next_id += 1
        if order.replaces in self._resting:
            self._report(self._resting.pop(order.replaces), ExchangeStatus.CANCELLED)
        report = self._report_of(order)
        self._resting[order.client_order_id] = report
        asyncio.get_running_loop().call_soon(self._report, report, ExchangeStatus.NEW)
        return self._next_id

    async def cancel(self, *, client_order_id: str, exchange_order_id: int | None) -> None:
        del exchange_order_id
        if client_order_id in self._resting:
            self._report(self._resting.pop(client_order_id), ExchangeStatus.CANCELLED)

    async def fills(self, markets: Collection[str] = (), *, limit: int = 100, before_id: int | None = None) -> tuple[Fill, ...]:
        del markets, limit, before_id
        return ()

    async def open_orders(self, market: str | None = None) -> tuple[OrderReport, ...]:
        del market
        return tuple(self._resting.values())

    async def stream(self, markets: Collection[str], emit: Emit, *, with_account: bool = True) -> None:
        del markets, with_account
        self._emit = emit
        emit(FeedRestored(feed="account", market=None, received_ms=_now_ms()))
        emit(FillsReported(fills=_past(), source="rest", received_ms=_now_ms()))
        loop, step = asyncio.get_running_loop(), 0
        due = loop.time() + TICK_S
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            self._due = time.perf_counter() - (loop.time() - due)  # when it was due, not when the loop got round to it
            self._move(PRICE + 200 * (step % 2))
            step, due = step + 1, due + TICK_S

    def _move(self, price: int) -> None:
        now_ms = _now_ms()
        times = {"exchange_ms": now_ms, "received_ms": now_ms}
        bids = tuple(Level(Ticks(price - 5 - level), Lots(1_000 + level + price % 7)) for level in range(LEVELS))
        asks = tuple(Level(Ticks(price + 5 + level), Lots(1_000 + level + price % 5)) for level in range(LEVELS))
        self._emit(BookSnapshot(market=MARKET, bids=bids, asks=asks, **times))
        self._emit(BestQuoteSeen(market=MARKET, bid=bids[0], ask=asks[0], **times))
        self._emit(MarkPriceSeen(market=MARKET, price=Decimal(price), **times))

    def _report(self, report: OrderReport, status: ExchangeStatus) -> None:
        now_ms = _now_ms()
        told = msgspec.structs.replace(report, status=status, updated_ms=report.updated_ms + (status is ExchangeStatus.CANCELLED))
        self._emit(OrdersReported(orders=(told,), is_snapshot=False, source="stream", asked_ms=now_ms, received_ms=now_ms))

    def _report_of(self, order: Order) -> OrderReport:
        now_ms = _now_ms()
        return OrderReport(
            exchange_order_id=self._next_id, client_order_id=order.client_order_id, market=MARKET, side=order.side,
            price=self.market.price(order.price), size=self.market.size(order.size), filled=Decimal(0), average_price=None,
            status=ExchangeStatus.NEW, reason="", order_type="LIMIT", time_in_force="GTT", post_only=True, reduce_only=False,
            created_ms=now_ms, updated_ms=now_ms, expires_ms=order.expires_ms,
        )  # fmt: skip


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _past() -> tuple[Fill, ...]:
    """Return as many executions as the picture shows, so that its size is that of a busy account."""
    return tuple(
        Fill(
            trade_id=number, market=MARKET, exchange_order_id=2**60 + number, client_order_id=f"mmb-bench-{number}",
            side=Side.BUY if number % 2 else Side.SELL, price=Decimal(PRICE), size=Decimal("0.01"), fee=Decimal(0), is_maker=True,
            kind="TRADE", exchange_ms=_now_ms() - number,
        )
        for number in range(1, 201)
    )  # fmt: skip


class Stage:
    """The served bot."""

    def __init__(self, home: Path, most_viewers: int) -> None:
        self.exchange = InstantExchange()
        self.broadcaster: Broadcaster | None = None
        clock = SystemClock()
        logger = BotLogger(clock.now_ms, level="ERROR", stream=(home / "log").open("w"))
        config = BotConfig(enabled=True, price_move_threshold=0.0001, spread_percentage=0.001)

        @contextlib.asynccontextmanager
        async def open_bot(environment: Environment, config: BotConfig, **named: Any) -> AsyncIterator[MarketMaker]:
            yield MarketMaker(
                self.exchange, config, clock=named["clock"], home=StateFolder(environment.home), logger=named["logger"]
            )

        self.app = create_app(
            environment=Environment(home=home), config=config, host="127.0.0.1", clock=clock, logger=logger, open_bot=open_bot,
            most_viewers=most_viewers,
        )  # fmt: skip
        self.server = uvicorn.Server(
            uvicorn.Config(
                self.app, host="127.0.0.1", port=0, log_config=None, access_log=False, ws_per_message_deflate=False, ws=WireSocket
            )
        )

    @property
    def port(self) -> int:
        return int(self.server.servers[0].sockets[0].getsockname()[1])


def p99(values: Sequence[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(values, n=100)[98] if len(values) > 1 else float("nan")


async def a_round(stage: Stage, viewers: int, stalled: int, seconds: float) -> dict[str, Any]:
    """Let the viewers look on for some seconds; returns what the bot and the viewers measured."""
    process = None
    if viewers:
        command = ["-m", "benchmarks.broadcaster", "--as-viewers", f"--port={stage.port}", f"--viewers={viewers}"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, f"--stalled={stalled}", f"--seconds={seconds}", stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        await process.stdout.readline()  # everybody is connected
    gc.collect()
    stage.exchange.latencies.clear()
    await asyncio.sleep(seconds)
    found = list(stage.exchange.latencies)
    seen = json.loads((await process.communicate())[0]) if process is not None else {}
    return {"ticks": len(found), "p50": statistics.median(found) * 1_000, "p99": p99(found) * 1_000, **seen}


async def serve(viewers: int, seconds: float) -> int:
    """Run the three rounds and print them; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), viewers + 10)
        serving = asyncio.create_task(stage.server.serve())
        while not stage.server.started:  # noqa: ASYNC110 - the server has no bell for it
            await asyncio.sleep(0.05)
        await asyncio.sleep(2)
        stalled = max(1, viewers // 100)
        rounds = [await a_round(stage, count, idle, seconds) for count, idle in ((0, 0), (viewers, 0), (viewers, stalled))]
        drops = stage.app.state.service.broadcaster.drops
        stage.server.should_exit = True
        await serving
    return report(rounds, drops, stalled)


def report(rounds: Sequence[dict[str, Any]], drops: int, stalled: int) -> int:
    """Print the rounds and what they are measured by; returns the exit code."""
    alone, watched, with_stalled = rounds
    for name, each in zip(("nobody", "everybody", "one in a hundred stalled"), rounds, strict=True):
        say(f"{name}: {each['ticks']} prices, the order left after p50 {each['p50']:.2f} ms, p99 {each['p99']:.2f} ms")
        if "messages" in each:
            say(f"  viewers: {each['messages']} messages, {each['missed']} missed, p99 of delivery {each['delivery_p99']:.1f} ms")
    missed = watched["missed"] + with_stalled["missed"]
    return conclude(
        [
            SLOWER.reached(watched["p99"] / alone["p99"]),
            STALLED.reached(with_stalled["delivery_p99"] / watched["delivery_p99"]),
            SHARE.reached(watched["diff_bytes"] / watched["snapshot_bytes"]),
            MISSED.reached(missed),
            DROPPED.reached(max(0, drops - stalled)),
        ]
    )


# --- the viewers' process -------------------------------------------------------------------------------------------------


class Seen:
    """What all viewers of the process saw together."""

    def __init__(self) -> None:
        self.messages = 0
        self.missed = 0
        self.delays_ms: list[float] = []
        self.snapshot_bytes: list[int] = []
        self.diff_bytes: list[int] = []


async def look_on(port: int, seen: Seen, begin: asyncio.Event, *, is_stalled: bool, randomness: random.Random) -> None:
    """Read until the end; a stalled one stops after its first message."""
    await asyncio.sleep(randomness.random() * 4)
    address = f"ws://127.0.0.1:{port}/ws/broadcast"
    async with connect(address, compression=None, max_size=None, max_queue=1 if is_stalled else 16, open_timeout=60) as socket:
        begin.set()
        if is_stalled:
            await asyncio.Event().wait()
        seq = 0
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                head = text[:60]
                assert isinstance(head, str)
                number = int(head.partition('"seq":')[2].partition(",")[0])
                is_snapshot = head.startswith('{"type":"snapshot"')
                seen.messages += 1
                seen.missed += not is_snapshot and number != seq + 1
                seq = number
                (seen.snapshot_bytes if is_snapshot else seen.diff_bytes).append(len(text))
                sent_ms = int(text.rpartition('"clock_ms":')[2].rstrip("}"))
                seen.delays_ms.append(time.time() * 1000 - sent_ms)


async def look_on_together(port: int, viewers: int, stalled: int, seconds: float) -> None:
    """Connect everybody, say so, look for the time, and print what was seen."""
    seen, begins = Seen(), [asyncio.Event() for _ in range(viewers)]
    randomness = random.Random(1)  # noqa: S311 - when each viewer comes
    tasks = [
        asyncio.create_task(look_on(port, seen, begin, is_stalled=number < stalled, randomness=randomness))
        for number, begin in enumerate(begins)
    ]
    for begin in begins:
        await begin.wait()
    await asyncio.sleep(1)
    seen.delays_ms.clear()
    say("ready")
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    result = {
        "messages": seen.messages, "missed": seen.missed, "delivery_p99": p99(seen.delays_ms),
        "snapshot_bytes": statistics.mean(seen.snapshot_bytes), "diff_bytes": statistics.mean(seen.diff_bytes),
    }  # fmt: skip
    say(json.dumps(result))
    await asyncio.gather(*tasks, return_exceptions=True)


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark, or be its viewers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--as-viewers", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--stalled", type=int, default=0)
    given = parser.parse_args(arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, most) if most > 0 else DESCRIPTORS, most))
    if given.as_viewers:
        with asyncio.Runner(loop_factory=uvicorn.Config("", loop="auto", log_config=None).get_loop_factory()) as runner:
            runner.run(look_on_together(given.port, given.viewers, given.stalled, given.seconds))
        return 0
    with asyncio.Runner(loop_factory=uvicorn.Config("", loop="auto", log_config=None).get_loop_factory()) as runner:
        return runner.run(serve(given.viewers, given.seconds))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

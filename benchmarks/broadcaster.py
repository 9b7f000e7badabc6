"""A thousand viewers beside a quoting bot: who misses what, and what it costs the bot.

    python -m benchmarks.broadcaster [--viewers=1000] [--seconds=10] [--rounds=3]

The bot quotes on an exchange of the same process that answers at once and moves its price about twenty times a second, at
irregular moments. What is measured is the time from the moment a new price was due to the moment the order that answers it
leaves. Each round has three parts: nobody looks on; everybody does; one in a hundred has stopped reading. What is said is of all
rounds together. The viewers live in a process of their own. Both processes want a core for themselves: on a machine that does
other work, what is measured is that work, unless they go first (`chrt --fifo 10 python -m benchmarks.broadcaster`).
"""

import argparse
import asyncio
import contextlib
import gc
import json
import random
import resource
import socket
import statistics
import sys
import tempfile
import time
import zlib
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
from backend.serve import settle_memory
from backend.wire_socket import WireSocket
from benchmarks.stage.outcome import Target, conclude, say
from bot.bot_logger import BotLogger
from bot.clock import SystemClock
from bot.config import BotConfig
from bot.core.events import (
    BalanceReported,
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
TICK_S: Final = (0.01, 0.09)
"""Between two prices, at least and at most."""
PRICE: Final = 86_000
LEVELS: Final = 80
PARTS: Final = ("nobody", "everybody", "one in a hundred stalled")
SETTLE_S: Final = 0.5
KEPT: Final = 100
MONEY: Final = Decimal(1_000_000)
UNBOUND: Final = {
    "orders_per_minute": None,
    "breakers": {"move_bps": None, "move_sigmas": None, "sigma_ratio": None, "spread_ratio": None},
}
"""Limits without those that a price jumping twenty times a second would trip: an order must answer every jump."""
DESCRIPTORS: Final = 8_192
SLOWER: Final = Target("tick-to-order p99, everybody over nobody looking on", 1.5, at_most=True)
OFTEN: Final = Target("messages a second for each viewer", 4)
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

    async def balance(self) -> BalanceReported | None:
        now_ms = _now_ms()
        return BalanceReported(
            balance=MONEY, equity=MONEY, available_for_trade=MONEY, unrealised_pnl=Decimal(0), initial_margin=Decimal(0),
            margin_ratio=Decimal(0), updated_ms=now_ms, received_ms=now_ms, source="rest", wire={},
        )  # fmt: skip

    async def open_orders(self, market: str | None = None) -> tuple[OrderReport, ...]:
        del market
        return tuple(self._resting.values())

    async def stream(self, markets: Collection[str], emit: Emit, *, with_account: bool = True) -> None:
        del markets, with_account
        self._emit = emit
        emit(FeedRestored(feed="account", market=None, received_ms=_now_ms()))
        emit(FillsReported(fills=_past(), source="rest", received_ms=_now_ms()))
        loop, step, randomness = asyncio.get_running_loop(), 0, random.Random(7)  # noqa: S311 - when a price comes
        due = loop.time() + TICK_S[0]
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            self._due = time.perf_counter() - (loop.time() - due)  # when it was due, not when the loop got round to it
            self._move(PRICE + 200 * (step % 2) + randomness.randrange(80))
            step, due = step + 1, due + randomness.uniform(*TICK_S)

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
        config = BotConfig.model_validate(
            {
                "enabled": True, "price_move_threshold": 0.0001, "spread_percentage": 0.001, "limits": UNBOUND,
                "account_limits": {"orders_per_minute": None},
            }
        )  # fmt: skip

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
    await asyncio.sleep(SETTLE_S)
    stage.exchange.latencies.clear()
    await asyncio.sleep(seconds)
    found = list(stage.exchange.latencies)
    seen = json.loads((await process.communicate())[0]) if process is not None else {}
    return {"latencies": found, **seen}


async def serve(viewers: int, seconds: float, rounds: int) -> int:
    """Run the rounds and print them; returns the exit code."""
    stalled = max(1, viewers // 100)
    parts: dict[str, list[dict[str, Any]]] = {name: [] for name in PARTS}
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), viewers + 10)
        serving = asyncio.create_task(stage.server.serve())
        while not stage.server.started:  # noqa: ASYNC110 - the server has no bell for it
            await asyncio.sleep(0.05)
        await asyncio.sleep(2)
        for _ in range(rounds):
            for name, count, idle in zip(PARTS, (0, viewers, viewers), (0, 0, stalled), strict=True):
                parts[name].append(await a_round(stage, count, idle, seconds))
        drops = stage.app.state.service.broadcaster.drops
        stage.server.should_exit = True
        await serving
    say(f"{drops} viewers were dropped as slow, of {stalled * rounds} that had stopped reading")
    return report(parts, max(0, drops - stalled * rounds), viewers)


def report(parts: dict[str, list[dict[str, Any]]], dropped: int, viewers: int) -> int:
    """Print the parts and what they are measured by; returns the exit code."""
    for name, each in parts.items():
        times = [p99(part["latencies"]) * 1_000 for part in each]
        pooled = latencies(each)
        middle, late = statistics.median(pooled) * 1_000, p99(pooled) * 1_000
        shown = ", ".join(f"{value:.2f}" for value in times)
        say(f"{name}: {len(pooled)} prices, the order left after p50 {middle:.2f} ms, p99 {late:.2f} ms (by round: {shown})")
        if "messages" in each[0]:
            say(
                f"  viewers: {sum(part['messages'] for part in each)} messages, {total(each, 'missed'):.0f} missed, "
                f"{statistics.mean(part['a_second'] for part in each):.1f} a second for each, "
                f"p99 of delivery {delivery(each):.1f} ms"
            )
    alone, watched, with_stalled = parts.values()
    packing = watched[0]["packing"]
    share = packing["seconds"] * viewers * watched[0]["a_second"]
    say(f"compressed, a difference would be {packing['share']:.0%} of its length, for {share:.0%} of the bot's core")
    return conclude(
        [
            SLOWER.reached(p99(latencies(watched)) / p99(latencies(alone))),
            STALLED.reached(delivery(with_stalled) / delivery(watched)),
            SHARE.reached(total(watched, "diff_bytes") / total(watched, "snapshot_bytes")),
            OFTEN.reached(min(part["a_second"] for part in watched + with_stalled)),
            MISSED.reached(total(watched + with_stalled, "missed")),
            DROPPED.reached(dropped),
        ]
    )


def latencies(parts: Sequence[dict[str, Any]]) -> list[float]:
    return [value for part in parts for value in part["latencies"]]


def delivery(parts: Sequence[dict[str, Any]]) -> float:
    """Return the 99th percentile of the time that messages took, in the middle round."""
    return statistics.median(part["delivery_p99"] for part in parts)


def total(parts: Sequence[dict[str, Any]], name: str) -> float:
    return float(sum(part[name] for part in parts))


# --- the viewers' process -------------------------------------------------------------------------------------------------


class Seen:
    """What all viewers of the process saw together."""

    def __init__(self) -> None:
        self.messages = 0
        self.missed = 0
        self.delays_ms: list[float] = []
        self.snapshot_bytes: list[int] = []
        self.diff_bytes: list[int] = []
        self.kept: list[bytes] = []
        """Some differences as one viewer got them."""

    def packing(self) -> dict[str, float]:
        """Return what compressing for one viewer would save and take: the share of the length, and seconds for each message."""
        packer = zlib.compressobj(wbits=-12, memLevel=5)
        began = time.perf_counter()
        packed = sum(len(packer.compress(text)) + len(packer.flush(zlib.Z_SYNC_FLUSH)) for text in self.kept)
        seconds = (time.perf_counter() - began) / len(self.kept)
        return {"share": packed / sum(map(len, self.kept)), "seconds": seconds}


async def look_on(port: int, seen: Seen, begin: asyncio.Event, *, is_stalled: bool, randomness: random.Random) -> None:
    """Read until the end; a stalled one stops after its first message."""
    await asyncio.sleep(randomness.random() * 4)
    address = f"ws://127.0.0.1:{port}/ws/broadcast"
    limits: dict[str, Any] = {"max_queue": 1, "sock": _narrow(port)} if is_stalled else {"max_queue": 16}
    async with connect(address, compression=None, max_size=None, open_timeout=60, **limits) as viewer:
        begin.set()
        if is_stalled:
            await asyncio.Event().wait()
        seq = 0
        with contextlib.suppress(ConnectionClosed):
            async for text in viewer:
                assert isinstance(text, str)
                head = text[:60]
                number = int(head.partition('"seq":')[2].partition(",")[0])
                is_snapshot = head.startswith('{"type":"snapshot"')
                seen.messages += 1
                seen.missed += not is_snapshot and number != seq + 1
                seq = number
                (seen.snapshot_bytes if is_snapshot else seen.diff_bytes).append(len(text))
                if not is_snapshot and len(seen.kept) < KEPT:
                    seen.kept.append(text.encode())
                sent_ms = int(text.rpartition('"clock_ms":')[2].rstrip("}"))
                seen.delays_ms.append(time.time() * 1000 - sent_ms)


def _narrow(port: int) -> socket.socket:
    """Connect a socket whose own buffer is small, so that what is not read waits at the sender's."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    narrow.connect(("127.0.0.1", port))
    narrow.setblocking(False)
    return narrow


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
    gc.collect()
    gc.freeze()
    say("ready")
    await asyncio.sleep(SETTLE_S)
    seen.delays_ms.clear()
    await asyncio.sleep(seconds)
    result = {
        "messages": seen.messages, "missed": seen.missed, "delivery_p99": p99(seen.delays_ms),
        "snapshot_bytes": statistics.mean(seen.snapshot_bytes), "diff_bytes": statistics.mean(seen.diff_bytes),
        "a_second": len(seen.delays_ms) / (viewers - stalled) / seconds, "packing": seen.packing(),
    }  # fmt: skip
    await asyncio.sleep(SETTLE_S)  # a thousand that leave together are no part of what is measured
    for task in tasks:
        task.cancel()
    say(json.dumps(result))
    await asyncio.gather(*tasks, return_exceptions=True)


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark, or be its viewers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
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
    settle_memory()
    with asyncio.Runner(loop_factory=uvicorn.Config("", loop="auto", log_config=None).get_loop_factory()) as runner:
        return runner.run(serve(given.viewers, given.seconds, given.rounds))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

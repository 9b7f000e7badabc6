"""An hour of the demo with the exchange restarted ten times: no order lost, the exchange's position at the end, memory flat.

    python -m proofs.hour [--minutes=60] [--restarts=10] [--seed=1]

A restarted simulated exchange keeps its port and its accounts and forgets everything else: orders, fills, positions. Every other
time it is killed without a word. The bot must notice, take the new truth, and quote again.
"""

import argparse
import contextlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from proofs.stage.asking import NeverHappened, eventually
from proofs.stage.programs import Bot, SimulatedExchange, write_config
from proofs.stage.reports import say, table, write_report

MARKET: Final = "BTC-USD"
LOOK_EVERY_S: Final = 5.0
SETTLE_S: Final = 15.0
STALE_LIMIT_S: Final = 5.0
BACK_LIMIT_S: Final = 60.0
LONGEST_DOWN_S: Final = 15.0
MEMORY_GROWTH: Final = 1.10
GHOST_S: Final = 105.0
"""An order that died with the exchange counts as live until its own expiry (90 s) and a grace have passed."""
EXPECTED_ERROR: Final = "taking the exchange's"
UNSETTLED: Final = "is not confirmed, only what reduces it is quoted"
"""A restarted exchange has forgotten the position: until two readings agree, the bot says that it contradicts its own count."""


class Watch:
    """What was seen during the run."""

    def __init__(self, folder: Path, *, seed: int, spread: float) -> None:
        self.wrong: list[str] = []
        self.looks = 0
        self.memory_kib: list[int] = []
        self.dead_after_s: list[float] = []
        self.back_after_s: list[float] = []
        self.fills_there = 0
        self.orders_there = 0
        self._folder = folder
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311 - down times, the same every run
        self.exchange = SimulatedExchange(folder, seed=seed)
        config = write_config(folder, spread_percentage=spread)
        self.bot = Bot(folder, "demo", "--config", str(config), variables=self.exchange.variables())

    def run(self, minutes: float, restarts: int) -> None:
        """Let the bot quote, restart the exchange at even intervals, then stop."""
        self.bot.wait_for_quotes()
        for life in range(restarts + 1):
            if life:
                self._restart(life, killed=life % 2 == 0)
            self._live(minutes * 60 / (restarts + 1))
        self._end()

    def _live(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(LOOK_EVERY_S)
            self.looks += 1
            self.memory_kib.append(self.bot.memory_kib())
            self._expect(self._same_orders, SETTLE_S, "the orders that the bot knows to rest are those on the exchange")
            self._expect(self._same_position, SETTLE_S, "the bot's position is the exchange's")

    def _restart(self, number: int, *, killed: bool) -> None:
        self._remember()
        self.exchange.kill() if killed else self.exchange.stop()
        stopped = time.monotonic()
        self._expect(lambda: not self._is_quoting(), STALE_LIMIT_S, f"restart {number}: the bot knows that nothing is shown")
        self.dead_after_s.append(time.monotonic() - stopped)
        time.sleep(self._chance.uniform(1.0, LONGEST_DOWN_S))
        self.exchange = SimulatedExchange(self._folder, seed=self._seed, port=self.exchange.port, name=f"exchange-{number}")
        started = time.monotonic()
        self._expect(lambda: len(self.exchange.open_orders()) == 2, BACK_LIMIT_S, f"restart {number}: two new quotes")
        self.back_after_s.append(time.monotonic() - started)
        say(f"restart {number} ({'killed' if killed else 'stopped'}): quotes again after {self.back_after_s[-1]:.1f} s")

    def _remember(self) -> None:
        self.fills_there += len(self.exchange.fills())
        self.orders_there += sum(order["externalId"].startswith("mmb-") for order in self.exchange.truth("orders")["orders"])

    def _end(self) -> None:
        answer = self.bot.post("/api/bot/stop")
        self._remember()
        if answer["remaining"] or self.exchange.open_orders():
            self.wrong.append(f"stop left {answer['remaining']} and {self.exchange.open_orders()}")
        self._expect(self._same_position, SETTLE_S, "the end: the bot's position is the exchange's")
        self._expect(lambda: not self._known(), GHOST_S, "the end: the bot knows of no order of its own")
        self.wrong += [line for line in self.bot.errors() if EXPECTED_ERROR not in line and UNSETTLED not in line]
        early, late = self.memory()
        if late > early * MEMORY_GROWTH:
            self.wrong.append(f"memory grew from {early:.0f} to {late:.0f} KiB")

    def memory(self) -> tuple[float, float]:
        """Return the middle memory of an early and of the last fifth of the run, in KiB; the very first fifth is warm-up."""
        fifth = max(1, len(self.memory_kib) // 5)
        return statistics.median(self.memory_kib[fifth : 2 * fifth] or self.memory_kib), statistics.median(
            self.memory_kib[-fifth:]
        )

    def close(self) -> None:
        """End both programs."""
        self.bot.stop()
        self.exchange.stop()

    def _known(self) -> set[str]:
        return {order["externalId"] for order in self.bot.get("/api/orders")["orders"] if order["owner"] == "bot"}

    def _same_orders(self) -> bool:
        there = {order["externalId"] for order in self.exchange.open_orders()}
        orders = self.bot.get("/api/orders")["orders"]
        here = {order["externalId"] for order in orders if order["owner"] == "bot" and order["status"] == "NEW"}
        return there == here and there == {order["externalId"] for order in self.exchange.open_orders()}

    def _same_position(self) -> bool:
        return Decimal(self.bot.status()["metrics"]["position_size"]) == self.exchange.position()

    def _is_quoting(self) -> bool:
        return bool(self.bot.status()["markets"][MARKET]["state"] == "QUOTING")

    def _expect(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        try:
            eventually(holds, seconds, what, every_s=0.2)
        except NeverHappened as error:
            self.wrong.append(str(error))
            say(str(error))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spread", type=float, default=0.0005)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        watch = Watch(Path(folder), seed=asked.seed, spread=asked.spread)
        with contextlib.closing(watch):
            watch.run(asked.minutes, asked.restarts)
            figures = _figures(watch)
    words = (
        f"{asked.minutes:g} minutes, {asked.restarts} restarts of the exchange, seed {asked.seed}, "
        f"`spread_percentage` {asked.spread:g}, one look every {LOOK_EVERY_S:g} s."
    )
    nothing = "Nothing was lost, nothing differed; no error in the log but positions contradicted and adopted."
    found = "\n".join(f"- {line}" for line in watch.wrong) or nothing
    parts = [words, table(("figure", "value"), figures.items()), found]
    write_report("hour", "An hour with ten restarts of the exchange", parts, passed=not watch.wrong)
    return 1 if watch.wrong else 0


def _figures(watch: Watch) -> dict[str, object]:
    metrics, lines = watch.bot.status()["metrics"], watch.bot.lines()
    early, late = watch.memory()
    return {
        "looks": watch.looks,
        "orders of the bot on the exchange, all lives": watch.orders_there,
        "orders placed, by the bot's count": metrics["orders_placed"],
        "fills on the exchange, all lives": watch.fills_there,
        "fills, by the bot's count": metrics["fills"],
        "position at the end, bot": metrics["position_size"],
        "position at the end, exchange": watch.exchange.position(),
        "known dead after, s (longest)": f"{max(watch.dead_after_s, default=0):.1f}",
        "quotes again after, s (longest)": f"{max(watch.back_after_s, default=0):.1f}",
        "positions adopted": sum(EXPECTED_ERROR in line for line in lines),
        "memory early, MiB": f"{early / 1024:.1f}",
        "memory late, MiB": f"{late / 1024:.1f}",
    }


if __name__ == "__main__":
    sys.exit(main())

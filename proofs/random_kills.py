"""kill -9 at random moments, and a process stopped for 90 s: nothing is lost and nothing is doubled.

    python -m proofs.random_kills [--times=20] [--stop-seconds=90]

Everything runs over real sockets. The exchange's own truth is the judge: no order id twice, every fill of the exchange in the
bot's journals, the bot's position equal to the exchange's, and no order of the bot left after the countdown.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from bot.core.events import FillsReported
from bot.observers.journal_recovery import read_run, replay
from proofs.stage.asking import NeverHappened, eventually
from proofs.stage.programs import Bot, SimulatedExchange, write_config
from proofs.stage.reports import say, table, write_report

SHORTEST_LIFE_S: Final = 1.0
LONGEST_LIFE_S: Final = 8.0
COUNTDOWN_S: Final = 30.0
SETTLE_S: Final = 12.0
DECIDED_WITHIN_S: Final = 20.0


def start(folder: Path, exchange: SimulatedExchange, number: int) -> Bot:
    """Start the bot, and start quoting as a person would where the crash-loop breaker asks for one."""
    config = write_config(folder, spread_percentage=0.0002, enabled=True)
    bot = Bot(folder, "run", "--config", str(config), variables=exchange.variables(), name=f"bot-{number}")
    eventually(lambda: bot.status()["state"] != "STOPPED", DECIDED_WITHIN_S, "the bot quotes, or says why it does not")
    if bot.status()["state"] == "HALTED":
        bot.post("/api/bot/start")
    return bot


def kill_again_and_again(
    folder: Path, exchange: SimulatedExchange, times: int, randomness: random.Random
) -> list[tuple[int, str, int]]:
    """Kill the bot at random moments; returns for each: number, seconds it lived, orders it left."""
    deaths = []
    for number in range(1, times + 1):
        bot = start(folder, exchange, number)
        life_s = randomness.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S)
        time.sleep(life_s)
        os.kill(bot.pid, signal.SIGKILL)
        bot.wait(10)
        left = len(exchange.open_orders())
        deaths.append((number, f"{life_s:.1f}", left))
        say(f"death {number} of {times} after {life_s:.1f} s, {left} orders left")
    return deaths


def twice_used_ids(exchange: SimulatedExchange) -> list[str]:
    ids = [order["externalId"] for order in exchange.truth("orders")["orders"]]
    return sorted({each for each in ids if ids.count(each) > 1})


def journalled_trades(home: Path) -> set[int]:
    """Return the trade ids of every fill that any run has written down."""
    found: set[int] = set()
    folder = home / "journal" / "paper"
    for epoch_ms in sorted({int(file.name.partition("-")[0]) for file in folder.glob("*.journal")}):
        for entry in replay(read_run(folder, epoch_ms)):
            if isinstance(entry.payload, FillsReported):
                found |= {fill.trade_id for fill in entry.payload.fills}
    return found


def compare(exchange: SimulatedExchange, bot: Bot) -> list[str]:
    """Return what differs between the bot and the exchange's truth once everything is quiet."""
    bot.post("/api/bot/stop")
    wrong = [f"order id used twice: {each}" for each in twice_used_ids(exchange)]
    truth = exchange.position()
    try:
        eventually(
            lambda: Decimal(bot.status()["metrics"]["position_size"]) == truth, SETTLE_S, "the bot's position is the exchange's"
        )
    except NeverHappened:
        wrong.append(f"position: bot {bot.status()['metrics']['position_size']}, exchange {truth}")
    if exchange.open_orders():
        wrong.append(f"orders left after the stop: {exchange.open_orders()}")
    bot.stop()
    missing = {int(fill["id"]) for fill in exchange.fills()} - journalled_trades(bot.home)
    wrong += [f"fill {each} is in no journal" for each in sorted(missing)]
    return wrong


def freeze(bot: Bot, exchange: SimulatedExchange, seconds: float) -> list[str]:
    """Stop the process for a while, as a sleeping laptop does, and see what it does when it wakes."""
    bot.wait_for_quotes()
    os.kill(bot.pid, signal.SIGSTOP)
    time.sleep(seconds)
    left = exchange.open_orders() if seconds > COUNTDOWN_S else []
    os.kill(bot.pid, signal.SIGCONT)
    time.sleep(3)
    wrong = [f"orders outlived the countdown while the bot slept: {left}"] if left else []
    if not any("did not run for" in line for line in bot.lines()):
        wrong.append("the bot did not notice that it had slept")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--stop-seconds", type=float, default=90.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name, SimulatedExchange(Path(name), "--rate-limit", "0", seed=asked.seed) as exchange:
        folder = Path(name)
        deaths = kill_again_and_again(folder, exchange, asked.times, random.Random(asked.seed))  # noqa: S311 - a seed, not a secret
        time.sleep(COUNTDOWN_S + 2)
        if exchange.open_orders():
            wrong.append(f"orders outlived the countdown after the last kill: {exchange.open_orders()}")
        bot = start(folder, exchange, asked.times + 1)
        wrong += freeze(bot, exchange, asked.stop_seconds)
        wrong += compare(exchange, bot)
        orders, fills = len(exchange.truth("orders")["orders"]), len(exchange.fills())
    figures = table(
        ["figure", "value"],
        [
            ("kills", asked.times),
            ("seconds asleep", asked.stop_seconds),
            ("orders sent over all lives", orders),
            ("fills on the exchange, each in a journal", fills),
            ("order ids used twice", 0 if not wrong else "see below"),
        ],
    )
    told = "Nothing was lost and nothing doubled." if not wrong else "\n".join(f"- {each}" for each in wrong)
    lives = table(["death", "seconds lived", "orders left on the book"], deaths)
    write_report("random-kills", "Killed at random moments, and asleep", [figures, told, lives], passed=not wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""A full disk under the running bot, over real sockets: it creates nothing it could not write down, still cancels, and recovers.

    python -m proofs.full_disk [--times=4] [--seconds=20]

The kernel refuses every further byte to the bot's files (`RLIMIT_FSIZE`): journal, order ids, records and the log itself. Every
second time the bot is killed while the disk is full. The exchange's own truth is the judge, as in `proofs.random_kills`.
"""

import argparse
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from proofs.random_kills import COUNTDOWN_S, compare, start
from proofs.stage.asking import NeverHappened, eventually
from proofs.stage.programs import Bot, SimulatedExchange
from proofs.stage.reports import say, table, write_report

NOTICED_WITHIN_S: Final = 15.0
BACK_WITHIN_S: Final = 60.0
SETTLE_S: Final = 2.0


def fill_disk(bot: Bot) -> None:
    """Let no file of the bot grow any more."""
    _, hard = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (0, hard))


def free_disk(bot: Bot) -> None:
    """Let them grow again."""
    _, hard = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (hard, hard))


def creates_held(bot: Bot) -> str:
    """Return why the market shows nothing, "" while it quotes."""
    (market,) = bot.status()["markets"].values()
    return str(market["reason_code"] or "")


def orders_made(exchange: SimulatedExchange) -> int:
    return len(exchange.truth("orders")["orders"])


def play(bot: Bot, exchange: SimulatedExchange, seconds: float) -> list[str]:
    """Fill the disk for a while and return what went wrong."""
    fill_disk(bot)
    wrong = []
    try:
        eventually(lambda: creates_held(bot) == "creates_held", NOTICED_WITHIN_S, "the bot holds creates on a full disk")
        eventually(lambda: not exchange.open_orders(), NOTICED_WITHIN_S, "the quotes are pulled: cancels still leave")
        made = orders_made(exchange)
        time.sleep(seconds)
        if orders_made(exchange) != made:
            wrong.append(f"{orders_made(exchange) - made} orders were created on a full disk")
    except NeverHappened as never:
        wrong.append(f"{never}; the reason was {creates_held(bot)!r}")
    return wrong


def recover(bot: Bot, exchange: SimulatedExchange) -> list[str]:
    """Free the disk and see the quotes return."""
    free_disk(bot)
    try:
        eventually(lambda: len(exchange.open_orders()) >= 1 and creates_held(bot) == "", BACK_WITHIN_S, "quotes are back")
    except NeverHappened as never:
        return [f"{never}; the reason was {creates_held(bot)!r}"]
    return []


def killed(bot: Bot, exchange: SimulatedExchange) -> list[str]:
    """End the bot while its disk is full; its orders must go by themselves."""
    os.kill(bot.pid, signal.SIGKILL)
    bot.wait(10)
    time.sleep(COUNTDOWN_S + SETTLE_S)
    return [f"orders outlived the countdown: {exchange.open_orders()}"] if exchange.open_orders() else []


def run(folder: Path, exchange: SimulatedExchange, times: int, seconds: float, chance: random.Random) -> list[str]:
    """Fill the disk again and again; returns everything that went wrong."""
    wrong: list[str] = []
    number = 1
    bot = start(folder, exchange, number)
    for turn in range(times):
        bot.wait_for_quotes()
        time.sleep(chance.uniform(2, 10))
        wrong += play(bot, exchange, seconds)
        if turn % 2:
            wrong += killed(bot, exchange)
            number += 1
            bot = start(folder, exchange, number)
        else:
            wrong += recover(bot, exchange)
        say(f"disk full {turn + 1} of {times}, {'killed' if turn % 2 else 'recovered'}, {len(wrong)} things wrong")
    bot.wait_for_quotes()
    return wrong + compare(exchange, bot)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name, SimulatedExchange(Path(name), "--rate-limit", "0", seed=asked.seed) as exchange:
        chance = random.Random(asked.seed)  # noqa: S311 - moments of a proof, the same every time
        wrong = run(Path(name), exchange, asked.times, asked.seconds, chance)
        orders, fills = orders_made(exchange), len(exchange.fills())
    figures = table(
        ["figure", "value"],
        [
            ("times the disk was full", asked.times),
            ("seconds each time", asked.seconds),
            ("times the bot was killed meanwhile", asked.times // 2),
            ("orders altogether, no id twice", orders),
            ("fills on the exchange, each in a journal", fills),
        ],
    )
    told = "Nothing was lost and nothing doubled." if not wrong else "\n".join(f"- {each}" for each in wrong)
    write_report("full-disk", "A full disk under the running bot", [figures, told], passed=not wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

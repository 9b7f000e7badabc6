"""The bot quotes through a whole recording of a real market: filled on both sides, and its book is the exchange's at the end.

    MMBOT_RECORDINGS=FOLDER python -m proofs.recording [--file=btcusdt_20240808.gz] [--spread=0.0002]

The simulated exchange plays the recording as BTC-USD's market, in real time, and says when it is over.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from proofs.stage.asking import NeverHappened, eventually
from proofs.stage.books import Book, bots_book, exchanges_book
from proofs.stage.programs import Bot, SimulatedExchange, write_config
from proofs.stage.reports import say, table, write_report

LOOK_EVERY_S: Final = 5.0
LONGEST_S: Final = 1_800.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", default="btcusdt_20240808.gz")
    parser.add_argument("--spread", type=float, default=0.0002)
    asked = parser.parse_args(arguments)
    recording = Path(os.environ.get("MMBOT_RECORDINGS", "")) / asked.file
    if not recording.is_file():
        say(f"SKIPPED: there is no recording {asked.file}; MMBOT_RECORDINGS names the folder that holds it")
        return 1 if os.environ.get("CI", "").lower() in {"1", "true", "yes"} else 0
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        exchange = stack.enter_context(SimulatedExchange(folder, "--flow", f"replay:{recording}"))
        config = write_config(folder, spread_percentage=asked.spread)
        bot = stack.enter_context(Bot(folder, "demo", "--config", str(config), variables=exchange.variables()))
        bot.wait_for_quotes()
        shown = _play(bot, exchange)
        figures, wrong = _at_the_end(bot, exchange)
    for line in wrong:
        say(line)
    words = f"Recording `{asked.file}`, `spread_percentage` {asked.spread:g}, in real time."
    looks = sum(shown.values())
    rows = [*((f"looks with {what}", f"{count} of {looks}") for what, count in shown.most_common()), *figures.items()]
    found = "\n".join(f"- {line}" for line in wrong) or "Nothing differed; no error in the log."
    parts = [words, table(("figure", "value"), rows), found]
    write_report("recording", "The bot quotes through a recording of a real market", parts, passed=not wrong)
    return 1 if wrong else 0


def _play(bot: Bot, exchange: SimulatedExchange) -> Counter[str]:
    """Wait until the recording is over; returns what was shown at how many looks."""
    shown: Counter[str] = Counter()
    deadline = time.monotonic() + LONGEST_S
    while not any("flow_ended" in line for line in exchange.lines()):
        assert time.monotonic() < deadline, "the recording does not end"
        time.sleep(LOOK_EVERY_S)
        status = bot.status()
        shown[_what_is_shown(status)] += 1
        if shown.total() % 12 == 0:
            say(f"{shown.total() * LOOK_EVERY_S:.0f} s: {status['metrics']['fills']} fills")
    return shown


def _what_is_shown(status: dict[str, Any]) -> str:
    """Return in words what rests, and why nothing does on a side where something should."""
    market = status["markets"]["BTC-USD"]
    resting = [side for side, price in status["current_quotes"].items() if price is not None]
    if len(resting) == 2:
        return "both quotes"
    if market["reason_code"] is not None:
        return f"no quotes: {market['reason_code']}"
    why = ", ".join(sorted({each["code"] for each in market["withheld"].values()})) or "on the way"
    return f"{'one quote' if resting else 'no quote'}, the rest {why}"


def _at_the_end(bot: Bot, exchange: SimulatedExchange) -> tuple[dict[str, object], list[str]]:
    """Compare fills, position and books; returns the figures and everything that was wrong."""
    wrong = bot.errors()
    mine, theirs = _same_books(bot, exchange)
    wrong += [] if mine == theirs else [f"the books differ: {_first_difference(mine, theirs)}"]
    wrong += [] if len(mine.bids) >= 10 and len(mine.asks) >= 10 else ["the bot's book has fewer than 10 levels on a side"]
    fills = exchange.fills()
    sides = {side: [fill for fill in fills if fill["side"] == side] for side in ("BUY", "SELL")}
    wrong += [f"no fill on the {side} side" for side, found in sides.items() if not found]
    metrics = bot.status()["metrics"]
    if Decimal(metrics["position_size"]) != exchange.position():
        wrong.append(f"position: bot {metrics['position_size']}, exchange {exchange.position()}")
    answer = bot.post("/api/bot/stop")
    wrong += [] if not answer["remaining"] and not exchange.open_orders() else [f"stop left {answer['remaining']}"]
    state: dict[str, Any] = exchange.truth("state")["flows"]["BTC-USD"]
    wrong += [] if state["ended"] else ["the recording was not played to its end"]
    figures: dict[str, object] = {
        "length, s": state["length_ms"] / 1000,
        "orders placed": metrics["orders_placed"],
        "fills, buying": len(sides["BUY"]),
        "fills, selling": len(sides["SELL"]),
        "position at the end, bot": metrics["position_size"],
        "position at the end, exchange": exchange.position(),
        "PnL in all": metrics["total_pnl"],
        "levels compared": len(mine.bids) + len(mine.asks),
        "warnings in the log": sum("[BOT WARNING]" in line for line in bot.lines()),
    }
    return figures, wrong


def _same_books(bot: Bot, exchange: SimulatedExchange) -> tuple[Book, Book]:
    """Return both books once they agree, or as they are after a while."""

    def look() -> tuple[Book, Book] | None:
        mine = bots_book(bot)
        depth = max(len(mine.bids), len(mine.asks))
        theirs = exchanges_book(exchange, depth=depth)
        return (mine, theirs) if mine == theirs else None

    try:
        return eventually(look, 10, "equal books", every_s=0.5)
    except NeverHappened:
        mine = bots_book(bot)
        return mine, exchanges_book(exchange, depth=max(len(mine.bids), len(mine.asks)))


def _first_difference(mine: Book, theirs: Book) -> str:
    for name, ours, others in (("bids", mine.bids, theirs.bids), ("asks", mine.asks, theirs.asks)):
        for level, (one, other) in enumerate(zip(ours, others, strict=False)):
            if one != other:
                return f"{name}, level {level}: bot {one[0]} x {one[1]}, exchange {other[0]} x {other[1]}"
    return f"bot {len(mine.bids)} and {len(mine.asks)} levels, exchange {len(theirs.bids)} and {len(theirs.asks)}"


if __name__ == "__main__":
    sys.exit(main())

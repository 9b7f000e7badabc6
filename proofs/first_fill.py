"""The demo is filled soon: at default settings within 5 minutes, at a fifth of the spread within 15 s, in 19 of 20 seeds each.

    python -m proofs.first_fill [--seeds=20] [--at-once=4]

Every seed is a demo of its own with its own exchange, over real sockets; time counts from the bot's start, which is when its
address is printed.
"""

import argparse
import contextlib
import math
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from proofs.stage.asking import NeverHappened, eventually
from proofs.stage.programs import Bot, write_config
from proofs.stage.reports import say, table, write_report

TRIALS: Final[tuple[tuple[str, dict[str, object], float], ...]] = (
    ("default settings", {}, 300.0),
    ("`spread_percentage` 0.0002", {"spread_percentage": 0.0002}, 15.0),
)
"""Name, settings, seconds allowed."""
SHARE: Final = 0.95


class FirstFill(NamedTuple):
    """What one seed did; seconds since the start, NaN where it never happened."""

    seed: int
    quotes_s: float
    filled_s: float


def first_fill(seed: int, *, settings: dict[str, object], limit_s: float) -> FirstFill:
    """Run one demo until its first fill, or a little beyond the limit."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_config(Path(folder), **settings)
        arguments = ("--config", str(file)) if settings else ()
        with Bot(Path(folder), "demo", "--seed", str(seed), *arguments) as bot:
            with contextlib.suppress(NeverHappened):
                eventually(lambda: bot.status()["metrics"]["fills"] > 0, limit_s + 10, "a fill", every_s=0.25)
            lines = list(reversed(bot.get("/api/bot/logs?limit=2000")["logs"]))
        result = FirstFill(seed, _seconds(lines, "orders_placed"), _seconds(lines, "filled"))
        say(f"seed {seed}: quotes after {result.quotes_s:.1f} s, first fill after {result.filled_s:.1f} s")
        return result


def _seconds(lines: Sequence[dict[str, Any]], event: str) -> float:
    """Return the seconds from the bot's start to the first line of an event."""
    started = next(line["ts"] for line in lines if line["event"] == "bot_started")
    return next(((line["ts"] - started) / 1000 for line in lines if line["event"] == event), math.nan)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=4)
    asked = parser.parse_args(arguments)
    parts, passed = [], True
    for name, settings, limit_s in TRIALS:
        say(f"{name}: first fill within {limit_s:g} s?")
        run = partial(first_fill, settings=settings, limit_s=limit_s)
        with ThreadPoolExecutor(asked.at_once) as workers:
            results = list(workers.map(run, range(1, asked.seeds + 1)))
        in_time = sum(result.filled_s <= limit_s for result in results)
        enough = in_time >= math.ceil(SHARE * asked.seeds)
        passed &= enough
        say(f"{name}: {in_time} of {asked.seeds} within {limit_s:g} s")
        parts.append(_part(name, limit_s, in_time, results))
    how = f"Demos at once: {asked.at_once}. Seconds count from the bot's start, connecting included."
    write_report("first-fill", "The demo is filled soon", [how, *parts], passed=passed)
    return 0 if passed else 1


def _part(name: str, limit_s: float, in_time: int, results: Sequence[FirstFill]) -> str:
    rows = [(each.seed, f"{each.quotes_s:.1f}", f"{each.filled_s:.1f}") for each in results]
    waits = sorted(math.inf if math.isnan(each.filled_s) else each.filled_s for each in results)
    middle, longest = waits[len(waits) // 2], waits[-1]
    summary = f"{in_time} of {len(results)} within {limit_s:g} s; median {middle:.1f} s, longest {longest:.1f} s."
    return "\n\n".join([f"## {name}", summary, table(("seed", "quotes rest, s", "first fill, s"), rows)])


if __name__ == "__main__":
    sys.exit(main())

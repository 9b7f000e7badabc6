"""Random trouble from many seeds: bot and exchange on virtual time, every invariant at every step, quotes back afterwards.

    python -m proofs.seeds [--count=200] [--minutes=0] [--first=1] [--seconds=180]

Each seed is one world: a bot that quotes, a market that moves and takes, and misfortunes drawn from the seed: answers lost,
frames never told, kills, freezes, restarts, storms of refusals, no names. A failing seed is printed with what was done to it;
`--first=SEED --count=1` plays it again. With `--minutes` seeds are played until the time is over.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Final, NamedTuple

from proofs.stage.reports import say, table, write_report
from tests.support.virtual_chaos import misfortune

TIGHT: Final = "0.012"
"""Every fourth seed has room for one order on each side only; every second one keeps a journal."""


class Played(NamedTuple):
    """What became of one seed."""

    seed: int
    misfortunes: int
    requests: int
    fills: int
    real_s: float
    failure: str


def play(seed: int, seconds: float) -> Played:
    """Play one seed; raises what a check or the world found."""
    began_s = time.perf_counter()
    tight = {"max_position": TIGHT} if seed % 4 == 0 else {}
    world = misfortune(seed, seconds=seconds, journal=seed % 2 == 1, **tight)
    fills = len(world.exchange.fills_of(world.account))
    return Played(seed, len(world.told), len(world.exchange.asked), fills, time.perf_counter() - began_s, "")


def outcome(seed: int, playing: Future[Played]) -> Played:
    """Return what became of a seed; a failure is told as text, so that the others are played all the same."""
    error = playing.exception()
    if error is None:
        return playing.result()
    return Played(seed, 0, 0, 0, 0.0, "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])]))


def run(first: int, count: int, minutes: float, seconds: float) -> list[Played]:
    """Play seeds on all cores until enough were played, or the time is over."""
    found: list[Played] = []
    end_s = time.monotonic() + minutes * 60
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as pool:
        seed = first
        while (minutes and time.monotonic() < end_s) or (not minutes and seed < first + count):
            batch = range(seed, seed + 8 * workers) if minutes else range(seed, min(seed + 8 * workers, first + count))
            playing = [pool.submit(play, each, seconds) for each in batch]
            for each in map(outcome, batch, playing):
                found.append(each)
                if each.failure:
                    say(f"seed {each.seed} FAILED\n{each.failure}")
            seed = batch.stop
            say(f"{len(found)} seeds, {sum(bool(each.failure) for each in found)} failed")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Random trouble from many seeds.")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=180.0, help="virtual seconds of trouble for each seed")
    asked = parser.parse_args(arguments)
    found = run(asked.first, asked.count, asked.minutes, asked.seconds)
    failed = [each for each in found if each.failure]
    figures = table(
        ["", "altogether"],
        [
            ["seeds", len(found)],
            ["virtual hours of trouble", f"{len(found) * asked.seconds / 3600:.1f}"],
            ["misfortunes", sum(each.misfortunes for each in found)],
            ["requests at the exchange", sum(each.requests for each in found)],
            ["fills", sum(each.fills for each in found)],
            ["real seconds for one seed", f"{sum(each.real_s for each in found) / max(1, len(found)):.1f}"],
            ["failed seeds", ", ".join(str(each.seed) for each in failed) or "none"],
        ],
    )
    say("\n" + figures)
    if len(found) > 1:
        write_report(
            "seeds", "Random trouble from seeds", [figures, "How it is made: [testing.md](../testing.md)."], passed=not failed
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

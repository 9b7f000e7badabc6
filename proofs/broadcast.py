"""An hour of simulated trading with faults for each seed: every viewer holds the server's picture, and differences stay small.

    python -m proofs.broadcast [--seconds=3600] [--seeds=3]

Bot, exchange, broadcaster and viewers run in one process on virtual time, so an hour takes a few minutes. Bots that are killed
come back with their journal; every ten minutes all trouble ends until both quotes rest again.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from proofs.stage.reports import say, table, write_report
from tests.support.virtual_chaos import Chaos
from tests.support.virtual_viewers import Gallery
from tests.support.virtual_world import World

PART_S: Final = 600.0
COUNTED: Final = ("messages", "compared", "longest", "snapshots", "drops")
LARGEST_SHARE: Final = 0.10
"""Bytes of a difference over those of a snapshot."""


def play(seed: int, seconds: float) -> tuple[Gallery, int]:
    """Let one world's bots trade through their trouble; returns what the viewers saw, and how many misfortunes there were."""
    with World(seed=seed, tick_s=0.25, journal=True) as world:
        gallery, chaos = Gallery(world, seed), Chaos(world, seed)
        while world.now_s < seconds:
            chaos.run(min(PART_S, seconds - world.now_s))
    return gallery, len(chaos.told)


def main(arguments: Sequence[str] = ()) -> int:
    """Run every seed and write the page; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3_600.0)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args(arguments)
    rows: list[Sequence[object]] = []
    wrong: list[str] = []
    for seed in range(1, given.seeds + 1):
        gallery, misfortunes = play(seed, given.seconds)
        wrong += [f"seed {seed}: {each}" for each in gallery.wrong]
        share = (gallery.diff_bytes / gallery.diffs) / (gallery.snapshot_bytes / gallery.snapshots)
        if share > LARGEST_SHARE:
            wrong.append(f"seed {seed}: a difference has {share:.1%} of a snapshot's bytes")
        rows.append((seed, misfortunes, *(getattr(gallery, name) for name in COUNTED), f"{share:.1%}", len(gallery.wrong)))
        say(f"seed {seed}: {misfortunes} misfortunes, {gallery.compared} comparisons, {len(gallery.wrong)} wrong")
    head = (
        "seed", "misfortunes", "messages", "compared", "longest on one snapshot", "snapshots", "dropped as slow",
        "difference ÷ snapshot", "wrong",
    )  # fmt: skip
    words = (
        f"{given.seconds:.0f} s of virtual time for each seed in one world, with random faults; five viewers at a time, "
        "of everything and of a part, quick and slow, coming and going, and one that never leaves. A viewer's picture is "
        "compared whole with the server's whenever both are at the same number."
    )
    parts = [
        words,
        table(head, rows),
        *wrong[:20],
    ]
    write_report("broadcast", "Viewers hold the server's picture", parts, passed=not wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

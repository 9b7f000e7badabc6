"""An hour of simulated trading with faults for each seed: every viewer holds the server's picture, and differences stay small.

    python -m proofs.broadcast [--seconds=3600] [--seeds=3]

Bot, exchange, broadcaster and viewers run in one process on virtual time, so an hour takes a few minutes.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from typing import Final

from proofs.stage.reports import say, table, write_report
from tests.support.virtual_chaos import Chaos
from tests.support.virtual_viewers import Gallery
from tests.support.virtual_world import World

PART_S: Final = 200.0
"""An hour is made of worlds of this length: each begins with nothing and ends with every quote back."""
COUNTED: Final = ("messages", "compared", "snapshots", "drops", "diffs", "diff_bytes", "snapshot_bytes")


def play(seed: int) -> Gallery:
    """Let one world's bot trade through its trouble; returns what the viewers saw."""
    with World(seed=seed, tick_s=0.25) as world:
        gallery = Gallery(world, seed)
        Chaos(world, seed).run(PART_S)
    return gallery


def main(arguments: Sequence[str] = ()) -> int:
    """Run every seed and write the page; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3_600.0)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args(arguments)
    rows: list[Sequence[object]] = []
    wrong: list[str] = []
    for seed in range(1, given.seeds + 1):
        galleries = [play(seed * 1_000 + part) for part in range(math.ceil(given.seconds / PART_S))]
        found = [f"seed {seed}: {each}" for gallery in galleries for each in gallery.wrong]
        sums = {name: sum(getattr(gallery, name) for gallery in galleries) for name in COUNTED}
        share = (sums["diff_bytes"] / max(1, sums["diffs"])) / (sums["snapshot_bytes"] / max(1, sums["snapshots"]))
        rows.append((seed, *(sums[name] for name in COUNTED[:4]), f"{share:.1%}", len(found)))
        wrong += found
        say(f"seed {seed}: {sums['compared']} comparisons, {len(found)} wrong")
    head = ("seed", "messages", "compared", "snapshots", "dropped as slow", "difference ÷ snapshot", "wrong")
    parts = [
        f"{given.seconds:.0f} s of virtual time for each seed in worlds of {PART_S:.0f} s, with random faults.",
        table(head, rows),
        *wrong[:20],
    ]
    write_report("broadcast", "Viewers hold the server's picture", parts, passed=not wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

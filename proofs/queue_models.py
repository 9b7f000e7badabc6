"""In recordings of real markets our resting orders fill in the order the queue models say.

    MMBOT_RECORDINGS=FOLDER python -m proofs.queue_models [--seconds=345]

Every five seconds a fresh order joins each best price, the same for every model. The recording never reacts to us, so only the
model differs: no order may fill sooner under a model that is always the more cautious of two.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

from proofs.stage.queue_trial import NEVER, ORDER, Wait, all_waits, overtaken
from proofs.stage.reports import say, table, write_report
from simulator.queue_models import QUEUE_MODELS

FILES: Final = ("btcusdt_20240808.gz", "ethusdt_20240808.gz")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=345)
    asked = parser.parse_args(arguments)
    folder = Path(os.environ.get("MMBOT_RECORDINGS", ""))
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        say(f"there is no recording {', '.join(missing)}: MMBOT_RECORDINGS must name the folder that holds them")
        return 1
    parts, wrong = [], []
    for name in FILES:
        found = all_waits(folder / name, list(QUEUE_MODELS), asked.seconds * 1000)
        part, missed = _part(name, found)
        parts.append(part)
        wrong += missed
        say(f"{name}: {len(missed)} orders out of order")
    how = f"{asked.seconds} s of each recording; an order of the smallest size joins each best price every 5 s, for 5 s."
    verdict = "\n".join(f"- {line}" for line in wrong) or "No order filled sooner under the more cautious of two models."
    title = "Queue models order the fills in real recordings"
    write_report("queue-models", title, [how, verdict, *parts], passed=not wrong)
    return 1 if wrong else 0


def _part(name: str, found: Mapping[str, Sequence[Wait]]) -> tuple[str, list[str]]:
    rows = []
    for model, waits in found.items():
        filled = [wait.first_fill_ms for wait in waits if wait.first_fill_ms < NEVER]
        rows.append((model, len(waits), len(filled), f"{fmean(filled) / 1000:.2f}" if filled else ""))
    wrong, pairs = [], []
    for slower, faster in ORDER:
        sooner = overtaken(found[slower], found[faster])
        pairs.append((f"{slower} never before {faster}", len(sooner)))
        wrong += [f"{name}: {order} filled sooner under {slower} than under {faster}" for order in sooner]
    models = table(("model", "orders", "filled", "mean wait of the filled, s"), rows)
    return "\n\n".join([f"## `{name}`", models, table(("order of models", "orders against it"), pairs)]), wrong


if __name__ == "__main__":
    sys.exit(main())

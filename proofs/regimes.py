"""Every mood of the generated flow differs measurably from the normal one, as its name promises; and a picture of all.

    python -m proofs.regimes [--seeds=12] [--seconds=200]

Each mood sets in after 20 s of a normal market, as `POST /sim/regime` would do it. Figures are means over seeds; the same seeds
for every mood. The first of them is drawn: what happened in each mood, with a plain maker in it.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from statistics import fmean
from typing import Final

from proofs.stage.reports import FOLDER, say, table, write_report
from simulator.exchange import SYNTHETIC
from simulator.flow_drawing import draw
from simulator.flow_play import Figures, figures, play
from simulator.regimes import CALM, FLASH_CRASH, NORMAL, REGIMES, THIN, TOXIC, TRENDING, VOLATILE

FLOWS: Final = (SYNTHETIC, "extended")
DRAWN_S: Final = 120
Means = Mapping[str, float]
Claim = tuple[str, Callable[[Means, Means], bool]]
"""What is claimed of a mood's figures, and of the normal mood's beside them."""

CLAIMS: Final[Mapping[str, Claim]] = {
    CALM.name: (
        "moves at most 0.8 as much as normal, and trades less",
        lambda mood, normal: (
            mood["volatility_bps"] < 0.8 * normal["volatility_bps"] and mood["trades_per_s"] < 0.8 * normal["trades_per_s"]
        ),
    ),
    TRENDING.name: (
        "rises, while normal goes nowhere",
        lambda mood, normal: mood["drift_bps"] - normal["drift_bps"] > 8.0,
    ),
    VOLATILE.name: (
        "moves at least 1.5 times as much as normal",
        lambda mood, normal: mood["volatility_bps"] > 1.5 * normal["volatility_bps"],
    ),
    TOXIC.name: (
        "moves against whoever rested, after a trade, at least 1.25 times as far as normal",
        lambda mood, normal: mood["signed_move_bps"] > 1.25 * normal["signed_move_bps"],
    ),
    THIN.name: (
        "has at most half the depth and at least 1.5 times the spread of normal",
        lambda mood, normal: mood["depth"] < 0.5 * normal["depth"] and mood["spread_bps"] > 1.5 * normal["spread_bps"],
    ),
    FLASH_CRASH.name: (
        "falls at least five times as far as normal, and comes back by half of it or more",
        lambda mood, normal: (
            mood["largest_fall_bps"] > 5 * normal["largest_fall_bps"] and mood["end_bps"] > -0.5 * mood["largest_fall_bps"]
        ),
    ),
}


def means(regime: str, seeds: Sequence[int], seconds: int, flow_name: str) -> Means:
    """Return the mean of each figure over seeds; `end_bps` is where the price ends, against where the mood began."""
    found = [figures(play(regime, seconds=seconds, seed=seed, flow_name=flow_name)) for seed in seeds]
    summed = {field.name: fmean(getattr(each, field.name) for each in found) for field in fields(Figures)}
    return summed | {"end_bps": summed["drift_bps"] * (seconds - 20) / 60}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--seconds", type=int, default=200)
    asked = parser.parse_args(arguments)
    parts, wrong = [], []
    for flow_name in FLOWS:
        picture = f"regimes-{flow_name}.svg"
        draw(list(REGIMES), FOLDER / picture, seconds=DRAWN_S, seed=1, flow_name=flow_name)
        found = {name: means(name, range(1, asked.seeds + 1), asked.seconds, flow_name) for name in REGIMES}
        part, missed = _part(flow_name, found)
        parts += [part, f"![What happened in each mood, seed 1]({picture})"]
        wrong += missed
    for line in wrong:
        say(line)
    how = (
        f"{asked.seeds} seeds, {asked.seconds} s each; the mood sets in after 20 s. Volatility per root of a second, "
        "drift per minute, depth in collateral within 5 bps of the mid, signed move in the second after a trade, "
        "markout of our fills after 5 s."
    )
    verdict = "\n".join(f"- {line}" for line in wrong) or "Every mood does what its name promises."
    write_report("regimes", "Every mood of the flow is measurably different", [how, verdict, *parts], passed=not wrong)
    return 1 if wrong else 0


def _part(flow_name: str, found: Mapping[str, Means]) -> tuple[str, list[str]]:
    normal = found[NORMAL.name]
    head = [field.name.replace("_", " ") for field in fields(Figures)]
    rows = [(name, *(f"{mood[field.name]:.3g}" for field in fields(Figures))) for name, mood in found.items()]
    claims = [(name, words, "yes" if holds(found[name], normal) else "NO") for name, (words, holds) in CLAIMS.items()]
    missed = [f"{flow_name}, {name}: it is not true that it {words}" for name, words, verdict in claims if verdict == "NO"]
    say(f"{flow_name}: {len(claims) - len(missed)} of {len(claims)} claims hold")
    return "\n\n".join(
        [f"## `--flow {flow_name}`", table(("mood", *head), rows), table(("mood", "claim", "holds"), claims)]
    ), missed


if __name__ == "__main__":
    sys.exit(main())

"""The composite strategy against `simple` in every mood of the market, at equal average spread, fees and latency on.

    python -m proofs.strategies [--seeds=20] [--first-seed=1] [--seconds=60] [--workers=0]

The composite strategy (the preset `close`) plays a mood; then `simple` plays the same seed with the half-spread that the
composite one has shown on average, the same sizes and the same limits of risk. What is claimed holds for the means over seeds;
the intervals say how sure that is. With another first seed the same is told on the terminal and no page is written: a change of
the strategy is judged by seeds that nobody has looked at.
"""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from random import Random
from statistics import fmean
from typing import Final, NamedTuple

from bot.config import BotConfig, changed_config
from bot.presets import PRESETS
from proofs.stage.lean_world import Latency, bot_rules
from proofs.stage.reports import say, table, write_report
from proofs.stage.strategy_run import CRASH_AFTER_S, WATCH_S, Outcome, play
from simulator.markets import BTC_USD
from simulator.regimes import CALM, NORMAL, REGIMES, TOXIC, TRENDING

PRESET: Final = "close"
MOODS: Final = tuple(name for name in REGIMES if name != NORMAL.name)
SIMPLE_THRESHOLD: Final = 0.4
"""Of its half-spread: the move after which `simple` refreshes. The documents' twice the half-spread would be run over."""
RESAMPLES: Final = 2_000
FIRST_SEED: Final = 1
Figure = Callable[[Sequence[Outcome]], float]


class Pair(NamedTuple):
    """One seed of one mood, played by both."""

    composite: Outcome
    simple: Outcome


def pnl_bps(runs: Sequence[Outcome]) -> float:
    """Return PnL over traded value, all runs together, in bps; 0 when nothing was traded."""
    traded = sum(run.notional for run in runs)
    return sum(run.pnl for run in runs) / traded * 1e4 if traded else 0.0


FIGURES: Final[Mapping[str, Figure]] = {
    "spread bps": lambda runs: fmean(run.spread_bps for run in runs),
    "two-sided": lambda runs: fmean(run.two_sided for run in runs),
    "fills": lambda runs: fmean(run.fills for run in runs),
    "inventory deviation": lambda runs: fmean(run.inventory for run in runs),
    "drawdown": lambda runs: fmean(run.drawdown for run in runs),
    "PnL": lambda runs: fmean(run.pnl for run in runs),
    "PnL bps of notional": pnl_bps,
}


def composite_config() -> BotConfig:
    """Return the preset as it is delivered, for BTC-USD at its first price."""
    preset = next(each for each in PRESETS if each.name == PRESET)
    return changed_config(BotConfig(), preset.changes(bot_rules(BTC_USD), BTC_USD.start_price))


def simple_config(spread_bps: float) -> BotConfig:
    """Return the documents' rule with the same sizes and limits, and a spread in bps, both sides together."""
    like, half = composite_config(), round(spread_bps / 2 / 1e4, 8)
    changes = {
        "spread_percentage": half,
        "price_move_threshold": round(SIMPLE_THRESHOLD * half, 8),
        "order_size": like.order_size,
        "max_position": like.max_position,
    }
    return changed_config(BotConfig(), changes)


def both(mood: str, seed: int, seconds: int) -> Pair:
    """Play one seed twice."""
    gc.disable()  # nothing here is cyclic for long, and a run is short
    composite = play(mood, seed, composite_config(), seconds)
    simple = play(mood, seed, simple_config(composite.spread_bps), seconds)
    gc.collect()
    return Pair(composite, simple)


# --- what is claimed ------------------------------------------------------------------------------------------------------


class Claim(NamedTuple):
    mood: str
    words: str
    found: str
    holds: bool


def claims(mood: str, pairs: Sequence[Pair]) -> list[Claim]:
    """Judge what must be true of one mood."""
    composite, simple = [pair.composite for pair in pairs], [pair.simple for pair in pairs]
    found = []
    for name in ("inventory deviation", "drawdown"):
        ours, theirs = FIGURES[name](composite), FIGURES[name](simple)
        told = f"{ours:.3g} against {theirs:.3g}; difference {_interval(pairs, FIGURES[name])}"
        found.append(Claim(mood, f"lower {name}", told, ours < theirs))
    ours, theirs = pnl_bps(composite), pnl_bps(simple)
    told = f"{ours:.2f} against {theirs:.2f} bps; difference {_interval(pairs, pnl_bps)}"
    if mood in (TOXIC.name, TRENDING.name):
        found.append(Claim(mood, "better PnL per notional", told, ours > theirs))
    if mood == CALM.name:
        found.append(Claim(mood, "PnL per notional at most 10 % lower", told, ours >= theirs - 0.1 * abs(theirs)))
    return found


def losses(mood: str, pairs: Sequence[Pair]) -> str | None:
    """Say where the composite strategy earned less money, or lost more, than the documents' rule."""
    ours, theirs = (fmean(getattr(pair, who).pnl for pair in pairs) for who in ("composite", "simple"))
    if ours >= theirs:
        return None
    return f"{mood}: it earned {ours:.2f}, `simple` {theirs:.2f} on average; difference {_interval(pairs, FIGURES['PnL'])}"


def _interval(pairs: Sequence[Pair], figure: Figure) -> str:
    """Return the 95 % bootstrap interval over seeds of the difference, composite less simple."""
    low, high = _bootstrap(
        pairs, lambda drawn: figure([pair.composite for pair in drawn]) - figure([pair.simple for pair in drawn])
    )
    return f"{low:.3g} to {high:.3g}"


def _bootstrap(sample: Sequence[Pair], figure: Callable[[Sequence[Pair]], float]) -> tuple[float, float]:
    chance = Random(1)  # noqa: S311 - reproducible on purpose
    drawn = sorted(figure(chance.choices(sample, k=len(sample))) for _ in range(RESAMPLES))
    return drawn[int(0.025 * RESAMPLES)], drawn[int(0.975 * RESAMPLES) - 1]


# --- the report -----------------------------------------------------------------------------------------------------------


def run(seeds: Sequence[int], seconds: int, workers: int) -> dict[str, list[Pair]]:
    """Play every mood with every seed."""
    with ProcessPoolExecutor(workers) as pool:
        asked = {mood: [pool.submit(both, mood, seed, seconds) for seed in seeds] for mood in MOODS}
        found = {}
        for mood, futures in asked.items():
            found[mood] = [future.result() for future in futures]
            kept = sum(claim.holds for claim in claims(mood, found[mood]))
            say(f"{mood}: {kept} of {len(claims(mood, found[mood]))} claims hold")
    return found


def _rows(mood: str, pairs: Sequence[Pair]) -> list[list[str]]:
    return [[mood, who, *(_cell(pairs, who, figure) for figure in FIGURES.values())] for who in ("composite", "simple")]


def _cell(pairs: Sequence[Pair], who: str, figure: Figure) -> str:
    def of(drawn: Sequence[Pair]) -> float:
        return figure([getattr(pair, who) for pair in drawn])

    low, high = _bootstrap(pairs, of)
    return f"{of(pairs):.3g} ({low:.3g} … {high:.3g})"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="The composite strategy against `simple` in every mood of the market.")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=0, help="Processes; one for each core when 0.")
    asked = parser.parse_args(arguments)
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    found = run(seeds, asked.seconds, asked.workers or os.cpu_count() or 1)
    judged = [claim for mood, pairs in found.items() for claim in claims(mood, pairs)]
    missed = [claim for claim in judged if not claim.holds]
    lost = [line for mood, pairs in found.items() if (line := losses(mood, pairs))]
    parts = [
        _how(seeds, asked.seconds),
        "\n".join(f"- **{claim.mood}**: not {claim.words}: {claim.found}" for claim in missed)
        or "Everything that is claimed holds.",
        table(("mood", "strategy", *FIGURES), [row for mood, pairs in found.items() for row in _rows(mood, pairs)]),
        table(("mood", "claim", "found", "holds"), [(*claim[:3], "yes" if claim.holds else "NO") for claim in judged]),
        "## Where it loses more\n\n"
        + ("\n".join(f"- {line}" for line in lost) or "Nowhere: its PnL is the higher one in every mood."),
    ]
    say("\n" + "\n\n".join(parts))
    if asked.first_seed == FIRST_SEED:
        write_report("strategies", "The composite strategy in every mood of the market", parts, passed=not missed)
    return 1 if missed else 0


def _how(seeds: range, seconds: int) -> str:
    latency, config = Latency(), composite_config()
    value = Decimal(config.order_size) * BTC_USD.start_price
    return " ".join(
        [
            f"{len(seeds)} seeds ({seeds[0]} to {seeds[-1]}), {seconds} s of quoting each after {WATCH_S} s of watching;",
            f"a flash crash sets in {CRASH_AFTER_S} s after the first quotes.",
            f"Preset `{PRESET}`: order size {config.order_size} ({value:.0f} of collateral),",
            f"at most {config.max_position} held, one quote on each side.",
            f"Latency: feed {latency.feed_ms} ms, order {latency.order_ms} ms, answer {latency.answer_ms} ms,",
            "and 5 to 20 ms at the exchange.",
            "Fees of the exchange: maker 0, taker 2.5 bps (never paid: every quote is post-only); funding as it falls due.",
            "`simple` has the composite strategy's own average spread, seed by seed,",
            f"and refreshes after {SIMPLE_THRESHOLD:g} of its half-spread.",
            "Both stand under the delivered limits of risk, breakers included.",
            "Spread: time-weighted while both sides rest. Inventory deviation: root mean square, in order sizes.",
            "PnL and drawdown: collateral, marked at the mid, from the exchange's own fills.",
            "In brackets the 95 % bootstrap interval over seeds.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())

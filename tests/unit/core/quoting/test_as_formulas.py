"""The printed tables of Avellaneda and Stoikov (2008), by exact recursion and by simulation.

The fill probability of one step is min(1, lambda·dt), as in the published experiment; with 1 - exp(-lambda·dt) the first row
would be 57.17 instead of 64.89, because lambda·dt is not small there.
"""

import math
import random
from collections.abc import Callable
from itertools import product

import msgspec
import pytest

from bot.core.quoting.as_formulas import reservation_price, risk_term, rolling_horizon, total_spread
from bot.core.quoting.glft_formulas import GlftInputs

Chance = Callable[[float], float]
REACH = 90


class Experiment(msgspec.Struct, frozen=True):
    """One published set: taste, market, length and step."""

    gamma: float
    decay: float = 1.5
    rate: float = 140.0
    sigma: float = 2.0
    length: float = 1.0
    step: float = 0.005

    @property
    def steps(self) -> int:
        return round(self.length / self.step)

    def spread(self, step: int) -> float:
        return total_spread(self.gamma, self.sigma, self.decay, self.length - step * self.step)

    @property
    def average_spread(self) -> float:
        return sum(self.spread(step) for step in range(self.steps)) / self.steps

    def distances(self, step: int, held: int, *, symmetric: bool) -> tuple[float, float]:
        """Return (ask, bid) distances from the mid."""
        if symmetric:
            return self.average_spread / 2, self.average_spread / 2
        moved = -reservation_price(0.0, held, self.gamma, self.sigma, self.length - step * self.step)
        return self.spread(step) / 2 - moved, self.spread(step) / 2 + moved

    def rows(self, *, symmetric: bool) -> list[list[tuple[float, float]]]:
        """Return distances by step and by inventory, from -REACH."""
        if symmetric:
            return [[self.distances(0, 0, symmetric=True)] * (2 * REACH + 1)] * self.steps
        return [[self.distances(step, held, symmetric=False) for held in range(-REACH, REACH + 1)] for step in range(self.steps)]

    def fill(self, distance: float) -> float:
        """Return the probability of a fill in one step: min(1, lambda·dt)."""
        return min(1.0, self.rate * math.exp(-self.decay * distance) * self.step)

    def fill_in_poisson_time(self, distance: float) -> float:
        return 1 - math.exp(-self.rate * math.exp(-self.decay * distance) * self.step)


class Outcome(msgspec.Struct, frozen=True):
    profit: float
    deviation: float
    held: float
    fills: float


def exact(experiment: Experiment, *, symmetric: bool, chance: Chance | None = None) -> Outcome:
    """Carry probability, first and second moment of wealth through the four outcomes of each step, for each inventory."""
    fill = chance or experiment.fill
    size = 2 * REACH + 1
    state = [(0.0, 0.0, 0.0)] * size
    state[REACH] = (1.0, 0.0, 0.0)
    variance, fills = experiment.sigma**2 * experiment.step, 0.0
    for row in experiment.rows(symmetric=symmetric):
        after = [[0.0, 0.0, 0.0] for _ in range(size)]
        for here, (p, w, s) in enumerate(state):
            if p < 1e-18:
                continue
            ask, bid = row[here]
            sold, bought = fill(ask), fill(bid)
            fills += p * (sold + bought)
            for sells, buys in product((0, 1), (0, 1)):
                weight = (sold if sells else 1 - sold) * (bought if buys else 1 - bought)
                gain = sells * ask + buys * bid
                to = after[here - sells + buys]
                to[0] += weight * p
                to[1] += weight * (w + gain * p)
                to[2] += weight * (s + 2 * gain * w + gain * gain * p)
        state = [(p, w, s + variance * (here - REACH) ** 2 * p) for here, (p, w, s) in enumerate(after)]
    profit = sum(w for _, w, _ in state)
    held = sum((here - REACH) ** 2 * p for here, (p, _, _) in enumerate(state))
    return Outcome(profit, math.sqrt(sum(s for _, _, s in state) - profit**2), math.sqrt(held), fills)


def sampled(experiment: Experiment, paths: int, seed: int, *, symmetric: bool) -> Outcome:
    random_ = random.Random(seed)
    chances = [
        [(experiment.fill(ask), experiment.fill(bid), ask, bid) for ask, bid in row]
        for row in experiment.rows(symmetric=symmetric)
    ]
    hop = experiment.sigma * math.sqrt(experiment.step)
    draw, total, squares, held_squares, fills = random_.random, 0.0, 0.0, 0, 0
    for _ in range(paths):
        held, profit = 0, 0.0
        for row in chances:
            sold, bought, ask, bid = row[held + REACH]
            sells, buys = draw() < sold, draw() < bought
            profit += sells * ask + buys * bid
            held += buys - sells
            fills += sells + buys
            profit += held * (hop if draw() < 0.5 else -hop)
        total += profit
        squares += profit * profit
        held_squares += held * held
    mean = total / paths
    return Outcome(mean, math.sqrt(squares / paths - mean * mean), math.sqrt(held_squares / paths), fills / paths)


SMALL, LARGE = Experiment(0.1), Experiment(1.0)
EXTRA = Experiment(0.2, decay=0.8, rate=60.0, sigma=1.5, length=2.0, step=0.01)
EXACT_ROWS = [
    (SMALL, False, Outcome(64.893, 6.543, 2.927, 96.96)),
    (SMALL, True, Outcome(68.223, 13.456, 8.399, 91.47)),
    (LARGE, False, Outcome(31.455, 4.838, 1.641, 56.06)),
    (LARGE, True, Outcome(43.685, 10.733, 5.171, 28.82)),
    (EXTRA, False, Outcome(102.629, 10.398, 2.777, 88.22)),
    (EXTRA, True, Outcome(110.080, 16.275, 8.075, 82.04)),
]
PRINTED_ROWS = [
    (SMALL, False, 1.49, 65.0, 6.6, 2.9),
    (SMALL, True, 1.49, 68.4, 12.7, 8.4),
    (LARGE, False, 3.02, 31.4, 5.0, 1.7),
    (LARGE, True, 3.02, 44.0, 11.0, 5.1),
]


def test_the_formulas_at_the_published_state() -> None:
    assert reservation_price(100, 5, 0.1, 2, 1) == pytest.approx(98.00, abs=1e-9)
    assert total_spread(0.1, 2, 1.5, 1) == pytest.approx(1.690770, abs=1e-6)
    assert total_spread(0.1, 2, 1.5, 0) == pytest.approx(1.290770, abs=1e-6)
    assert SMALL.average_spread == pytest.approx(1.4918, abs=5e-5)
    assert LARGE.average_spread == pytest.approx(3.0317, abs=5e-5)


@pytest.mark.parametrize(("experiment", "symmetric", "expected"), EXACT_ROWS)
def test_the_exact_law_of_each_experiment(experiment: Experiment, symmetric: bool, expected: Outcome) -> None:
    outcome = exact(experiment, symmetric=symmetric)

    assert outcome.profit == pytest.approx(expected.profit, abs=6e-4)
    assert outcome.deviation == pytest.approx(expected.deviation, abs=6e-4)
    assert outcome.held == pytest.approx(expected.held, abs=6e-4)
    assert outcome.fills == pytest.approx(expected.fills, abs=6e-3)


@pytest.mark.parametrize(("experiment", "symmetric", "spread", "profit", "deviation", "held"), PRINTED_ROWS)
def test_the_printed_tables_lie_within_the_error_of_a_thousand_paths(
    *, experiment: Experiment, symmetric: bool, spread: float, profit: float, deviation: float, held: float
) -> None:
    outcome = exact(experiment, symmetric=symmetric)

    assert experiment.average_spread == pytest.approx(spread, abs=0.015)
    assert profit == pytest.approx(outcome.profit, abs=4 * outcome.deviation / math.sqrt(1000))
    assert deviation == pytest.approx(outcome.deviation, rel=0.1)
    assert held == pytest.approx(outcome.held, rel=0.1)


def test_the_symmetric_case_by_hand() -> None:
    half, steps = SMALL.average_spread / 2, SMALL.steps
    p = SMALL.rate * math.exp(-SMALL.decay * half) * SMALL.step
    outcome = exact(SMALL, symmetric=True)

    assert outcome.profit == pytest.approx(2 * steps * p * half, rel=1e-9)
    assert outcome.held == pytest.approx(math.sqrt(2 * steps * p * (1 - p)), rel=1e-9)
    variance = 2 * steps * p * (1 - p) * half**2 + SMALL.sigma**2 * SMALL.step * 2 * p * (1 - p) * steps * (steps + 1) / 2
    assert outcome.deviation == pytest.approx(math.sqrt(variance), rel=1e-9)


def test_the_choice_of_fill_probability_matters() -> None:
    assert exact(SMALL, symmetric=False, chance=SMALL.fill_in_poisson_time).profit == pytest.approx(57.17, abs=5e-3)


@pytest.mark.parametrize(("experiment", "symmetric", "expected"), EXACT_ROWS[:4])
def test_a_thousand_paths_meet_the_exact_law(experiment: Experiment, symmetric: bool, expected: Outcome) -> None:
    outcome = sampled(experiment, 1000, 20080401, symmetric=symmetric)

    assert abs(outcome.profit - expected.profit) <= 4 * expected.deviation / math.sqrt(1000)
    assert outcome.deviation == pytest.approx(expected.deviation, rel=0.1)
    assert outcome.held == pytest.approx(expected.held, rel=0.1)


def test_twenty_thousand_paths_meet_it_closely() -> None:
    outcome = sampled(LARGE, 20_000, 20080402, symmetric=False)

    assert abs(outcome.profit - 31.455) <= 4 * 4.838 / math.sqrt(20_000)
    assert outcome.deviation == pytest.approx(4.838, rel=0.03)
    assert outcome.held == pytest.approx(1.641, rel=0.03)


@pytest.mark.parametrize("gamma", [0.05, 0.1, 0.5, 1.0])
def test_caring_for_inventory_costs_profit_and_saves_risk(gamma: float) -> None:
    careful = exact(Experiment(gamma), symmetric=False)
    careless = exact(Experiment(gamma), symmetric=True)

    assert careful.deviation < careless.deviation
    assert careful.profit < careless.profit


def test_without_risk_or_aversion_the_horizon_has_no_end_and_the_skew_none() -> None:
    still = GlftInputs(sigma=0.0, fill_rate=0.9, decay=0.3, gamma=0.01)

    assert rolling_horizon(still) == math.inf
    assert risk_term(still, None) == 0.0
    assert total_spread(0.0, 1.0, 0.3, 5.0) == pytest.approx(2 / 0.3)

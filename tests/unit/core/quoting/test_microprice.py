"""The microprice of Stoikov (2018) on a chain whose answer is known."""

import random
from itertools import pairwise

import pytest

from bot.core.events import Level
from bot.core.numbers import Lots, Ticks
from bot.core.quoting.linear import solve, times
from bot.core.quoting.microprice import MicropriceEstimator, State, expected_moves, interpolated_offset_ticks, state_of

LEAN = (-0.8, -0.4, 0.0, 0.4, 0.8)
WALK = 0.15
HALF_TICK = 0.5


def move_chance(x: float) -> float:
    return 0.1 * (1 + x * x) / 2


def redrawn(direction: int) -> list[float]:
    """Return where the imbalance goes after a move: towards bids after a rise."""
    weights = [1 + 0.5 * x * direction for x in LEAN]
    return [weight / sum(weights) for weight in weights]


def chain() -> tuple[list[list[float]], list[float], list[list[float]]]:
    staying, first, after = [], [], []
    for state, x in enumerate(LEAN):
        move, up = move_chance(x), (1 + 0.8 * x) / 2
        row = [0.0] * len(LEAN)
        for to in (state - 1, state + 1):
            row[min(max(to, 0), len(LEAN) - 1)] += (1 - move) * WALK
        row[state] += (1 - move) * (1 - 2 * WALK)
        staying.append(row)
        first.append(move * (2 * up - 1) * HALF_TICK)
        after.append([move * (up * rise + (1 - up) * fall) for rise, fall in zip(redrawn(1), redrawn(-1), strict=True)])
    return staying, first, after


def terms(count: int) -> list[list[float]]:
    """Return G1, B·G1, B²·G1, …"""
    staying, first, after = chain()
    leaving = [[(i == j) - staying[i][j] for j in range(5)] for i in range(5)]
    answer = solve(leaving, [[first[i], *after[i]] for i in range(5)])
    assert answer is not None
    found = [[row[0] for row in answer]]
    while len(found) < count:
        found.append(times([row[1:] for row in answer], found[-1]))
    return found


def limit() -> list[float]:
    moves = expected_moves(*chain())
    assert moves is not None
    return moves


def test_the_first_terms_of_the_known_chain() -> None:
    first, second = terms(2)

    assert first[:2] == pytest.approx([-0.18448043, -0.10377888], abs=1e-7)
    assert [a + b for a, b in zip(first, second, strict=True)][:2] == pytest.approx([-0.19843423, -0.11162854], abs=1e-7)


def test_the_limit_of_the_known_chain() -> None:
    assert limit()[:2] == pytest.approx([-0.19957604, -0.11227086], abs=1e-7)


def test_it_mirrors_the_imbalance() -> None:
    moves = limit()

    assert moves[2] == pytest.approx(0, abs=1e-12)
    assert moves[4] == pytest.approx(-moves[0], abs=1e-12)
    assert moves[3] == pytest.approx(-moves[1], abs=1e-12)


def test_terms_shrink_by_the_second_eigenvalue() -> None:
    for before, after in pairwise(terms(6)[1:]):
        assert after[0] / before[0] == pytest.approx(0.0756384, abs=1e-3)


def test_six_terms_are_enough_for_this_chain() -> None:
    summed = sum(term[0] for term in terms(6))

    assert abs(summed - limit()[0]) == pytest.approx(3.7e-8, rel=0.05)


def test_a_chain_that_drifts_has_no_limit() -> None:
    always_up = [[0.0, 0.0], [0.0, 0.0]], [0.5, 0.5], [[0.5, 0.5], [0.5, 0.5]]

    assert expected_moves(*always_up) is None


def test_a_state_that_is_never_left_gives_no_answer() -> None:
    assert expected_moves([[1.0]], [0.0], [[0.0]]) is None


def walked(steps: int, seed: int) -> MicropriceEstimator:
    random_, estimator, here = random.Random(seed), MicropriceEstimator(needed_changes=10**9, buckets=5), 2
    for _ in range(steps):
        x, half_ticks = LEAN[here], 0
        if random_.random() < move_chance(x):
            half_ticks = 1 if random_.random() < (1 + 0.8 * x) / 2 else -1
            there = random_.choices(range(5), redrawn(half_ticks))[0]
        else:
            there = min(4, max(0, here + random_.choices((-1, 0, 1), (WALK, 1 - 2 * WALK, WALK))[0]))
        estimator.count(State(here, 1), State(there, 1), half_ticks)
        here = there
    estimator.estimate(0)
    return estimator


def test_the_estimate_from_a_long_walk_is_close() -> None:
    estimator, known = walked(200_000, 2018), limit()

    for bucket in range(5):
        bid, ask = touch(bids=1 + 2 * bucket, asks=9 - 2 * bucket)
        assert estimator.offset_ticks(bid, ask) == pytest.approx(known[bucket], abs=0.01)


def touch(bids: int = 5, asks: int = 5, spread: int = 1) -> tuple[Level, Level]:
    return Level(Ticks(1000), Lots(bids)), Level(Ticks(1000 + spread), Lots(asks))


def test_the_state_is_imbalance_and_spread() -> None:
    assert state_of(*touch(1, 9)) == State(1, 1)
    assert state_of(*touch(9, 0)) is None
    assert state_of(*touch(10_000, 1, spread=2)) == State(9, 2)
    assert state_of(*touch(5, 5, spread=7)) == State(5, 3)
    assert state_of(*touch(5, 5, spread=0)) is None


def test_nothing_is_estimated_from_too_few_changes_or_too_soon_again() -> None:
    estimator = MicropriceEstimator(needed_changes=4, reestimate_ms=1000)
    touches = [touch(5, 5), touch(8, 2), touch(2, 8), touch(5, 5, spread=2)]

    for number, (bid, ask) in enumerate(touches):
        estimator.see(bid, ask, number)
    assert not estimator.is_estimated
    for number in range(4, 40):
        estimator.see(*touches[number % 4], now_ms=number)

    assert estimator.is_estimated
    assert estimator.table_age_ms(104) == 100


def test_a_hole_in_the_quotes_is_not_a_transition() -> None:
    estimator = MicropriceEstimator()
    bid, ask = touch(5, 5)
    estimator.see(bid, ask, 0)
    estimator.see(None, ask, 1)
    estimator.see(*touch(9, 1), now_ms=2)

    assert estimator.changes == 0


def test_the_offset_never_leaves_the_spread() -> None:
    estimator = MicropriceEstimator(needed_changes=10**9, buckets=2)
    for step in range(100):
        estimator.count(State(1, 1), State(step % 2, 1), +9)
    estimator.estimate(0)

    bid, ask = touch(9, 1)

    assert estimator.offset_ticks(bid, ask) == 0.5


def test_without_a_table_the_offset_leans_on_the_imbalance_as_far_as_configured() -> None:
    bid, ask = touch(9, 1, spread=2)

    assert MicropriceEstimator().offset_ticks(bid, ask) is None
    assert interpolated_offset_ticks(bid, ask, 0.0) == 0.0
    assert interpolated_offset_ticks(bid, ask, 1.0) == pytest.approx(0.8)
    assert interpolated_offset_ticks(*touch(0, 0), weight=1.0) == 0.0


def test_systems_of_equations_are_solved_with_row_exchanges() -> None:
    assert solve([[0.0, 2.0], [4.0, 1.0]], [[2.0], [9.0]]) == [[2.0], [1.0]]
    assert solve([[1.0, 2.0], [2.0, 4.0]], [[1.0], [2.0]]) is None

"""Numbers of Gueant, Lehalle, Fernandez-Tapia (2013) and of a public tutorial, and the shapes that must hold everywhere."""

import math
import random
from itertools import pairwise

import pytest

from bot.core.quoting.as_formulas import risk_term, rolling_horizon, total_spread
from bot.core.quoting.glft_formulas import (
    GlftInputs,
    closed_distances,
    closed_form,
    distances,
    gamma_for,
    smallest_eigenvalue,
    table,
)

PAPER = GlftInputs(sigma=0.3, fill_rate=0.9, decay=0.3, gamma=0.01)
LOUD = GlftInputs(sigma=1.0, fill_rate=0.2, decay=0.3, gamma=0.01)
TUTORIAL = GlftInputs(sigma=10.69, fill_rate=2.986162360812285, decay=0.04235741115084049, gamma=0.05)
LIMIT = 30


def changed(inputs: GlftInputs, **changes: float) -> GlftInputs:
    given = {name: getattr(inputs, name) for name in inputs.__struct_fields__}
    return GlftInputs(**(given | changes))


def test_the_closed_form_of_the_papers_parameters() -> None:
    form = closed_form(PAPER)

    assert form.c1 == pytest.approx(3.27898228, rel=1e-9)
    assert form.c2 == pytest.approx(0.22621944, rel=1e-8)
    assert form.half_spread == pytest.approx(3.31291520, rel=1e-9)
    assert form.skew == pytest.approx(0.06786583, rel=1e-7)
    assert closed_form(LOUD).c2 == pytest.approx(0.47988390, rel=1e-8)
    assert closed_form(LOUD).half_spread == pytest.approx(3.51892, abs=1e-5)


def test_the_numbers_that_a_public_tutorial_prints() -> None:
    form = closed_form(TUTORIAL)

    assert form.half_spread == pytest.approx(20.47208533844371, rel=1e-9)
    assert form.skew == pytest.approx(9.76326865029227, rel=1e-9)
    assert form.kappa == pytest.approx(0.41, abs=0.005)


def test_beyond_its_range_the_closed_form_is_replaced_by_the_table() -> None:
    bid, ask, solution = distances(TUTORIAL, 0, LIMIT)

    assert solution == "table"
    assert bid == pytest.approx(20.896, abs=1e-3)
    assert ask == pytest.approx(bid)
    assert distances(PAPER, 0, LIMIT)[2] == "closed form"


def test_order_size_and_drift_enter_as_published() -> None:
    doubled = closed_form(changed(PAPER, order_size=2))

    assert doubled.c1 == pytest.approx(3.22692606, rel=1e-8)
    assert doubled.c2 == pytest.approx(0.16125675, rel=1e-7)
    assert doubled.half_spread == pytest.approx(3.27530, abs=1e-5)
    assert doubled.skew == pytest.approx(0.04837703, rel=1e-6)
    assert closed_distances(changed(PAPER, drift=0.0005), 0) == pytest.approx((3.27521, 3.35062), abs=1e-5)


def test_without_exponential_utility_it_is_cartea_and_jaimungal() -> None:
    inputs = changed(PAPER, xi=0.0)

    assert closed_form(inputs).c1 == pytest.approx(3.33333333, rel=1e-8)
    assert closed_form(inputs).c2 == pytest.approx(0.22436255, rel=1e-7)
    assert table(inputs, LIMIT).distances(0)[0] == pytest.approx(3.36712, abs=1e-5)
    assert table(inputs, LIMIT).distances(1)[0] == pytest.approx(3.43468, abs=1e-5)


@pytest.mark.parametrize(
    ("inventory", "closed_bid", "exact_bid", "closed_ask", "exact_ask"),
    [
        (0, 3.31292, 3.31305, 3.31292, 3.31305),
        (1, 3.38078, 3.38117, 3.24505, 3.24492),
        (3, 3.51651, 3.51737, 3.10932, 3.10868),
        (5, 3.65224, 3.65348, 2.97359, 2.97252),
    ],
)
def test_the_papers_quotes_by_inventory(
    inventory: int, closed_bid: float, exact_bid: float, closed_ask: float, exact_ask: float
) -> None:
    assert closed_distances(PAPER, inventory) == pytest.approx((closed_bid, closed_ask), abs=1e-5)
    assert table(PAPER, LIMIT).distances(inventory) == pytest.approx((exact_bid, exact_ask), abs=1e-5)


def test_the_exact_quotes_of_the_louder_market() -> None:
    exact = table(LOUD, LIMIT)

    assert [exact.distances(held)[0] for held in range(4)] == pytest.approx([3.52565, 4.01755, 4.50519, 4.98600], abs=1e-5)
    assert [exact.distances(held)[1] for held in range(4)] == pytest.approx([3.52565, 3.03231, 2.54042, 2.05278], abs=1e-5)


def tridiagonal(inputs: GlftInputs) -> tuple[list[float], float]:
    alpha = inputs.decay * inputs.gamma * inputs.sigma**2 / 2
    eta = inputs.fill_rate * (1 + inputs.gamma / inputs.decay) ** -(1 + inputs.decay / inputs.gamma)
    return [alpha * held * held for held in range(-LIMIT, LIMIT + 1)], eta


def evolve(inputs: GlftInputs, seconds: float, step: float = 0.5) -> list[float]:
    """Return v(T) = exp(-M·T)·1 by Runge and Kutta, kept at the size of one."""
    diagonal, eta = tridiagonal(inputs)
    size = len(diagonal)

    def slope(v: list[float]) -> list[float]:
        return [-diagonal[i] * v[i] + eta * ((v[i - 1] if i else 0.0) + (v[i + 1] if i + 1 < size else 0.0)) for i in range(size)]

    v = [1.0] * size
    for _ in range(round(seconds / step)):
        k1 = slope(v)
        k2 = slope([a + step / 2 * b for a, b in zip(v, k1, strict=True)])
        k3 = slope([a + step / 2 * b for a, b in zip(v, k2, strict=True)])
        k4 = slope([a + step * b for a, b in zip(v, k3, strict=True)])
        v = [a + step / 6 * (p + 2 * q + 2 * r + s) for a, p, q, r, s in zip(v, k1, k2, k3, k4, strict=True)]
        largest = max(v)
        v = [each / largest for each in v]
    return v


def test_ten_minutes_before_the_end_the_exact_quotes_have_forgotten_it() -> None:
    v = evolve(PAPER, 600)
    exact = table(PAPER, LIMIT)

    for held in range(-LIMIT // 2, LIMIT // 2 + 1):
        here = held + LIMIT
        bid = exact.c1 + math.log(v[here] / v[here + 1]) / PAPER.decay
        ask = exact.c1 + math.log(v[here] / v[here - 1]) / PAPER.decay
        assert exact.distances(held) == pytest.approx((bid, ask), abs=1e-5)


def test_the_smallest_eigenvalue_belongs_to_the_eigenvector_of_the_table() -> None:
    diagonal, eta = tridiagonal(LOUD)
    value = smallest_eigenvalue(diagonal, eta)
    rises = table(LOUD, LIMIT).rises
    v = [1.0]
    for rise in rises:
        v.append(v[-1] * math.exp(-rise))

    for i in range(len(v)):
        around = (v[i - 1] if i else 0.0) + (v[i + 1] if i + 1 < len(v) else 0.0)
        assert diagonal[i] * v[i] - eta * around == pytest.approx(value * v[i], rel=1e-6, abs=1e-12)


def test_avellaneda_and_stoikov_with_a_rolling_end_is_the_closed_form() -> None:
    form = closed_form(PAPER)
    horizon = rolling_horizon(PAPER)

    assert horizon == pytest.approx(75.41, abs=0.005)
    assert PAPER.gamma * PAPER.sigma**2 * horizon == pytest.approx(form.skew, abs=1e-12)
    assert risk_term(PAPER, None) == pytest.approx(form.skew, abs=1e-12)
    assert total_spread(PAPER.gamma, PAPER.sigma, PAPER.decay, horizon) / 2 == pytest.approx(form.half_spread, abs=1e-12)


@pytest.mark.parametrize("inputs", [PAPER, LOUD, TUTORIAL, changed(PAPER, impact=1.0)])
def test_being_long_mirrors_being_short_exactly(inputs: GlftInputs) -> None:
    for held in range(LIMIT + 1):
        assert closed_distances(inputs, held) == closed_distances(inputs, -held)[::-1]
        assert table(inputs, LIMIT).distances(held) == pytest.approx(table(inputs, LIMIT).distances(-held)[::-1], abs=1e-12)


@pytest.mark.parametrize("inputs", [PAPER, LOUD, TUTORIAL])
def test_more_inventory_makes_the_bid_shyer_and_the_ask_keener(inputs: GlftInputs) -> None:
    quotes = [table(inputs, LIMIT).distances(held) for held in range(-LIMIT + 1, LIMIT)]

    assert all(after[0] > before[0] and after[1] < before[1] for before, after in pairwise(quotes))


def test_the_half_spread_grows_with_volatility_and_falls_with_rate_and_decay() -> None:
    half = closed_form(PAPER).half_spread

    assert closed_form(changed(PAPER, sigma=0.6)).half_spread > half
    assert closed_form(changed(PAPER, fill_rate=1.8)).half_spread < half
    assert closed_form(changed(PAPER, decay=0.6)).half_spread < half


def test_the_error_of_the_closed_form_is_what_its_range_was_chosen_for() -> None:
    for sigma in (0.3, 1.0):
        form = closed_form(changed(PAPER, sigma=sigma))
        exact = table(changed(PAPER, sigma=sigma), LIMIT).distances(0)[0]

        assert exact - form.half_spread == pytest.approx(3 / 32 * form.kappa**2 / PAPER.decay, rel=0.05)


def test_adverse_selection_widens_both_sides_and_steepens_the_skew() -> None:
    toxic = changed(PAPER, impact=0.8)
    steeper = math.exp(PAPER.decay * 0.8 / 4)

    assert closed_form(toxic).skew == pytest.approx(closed_form(PAPER).skew * steeper, rel=1e-12)
    assert closed_distances(toxic, 0)[0] == pytest.approx(
        closed_form(PAPER).c1 + closed_form(PAPER).skew * steeper / 2 + 0.4, rel=1e-12
    )
    assert table(toxic, LIMIT).distances(2) == pytest.approx(closed_distances(toxic, 2), abs=2e-3)


def test_gamma_follows_from_the_skew_that_is_wanted_at_full_inventory() -> None:
    gamma = gamma_for(1.0, 10, sigma=1.2, fill_rate=0.33, decay=0.85)
    assert gamma is not None
    form = closed_form(GlftInputs(sigma=1.2, fill_rate=0.33, decay=0.85, gamma=gamma))

    assert gamma == pytest.approx(0.00219, abs=5e-6)
    assert form.c1 == pytest.approx(1.175, abs=5e-4)
    assert form.c2 == pytest.approx(0.1031, abs=1e-4)
    assert form.half_spread == pytest.approx(1.24, abs=5e-3)
    assert form.skew == pytest.approx(0.124, abs=5e-4)
    assert form.skew * 10 == pytest.approx(form.half_spread, rel=2e-3)


@pytest.mark.parametrize(("rho", "limit", "sigma"), [(0.0, 10, 1.0), (1.0, 10, 0.0), (1.5, 0.5, 1.0)])
def test_there_is_no_gamma_where_nothing_moves_or_no_skew_is_wanted(rho: float, limit: float, sigma: float) -> None:
    assert gamma_for(rho, limit, sigma=sigma, fill_rate=0.33, decay=0.85) is None


def test_a_tiny_and_a_huge_aversion_stay_finite() -> None:
    for gamma in (0.0, 1e-300, 1e-15, 1e3, 1e6):
        inputs = changed(PAPER, gamma=gamma)

        assert all(map(math.isfinite, distances(inputs, 3, LIMIT)[:2]))
        assert all(map(math.isfinite, table(inputs, LIMIT).distances(3)))
    assert closed_form(changed(PAPER, gamma=1e-15)).c1 == pytest.approx(1 / PAPER.decay)


class Law:
    """The law of inventory and PnL at T when the quotes are followed, without sampling: one equation for each inventory."""

    def __init__(self, inputs: GlftInputs, quotes: list[tuple[float, float]]) -> None:
        size = len(quotes)
        self.up = [inputs.fill_rate * math.exp(-inputs.decay * bid) if i + 1 < size else 0.0 for i, (bid, _) in enumerate(quotes)]
        self.down = [inputs.fill_rate * math.exp(-inputs.decay * ask) if i else 0.0 for i, (_, ask) in enumerate(quotes)]
        self.quotes, self.inputs, self.size = quotes, inputs, size

    def slope(self, state: list[list[float]]) -> list[list[float]]:
        p, w, s = state
        rates = [[0.0] * self.size for _ in range(3)]
        variance = self.inputs.sigma**2
        for i in range(self.size):
            held = i - self.size // 2
            for to, rate, gain in ((i + 1, self.up[i], self.quotes[i][0]), (i - 1, self.down[i], self.quotes[i][1])):
                if not rate:
                    continue
                moved = (p[i], w[i] + gain * p[i], s[i] + 2 * gain * w[i] + gain * gain * p[i])
                for row, (value, own) in enumerate(zip(moved, (p[i], w[i], s[i]), strict=True)):
                    rates[row][to] += rate * value
                    rates[row][i] -= rate * own
            rates[2][i] += variance * held * held * p[i]
        return rates

    def at(self, seconds: float, step: float = 1.0) -> tuple[float, float, float, float]:
        """Return mean PnL, its deviation, deviation of inventory, and the fills a second at the end, when it is stationary."""
        state = [[0.0] * self.size for _ in range(3)]
        state[0][self.size // 2] = 1.0

        def moved(by: float, slope: list[list[float]]) -> list[list[float]]:
            return [[a + by * b for a, b in zip(row, more, strict=True)] for row, more in zip(state, slope, strict=True)]

        for _ in range(round(seconds / step)):
            k1 = self.slope(state)
            k2 = self.slope(moved(step / 2, k1))
            k3 = self.slope(moved(step / 2, k2))
            k4 = self.slope(moved(step, k3))
            mean = [
                [(a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(*rows, strict=True)]
                for rows in zip(k1, k2, k3, k4, strict=True)
            ]
            state = moved(step, mean)
        p, w, s = state
        profit = sum(w)
        held = sum((i - self.size // 2) ** 2 * p[i] for i in range(self.size))
        return (
            profit,
            math.sqrt(sum(s) - profit**2),
            math.sqrt(held),
            sum(p[i] * (self.up[i] + self.down[i]) for i in range(self.size)),
        )


def grid(inputs: GlftInputs, *, closed: bool) -> list[tuple[float, float]]:
    inventories = range(-LIMIT, LIMIT + 1)
    return [closed_distances(inputs, q) if closed else table(inputs, LIMIT).distances(q) for q in inventories]


@pytest.mark.parametrize(
    ("inputs", "closed", "expected"),
    [
        (PAPER, False, (1317.871, 74.667, 4.9493, 0.66964)),
        (PAPER, True, (1317.888, 74.688, 4.9556, 0.66965)),
        (LOUD, False, (284.090, 53.974, 1.8465, 0.14419)),
    ],
)
def test_the_law_of_pnl_and_inventory_over_ten_minutes(
    inputs: GlftInputs, closed: bool, expected: tuple[float, float, float, float]
) -> None:
    assert Law(inputs, grid(inputs, closed=closed)).at(600) == pytest.approx(expected, rel=1e-4)


def simulate(
    inputs: GlftInputs, quotes: list[tuple[float, float]], seconds: float, random_: random.Random
) -> tuple[float, int, int]:
    """Return (PnL, inventory, fills) of one path: waiting times are exponential, the price moves between fills."""
    law = Law(inputs, quotes)
    rates = [up + down for up, down in zip(law.up, law.down, strict=True)]
    here, left, profit, fills = LIMIT, seconds, 0.0, 0
    while True:
        wait = random_.expovariate(rates[here])
        held = here - LIMIT
        profit += held * inputs.sigma * math.sqrt(min(wait, left)) * random_.gauss(0, 1)
        left -= wait
        if left <= 0:
            return profit, held, fills
        fills += 1
        if random_.random() * rates[here] < law.up[here]:
            profit += quotes[here][0]
            here += 1
        else:
            profit += quotes[here][1]
            here -= 1


def test_a_simulation_of_events_meets_the_law() -> None:
    random_, quotes = random.Random(20130701), grid(LOUD, closed=False)
    paths = [simulate(LOUD, quotes, 600, random_) for _ in range(2_000)]
    count = len(paths)

    mean = sum(path[0] for path in paths) / count
    deviation = math.sqrt(sum(path[1] ** 2 for path in paths) / count)
    fills = sum(path[2] for path in paths) / count / 600

    assert abs(mean - 284.090) <= 4 * 53.974 / math.sqrt(count)
    assert deviation == pytest.approx(1.8465, rel=0.06)  # two standard errors of a deviation from 2,000 paths are 3 %
    assert fills == pytest.approx(0.14419, rel=0.03)

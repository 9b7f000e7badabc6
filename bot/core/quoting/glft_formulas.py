"""Optimal distances from the fair price when inventory is limited (Gueant, Lehalle, Fernandez-Tapia 2013; Gueant 2017).

The price moves with volatility sigma, a quote at distance d fills with intensity A·exp(-k·d), orders have size Delta, gamma
is the aversion to inventory risk; `xi` equal to gamma is exponential utility, 0 is mean and variance (Cartea and Jaimungal).
Any one unit of distance may be used (bps here, ticks in the papers), as long as sigma, k and gamma use the same.

    c1 = ln(1 + xi·Delta/k)/(xi·Delta),   c2 = sqrt(gamma/(2·A·Delta·k) · (1 + xi·Delta/k)^(k/(xi·Delta) + 1))
    half = c1 + Delta/2 · sigma · c2,     skew per unit of inventory = sigma · c2

This closed form is an expansion around flat inventory. It quotes too tight by (3/32)·kappa²/k with kappa = k·c2·sigma·Delta;
beyond kappa = 0.2 the exact solution is taken from the lowest eigenvector of a tridiagonal matrix.
"""

import math
from functools import lru_cache
from typing import Final

import msgspec

LARGEST_KAPPA: Final = 0.2
BISECTIONS: Final = 200
TINY_XI: Final = 1e-12
LARGEST_EXPONENT: Final = 20.0
"""Adverse selection of so many decay lengths is no market to quote in; the bound keeps exp() finite."""
SMALLEST_SHARE: Final = 1e-6
"""No neighbour of the eigenvector is more than a million times larger: where rounding eats the difference, this stands in."""
MOST_STEPS: Final = 200
"""A table has at most this many steps of inventory on each side."""


class GlftInputs(msgspec.Struct, frozen=True, kw_only=True):
    """The market and the taste. `sigma` per sqrt(second), `fill_rate` (A) per second, `decay` (k) per unit of distance."""

    sigma: float
    fill_rate: float
    decay: float
    gamma: float
    xi: float | None = None
    """None: equal to gamma."""
    order_size: float = 1.0
    impact: float = 0.0
    """How far the price moves against us with each fill, in units of distance: adverse selection."""
    drift: float = 0.0
    """Units of distance per second."""


class ClosedForm(msgspec.Struct, frozen=True, kw_only=True):
    """Distances in the unit of the inputs; `skew` for each unit of inventory."""

    c1: float
    c2: float
    half_spread: float
    skew: float
    kappa: float


def _ratio(inputs: GlftInputs) -> float:
    xi = inputs.gamma if inputs.xi is None else inputs.xi
    return xi * inputs.order_size / inputs.decay


def _impact_exponent(inputs: GlftInputs) -> float:
    return min(inputs.decay * inputs.impact / 2, LARGEST_EXPONENT)


def log_power(ratio: float) -> float:
    """Return (1/ratio + 1) · ln(1 + ratio), whose limit at 0 is 1; in logs, because the power itself overflows."""
    return 1.0 if ratio < TINY_XI else (1 / ratio + 1) * math.log1p(ratio)


def nearest_distance(inputs: GlftInputs) -> float:
    """Return c1: the half-spread that a maker without any risk would choose."""
    ratio = _ratio(inputs)
    return 1 / inputs.decay if ratio < TINY_XI else math.log1p(ratio) / (ratio * inputs.decay)


def closed_form(inputs: GlftInputs) -> ClosedForm:
    """Return the closed form; adverse selection widens the risk terms by exp(k·impact/4) and both distances by impact/2."""
    c1 = nearest_distance(inputs)
    scale = inputs.gamma / (2 * inputs.fill_rate * inputs.order_size * inputs.decay)
    c2 = math.sqrt(scale * math.exp(log_power(_ratio(inputs))))
    skew = inputs.sigma * c2 * math.exp(_impact_exponent(inputs) / 2)
    return ClosedForm(
        c1=c1,
        c2=c2,
        half_spread=c1 + inputs.order_size / 2 * skew + inputs.impact / 2,
        skew=skew,
        kappa=inputs.decay * inputs.sigma * c2 * inputs.order_size,
    )


def drift_target(inputs: GlftInputs) -> float:
    """Return q* = drift ÷ (gamma·sigma²), the inventory around which the closed form is centred; 0 without risk."""
    risk = inputs.gamma * inputs.sigma**2
    return inputs.drift / risk if risk > 0 else 0.0


def closed_distances(inputs: GlftInputs, inventory: float) -> tuple[float, float]:
    """Return (bid, ask) distances from the fair price at an inventory, by the closed form."""
    form = closed_form(inputs)
    lean = form.skew * (inventory - drift_target(inputs))
    return form.half_spread + lean, form.half_spread - lean


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Exact distances on the grid of inventories from -limit to +limit in steps of the order size.

    `rises[i]` is ln(v at step i ÷ v at step i+1): what one more unit costs.
    """

    c1: float
    decay: float
    impact: float
    steps: int
    rises: tuple[float, ...]

    def distances(self, steps: float) -> tuple[float, float]:
        """Return (bid, ask) distances at an inventory in steps, interpolated between grid points, held at the last ones.

        At +limit the bid, and at -limit the ask, is what the neighbouring step would ask: nobody should quote it there.
        """
        place = min(max(steps + self.steps, 0.0), 2.0 * self.steps)
        extra = self.impact / 2
        return self.c1 + self._rise(place) / self.decay + extra, self.c1 - self._rise(place - 1) / self.decay + extra

    def _rise(self, place: float) -> float:
        low = min(max(math.floor(place), 0), len(self.rises) - 1)
        high = min(low + 1, len(self.rises) - 1)
        part = min(max(place - low, 0.0), 1.0)
        return self.rises[low] * (1 - part) + self.rises[high] * part


@lru_cache(maxsize=256)
def table(inputs: GlftInputs, limit: float) -> Table:
    """Return the exact solution far from any end of time, for inventories within ±`limit`.

    M = diag(alpha·q² - k·drift·q/Delta) - eta·(neighbours), alpha = k·gamma·sigma²/(2·Delta) and
    eta = A·(1 + xi·Delta/k)^-(1 + k/(xi·Delta))·exp(-k·impact/2); v is the eigenvector of its smallest eigenvalue. Only ratios
    of neighbours are computed, from both ends towards the middle, so that no tail underflows.
    """
    steps = min(MOST_STEPS, max(1, int(limit / inputs.order_size + 1e-9)))
    alpha = inputs.decay * inputs.gamma * inputs.sigma**2 / (2 * inputs.order_size)
    eta = inputs.fill_rate * math.exp(-log_power(_ratio(inputs)) - _impact_exponent(inputs))
    grid = [step * inputs.order_size for step in range(-steps, steps + 1)]
    diagonal = [alpha * held * held - inputs.decay * inputs.drift * held / inputs.order_size for held in grid]
    return Table(
        c1=nearest_distance(inputs),
        decay=inputs.decay,
        impact=inputs.impact,
        steps=steps,
        rises=tuple(_log_ratios(diagonal, eta)),
    )


def smallest_eigenvalue(diagonal: list[float], neighbour: float) -> float:
    """Return the smallest eigenvalue of the tridiagonal matrix with `diagonal` and -`neighbour` beside it, by bisection.

    Below it all pivots of the elimination are positive, above it one is not (Sylvester's law of inertia).
    """
    low, high = min(diagonal) - 2 * neighbour, min(diagonal)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if _is_below(diagonal, neighbour, middle):
            low = middle
        else:
            high = middle
    return low


def _is_below(diagonal: list[float], neighbour: float, value: float) -> bool:
    pivot = diagonal[0] - value
    if pivot <= 0:
        return False
    for entry in diagonal[1:]:
        pivot = entry - value - neighbour * neighbour / pivot
        if pivot <= 0:
            return False
    return True


def _log_ratios(diagonal: list[float], eta: float) -> list[float]:
    """Return ln(v_i ÷ v_{i+1}) of the lowest eigenvector, from the three-term recurrence towards the lowest diagonal entry."""
    value = smallest_eigenvalue(diagonal, eta)
    peak = min(range(len(diagonal)), key=diagonal.__getitem__)
    ratios = [0.0] * (len(diagonal) - 1)
    rise = 0.0
    for place in range(peak):
        rise = eta / max(diagonal[place] - value - eta * rise, SMALLEST_SHARE * eta)
        ratios[place] = math.log(rise)
    fall = 0.0
    for place in range(len(diagonal) - 1, peak, -1):
        fall = eta / max(diagonal[place] - value - eta * fall, SMALLEST_SHARE * eta)
        ratios[place - 1] = -math.log(fall)
    return ratios


def distances(inputs: GlftInputs, inventory: float, limit: float) -> tuple[float, float, str]:
    """Return (bid, ask, "closed form" or "table"): the table where the closed form is out of its range."""
    if closed_form(inputs).kappa <= LARGEST_KAPPA:
        return *closed_distances(inputs, inventory), "closed form"
    bid, ask = table(inputs, limit).distances(inventory / inputs.order_size)
    return bid, ask, "table"


def gamma_for(rho: float, limit: float, *, sigma: float, fill_rate: float, decay: float, order_size: float = 1.0) -> float | None:
    """Return the gamma whose skew at full inventory `limit` is `rho` half-spreads; None when nothing moves or `rho` is 0.

    c2 = rho·c1/(sigma·(limit - rho·Delta/2)), gamma = 2·A·Delta·k·c2²/e, once more with the c1 of that gamma.
    """
    room = limit - rho * order_size / 2
    if rho <= 0 or sigma <= 0 or room <= 0:
        return None
    gamma, c1 = 0.0, 1 / decay
    for _ in range(3):
        c2 = rho * c1 / (sigma * room)
        gamma = 2 * fill_rate * order_size * decay * c2 * c2 / math.e
        c1 = nearest_distance(GlftInputs(sigma=sigma, fill_rate=fill_rate, decay=decay, gamma=gamma, order_size=order_size))
    return gamma

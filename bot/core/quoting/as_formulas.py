"""The quotes of Avellaneda and Stoikov (2008, equations 29 and 30), and a horizon for a market that never closes.

    reservation price  r = s - q·gamma·sigma²·(T-t)
    total spread         = gamma·sigma²·(T-t) + (2/gamma)·ln(1 + gamma/k)        centred on r; half of it on each side

A perpetual has no end T. With T-t replaced by tau* = 1/(2·sqrt(alpha·eta)), the time in which inventory relaxes by itself, these
are exactly the closed form of Gueant, Lehalle and Fernandez-Tapia for unit orders.
"""

import math

from bot.core.quoting.glft_formulas import GlftInputs, closed_form, nearest_distance


def reservation_price(mid: float, inventory: float, gamma: float, sigma: float, horizon_s: float) -> float:
    """Return the price at which holding one more or one less is equally welcome, in the unit of `mid` and `sigma`."""
    return mid - inventory * gamma * sigma**2 * horizon_s


def total_spread(gamma: float, sigma: float, decay: float, horizon_s: float) -> float:
    """Return ask - bid, the whole width; for gamma towards 0 it is 2/k."""
    nearest = nearest_distance(GlftInputs(sigma=sigma, fill_rate=1.0, decay=decay, gamma=gamma))
    return gamma * sigma**2 * horizon_s + 2 * nearest


def rolling_horizon(inputs: GlftInputs) -> float:
    """Return tau* in seconds: c2 ÷ (gamma·sigma). Infinite without volatility or aversion: nothing pulls inventory back."""
    if inputs.gamma <= 0 or inputs.sigma <= 0:
        return math.inf
    return closed_form(inputs).c2 / (inputs.gamma * inputs.sigma)


def risk_term(inputs: GlftInputs, horizon_s: float | None) -> float:
    """Return gamma·sigma²·horizon, the skew of each unit of inventory; `horizon_s` None takes tau*, where it is sigma·c2."""
    if horizon_s is None:
        return closed_form(inputs).skew
    return inputs.gamma * inputs.sigma**2 * horizon_s

"""Funding as a drift, and the inventory it makes worth holding."""

import math
from typing import Final

HOUR_S: Final = 3600.0


def funding_drift(rate_per_hour: float, price: float) -> float:
    """Return the drift that funding gives a long position, in the unit of `price` per second: longs pay a positive rate.

    With `price` 1e4 the drift is in bps per second.
    """
    return -rate_per_hour * price / HOUR_S


def target_inventory(drift: float, risk_per_lot: float, limit: float) -> float:
    """Return the inventory at which drift and risk balance: q* = drift ÷ (gamma · sigma²), within ±limit, in lots.

    `risk_per_lot` is gamma · sigma². Without risk the sign of the drift decides; without drift the target is flat.
    """
    if drift == 0.0 or limit <= 0:
        return 0.0
    if risk_per_lot <= 0:
        return math.copysign(limit, drift)
    return max(-limit, min(limit, drift / risk_per_lot))


def still_held(seconds_to_payment: float, holding_time_s: float) -> float:
    """Return the chance that inventory of now is still held when funding is paid: exp(-dt ÷ holding time)."""
    if holding_time_s <= 0:
        return 0.0
    return math.exp(-max(0.0, seconds_to_payment) / holding_time_s)

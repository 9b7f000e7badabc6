"""From opinions to exact numbers: the one place where a float becomes a Decimal. The ladder rounds later."""

import math
from decimal import Decimal
from typing import Final

from bot.core.errors import InvalidInput
from bot.core.numbers import BPS

DIGITS: Final = 9
"""Digits behind the point that an opinion in bps is worth."""


def decimal_of(name: str, opinion: float) -> Decimal:
    """Return an opinion as an exact number with nine digits behind the point.

    Raises: InvalidInput for NaN and infinity: they never reach an order.
    """
    if not math.isfinite(opinion):
        raise InvalidInput(name, opinion, "a finite number")
    return Decimal(f"{opinion:.{DIGITS}f}")


def fraction_of_bps(name: str, bps: float) -> Decimal:
    """Return basis points as a fraction: 1 becomes 0.0001.

    Raises: InvalidInput for NaN and infinity.
    """
    return decimal_of(name, bps) / BPS

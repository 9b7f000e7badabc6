"""What the estimators of one market believe at one moment; the second thing a strategy is shown, beside the picture."""

from typing import Final

import msgspec

from bot.core.quoting.book_signals import FlowReading
from bot.core.quoting.intensity import Intensity
from bot.core.quoting.volatility import Volatility


class Opinions(msgspec.Struct, frozen=True, kw_only=True):
    """Estimates; None where nothing is known yet. Distances in bps, times in seconds unless the name says otherwise."""

    volatility: Volatility | None = None
    intensity: Intensity | None = None
    gamma: float | None = None
    """Aversion to inventory risk, per order size and bps, slewed so that a jump of an estimate does not jolt the skew."""
    imbalance: float | None = None
    """Bid share of the touch, 0 to 1."""
    flow: FlowReading | None = None
    microprice_offset_ticks: float | None = None
    """Microprice less mid; None before the table is estimated."""
    microprice_age_ms: int | None = None
    """Age of the table."""
    index_age_ms: int | None = None
    basis: float | None = None
    """Moving mean of (mid - index) ÷ index, a fraction."""
    lead_weight: float = 0.0
    """How far the mid follows the index with its basis within a second: 0 until measured beyond doubt."""
    funding_rate: float | None = None
    """For one hour, as a fraction; positive: longs pay."""
    seconds_to_funding: float | None = None
    markout_bps: float | None = None
    """Moving mean of our own 5 s markouts."""
    markout_fills: float = 0.0
    """How many fills that mean is worth now."""
    adverse_bps: float | None = None
    """Moving mean of the mid's move against us within 5 s of a fill, positive is adverse."""
    adverse_fills: float = 0.0
    """How many fills that mean is worth."""
    vpin: float | None = None
    latency_ms: float | None = None
    """From the event to an order on the book, as measured."""


NO_OPINIONS: Final = Opinions()

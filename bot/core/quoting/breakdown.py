"""Why a quote stands where it stands: each part by name and number, so that a screen can explain it."""

from decimal import Decimal

import msgspec

from bot.core.notes import Reason


class Part(msgspec.Struct, frozen=True):
    """One named number of a decision."""

    name: str
    value: float
    unit: str = "bps"


class FairPart(msgspec.Struct, frozen=True, kw_only=True):
    """One view of the value. `weight` is its share in the fair price, 0 for a view that is only shown."""

    name: str
    price: Decimal | None
    age_ms: int | None
    weight: float
    note: str = ""
    """Why it has no price, or what stands in for it."""


class Breakdown(msgspec.Struct, frozen=True, kw_only=True):
    """One decision of a strategy. Distances in bps of the fair price, inventory in lots of the order size."""

    strategy: str
    fair_price: Decimal
    fair_parts: tuple[FairPart, ...]
    reservation_price: Decimal
    inventory_lots: float
    """Position less target."""
    target_lots: float
    skew_bps: float
    """Positive when long; it lowers both quotes."""
    skew_decided_by: str
    half_spread_bps: float
    half_spread_decided_by: str
    candidates: tuple[Part, ...] = ()
    """Everything that asked for a half-spread; the largest decided."""
    widening: tuple[Part, ...] = ()
    """Factors on the half-spread."""
    other: tuple[Part, ...] = ()
    """Volatility, intensity and whatever else went in."""
    notes: tuple[Reason, ...] = ()
    """What was missing, and what was done about it."""

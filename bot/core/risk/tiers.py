"""Four tiers, and how a cause moves between them.

    GREEN ──▶ YELLOW (quotes widen) ──▶ ORANGE (only the reducing side) ──▶ RED (cancel, halt, alert)

A cause rises at once, over several tiers if need be, and falls one tier at a time, after it has been calm for a while: a number
that dances around its limit does not make the quotes dance. RED is never left by itself. A person who starts again has seen it;
from then on the cause counts as ORANGE at most, until it has gone back to GREEN.
"""

from decimal import Decimal
from enum import IntEnum
from typing import Final

import msgspec

RELEASE: Final = Decimal("0.9")
"""A tier is left when the number is below this share of where the tier begins."""


class Tier(IntEnum):
    GREEN = 0
    YELLOW = 1
    ORANGE = 2
    RED = 3

    @property
    def word(self) -> str:
        """The name for people: "yellow"."""
        return self.name.lower()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that risk has to say: a stable code, its number, its limit, and a sentence with both."""

    code: str
    market: str | None
    """None: the account."""
    tier: Tier
    value: str
    limit: str
    text: str

    @property
    def reduces(self) -> bool:
        """True when only the reducing side may be quoted, or less."""
        return self.tier >= Tier.ORANGE


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """Where the tiers of one cause begin, in the cause's own unit; None: that tier does not exist for it."""

    yellow: Decimal | None
    orange: Decimal | None
    red: Decimal | None

    def tier(self, value: Decimal, share: Decimal = Decimal(1)) -> Tier:
        """Return the highest tier whose beginning, times `share`, the value has reached."""
        for tier, begins in ((Tier.RED, self.red), (Tier.ORANGE, self.orange), (Tier.YELLOW, self.yellow)):
            if begins is not None and value >= begins * share:
                return tier
        return Tier.GREEN


class Cause:
    """One cause's tier over time."""

    def __init__(self) -> None:
        self.tier = Tier.GREEN
        self.is_acknowledged = False
        self._calm_since_ms: int | None = None

    def see(self, value: Decimal, steps: Steps, now_ms: int, calm_ms: int) -> Tier:
        """Take in the present number and return the tier in force."""
        seen = self._limited(steps.tier(value))
        if seen > self.tier:
            self.tier, self._calm_since_ms = seen, None
        elif self.tier is not Tier.RED and self._limited(steps.tier(value, RELEASE)) < self.tier:
            self._fall(now_ms, calm_ms)
        else:
            self._calm_since_ms = None
        return self.tier

    def _limited(self, tier: Tier) -> Tier:
        return min(tier, Tier.ORANGE) if self.is_acknowledged else tier

    def _fall(self, now_ms: int, calm_ms: int) -> None:
        if self._calm_since_ms is None:
            self._calm_since_ms = now_ms
        if now_ms - self._calm_since_ms >= calm_ms:
            self.tier, self._calm_since_ms = Tier(self.tier - 1), now_ms
            self.is_acknowledged = self.is_acknowledged and self.tier is not Tier.GREEN

    def acknowledge(self) -> None:
        """A person has seen the red: only the reducing side may be quoted until it is green again."""
        if self.tier is Tier.RED:
            self.tier, self.is_acknowledged, self._calm_since_ms = Tier.ORANGE, True, None

    def latch(self) -> None:
        """Be red without a number: a restart takes over what the run before had found."""
        self.tier, self.is_acknowledged, self._calm_since_ms = Tier.RED, False, None

"""How far inventory moves both quotes, and the inventory that funding makes worth holding."""

import math
from typing import Final

import msgspec

from bot.core.notes import Reason
from bot.core.quoting.beliefs import Beliefs, expected_drift
from bot.core.quoting.carry import target_inventory
from bot.core.quoting.opinions import Opinions
from bot.core.quoting.parameters import QuotingSettings

LARGEST_SKEW: Final = 1.5
"""In half-spreads: beyond it the reducing quote would only give money away."""
GAMMA_RATE_PER_MINUTE: Final = 0.1


class Skew(msgspec.Struct, frozen=True, kw_only=True):
    """The decision, in bps; positive when long of the target."""

    bps: float
    decided_by: str
    target_lots: float
    notes: tuple[Reason, ...] = ()


def skew_of(
    beliefs: Beliefs | Reason, quoting: QuotingSettings, opinions: Opinions, *, inventory: float, limit: float, half_bps: float,
    model_skew: float,
) -> Skew:  # fmt: skip
    """Return the larger of two: the model's skew for each order size, and `rho` half-spreads spread over the limit.

    `inventory` and `limit` in order sizes, `half_bps` the half-spread as it is quoted, `model_skew` in bps for each order size.
    Measured in a narrower one the skew would be lost behind the widening, and inventory stay while nobody trades with us.
    """
    by_rho = quoting.rho * half_bps / limit if limit > 0 else 0.0
    per_lot, decided_by = (model_skew, "model") if model_skew > by_rho else (by_rho, "rho")
    if per_lot <= 0 or not math.isfinite(per_lot):
        return Skew(bps=0.0, decided_by="off", target_lots=0.0)
    target, notes = _target(beliefs, quoting, opinions, limit, per_lot)
    most = LARGEST_SKEW * half_bps
    wanted = per_lot * (inventory - target)
    skew = min(max(wanted, -most), most)
    return Skew(bps=skew, decided_by=decided_by if skew == wanted else "largest skew", target_lots=target, notes=notes)


def _target(
    beliefs: Beliefs | Reason, quoting: QuotingSettings, opinions: Opinions, limit: float, per_lot: float
) -> tuple[float, tuple[Reason, ...]]:
    if quoting.funding_target <= 0:
        return 0.0, ()
    if opinions.funding_rate is None:
        return 0.0, (Reason(code="no_funding", text="no funding rate has arrived yet: the target is flat"),)
    if isinstance(beliefs, Reason):
        return 0.0, ()
    # The skew for each order size is sigma·c2, and c2 is known from gamma: gamma·sigma² follows without dividing by sigma.
    risk = 2 * beliefs.fill_rate * beliefs.decay * per_lot * per_lot / math.e
    return target_inventory(expected_drift(quoting, opinions), risk, quoting.funding_target * limit), ()


class Slewed:
    """A number that moves by at most a tenth of itself in a minute, so that no estimate can jolt it."""

    def __init__(self, rate_per_minute: float = GAMMA_RATE_PER_MINUTE) -> None:
        self._rate = rate_per_minute
        self._value: float | None = None
        self._moved_ms = 0

    def toward(self, target: float | None, now_ms: int) -> float | None:
        """Move towards `target` by what the time since the last call allows; None keeps what is held."""
        if target is None or not (math.isfinite(target) and target > 0):
            return self._value
        if self._value is None:
            self._value = target
        else:
            factor = (1 + self._rate) ** (max(0, now_ms - self._moved_ms) / 60_000)
            self._value = min(max(target, self._value / factor), self._value * factor)
        self._moved_ms = now_ms
        return self._value

"""How a market's quotes are modelled: every setting with its unit, range and meaning; a value out of range is refused."""

import math
from collections.abc import Mapping
from typing import Final

import msgspec

from bot.core.errors import InvalidInput
from bot.core.quoting.setting_table import SETTINGS

STRATEGIES: Final = ("simple", "composite", "glft", "avellaneda_stoikov", "grid")
ANCHORS: Final = ("mark", "mid", "weighted_mid", "microprice", "index")
QUEUE_CHOICES: Final = ("risk_averse", "power1", "power2", "power2_whole", "power3_complement", "log", "log_whole")


SWITCHES: Final = ("model_spread", "cover_costs")


class QuotingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The models of one market; `SETTINGS` has each number's unit, range and meaning. The defaults are safe to quote with.

    Raises: InvalidInput, for the first number that is out of range.
    """

    strategy: str = "simple"
    fair_price: dict[str, float] = msgspec.field(default_factory=lambda: {"mark": 1.0})
    """Weight of each view of the value; those left out are only shown."""
    follow_index: bool = False
    """Move the fair price by what the index says the mid will follow, once that is measured beyond doubt."""
    queue_model: str = "risk_averse"
    gamma: float | None = None
    """Aversion to inventory risk per order size and bps; None: from `rho` and max_position."""
    horizon_s: float | None = None
    """For avellaneda_stoikov: seconds to the rolling end; None: the time in which inventory relaxes by itself."""
    imbalance_weight: float = 0.0
    max_fair_divergence_bps: float = 50.0
    base_spread_share: float = 1.0
    fast_half_life_s: float = 15.0
    slow_half_life_s: float = 600.0
    intensity_window_s: float = 900.0
    intensity_from_bps: float = 0.0
    prior_rate: float = 0.33
    prior_decay: float = 0.85
    prior_orders: float = 50.0
    model_spread: bool = True
    cover_costs: bool = True
    prior_adverse_bps: float = 0.3
    stale_z: float = 1.0
    latency_ms: float = 250.0
    rho: float = 1.0
    soft_position: float = 0.5
    funding_target: float = 0.3
    holding_time_s: float = 600.0
    markout_cap: float = 3.0
    vpin_strength: float = 0.0
    vpin_bucket_lots: float = 0.0
    min_edge_bps: float = 0.0
    cost_edge: float = 1.0
    unknown_widening: float = 2.0
    max_half_spread_bps: float = 500.0
    levels: int = 3
    level_step_bps: float = 3.0
    size_ratio: float = 1.3
    refresh_share: float = 0.4
    queue_patience: float = 0.0

    def __post_init__(self) -> None:
        for field, value, allowed in self.problems():
            raise InvalidInput(field, value, allowed)

    def problems(self) -> list[tuple[str, object, str]]:
        """Return (field, value, what is allowed) for everything that cannot be used."""
        found: list[tuple[str, object, str]] = []
        for field, choices in (("strategy", STRATEGIES), ("queue_model", QUEUE_CHOICES)):
            if getattr(self, field) not in choices:
                found.append((field, getattr(self, field), f"one of {', '.join(choices)}"))
        found += _anchor_problems(self.fair_price)
        for field, rule in SETTINGS.items():
            value = getattr(self, field)
            if not (math.isfinite(value) and rule.low <= value <= rule.high):
                found.append((field, value, f"{rule.low:g} to {rule.high:g} {rule.unit}"))
        for field, high in (("gamma", 1e6), ("horizon_s", 1e6)):
            value = getattr(self, field)
            if value is not None and not (math.isfinite(value) and 0 < value <= high):
                found.append((field, value, f"a number above 0 and at most {high:g}, or nothing"))
        if self.fast_half_life_s > self.slow_half_life_s:
            found.append(("fast_half_life_s", self.fast_half_life_s, f"at most slow_half_life_s ({self.slow_half_life_s:g} s)"))
        if self.base_spread_share == 0 and not self.model_spread:
            found.append(("base_spread_share", 0, "above 0 unless model_spread is on: something must keep the quotes apart"))
        return found


def _anchor_problems(weights: Mapping[str, float]) -> list[tuple[str, object, str]]:
    unknown = [name for name in weights if name not in ANCHORS]
    if unknown:
        return [("fair_price", unknown[0], f"weights for {', '.join(ANCHORS)}")]
    if not all(math.isfinite(weight) and 0 <= weight <= 1 for weight in weights.values()) or not any(weights.values()):
        return [("fair_price", dict(weights), "weights from 0 to 1, at least one above 0")]
    return []


ALL_OFF: Final = QuotingSettings(
    strategy="composite",
    model_spread=False,
    cover_costs=False,
    **{name: rule.off for name, rule in SETTINGS.items() if rule.off is not None and name not in SWITCHES},  # type: ignore[arg-type]  # numbers by name
)
"""The composite quote with every part switched off: the documents' rule."""

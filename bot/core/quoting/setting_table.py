"""Every number of the quoting models: its range, its unit, its meaning, and the value that switches its part off."""

from collections.abc import Mapping
from typing import Final

import msgspec


class Setting(msgspec.Struct, frozen=True):
    """What is known about one number of the configuration."""

    low: float
    high: float
    unit: str
    meaning: str
    is_hot: bool = True
    """It may change while the bot quotes; a cold one belongs to an estimator that would have to start afresh."""
    off: float | None = None
    """The value that switches the part off, where there is one."""


SETTINGS: Final[Mapping[str, Setting]] = {
    "imbalance_weight": Setting(
        0,
        1,
        "share",
        "How far the microprice leans on the imbalance before its table is estimated: 0 the mid, 1 the weighted mid.",
        off=0,
    ),
    "max_fair_divergence_bps": Setting(
        5, 500, "bps", "Largest distance of the fair price from the mark; beyond it nothing is quoted."
    ),
    "base_spread_share": Setting(0, 1, "share", "Lower bound of the half-spread, as a share of spread_percentage.", off=1),
    "fast_half_life_s": Setting(5, 60, "s", "Half-life of the fast volatility.", is_hot=False),
    "slow_half_life_s": Setting(120, 3600, "s", "Half-life of the slow volatility.", is_hot=False),
    "intensity_window_s": Setting(300, 3600, "s", "Window of public trades behind the fill intensity.", is_hot=False),
    "intensity_from_bps": Setting(
        0, 50, "bps", "Distance from the mid above which the fill intensity is fitted: where we quote.", is_hot=False
    ),
    "prior_rate": Setting(
        0.001, 100, "1/s", "Fill intensity at the mid that is believed before trades were seen, for one side.", is_hot=False
    ),
    "prior_decay": Setting(
        0.01, 20, "1/bps", "Decay of the fill intensity that is believed before trades were seen.", is_hot=False
    ),
    "prior_orders": Setting(20, 200, "orders", "How many aggressive orders that belief is worth.", is_hot=False),
    "model_spread": Setting(0, 1, "0 or 1", "Ask for the half-spread of the inventory model plus costs.", off=0),
    "cover_costs": Setting(0, 1, "0 or 1", "Ask for at least the maker fee plus measured adverse selection.", off=0),
    "prior_adverse_bps": Setting(0, 20, "bps", "Adverse selection that is believed before any fill of ours was judged."),
    "stale_z": Setting(
        0, 2, "standard deviations", "Ask for this many standard deviations of the price over the time a quote is stale.", off=0
    ),
    "latency_ms": Setting(0, 10_000, "ms", "Time from an event to our order on the book while none is measured."),
    "rho": Setting(0, 1.5, "half-spreads", "Skew at full inventory, in half-spreads.", off=0),
    "soft_position": Setting(
        0, 1, "share", "Share of max_position from which the growing side becomes smaller; 1: full size up to the limit.", off=1
    ),
    "funding_target": Setting(0, 0.5, "share", "Largest share of max_position that is held to earn funding.", off=0),
    "holding_time_s": Setting(10, 86_400, "s", "How long inventory is usually held; a funding payment further away counts less."),
    "markout_cap": Setting(1, 4, "factor", "Largest widening when our own fills age badly.", off=1),
    "vpin_strength": Setting(0, 2, "factor", "Widening at the highest one-sidedness of volume.", off=0),
    "vpin_bucket_lots": Setting(
        0, 1e9, "lots", "Volume of one bucket, about a fiftieth of a day; 0: not measured.", is_hot=False, off=0
    ),
    "min_edge_bps": Setting(
        0, 50, "bps", "Every quote keeps at least this distance from the fair price, whatever the skew.", off=0
    ),
    "cost_edge": Setting(
        0,
        1,
        "share",
        "Every quote keeps this share of fee and adverse selection from the fair price, whatever the skew.",
        off=0,
    ),
    "unknown_widening": Setting(1, 4, "factor", "Widening while an estimate that is needed does not exist yet.", off=1),
    "max_half_spread_bps": Setting(1, 2000, "bps", "The half-spread is never wider."),
    "levels": Setting(1, 8, "quotes", "Quotes on each side.", off=1),
    "level_step_bps": Setting(0, 200, "bps", "Distance between levels; at least half of the half-spread and one tick."),
    "size_ratio": Setting(1, 2, "factor", "Size of each level in that of the level before it.", off=1),
    "refresh_share": Setting(0.2, 0.8, "share", "A quote is moved when it is wrong by this share of the half-spread."),
    "queue_patience": Setting(
        0, 4, "factor", "How much more a quote at the front of its queue may be wrong before it is moved.", off=0
    ),
}

COLD_SETTINGS: Final = frozenset({"queue_model"} | {name for name, rule in SETTINGS.items() if not rule.is_hot})
"""Settings that belong to an estimator: with another value it starts afresh."""

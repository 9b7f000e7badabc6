"""Named moods of the background flow. Volatility in basis points per square root of a second, rates per second."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from simulator.cst_pressure import Temper


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """How the background participants of one market behave."""

    name: str
    permanent_vol_bps: float = 1.15
    """Together with the transient part about 1.2 bps per square root of a second."""
    transient_vol_bps: float = 0.35
    transient_half_life_s: float = 2.0
    drift_bps_per_s: float = 0.0
    jump_rate: float = 0.0
    jump_mean_bps: float = 0.0
    maker_lag_steps: int = 1
    """How many steps the makers' view of the efficient price is old: the room informed takers live in."""
    half_spread_ticks: float = 1.2
    levels: int = 40
    level_notional: float = 9_000.0
    pull_chance: float = 0.8
    """Per step: that a maker withdraws a quote which became too generous."""
    add_chance: float = 0.5
    """Per step: that a missing level is quoted again."""
    noise_rate: float = 1.2
    """Uninformed takers, each side."""
    excitation: float = 1.8
    """Each market order adds this much to its own side's rate; see `decay`."""
    cross_excitation: float = 0.2
    decay: float = 4.0
    taker_notional: float = 2_500.0
    informed_chance: float = 0.6
    """Per step: that somebody takes a price better than the efficient one."""
    informed_edge_ticks: float = 0.5
    informed_notional: float = 8_000.0


CALM: Final = Regime(name="calm", permanent_vol_bps=0.5, transient_vol_bps=0.2, noise_rate=0.8)
NORMAL: Final = Regime(name="normal")
TRENDING: Final = Regime(name="trending", drift_bps_per_s=0.25)
VOLATILE: Final = Regime(
    name="volatile", permanent_vol_bps=3.0, transient_vol_bps=1.0, jump_rate=1 / 60, jump_mean_bps=8.0, noise_rate=2.5
)
TOXIC: Final = Regime(
    name="toxic",
    permanent_vol_bps=1.6,
    maker_lag_steps=4,
    informed_chance=0.95,
    informed_edge_ticks=0.0,
    informed_notional=25_000.0,
)
THIN: Final = Regime(
    name="thin", levels=12, level_notional=2_500.0, half_spread_ticks=6.0, noise_rate=0.3, add_chance=0.3,
    taker_notional=1_500.0, informed_notional=1_500.0, informed_chance=0.3,
)  # fmt: skip
FLASH_CRASH: Final = Regime(
    name="flash_crash", permanent_vol_bps=4.0, drift_bps_per_s=-15.0, levels=15, level_notional=2_500.0, add_chance=0.2,
    noise_rate=4.0, informed_notional=30_000.0,
)  # fmt: skip

REGIMES: Final[Mapping[str, Regime]] = MappingProxyType(
    {each.name: each for each in (CALM, NORMAL, TRENDING, VOLATILE, TOXIC, THIN, FLASH_CRASH)}
)
FLASH_CRASH_S: Final = 12.0
"""A crash lasts this long; then the price climbs back twice as slowly and the mood returns to normal."""
AFTERMATH: Final = replace(FLASH_CRASH, name="flash_crash", drift_bps_per_s=7.5, permanent_vol_bps=2.5, add_chance=0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedMood:
    """The same moods for the extended flow: its pressure, and factors on the rates of the book."""

    temper: Temper = field(default_factory=Temper)
    pace: float = 1.0
    """How fast everything happens."""
    supply: float = 1.0
    """On limit orders alone: the depth of the book."""


EXTENDED_MOODS: Final[Mapping[str, ExtendedMood]] = MappingProxyType(
    {
        CALM.name: ExtendedMood(temper=Temper(median_vol=0.6, jump_rate=0.0), pace=0.7),
        NORMAL.name: ExtendedMood(),
        TRENDING.name: ExtendedMood(temper=Temper(drift=2.0)),
        VOLATILE.name: ExtendedMood(temper=Temper(median_vol=5.0, jump_rate=1 / 60)),
        TOXIC.name: ExtendedMood(temper=Temper(median_vol=2.5, taker_lean=1.0, book_lean=0.1, lean_limit=2.5)),
        THIN.name: ExtendedMood(supply=0.45),
        FLASH_CRASH.name: ExtendedMood(temper=Temper(median_vol=5.0, drift=-40.0), supply=0.6),
    }
)

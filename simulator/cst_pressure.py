"""What the extended flow adds to the base book: four switches, each off by default.

* Latent efficient price: a price F the participants know moves by itself; market orders lean towards it.
* Reaction of the book: limit orders and cancellations lean towards F as well.
* Self-exciting market orders: each one raises the rate of its own side, and a little that of the other, for a while.
* Size law: market orders have a heavy tail of sizes instead of one unit.

The last two lower the base rate so that the traded volume stays what it was. Times in seconds, prices in ticks.
"""

from dataclasses import dataclass
from functools import cache
from math import exp, log, sqrt
from random import Random
from typing import Final

from simulator.cst import Excess, Pressure
from simulator.matching import Side

STEP_S: Final = 0.05
NEUTRAL: Final = (1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Which additions are on."""

    latent_price: bool = False
    book_reacts: bool = False
    """Needs the latent price."""
    self_exciting: bool = False
    size_law: bool = False


ALL_ON: Final = Switches(latent_price=True, book_reacts=True, self_exciting=True, size_law=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """How strong the additions are; rates per second, prices in ticks."""

    median_vol: float = 1.565
    """Of the efficient price, per square root of a second; it wanders as a lognormal whose mean is then 2."""
    log_vol_sd: float = 0.7
    log_vol_half_life_s: float = 300.0
    drift: float = 0.0
    jump_rate: float = 1 / 300
    jump_mean: float = 12.0
    """Of the size; the description says 6, with which the tails it reports do not come about (docs/decisions/0014)."""
    taker_lean: float = 0.5
    """How market orders answer to each tick between efficient price and mid; the knob of toxicity."""
    book_lean: float = 0.5
    lean_limit: float = 2.0
    own_excitation: float = 1.8
    cross_excitation: float = 0.2
    cooling: float = 4.0
    size_shape: float = 2.5
    size_cap: int = 10

    @property
    def branching(self) -> float:
        """How many market orders each one causes directly, on average."""
        return (self.own_excitation + self.cross_excitation) / self.cooling

    @property
    def mean_units(self) -> float:
        """The mean size of a market order."""
        return _mean_units(self.size_shape, self.size_cap)


@cache
def _mean_units(shape: float, cap: int) -> float:
    """Return the mean of floor(Pareto) capped: the sum over n of the chance to be at least n."""
    return sum((float(n) ** -shape for n in range(1, cap + 1)), 0.0)


class LatentPrice:
    """The price participants know: a random walk in ticks whose volatility wanders, with rare jumps."""

    __slots__ = ("_log_vol", "_random", "value")

    def __init__(self, value: float, random: Random) -> None:
        self.value = value
        self._random = random
        self._log_vol = 0.0

    def step(self, seconds: float, temper: Temper) -> None:
        """Let `seconds` pass."""
        gauss, chance = self._random.gauss, self._random.random
        keep = 0.5 ** (seconds / temper.log_vol_half_life_s)
        self._log_vol = keep * self._log_vol + temper.log_vol_sd * sqrt(1 - keep * keep) * gauss(0.0, 1.0)
        vol = temper.median_vol * exp(self._log_vol)
        self.value += temper.drift * seconds + vol * sqrt(seconds) * gauss(0.0, 1.0)
        if temper.jump_rate and chance() < temper.jump_rate * seconds:
            self.value += -temper.jump_mean * log(1 - chance()) * (1 if chance() < 0.5 else -1)


class ExtendedPressure(Pressure):
    """The switches at work; implements `Pressure`."""

    def __init__(
        self, random: Random, *, mid: float, switches: Switches = ALL_ON, temper: Temper | None = None, start: float = 0.0
    ) -> None:
        self._random = random
        self._switches = switches
        self.latent = LatentPrice(mid, random)
        self.temper = temper or Temper()
        self.frozen = False
        """While frozen the efficient price stands still."""
        self._refreshed = start
        if switches.latent_price:
            self.next_at = start + STEP_S

    @property
    def _base(self) -> float:
        """The factor of the market rate that keeps the volume."""
        kept = 1.0 - self.temper.branching if self._switches.self_exciting else 1.0
        return kept / self.temper.mean_units if self._switches.size_law else kept

    def refresh(self, now: float, mid: float) -> None:
        if self._switches.self_exciting:
            left = self.still_hot(now)
            self.heat = (self.heat[0] * left, self.heat[1] * left)
        self._refreshed = now
        while now >= self.next_at:
            self.next_at += STEP_S
            if not self.frozen:
                self.latent.step(STEP_S, self.temper)
        gap = self.latent.value - mid if self._switches.latent_price else 0.0
        base, takers = self._base, self._lean(self.temper.taker_lean * gap)
        self.market = (base * takers[0], base * takers[1])
        if self._switches.book_reacts:
            self.limit = self._lean(self.temper.book_lean * gap)
            self.cancel = (self.limit[1], self.limit[0])

    def _lean(self, pull: float) -> Excess:
        limit = self.temper.lean_limit
        if pull == 0.0:
            return NEUTRAL
        up = exp(max(-limit, min(limit, pull)))
        return up, 1.0 / up

    def still_hot(self, now: float) -> float:
        return exp(-self.temper.cooling * (now - self._refreshed))

    def note_market(self, side: Side) -> None:
        if self._switches.self_exciting:
            own, other = self.temper.own_excitation, self.temper.cross_excitation
            buy, sell = (own, other) if side is Side.BUY else (other, own)
            self.heat = (self.heat[0] + buy, self.heat[1] + sell)

    def units(self) -> int:
        if not self._switches.size_law:
            return 1
        return min(self.temper.size_cap, int(self._random.paretovariate(self.temper.size_shape)))

"""The Cont-Stoikov-Talreja book as the background flow of a market, plain (`cst`) or with its four additions (`extended`).

The plain book lives by the minute, as published, and its price wanders by itself: index and mark follow its mid. The extended one
lives by the second, three times as fast, around an efficient price of its own that index and mark follow. Orders go through the
venue like everybody's, and customers' orders are part of the book the flow looks at. `speed` scales this clock only.
"""

from dataclasses import replace
from math import ceil, floor, log
from typing import Final

from bot.core.numbers import Lots, Ticks
from simulator.chance import seeded
from simulator.cst import PUBLISHED, CstStream, Pressure
from simulator.cst_pressure import ExtendedPressure
from simulator.efficient_price import Oracle
from simulator.flow import MARK_EVERY_MS
from simulator.matching import OrderBook, Side
from simulator.regimes import EXTENDED_MOODS, FLASH_CRASH, FLASH_CRASH_S, NORMAL, Regime
from simulator.venue import Venue

UNIT_NOTIONAL: Final = 5_000.0
"""What one unit of the model is worth here, in collateral."""
EXTENDED_SPEED: Final = 3.0
"""Rates of the extended flow per second: this many times the published ones per minute."""


class VenueGround:
    """One market of the venue as the flow's ground; implements `Ground`."""

    def __init__(self, venue: Venue, market: str) -> None:
        self._venue = venue
        self._market = market

    @property
    def book(self) -> OrderBook:
        return self._venue.markets[self._market].book

    def rest(self, side: Side, price: Ticks, lots: Lots) -> int | None:
        return self._venue.house_rest(self._market, side, price, lots)

    def cancel(self, order_id: int) -> None:
        self._venue.house_cancel(self._market, order_id)

    def take(self, side: Side, limit: Ticks, lots: Lots) -> Lots:
        return self._venue.house_take(self._market, side, limit, lots)


class CstFlow:
    """The plain book; implements `Flow`."""

    kind = "cst"
    unit_ms = 60_000.0
    """The rates' unit of time."""

    def __init__(self, venue: Venue, market: str, *, seed: int, speed: float = 1.0) -> None:
        self._venue = venue
        self._market = market
        self._seed = seed
        self._speed = speed
        spec = venue.markets[market].spec
        self._tick = float(spec.tick_size)
        start = float(spec.start_price)
        self._start_ticks = start / self._tick
        self._oracle = Oracle(log(start), seeded(seed, "oracle", market))
        lots = round(UNIT_NOTIONAL / (start * float(spec.lot_size)))
        self.stream = CstStream(
            VenueGround(venue, market),
            seeded(seed, "cst", market),
            mid=floor(self._start_ticks),
            unit=max(lots, int(spec.min_order_size / spec.lot_size)),
            rates=PUBLISHED,
            pressure=self._pressure(),
        )
        self._origin_ms = float(venue.now_ms)
        self._mark_ms = venue.now_ms
        self.frozen = True
        """While frozen prices are not published: the book fills and trades before the doors open."""

    def _pressure(self) -> Pressure:
        return Pressure()

    def start(self) -> None:
        """Fill the book and begin to step on the venue's agenda."""
        self.stream.fill_book()
        self._schedule()

    def state(self) -> dict[str, object]:
        return {"kind": self.kind, "market": self._market, "speed": self._speed}

    def sit_out(self, skipped_ms: int) -> None:
        self._origin_ms += skipped_ms

    @property
    def _believed_ticks(self) -> float:
        return self.stream.mid

    def _due_ms(self) -> float:
        return self._origin_ms + self.stream.next_at * self.unit_ms / self._speed

    def _schedule(self) -> None:
        self._venue.agenda.add(ceil(self._due_ms()), self._run)

    def _run(self, now_ms: int) -> None:
        while self._due_ms() <= now_ms:
            self._before_step()
            self.stream.step()
        elapsed_ms = now_ms - self._mark_ms
        if not self.frozen and elapsed_ms >= MARK_EVERY_MS:
            self._mark_ms = now_ms
            self._oracle.follow(log(max(1.0, self._believed_ticks) * self._tick), elapsed_ms / 1000 * self._speed)
            self._oracle.publish(self._venue, self._market)
        self._schedule()

    def _before_step(self) -> None:
        """Do what the clock of the flow asks for before the next event."""


class ExtendedFlow(CstFlow):
    """The book with all four additions, in a mood that can change; implements `SteerableFlow`."""

    kind = "extended"
    unit_ms = 1_000.0

    def __init__(self, venue: Venue, market: str, *, seed: int, regime: Regime = NORMAL, speed: float = 1.0) -> None:
        super().__init__(venue, market, seed=seed, speed=speed)
        self._mood_ends_at: float | None = None
        self.set_regime(regime)

    def _pressure(self) -> Pressure:
        self.pressure = ExtendedPressure(seeded(self._seed, "pressure", self._market), mid=self._start_ticks)
        self.pressure.frozen = True
        return self.pressure

    def state(self) -> dict[str, object]:
        return super().state() | {"regime": self.regime.name, "efficient_price": f"{self._believed_ticks * self._tick:.6f}"}

    @property
    def _believed_ticks(self) -> float:
        return self.pressure.latent.value

    def set_regime(self, regime: Regime) -> None:
        self.regime = regime
        self._mood_ends_at = self.stream.now + FLASH_CRASH_S if regime is FLASH_CRASH else None
        mood = EXTENDED_MOODS[regime.name]
        self.pressure.temper = mood.temper
        rates = PUBLISHED.scaled(EXTENDED_SPEED * mood.pace)
        self.stream.set_rates(replace(rates, limit=tuple(rate * mood.supply for rate in rates.limit)))

    def set_price(self, price: float) -> None:
        """Move the efficient price at once; the participants follow in their own time."""
        self.pressure.latent.value = price / self._tick

    def _before_step(self) -> None:
        self.pressure.frozen = self.frozen
        if self.frozen and self._mood_ends_at is not None:
            self._mood_ends_at = self.stream.next_at + FLASH_CRASH_S  # a crash waits for the doors to open
        if self._mood_ends_at is not None and self.stream.next_at >= self._mood_ends_at:
            if self.pressure.temper.drift < 0:
                self.pressure.temper = replace(self.pressure.temper, drift=-self.pressure.temper.drift / 2)
                self._mood_ends_at += 2 * FLASH_CRASH_S
            else:
                self.set_regime(NORMAL)

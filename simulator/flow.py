"""Background participants of one market: makers who follow the efficient price, and takers who do or do not know it.

Every 50 ms of flow time the efficient price moves; informed takers hit whatever is better than it, ours included; makers, who see
it a little later, withdraw what became too generous and quote anew; noise takers arrive in bursts. All of it goes through the
same book as customers' orders. `speed` scales this clock only.
"""

from collections import deque
from math import ceil, floor
from typing import Final, Protocol

from bot.core.numbers import Lots, Ticks
from simulator.chance import seeded
from simulator.efficient_price import EfficientPrice
from simulator.matching import Side
from simulator.regimes import AFTERMATH, FLASH_CRASH, FLASH_CRASH_S, NORMAL, Regime
from simulator.venue import Venue

STEP_MS: Final = 50
STEP_S: Final = STEP_MS / 1000
MARK_EVERY_MS: Final = 200
NEAR_TICKS: Final = 15
FAR_STEP: Final = 4
"""Beyond the near levels makers quote round prices only."""
SIZE_SHAPE: Final = 2.5
SIZE_CAP: Final = 10.0


class Flow(Protocol):
    """Something that makes a market live."""

    def start(self) -> None: ...
    def state(self) -> dict[str, object]: ...
    def sit_out(self, skipped_ms: int) -> None: ...


class SteerableFlow(Flow, Protocol):
    """A flow with moods and an efficient price."""

    def set_regime(self, regime: Regime) -> None: ...
    def set_price(self, price: float) -> None: ...


class SyntheticFlow:
    """The generated flow of one market; implements `Flow`."""

    def __init__(self, venue: Venue, market: str, *, seed: int, regime: Regime = NORMAL, speed: float = 1.0) -> None:
        self._venue = venue
        self._market = market
        self._state = venue.markets[market]
        self._spec = self._state.spec
        self._tick = float(self._spec.tick_size)
        self._random = seeded(seed, "flow", market)
        self._price = EfficientPrice(float(self._spec.start_price), seeded(seed, "price", market))
        self._speed = speed
        self._next_ms = float(venue.now_ms)
        self._seen: deque[float] = deque([self._price.value], maxlen=64)
        self._resting: dict[Side, dict[Ticks, int]] = {Side.BUY: {}, Side.SELL: {}}
        self._heat = {Side.BUY: 0.0, Side.SELL: 0.0}
        self._mark_ms = venue.now_ms
        self._mood_left_s: float | None = None
        self.set_regime(regime)
        self.frozen = True
        """While frozen the efficient price stands still: the book fills and trades before the doors open."""

    # ── control ──

    def start(self) -> None:
        """Fill the book and begin to step on the venue's agenda."""
        for _ in range(3):
            for side in Side:
                self._quote(side, add_chance=1.0)
        self._schedule()

    def state(self) -> dict[str, object]:
        return {
            "kind": "synthetic",
            "market": self._market,
            "regime": self.regime.name,
            "speed": self._speed,
            "efficient_price": f"{self._price.value:.6f}",
        }

    def sit_out(self, skipped_ms: int) -> None:
        self._next_ms += skipped_ms

    def set_regime(self, regime: Regime) -> None:
        self.regime = regime
        self._mood_left_s = FLASH_CRASH_S if regime is FLASH_CRASH else None

    def set_price(self, price: float) -> None:
        """Move the efficient price at once; makers and takers notice in their own time."""
        self._price.move_to(price)

    # ── one step ──

    def _schedule(self) -> None:
        self._next_ms += STEP_MS / self._speed
        self._venue.agenda.add(ceil(self._next_ms), self._run)

    def _run(self, now_ms: int) -> None:
        if not self.frozen:
            self._price.step(STEP_S, self.regime)
            self._pass_mood()
        self._seen.append(self._price.value)
        self._take_informed()
        for side in Side:
            self._withdraw(side)
        for side in Side:
            self._quote(side, add_chance=self.regime.add_chance)
        self._take_noise()
        if not self.frozen and now_ms - self._mark_ms >= MARK_EVERY_MS:
            self._publish_prices(now_ms)
        self._schedule()

    def _pass_mood(self) -> None:
        if self._mood_left_s is None:
            return
        self._mood_left_s -= STEP_S
        if self._mood_left_s <= 0:
            self.regime, self._mood_left_s = (AFTERMATH, 2 * FLASH_CRASH_S) if self.regime is FLASH_CRASH else (NORMAL, None)

    def _publish_prices(self, now_ms: int) -> None:
        self._mark_ms = now_ms
        self._price.oracle.publish(self._venue, self._market)

    # ── makers ──

    @property
    def _believed(self) -> float:
        """The efficient price as the makers see it, in ticks."""
        lag = min(self.regime.maker_lag_steps + 1, len(self._seen))
        return self._seen[-lag] / self._tick

    def _keenest(self, side: Side) -> int:
        """Return the best price, in ticks, that a maker would show."""
        believed = self._believed
        if side is Side.BUY:
            return floor(believed - self.regime.half_spread_ticks)
        return ceil(believed + self.regime.half_spread_ticks)

    def _withdraw(self, side: Side) -> None:
        keenest, sign, regime = self._keenest(side), side.sign, self.regime
        book, resting, chance = self._state.book, self._resting[side], self._random.random
        deepest = NEAR_TICKS + (regime.levels - NEAR_TICKS) * FAR_STEP * 1.5
        for price, order_id in list(resting.items()):
            if book.find(order_id) is None:
                del resting[price]
                continue
            behind = (keenest - price) * sign
            if (
                (behind < 0 and chance() < regime.pull_chance)
                or behind > deepest
                or (behind > NEAR_TICKS and price % FAR_STEP and chance() < 0.05)
                or chance() < 0.004
            ):
                self._venue.house_cancel(self._market, order_id)
                del resting[price]

    def _quote(self, side: Side, *, add_chance: float) -> None:
        keenest, sign, regime = self._keenest(side), side.sign, self.regime
        resting, chance = self._resting[side], self._random.random
        for number in range(regime.levels):
            price = Ticks(keenest - sign * self._offset(keenest, sign, number))
            if price <= 0 or price in resting or chance() >= add_chance:
                continue
            order_id = self._venue.house_rest(self._market, side, price, self._level_lots(price, number))
            if order_id is not None:
                resting[price] = order_id

    def _offset(self, keenest: int, sign: int, number: int) -> int:
        if number < NEAR_TICKS:
            return number
        offset = NEAR_TICKS + (number - NEAR_TICKS) * FAR_STEP
        return offset + (keenest - sign * offset) * sign % FAR_STEP

    def _level_lots(self, price: Ticks, number: int) -> Lots:
        notional = self.regime.level_notional * (0.3 + min(number, 25) / 8.0) * self._random.lognormvariate(0.0, 0.7)
        return self._lots(notional, price)

    def _lots(self, notional: float, price: int) -> Lots:
        lots = notional / (price * self._tick * float(self._spec.lot_size))
        smallest = self._spec.min_order_size / self._spec.lot_size
        return Lots(max(round(lots), int(smallest)))

    # ── takers ──

    def _take_informed(self) -> None:
        fair, regime = self._price.value / self._tick, self.regime
        best_ask, best_bid = self._state.book.best(Side.SELL), self._state.book.best(Side.BUY)
        if best_ask is not None and best_ask < fair - regime.informed_edge_ticks:
            self._hit(Side.BUY, floor(fair - regime.informed_edge_ticks))
        if best_bid is not None and best_bid > fair + regime.informed_edge_ticks:
            self._hit(Side.SELL, ceil(fair + regime.informed_edge_ticks))

    def _hit(self, side: Side, limit: int) -> None:
        if self._random.random() < self.regime.informed_chance:
            self._take(side, Ticks(limit), self.regime.informed_notional)

    def _take_noise(self) -> None:
        cooling = 1.0 - self.regime.decay * STEP_S
        for side in Side:
            self._heat[side] *= cooling
            if self._random.random() < min(0.5, (self.regime.noise_rate + self._heat[side]) * STEP_S):
                best = self._state.book.best(side.opposite)
                if best is not None:
                    slippage = self._random.randint(0, 6)
                    self._take(side, Ticks(max(1, best + side.sign * slippage)), self.regime.taker_notional)

    def _take(self, side: Side, limit: Ticks, notional: float) -> None:
        size = min(self._random.paretovariate(SIZE_SHAPE), SIZE_CAP) * 0.6
        if self._venue.house_take(self._market, side, limit, self._lots(notional * size, limit)):
            self._heat[side] += self.regime.excitation
            self._heat[side.opposite] += self.regime.cross_excitation

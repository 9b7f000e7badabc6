"""One run of one strategy in one mood of the market, and what became of it."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.config import BotConfig
from bot.core.orders import Owner, Side, Status
from proofs.stage.lean_world import START_MS, LeanWorld
from simulator.matching import Side as VenueSide
from simulator.regimes import FLASH_CRASH, NORMAL, REGIMES

LOOK_MS: Final = 500
WATCH_S: Final = 20
"""Every run begins with watching: the estimators learn, nothing is quoted."""
CRASH_AFTER_S: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run left behind. Money in collateral; spread in bps of the mid; inventory in order sizes."""

    regime: str
    seed: int
    spread_bps: float
    """Time-weighted distance from our best bid to our best ask, while both rest."""
    two_sided: float
    """Share of the time in which both rest."""
    fills: int
    notional: float
    pnl: float
    """Money and inventory at the mid, from the beginning of the mood to the end, after fees and funding."""
    inventory: float
    """Root of the mean square: deviation from flat."""
    largest_inventory: float
    drawdown: float
    """Largest fall of the marked value from a maximum before it."""
    orders: int
    rejects: int

    @property
    def pnl_bps(self) -> float:
        """PnL for each notional traded; 0 when nothing was."""
        return self.pnl / self.notional * 1e4 if self.notional else 0.0


@dataclass(slots=True)
class _Watch:
    """Looks at the exchange's truth at regular times."""

    order_size: float
    looks: int = 0
    both: int = 0
    spread: float = 0.0
    square: float = 0.0
    largest: float = 0.0
    value: float = 0.0
    highest: float = 0.0
    drawdown: float = 0.0
    cash: Decimal = Decimal(0)
    booked: int = 0
    mid: float = 0.0

    def look(self, world: LeanWorld) -> None:
        self._count_money(world)
        held = float(world.position) / self.order_size
        self.looks += 1
        self.square += held * held
        self.largest = max(self.largest, abs(held))
        quoted = _quoted_spread_bps(world, self.mid)
        if quoted is not None:
            self.both += 1
            self.spread += quoted

    def _count_money(self, world: LeanWorld) -> None:
        for fill in world.fills[self.booked :]:
            self.cash -= fill.size * fill.price + fill.fee
        self.booked = len(world.fills)
        book, tick = world.venue.markets[world.spec.name].book, float(world.spec.tick_size)
        bid, ask = book.best(VenueSide.BUY), book.best(VenueSide.SELL)
        if bid is not None and ask is not None:
            self.mid = (bid + ask) / 2 * tick
        self.value = float(self.cash) + float(world.position) * self.mid
        self.highest = max(self.highest, self.value)
        self.drawdown = max(self.drawdown, self.highest - self.value)


def _quoted_spread_bps(world: LeanWorld, mid: float) -> float | None:
    """Return the distance between our best resting prices; None unless both sides rest."""
    rules = world.engine.views[world.spec.name].rules
    resting = [
        order
        for order in world.engine.orders.of(world.spec.name, Owner.BOT)
        if order.status in (Status.RESTING, Status.CANCELLING)
    ]
    bids = [order.price for order in resting if order.side is Side.BUY]
    asks = [order.price for order in resting if order.side is Side.SELL]
    if not bids or not asks or not mid:
        return None
    return float(rules.price(min(asks)) - rules.price(max(bids))) / mid * 1e4


def play(regime: str, seed: int, config: BotConfig, seconds: int) -> Outcome:
    """Let a bot with this configuration live through a mood, flat at first; the same arguments give the same outcome.

    It watches for a while before it quotes, so that its estimators know the mood. A flash crash comes while it quotes: first the
    market is normal, the crash sets in after `CRASH_AFTER_S`.
    """
    is_crash = regime == FLASH_CRASH.name
    world = LeanWorld(seed, config, regime=NORMAL if is_crash else REGIMES[regime])
    world.run_until(START_MS + WATCH_S * 1000)
    world.start()
    watch, end_ms = _Watch(float(config.order_size)), START_MS + (WATCH_S + seconds) * 1000
    if is_crash:
        world.run_until(world.now_ms + CRASH_AFTER_S * 1000, watch.look, LOOK_MS)
        world.exchange.set_regime(regime)
    world.run_until(end_ms, watch.look, LOOK_MS)
    return Outcome(
        regime=regime,
        seed=seed,
        spread_bps=watch.spread / watch.both if watch.both else math.nan,
        two_sided=watch.both / watch.looks,
        fills=len(world.fills),
        notional=sum(float(abs(fill.size) * fill.price) for fill in world.fills),
        pnl=watch.value,
        inventory=math.sqrt(watch.square / watch.looks),
        largest_inventory=watch.largest,
        drawdown=watch.drawdown,
        orders=len(world.sent),
        rejects=sum(world.engine.counters.rejects.values()),
    )

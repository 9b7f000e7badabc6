"""The zero-intelligence order book of Cont, Stoikov and Talreja as a stream of orders into a real book.

Unit orders only. Limit orders arrive on each side at i ticks from the opposite best with rate lambda(i), every resting unit is
withdrawn with rate theta(i), market orders arrive with rate mu; all independent and exponential. Rates per minute as published
(Operations Research 58(3), 2010, table 2), continued beyond five ticks by the paper's power law. Exact answers are known for this
book, which is why it is the base of the generated flow.

Pure: a clock of its own that only `step` moves, a seeded generator, and a `Ground` to put orders on. Between two events nothing
happens, so the next time is known in advance: `next_at`.
"""

from bisect import bisect_left
from dataclasses import dataclass
from enum import Enum, auto
from itertools import accumulate
from random import Random
from typing import Final, Protocol

from bot.core.numbers import Lots, Ticks
from simulator.matching import OrderBook, RestingOrder, Side

FAR_TICKS: Final = 1_000
"""A market order goes no further than this beyond the best price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CstRates:
    """Arrival rates per unit of time; index 0 is one tick from the opposite best price."""

    limit: tuple[float, ...]
    """Of each side; beyond the last distance nothing arrives."""
    cancel: tuple[float, ...]
    """For each resting unit; the last one holds for everything further away."""
    market: float
    """Of each side."""

    def scaled(self, factor: float) -> "CstRates":
        """Return the same book living `factor` times as fast."""
        return CstRates(
            limit=tuple(rate * factor for rate in self.limit),
            cancel=tuple(rate * factor for rate in self.cancel),
            market=self.market * factor,
        )


def _power_law(nearest: int, farthest: int) -> tuple[float, ...]:
    return tuple(1.92 / ticks**0.52 for ticks in range(nearest, farthest + 1))


PUBLISHED: Final = CstRates(
    limit=(1.85, 1.51, 1.09, 0.88, 0.77, *_power_law(6, 30)),
    cancel=(0.71, 0.81, 0.68, 0.56, 0.47),
    market=0.94,
)


class Ground(Protocol):
    """Where the flow's orders go."""

    @property
    def book(self) -> OrderBook: ...
    def rest(self, side: Side, price: Ticks, lots: Lots) -> int | None: ...
    def cancel(self, order_id: int) -> None: ...
    def take(self, side: Side, limit: Ticks, lots: Lots) -> Lots: ...


class BareGround:
    """A book without an exchange around it; implements `Ground`."""

    def __init__(self) -> None:
        self.book = OrderBook()
        self._last_id = 0

    def rest(self, side: Side, price: Ticks, lots: Lots) -> int | None:
        if self.book.would_cross(side, price):
            return None
        self._last_id += 1
        self.book.rest(RestingOrder(self._last_id, 0, side, price, lots))
        return self._last_id

    def cancel(self, order_id: int) -> None:
        self.book.remove(order_id)

    def take(self, side: Side, limit: Ticks, lots: Lots) -> Lots:
        return Lots(lots - self.book.take(side, limit, lots).left)


class Happening(Enum):
    """What one step did."""

    NOTHING = auto()
    """A proposal was thinned out: rates are bounded from above and corrected by refusing."""
    LIMIT = auto()
    CANCEL = auto()
    BUY = auto()
    """A market order."""
    SELL = auto()


_BUY: Final = Side.BUY  # a module's name is found faster than an enumeration's member
_SELL: Final = Side.SELL
Excess = tuple[float, float]
"""Factors or rates for (buying, selling)."""


class Pressure:
    """What makes the rates of the two sides differ; this one does nothing, see `cst_pressure` for one that does."""

    limit: Excess = (1.0, 1.0)
    cancel: Excess = (1.0, 1.0)
    """Of (bids, asks)."""
    market: Excess = (1.0, 1.0)
    heat: Excess = (0.0, 0.0)
    """Rates of market orders on top, as they were when last refreshed; they only cool until the next event."""
    next_at: float = float("inf")
    """When it wants to be refreshed even if nothing happens."""

    def refresh(self, now: float, mid: float) -> None:
        """Recompute the factors at time `now` with the mid at `mid` ticks."""

    def still_hot(self, now: float) -> float:  # noqa: ARG002 - without heat nothing cools
        """Return which share of `heat` is left at `now`."""
        return 1.0

    def note_market(self, side: Side) -> None:
        """Note that a market order of `side` happened at the time of the last refresh."""

    def units(self) -> int:
        """Return the size of the next market order."""
        return 1


class CstStream:
    """The stream itself. Every order is `unit` lots; prices are in ticks; time is in the unit of the rates."""

    def __init__(
        self,
        ground: Ground,
        random: Random,
        *,
        rates: CstRates = PUBLISHED,
        mid: int,
        unit: int = 1,
        pressure: Pressure | None = None,
    ) -> None:
        self.now = 0.0
        self._ground = ground
        self._book = ground.book
        self._random = random
        self._unit = Lots(unit)
        self._pressure = pressure or Pressure()
        self._last_bid, self._last_ask = mid, mid + 1
        self._bids: list[int] = []
        """Ids of resting units, and of some that have traded since."""
        self._asks: list[int] = []
        self.set_rates(rates)
        self._proposal = Happening.NOTHING
        self._side = Side.BUY
        self._heated = False
        self.next_at = 0.0
        self._propose()

    def set_rates(self, rates: CstRates) -> None:
        """Live by other rates from the next event on."""
        self._rates = rates
        self._limits = list(accumulate(rates.limit))
        self._cancel_bound = max(rates.cancel)

    def fill_book(self) -> None:
        """Put about as many units at each distance as come to rest there in the long run."""
        for side in Side:
            start = self._last_bid if side is _BUY else self._last_ask
            for number, rate in enumerate(self._rates.limit):
                rest_rate = self._rates.cancel[min(number, len(self._rates.cancel) - 1)]
                for _ in range(max(1, round(rate / rest_rate)) if number < len(self._rates.cancel) else 1):
                    self._rest(side, start - side.sign * number)
        self._propose()

    def place(self, side: Side, price: int, units: int) -> None:
        """Let units come to rest at a price, besides what happens by itself."""
        for _ in range(units):
            self._rest(side, price)
        self._propose()

    def _rest(self, side: Side, price: int) -> None:
        if price > 0:
            order_id = self._ground.rest(side, Ticks(price), self._unit)
            if order_id is not None:
                (self._bids if side is _BUY else self._asks).append(order_id)

    def best(self, side: Side) -> int:
        """Return the best price of a side, or the last there was."""
        best = self._book.best(side)
        if side is _BUY:
            self._last_bid = self._last_bid if best is None else best
            return self._last_bid
        self._last_ask = self._last_ask if best is None else best
        return self._last_ask

    @property
    def mid(self) -> float:
        return (self.best(_BUY) + self.best(_SELL)) / 2

    # ── one event ──

    def step(self) -> Happening:
        """Let the next event happen, at `next_at`, and say what it was."""
        self.now = self.next_at
        happened = Happening.NOTHING
        match self._proposal:
            case Happening.LIMIT:
                happened = self._limit(self._side)
            case Happening.CANCEL:
                happened = self._cancel(self._side)
            case Happening.BUY:
                happened = self._market(self._side)
            case _:
                pass  # only the pressure wanted to be refreshed
        self._propose()
        return happened

    def _propose(self) -> None:
        """Draw what happens next and when, from the rates as they are now."""
        pressure, now = self._pressure, self.now
        pressure.refresh(now, self.mid)
        market, bound, limit_rate = self._rates.market, self._cancel_bound, self._limits[-1]
        limit_buy = limit_rate * pressure.limit[0]
        limits = limit_buy + limit_rate * pressure.limit[1]
        cancel_bid = limits + bound * len(self._bids) * pressure.cancel[0]
        cancels = cancel_bid + bound * len(self._asks) * pressure.cancel[1]
        market_buy = cancels + market * pressure.market[0]
        markets = market_buy + market * pressure.market[1]
        hot_buy = markets + pressure.heat[0]
        total = hot_buy + pressure.heat[1]
        self.next_at = now + self._random.expovariate(total)
        if self.next_at >= pressure.next_at:
            self.next_at, self._proposal = pressure.next_at, Happening.NOTHING
            return
        drawn = self._random.random() * total
        self._heated = drawn >= markets
        if drawn < limits:
            self._proposal, self._side = Happening.LIMIT, _BUY if drawn < limit_buy else _SELL
        elif drawn < cancels:
            self._proposal, self._side = Happening.CANCEL, _BUY if drawn < cancel_bid else _SELL
        else:
            buys = drawn < market_buy or markets <= drawn < hot_buy
            self._proposal, self._side = Happening.BUY, _BUY if buys else _SELL

    def _limit(self, side: Side) -> Happening:
        ticks = 1 + bisect_left(self._limits, self._random.random() * self._limits[-1])
        self._rest(side, self.best(side.opposite) - side.sign * ticks)
        return Happening.LIMIT

    def _cancel(self, side: Side) -> Happening:
        """Withdraw a unit drawn evenly, more rarely where theta is lower; ids of units that traded are forgotten on the way."""
        ids = self._bids if side is _BUY else self._asks
        place = int(self._random.random() * len(ids))
        order = self._book.find(ids[place])
        if order is not None:
            ticks = (self.best(side.opposite) - order.price) * side.sign
            theta = self._rates.cancel
            if self._random.random() * self._cancel_bound >= theta[min(ticks, len(theta)) - 1]:
                return Happening.NOTHING
            self._ground.cancel(order.order_id)
        ids[place] = ids[-1]
        ids.pop()
        return Happening.CANCEL if order is not None else Happening.NOTHING

    def _market(self, side: Side) -> Happening:
        if self._heated and self._random.random() >= self._pressure.still_hot(self.now):
            return Happening.NOTHING
        self._pressure.refresh(self.now, self.mid)
        self._pressure.note_market(side)
        limit = max(1, self.best(side.opposite) + side.sign * FAR_TICKS)
        self._ground.take(side, Ticks(limit), Lots(self._unit * self._pressure.units()))
        return Happening.BUY if side is _BUY else Happening.SELL

"""Worst-case exposure: the position if everything that may still fill does fill, on one side."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.live_orders import LiveOrders
from bot.core.market import Market
from bot.core.numbers import Lots
from bot.core.orders import Order, Owner, Side

ZERO: Final = Decimal(0)


def possibly_live(orders: LiveOrders, market: Market, side: Side) -> Decimal:
    """Return the size that may still fill on one side, in the base asset: ours in every state but ended, and strangers'.

    What was filled and is not in our position yet counts as well.
    """
    ours = sum((order.remaining for order in orders.of(market.name, side=side) if not order.reduce_only), start=0)
    ours += orders.unbooked(market.name, side)
    theirs = sum(
        (
            report.size - report.filled
            for report in orders.foreign.values()
            if report.market == market.name and report.side is side and not report.reduce_only
        ),
        start=ZERO,
    )
    return market.size(Lots(ours)) + theirs


def capacity(position: Decimal, live: Decimal, side: Side, max_position: Decimal) -> Decimal:
    """Return how much more may be ordered on `side` before |position| could pass the limit; negative when it already could.

    The side that shrinks the position is measured from zero crossing to the limit on the other side, so it is never blocked by a
    limit meant for opening.
    """
    return max_position - side.sign * position - live


def shrinks(position: Decimal, live: Decimal, side: Side, size: Decimal) -> bool:
    """Say whether an order can only make the position smaller, should everything live on its side fill as well."""
    return position * side.sign < 0 and size + live <= abs(position)


class Stake(msgspec.Struct, frozen=True, kw_only=True):
    """What one market may come to: the position, what may fill on each side, and the price it is valued at."""

    position: Decimal
    buys: Decimal
    sells: Decimal
    price: Decimal

    def live(self, side: Side) -> Decimal:
        """Return the size that may fill on one side."""
        return self.buys if side is Side.BUY else self.sells

    @property
    def held(self) -> Decimal:
        """Return the value of the position, never negative."""
        return abs(self.position) * self.price

    def up(self) -> Decimal:
        """Return the signed value of the position should every buy fill."""
        return (self.position + self.buys) * self.price

    def down(self) -> Decimal:
        """Return the signed value of the position should every sell fill."""
        return (self.position - self.sells) * self.price

    def worst(self) -> Decimal:
        """Return the largest value that the position could come to on either side."""
        return max(self.held, abs(self.up()), abs(self.down()))


class _Weighed(msgspec.Struct, frozen=True):
    """A stake's values, made once: what one market asks about all others is then a sum and nothing else."""

    held: Decimal
    signed: Decimal
    up: Decimal
    down: Decimal
    worst: Decimal


class Stakes:
    """Every market's stake; what one market changes leaves the others as they are."""

    def __init__(self) -> None:
        self._stakes: dict[str, tuple[Stake, _Weighed]] = {}
        self._gross: dict[str, Decimal] = {}
        """Worst cases already summed up, by the market that is left out; forgotten with every change."""

    def put(self, market: str, stake: Stake) -> None:
        """Replace one market's stake; one without position and orders is forgotten."""
        if not (stake.position or stake.buys or stake.sells):
            if self._stakes.pop(market, None) is not None:
                self._gross.clear()
            return
        known = self._stakes.get(market)
        if known is None or known[0] != stake:
            up, down, held = stake.up(), stake.down(), stake.held
            worst = max(held, abs(up), abs(down))
            weighed = _Weighed(held=held, signed=stake.position * stake.price, up=up, down=down, worst=worst)
            self._stakes[market] = (stake, weighed)
            self._gross.clear()

    def held(self) -> Decimal:
        """Return the value of all positions, long and short counted alike."""
        return sum((each.held for _, each in self._stakes.values()), start=ZERO)

    def net(self) -> Decimal:
        """Return the value of longs minus shorts."""
        return sum((each.signed for _, each in self._stakes.values()), start=ZERO)

    def worst_gross(self, without: str = "") -> Decimal:
        """Return the sum of every market's worst case, one market left out if named."""
        known = self._gross.get(without)
        if known is None:
            found = (each.worst for market, (_, each) in self._stakes.items() if market != without)
            known = self._gross[without] = sum(found, start=ZERO)
        return known

    def worst_net(self, side: Side, without: str = "") -> Decimal:
        """Return how far the net value could go in the direction of `side`, as a number that grows that way."""
        others = (each for market, (_, each) in self._stakes.items() if market != without)
        return sum((each.up if side is Side.BUY else -each.down for each in others), start=ZERO)


def surplus(orders: LiveOrders, market: Market, side: Side, allowance: Decimal) -> tuple[Order, ...]:
    """Return the bot's orders to cancel so that no more than `allowance` may fill on `side`: those farthest from the touch first.

    Reduce-only orders are left alone, and strangers' and hand-made orders are never chosen, though they count.
    """
    too_much = possibly_live(orders, market, side) - max(allowance, ZERO)
    chosen: list[Order] = []
    for order in sorted(_of_the_bot(orders, market, side), key=lambda order: order.price * side.sign):
        if too_much <= 0:
            break
        chosen.append(order)
        too_much -= market.size(order.remaining)
    return tuple(chosen)


def _of_the_bot(orders: LiveOrders, market: Market, side: Side) -> Iterable[Order]:
    return (order for order in orders.of(market.name, Owner.BOT, side) if not order.reduce_only)

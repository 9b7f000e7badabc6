"""How much may be live on one side of one market: the smallest of every limit that speaks about size.

Limits in money become sizes at the reference price. Quotes are sized against a little less than a money limit, so that a price
that moves does not take them back at once; the gate, and the taking back, know the whole limit.
"""

from decimal import ROUND_FLOOR, Context, Decimal
from typing import Final

import msgspec

from bot.core.numbers import plain
from bot.core.orders import Side
from bot.core.risk.exposure import Stake, Stakes
from bot.core.risk.settings import AccountLimits, MarketLimits

SIZING_SHARE: Final = Decimal("0.98")
"""Share of a limit in money that quotes are sized against."""
ZERO: Final = Decimal(0)
DOWN: Final = Context(prec=50, rounding=ROUND_FLOOR)


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """A size in the base asset, never negative, and the limit that makes it."""

    size: Decimal
    why: str


def gross_limit(limits: AccountLimits, equity: Decimal | None) -> tuple[Decimal | None, str]:
    """Return the largest gross exposure that exposure and leverage limits leave, and its name; None: no limit.

    Without a word about equity a leverage limit leaves nothing.
    """
    by_leverage = None if limits.max_leverage is None else limits.max_leverage * max(equity or ZERO, ZERO)
    if by_leverage is None:
        return limits.max_gross_exposure, "the gross exposure limit"
    if limits.max_gross_exposure is None or by_leverage < limits.max_gross_exposure:
        return by_leverage, f"leverage {plain(limits.max_leverage or ZERO)}"
    return limits.max_gross_exposure, "the gross exposure limit"


def margin_limit(leverage: Decimal | None, equity: Decimal | None) -> tuple[Decimal | None, str]:
    """Return the largest position value that the leverage set on the exchange can carry, and its name; None while not known."""
    if leverage is None or equity is None:
        return None, ""
    return leverage * max(equity, ZERO), f"leverage {plain(leverage)} on the exchange"


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides about one market's room."""

    market: str
    stake: Stake
    stakes: Stakes
    limits: MarketLimits
    account: AccountLimits
    gross: tuple[Decimal | None, str]
    margin: tuple[Decimal | None, str] = (None, "")
    max_position_value: Decimal
    reduce_only: bool

    def of(self, side: Side, share: Decimal = Decimal(1)) -> Allowance:
        """Return how much may be live on `side`, limits in money times `share`. The side that reduces is never blocked."""
        sign, position = side.sign, self.stake.position
        reducing = abs(position) if position * sign < 0 else ZERO
        if self.reduce_only:
            return Allowance(size=reducing, why="reduce-only")
        smallest = min(self._limits(side, share), key=lambda each: each.size)
        room = smallest.size - sign * position
        return smallest if room == smallest.size else Allowance(size=max(room, reducing, ZERO), why=smallest.why)

    def _limits(self, side: Side, share: Decimal) -> list[Allowance]:
        """Return every limit as the largest position in the direction of `side`; it may be negative."""
        limits, price = self.limits, self.stake.price
        found = []
        own = limits.max_long if side is Side.BUY else limits.max_short
        if own is not None:
            found.append(Allowance(size=own, why=f"the largest {'long' if side is Side.BUY else 'short'} position"))
        else:
            found.append(self._in_money(self.max_position_value, price, "the exchange's largest position"))
        if limits.max_market_notional is not None:
            found.append(self._in_money(limits.max_market_notional * share, price, "the market's notional limit"))
        if self.margin[0] is not None:
            found.append(self._in_money(self.margin[0] * share, price, self.margin[1]))
        if self.gross[0] is not None:
            others = self.stakes.worst_gross(without=self.market)
            found.append(self._in_money(self.gross[0] * share - others, price, self.gross[1]))
        if self.account.max_net_exposure is not None:
            others = self.stakes.worst_net(side, without=self.market)
            net = self.account.max_net_exposure * share - others
            found.append(self._in_money(net, price, "the net exposure limit"))
        return found

    def _in_money(self, money: Decimal, price: Decimal, why: str) -> Allowance:
        """Turn a limit in money into a size; without a price nothing may be opened."""
        return Allowance(size=DOWN.divide(money, price) if price > 0 else -abs(self.stake.position), why=why)

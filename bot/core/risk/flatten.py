"""Closing a position by taking, when the red tier is configured to do so.

Only while mark, index and mid agree within 50 bps: a wrong price must not sell everything. First our own quotes on the market
must be gone, since nobody knows which side self-trade protection would cancel. Then reduce-only orders that take what they can,
each with a price cap that steps outwards while nothing is filled; after a few such tries a person has to look. Nothing here can
turn the position around: the size never exceeds it, and the exchange enforces reduce-only.
"""

from decimal import Decimal
from typing import Final

import msgspec

from bot.core.live_orders import LiveOrders
from bot.core.market import Market
from bot.core.notes import Reason
from bot.core.numbers import Lots, Ticks, plain
from bot.core.orders import Owner, Side
from bot.core.risk.references import Believed

AGREE: Final = Decimal("0.005")
STEPS: Final = (Decimal("0.001"), Decimal("0.002"), Decimal("0.005"), Decimal("0.01"), Decimal("0.01"))
"""How far from the reference price each try may take, as a fraction."""
PAUSE_MS: Final = 2_000
ONE: Final = Decimal(1)


def exit_size(market: Market, left: Decimal, largest: Decimal | None) -> Lots:
    """Return the size of the next order that closes `left`, bounded by `largest`; both are in the base asset.

    It leaves either nothing or at least what the exchange takes as an order, so that the last part is never too small to send.
    """
    if largest is None or left <= largest:
        return market.floor_lots(left)
    spared = left - market.min_size
    is_dust_left = left - largest < market.min_size <= spared
    return market.floor_lots(spared if is_dust_left else largest)


class Exit(msgspec.Struct, frozen=True, kw_only=True):
    """An order to send now: reduce-only, immediate or cancel, at this price or better."""

    market: str
    side: Side
    price: Ticks
    size: Lots
    attempt: int


class Flattener:
    """Closes one market's position; `begin` once, then `decide` until the position is gone."""

    def __init__(self) -> None:
        self._tries = 0
        """Tries since something was filled."""
        self._tried_ms: int | None = None
        self._left = Decimal(0)

    def begin(self) -> None:
        """Start over, with the closest price cap."""
        self._tries, self._tried_ms = 0, None

    def decide(
        self,
        market: Market,
        *,
        position: Decimal,
        orders: LiveOrders,
        believed: Believed,
        now_ms: int,
        largest: Decimal | None = None,
    ) -> Exit | Reason | None:
        """Return the order to send, why none is sent now, or None when there is nothing to close.

        `largest` bounds one order, in the base asset; a larger position is closed in several.
        """
        left = abs(position)
        size = exit_size(market, left, largest)
        if left < self._left:
            self._tries = max(0, self._tries - 1)
        self._left = left
        if size == 0:
            return None
        if orders.of(market.name, Owner.BOT):
            return Reason(code="flatten_waits", text="the bot's own orders must be gone before a position is closed by taking")
        if self._tries >= len(STEPS):
            text = f"{plain(position)} is left after {self._tries} tries to close it; close it by hand"
            return Reason(code="flatten_given_up", text=text)
        if self._tried_ms is not None and now_ms - self._tried_ms < PAUSE_MS:
            return Reason(code="flatten_waits", text=f"try {self._tries} is {now_ms - self._tried_ms} ms old")
        price = believed.price
        if price is None or not believed.agree_within(AGREE):
            return Reason(code="flatten_withheld", text=f"mark, index and mid do not agree within 50 bps: {_told(believed)}")
        return self._try(market, position, size, price, now_ms)

    def _try(self, market: Market, position: Decimal, size: Lots, price: Decimal, now_ms: int) -> Exit:
        side = Side.SELL if position > 0 else Side.BUY
        step = min(STEPS[self._tries], market.price_cap if side is Side.BUY else market.price_floor)
        cap = price * (ONE + side.sign * step)
        self._tries, self._tried_ms = self._tries + 1, now_ms
        ticks = market.bid_ticks(cap) if side is Side.BUY else market.ask_ticks(cap)
        return Exit(market=market.name, side=side, price=ticks, size=size, attempt=self._tries)


def _told(believed: Believed) -> str:
    told = {**believed.good, **believed.bad}
    return ", ".join(f"{name} {plain(told[name])}" if name in told else f"{name} unknown" for name in ("mark", "index", "mid"))

"""A UTC day's money from nothing but the exchange's own trades: what a journal would have said, where there is none.

The position that was carried over midnight is what is held now minus what was traded since. Its entry price follows from the
entry price of what is held now, because averaging can be undone, as long as the position was never closed or turned since
midnight. Where it was, nothing tells the old entry any more, and the first price of the day stands for it: an assumption, and
the only one.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from typing import Final

import msgspec

from bot.core.account import PositionLedger
from bot.core.events import CarriedPosition, DayMoney, HeldPosition
from bot.core.orders import Fill

LEAST_SHARE: Final = Decimal("0.001")
"""Below this share in today's average the old entry price cannot be told from its rounding."""
ZERO: Final = Decimal(0)
PRECISION: Final = 60


class MarketDay(msgspec.Struct, frozen=True, kw_only=True):
    """One market's day: its money, and the position with which the day began."""

    money: DayMoney
    carried: CarriedPosition


def replay_day(fills: Iterable[Fill], held: Mapping[str, HeldPosition]) -> dict[str, MarketDay]:
    """Return the day of every market that was traded; `fills` are all of the day, in any order, some perhaps twice.

    `held` is what is held after the last of them, with the entry price by the exchange; a market that it lacks is flat.
    """
    by_market: dict[str, dict[int, Fill]] = {}
    for fill in fills:
        by_market.setdefault(fill.market, {})[fill.trade_id] = fill
    flat = HeldPosition(size=ZERO, entry_price=ZERO)
    return {
        market: _replay(sorted(trades.values(), key=lambda fill: fill.trade_id), held.get(market, flat))
        for market, trades in sorted(by_market.items())
    }


def _replay(trades: list[Fill], held: HeldPosition) -> MarketDay:
    size = held.size - sum((fill.side.sign * fill.size for fill in trades), start=ZERO)
    entry_price = _carried_entry(trades, size, held) if size else ZERO
    ledger = PositionLedger()
    ledger.adopt(size, entry_price)
    for fill in trades:
        ledger.trade(fill.side.sign * fill.size, fill.price, fill.fee)
    return MarketDay(
        money=DayMoney(realised_pnl=ledger.realised_pnl, fees=ledger.fees, volume=ledger.volume),
        carried=CarriedPosition(size=size, entry_price=entry_price, price=trades[0].price),
    )


def _carried_entry(trades: list[Fill], size: Decimal, held: HeldPosition) -> Decimal:
    """Return the entry price of the position carried over midnight: solved from today's, else the first price of the day."""
    with localcontext() as context:
        context.prec = PRECISION
        share, added = Decimal(1), ZERO  # today's entry price = share × the old one + added
        for fill in trades:
            signed_size = fill.side.sign * fill.size
            after = size + signed_size
            if after == 0 or (after > 0) is not (size > 0):
                return trades[0].price
            if abs(after) > abs(size):
                share = share * size / after
                added = (added * size + fill.price * signed_size) / after
            size = after
        if share < LEAST_SHARE or held.entry_price <= 0:
            return trades[0].price
        solved = (held.entry_price - added) / share
    return +solved if solved > 0 else trades[0].price

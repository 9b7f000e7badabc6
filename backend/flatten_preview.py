"""What closing a position would cost now, from the live book: nothing is sent."""

from decimal import Decimal
from typing import Any, Final

import msgspec

from bot.core.events import Level
from bot.core.market_view import MarketView
from bot.core.numbers import plain
from bot.core.orders import Side
from bot.verbs import FLATTEN_CAPS

DEPTH: Final = 200
BPS: Final = Decimal(10_000)
CENT_OF_A_BASIS_POINT: Final = Decimal("0.01")


class Walk(msgspec.Struct, frozen=True):
    """How far a size would eat into one side of the book."""

    filled: Decimal
    value: Decimal
    worst: Decimal | None


def walk(view: MarketView, levels: tuple[Level, ...], size: Decimal, limit: Decimal, side: Side) -> Walk:
    """Take `size` from the best levels on, no further than `limit`."""
    filled = value = Decimal(0)
    worst = None
    for level in levels:
        price, offered = view.rules.price(level.price), view.rules.size(level.size)
        beyond = price > limit if side is Side.BUY else price < limit
        if beyond or filled >= size:
            break
        taken = min(offered, size - filled)
        filled, value, worst = filled + taken, value + taken * price, price
    return Walk(filled, value, worst)


def preview(view: MarketView, position: Decimal, now_ms: int) -> dict[str, Any]:
    """Return side, size, prices and slippage of a flatten; amounts are text, what cannot be said is null."""
    rules = view.rules
    size = abs(position)
    shown: dict[str, Any] = {"market": rules.name, "position": plain(position), "confirm": f"flatten {rules.name}"}
    if size < rules.min_size:
        return shown | {"side": None, "size": "0", "reason": "there is no position that could be closed"}
    side = Side.SELL if position > 0 else Side.BUY
    shown |= {"side": side.value, "size": plain(size)}
    if view.mark is None or view.book.problem:
        return shown | {"reason": view.book.problem or "no mark price has arrived yet"}
    mark, mid = view.mark.value, view.mid()
    cap = FLATTEN_CAPS[-1]
    limit = mark * (1 + side.sign * cap)
    levels = view.book.asks(DEPTH) if side is Side.BUY else view.book.bids(DEPTH)
    found = walk(view, levels, size, limit, side)
    average = found.value / found.filled if found.filled else None
    reference = mid or mark
    slippage = None if average is None else (average - reference) * side.sign
    return shown | {
        "reason": None if found.filled >= size else "the book offers less than the position within the last price cap",
        "mark_price": plain(mark),
        "mark_age_ms": view.mark.age_ms(now_ms),
        "mid": mid and plain(mid),
        "fillable": plain(found.filled),
        "average_price": average and plain(rules.price(rules.bid_ticks(average))),
        "worst_price": found.worst and plain(found.worst),
        "limit_price": plain(rules.price(rules.ask_ticks(limit) if side is Side.SELL else rules.bid_ticks(limit))),
        "slippage_bps": None if slippage is None else plain((slippage / reference * BPS).quantize(CENT_OF_A_BASIS_POINT)),
        "slippage": None if slippage is None else plain((slippage * found.filled).quantize(Decimal("0.000001"))),
        "fee": plain((found.value * rules.taker_fee_rate).quantize(Decimal("0.000001"))),
        "caps": [plain(each) for each in FLATTEN_CAPS],
    }

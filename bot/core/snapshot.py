"""The frozen picture of one market that a strategy is shown."""

from decimal import Decimal

import msgspec

from bot.core.events import Level
from bot.core.market import Market
from bot.core.market_view import MarketView


class MarketPicture(msgspec.Struct, frozen=True, kw_only=True):
    """One market at one moment. Ages in milliseconds; a value that was never seen is None, and so is its age."""

    rules: Market
    now_ms: int
    mark_price: Decimal | None
    mark_age_ms: int | None
    index_price: Decimal | None
    mid: Decimal | None
    best_bid: Level | None
    best_ask: Level | None
    touch_age_ms: int | None
    book_problem: str
    position: Decimal
    """Signed, positive is long, in the base asset."""


def picture_of(view: MarketView, position: Decimal, now_ms: int) -> MarketPicture:
    """Freeze what is known now."""
    best_bid, best_ask, touched_ms = view.touch()
    return MarketPicture(
        rules=view.rules,
        now_ms=now_ms,
        mark_price=view.mark.value if view.mark else None,
        mark_age_ms=view.mark.age_ms(now_ms) if view.mark else None,
        index_price=view.index.value if view.index else None,
        mid=view.mid(),
        best_bid=best_bid,
        best_ask=best_ask,
        touch_age_ms=max(0, now_ms - touched_ms) if touched_ms else None,
        book_problem=view.book.problem,
        position=position,
    )

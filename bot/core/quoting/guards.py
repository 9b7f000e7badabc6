"""When not to quote at all: data that is missing, old, crossed or at odds with itself."""

from bot.core.notes import Reason
from bot.core.numbers import plain
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture


def reason_not_to_quote(picture: MarketPicture, settings: MakerSettings) -> Reason | None:
    """Return why this picture must not be quoted on, or None."""
    rules = picture.rules
    if not rules.is_tradable:
        return Reason(code="market_closed", text=f"{rules.name} is {rules.status} on the exchange")
    if picture.mark_price is None or picture.mark_age_ms is None:
        return Reason(code="no_mark_price", text=f"no mark price for {rules.name} has arrived yet")
    if picture.mark_price <= 0:
        return Reason(code="bad_mark_price", text=f"mark price {plain(picture.mark_price)} is not positive")
    if picture.mark_age_ms > settings.max_mark_age_ms:
        return Reason(
            code="stale_mark_price", text=f"mark price is {picture.mark_age_ms} ms old, allowed {settings.max_mark_age_ms}"
        )
    if picture.mid is None or picture.touch_age_ms is None:
        detail = f": {picture.book_problem}" if picture.book_problem else ": a side is empty"
        return Reason(code="no_book", text=f"no two-sided book{detail}")
    if picture.touch_age_ms > settings.max_touch_age_ms:
        return Reason(code="stale_book", text=f"the book is {picture.touch_age_ms} ms old, allowed {settings.max_touch_age_ms}")
    apart = abs(picture.mark_price - picture.mid) / picture.mid
    if apart > settings.max_divergence:
        percent, allowed = f"{float(apart):.3%}", f"{float(settings.max_divergence):.3%}"
        return Reason(code="divergence", text=f"mark and mid are {percent} apart, allowed {allowed}")
    return None

"""What is known about every market of the exchange: rules, mark price and its age."""

from typing import Any, Final

from fastapi import APIRouter, Request

from backend.answers import Json
from backend.routes.common import errors, service_of
from backend.schemas import Markets
from bot.core.market_view import MarketView
from bot.core.numbers import plain

router: Final = APIRouter(prefix="/api/markets", tags=["markets"])


@router.get("", operation_id="getMarkets", responses={200: {"model": Markets}, **errors()})
async def markets(request: Request) -> Json:
    """Return every market with its rules; `mark_price` is null until one has arrived."""
    service = service_of(request)
    now_ms, engine = service.clock.now_ms(), service.bot.engine
    rows = [_row(view, now_ms, is_followed=name in engine.settings) for name, view in sorted(engine.views.items())]
    return Json({"markets": rows})


def _row(view: MarketView, now_ms: int, *, is_followed: bool) -> dict[str, Any]:
    rules = view.rules
    return {
        "name": rules.name,
        "status": rules.status,
        "followed": is_followed,
        "tick_size": plain(rules.tick_size),
        "lot_size": plain(rules.lot_size),
        "min_size": plain(rules.min_size),
        "mark_price": None if view.mark is None else plain(view.mark.value),
        "mark_age_ms": None if view.mark is None else view.mark.age_ms(now_ms),
    }

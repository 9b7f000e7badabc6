"""What is known about every market of the exchange: rules, mark price and its age."""

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Request

from backend.answers import Json
from backend.routes.common import commanded, errors, service_of
from backend.schemas import MarketPaused, Markets, MarketSeries
from bot.core.market import market_name
from bot.core.market_view import MarketView
from bot.core.numbers import plain
from bot.observers.series import Minute, Second

router: Final = APIRouter(prefix="/api/markets", tags=["markets"])
Name = Annotated[str, Path(max_length=30, description="BTC-USD; BTC-PERP is another name of it.")]


@router.get("", operation_id="getMarkets", responses={200: {"model": Markets}, **errors()})
async def markets(request: Request) -> Json:
    """Return every market with its rules; `mark_price` is null until one has arrived."""
    service = service_of(request)
    now_ms, engine = service.clock.now_ms(), service.bot.engine
    rows = [_row(view, now_ms, is_followed=name in engine.settings) for name, view in sorted(engine.views.items())]
    return Json({"markets": rows})


@router.get("/{market}/series", operation_id="getSeries", responses={200: {"model": MarketSeries}, **errors(422)})
async def series(
    request: Request, market: Name, step: Annotated[Literal["1", "60"], Query(description="Seconds between two rows.")] = "1"
) -> Json:
    """Return prices, our quotes, position and PnL of the last half hour by the second, or of the last day by the minute."""
    service = service_of(request)
    name = service.bot.engine.view_of(market_name(market)).rules.name
    by_second = step == "1"
    rows = service.series.seconds(name) if by_second else service.series.minutes(name)
    return Json(
        {
            "market": name,
            "step_s": int(step),
            "columns": list((Second if by_second else Minute).__struct_fields__),
            "rows": [list(msgspec.structs.astuple(row)) for row in rows],
        }
    )


@router.post("/{market}/stop", operation_id="pauseMarket", responses={200: {"model": MarketPaused}, **errors(422)})
async def stop(request: Request, market: Name) -> Json:
    """Pull one market's quotes and keep it out until it is started again; the others go on."""
    bot, name = service_of(request).bot, market_name(market)
    return Json(await commanded(request, "stop_market", {"market": name}, lambda: bot.pause_market(name)))


@router.post("/{market}/start", operation_id="resumeMarket", responses={200: {"model": MarketPaused}, **errors(409, 422)})
async def start(request: Request, market: Name) -> Json:
    """Quote a market again that was taken out; it quotes as soon as the whole bot does."""
    bot, name = service_of(request).bot, market_name(market)
    return Json(await commanded(request, "start_market", {"market": name}, lambda: bot.resume_market(name)))


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

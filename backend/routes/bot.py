"""The bot's buttons: start, stop, pause, flatten, status, logs."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Query, Request

from backend.answers import Json, error_body
from backend.auth import LOCAL
from backend.flatten_preview import preview
from backend.routes.common import commanded, errors, service_of, who_of
from backend.schemas import (
    Accepted,
    Flattened,
    FlattenPreview,
    FlattenRequest,
    Killed,
    LogLevel,
    Logs,
    Paused,
    Started,
    Status,
    Stopped,
)
from bot.bot_logger import RING_SIZE
from bot.core.errors import AlreadyRunning, InvalidInput
from bot.core.market import market_name

router: Final = APIRouter(prefix="/api/bot", tags=["bot"])


@router.post("/start", operation_id="startBot", responses={200: {"model": Started}, **errors(409, 422)})
async def start(request: Request) -> Json:
    """Start quoting."""
    bot = service_of(request).bot
    try:
        return Json(await commanded(request, "start", {}, bot.start))
    except AlreadyRunning as error:
        state = bot.engine.state.value
        return Json(error_body(error.code, str(error), hint=f"the bot is {state}", state=state), 409)


@router.post("/stop", operation_id="stopBot", responses={200: {"model": Stopped}, **errors()})
async def stop(request: Request) -> Json:
    """Stop quoting and cancel the bot's own orders; answers within 10 s."""
    return Json(await commanded(request, "stop", {}, service_of(request).bot.stop))


@router.post("/pause", operation_id="pauseBot", responses={200: {"model": Paused}, **errors(409)})
async def pause(request: Request) -> Json:
    """Pull the quotes and open nothing new until the next start."""
    return Json(await commanded(request, "pause", {}, service_of(request).bot.pause))


@router.post("/kill", operation_id="killBot", responses={200: {"model": Killed}, **errors()})
async def kill(request: Request) -> Json:
    """Halt until a person starts again, and cancel every order of the account, whoever placed it; the position stays."""
    return Json(await commanded(request, "kill", {}, service_of(request).bot.kill))


@router.get("/flatten", operation_id="previewFlatten", responses={200: {"model": FlattenPreview}, **errors(422)})
async def flatten_preview(
    request: Request, market: Annotated[str | None, Query(max_length=30, description="The configured market otherwise.")] = None
) -> Json:
    """Say what a flatten would cost now, from the live book; nothing is sent."""
    service = service_of(request)
    view = service.bot.engine.view_of(market_name(market or service.bot.config.market))
    return Json(preview(view, service.bot.engine.account.position(view.rules.name), service.clock.now_ms()))


@router.post(
    "/flatten",
    operation_id="flattenPosition",
    responses={200: {"model": Flattened}, 202: {"model": Accepted}, **errors(409, 422, 503)},
)
async def flatten(
    request: Request,
    wanted: Annotated[FlattenRequest | None, Body()] = None,
    wait: Annotated[bool, Query(description="False: answer at once, and look at the job.")] = True,
) -> Json:
    """Pause, then close a market's position with reduce-only orders whose price cap widens step by step."""
    service = service_of(request)
    chosen = wanted or FlattenRequest()
    market = chosen.market or market_name(service.bot.config.market)
    _require_phrase(request, f"flatten {market}", chosen.confirm)
    if wait:
        return Json(await commanded(request, "flatten", {"market": market}, lambda: service.bot.flatten(market)))
    command = service.commands.begin("flatten", who_of(request), {"market": market})
    service.commands.start(command, lambda: service.bot.flatten(market))
    return Json({"id": command.id, "state": command.state}, 202)


def _require_phrase(request: Request, phrase: str, given: str) -> None:
    """Let what can cost money at once repeat what is meant, except on loopback in paper, where nothing is real."""
    if who_of(request) != LOCAL and given != phrase:
        raise InvalidInput("confirm", given, f"the words {phrase!r}")


@router.get("/status", operation_id="getBotStatus", responses={200: {"model": Status}, **errors()})
async def status(request: Request) -> Json:
    """Say what the bot does and shows."""
    service = service_of(request)
    return Json({**service.bot.status(), "env": service.environment.name.value, "shadow": service.environment.shadow})


@router.get("/logs", operation_id="getBotLogs", responses={200: {"model": Logs}, **errors(422)})
async def logs(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=RING_SIZE)] = 50,
    level: Annotated[LogLevel | None, Query(description="The quietest level to show.")] = None,
    market: Annotated[str | None, Query(max_length=30)] = None,
    since: Annotated[int, Query(ge=0, le=2**53, description="Milliseconds since 1970, UTC.")] = 0,
) -> Json:
    """Return the newest log lines, newest first."""
    name = None if market is None else market_name(market)
    found = service_of(request).logger.lines(limit=limit, level=level.value if level else None, market=name, since_ms=since)
    return Json({"logs": found})

"""The bot's buttons: start, stop, status, config, logs."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Request
from pydantic import ValidationError

from backend.answers import Json, error_body
from backend.routes.common import errors, service_of
from backend.schemas import (
    ConfigChange,
    Configured,
    Flattened,
    LogLevel,
    Logs,
    Paused,
    Started,
    Status,
    Stopped,
    config_change_schema,
)
from bot.bot_logger import RING_SIZE
from bot.config import ConfigErrors
from bot.core.errors import AlreadyRunning, InvalidInput
from bot.core.market import market_name

router: Final = APIRouter(prefix="/api/bot", tags=["bot"])
CONFIG_BODY: Final = {"requestBody": {"content": {"application/json": {"schema": config_change_schema()}}}}


@router.post("/start", operation_id="startBot", responses={200: {"model": Started}, **errors(409)})
async def start(request: Request) -> Json:
    """Start quoting."""
    bot = service_of(request).bot
    try:
        return Json(await bot.start())
    except AlreadyRunning as error:
        state = bot.engine.state.value
        return Json(error_body(error.code, str(error), hint=f"the bot is {state}", state=state), 409)


@router.post("/stop", operation_id="stopBot", responses={200: {"model": Stopped}, **errors()})
async def stop(request: Request) -> Json:
    """Stop quoting and cancel the bot's own orders; answers within 10 s."""
    return Json(await service_of(request).bot.stop())


@router.post("/pause", operation_id="pauseBot", responses={200: {"model": Paused}, **errors(409)})
async def pause(request: Request) -> Json:
    """Pull the quotes and open nothing new until the next start."""
    return Json(await service_of(request).bot.pause())


@router.post("/flatten", operation_id="flattenPosition", responses={200: {"model": Flattened}, **errors(409, 503)})
async def flatten(request: Request) -> Json:
    """Pause, then close the configured market's position with reduce-only orders whose price cap widens step by step."""
    return Json(await service_of(request).bot.flatten())


@router.get("/status", operation_id="getBotStatus", responses={200: {"model": Status}, **errors()})
async def status(request: Request) -> Json:
    """Say what the bot does and shows."""
    service = service_of(request)
    return Json({**service.bot.status(), "env": service.environment.name.value})


@router.post(
    "/config", operation_id="configureBot", openapi_extra=CONFIG_BODY, responses={200: {"model": Configured}, **errors(409, 422)}
)
async def configure(request: Request, changes: Annotated[dict[str, Any], Body()]) -> Json:
    """Change settings: hot ones at any time, the others only while the bot is stopped."""
    if not changes:
        raise InvalidInput("body", changes, f"at least one of {', '.join(ConfigChange.model_fields)}")
    try:
        ConfigChange.model_validate(changes)
    except ValidationError as error:
        raise ConfigErrors(error) from None
    config = service_of(request).bot.configure(changes)
    return Json({"status": "updated", "config": config.model_dump(mode="json")})


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

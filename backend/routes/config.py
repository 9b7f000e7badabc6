"""The configuration: its schema, what is in force, what a change would do, every version of it, and the way back."""

import asyncio
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import ValidationError

from backend.answers import Json, error_answer
from backend.config_preview import preview
from backend.config_schemas import (
    ConfigDiff,
    ConfigFile,
    ConfigFileRead,
    ConfigInForce,
    ConfigPresets,
    ConfigPreview,
    ConfigSchema,
    Configured,
    ConfigVersions,
    ConfigVersionWhole,
    Rollback,
)
from backend.routes.common import commanded, errors, service_of, who_of
from backend.schemas import ConfigChange, config_change_schema, inlined
from backend.service import Service
from backend.settings_desk import Applied
from bot.config import HOT_FIELDS, BotConfig, ConfigErrors, changed_config, parsed_config
from bot.config_history import MOST_KEPT, Version
from bot.config_schema import RAISES_LIMITS, changes_between, config_hash, raised_limits, settings
from bot.core.errors import ConfigurationError, InvalidInput, PriceUnavailable
from bot.core.market import market_name
from bot.core.mode import BotState
from bot.presets import PRESETS

bot_router: Final = APIRouter(prefix="/api/bot", tags=["config"])
router: Final = APIRouter(prefix="/api/config", tags=["config"])
LESSER: Final = ("read", "control")
"""Roles whose bearer may not raise a limit."""
CONFIG_BODY: Final = {"requestBody": {"content": {"application/json": {"schema": inlined(config_change_schema())}}}}
PREVIEW_BODY: Final = {
    "requestBody": {"content": {"application/json": {"schema": {**inlined(config_change_schema()), "minProperties": 0}}}}
}
Expected = Annotated[str | None, Query(max_length=64, description="The hash that the caller believes to be in force.")]
Comment = Annotated[str, Query(max_length=200, description="Kept in the history.")]
Number = Annotated[int, Path(ge=1, le=99_999_999)]


@bot_router.post(
    "/config",
    operation_id="configureBot",
    openapi_extra=CONFIG_BODY,
    responses={200: {"model": Configured}, **errors(403, 409, 422)},
)
async def configure(
    request: Request, changes: Annotated[dict[str, Any], Body()], expected: Expected = None, comment: Comment = ""
) -> Json:
    """Change settings: hot ones at any time, the others only while the bot is stopped. All of them, or none."""
    if not changes:
        raise InvalidInput("body", changes, f"at least one of {', '.join(ConfigChange.model_fields)}")
    wanted = _checked(service_of(request), changes)
    return await _apply(request, "configure", wanted, changes, expected=expected, comment=comment)


@bot_router.post(
    "/config/preview",
    operation_id="previewConfig",
    openapi_extra=PREVIEW_BODY,
    responses={200: {"model": ConfigPreview}, **errors(422)},
)
async def dry_run(request: Request, changes: Annotated[dict[str, Any], Body()]) -> Json:
    """Say what these changes would quote now, and what stands against them; nothing is changed and nothing is sent."""
    service = service_of(request)
    return Json(preview(service.bot, _checked(service, changes), service.clock.now_ms()))


@bot_router.post(
    "/config/rollback", operation_id="rollBackConfig", responses={200: {"model": Configured}, **errors(403, 404, 409, 422)}
)
async def roll_back(request: Request, wanted: Annotated[Rollback, Body()]) -> Json:
    """Bring an earlier configuration back into force, under the same rules as any other change."""
    service = service_of(request)
    version = await service.ask_history(lambda history: history.get(wanted.version))
    content = version.content()
    comment = wanted.comment or f"back to version {version.version}"
    changes = service.settings.changes_to(content)
    return await _apply(request, "rollback", content, changes, expected=wanted.expected, comment=comment)


@router.get("", operation_id="getConfig", responses={200: {"model": ConfigInForce}, **errors()})
async def in_force(request: Request) -> Json:
    """Return the configuration in force."""
    service = service_of(request)
    config = service.bot.config
    return Json(
        {
            "version": service.settings.version,
            "hash": config_hash(config),
            "config": config.model_dump(mode="json"),
            "warnings": _warnings(config),
            "is_running": service.bot.engine.state is not BotState.STOPPED,
        }
    )


@router.get("/schema", operation_id="getConfigSchema", responses={200: {"model": ConfigSchema}, **errors()})
async def schema(request: Request) -> Json:
    """Describe every setting: type, unit, range, default, meaning, and whether it changes while the bot quotes."""
    del request
    return Json(
        {
            **config_change_schema(),
            "hot": sorted(HOT_FIELDS),
            "defaults": BotConfig().model_dump(mode="json"),
            "raises_limits": sorted(RAISES_LIMITS),
            "settings": settings(),
        }
    )


@router.post("/read", operation_id="readConfigFile", responses={200: {"model": ConfigFileRead}, **errors(422)})
async def read_file(request: Request, file: Annotated[ConfigFile, Body()]) -> Json:
    """Say what a configuration file would change; nothing is changed. What it does not name goes back to its default."""
    try:
        wanted = await asyncio.to_thread(parsed_config, file.text.encode(), "the file")
    except ConfigErrors:
        raise
    except ConfigurationError as unreadable:
        hint = "YAML or JSON, as `mmbot config init` writes it"
        return error_answer(422, "file_not_readable", str(unreadable), field="text", hint=hint)
    return Json({"changes": service_of(request).settings.changes_to(wanted)})


@router.get("/history", operation_id="getConfigHistory", responses={200: {"model": ConfigVersions}, **errors(422)})
async def history(request: Request, limit: Annotated[int, Query(ge=1, le=MOST_KEPT)] = 50) -> Json:
    """Return the versions that were in force, newest first: when, by whom, and what each changed."""
    service = service_of(request)
    rows = await service.ask_history(lambda kept: [(each, kept.changes_of(each)) for each in kept.newest_first(limit)])
    return Json({"versions": [_row(service, version, changes) for version, changes in rows]})


@router.get(
    "/history/{number}", operation_id="getConfigVersion", responses={200: {"model": ConfigVersionWhole}, **errors(404, 422)}
)
async def one_version(request: Request, number: Number) -> Json:
    """Return one version with its content."""
    service = service_of(request)
    try:
        version, changes = await service.ask_history(lambda kept: (found := kept.get(number), kept.changes_of(found)))
    except InvalidInput as unknown:
        return error_answer(404, "not_found", str(unknown), field="version", hint=unknown.allowed)
    return Json({**_row(service, version, changes), "config": version.config})


@router.get("/diff", operation_id="getConfigDiff", responses={200: {"model": ConfigDiff}, **errors(404, 422)})
async def diff(
    request: Request,
    before: Annotated[int, Query(alias="from", ge=1, le=99_999_999)],
    after: Annotated[int | None, Query(alias="to", ge=1, le=99_999_999, description="In force when left out.")] = None,
) -> Json:
    """Return what leads from one version to another."""
    service = service_of(request)
    old = (await service.ask_history(lambda kept: kept.get(before))).content()
    if after is None:
        new, number = service.bot.config, service.settings.version
    else:
        new, number = (await service.ask_history(lambda kept: kept.get(after))).content(), after
    return Json({"from": before, "to": number, "changes": changes_between(old, new)})


@router.get("/presets", operation_id="getConfigPresets", responses={200: {"model": ConfigPresets}, **errors(422, 503)})
async def presets(
    request: Request, market: Annotated[str | None, Query(max_length=30, description="The configured market otherwise.")] = None
) -> Json:
    """Return whole sets of settings, sized for a market at its present price."""
    bot = service_of(request).bot
    view = bot.engine.view_of(market_name(market or bot.config.market))
    if view.mark is None or view.mark.value <= 0:
        raise PriceUnavailable(view.rules.name, "presets are sized by value, and no mark price has arrived yet")
    rows = [
        {
            "name": each.name,
            "title": each.title,
            "meaning": each.meaning,
            "market": view.rules.name,
            "changes": each.changes(view.rules, view.mark.value),
        }
        for each in PRESETS
    ]
    return Json({"presets": rows})


def _checked(service: Service, changes: dict[str, Any]) -> BotConfig:
    """Return the whole configuration with changes; types are taken strictly, as JSON is.

    Raises: ConfigErrors.
    """
    try:
        ConfigChange.model_validate_json(msgspec.json.encode(changes))
    except ValidationError as error:
        raise ConfigErrors(error) from None
    return changed_config(service.bot.config, changes)


async def _apply(
    request: Request, verb: str, wanted: BotConfig, changes: dict[str, Any], *, expected: str | None, comment: str
) -> Json:
    service, who = service_of(request), who_of(request)
    raised = raised_limits(service.bot.config, wanted)
    if raised and who in LESSER:
        message = f"raising {', '.join(raised)} needs the owner's token"
        return error_answer(403, "role_too_small", message, field=raised[0], hint="`mmbot token show` prints it")
    noted = "rollback" if verb == "rollback" else "change"

    async def work() -> Applied:
        return await service.settings.change(changes, who=who, verb=noted, expected=expected, comment=comment)

    done = await commanded(request, verb, changes, work)
    return Json(
        {
            "status": "updated",
            "config": done.config.model_dump(mode="json"),
            "version": done.version,
            "hash": config_hash(done.config),
            "changes": done.changes,
            "warnings": _warnings(done.config),
        }
    )


def _warnings(config: BotConfig) -> list[str]:
    return [warning for each in config.markets() for warning in each.warnings()]


def _row(service: Service, version: Version, changes: object) -> dict[str, Any]:
    return {
        "version": version.version,
        "hash": version.hash,
        "at_ms": version.at_ms,
        "who": version.who,
        "verb": version.verb,
        "comment": version.comment,
        "changes": changes,
        "is_running": version.version == service.settings.version,
    }

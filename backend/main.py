"""The web application: routes, lifespan, the Broadcaster.

`uvicorn backend.main:app` starts the same service as `mmbot run`. The environment is read when the service starts, not when this
module is imported.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Final

from fastapi import FastAPI

from backend.answers import install_answers
from backend.auth import AccessMiddleware, Door
from backend.border import Border, Log
from backend.broadcaster import MOST_VIEWERS, Broadcaster
from backend.control import OpenBot
from backend.routes import account, bot, jobs, markets, money, orders, system
from backend.routes import config as config_routes
from backend.screen import Screen
from backend.service import running_service
from backend.watching import from_outside, heart, wants_json, watching
from bot.assembly import open_market_maker
from bot.bot_logger import BotLogger
from bot.clock import SystemClock
from bot.config import BotConfig
from bot.core.errors import ConfigurationError
from bot.environment import Environment
from bot.observers.alerts import AlertSettings
from bot.overrides import starting_config
from bot.ports import Clock

__all__ = ["Broadcaster", "app", "create_app"]

VERSION: Final = "0.1.0"


def create_app(
    *,
    environment: Environment | None = None,
    config: BotConfig | None = None,
    host: str | None = None,
    port: int | None = None,
    clock: Clock | None = None,
    logger: BotLogger | None = None,
    open_bot: OpenBot = open_market_maker,
    alert_settings: AlertSettings | None = None,
    most_viewers: int = MOST_VIEWERS,
) -> FastAPI:
    """Return the application; the bot starts and stops with its lifespan.

    `host` and `port` are where the server will listen; without them the process's own sockets are looked at. What is not given is
    read from the process environment when the lifespan begins.
    """

    @contextlib.asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[None]:
        try:
            chosen, told = (environment, alert_settings or AlertSettings()) if environment else from_outside(os.environ)
            ticking = clock or SystemClock()
            given = config
            if given is None:
                given = await asyncio.to_thread(starting_config, chosen, None, {} if environment else os.environ)
            log = logger or BotLogger(ticking.now_ms, level=chosen.log_level, json=wants_json(os.environ))
            application.state.logger = log
            async with (
                watching(chosen, told, log, with_file=logger is None or alert_settings is not None) as alerts,
                running_service(
                    chosen,
                    given,
                    clock=ticking,
                    logger=log,
                    open_bot=open_bot,
                    host=host,
                    port=port,
                    alerts=alerts,
                    most_viewers=most_viewers,
                ) as service,
                heart(told, service),
            ):
                application.state.service = service
                yield
        except ConfigurationError as error:
            application.state.why_not_started = str(error)
            raise
        finally:
            application.state.service = None

    application = FastAPI(
        title="extended-mm-bot",
        version=VERSION,
        description="A market maker for the Extended exchange. Errors are `{code, message, field, hint}`; decimals are text.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    application.state.service = None
    application.state.logger = None
    application.state.why_not_started = ""
    routers = [routes.router for routes in (bot, config_routes, orders, account, markets, money, jobs, system)]
    routers.append(config_routes.bot_router)
    for router in routers:
        application.include_router(router)
    application.state.routes = [route for router in routers for route in router.routes]
    application.router.default = Screen()
    install_answers(application)
    _install_borders(application)
    return application


def _install_borders(application: FastAPI) -> None:
    """Put the door outside and the border behind it, so that every answer carries the security headers."""

    def log_of() -> Log | None:
        logger: BotLogger | None = application.state.logger
        return logger.log if logger else None

    def door_of() -> Door | None:
        return application.state.service.door if application.state.service else None

    application.add_middleware(Border, log_of=log_of)
    application.add_middleware(AccessMiddleware, door_of=door_of)


app = create_app()

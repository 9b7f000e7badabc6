"""What stands before and around the bot: settings and secrets from outside, alerts, the log on disk, the sign of life."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, MutableMapping
from typing import Final

from backend.service import Service
from bot.bot_logger import BotLogger
from bot.core.errors import ConfigurationError
from bot.environment import Environment, EnvironmentName, load_environment
from bot.hardening import forbid_core_dumps, wipe_environment
from bot.observers.alerts import Alerts, AlertSettings, apprise_sender, load_alert_settings
from bot.observers.heartbeat import Heartbeat
from bot.observers.log_file import LogFile

FORMATS: Final = ("", "text", "json")


def from_outside(
    variables: MutableMapping[str, str], *, name: str | None = None, port: int | None = None
) -> tuple[Environment, AlertSettings]:
    """Read everything that the process is told from outside; then no secret is left in its environment.

    Raises: ConfigurationError naming the variable and the remedy.
    """
    environment = load_environment(variables, name=name, port=port)
    settings = load_alert_settings(variables)
    if environment.name is not EnvironmentName.PAPER or environment.api_key is not None:
        forbid_core_dumps()
    wipe_environment(variables)
    return environment, settings


def wants_json(variables: MutableMapping[str, str]) -> bool:
    """Report whether lines on standard output are JSON; the documents' shape otherwise.

    Raises: ConfigurationError for a word that is neither.
    """
    word = variables.get("MMBOT_LOG_FORMAT", "").strip().lower()
    if word not in FORMATS:
        raise ConfigurationError(f"MMBOT_LOG_FORMAT is {word!r}; allowed are text and json")
    return word == "json"


@contextlib.asynccontextmanager
async def watching(
    environment: Environment, settings: AlertSettings, logger: BotLogger, *, with_file: bool
) -> AsyncIterator[Alerts]:
    """Open alerts and the log on disk before anything else; what happens from then on is told.

    Raises: ConfigurationError when an address of MMBOT_ALERT_URLS cannot be used.
    """
    logger.hide(url.reveal() for url in settings.urls)
    send = await asyncio.to_thread(apprise_sender, settings.urls) if settings.urls else None
    alerts = Alerts(send, least=settings.least, name=f"mmbot {environment.name.value}")
    logger.listeners.append(alerts.listen)
    alerts.start()
    file = LogFile(environment.home / "logs") if with_file else None
    if file is not None:
        logger.listeners.append(file.write)
    try:
        yield alerts
    finally:
        await asyncio.to_thread(alerts.close)
        if file is not None:
            await asyncio.to_thread(file.close)


@contextlib.asynccontextmanager
async def heart(settings: AlertSettings, service: Service) -> AsyncIterator[None]:
    """Beat for an outside watcher while the service is ready, where an address was named."""
    if settings.heartbeat_url is None:
        yield
        return
    beating = Heartbeat(settings.heartbeat_url, lambda: service.readiness() == "ready", clock=service.clock)
    task = asyncio.create_task(beating.run(), name="heartbeat")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

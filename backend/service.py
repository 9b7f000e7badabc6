"""The running service: the bot, what it shows, and the tasks that belong to it, from start to shutdown."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from backend.access import AccessRules, Role, TokenGate
from backend.auth import Door
from backend.bound_address import WILDCARDS, is_loopback, listening, url_of
from backend.broadcaster import MOST_VIEWERS, Broadcaster
from backend.commands import Commands
from backend.control import BotControl, OpenBot
from backend.settings_desk import SettingsDesk
from bot.bot_logger import BotLogger
from bot.config import BotConfig
from bot.config_history import ConfigHistory
from bot.config_schema import config_hash
from bot.core.errors import ConfigurationError, MakerError
from bot.environment import Environment, EnvironmentName
from bot.observers.alerts import Alerts
from bot.observers.feed import Feed
from bot.observers.records import Records, database_url
from bot.observers.series import Series
from bot.observers.tallies import Tallies
from bot.ports import Clock
from bot.state_folder import StateFolder

T = TypeVar("T")
PRICE_FEEDS: Final = ("book", "best_quote", "mark")
STOP_TIMEOUT_S: Final = 15.0
TOKEN_LOOK_S: Final = 2.0
LISTEN_LOOK_S: Final = 0.25
LISTEN_LOOKS: Final = 120


class Service:
    """What the routes work with."""

    def __init__(
        self,
        environment: Environment,
        bot: BotControl,
        *,
        clock: Clock,
        logger: BotLogger,
        gate: TokenGate,
        door: Door,
        records: Records,
        most_viewers: int = MOST_VIEWERS,
    ) -> None:
        self.environment = environment
        self.bot = bot
        self.clock = clock
        self.logger = logger
        self.gate = gate
        self.door = door
        self.feed = Feed(bot.engine)
        self.broadcaster = Broadcaster(self.picture, self.feed.changed, clock, most_viewers=most_viewers)
        self.records = records
        self.tallies = Tallies(clock)
        self.series = Series(clock)
        self.sockets_without_token = 0
        """Sockets that are open and have not shown their token yet."""
        self.settings = SettingsDesk(bot, ConfigHistory(StateFolder(environment.home), environment.name), clock.now_ms)
        self.commands = Commands(clock, bot.tell, lambda: config_hash(bot.config))
        self.alerts: Alerts | None = None
        self.crash = ""
        """Why the bot's own task ended; empty while it runs."""

    async def ask_history(self, question: Callable[[ConfigHistory], T]) -> T:
        """Ask the versions of the configuration, beside the loop: they are files."""
        return await asyncio.to_thread(question, self.settings.history)

    def picture(self) -> dict[str, Any]:
        """Return the live picture; parts that did not change are the same objects as before."""
        picture = self.feed.picture(
            self.clock.now_ms(),
            market=self.bot.config.market,
            env=self.environment.name.value,
            exchange=self.exchange(),
            config=self.bot.config.model_dump(mode="json"),
        )
        picture["metrics"] |= {"requests_last_minute": self.bot.requests_last_minute(), "loop_lag_ms": self.bot.lag.recent_ms}
        picture["metrics"] |= self.bot.steps.acknowledgements()
        if self.environment.shadow:
            picture["shadow"] = True
        if self.crash:
            reason = f"the bot crashed: {self.crash}"
            picture["bot"] = {"state": "HALTED", "reason": reason, "reason_code": "crashed", "running": False}
        return picture

    def exchange(self) -> dict[str, str]:
        """Return whether the exchange is reached, and what is missing when it is not wholly."""
        bot = self.bot
        if bot.exchange_status != "connected":
            return {"status": bot.exchange_status, "detail": bot.exchange_detail}
        view, blocked = bot.engine.views.get(bot.config.market), bot.engine.sync.blocks()
        lost = dict(view.feeds_lost) if view is not None else {}
        if not lost and blocked is None:
            return {"status": "connected", "detail": bot.exchange_detail}
        broken = len(lost) >= len(PRICE_FEEDS) and any(why != "not connected" for why in lost.values())
        missing = [f"{feed}: {why}" for feed, why in lost.items()] + ([blocked.text] if blocked else [])
        return {"status": "unreachable" if broken else "connecting", "detail": "; ".join(missing)[:300]}

    def readiness(self) -> str:
        """Return one word: ready, starting (nothing known yet), stale (known once, too old now) or crashed."""
        if self.crash:
            return "crashed"
        engine, market = self.bot.engine, self.bot.config.market
        view, settings = engine.views.get(market), engine.settings.get(market)
        if view is None or settings is None or view.mark is None:
            return "starting"
        now_ms = self.clock.now_ms()
        _, _, touched_ms = view.touch()
        mark_is_fresh = view.mark.age_ms(now_ms) <= settings.max_mark_age_ms
        touch_is_fresh = bool(touched_ms) and now_ms - touched_ms <= settings.max_touch_age_ms
        fresh = mark_is_fresh and touch_is_fresh and not view.book.problem
        return "ready" if fresh and engine.sync.is_synced else "stale"

    async def run_bot(self) -> None:
        """Run the bot; when it crashes, say so everywhere instead of carrying on."""
        try:
            await self.bot.run()
        except Exception as error:  # noqa: BLE001 - the border of the task: what is left of the service tells what happened
            self.crash = _sentence(error)
            self.logger.log("ERROR", "bot_crashed", None, reason=self.crash)

    async def run_records(self) -> None:
        """Follow the journal; a bug there ends the records of this run and nothing else: the journal has everything."""
        try:
            await self.records.run()
        except Exception as error:  # noqa: BLE001 - the border of the task
            self.records.problem = _sentence(error)
            self.logger.log("ERROR", "records_stalled", None, reason=self.records.problem)

    async def watch_token(self, home: StateFolder) -> None:
        """Take a rotated token within seconds, and close the sockets that were opened with the old one. Ends with its task."""
        while True:
            await self.clock.sleep(TOKEN_LOOK_S)
            try:
                token, lesser = await asyncio.to_thread(_tokens, home)
            except (ConfigurationError, OSError) as error:
                self.logger.log("ERROR", "token_not_readable", None, reason=str(error))
                continue
            if self.gate.replace(token, lesser):
                self.logger.hide((token, *lesser.values()))
                self.logger.log("INFO", "token_rotated", None)
                self.broadcaster.close_authenticated()

    async def announce(self, home: StateFolder, host: str | None, port: int | None) -> None:
        """Write down where this process answers, as soon as it listens, for other programs of the same user."""
        for _ in range(LISTEN_LOOKS):
            place = (host, port) if host is not None and port else next(iter(sorted(listening())), None)
            if place is not None:
                if not is_loopback(place[0]):
                    self.logger.log("WARNING", "open_to_network", None, address=place[0], port=place[1])
                await asyncio.to_thread(home.announce, url_of(*place))
                return
            await asyncio.sleep(LISTEN_LOOK_S)

    async def shut_down(self) -> None:
        """Pull the quotes and see them gone, within a deadline; a crashed bot has its nets."""
        self.broadcaster.close_all()
        if self.crash:
            return
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self.bot.stop("the program ends")
        except (TimeoutError, MakerError) as error:
            self.logger.log("ERROR", "shutdown_not_verified", None, reason=str(error) or "no answer in time")


@contextlib.asynccontextmanager
async def running_service(
    environment: Environment,
    config: BotConfig,
    *,
    clock: Clock,
    logger: BotLogger,
    open_bot: OpenBot,
    host: str | None,
    port: int | None,
    alerts: Alerts | None = None,
    most_viewers: int = MOST_VIEWERS,
) -> AsyncIterator[Service]:
    """Open the bot and everything around it; leaving stops the bot first.

    Raises: ConfigurationError in one sentence.
    """
    async with open_bot(environment, config, clock=clock, logger=logger) as bot:
        home = StateFolder(Path(environment.home))
        token, lesser = await asyncio.to_thread(_tokens, home)
        logger.hide((token, *lesser.values()))
        gate = TokenGate(token, lesser)
        door = Door(_rules(environment, host), gate, clock, logger.log, host=host)
        records = _records(environment, clock, logger)
        service = Service(
            environment, bot, clock=clock, logger=logger, gate=gate, door=door, records=records, most_viewers=most_viewers
        )
        await service.settings.begin()
        service.alerts = alerts
        if alerts is not None:
            alerts.tell = bot.tell
        bot.watchers += [service.feed.record, service.tallies.record, service.series.record]
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(service.run_bot(), name="bot"),
                    tasks.create_task(service.broadcaster.run(), name="broadcaster"),
                    tasks.create_task(service.watch_token(home), name="token"),
                    tasks.create_task(service.announce(home, host, port), name="announcement"),
                    tasks.create_task(service.run_records(), name="records"),
                ]
                try:
                    yield service
                finally:
                    await service.shut_down()
                    await asyncio.to_thread(home.withdraw_announcement)
                    for task in running:
                        task.cancel()
                    await service.commands.close()
        finally:
            await records.close()


def _tokens(home: StateFolder) -> tuple[str, dict[Role, str]]:
    """Return the owner's token and those of lesser roles that somebody asked for."""
    lesser = {role: home.role_token(role.name.lower()) for role in (Role.READ, Role.CONTROL)}
    return home.token(), {role: token for role, token in lesser.items() if token is not None}


def _records(environment: Environment, clock: Clock, logger: BotLogger) -> Records:
    """Return the records of this environment.

    Raises: ConfigurationError for a database that cannot be used at all.
    """
    home = Path(environment.home)
    if environment.database_url is not None:
        logger.hide((environment.database_url,))
    url = database_url(environment.database_url, home)
    return Records(url, home / "journal" / environment.records_name, clock=clock, log=logger.log)


def _rules(environment: Environment, host: str | None) -> AccessRules:
    return AccessRules(
        is_paper=environment.name is EnvironmentName.PAPER,
        allowed_hosts=environment.allowed_hosts,
        allowed_origins=environment.allowed_origins,
        bound_host="" if host is None or host in WILDCARDS else host,
    )


def _sentence(error: BaseException) -> str:
    """Return the first cause in a few words; a group names its first member."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:500]

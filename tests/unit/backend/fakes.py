"""A bot that remembers what it was asked and answers what a test tells it to; its engine is the real one."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from backend.main import create_app
from backend.service import Service
from bot.bot_logger import BotLogger
from bot.clock import TurnableClock
from bot.config import BotConfig, changed_config
from bot.core.errors import MakerError
from bot.core.events import Event, QuotingStarted
from bot.core.notes import Note
from bot.environment import Environment, EnvironmentName
from bot.observers.status import bot_status
from bot.observers.step_times import StepTimes
from bot.ports import Clock
from bot.simple_mm_bot import Watcher
from bot.supervision import LagWatch
from tests.unit.core.play import Play

PORT = 8000
HOME = f"http://127.0.0.1:{PORT}"
SOCKET = f"ws://127.0.0.1:{PORT}/ws/broadcast"


class FakeBot:
    """Implements BotControl; `fails` maps a verb to the error it raises, `answers` to what it returns."""

    def __init__(self, play: Play | None = None) -> None:
        self.play = play or Play()
        self.engine = self.play.engine
        self.config = BotConfig()
        self.exchange_status = "connected"
        self.exchange_detail = "account 1"
        self.watchers: list[Watcher] = []
        self.requests_last_minute = lambda: 7
        self.fails: dict[str, Exception] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, Any]] = []
        self.told: list[Note] = []
        self.steps = StepTimes()
        self.lag = LagWatch(lambda event: None, StandingClock(0), lambda *words, **fields: None, lambda: None)
        self.lag.worst_ms = 40
        self.crash: Exception | None = None

    def _called(self, verb: str, what: Any = None) -> None:
        self.calls.append((verb, what))
        if verb in self.fails:
            raise self.fails[verb]

    async def run(self) -> None:
        if self.crash is not None:
            raise self.crash
        await asyncio.Event().wait()

    async def start(self) -> dict[str, Any]:
        self._called("start")
        self.engine.apply(QuotingStarted(received_ms=self.play.now_ms))
        return {"status": "started", "config": self.config.model_dump()}

    async def stop(self, reason: str = "stopped by a person") -> dict[str, Any]:
        self._called("stop", reason)
        return self.answers.get("stop", {"status": "stopped", "remaining": []})

    async def pause(self, reason: str = "paused by a person") -> dict[str, Any]:
        self._called("pause", reason)
        return {"status": "paused", "remaining": []}

    async def pause_market(self, market: str, reason: str = "paused by a person") -> dict[str, Any]:
        self._called("pause_market", (market, reason))
        return {"status": "paused", "market": market, "remaining": []}

    async def resume_market(self, market: str) -> dict[str, Any]:
        self._called("resume_market", market)
        return {"status": "resumed", "market": market, "remaining": []}

    def tell(self, note: Note) -> None:
        self.told.append(note)

    async def flatten(self, market: str | None = None) -> dict[str, Any]:
        self._called("flatten", market)
        return {"status": "flat", "market": market or self.config.market, "position": "0", "orders": []}

    async def kill(self, reason: str = "killed by a person") -> dict[str, Any]:
        self._called("kill", reason)
        return self.answers.get("kill", {"status": "killed", "found": 0, "remaining": [], "unmarked": ""})

    def check(self, changes: dict[str, object]) -> BotConfig:
        return changed_config(self.config, changes)

    def configure(self, changes: dict[str, object]) -> BotConfig:
        self._called("configure", changes)
        self.config = changed_config(self.config, changes)
        return self.config

    def status(self) -> dict[str, Any]:
        return bot_status(self.engine, self.config.market, self.config.model_dump())

    async def create_order(
        self, *, market: str, side: str, price: str, size: str, time_in_force: str, reduce_only: bool
    ) -> dict[str, Any]:
        order = {
            "market": market, "side": side, "price": price, "size": size, "timeInForce": time_in_force, "reduceOnly": reduce_only,
        }  # fmt: skip
        self._called("create_order", order)
        return self.answers.get("create_order", {"status": "RESTING", "id": "1", "externalId": "mmh-1-1", **order})

    async def check_order(
        self, *, market: str, side: str, price: str, size: str, time_in_force: str, reduce_only: bool
    ) -> dict[str, Any]:
        order = {
            "market": market, "side": side, "price": price, "size": size, "timeInForce": time_in_force, "reduceOnly": reduce_only,
        }  # fmt: skip
        self._called("check_order", order)
        return self.answers.get("check_order", {"market": market, "verdict": "PASS", "notional": "1"})

    async def cancel_order(self, order_id: str) -> dict[str, Any]:
        self._called("cancel_order", order_id)
        return self.answers.get("cancel_order", {"status": "CANCELLED", "id": order_id})

    def happens(self, *events: Event) -> None:
        """Let the loop fold events and tell the watchers, as one batch."""
        for event in events:
            self.engine.apply(event)
        for watch in self.watchers:
            watch(self.engine, list(events), [])


class StandingClock(TurnableClock):
    """A clock that only a test turns; whoever sleeps on it sleeps for good."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


class World:
    """One application around a fake bot."""

    def __init__(
        self,
        home: Path,
        *,
        bot: FakeBot | None = None,
        name: EnvironmentName = EnvironmentName.PAPER,
        host: str | None = "127.0.0.1",
        hosts: tuple[str, ...] = (),
        origins: tuple[str, ...] = (),
        clock: Clock | None = None,
        config: BotConfig | None = None,
    ) -> None:
        self.bot = bot or FakeBot()
        self.clock = clock or StandingClock(self.bot.play.now_ms)
        self.written = io.StringIO()
        self.logger = BotLogger(self.clock.now_ms, level="DEBUG", stream=self.written)
        self.home = home
        self.environment = Environment(name=name, home=home, allowed_hosts=hosts, allowed_origins=origins)
        self.open_fails: MakerError | None = None
        self.app: FastAPI = create_app(
            environment=self.environment,
            config=config,
            host=host,
            port=PORT,
            clock=self.clock,
            logger=self.logger,
            open_bot=self._open,
        )

    @contextlib.asynccontextmanager
    async def _open(
        self, environment: Environment, config: BotConfig, *, clock: Clock, logger: BotLogger
    ) -> AsyncIterator[FakeBot]:
        if self.open_fails is not None:
            raise self.open_fails
        self.bot.config = config
        yield self.bot

    @property
    def service(self) -> Service:
        service = self.app.state.service
        assert isinstance(service, Service)
        return service

    @property
    def token(self) -> str:
        return (self.home / "token").read_text()

    @property
    def events(self) -> list[str]:
        return [line.event for line in self.logger.lines(limit=100)]

    @contextlib.contextmanager
    def client(self, **headers: str) -> Iterator[TestClient]:
        """Run the application and yield a client of it."""
        with TestClient(self.app, base_url=HOME, headers=headers) as client:
            yield client

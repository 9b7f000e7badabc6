"""The service around the bot: start, crash, token, shutdown."""

import asyncio
import json
from pathlib import Path

import pytest

from backend.main import create_app
from backend.service import LISTEN_LOOK_S, TOKEN_LOOK_S
from bot.clock import SystemClock
from bot.config import BotConfig
from bot.core.errors import ConfigurationError, ExchangeUnreachable, InvariantBroken
from bot.core.events import BookSnapshot, FeedLost, Level
from bot.core.numbers import Lots, Ticks
from bot.environment import EnvironmentName
from bot.state_folder import StateFolder
from tests.unit.backend.fakes import FakeBot, World
from tests.unit.core.play import START_MS


class QuickClock(SystemClock):
    """Waits a hundredth of what it is asked for."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


async def start_of(app: object) -> dict[str, object]:
    """Play a server that starts an application; returns its answer."""
    answers: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def receive() -> dict[str, object]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, object]) -> None:
        await answers.put(message)

    await app({"type": "lifespan", "state": {}}, receive, send)  # type: ignore[operator]  # an ASGI application
    return answers.get_nowait()


async def test_a_start_that_fails_is_told_in_one_sentence_without_a_traceback(world: World) -> None:
    world.open_fails = ConfigurationError("another bot runs with this state folder; stop it first")

    answer = await start_of(world.app)

    assert answer == {"type": "lifespan.startup.failed", "message": "another bot runs with this state folder; stop it first"}
    assert world.app.state.why_not_started


async def test_settings_that_cannot_be_read_fail_the_start_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMBOT_ENV", "moon")

    answer = await start_of(create_app())

    assert answer["message"] == "MMBOT_ENV is 'moon'; allowed are paper, testnet and live"


async def test_a_weak_token_fails_the_start(world: World) -> None:
    world.home.mkdir()
    (world.home / "token").write_text("admin")

    answer = await start_of(world.app)

    assert "too weak" in str(answer["message"])


def test_importing_the_application_reads_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMBOT_ENV", "moon")

    assert create_app().title == "extended-mm-bot"


def test_the_bot_is_stopped_before_the_program_ends(world: World) -> None:
    with world.client():
        assert not world.bot.calls

    assert world.bot.calls == [("stop", "the program ends")]


def test_a_stop_that_fails_at_the_end_is_told(world: World) -> None:
    world.bot.fails["stop"] = ExchangeUnreachable("no answer")
    with world.client():
        pass

    assert "shutdown_not_verified" in world.events


def test_a_crashed_bot_is_told_everywhere_and_nothing_carries_on(world: World) -> None:
    world.bot.crash = ExceptionGroup("tasks", [InvariantBroken("order id used twice")])
    with world.client() as client:
        health, ready = client.get("/healthz"), client.get("/readyz")
        bot = world.service.picture()["bot"]

    assert (health.status_code, health.json()) == (503, {"status": "crashed"})
    assert (ready.status_code, ready.json()) == (503, {"status": "crashed"})
    assert bot == {
        "state": "HALTED", "reason": "the bot crashed: InvariantBroken: order id used twice", "reason_code": "crashed",
        "running": False,
    }  # fmt: skip
    assert "bot_crashed" in world.events
    assert not world.bot.calls


async def test_a_bug_in_the_records_ends_them_alone_and_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise ZeroDivisionError("nobody thought of this")

    async with world.app.router.lifespan_context(world.app):
        service = world.service
        monkeypatch.setattr(service.records, "run", broken)
        await service.run_records()

        assert service.records.problem == "ZeroDivisionError: nobody thought of this"
        assert "records_stalled" in world.events
        assert service.crash == "", "the bot goes on"


def test_the_picture_says_when_nothing_is_sent(tmp_path: Path) -> None:
    world = World(tmp_path / "home", name=EnvironmentName.TESTNET)
    with world.client():
        real = world.service.picture()
        world.service.environment = world.service.environment.model_copy(update={"shadow": True})
        shadow = world.service.picture()

    assert "shadow" not in real
    assert shadow["shadow"] is True


def test_the_token_is_made_at_the_first_run_for_its_owner_alone(world: World) -> None:
    with world.client():
        pass

    assert len(world.token) >= 43
    assert (world.home / "token").stat().st_mode & 0o777 == 0o600


async def test_a_rotated_token_opens_and_the_old_one_and_its_sockets_do_not(tmp_path: Path) -> None:
    world = World(tmp_path / "home", clock=QuickClock())
    async with world.app.router.lifespan_context(world.app):
        old = world.token
        viewer = world.service.broadcaster.join(showed_token=True)
        assert viewer is not None
        new = StateFolder(world.home).rotate_token()

        async with asyncio.timeout(TOKEN_LOOK_S * 5):
            await viewer.ended.wait()

        assert world.service.gate.accepts(new)
        assert not world.service.gate.accepts(old)
        assert viewer.why == "the token was rotated"
    assert new not in world.written.getvalue()


async def test_where_the_service_answers_is_written_down_and_withdrawn(world: World) -> None:
    async with world.app.router.lifespan_context(world.app):
        async with asyncio.timeout(LISTEN_LOOK_S * 20):
            while not (world.home / "run.json").exists():  # noqa: ASYNC110 - a file rings no bell
                await asyncio.sleep(0.005)
        assert json.loads((world.home / "run.json").read_text())["address"] == "http://127.0.0.1:8000"

    assert not (world.home / "run.json").exists()


async def test_listening_beyond_this_machine_is_warned_about(tmp_path: Path) -> None:
    world = World(tmp_path / "home", host="0.0.0.0")
    async with world.app.router.lifespan_context(world.app):
        await asyncio.sleep(0.05)

    assert "open_to_network" in world.events


def test_the_configuration_of_the_caller_is_used(tmp_path: Path) -> None:
    world = World(tmp_path / "home", config=BotConfig(enabled=True))
    with world.client() as client:
        assert client.get("/api/bot/status").json()["config"]["enabled"] is True


async def test_the_exchange_is_connected_when_every_feed_speaks_and_the_account_is_known(world: World) -> None:
    async with world.app.router.lifespan_context(world.app):
        world.bot.play.ready()
        assert world.service.exchange()["status"] == "connecting"

        touch = (Level(Ticks(86_190), Lots(1)),), (Level(Ticks(86_208), Lots(1)),)
        world.bot.happens(
            BookSnapshot(market="BTC-USD", bids=touch[0], asks=touch[1], exchange_ms=START_MS, received_ms=START_MS)
        )
        assert world.service.exchange() == {"status": "connected", "detail": "account 1"}


async def test_an_exchange_whose_feeds_all_broke_is_unreachable(world: World) -> None:
    async with world.app.router.lifespan_context(world.app):
        world.bot.play.ready()
        for feed in ("book", "best_quote", "mark", "account"):
            world.bot.happens(FeedLost(feed=feed, market=None, reason="connection reset", received_ms=START_MS))

        exchange = world.service.exchange()

    assert exchange["status"] == "unreachable"
    assert "connection reset" in exchange["detail"]


async def test_what_the_bot_says_about_the_exchange_comes_first(world: World) -> None:
    async with world.app.router.lifespan_context(world.app):
        world.bot.exchange_status, world.bot.exchange_detail = "unreachable", "connection refused"

        assert world.service.exchange() == {"status": "unreachable", "detail": "connection refused"}


async def test_the_feed_is_told_by_the_loop(world: World) -> None:
    async with world.app.router.lifespan_context(world.app):
        assert isinstance(world.bot, FakeBot)
        assert world.service.feed.record in world.bot.watchers


def test_the_picture_tells_how_fast_the_exchange_answers_and_how_the_loop_turns(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    with world.client():
        before = world.service.picture()["metrics"]
        world.bot.steps.saw("POST /user/order", 0.031)
        after = world.service.picture()["metrics"]

    assert (before["loop_lag_ms"], before["requests_last_minute"]) == (0, 7)
    assert not [name for name in before if name.startswith(("place_ms", "cancel_ms"))]
    assert (after["place_ms_p50"], after["place_ms_p99"]) == (31.0, 31.0)

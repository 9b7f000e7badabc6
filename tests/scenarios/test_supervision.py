"""Workers that die, a loop that dies, a program that dies again and again: each is said, and none leaves a quote behind."""

import asyncio

import pytest

from bot.core.actions import PlaceOrder, PlaceStop
from bot.core.mode import BotState
from bot.observers.alerts import ALERTS, AlertLevel
from simulator.inprocess_trouble import delay, refuse
from simulator.refusals import Code
from tests.support.virtual_world import VirtualBot, World


def kill_a_worker(bot: VirtualBot) -> None:
    """Let the order manager meet something that it cannot know: a bug of ours."""
    bot.maker.orders._urgent.put_nowait("not an action")  # type: ignore[arg-type]  # that is the bug


def test_f153_a_worker_that_dies_is_said_its_quotes_are_pulled_and_it_is_started_again() -> None:
    with World(seed=153) as world:
        bot = world.quoting_bot()
        kill_a_worker(bot)
        world.until(lambda: bot.said("task_failed"), 1)
        world.until(lambda: not world.resting(), 3, "its quotes are pulled")
        world.until(lambda: len(world.resting()) == 2, 10, "quotes return once everything was read again")

        assert bot.said("task_failed")[0]["task"] == "order manager"
        assert bot.state is BotState.RUNNING


def test_f153_a_worker_that_dies_again_and_again_halts_the_bot() -> None:
    with World(seed=154) as world:
        bot = world.quoting_bot()
        for _ in range(5):
            world.run_for(20)
            kill_a_worker(bot)
        world.until(lambda: bot.state is BotState.HALTED, 5)
        began_s = world.now_s
        world.run_for(95)

        assert bot.engine.state_reason.code == "task_failed"
        assert world.requests("create", "edit", since_s=began_s) == []
        assert world.live() == [], "nobody is left to cancel or to renew: switch and expiry have ended them"


def break_the_loop(bot: VirtualBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the main loop meet a bug at its next decision."""

    def broken(now_ms: int) -> list[object]:
        raise ZeroDivisionError(f"a bug at {now_ms}")

    monkeypatch.setattr(bot.engine, "decide", broken)


def crash_of(world: World, bot: VirtualBot, limit_s: float) -> None:
    """Let time pass until the bot's program has ended by its crash."""
    assert bot.task is not None
    task, bot.task = bot.task, None  # its end is what is expected
    world.until(task.done, limit_s, "the program has ended")
    assert isinstance(task.exception(), ExceptionGroup)


def test_f153_a_loop_that_dies_of_a_bug_cancels_everything_before_the_program_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(seed=155) as world:
        bot = world.quoting_bot()
        break_the_loop(bot, monkeypatch)
        crash_of(world, bot, 2)

        assert world.live() == []
        (told,) = bot.said("loop_crashed")
        assert told["reason"].startswith("ZeroDivisionError: a bug at ")
        assert ALERTS["loop_crashed"] is ALERTS["bot_crashed"] is AlertLevel.CRITICAL
        assert (bot.state, bot.engine.state_reason.code) == (BotState.HALTED, "crashed")
        assert "the main loop crashed: ZeroDivisionError" in str(bot.maker.status())
        bot.kill()


def test_f153_an_order_that_was_on_its_way_when_the_loop_died_is_cancelled_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(seed=156) as world:
        bot = world.bot()
        slow = world.exchange.meddle("create", delay(before_s=0.7))
        world.until(lambda: slow.struck == 2, 10, "two orders are on their way")
        assert world.live() == []
        break_the_loop(bot, monkeypatch)
        crash_of(world, bot, 6)

        assert len(world.orders()) == 2, "they did arrive"
        assert world.live() == []
        bot.kill()


def test_f153_nothing_that_waits_for_its_place_leaves_after_the_loop_died(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(seed=157) as world:
        bot = world.quoting_bot()
        held = asyncio.Event()
        place = bot.maker.orders.place

        async def waits(action: PlaceOrder | PlaceStop) -> None:
            await held.wait()
            await place(action)

        monkeypatch.setattr(bot.maker.orders, "place", waits)
        world.hit("BUY")
        world.until(lambda: not bot.maker.orders.is_idle, 10, "a new quote waits")
        sent = len(world.requests("create", "edit"))
        break_the_loop(bot, monkeypatch)
        world.run_for(0.1)
        held.set()
        crash_of(world, bot, 6)

        assert len(world.requests("create", "edit")) == sent
        assert world.live() == []
        bot.kill()


def test_f153_a_cancel_that_is_refused_as_the_loop_dies_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(seed=158) as world:
        bot = world.quoting_bot()
        refused = world.exchange.meddle("mass_cancel", refuse(Code.INTERNAL), times=2)
        break_the_loop(bot, monkeypatch)
        crash_of(world, bot, 6)

        assert refused.struck == 2
        assert world.live() == []
        assert bot.said("panic_not_verified")
        bot.kill()


def test_f168_a_program_that_is_restarted_after_each_crash_of_its_loop_halts_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watchdog that restarts what is not healthy must not turn a bug into a loop of quotes and crashes."""
    with World(seed=167) as world:
        for _ in range(5):
            bot = world.quoting_bot()
            break_the_loop(bot, monkeypatch)
            crash_of(world, bot, 6)
            bot.kill()
            world.run_for(1)
        sixth = world.bot()
        world.run_for(10)

        assert (sixth.state, sixth.engine.state_reason.code) == (BotState.HALTED, "crash_loop")
        assert world.live() == []


def test_f168_after_five_crashes_within_ten_minutes_a_person_must_look() -> None:
    with World(seed=168) as world:
        for _ in range(5):
            bot = world.quoting_bot()
            world.run_for(1)
            bot.kill()
            world.run_for(1)
        began_s = world.now_s
        sixth = world.bot()
        world.run_for(10)
        assert (sixth.state, sixth.engine.state_reason.code) == (BotState.HALTED, "crash_loop")
        assert world.requests("create", "edit", since_s=began_s) == []
        assert world.live() == [], "what the last one left is cancelled all the same"

        world.do(sixth.maker.start(), sixth)
        world.until(lambda: len(world.resting()) == 2, 10)


def test_f168_runs_that_ended_as_they_should_are_no_crashes() -> None:
    with World(seed=169) as world:
        for _ in range(6):
            bot = world.quoting_bot()
            world.do(bot.maker.stop(), bot)
            assert bot.task is not None
            bot.task.cancel()
            world.run_for(1)
            bot.program.kill()
            bot.task = None
        last = world.quoting_bot()

        assert last.state is BotState.RUNNING


def test_a_loop_that_hangs_for_a_moment_is_said_and_measured() -> None:
    with World(seed=170) as world:
        bot = world.quoting_bot()
        bot.freeze()
        world.run_for(2)
        bot.thaw()
        world.run_for(1)

        assert bot.said("loop_lag")[0]["ms"] >= 1_900
        assert bot.maker.lag.worst_ms >= 1_900
        assert not bot.said("loop_slept")
        assert len(world.resting()) == 2, "a moment is no reason to pull"


def test_a_bug_of_the_simulated_exchange_is_answered_as_one_and_the_exchange_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(seed=171) as world:

        def broken(*_: object) -> None:
            raise ZeroDivisionError("a bug of the exchange")

        with monkeypatch.context() as patched:
            patched.setattr(world.exchange.venue, "submit", broken)
            bot = world.bot()
            world.until(lambda: bot.said("order_outcome_unknown"), 10, "an answer that settles nothing")
            assert bot.state is BotState.RUNNING, "a 500 says nothing about our orders, and is no reason to halt"
        world.until(lambda: len(world.resting()) == 2, 130, "quotes, once what was in doubt has expired")

"""Workers that die, a loop that dies, a program that dies again and again: each is said, and none leaves a quote behind."""

import pytest

from bot.core.mode import BotState
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


def test_f153_a_loop_that_dies_of_a_bug_cancels_everything_before_the_program_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(seed=155) as world:
        bot = world.quoting_bot()

        def broken(now_ms: int) -> list[object]:
            raise ZeroDivisionError(f"a bug at {now_ms}")

        monkeypatch.setattr(bot.engine, "decide", broken)
        with pytest.raises(AssertionError, match="crashed"):
            world.run_for(1)
        bot.task = None  # its end is what was expected
        bot.kill()

        assert bot.said("loop_crashed")
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

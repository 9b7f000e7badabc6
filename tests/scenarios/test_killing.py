"""The last button: everything on the account is cancelled, whoever placed it, and it is verified."""

import pytest

from bot.core.errors import KillUnderWay, RiskRefused
from bot.core.mode import BotState
from bot.core.orders import Owner
from simulator.inprocess_trouble import acknowledge_only, refuse
from simulator.refusals import Code
from tests.support.virtual_world import World


def test_a_kill_cancels_the_bots_and_strangers_orders_and_halts_until_a_person_starts() -> None:
    with World(seed=301) as world:
        bot = world.quoting_bot()
        world.foreign_order("BUY", 85_000, lots=500)
        world.run_for(1)
        killed = world.do(bot.maker.kill(), bot)

        assert (killed["status"], killed["remaining"]) == ("killed", [])
        assert killed["found"] >= 3
        assert world.live() == world.live(Owner.FOREIGN) == []
        assert (bot.state, bot.engine.state_reason.code) == (BotState.HALTED, "killed")
        pressed_s = world.now_s
        world.run_for(20)
        assert list(world.requests("create", "edit", since_s=pressed_s)) == []
        world.do(bot.maker.start(), bot)
        world.until(lambda: world.resting("BUY"), 10, "it quotes again once a person has started it")


@pytest.mark.parametrize("trouble", [acknowledge_only({"data": None}), refuse(Code.INTERNAL)], ids=["ignored", "refused"])
def test_a_kill_that_was_ignored_or_refused_is_sent_again_until_nothing_is_listed(trouble: object) -> None:
    with World(seed=302) as world:
        bot = world.quoting_bot()
        held = world.exchange.meddle("mass_cancel", trouble, times=1)  # type: ignore[arg-type]  # both are meddlers
        world.foreign_order("SELL", 88_000, lots=500)
        killed = world.do(bot.maker.kill(), bot)

        assert held.struck == 1
        assert killed["remaining"] == []
        assert world.live(Owner.FOREIGN) == []


def test_a_kill_whose_list_cannot_be_read_does_not_claim_that_nothing_is_left() -> None:
    with World(seed=303) as world:
        bot = world.quoting_bot()
        held = world.exchange.meddle("open_orders", refuse(Code.INTERNAL))
        killed = world.do(bot.maker.kill(), bot)

        assert held.struck >= 2
        assert killed["status"] == "killing"
        assert killed["remaining"] != []


def test_a_program_that_is_restarted_after_a_kill_stays_halted_until_a_person_starts_it() -> None:
    with World(seed=304) as world:
        bot = world.quoting_bot()
        killed = world.do(bot.maker.kill(), bot)
        assert killed["unmarked"] == ""
        bot.kill()
        again = world.bot(enabled=True)
        pressed_s = world.now_s
        world.run_for(20)

        assert (again.state, again.engine.state_reason.code) == (BotState.HALTED, "halt_marker")
        assert list(world.requests("create", "edit", since_s=pressed_s)) == []
        world.do(again.maker.start(), again)
        world.until(lambda: world.resting("BUY"), 10, "it quotes once a person has started it")
        assert not again.home.is_halted


def test_after_a_kill_a_person_can_still_close_the_position() -> None:
    with World(seed=305) as world:
        bot = world.quoting_bot()
        world.hit("BUY")
        world.until(lambda: bot.position != 0, 5, "a position is held")
        world.do(bot.maker.kill(), bot)
        flat = world.do(bot.maker.flatten(), bot)

        assert (flat["status"], bot.position) == ("flat", 0)
        assert bot.home.is_killed


def test_a_kill_does_not_weaken_a_marker_that_a_person_left() -> None:
    with World(seed=306) as world:
        bot = world.quoting_bot()
        bot.home.halt()
        world.do(bot.maker.kill(), bot)

        with pytest.raises(RiskRefused, match=r"remove .*HALT"):
            world.do(bot.maker.start(), bot)
        assert bot.state is BotState.HALTED


def test_a_kill_that_cannot_leave_its_marker_cancels_all_the_same_and_says_so() -> None:
    with World(seed=307) as world:
        bot = world.quoting_bot()
        (bot.home.path / "HALT.new").mkdir()
        killed = world.do(bot.maker.kill(), bot)

        assert (killed["status"], world.live()) == ("killed", [])
        assert "cannot be written" in killed["unmarked"]
        assert bot.said("kill_unmarked")


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.05, 0.3, 1.0, 4.0])
def test_a_start_pressed_while_a_kill_still_cancels_is_refused_until_it_has_ended(after_s: float) -> None:
    """Its quotes would have stood among the orders that the kill cancels, for up to 8 s."""
    with World(seed=308) as world:
        bot = world.quoting_bot()
        world.exchange.meddle("open_orders", refuse(Code.INTERNAL))  # the kill cannot verify, and goes on trying
        began_s = world.now_s
        killing = world.begin(bot.maker.kill(), bot)
        world.run_for(after_s)
        with pytest.raises(KillUnderWay, match=r"still cancelling .* at most 10 s, .* then start again"):
            world.do(bot.maker.start(), bot)
        assert not killing.done()
        world.run_for(0.3)
        assert (bot.state, bot.engine.state_reason.code) == (BotState.HALTED, "killed"), "and the kill is not weakened"
        assert bot.home.is_killed
        world.until(killing.done, 11)
        assert world.now_s - began_s < 9.0, "nor delayed"
        assert list(world.requests("create", "edit", since_s=began_s + 0.05)) == []

        world.exchange.stop_meddling()
        world.do(bot.maker.start(), bot)
        world.until(lambda: len(world.resting()) == 2, 40, "now it may")
        assert not bot.home.is_halted


def test_a_kill_before_the_first_contact_keeps_an_enabled_bot_from_starting_by_itself() -> None:
    with World(seed=310) as world:
        world.net.names_fail = True
        bot = world.bot(enabled=True)
        world.run_for(3)
        world.do(bot.maker.kill(), bot)
        world.net.names_fail = False
        world.run_for(20)

        assert (bot.state, bot.engine.state_reason.code) == (BotState.HALTED, "killed")
        assert world.requests("create", "edit") == []

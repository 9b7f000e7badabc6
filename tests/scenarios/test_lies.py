"""An exchange that says anything at all: fields gone, of another type, not finite; texts cut off; answers under another status.

What it lied about cannot be held against the bot. What must hold: the program lives, no order leaves its configured bounds, and
when the lies end the bot knows the truth and quotes again, at most after a person has started it.
"""

from decimal import Decimal
from random import Random

import pytest

from bot.core.mode import BotState
from simulator.inprocess_trouble import answer
from tests.support.virtual_lies import lying_answer, lying_frame
from tests.support.virtual_world import QUIET, VirtualBot, World

LIED_ABOUT = ("I1", "I2", "I5", "I7", "I9", "I10", "I11", "I14")
LOWEST, HIGHEST = Decimal(80_000), Decimal(92_000)
"""Far around the price of the quiet market: whatever is told of prices, an order outside would be a gift."""


def lie(world: World, random: Random) -> None:
    """Let a third of all answers and a twentieth of all frames say something else from now on."""
    for invariant in LIED_ABOUT:
        world.checks.allow(invariant, "the exchange lied about it")
    world.exchange.meddle("any", lying_answer(random, likely=0.3))
    world.exchange.meddle_with_streams(lambda _key, _frame: True, lying_frame(random, likely=0.05))


def live_through(world: World, bot: VirtualBot, random: Random) -> None:
    """Trade for a minute among lies, hear the truth again, and check what must hold."""
    for _ in range(30):
        world.run_for(2)
        for side in ("BUY", "SELL"):
            if random.random() < 0.2 and world.resting(side):
                world.hit(side, 200)
    world.exchange.stop_meddling()
    for asked in world.requests("create", "edit"):
        assert Decimal(asked.body["qty"]) <= Decimal(QUIET.order_size)
        assert LOWEST < Decimal(asked.body["price"]) < HIGHEST
    world.run_for(20)
    if bot.state in (BotState.PAUSED, BotState.HALTED):
        world.do(bot.maker.start(), bot)
    world.until(lambda: bot.state is BotState.RUNNING and not bot.why_not_quoting, 250, "quotes are back after the lies")
    assert bot.position == world.true_position()


@pytest.mark.parametrize("seed", [1, 3, 21])
def test_a_lying_exchange_ends_neither_the_bot_nor_the_truth(seed: int) -> None:
    with World(seed=seed) as world:
        random = Random(f"{seed} lies")
        bot = world.quoting_bot()
        lie(world, random)
        live_through(world, bot, random)


@pytest.mark.parametrize("seed", [125, 131, 149])
def test_a_bot_that_meets_a_lying_exchange_first_gets_to_know_it_later(seed: int) -> None:
    with World(seed=seed) as world:
        random = Random(f"{seed} lies")
        lie(world, random)
        live_through(world, world.bot(), random)


def test_a_key_refused_once_at_the_start_is_tried_again_when_a_person_starts() -> None:
    with World() as world:
        world.exchange.meddle("any", answer(401), times=1)
        bot = world.bot()
        world.until(lambda: bot.state is BotState.HALTED, 5)

        world.run_for(10)
        assert not world.requests("create")
        world.do(bot.maker.start(), bot)

        world.until(lambda: len(world.resting()) == 2, 15, "two quotes rest")


def test_who_stops_the_bot_before_it_has_met_the_exchange_is_obeyed() -> None:
    with World() as world:
        away = world.exchange.meddle("any", answer(503))
        bot = world.bot()
        world.run_for(3)

        world.do(bot.maker.stop(), bot)
        away.stop()
        world.run_for(20)

        assert bot.state is BotState.STOPPED
        assert not world.requests("create")

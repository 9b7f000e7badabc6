"""Stop, pause and flatten do their work while another part hangs; each of them answers in time, and says what is left."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bot.core.mode import BotState
from simulator.inprocess_trouble import never_answer
from tests.support.virtual_world import VirtualBot, World

ANSWERS_WITHIN_S = 16.0
READS = "trades open_orders look_up positions balance"


def silent_streams(world: World) -> None:
    world.exchange.meddle_with_streams(lambda _key, _frame: True, lambda _key, _frame: [])


HANGING: dict[str, Callable[[World], Any]] = {
    "creates": lambda world: world.exchange.meddle("create edit", never_answer(is_done=False)),
    "reads": lambda world: world.exchange.meddle(READS, never_answer()),
    "the switch": lambda world: world.exchange.meddle("switch", never_answer(is_done=False)),
    "the streams": silent_streams,
}


def act(world: World, bot: VirtualBot, work: Callable[[], Any]) -> tuple[dict[str, Any], float]:
    """Carry out an action and return its answer and how long it took."""
    began_s = world.now_s
    answer: dict[str, Any] = world.do(work(), bot)
    return answer, world.now_s - began_s


@pytest.mark.parametrize("part", HANGING)
@pytest.mark.parametrize("action", ["stop", "pause"])
def test_stop_and_pause_pull_every_quote_while_another_part_hangs(action: str, part: str) -> None:
    with World(seed=7) as world:
        bot = world.quoting_bot()
        HANGING[part](world)
        assert world.quiet is not None
        world.quiet.move_to(86_300)  # something is on its way into the part that hangs
        world.run_for(0.4)
        _, took_s = act(world, bot, getattr(bot.maker, action))
        world.run_for(4)

        assert took_s <= ANSWERS_WITHIN_S
        assert bot.state is (BotState.STOPPED if action == "stop" else BotState.PAUSED)
        assert world.live() == []


@pytest.mark.parametrize("part", ["reads", "the switch"])
def test_flatten_closes_the_position_while_another_part_hangs(part: str) -> None:
    with World(seed=8) as world:
        bot = world.quoting_bot()
        world.hit("BUY")
        world.run_for(3)
        assert world.true_position() == Decimal("0.01")
        HANGING[part](world)
        answer, took_s = act(world, bot, bot.maker.flatten)
        world.run_for(2)

        assert took_s <= 2 * ANSWERS_WITHIN_S
        assert answer["status"] == "flat"
        assert world.true_position() == 0
        assert world.live() == []


@pytest.mark.parametrize("action", ["stop", "pause"])
def test_when_cancels_hang_the_answer_comes_in_time_and_names_what_may_be_left(action: str) -> None:
    with World(seed=9) as world:
        bot = world.quoting_bot()
        standing = {order.external_id for order in world.resting()}
        world.exchange.meddle("cancel", never_answer(is_done=False))
        answer, took_s = act(world, bot, getattr(bot.maker, action))

        assert took_s <= ANSWERS_WITHIN_S
        assert set(answer["remaining"]) == standing
        world.run_for(92)
        assert world.live() == [], "the book drops them at their own expiry, since nothing renews them"

"""Three nets under every order: with any one of them gone, a crash still leaves none."""

import pytest

from bot.core.settings import AccountSettings
from simulator.inprocess_trouble import answer
from tests.support.virtual_checks import InvariantViolated
from tests.support.virtual_world import World

COUNTDOWN_S = 30
LIFETIME_S = 90


def crash(world: World) -> None:
    """Kill the only bot while its two quotes rest."""
    (bot,) = world.bots
    assert len(world.resting()) == 2
    bot.kill()
    world.run_for(1)
    assert len(world.resting()) == 2, "a crash by itself cancels nothing"


def quoting(world: World, *, use_switch: bool, order_lifetime_s: int) -> None:
    bot = world.bot(settings=AccountSettings(use_switch=use_switch), order_lifetime_s=order_lifetime_s)
    world.until(lambda: len(world.resting()) == 2 and not bot.why_not_quoting, 15, "two quotes rest")


def test_without_the_switch_the_book_drops_the_orders_at_their_own_expiry() -> None:
    with World() as world:
        quoting(world, use_switch=False, order_lifetime_s=LIFETIME_S)
        crash(world)
        world.run_for(COUNTDOWN_S + 2)
        assert len(world.resting()) == 2, "there was no countdown"
        world.run_for(LIFETIME_S - COUNTDOWN_S)

        assert world.live() == []


def test_without_a_short_expiry_the_switch_cancels_the_orders() -> None:
    with World() as world:
        quoting(world, use_switch=True, order_lifetime_s=600)
        crash(world)
        world.run_for(COUNTDOWN_S + 1)

        assert world.live() == []


@pytest.mark.parametrize("use_switch", [True, False])
def test_without_waiting_for_either_the_next_start_cancels_what_it_finds(use_switch: bool) -> None:
    with World() as world:
        quoting(world, use_switch=use_switch, order_lifetime_s=600)
        crash(world)
        left = {order.external_id for order in world.resting()}
        world.bot(enabled=False)
        world.run_for(5)

        assert not left & {order.external_id for order in world.live()}


def test_without_the_reconciler_switch_and_expiry_are_enough() -> None:
    with World() as world:
        quoting(world, use_switch=True, order_lifetime_s=LIFETIME_S)
        crash(world)
        world.run_for(COUNTDOWN_S + 1)  # nobody ever starts again

        assert world.live() == []


def test_a_next_start_that_can_neither_list_nor_cancel_keeps_no_order_alive_beyond_its_expiry() -> None:
    with World() as world:
        quoting(world, use_switch=True, order_lifetime_s=LIFETIME_S)
        crash(world)
        left = {order.external_id for order in world.resting()}
        world.exchange.meddle("cancel mass_cancel open_orders look_up", answer(503, b"<html>no</html>"))
        world.bot()  # it arms the switch anew, which would have ended them
        world.run_for(LIFETIME_S)

        assert not left & {order.external_id for order in world.live()}


def crash_without_nets() -> None:
    with World() as world:
        quoting(world, use_switch=False, order_lifetime_s=600)
        crash(world)
        world.run_for(LIFETIME_S + 60)


def test_with_all_three_gone_the_orders_stay_and_the_invariant_says_so() -> None:
    with pytest.raises(InvariantViolated, match="I15"):
        crash_without_nets()

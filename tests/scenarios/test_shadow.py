"""A shadow run decides and shows everything, and sends nothing."""

from bot.core.mode import BotState
from bot.core.orders import Owner, Status
from tests.support.virtual_world import World


def shadow(seed: int) -> World:
    world = World(seed=seed, shadow=True)
    world.checks.allow("I1", "what a shadow shows is not on the exchange, and must not be")
    world.checks.allow("I11", "for the same reason")
    return world


def test_a_shadow_run_shows_quotes_that_follow_the_price_and_nothing_leaves() -> None:
    with shadow(1) as world:
        assert world.quiet is not None
        bot = world.bot()
        world.until(lambda: len([each for each in bot.live() if each.status is Status.RESTING]) == 2, 15, "two quotes are shown")
        before = {order.price for order in bot.live()}
        world.quiet.move_to(world.quiet.price + 400)
        world.until(lambda: {order.price for order in bot.live()}.isdisjoint(before), 15, "the quotes follow")
        world.run_for(100)

        assert bot.state is BotState.RUNNING
        assert {order.status for order in bot.live()} == {Status.RESTING}
        assert [each.kind for each in world.exchange.asked if each.is_write] == []
        assert world.live() == world.live(Owner.HAND) == []


def test_a_stop_of_a_shadow_run_takes_its_quotes_down() -> None:
    with shadow(2) as world:
        bot = world.bot()
        world.until(lambda: len(bot.live()) == 2, 15, "two quotes are shown")
        answer = world.do(bot.maker.stop(), bot)

        assert answer == {"status": "stopped", "remaining": []}
        assert bot.live() == ()


def test_what_a_person_asks_of_a_shadow_run_is_not_sent() -> None:
    with shadow(3) as world:
        bot = world.bot()
        world.until(lambda: len(bot.live()) == 2, 15, "two quotes are shown")
        answer = world.do(
            bot.maker.create_order(market="BTC-USD", side="BUY", price=80_000, size="0.01", time_in_force="GTC"), bot
        )

        assert answer["status"] == "REJECTED"
        assert "sends nothing" in answer["reason"]
        assert world.live(Owner.HAND) == []

"""Where the maker rebate stands is read from the exchange and shown beside the books."""

from decimal import Decimal

from bot.observers.books_part import books_part
from tests.support.virtual_world import World


def test_the_share_of_the_makers_and_the_next_tier_are_shown_once_the_exchange_told_them() -> None:
    with World(seed=310) as world:
        bot = world.bot()
        bot.maker.read_rebates_with(bot.exchange.rebate)
        world.until(lambda: len(world.resting()) == 2, 15, "two quotes rest")
        (first,) = [books_part(bot.engine, world.clock_ms)["rebate"]]
        world.hit("BUY")
        world.run_for(301)
        then = books_part(bot.engine, world.clock_ms)["rebate"]

        assert (first["share"], first["rate"], first["share_to_next"], first["paid"]) == ("0", "0", "0.005", "0")
        assert Decimal(then["share"]) == 1, "nobody else has made anything"
        assert (then["rate"], then["next_share"], then["share_to_next"]) == ("0.00013", None, None)
        assert 0 < then["told_ms"] - first["told_ms"] <= 301_000
        assert bot.said("task_failed") == []


def test_an_exchange_that_tells_no_rebate_shows_none() -> None:
    with World(seed=311) as world:
        bot = world.quoting_bot()

        assert books_part(bot.engine, world.clock_ms)["rebate"] is None

"""The position stop on the exchange: it follows the position, outlives the bot, comes first after a restart, and closes."""

from decimal import Decimal

from bot.core.mode import BotState
from bot.core.numbers import Lots, Ticks
from bot.limits_config import MarketLimitsConfig
from simulator.inprocess import Setting
from simulator.matching import Side as VenueSide
from simulator.options import ServerOptions
from simulator.orders import Scope
from tests.support.virtual_world import CALM, VirtualBot, World

ONE = Decimal("0.01")
STOP = MarketLimitsConfig(breakers=CALM, orders_per_minute=None, exchange_stop=0.05)


def long_one(world: World) -> VirtualBot:
    """Return a bot that holds 0.01 and whose stop waits at the exchange."""
    bot = world.quoting_bot(max_position="0.01", limits=STOP)
    assert world.stops() == [], "nothing is held, so nothing is guarded"
    world.hit("BUY")
    world.until(world.stops, 5, "the stop waits")
    return bot


def test_a_stop_waits_below_a_long_position_for_all_of_it_and_is_no_quote() -> None:
    checking = Setting(options=ServerOptions(verify_signatures=True, best_interval_ms=50))
    with World(seed=720, setting=checking) as world:
        bot = long_one(world)
        world.run_for(30)
        (stop,) = world.stops()

        entry = bot.engine.account.ledger("BTC-USD").entry_price
        assert (stop.side.value, stop.scope, stop.reduce_only) == ("SELL", Scope.POSITION, True)
        assert stop.stop_loss is not None
        assert 0 <= stop.stop_loss.trigger_price - entry * Decimal("0.95") < 1
        assert bot.state is BotState.RUNNING
        assert bot.why_not_quoting == ""
        assert len(world.requests("create", "edit", since_s=world.now_s - 20)) <= 6, "it is not placed again and again"


def test_the_stop_goes_when_the_position_is_closed() -> None:
    with World(seed=721) as world:
        bot = long_one(world)
        world.until(lambda: world.resting("SELL"), 15, "the reducing side")
        world.hit("SELL")
        world.until(lambda: bot.position == 0 and not world.stops(), 15, "the stop is cancelled")


def test_a_stopped_bot_leaves_the_stop_and_says_so_and_the_switch_does_not_end_it() -> None:
    with World(seed=722) as world:
        bot = long_one(world)
        world.run_for(2)
        answer = world.do(bot.maker.stop(), bot)
        world.run_for(180)

        assert answer == {"status": "stopped", "remaining": []}
        assert world.live() == []
        assert len(world.stops()) == 1
        assert "a position stop stays on the exchange" in bot.engine.state_reason.text


def test_a_paused_bot_keeps_the_countdown_from_ending_the_stop() -> None:
    with World(seed=723) as world:
        bot = long_one(world)
        world.do(bot.maker.pause(), bot)
        world.run_for(180)

        assert world.live() == []
        assert len(world.stops()) == 1


def test_after_a_kill_and_the_countdown_the_stop_is_placed_before_the_first_quote_and_closes_the_position() -> None:
    with World(seed=724) as world:
        long_one(world).kill()
        world.run_for(90)
        assert world.stops() == [], "the countdown ends every order, the stop too"
        began_s = world.now_s
        again = world.bot(max_position="0.01", limits=STOP)
        world.until(world.resting, 20, "quotes")

        kinds = [each.body["type"] for each in world.requests("create", "edit", since_s=began_s)]
        assert kinds[0] == "TPSL"
        assert kinds.count("TPSL") == 1
        again.kill()
        assert world.quiet is not None
        for order in world.live():
            assert order.side.value == "SELL", "nothing of ours stands in the way of a sell"
        world.exchange.venue.house_rest("BTC-USD", VenueSide.BUY, Ticks(81_000), Lots(100_000))  # somebody buys all the way down
        world.quiet.move_to(world.quiet.price * Decimal("0.94"))
        world.until(lambda: world.true_position() == 0, 5, "the stop closes what is held")


def test_a_bot_that_is_awake_books_what_its_stop_closed_and_goes_on() -> None:
    with World(seed=726) as world:
        bot = long_one(world)
        world.run_for(3)
        assert world.quiet is not None
        world.exchange.venue.house_rest("BTC-USD", VenueSide.BUY, Ticks(81_000), Lots(100_000))
        world.quiet.move_to(world.quiet.price * Decimal("0.94"))
        world.until(lambda: bot.position == world.true_position() == 0, 5, "the stop has closed it, and the bot knows")
        world.run_for(10)

        assert bot.said("position_stop_ended"), "a person is told"
        assert world.stops() == []
        assert bot.state is BotState.RUNNING


def test_a_restart_within_the_countdown_finds_the_stop_and_places_no_second_one() -> None:
    with World(seed=725, journal=True) as world:
        first = long_one(world)
        world.run_for(3)
        first.kill()
        (before,) = world.stops()
        began_s = world.now_s
        again = world.bot(max_position="0.01", limits=STOP)
        world.until(lambda: again.state is BotState.RUNNING and again.why_not_quoting == "", 20, "quotes")
        world.run_for(30)

        assert [each.order_id for each in world.stops()] == [before.order_id]
        assert "TPSL" not in {each.body["type"] for each in world.requests("create", "edit", since_s=began_s)}

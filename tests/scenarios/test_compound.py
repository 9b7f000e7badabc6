"""Compound scenarios: several faults at once, as they come in practice. Each is a named seed."""

from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from bot.core.errors import ConfigurationError
from bot.core.mode import BotState
from bot.core.orders import Status
from bot.state_folder import StateFolder
from simulator.inprocess import Handler
from simulator.inprocess_trouble import answer, delay, family, lose_answer, refuse
from simulator.refusals import Code
from simulator.rules import Mode
from tests.support.virtual_chaos import misfortune
from tests.support.virtual_world import MARKET, World

FAMILIES = ("orderbooks", "best", "mark", "index", "trades", "funding", "account")


def all_is_well(world: World, bot: Any, limit_s: float = 130) -> None:
    """End the trouble, let a person start what waits for one, and see both quotes return."""
    world.end_trouble()
    world.run_for(5)
    if bot.state in (BotState.PAUSED, BotState.HALTED):
        world.do(bot.maker.start(), bot)

    def back() -> bool:
        maker = bot.engine.makers[MARKET]
        shown = {order.side.value for order in world.resting()}
        full = {side.value for side, why in maker.withheld.items() if why.code == "position_limit"}
        return bot.engine.mode.is_quoting and bool(shown) and len(shown | full) == 2

    world.until(back, limit_s, "quotes are back")
    assert bot.position == world.true_position()


@pytest.mark.parametrize("seed", range(1, 6))
def test_c1_swizzle_streams_fall_one_by_one_and_return_in_another_order(seed: int) -> None:
    with World(seed=seed) as world:
        bot = world.quoting_bot(price_move_threshold=0.0002)
        assert world.quiet is not None
        falling, rising = list(FAMILIES), list(FAMILIES)
        world.chance.shuffle(falling)
        world.chance.shuffle(rising)
        mutes = {}
        for each in falling:
            mutes[each] = world.exchange.meddle_with_streams(family(each), lambda _key, _frame: [])
            world.quiet.move_to(86_198 + world.chance.randint(-40, 40))
            if world.chance.random() < 0.6 and world.resting("BUY"):
                world.hit("BUY", world.chance.choice([None, 300]))
            world.exchange.meddle("write", world.chance.choice([lose_answer(), delay(after_s=1.5)]), times=1)
            world.run_for(world.chance.uniform(0.3, 3))
        for each in rising:
            mutes[each].stop()
            world.run_for(world.chance.uniform(0.3, 3))
        all_is_well(world, bot)


@pytest.mark.parametrize("seed", range(1, 5))
def test_c2_a_fast_market_with_429_and_late_answers(seed: int) -> None:
    with World(seed=20 + seed) as world:
        bot = world.quoting_bot(price_move_threshold=0.0002)
        assert world.quiet is not None

        async def half_in_doubt(request: web.Request, handler: Handler) -> web.StreamResponse:
            act = lose_answer() if world.chance.random() < 0.5 else delay(after_s=world.chance.uniform(0, 3))
            return await act(request, handler)

        world.exchange.meddle("create edit", half_in_doubt)
        no_cancels = world.exchange.meddle("cancel", refuse(Code.RATE_LIMITED))
        for step in range(80):  # 20 seconds
            world.quiet.move_to(86_198 - 6 * step + world.chance.randint(-20, 20))
            if world.chance.random() < 0.2 and world.resting("BUY"):
                world.hit("BUY", world.chance.choice([None, 200]))
            world.run_for(0.25)
        no_cancels.stop()
        all_is_well(world, bot)


def test_c3_a_blind_restart_in_a_sweep_while_the_venue_is_in_maintenance() -> None:
    with World(seed=3) as world:
        first = world.quoting_bot()
        assert world.quiet is not None
        world.hit("BUY")
        world.run_for(1.5)
        first.program.dies_at_step = first.program.steps + 25
        world.hit("BUY")
        world.run_for(0.2)
        first.kill()
        world.exchange.venue.set_mode(Mode.MAINTENANCE)
        second = world.bot()
        world.run_for(10)
        assert not [order for order in world.live() if order.created_ms < second.clock.now_ms() - 10_000], "leftovers are gone"
        world.exchange.venue.set_mode(Mode.NORMAL)
        world.quiet.move_to(world.quiet.price)
        world.foreign_order("SELL", 86_150, lots=700, external_id="somebody")  # the position is another one than both knew
        all_is_well(world, second)


def test_c4_two_truths_rest_lags_the_stream_by_three_seconds_for_ten_minutes() -> None:
    with World(seed=4, tick_s=0.25) as world:
        bot = world.quoting_bot(price_move_threshold=0.0003)
        assert world.quiet is not None
        world.exchange.site.read_model.lag_ms = 3_000
        for step in range(150):
            world.quiet.move_to(86_198 + 40 * ((step * 7) % 5) - 80)
            side = world.chance.choice(["BUY", "SELL"])
            if step % 3 == 0 and world.resting(side):
                world.hit(side, world.chance.choice([None, 250]))
            world.run_for(4)

        assert not bot.said("position_adopted")
        assert not bot.said("order_adopted")
        assert bot.state is BotState.RUNNING
        all_is_well(world, bot)


def test_c5_fifteen_minutes_without_names_leave_no_orphan_and_lose_no_fill() -> None:
    with World(seed=5, tick_s=0.25) as world:
        bot = world.quoting_bot()
        world.run_for(15)
        world.net.names_fail = True
        world.net.reset_all(bot.program)
        world.run_for(4)
        for side in ("BUY", "SELL"):
            if world.resting(side):
                world.hit(side, 600)
        world.run_for(15 * 60)
        assert world.live() == [], "expired, or taken by the switch"
        world.net.names_fail = False
        all_is_well(world, bot)
        assert {each.trade.id for each in world.exchange.fills_of(world.account)} <= set(bot.engine.account.fills)


def test_c6_the_bots_clock_steps_back_by_a_minute_during_a_requote() -> None:
    with World(seed=6) as world:
        bot = world.quoting_bot()
        assert world.quiet is not None
        world.run_for(58)  # shortly before the renewal
        world.exchange.meddle("edit", delay(before_s=0.5))
        world.quiet.move_to(86_280)
        world.run_for(0.2)
        bot.clock.offset_ms -= 60_000
        world.run_for(130)
        for order in world.orders():
            assert order.expiry_ms - order.created_ms <= 60_000 + 92_000, "never far beyond the short expiry"
        all_is_well(world, bot)


def test_c7_the_disk_is_full_during_a_liquidation(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(seed=7) as world:
        bot = world.quoting_bot()
        world.hit("BUY")
        world.run_for(2)
        honest = StateFolder._write

        def full(folder: StateFolder, *_: object, **__: object) -> None:
            raise ConfigurationError(f"{folder.path} is full")

        monkeypatch.setattr(StateFolder, "_write", full)
        world.liquidate()
        world.until(lambda: bot.state is BotState.HALTED, 5)
        world.run_for(30)
        assert world.live() == []
        assert bot.position == world.true_position() == 0
        monkeypatch.setattr(StateFolder, "_write", honest)
        all_is_well(world, bot)


def test_c8_new_settings_a_second_instance_and_a_dropped_socket_within_a_second() -> None:
    with World(seed=8) as world:
        older = world.quoting_bot()
        older.maker.configure({"max_position": "0.02"})
        world.run_for(0.3)
        newer = world.bot(home="elsewhere")
        world.run_for(0.3)
        world.exchange.site.hub.cut_all()
        world.run_for(20)

        created = world.requests("create", "edit", since_s=world.now_s - 10)
        assert not (older.state is BotState.RUNNING and newer.state is BotState.RUNNING), "one of them gives way"
        assert len({order.side for order in world.resting()}) == len(world.resting()), "no side is quoted twice"
        assert len(created) <= 4
        for bot in (older, newer):
            world.do(bot.maker.stop(), bot)
        assert world.live() == []


@pytest.mark.parametrize("seed", [8, 33, 46, 101, 155])
def test_c9_random_trouble_for_two_minutes_then_quotes_are_back(seed: int) -> None:
    misfortune(seed, seconds=120)


def test_c9_with_a_tight_limit_random_trouble_never_passes_it() -> None:
    for seed in (71, 72, 73):
        misfortune(seed, seconds=60, max_position="0.012")


def test_c10_quotes_are_back_within_seconds_of_the_end_of_every_fault() -> None:
    with World(seed=100) as world:
        bot = world.quoting_bot(max_position="0.5")  # orders in doubt keep their room until their own end: leave enough of it
        for trouble in (answer(502, b"?"), refuse(Code.RATE_LIMITED), delay(after_s=6)):
            for kinds in ("create edit", "read", "any"):
                world.exchange.meddle(kinds, trouble)
                assert world.quiet is not None
                world.quiet.move_to(86_198 + world.chance.randint(-150, 150))
                world.run_for(6)
                world.exchange.stop_meddling()
                world.until(lambda: len(world.resting()) >= 1 and bot.engine.mode.is_quoting, 30, f"{kinds} again")
        world.until(lambda: len(world.resting()) == 2, 30)
        world.run_for(105)
        assert not [order for order in bot.live() if order.status is Status.UNKNOWN]
        assert bot.position == world.true_position() == Decimal(0)

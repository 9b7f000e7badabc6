"""Faults of the network and of the venue as a whole: storms of refusals, names that fail, slow answers, quotes taken away."""

from decimal import Decimal

import pytest
from aiohttp import web

from bot.core.mode import BotState
from bot.core.orders import Status
from simulator.inprocess import Handler
from simulator.inprocess_trouble import answer, delay, refuse
from simulator.refusals import Code
from simulator.rules import Mode
from tests.support.virtual_world import START_MS, World


def test_f091_a_storm_of_429_for_a_minute_slows_everything_down_and_cancels_go_first() -> None:
    with World(seed=91) as world:
        bot = world.quoting_bot(price_move_threshold=0.0001)
        assert world.quiet is not None
        began_s = world.now_s
        storm = world.exchange.meddle("any", refuse(Code.RATE_LIMITED))
        for step in range(60):
            world.quiet.move_to(86_200 + 15 * (step % 9))
            world.run_for(1.0)
        storm.stop()
        sent = [each for each in world.exchange.asked if each.ms >= START_MS + 1_000 * began_s and each.status == 429]
        by_kind = {kind: sum(each.kind == kind for each in sent) for kind in {each.kind for each in sent}}

        assert len(sent) <= 240, f"{by_kind}: no hammering"
        assert bot.engine.pace.reprices_per_minute < 300, "the share for refreshes has shrunk"
        assert by_kind.get("cancel", 0) > 0, "what must go is tried"
        assert bot.said("requests_limited")
        assert not world.live(), "the switch or the expiry took what could not be cancelled"
        world.until(lambda: len(world.resting()) == 2 or bot.state is BotState.PAUSED, 40, "back, or waiting for a person")


def test_f091_cancels_leave_before_creates_when_the_budget_is_short() -> None:
    with World(seed=911) as world:
        bot = world.quoting_bot(price_move_threshold=0.0001)
        assert world.quiet is not None
        for step in range(200):
            world.quiet.move_to(86_200 + 15 * (step % 9))
            world.run_for(0.02)
        began_s = world.now_s
        world.begin(bot.maker.pause(), bot)
        took_s = world.until(lambda: not world.live(), 3)

        assert took_s < 0.5, "the reserve is for cancels"
        assert [each.kind for each in world.requests("create", "edit", "cancel", since_s=began_s + 0.02)].count("create") == 0


def test_f093_another_user_of_the_address_is_made_room_for() -> None:
    with World(seed=93) as world:
        bot = world.quoting_bot(price_move_threshold=0.0001)
        assert world.quiet is not None

        async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
            if world.chance.random() < 0.5:
                return await refuse(Code.RATE_LIMITED)(request, handler)
            return await handler(request)

        world.exchange.meddle("any", limited)
        counts = []
        for _ in range(3):
            before = len(world.exchange.asked)
            for step in range(30):
                world.quiet.move_to(86_200 + 15 * (step % 9))
                world.run_for(1.0)
            counts.append(len(world.exchange.asked) - before)

        assert counts[-1] < counts[0] or counts[0] < 120, counts
        assert bot.said("requests_limited")


def test_f094_html_in_place_of_an_answer_breaks_nothing() -> None:
    with World(seed=94) as world:
        bot = world.quoting_bot()
        world.exchange.meddle("any", answer(502, b"<html><h1>Bad Gateway</h1></html>"), times=40)
        world.run_for(60)

        assert bot.state in (BotState.RUNNING, BotState.PAUSED)
        assert not bot.said("task_failed")


def test_f096_without_names_nothing_is_concluded_and_the_expiry_or_the_switch_clears_the_book() -> None:
    with World(seed=96) as world:
        bot = world.quoting_bot()
        both = [order.external_id for order in world.resting()]
        world.run_for(15)  # what was looked up before is forgotten
        world.net.names_fail = True
        world.net.reset_all(bot.program)
        world.run_for(25)

        assert all(doubt.not_found == 0 for doubt in bot.engine._doubts._doubts.values()), "no answer is not 'not found'"
        assert all(bot.engine.orders.get(order_id).is_live for order_id in both)
        assert bot.why_not_quoting
        world.run_for(10)
        assert world.live() == []
        world.net.names_fail = False
        world.until(lambda: len(world.resting()) == 2 or bot.state is BotState.PAUSED, 60)
        assert bot.position == world.true_position()


def test_f097_readings_never_overlap_and_an_older_answer_does_not_undo_a_newer_one() -> None:
    with World(seed=97) as world:
        bot = world.quoting_bot()
        under_way, most = [0], [0]

        async def slow(request: web.Request, handler: Handler) -> web.StreamResponse:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
            response = await delay(after_s=6.0)(request, handler)
            under_way[0] -= 1
            return response

        world.exchange.meddle("open_orders", slow)
        for _ in range(8):
            world.hit("BUY", 300)
            world.run_for(7)

        assert most[0] == 1, "single-flight"
        ids = {order.external_id for order in world.live()}
        assert {order.client_order_id for order in bot.live() if order.status is not Status.UNKNOWN} == ids
        assert not bot.said("order_adopted")


@pytest.mark.parametrize("mode", [Mode.MAINTENANCE, Mode.POST_ONLY])
def test_f098_f099_modes_of_the_venue_pass_and_quotes_return(mode: Mode) -> None:
    with World(seed=98) as world:
        bot = world.quoting_bot()
        world.exchange.venue.set_mode(mode)
        assert world.quiet is not None
        for step in range(20):
            world.quiet.move_to(86_200 + 60 * (step % 3))
            world.run_for(1)
        before = len(world.requests("create", "edit"))

        assert before < 60, "tried politely"
        world.exchange.venue.set_mode(Mode.NORMAL)
        world.until(lambda: len(world.resting()) == 2, 70)
        assert bot.state is BotState.RUNNING


def test_f104_a_revoked_key_halts_says_so_and_leaves_the_rest_to_switch_and_expiry() -> None:
    with World(seed=104) as world:
        bot = world.quoting_bot()
        began_s = world.now_s
        world.exchange.meddle("any", refuse(Code.UNAUTHORIZED))
        world.until(lambda: bot.state is BotState.HALTED, 15)
        assert bot.said("bot_halted")
        world.until(lambda: not world.live(), 40)
        tried = list(world.requests("create", "edit", since_s=began_s))
        world.do(bot.maker.stop(), bot)

        assert len(tried) <= 2
        assert bot.state is BotState.STOPPED
        assert len(bot.said("bot_halted")) == 1, "the stop does not find it out anew"


def test_f105_without_a_confirmed_switch_no_quote_stands_longer_than_the_countdown() -> None:
    with World(seed=105) as world:
        bot = world.quoting_bot()
        world.exchange.meddle("switch", answer(502, b"?"))
        world.until(lambda: not world.live(), 32)

        assert world.now_s <= 30
        assert bot.why_not_quoting == "switch_not_armed"
        began_s = world.now_s
        world.run_for(20)
        assert world.requests("create", "edit", since_s=began_s) == []


@pytest.mark.parametrize("who", ["the switch", "a person", "one by one"])
def test_f106_quotes_that_somebody_else_took_away_are_not_placed_again_blindly(who: str) -> None:
    with World(seed=106) as world:
        bot = world.quoting_bot()
        venue, account_id = world.exchange.venue, world.account.account_id
        if who == "the switch":
            venue.arm_switch(account_id, 1)  # somebody else set it shorter
        elif who == "a person":
            venue.mass_cancel(account_id, everything=True)
        else:
            for order in world.resting():
                venue.cancel(account_id, order_id=order.order_id)
        world.kick()
        world.until(lambda: bot.state is BotState.PAUSED, 5)
        began_s = world.now_s
        world.run_for(30)

        assert bot.engine.state_reason.code == "quotes_cancelled_elsewhere"
        assert world.requests("create", "edit", since_s=began_s) == []
        assert bot.said("bot_paused")
        world.do(bot.maker.start(), bot)
        world.until(lambda: len(world.resting()) == 2, 10, "a person says go on")
        assert list(world.requests("switch", since_s=began_s)), "and the switch is armed anew"


def test_f103_two_seconds_each_way_never_send_an_old_price_and_never_lose_count() -> None:
    with World(seed=103) as world:
        bot = world.quoting_bot()
        world.net.latency_ms = (1_900, 2_100)
        assert world.quiet is not None
        for step in range(10):
            world.quiet.move_to(86_200 + 60 * (step % 3))
            world.run_for(3)
            if world.resting("BUY"):
                world.hit("BUY", 100)
        world.net.latency_ms = (0.5, 2.0)
        world.run_for(20)

        assert bot.position == world.true_position() > Decimal(0)

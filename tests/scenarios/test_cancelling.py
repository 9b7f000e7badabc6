"""Faults while an order is cancelled or edited: fills that overtake, answers that lie, late or never come."""

import asyncio
import itertools
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from bot.core.mode import BotState
from bot.core.orders import Order, Status
from simulator.inprocess import PORT, Asked, Handler, Meddler
from simulator.inprocess_trouble import (
    account_frame,
    acknowledge_only,
    answer,
    delay,
    lose_request,
    never_answer,
    refuse,
    silence,
)
from simulator.orders import Reason
from simulator.refusals import Code
from tests.scenarios.test_placing import refuse_in_the_book
from tests.support.virtual_world import VirtualBot, World


def order_of(bot: VirtualBot, order_id: str) -> Order:
    order = bot.engine.orders.get(order_id)
    assert order is not None
    return order


def hit_first(world: World, side: str, lots: int | None = None) -> Meddler:
    """Fill our order on a side just before the request is carried out."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        world.hit(side, lots)
        await asyncio.sleep(0)
        return await handler(request)

    return act


def test_f020_a_fill_while_the_cancel_is_on_its_way_wins_and_not_found_is_no_error() -> None:
    with World(seed=20) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        cancels_bid = world.exchange.meddle(_cancel_of(bid.order_id), hit_first(world, "BUY"), times=1)
        paused = world.do(bot.maker.pause(), bot)

        assert cancels_bid.struck == 1
        assert [each.status for each in world.requests("cancel") if str(bid.order_id) in each.path] == [404]
        assert (paused["status"], paused["remaining"]) == ("paused", [])
        assert order_of(bot, bid.external_id).status is Status.FILLED
        assert bot.position == world.true_position() == Decimal("0.01")
        assert bot.state is BotState.PAUSED
        assert not bot.said("cancel_failed")


def test_f021_a_partial_fill_during_the_cancel_is_kept() -> None:
    with World(seed=21) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        world.exchange.meddle(_cancel_of(bid.order_id), hit_first(world, "BUY", 400), times=1)
        world.do(bot.maker.pause(), bot)
        ended = order_of(bot, bid.external_id)

        assert (ended.status, ended.filled) == (Status.CANCELLED, 400)
        assert bot.position == world.true_position() == Decimal("0.004")


def test_f022_a_cancel_that_was_acknowledged_and_lost_is_sent_again_and_the_order_counts_until_it_is_gone() -> None:
    with World(seed=22) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        lost = world.exchange.meddle(_cancel_of(bid.order_id), acknowledge_only({}), times=3)
        pausing = world.begin(bot.maker.pause(), bot)
        for _ in range(30):
            world.run_for(0.1)
            if bid.is_open:
                assert order_of(bot, bid.external_id).is_live, "the exchange did not end it, so it counts"
        world.until(pausing.done, 10)

        assert lost.struck == 3
        assert not bid.is_open
        sent_ms = [each.ms for each in world.requests("cancel") if str(bid.order_id) in each.path]
        assert all(later - earlier >= 1_000 for earlier, later in itertools.pairwise(sent_ms)), sent_ms
        assert pausing.result()["status"] == "paused"


@pytest.mark.parametrize("trouble", [answer(503, b"<html>busy</html>"), never_answer(is_done=False), lose_request()])
def test_f023_a_cancel_without_a_clear_answer_leaves_the_order_live_and_is_repeated(trouble: Meddler) -> None:
    with World(seed=23) as world:
        bot = world.quoting_bot()
        both = [order.external_id for order in world.resting()]
        world.exchange.meddle("cancel", trouble, times=4)
        pausing = world.begin(bot.maker.pause(), bot)
        world.until(lambda: bot.said("cancel_failed"), 6)

        assert any(order_of(bot, order_id).is_live for order_id in both)
        world.until(lambda: not world.live() and pausing.done(), 20)
        assert [order_of(bot, order_id).status for order_id in both] == [Status.CANCELLED, Status.CANCELLED]
        assert not [each for each in world.requests("switch") if _countdown(each) == 0], "the switch keeps watch meanwhile"
        assert not bot.live()


def test_f024_cancels_refused_with_429_leave_the_orders_live_and_the_book_expiry_ends_them() -> None:
    with World(seed=24) as world:
        bot = world.quoting_bot()
        both = world.resting()
        began_s = world.now_s
        limited = world.exchange.meddle("cancel", refuse(Code.RATE_LIMITED))
        world.begin(bot.maker.pause(), bot)
        world.run_for(20)

        assert all(order_of(bot, order.external_id).is_live and order.is_open for order in both)
        assert not list(world.requests("create", "edit", since_s=began_s)), "nothing is created meanwhile"
        assert 4 <= limited.struck <= 60, f"{limited.struck} tries in 20 s"
        world.until(lambda: not bot.live(), 110, "the book's own expiry")
        assert [order.status.value for order in both] == ["EXPIRED", "EXPIRED"]


@pytest.mark.parametrize("after_s", [0.3, 2.5])
def test_f025_an_end_that_is_told_before_the_cancel_returns_is_not_undone_by_its_return(after_s: float) -> None:
    with World(seed=25) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        world.exchange.meddle("cancel", delay(after_s=after_s))
        world.hit("BUY", 400)  # what is left is cancelled and placed anew
        world.until(lambda: order_of(bot, bid.external_id).status is Status.CANCELLED, 5)
        world.run_for(after_s + 1)

        assert order_of(bot, bid.external_id).status is Status.CANCELLED
        world.until(lambda: world.resting("BUY"), 5, "the side is quoted again")


def test_f026_a_missed_end_of_a_cancelled_order_does_not_block_its_side() -> None:
    with World(seed=26) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        world.exchange.meddle_with_streams(account_frame("ORDER", externalId=bid.external_id, status="CANCELLED"), silence())
        world.hit("BUY", 400)
        world.until(lambda: not bid.is_open, 5)
        took_s = world.until(lambda: world.resting("BUY"), 20, "the side is quoted again")

        assert took_s < 15
        assert order_of(bot, bid.external_id).status is Status.CANCELLED


def test_f027_a_survivor_of_the_stop_is_found_by_asking_and_cancelled() -> None:
    with World(seed=27) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        world.exchange.meddle(_cancel_of(bid.order_id), acknowledge_only({}), times=2)
        world.exchange.meddle_with_streams(account_frame("ORDER", externalId=bid.external_id), silence())
        stopped = world.do(bot.maker.stop(), bot)
        if stopped["remaining"]:
            assert stopped["remaining"] == [bid.external_id], "what is left is named"
            stopped = world.do(bot.maker.stop(), bot)

        assert stopped == {"status": "stopped", "remaining": []}
        assert world.live() == []


def test_f028_nothing_is_created_once_stop_was_pressed_although_the_price_runs() -> None:
    with World(seed=28) as world:
        bot = world.quoting_bot(price_move_threshold=0.0001)
        assert world.quiet is not None

        async def run_away() -> None:
            for step in range(200):
                world.quiet.move_to(86_250 + 12 * (step % 17))
                await asyncio.sleep(0.02)

        running = world.begin(run_away())
        world.run_for(1.0)
        pressed_s = world.now_s
        stopped = world.do(bot.maker.stop(), bot)
        world.until(running.done, 10)

        assert stopped == {"status": "stopped", "remaining": []}
        late = list(world.requests("create", "edit", since_s=pressed_s + 0.1))
        assert late == []
        assert world.live() == []
        assert _countdown(world.requests("switch")[-1]) == 0, "the switch is disarmed last, when nothing is left"


@pytest.mark.parametrize("late_s", [0.5, 2.0, 3.5])
def test_f029_an_order_that_arrives_after_stop_is_cancelled_on_sight(late_s: float) -> None:
    with World(seed=29) as world:
        bot = world.quoting_bot()
        world.hit("BUY")
        held = world.exchange.meddle(lambda asked: asked.kind == "create", delay(before_s=late_s), times=1)
        world.until(lambda: held.struck, 5)
        stopped = world.do(bot.maker.stop(), bot)

        assert stopped == {"status": "stopped", "remaining": []}
        world.run_for(10)
        assert world.live() == []
        assert len([order for order in world.orders() if order.is_final]) == len(world.orders()) >= 3


def test_f030_an_edit_refused_at_rest_leaves_the_old_order_tracked_as_live() -> None:
    with World(seed=30) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        refused = world.exchange.meddle(_edit_of(bid.external_id), refuse(Code.ORDER_COST), times=1)
        assert world.quiet is not None
        world.quiet.move_to(86_280)
        world.until(lambda: bot.said("order_refused"), 5)

        assert refused.struck == 1
        assert bid.is_open
        assert order_of(bot, bid.external_id).is_live
        assert order_of(bot, bid.external_id).replaced_by is None


def test_f031_an_edit_that_fails_in_the_book_ends_both_legs_and_the_side_is_quoted_anew() -> None:
    with World(seed=31) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        refused = refuse_in_the_book(world, lambda order: order.replaces == bid.external_id)
        assert world.quiet is not None
        world.quiet.move_to(86_280)
        world.until(lambda: refused and not bot.engine.orders.get(refused[0].external_id).is_live, 5)

        assert order_of(bot, refused[0].external_id).status is Status.REJECTED
        assert order_of(bot, bid.external_id).status is Status.CANCELLED
        assert bot.engine.counters.rejects == {Reason.POST_ONLY_FAILED.value: 1}
        world.until(lambda: len(world.resting()) == 2, 10, "the side is quoted anew")
        assert bot.state is BotState.RUNNING


@pytest.mark.parametrize("trouble", [lose_request(), answer(502, b"?"), never_answer(is_done=False)])
def test_f031_an_edit_that_got_lost_leaves_no_quote_standing_at_the_old_price(trouble: Meddler) -> None:
    with World(seed=310) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        lost = world.exchange.meddle(_edit_of(bid.external_id), trouble, times=1)
        assert world.quiet is not None
        world.quiet.move_to(86_280)
        world.until(lambda: lost.struck, 5)
        took_s = world.until(lambda: not bid.is_open, 20, "the old leg goes as soon as it was found again")
        world.until(lambda: len(world.resting()) == 2, 10)

        assert took_s < 12
        assert bot.state is BotState.RUNNING


@pytest.mark.parametrize("max_position", ["0.05", "0.025", "0.012"])
def test_f032_a_partial_fill_of_the_old_leg_during_an_edit_never_takes_the_position_past_its_limit(max_position: str) -> None:
    with World(seed=32) as world:
        bot = world.quoting_bot(max_position=max_position)
        assert world.quiet is not None
        partial = world.exchange.meddle(lambda asked: asked.body.get("side") == "BUY", _hit_if_any(world, "BUY", 400))
        for step in range(12):
            world.quiet.move_to(86_280 + 70 * (step % 3))
            world.run_for(1.5)
            left = order_of(bot, world.resting("BUY")[0].external_id) if world.resting("BUY") else None
            if left is not None and left.status is Status.RESTING:
                assert left.remaining == world.resting("BUY")[0].left, "our book holds what the exchange's book holds"

        assert partial.struck >= 1
        world.run_for(3)
        assert bot.position == world.true_position() <= Decimal(max_position)


def test_f034_an_edit_that_finds_nothing_to_edit_looks_for_the_fill_first() -> None:
    with World(seed=34) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        raced = world.exchange.meddle(_edit_of(bid.external_id), hit_first(world, "BUY"), times=1)
        assert world.quiet is not None
        world.quiet.move_to(86_250)
        world.until(lambda: raced.struck, 5)
        world.until(lambda: order_of(bot, bid.external_id).status is Status.FILLED, 5)

        assert bot.position == world.true_position() == Decimal("0.01")
        world.until(lambda: len(world.resting()) == 2, 10)


def test_f036_an_order_that_never_left_is_resolved_here_and_never_goes_out_later() -> None:
    with World(seed=36) as world:
        bot = world.quoting_bot()
        world.hit("BUY")
        world.run_for(0.5)
        world.net.stop_listening(PORT)  # connections stand, new ones are refused
        world.net.hang_up(world.exchange.program)
        world.run_for(20)

        assert not [each for each in bot.live() if each.status in (Status.PLACING, Status.RESERVED)]
        known = {each.client_order_id for each in bot.live()}
        world.exchange.close()
        world.exchange.open()
        world.run_for(30)
        assert {order.external_id for order in world.orders()} >= known & {order.external_id for order in world.orders()}
        assert len(world.resting()) == 2


def _cancel_of(order_id: int) -> Any:
    return lambda asked: asked.kind == "cancel" and asked.path.endswith(str(order_id))


def _edit_of(external_id: str) -> Any:
    return lambda asked: asked.kind == "edit" and asked.body.get("cancelId") == external_id


def _countdown(asked: Asked) -> int:
    return int(asked.query.get("countdownTime", -1))


def _hit_if_any(world: World, side: str, lots: int) -> Meddler:
    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        if world.resting(side):
            world.hit(side, lots)
            await asyncio.sleep(0)
        return await handler(request)

    return act

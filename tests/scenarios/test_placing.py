"""Faults while an order is placed: answers lost, refused, late, or a yes that the book takes back."""

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bot.core.mode import BotState
from bot.core.orders import Order, Status
from simulator.inprocess import Asked
from simulator.inprocess_trouble import (
    account_frame,
    acknowledge_only,
    answer,
    do_twice,
    lose_answer,
    never_answer,
    refuse,
    silence,
)
from simulator.orders import Order as VenueOrder
from simulator.orders import Reason
from simulator.refusals import Code
from tests.support.virtual_world import VirtualBot, World

ONE_ORDER = "0.01"
"""A position limit that leaves room for one order on each side: while one is in doubt, nothing may stand in for it."""


def buys(asked: Asked) -> bool:
    """Match new orders of the buying side."""
    return asked.kind == "create" and asked.body["side"] == "BUY"


def of_side(bot: VirtualBot, side: str) -> list[Order]:
    return [order for order in bot.live() if order.side == side]


def _status(bot: VirtualBot, order_id: str) -> Status | None:
    order = bot.engine.orders.get(order_id)
    return None if order is None else order.status


def refuse_in_the_book(
    world: World, matches: Callable[[VenueOrder], bool], reason: Reason = Reason.POST_ONLY_FAILED
) -> list[VenueOrder]:
    """Let the gateway accept and the book refuse; returns the list of what was refused so far."""
    engine: Any = world.exchange.venue.engine
    judge, refused = engine._refusal, []

    def refusal(order: VenueOrder, *others: Any) -> Reason | None:
        if matches(order):
            refused.append(order)
            return reason
        return judge(order, *others)

    engine._refusal = refusal
    return refused


@pytest.mark.parametrize("stream_is_silent", [False, True], ids=["the stream tells", "only asking tells"])
@pytest.mark.parametrize("trouble", [lose_answer(), never_answer(), answer(502, b"<html>Bad Gateway</html>", is_done=True)])
def test_f001_an_order_whose_answer_was_lost_counts_as_live_and_is_looked_up(trouble: Any, stream_is_silent: bool) -> None:
    with World(seed=1) as world:
        world.exchange.meddle(buys, trouble, times=1)
        if stream_is_silent:
            world.exchange.meddle_with_streams(account_frame("ORDER", side="BUY"), silence())
        bot = world.bot(max_position=ONE_ORDER)
        world.until(lambda: bot.said("order_outcome_unknown"), 8)
        first = next(order for order in world.live() if order.side.value == "BUY")

        assert first.external_id in {order.client_order_id for order in of_side(bot, "BUY")}, "it counts as live"
        world.until(lambda: _status(bot, first.external_id) is not Status.UNKNOWN, 5, "the doubt is resolved")
        if stream_is_silent:
            assert any(first.external_id in each.path for each in world.requests("look_up"))
        world.exchange.stop_meddling()
        world.until(lambda: len(world.resting()) == 2 and not bot.why_not_quoting, 10)
        world.run_for(20)
        buying = [order for order in world.orders() if order.side.value == "BUY"]
        for earlier, later in itertools.pairwise(buying):
            assert earlier.is_final
            assert later.created_ms >= earlier.updated_ms, "nothing stands in for an order that may live"


def test_f003_a_yes_that_the_book_takes_back_leaves_no_exposure_and_brakes_when_repeated() -> None:
    with World(seed=3) as world:
        refused = refuse_in_the_book(world, lambda order: order.side.value == "BUY")
        bot = world.bot()
        world.until(lambda: refused and not of_side(bot, "BUY"), 5)
        order = bot.engine.orders.get(refused[0].external_id)

        assert order is not None
        assert (order.status, order.reason) == (Status.REJECTED, "POST_ONLY_FAILED")
        world.run_for(60)
        assert 3 <= len(refused) <= 8, f"{len(refused)} tries in a minute: the pause must grow"
        assert len(world.resting("SELL")) == 1, "the other side goes on"
        assert sum(bot.engine.counters.rejects.values()) == len(refused)


def test_f004_a_yes_followed_by_silence_is_asked_about_and_counts_until_its_own_end() -> None:
    with World(seed=4) as world:
        world.exchange.meddle(buys, acknowledge_only({"id": 77, "externalId": ""}), times=1)
        bot = world.bot(max_position=ONE_ORDER)
        world.until(lambda: of_side(bot, "BUY"), 5)
        ghost = of_side(bot, "BUY")[0].client_order_id
        took_s = world.until(lambda: [each for each in world.requests("look_up") if ghost in each.path], 6)

        assert 2 <= took_s <= 5.5
        world.run_for(80)
        assert [order.client_order_id for order in of_side(bot, "BUY")] == [ghost], "it may still live: nothing stands in for it"
        world.until(lambda: world.resting("BUY"), 30, "its own end and the grace have passed")
        gone = bot.engine.orders.get(ghost)
        assert gone is not None
        assert (gone.status, gone.reason) == (Status.EXPIRED, "EXPIRED (inferred)")


def test_f007_a_request_that_a_proxy_repeats_is_looked_up_and_not_taken_for_a_rejection() -> None:
    with World(seed=7) as world:
        world.exchange.meddle("create", do_twice(), times=2)
        bot = world.quoting_bot()
        world.run_for(10)

        assert not bot.said("order_refused")
        assert {order.external_id for order in world.resting()} == {order.client_order_id for order in bot.live()}


def test_f008_ids_and_salts_are_never_used_twice_although_the_clock_was_set_back() -> None:
    with World(seed=8) as world:
        for offset_ms in (0, -60_000, -90_000):
            bot = world.quoting_bot(offset_ms=offset_ms)
            world.hit("BUY")
            world.run_for(5)
            bot.kill()
            world.run_for(1)
        created = world.requests("create", "edit")

        assert len({each.body["id"] for each in created}) == len(created) >= 6
        salts = [int(each.body["nonce"]) for each in created]
        assert len(set(salts)) == len(salts)
        assert all(1 <= salt < 2**31 for salt in salts)


def test_f009_post_only_orders_that_cross_in_a_fast_market_are_tried_less_and_less_often() -> None:
    with World(seed=9) as world:
        engine_refuses = [True]
        refused = refuse_in_the_book(world, lambda order: engine_refuses[0] and order.side.value == "SELL")
        bot = world.bot(price_move_threshold=0.0001)
        tries_s: list[float] = []
        world.exchange.on_asked.append(
            lambda asked: tries_s.append(world.now_s) if asked.body.get("side") == "SELL" and asked.kind == "create" else None
        )
        for step in range(30):
            assert world.quiet is not None
            world.quiet.move_to(world.quiet.price + 10 + step % 2)
            world.run_for(1.0)
        waits = [later - earlier for earlier, later in itertools.pairwise(tries_s)]

        assert len(refused) <= 6
        assert all(later > 1.5 * earlier for earlier, later in itertools.pairwise(waits)), waits
        engine_refuses[0] = False
        world.until(lambda: len(world.resting()) == 2, 40, "quotes are back once the book takes them")
        assert bot.engine.counters.rejects == {"POST_ONLY_FAILED": len(refused)}


def test_f011_too_little_balance_for_every_order_slows_the_bot_down_and_is_said() -> None:
    with World(seed=11) as world:
        trouble = world.exchange.meddle("create", refuse(Code.ORDER_COST))
        bot = world.bot()
        world.run_for(600)

        assert trouble.struck <= 40, f"{trouble.struck} tries in ten minutes"
        assert any("1140" in str(each["reason"]) for each in bot.said("order_refused"))
        assert bot.why_not_quoting == "cooling_down", "the status says why there are no quotes"
        trouble.stop()
        world.until(lambda: len(world.resting()) == 2, 65, "quotes are back after the longest pause")


def test_f014_a_rejected_signature_halts_at_once_and_is_never_tried_again() -> None:
    with World(seed=14) as world:
        bot = world.quoting_bot()
        trouble = world.exchange.meddle("create edit", refuse(Code.SIGNATURE))
        world.hit("BUY")
        world.until(lambda: bot.state is BotState.HALTED, 5)
        tried = trouble.struck
        world.run_for(120)

        assert tried == trouble.struck <= 2
        assert "1101" in bot.engine.state_reason.text
        assert world.live() == [], "what stood is cancelled"


def test_f018_our_bid_never_meets_our_ask() -> None:
    with World(seed=18) as world:
        bot = world.quoting_bot(max_divergence=0.05)
        assert world.quiet is not None
        # The bid cannot be moved or cancelled any more, and the price falls through it: the ask must stay above it.
        world.exchange.meddle(lambda asked: asked.kind == "cancel" or asked.body.get("side") == "BUY", answer(502, b"?"))
        stuck = world.resting("BUY")[0]
        world.quiet.empty("BUY")  # the stuck bid is the best one now
        world.run_for(0.5)
        world.exchange.exchange.set_price("BTC-USD", Decimal(85700))
        world.kick()
        world.run_for(12)
        sells = [Decimal(each.body["price"]) for each in world.requests("create", "edit") if each.body["side"] == "SELL"]

        assert stuck.is_open
        assert all(price > stuck.price for price in sells), sells
        assert {each.body["selfTradeProtectionLevel"] for each in world.requests("create", "edit")} == {"ACCOUNT"}
        assert min(sells) == stuck.price + 1, "it came as close as it may"
        assert bot.state is BotState.RUNNING


def test_f019_a_price_that_waited_too_long_for_its_place_is_not_sent() -> None:
    with World(seed=19) as world:
        bot = world.quoting_bot(price_move_threshold=0.0001)
        # A price that runs spends the whole budget: every order waits for its place.
        assert world.quiet is not None
        for step in range(600):
            world.quiet.move_to(86_300 + 12 * (step % 17))
            world.run_for(0.02)
        arrived = world.requests("create", "edit")

        assert len(arrived) > 100
        for each in arrived:
            order = bot.engine.orders.get(each.body["id"])
            assert order is not None
            assert each.ms - order.created_ms <= 1_500 + 10


def test_f001_an_order_in_doubt_that_turns_out_to_rest_where_it_should_is_kept() -> None:
    with World(seed=1) as world:
        bot = world.bot(max_position="0.012")  # no room for a second order beside the one in doubt
        world.exchange.meddle("create", lose_answer(), times=2)
        world.until(lambda: len(world.resting()) == 2 == len(bot.live()) and not bot.why_not_quoting, 20)
        world.run_for(5)

        assert len(world.requests("create", "edit")) == 2, "nothing was placed anew"
        assert world.requests("cancel") == []
        assert {order.external_id for order in world.resting()} == {order.client_order_id for order in bot.live()}

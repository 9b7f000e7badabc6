"""Replacing an order in one request: two legs, both live until the exchange has ended one."""

from decimal import Decimal

import pytest

from bot.core.actions import CancelOrder, PlaceOrder
from bot.core.events import PlaceNotSent, PlaceOutcomeUnknown, PlaceRefused, QuotingPaused
from bot.core.orders import ExchangeStatus, Order, Saw, Side, Status
from tests.unit.core.play import Play


@pytest.fixture
def play() -> Play:
    return Play(edit_in_place=True, price_move_threshold=Decimal("0.001")).ready()


def moved(play: Play) -> tuple[Order, Order, list[Order]]:
    """Rest a pair, move the price a little past the threshold, and return the pair and the orders sent in its place."""
    bid, ask = play.quoting()
    play.now_ms += 10
    play.see("86300", bid=86_290, ask=86_310)
    return bid, ask, sorted(play.placed(), key=lambda order: order.side)


def status_of(play: Play, order: Order) -> Status:
    held = play.engine.orders.get(order.client_order_id)
    assert held is not None
    return held.status


def test_a_move_is_one_request_for_each_side(play: Play) -> None:
    bid, ask, new = moved(play)

    assert [order.replaces for order in new] == [bid.client_order_id, ask.client_order_id]
    assert [order.price for order in new] == [86_213, 86_387]
    assert not [action for action in play.actions if isinstance(action, CancelOrder)]
    assert len({order.nonce for order in (bid, ask, *new)}) == 4


def test_both_legs_count_until_one_has_ended(play: Play) -> None:
    bid, _, new = moved(play)

    assert len(play.engine.orders.of("BTC-USD", side=Side.BUY)) == 2
    play.acknowledge(new[0])
    play.report(new[0], ExchangeStatus.NEW)
    play.report(bid, ExchangeStatus.CANCELLED, reason="ORDER_REPLACED")
    assert [order.client_order_id for order in play.engine.orders.of("BTC-USD", side=Side.BUY)] == [new[0].client_order_id]


def test_nothing_more_is_sent_for_a_side_while_its_edit_is_unanswered(play: Play) -> None:
    moved(play)
    play.see("86700", bid=86_690, ask=86_710)

    assert play.decide() == []


def test_a_refused_edit_leaves_the_old_order_resting_and_it_is_tracked(play: Play) -> None:
    bid, _, new = moved(play)
    refused = PlaceRefused(client_order_id=new[0].client_order_id, exchange_code=1140, message="cost", received_ms=play.now_ms)
    play.engine.apply(refused)

    assert status_of(play, bid) is Status.RESTING
    assert status_of(play, new[0]) is Status.REJECTED


def test_an_edit_that_was_not_sent_leaves_the_old_order_resting(play: Play) -> None:
    bid, _, new = moved(play)
    play.engine.apply(PlaceNotSent(client_order_id=new[0].client_order_id, reason="no route", received_ms=play.now_ms))

    assert status_of(play, bid) is Status.RESTING


def test_an_edit_target_that_is_not_found_is_in_doubt_and_asked_about(play: Play) -> None:
    bid, _, new = moved(play)
    refused = PlaceRefused(client_order_id=new[0].client_order_id, exchange_code=1142, message="gone", received_ms=play.now_ms)
    play.engine.apply(refused)

    assert status_of(play, bid) is Status.UNKNOWN


def test_an_edit_of_unknown_outcome_keeps_both_legs_alive(play: Play) -> None:
    bid, _, new = moved(play)
    play.engine.apply(PlaceOutcomeUnknown(client_order_id=new[0].client_order_id, reason="timeout", received_ms=play.now_ms))
    play.decide()

    assert status_of(play, new[0]) is Status.UNKNOWN
    assert not status_of(play, bid).is_ended


def test_an_edit_refused_by_the_book_ends_both_legs_and_the_side_is_quoted_again_after_its_pause(play: Play) -> None:
    bid, ask, new = moved(play)
    for old, order, status in ((bid, new[0], ExchangeStatus.REJECTED), (ask, new[1], ExchangeStatus.NEW)):
        play.acknowledge(order)
        play.report(order, status, reason="POST_ONLY_FAILED" if status is ExchangeStatus.REJECTED else "")
        play.report(old, ExchangeStatus.CANCELLED)
    assert play.decide() == []
    play.later(1_000)

    (again,) = play.placed()
    assert (again.side, again.replaces) == (Side.BUY, None)


def test_a_late_fill_of_the_old_leg_counts(play: Play) -> None:
    bid, _, new = moved(play)
    play.acknowledge(new[0])
    play.report(new[0], ExchangeStatus.NEW)
    play.report(bid, ExchangeStatus.CANCELLED, reason="ORDER_REPLACED", filled=Decimal("0.004"))
    play.fill(bid, "0.004")

    assert play.engine.account.position("BTC-USD") == Decimal("0.004")
    assert status_of(play, bid) is Status.CANCELLED


def test_a_partly_filled_order_is_cancelled_and_placed_anew_not_amended(play: Play) -> None:
    bid, ask = play.quoting()
    play.fill(bid, "0.004")
    play.report(bid, ExchangeStatus.PARTIALLY_FILLED, filled=Decimal("0.004"))
    play.later(1_000)
    actions = play.decide()

    assert [action.client_order_id for action in actions if isinstance(action, CancelOrder)] == [bid.client_order_id]
    assert not [action for action in actions if isinstance(action, PlaceOrder)]
    play.report(bid, ExchangeStatus.CANCELLED, filled=Decimal("0.004"))
    (again,) = play.placed()
    assert (again.side, again.size, again.replaces) == (Side.BUY, 1_000, None)
    assert status_of(play, ask) is Status.RESTING


def test_an_order_close_to_the_opposite_touch_is_cancelled_first(play: Play) -> None:
    bid, _ = play.quoting()
    play.now_ms += 10
    play.see("86300", bid=86_212, ask=86_214)
    actions = play.decide()

    assert bid.client_order_id in {action.client_order_id for action in actions if isinstance(action, CancelOrder)}
    assert not [action for action in actions if isinstance(action, PlaceOrder) and action.approved.order.side is Side.BUY]


def test_without_room_for_both_legs_the_old_one_goes_first() -> None:
    play = Play(edit_in_place=True, max_position=Decimal("0.01"), price_move_threshold=Decimal("0.001")).ready()
    bid, ask, new = moved(play)

    assert new == []
    assert {action.client_order_id for action in play.actions if isinstance(action, CancelOrder)} == {
        bid.client_order_id,
        ask.client_order_id,
    }
    play.report(bid, ExchangeStatus.CANCELLED)
    play.report(ask, ExchangeStatus.CANCELLED)
    assert [order.price for order in play.placed()] == [86_213, 86_387]


def test_a_renewal_replaces_both_orders_at_their_old_prices(play: Play) -> None:
    bid, ask = play.quoting()
    play.see("86250", bid=86_240, ask=86_260)
    play.later(60_001)
    new = play.placed()

    assert [order.price for order in new] == [bid.price, ask.price]
    assert [order.replaces for order in new] == [bid.client_order_id, ask.client_order_id]
    for old, order in zip((bid, ask), new, strict=True):
        play.acknowledge(order)
        play.report(order, ExchangeStatus.NEW)
        play.report(old, ExchangeStatus.CANCELLED, reason="ORDER_REPLACED")
    assert play.decide() == []


def test_a_stop_during_an_edit_ends_both_legs(play: Play) -> None:
    from bot.core.events import QuotingStopped

    bid, ask, new = moved(play)
    for order in new:
        play.acknowledge(order)
        play.report(order, ExchangeStatus.NEW)
    play.engine.apply(QuotingStopped(reason="a person", received_ms=play.now_ms))
    play.later(1_600)

    asked = set(play.cancelled())
    assert {order.client_order_id for order in new} <= asked
    assert {bid.client_order_id, ask.client_order_id} <= asked


def test_when_the_new_bid_would_meet_our_old_ask_the_ask_moves_away_first(play: Play) -> None:
    _, ask = play.quoting()
    play.now_ms += 10
    play.see("86400", bid=86_390, ask=86_410)

    (first,) = play.placed()
    assert (first.side, first.price) == (Side.SELL, 86_487)
    play.acknowledge(first)
    play.report(first, ExchangeStatus.NEW)
    assert play.placed() == []
    play.report(ask, ExchangeStatus.CANCELLED, reason="ORDER_REPLACED")
    (second,) = play.placed()
    assert (second.side, second.price) == (Side.BUY, 86_313)


def test_half_the_requests_of_the_documents_loop() -> None:
    """Move the price a hundred times; count what leaves, everything answered at once."""
    sent = {}
    for edit_in_place in (True, False):
        play = Play(edit_in_place=edit_in_place).ready()
        play.quoting()
        sent[edit_in_place] = 0
        for step in range(1, 101):
            play.now_ms += 100
            play.arm()
            price = 86_200 + (300 if step % 2 else 0)
            play.see(str(price), bid=price - 10, ask=price + 10)
            for _ in range(3):
                actions = play.decide()
                sent[edit_in_place] += len(actions)
                for action in actions:
                    answer(play, action)

    assert sent[True] == 200
    assert sent[False] == 400


def answer(play: Play, action: object) -> None:
    """Let the exchange do at once what it was asked for."""
    if isinstance(action, CancelOrder):
        order = play.engine.orders.get(action.client_order_id)
        assert order is not None
        play.report(order, ExchangeStatus.CANCELLED)
    elif isinstance(action, PlaceOrder):
        order = action.approved.order
        play.acknowledge(order)
        play.report(order, ExchangeStatus.NEW)
        old = play.engine.orders.get(order.replaces) if order.replaces else None
        if old is not None:
            play.report(old, ExchangeStatus.CANCELLED, reason="ORDER_REPLACED")


def test_an_order_that_still_waits_here_does_not_leave_once_its_end_was_asked_for_or_quoting_stopped(play: Play) -> None:
    bid, ask = sorted(play.placed(), key=lambda order: order.side)
    assert play.engine.objection_to(bid) == ""
    play.engine.orders.saw(bid.client_order_id, Saw.CANCEL_SENT, play.now_ms)
    assert play.engine.objection_to(bid) == "its end was asked for before it left"
    assert play.engine.objection_to(ask) == ""
    play.engine.apply(QuotingPaused(reason="a person", received_ms=play.now_ms))
    assert play.engine.objection_to(ask) == "the bot is PAUSED: a person"

"""Every switch for what the real exchange does not document: each changes what it says."""

from decimal import Decimal
from typing import Any

import pytest

from simulator.events import OrderChanged, PositionChanged
from simulator.matching import Side
from simulator.options import ServerOptions, VenueOptions, with_options
from simulator.orders import Execution, Kind, Leg, PriceSource, Reason, Scope, Status, TimeInForce, Trigger
from simulator.rate_limit import RateLimit, Window
from simulator.refusals import Refused
from simulator.rules import Mode

D = Decimal
ALICE, BOB = 3001, 3002


def statuses(desk: Any, order: Any) -> list[str]:
    return [each.order.status for each in desk.events if isinstance(each, OrderChanged) and each.order.id == order.order_id]


@pytest.mark.parametrize(("keeps", "first"), [(True, ALICE), (False, BOB)])
def test_an_edit_to_a_smaller_size_keeps_its_place_if_so_asked(make_desk: Any, keeps: bool, first: int) -> None:
    desk = make_desk(accounts=3, edit_keeps_priority=keeps)
    old = desk.buy(ALICE, 86_000, "0.02")
    orders = {BOB: desk.buy(BOB, 86_000)}
    orders[ALICE] = desk.buy(ALICE, 86_000, cancel_id=old.external_id)

    desk.sell(3003, 86_000)

    assert {account: order.status is Status.FILLED for account, order in orders.items()} == {
        ALICE: first == ALICE,
        BOB: first == BOB,
    }


@pytest.mark.parametrize(("total", "left"), [(True, 1_000), (False, 2_000)])
def test_the_size_of_an_edit_may_include_what_was_filled(make_desk: Any, total: bool, left: int) -> None:
    desk = make_desk(edit_qty_is_total=total)
    old = desk.buy(ALICE, 86_000, "0.02")
    desk.sell(BOB, 86_000, "0.01")

    new = desk.buy(ALICE, 86_001, "0.02", cancel_id=old.external_id)

    assert new.left == left


def test_an_edit_to_no_more_than_was_filled_is_rejected_by_the_book(make_desk: Any) -> None:
    desk = make_desk(edit_qty_is_total=True)
    old = desk.buy(ALICE, 86_000, "0.02")
    desk.sell(BOB, 86_000, "0.01")

    new = desk.buy(ALICE, 86_001, "0.01", cancel_id=old.external_id)

    assert (new.status, new.reason, old.status) == (Status.REJECTED, Reason.INVALID_QTY, Status.CANCELLED)
    assert new.lots == 1_000  # told as it was asked for


def test_most_of_an_edit_may_have_been_filled_already(make_desk: Any) -> None:
    desk = make_desk(edit_qty_is_total=True)
    old = desk.buy(ALICE, 86_000, "0.03")
    desk.sell(BOB, 86_000, "0.02")

    assert desk.buy(ALICE, 86_001, "0.03", cancel_id=old.external_id).left == 1_000


def test_the_switch_may_spare_what_waits_and_say_why(make_desk: Any) -> None:
    desk = make_desk(deadman_spares_stops=True, deadman_reason=Reason.TRADING_OFF_MODE)
    resting = desk.buy(ALICE, 86_000)
    trigger = Trigger(price=D(86_500), source=PriceSource.MARK, direction="UP", execution=Execution.LIMIT)
    waiting = desk.buy(ALICE, 86_500, kind=Kind.CONDITIONAL, trigger=trigger)

    desk.venue.arm_switch(ALICE, 1)
    desk.pass_time(1_000)

    assert (resting.status, resting.reason) == (Status.CANCELLED, Reason.TRADING_OFF_MODE)
    assert waiting.status is Status.UNTRIGGERED


@pytest.mark.parametrize(("word", "tells"), [("TRIGGERED", True), ("TRIGGERED", False)])
def test_a_triggered_order_may_say_so(make_desk: Any, word: str, tells: bool) -> None:
    desk = make_desk(tell_triggered=tells)
    trigger = Trigger(price=D(86_300), source=PriceSource.MARK, direction="UP", execution=Execution.LIMIT)
    order = desk.buy(ALICE, 86_300, kind=Kind.CONDITIONAL, trigger=trigger)

    desk.venue.set_mark("BTC-USD", D(86_300))
    desk.venue.look_at_triggers()
    desk.pass_time(0)

    assert (word in statuses(desk, order)) is tells
    assert order.status is Status.NEW


def test_orders_cancelled_by_risk_may_say_why(make_desk: Any) -> None:
    desk = make_desk(risk_reasons=True)
    for account in (ALICE, BOB):
        desk.venue.standings.set_leverage(account, "BTC-USD", D(50))
    desk.venue.ledger.deposit(BOB, D(1_000_000))
    desk.sell(BOB, 86_000, "4")
    desk.buy(ALICE, 86_000, "4")
    growing = desk.buy(ALICE, 85_000, "0.5")

    desk.venue.set_mark("BTC-USD", D(85_000))
    desk.pass_time(250)

    assert (growing.status, growing.reason) == (Status.CANCELLED, Reason.NEGATIVE_EQUITY)


def test_a_closed_position_may_say_that_it_is_open(make_desk: Any) -> None:
    desk = make_desk(closed_positions_say_opened=True)
    for side in (Side.BUY, Side.SELL):
        desk.send(ALICE, side, 86_000)
        desk.send(BOB, side.opposite, 86_000)

    told = [each.position for each in desk.events if isinstance(each, PositionChanged) and each.account_id == ALICE]
    assert (D(told[-1].size), told[-1].status) == (0, "OPENED")


def test_after_a_maintenance_only_post_only_orders_are_taken_for_a_while(make_desk: Any) -> None:
    desk = make_desk(post_only_after_maintenance_ms=1_000, maintenance_cancels_orders=True)
    order = desk.buy(ALICE, 86_000)

    desk.venue.set_mode(Mode.MAINTENANCE)
    assert order.status is Status.CANCELLED
    desk.venue.set_mode(Mode.NORMAL)
    with pytest.raises(Refused, match="1011"):
        desk.buy(ALICE, 86_000)
    desk.pass_time(1_000)

    assert desk.buy(ALICE, 86_000).status is Status.NEW


@pytest.mark.parametrize(
    ("options", "changes", "code"),
    [
        ({"min_expiry_ms": 4_000_000}, {}, "1135"),
        ({"min_order_value": D(1_000)}, {}, "1120"),
        ({"max_orders": 1}, {}, "1126"),
        ({"ids_unique_among_open": False}, {"external_id": "again"}, "1134"),
    ],
)
def test_limits_that_nobody_documents_can_be_set(make_desk: Any, options: Any, changes: Any, code: str) -> None:
    desk = make_desk(**options)
    if code in ("1126", "1134"):
        order = desk.buy(ALICE, 86_000, **changes)
        if changes:
            desk.venue.cancel(ALICE, order_id=order.order_id)
            desk.pass_time(0)

    with pytest.raises(Refused, match=code):
        desk.buy(ALICE, 86_000, **changes)


def test_an_id_may_be_free_again_once_its_order_has_ended(make_desk: Any) -> None:
    desk = make_desk(ids_unique_among_open=True)
    first = desk.buy(ALICE, 86_000, external_id="again")
    with pytest.raises(Refused, match="1134"):
        desk.buy(ALICE, 86_000, external_id="again")
    desk.venue.cancel(ALICE, order_id=first.order_id)
    desk.pass_time(0)

    assert desk.buy(ALICE, 86_000, external_id="again").status is Status.NEW


def test_unfilled_orders_may_be_forgotten_at_once(make_desk: Any) -> None:
    desk = make_desk(unfilled_orders_kept=0)
    order = desk.buy(ALICE, 86_000, time_in_force=TimeInForce.IOC)

    assert order.status is Status.CANCELLED
    assert order.order_id not in desk.venue.store.by_id


def test_an_expiry_on_a_stop_attached_to_an_order_is_no_trouble(desk: Any) -> None:
    leg = Leg(trigger_price=D(85_000), source=PriceSource.MARK, price=D(84_900), execution=Execution.MARKET)
    order = desk.buy(ALICE, 86_000, scope=Scope.ORDER, stop_loss=leg)
    desk.sell(BOB, 86_000)

    desk.pass_time(3_600_000)

    assert order.status is Status.FILLED
    assert desk.venue.store.live(ALICE) == []


def test_a_fixed_window_gives_the_whole_budget_back_at_once() -> None:
    limit = RateLimit(60, Window.FIXED)

    assert sum(limit.allows("a", 59.0) for _ in range(100)) == 60
    assert not limit.allows("a", 59.9)
    assert sum(limit.allows("a", 60.0) for _ in range(100)) == 60


def test_options_can_be_given_as_words() -> None:
    words = [
        "tell_triggered=true",
        "read_lag_ms=7",
        "self_trade_rule=both",
        "min_order_value=5.5",
        "deadman_reason=NONE_OF_THESE",
    ]

    chosen = with_options(ServerOptions(venue=VenueOptions(max_expiry_days=90)), words[:4])

    assert (chosen.venue.tell_triggered, chosen.read_lag_ms, chosen.venue.min_order_value) == (True, 7, D("5.5"))
    assert (chosen.venue.self_trade_rule.value, chosen.venue.max_expiry_days) == ("both", 90)
    for wrong in (words[4], "no_such=1", "tell_triggered=yes", "venue=1", "rebate_tiers=1"):
        with pytest.raises(ValueError, match="option"):
            with_options(ServerOptions(), [wrong])


@pytest.mark.parametrize(("size", "status", "filled"), [("0.03", Status.FILLED, 3_000), ("0.031", Status.CANCELLED, 0)])
def test_fill_or_kill_trades_all_at_once_or_nothing_where_it_is_taken(
    make_desk: Any, size: str, status: Status, filled: int
) -> None:
    desk = make_desk(accounts=3, fill_or_kill=True)
    desk.sell(BOB, 86_000, "0.01")
    desk.sell(3003, 86_010, "0.02")
    desk.sell(ALICE, 86_020, "0.02")  # she does not trade with herself
    desk.sell(BOB, 86_200, "1")  # too dear

    order = desk.buy(ALICE, 86_100, size, time_in_force=TimeInForce.FOK)

    assert (order.status, order.filled) == (status, filled)
    assert order.reason is (None if filled else Reason.NO_LIQUIDITY)
    assert desk.position(ALICE) == filled


def test_fill_or_kill_is_refused_as_the_documents_dropped_it(make_desk: Any) -> None:
    with pytest.raises(Refused, match="400"):
        make_desk().buy(ALICE, 86_000, time_in_force=TimeInForce.FOK)

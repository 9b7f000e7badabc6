"""Orders that wait for a price: conditional orders, take-profit and stop-loss."""

from decimal import Decimal
from typing import Any

import pytest

from simulator.matching import Side
from simulator.orders import Execution, Kind, Leg, PriceSource, Reason, Scope, Status, Trigger
from simulator.refusals import Code, Refused

D = Decimal
ALICE, BOB = 3001, 3002
BUY, SELL = Side.BUY, Side.SELL


def trigger(
    price: object, direction: str, source: PriceSource = PriceSource.MARK, execution: Execution = Execution.LIMIT
) -> Trigger:
    return Trigger(price=D(str(price)), source=source, direction=direction, execution=execution)


def leg(
    trigger_price: object, price: object, execution: Execution = Execution.MARKET, source: PriceSource = PriceSource.MARK
) -> Leg:
    return Leg(trigger_price=D(str(trigger_price)), source=source, price=D(str(price)), execution=execution)


def conditional(desk: Any, side: Side, price: object, wanted: Trigger, **changes: Any) -> Any:
    return desk.send(ALICE, side, price, kind=Kind.CONDITIONAL, trigger=wanted, **changes)


def set_mark(desk: Any, price: int) -> None:
    desk.venue.set_mark("BTC-USD", D(price))
    desk.venue.look_at_triggers()


def open_long(desk: Any, size: str = "0.02", **changes: Any) -> Any:
    desk.sell(BOB, 86_000, size)
    return desk.buy(ALICE, 86_000, size, **changes)


# ── conditional orders ──


def test_a_conditional_order_waits_in_no_book_and_needs_no_margin(desk: Any) -> None:
    order = conditional(desk, BUY, 86_600, trigger(86_500, "UP"), size="1")

    assert order.status is Status.UNTRIGGERED
    assert desk.venue.markets["BTC-USD"].book.best(BUY) is None
    assert desk.venue.standings.margin(ALICE).initial == 0
    record = desk.venue.order_record(order)
    assert record.status == "UNTRIGGERED"
    assert record.trigger == {
        "triggerPrice": "86500", "triggerPriceType": "MARK", "direction": "UP", "executionPriceType": "LIMIT",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("direction", "before", "at"), [("UP", 86_499, 86_500), ("UP", 86_499, 90_000), ("DOWN", 85_901, 85_900)]
)
def test_it_goes_to_the_book_when_the_watched_price_arrives(desk: Any, direction: str, before: int, at: int) -> None:
    wanted = 86_500 if direction == "UP" else 85_900
    order = conditional(desk, BUY, wanted, trigger(wanted, direction))

    set_mark(desk, before)
    assert order.status is Status.UNTRIGGERED
    set_mark(desk, at)

    assert order.status is Status.NEW
    assert desk.venue.markets["BTC-USD"].book.best(BUY) == wanted


def test_market_execution_takes_at_once_and_never_rests(desk: Any) -> None:
    desk.sell(BOB, 86_550, "0.005")
    order = conditional(desk, BUY, 86_600, trigger(86_500, "UP", execution=Execution.MARKET))

    set_mark(desk, 86_500)

    assert (order.status, order.reason, order.filled) == (Status.CANCELLED, Reason.NO_LIQUIDITY, 500)


def test_a_trade_is_seen_by_a_last_price_trigger_even_when_the_next_one_undoes_it(desk: Any) -> None:
    order = conditional(desk, SELL, 85_000, trigger(86_500, "UP", PriceSource.LAST))
    desk.sell(BOB, 86_500, "0.001")
    desk.sell(BOB, 86_400, "0.001")

    desk.buy(ALICE, 86_500, "0.002")  # trades at 86,400 and at 86,500 in one sweep

    assert order.status is Status.NEW


def test_trades_before_the_order_came_do_not_trigger_it(desk: Any) -> None:
    desk.sell(BOB, 86_500, "0.001")
    desk.buy(ALICE, 86_500, "0.001")
    desk.sell(BOB, 86_300, "0.001")
    desk.buy(ALICE, 86_300, "0.001")

    order = conditional(desk, SELL, 86_000, trigger(86_500, "UP", PriceSource.LAST))

    assert order.status is Status.UNTRIGGERED


def test_a_waiting_order_is_cancelled_edited_and_expires_like_any_other(desk: Any) -> None:
    first = conditional(desk, BUY, 86_500, trigger(86_500, "UP"))
    second = conditional(desk, BUY, 86_510, trigger(86_510, "UP"), cancel_id=first.external_id)
    desk.venue.mass_cancel(ALICE, everything=True)
    third = conditional(desk, BUY, 86_500, trigger(86_500, "UP"), expiry_ms=desk.venue.now_ms + 1_000)
    desk.pass_time(1_000)

    set_mark(desk, 87_000)

    assert (first.status, first.reason) == (Status.CANCELLED, Reason.ORDER_REPLACED)
    assert [second.status, third.status] == [Status.CANCELLED, Status.EXPIRED]


def test_without_margin_at_the_trigger_it_is_rejected(desk: Any) -> None:
    order = conditional(desk, BUY, 86_600, trigger(86_500, "UP"), size="10")

    set_mark(desk, 86_500)

    assert (order.status, order.reason) == (Status.REJECTED, Reason.NOT_ENOUGH_FUNDS)


# ── take-profit and stop-loss ──


def test_attached_legs_become_an_order_with_the_first_fill_and_grow_with_the_next(desk: Any) -> None:
    desk.sell(BOB, 86_000, "0.01")
    parent = desk.buy(ALICE, 86_000, "0.03", scope=Scope.ORDER, take_profit=leg(87_000, 86_900), stop_loss=leg(85_000, 84_900))
    guard = desk.venue.store.by_id[parent.guard_id]
    first = guard.lots

    desk.sell(BOB, 86_000, "0.02")

    assert (first, guard.lots, guard.status, guard.side) == (1000, 3000, Status.UNTRIGGERED, SELL)
    assert desk.venue.order_record(guard).take_profit["triggerPrice"] == "87000"


@pytest.mark.parametrize(("mark", "price"), [(87_000, 86_900), (85_000, 84_900)])
def test_one_leg_closes_and_the_other_is_gone(desk: Any, mark: int, price: int) -> None:
    parent = open_long(desk, scope=Scope.ORDER, take_profit=leg(87_000, 86_900), stop_loss=leg(85_000, 84_900))
    guard = desk.venue.store.by_id[parent.guard_id]
    desk.buy(BOB, price, "0.05")

    set_mark(desk, mark)

    assert guard.status is Status.FILLED
    assert desk.position(ALICE) == 0
    set_mark(desk, 87_000)
    set_mark(desk, 85_000)
    assert desk.position(ALICE) == 0


def test_a_whole_position_order_closes_what_is_held_when_it_triggers(desk: Any) -> None:
    open_long(desk, "0.02")
    stop = desk.send(ALICE, SELL, 0, 0, kind=Kind.TPSL, reduce_only=True, scope=Scope.POSITION, stop_loss=leg(85_500, 85_000))
    open_long(desk, "0.03")
    desk.buy(BOB, 85_400, "1")

    set_mark(desk, 85_500)

    assert (stop.status, stop.lots) == (Status.FILLED, 5000)
    assert desk.position(ALICE) == 0


def test_a_second_whole_position_order_is_rejected(desk: Any) -> None:
    open_long(desk)
    wanted = {"kind": Kind.TPSL, "reduce_only": True, "scope": Scope.POSITION, "stop_loss": leg(85_500, 85_000)}
    first = desk.send(ALICE, SELL, 0, 0, **wanted)

    second = desk.send(ALICE, SELL, 0, 0, **wanted)

    assert first.status is Status.UNTRIGGERED
    assert (second.status, second.reason) == (Status.REJECTED, Reason.POSITION_TPSL_CONFLICT)


def test_a_stop_dies_with_its_position(desk: Any) -> None:
    open_long(desk)
    stop = desk.send(ALICE, SELL, 0, 0, kind=Kind.TPSL, reduce_only=True, scope=Scope.POSITION, stop_loss=leg(85_500, 85_000))
    desk.buy(BOB, 86_000, "0.02")

    desk.sell(ALICE, 86_000, "0.02")

    assert (stop.status, stop.reason) == (Status.CANCELLED, Reason.REDUCE_ONLY_FAILED)


def test_an_order_ended_by_one_released_with_it_does_not_come_back(desk: Any) -> None:
    """The first closes the position, which ends the third; the second opens one again before the third has its turn."""
    open_long(desk)
    desk.buy(BOB, 85_800, "0.04")
    desk.sell(BOB, 86_100, "0.02")
    down, now = trigger(85_900, "DOWN", execution=Execution.MARKET), {"size": "0.02"}
    first = conditional(desk, SELL, 85_700, down, reduce_only=True, **now)
    second = conditional(desk, BUY, 86_200, down, **now)
    third = conditional(desk, SELL, 85_700, down, reduce_only=True, **now)

    set_mark(desk, 85_900)

    assert [each.status for each in (first, second)] == [Status.FILLED, Status.FILLED]
    assert (third.status, third.reason, third.filled) == (Status.CANCELLED, Reason.REDUCE_ONLY_FAILED, 0)
    assert desk.venue.ledger.position_lots(ALICE, "BTC-USD") == 2_000


def test_a_limit_leg_rests_until_filled(desk: Any) -> None:
    open_long(desk)
    order = desk.send(
        ALICE, SELL, 0, "0.02", kind=Kind.TPSL, reduce_only=True, scope=Scope.ORDER,
        take_profit=leg(87_000, 87_100, Execution.LIMIT),
    )  # fmt: skip

    set_mark(desk, 87_000)

    assert order.status is Status.NEW
    assert desk.venue.markets["BTC-USD"].book.best(SELL) == 87_100


def test_the_dead_mans_switch_takes_waiting_orders_too(desk: Any) -> None:
    open_long(desk)
    stop = desk.send(ALICE, SELL, 0, 0, kind=Kind.TPSL, reduce_only=True, scope=Scope.POSITION, stop_loss=leg(85_500, 85_000))
    desk.venue.arm_switch(ALICE, 5)

    desk.pass_time(5_000)

    assert stop.status is Status.CANCELLED


WRONG = [
    ({"kind": Kind.CONDITIONAL}, Code.TRIGGER_MISSING),
    ({"kind": Kind.CONDITIONAL, "trigger": trigger(86_000, "SIDEWAYS")}, Code.ORDER_PARAMETERS),
    ({"kind": Kind.CONDITIONAL, "trigger": trigger("86000.5", "UP")}, Code.PRICE_OFF_TICK),
    ({"kind": Kind.CONDITIONAL, "trigger": trigger(80_000, "DOWN")}, Code.PRICE_INVALID),  # 86,000 is above 80,000 x 1.05
    (
        {"kind": Kind.CONDITIONAL, "trigger": trigger(86_000, "UP", execution=Execution.MARKET), "post_only": True},
        Code.POST_ONLY_MARKET_TRIGGER,
    ),
    ({"trigger": trigger(86_000, "UP")}, Code.ORDER_PARAMETERS),
    ({"take_profit": leg(87_000, 87_000)}, Code.ORDER_PARAMETERS),
    ({"scope": Scope.ORDER}, Code.TPSL_TRIGGER_MISSING),
    ({"scope": Scope.ORDER, "take_profit": leg(85_000, 85_000)}, Code.ORDER_PARAMETERS),
    ({"scope": Scope.ORDER, "stop_loss": leg(87_000, 87_000)}, Code.ORDER_PARAMETERS),
    ({"scope": Scope.ORDER, "stop_loss": leg(85_000, 80_000)}, Code.PRICE_INVALID),  # below 85,000 x 0.95
    ({"scope": Scope.ORDER, "stop_loss": leg(85_000, "84900.5")}, Code.PRICE_OFF_TICK),
]


@pytest.mark.parametrize(("changes", "code"), WRONG)
def test_senseless_triggers_are_refused_with_their_codes(desk: Any, changes: dict[str, Any], code: Code) -> None:
    with pytest.raises(Refused) as excinfo:
        desk.send(ALICE, BUY, 86_000, **changes)

    assert excinfo.value.code is code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reduce_only": False}, Code.ORDER_PARAMETERS),
        ({"scope": None}, Code.TPSL_TRIGGER_MISSING),
        ({"size": D("0.01")}, Code.TPSL_SIZE),
        ({"price": D(86_000)}, Code.ORDER_PARAMETERS),
        ({"side": BUY}, Code.REDUCE_ONLY_SAME_SIDE),
    ],
)
def test_senseless_position_orders_are_refused(desk: Any, changes: dict[str, Any], code: Code) -> None:
    open_long(desk)
    wanted: dict[str, Any] = {
        "side": SELL, "price": D(0), "size": D(0), "kind": Kind.TPSL, "reduce_only": True, "scope": Scope.POSITION,
        "stop_loss": leg(85_500, 85_500),
    } | changes  # fmt: skip

    with pytest.raises(Refused) as excinfo:
        desk.send(ALICE, wanted.pop("side"), wanted.pop("price"), wanted.pop("size"), **wanted)

    assert excinfo.value.code is code

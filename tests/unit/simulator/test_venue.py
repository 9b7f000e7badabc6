"""What the exchange does with orders, seen from outside: statuses, reasons, refusals."""

from decimal import Decimal
from typing import Any

import pytest

from simulator.events import BalanceChanged, FillBooked, OrderChanged, PositionChanged, SwitchFired, TradePrinted
from simulator.matching import SelfTradeRule, Side
from simulator.orders import Execution, Kind, Leg, PriceSource, Reason, Scope, SelfTrade, Status, TimeInForce
from simulator.refusals import Code, Refused
from simulator.rules import MarketStatus, Mode

D = Decimal
ALICE, BOB = 3001, 3002
IOC = TimeInForce.IOC


def code_of(excinfo: pytest.ExceptionInfo[Refused]) -> Code:
    return excinfo.value.code


# ── acceptance and the book ──


def test_an_accepted_order_is_pending_until_the_book_takes_it(make_desk: Any) -> None:
    desk = make_desk(accept_delay_ms=(10, 10))
    order = desk.buy(ALICE, 86_000, post_only=True)

    assert order.status is Status.PENDING
    assert not desk.events

    desk.pass_time(9)
    assert order.status is Status.PENDING
    desk.pass_time(1)
    assert order.status is Status.NEW
    assert isinstance(desk.events[-1], OrderChanged)


def test_requests_never_overtake_each_other(make_desk: Any) -> None:
    desk = make_desk(accept_delay_ms=(0, 50), accounts=1)
    orders = [desk.buy(ALICE, 80_000 + number) for number in range(50)]
    desk.venue.mass_cancel(ALICE, everything=True)

    desk.pass_time(100)

    assert all(order.status is Status.CANCELLED for order in orders)
    changed = [event.order.id for event in desk.events if isinstance(event, OrderChanged) and event.order.status == "NEW"]
    assert changed == [order.order_id for order in orders]


def test_a_post_only_order_that_would_cross_is_accepted_and_then_rejected(desk: Any) -> None:
    desk.sell(BOB, 86_100)

    order = desk.buy(ALICE, 86_100, post_only=True)

    assert (order.status, order.reason) == (Status.REJECTED, Reason.POST_ONLY_FAILED)
    assert desk.position(ALICE) == 0


def test_a_limit_order_trades_what_it_can_and_rests_with_the_remainder(desk: Any) -> None:
    desk.sell(BOB, 86_100, "0.01")

    order = desk.buy(ALICE, 86_200, "0.03")

    assert (order.status, order.filled) == (Status.PARTIALLY_FILLED, 1000)
    assert desk.venue.markets["BTC-USD"].book.size_at(Side.BUY, 86_200) == 2000
    assert desk.position(ALICE) == 1000
    assert desk.position(BOB) == -1000


def test_the_maker_pays_nothing_and_the_taker_2_5_basis_points(desk: Any) -> None:
    desk.sell(BOB, 86_000, "0.01")
    desk.buy(ALICE, 86_000, "0.01")

    fees = {event.account_id: event.trade.fee for event in desk.events if isinstance(event, FillBooked)}

    assert fees == {BOB: "0", ALICE: "0.215000"}


def test_one_fill_is_told_as_order_trade_position_balance(desk: Any) -> None:
    desk.sell(BOB, 86_000)
    desk.events.clear()
    desk.buy(ALICE, 86_000)

    told = [type(event) for event in desk.events if getattr(event, "account_id", None) == ALICE]

    assert told == [OrderChanged, FillBooked, PositionChanged, BalanceChanged]
    assert sum(isinstance(event, TradePrinted) for event in desk.events) == 1


def test_own_and_public_trade_share_their_id(desk: Any) -> None:
    desk.sell(BOB, 86_000)
    desk.buy(ALICE, 86_000)

    own = {event.trade.id for event in desk.events if isinstance(event, FillBooked)}
    public = {event.trade.i for event in desk.events if isinstance(event, TradePrinted)}

    assert own == public


def test_an_ioc_order_never_rests(desk: Any) -> None:
    desk.sell(BOB, 86_000, "0.01")

    partial = desk.buy(ALICE, 86_000, "0.02", time_in_force=IOC)
    nothing = desk.buy(ALICE, 86_000, "0.02", time_in_force=IOC)

    assert (partial.status, partial.reason, partial.filled) == (Status.CANCELLED, Reason.NO_LIQUIDITY, 1000)
    assert (nothing.status, nothing.reason, nothing.filled) == (Status.CANCELLED, Reason.NO_LIQUIDITY, 0)


def test_an_unfilled_ioc_order_can_be_switched_to_expire(make_desk: Any) -> None:
    desk = make_desk(unfilled_ioc_expires=True)

    assert desk.buy(ALICE, 86_000, time_in_force=IOC).status is Status.EXPIRED


def test_a_market_order_is_a_priced_ioc(desk: Any) -> None:
    desk.sell(BOB, 86_000, "0.01")

    order = desk.buy(ALICE, 86_400, "0.01", kind=Kind.MARKET, time_in_force=IOC)

    assert order.status is Status.FILLED
    assert order.filled_tick_lots == 86_000 * 1000


def test_ids_tell_when_they_were_made(desk: Any) -> None:
    order = desk.buy(ALICE, 86_000)

    assert (order.order_id >> 22) + 1288834974657 == desk.venue.start_ms


# ── endings ──


def test_an_order_expires_at_its_very_millisecond(desk: Any) -> None:
    order = desk.buy(ALICE, 86_000, expiry_ms=desk.venue.now_ms + 90_000)

    desk.pass_time(89_999)
    assert order.status is Status.NEW
    desk.pass_time(1)
    assert order.status is Status.EXPIRED
    assert desk.venue.markets["BTC-USD"].book.best(Side.BUY) is None


def test_a_long_sleep_expires_orders_at_their_own_times(desk: Any) -> None:
    late = desk.buy(ALICE, 86_000, expiry_ms=desk.venue.now_ms + 60_000)
    early = desk.buy(ALICE, 86_001, expiry_ms=desk.venue.now_ms + 30_000)

    desk.pass_time(500_000)

    assert late.updated_ms - early.updated_ms == 30_000


def test_a_cancel_by_either_id_takes_the_order_out(desk: Any) -> None:
    first, second = desk.buy(ALICE, 86_000), desk.buy(ALICE, 86_001)

    desk.venue.cancel(ALICE, order_id=first.order_id)
    desk.venue.cancel(ALICE, external_id=second.external_id)
    desk.pass_time(0)

    assert first.status is second.status is Status.CANCELLED


def test_nobody_cancels_what_is_gone_unknown_or_somebody_elses(desk: Any) -> None:
    order = desk.buy(ALICE, 86_000)
    desk.venue.cancel(ALICE, order_id=order.order_id)
    desk.pass_time(0)
    other = desk.buy(BOB, 86_000)

    for order_id in (order.order_id, 123, other.order_id):
        with pytest.raises(Refused) as excinfo:
            desk.venue.cancel(ALICE, order_id=order_id)
        assert code_of(excinfo) is Code.EDIT_NOT_FOUND
    assert other.status is Status.NEW


def test_a_mass_cancel_is_the_union_of_its_selectors(desk: Any) -> None:
    by_id, by_name, by_market, kept = (
        desk.buy(ALICE, 86_000),
        desk.buy(ALICE, 86_001),
        desk.buy(ALICE, 3_000, "0.1", market="ETH-USD"),
        desk.buy(ALICE, 86_003),
    )
    others = desk.buy(BOB, 85_000)

    desk.venue.mass_cancel(ALICE, order_ids=[by_id.order_id], external_ids=[by_name.external_id], markets=["ETH-USD"])
    desk.pass_time(0)

    assert [order.status for order in (by_id, by_name, by_market)] == [Status.CANCELLED] * 3
    assert (kept.status, others.status) == (Status.NEW, Status.NEW)


# ── the dead-man's switch ──


def test_the_switch_fires_once_and_only_for_its_account(desk: Any) -> None:
    mine, others = desk.buy(ALICE, 86_000), desk.buy(BOB, 86_000)
    desk.venue.arm_switch(ALICE, 30)
    desk.pass_time(29_999)
    assert mine.status is Status.NEW

    desk.pass_time(1)
    later = desk.buy(ALICE, 86_000)
    desk.pass_time(120_000)

    assert mine.status is Status.CANCELLED
    assert (others.status, later.status) == (Status.NEW, Status.NEW)
    fired = [event for event in desk.events if isinstance(event, SwitchFired)]
    assert [(event.account_id, event.cancelled) for event in fired] == [(ALICE, 1)]


def test_every_call_replaces_the_countdown_and_zero_removes_it(desk: Any) -> None:
    order = desk.buy(ALICE, 86_000)
    desk.venue.arm_switch(ALICE, 10)
    desk.pass_time(9_000)
    desk.venue.arm_switch(ALICE, 10)
    desk.pass_time(9_000)
    assert order.status is Status.NEW

    desk.venue.arm_switch(ALICE, 0)
    desk.pass_time(60_000)

    assert order.status is Status.NEW


def test_the_switch_also_takes_an_order_still_on_its_way_to_the_book(make_desk: Any) -> None:
    desk = make_desk(accept_delay_ms=(20, 20))
    desk.venue.arm_switch(ALICE, 1)
    desk.pass_time(990)

    order = desk.buy(ALICE, 86_000)
    desk.pass_time(100)

    assert order.status is Status.CANCELLED


# ── edits ──


def test_an_edit_replaces_the_order_under_a_new_id(desk: Any) -> None:
    old = desk.buy(ALICE, 86_000, "0.01", post_only=True)

    new = desk.buy(ALICE, 86_050, "0.02", post_only=True, cancel_id=old.external_id)

    assert (old.status, old.reason) == (Status.CANCELLED, Reason.ORDER_REPLACED)
    assert (new.status, new.previous_id) == (Status.NEW, old.order_id)
    assert new.order_id != old.order_id
    assert desk.venue.markets["BTC-USD"].book.size_at(Side.BUY, 86_050) == 2000


def test_an_edit_refused_by_the_gateway_leaves_the_old_order(desk: Any) -> None:
    old = desk.buy(ALICE, 86_000)

    with pytest.raises(Refused) as excinfo:
        desk.buy(ALICE, "86050.5", cancel_id=old.external_id)

    assert code_of(excinfo) is Code.PRICE_OFF_TICK
    assert old.status is Status.NEW


def test_an_edit_that_fails_in_the_book_kills_both(desk: Any) -> None:
    old = desk.buy(ALICE, 86_000, post_only=True)
    desk.sell(BOB, 86_100)

    new = desk.buy(ALICE, 86_100, post_only=True, cancel_id=old.external_id)

    assert (new.status, new.reason) == (Status.REJECTED, Reason.POST_ONLY_FAILED)
    assert old.status is Status.CANCELLED


def test_an_edit_of_an_order_filled_on_the_way_is_rejected_by_the_book(make_desk: Any) -> None:
    desk = make_desk(accept_delay_ms=(10, 10))
    old = desk.buy(ALICE, 86_000)
    desk.pass_time(10)
    desk.sell(BOB, 86_000)
    desk.pass_time(5)
    new = desk.buy(ALICE, 86_010, cancel_id=old.external_id)
    desk.pass_time(20)

    assert old.status is Status.FILLED
    assert (new.status, new.reason) == (Status.REJECTED, Reason.PREV_ORDER_NOT_FOUND)


def test_an_edit_cannot_name_an_unknown_order_or_change_the_side(desk: Any) -> None:
    old = desk.buy(ALICE, 86_000)

    with pytest.raises(Refused) as unknown:
        desk.buy(ALICE, 86_000, cancel_id="nobody")
    with pytest.raises(Refused) as turned:
        desk.sell(ALICE, 87_000, cancel_id=old.external_id)

    assert (code_of(unknown), code_of(turned)) == (Code.EDIT_NOT_FOUND, Code.ORDER_PARAMETERS)


# ── reduce-only ──


def open_long(desk: Any, size: str = "0.02") -> None:
    desk.sell(BOB, 86_000, size)
    desk.buy(ALICE, 86_000, size)


def test_reduce_only_needs_a_position_on_the_other_side_and_no_more_than_it(desk: Any) -> None:
    with pytest.raises(Refused) as missing:
        desk.sell(ALICE, 86_500, reduce_only=True)
    open_long(desk)
    with pytest.raises(Refused) as same_side:
        desk.buy(ALICE, 85_000, reduce_only=True)
    with pytest.raises(Refused) as too_large:
        desk.sell(ALICE, 86_500, "0.03", reduce_only=True)

    assert [code_of(each) for each in (missing, same_side, too_large)] == [
        Code.REDUCE_ONLY_NO_POSITION,
        Code.REDUCE_ONLY_SAME_SIDE,
        Code.REDUCE_ONLY_SIZE,
    ]
    assert desk.sell(ALICE, 86_500, "0.02", reduce_only=True).status is Status.NEW


def test_resting_reduce_only_orders_end_with_the_position(desk: Any) -> None:
    open_long(desk)
    guard = desk.sell(ALICE, 86_500, "0.02", reduce_only=True)
    desk.buy(BOB, 86_000, "0.02")

    desk.sell(ALICE, 86_000, "0.02")

    assert desk.position(ALICE) == 0
    assert (guard.status, guard.reason) == (Status.CANCELLED, Reason.REDUCE_ONLY_FAILED)


def test_one_sweep_through_two_reduce_only_orders_never_turns_the_position(desk: Any) -> None:
    open_long(desk, "0.02")
    first = desk.sell(ALICE, 86_100, "0.015", reduce_only=True)
    second = desk.sell(ALICE, 86_200, "0.015", reduce_only=True)

    desk.buy(BOB, 86_300, "0.05", time_in_force=IOC)

    assert desk.position(ALICE) == 0
    assert first.status is Status.FILLED
    assert (second.filled, second.status, second.reason) == (500, Status.CANCELLED, Reason.REDUCE_ONLY_FAILED)
    desk.venue.ledger.check()


# ── self-trade protection ──


def test_an_account_does_not_trade_with_itself(desk: Any) -> None:
    maker = desk.sell(ALICE, 86_000)

    taker = desk.buy(ALICE, 86_000)

    assert (taker.status, taker.reason) == (Status.CANCELLED, Reason.SELF_TRADE_PROTECTION)
    assert maker.status is Status.NEW


def test_the_victim_of_self_trade_protection_is_a_switch(make_desk: Any) -> None:
    desk = make_desk(self_trade_rule=SelfTradeRule.CANCEL_MAKER)
    maker = desk.sell(ALICE, 86_000)

    taker = desk.buy(ALICE, 86_000)

    assert (maker.status, maker.reason) == (Status.CANCELLED, Reason.SELF_TRADE_PROTECTION)
    assert taker.status is Status.NEW


def test_the_three_levels_of_self_trade_protection(desk: Any) -> None:
    desk.sell(BOB, 86_000, "0.01")  # another account of the same client
    client = desk.buy(ALICE, 86_000, self_trade=SelfTrade.CLIENT)
    account = desk.buy(ALICE, 86_000, self_trade=SelfTrade.ACCOUNT)
    desk.sell(ALICE, 86_001, "0.01")
    disabled = desk.buy(ALICE, 86_001, self_trade=SelfTrade.DISABLED)

    assert client.reason is Reason.SELF_TRADE_PROTECTION
    assert (account.status, disabled.status) == (Status.FILLED, Status.FILLED)


# ── what the gateway refuses ──

REFUSALS = [
    ({"size": "0.00009"}, Code.SIZE_BELOW_MINIMUM),
    ({"size": "0.000105"}, Code.SIZE_PRECISION),
    ({"price": "86000.5"}, Code.PRICE_OFF_TICK),
    ({"price": "86000.0000005"}, Code.PRICE_PRECISION),
    ({"price": "0"}, Code.PRICE_INVALID),
    ({"price": "90600"}, Code.PRICE_INVALID),  # above mark x 1.05
    ({"size": "175", "price": "86000"}, Code.VALUE_TOO_LARGE),
    ({"fee": D("0.00024")}, Code.FEE_TOO_LOW),
    ({"kind": Kind.TWAP}, Code.ORDER_TYPE),
    ({"kind": Kind.MARKET}, Code.MARKET_MUST_BE_IOC),
    ({"market": "BTC-PERP"}, Code.MARKET_NOT_FOUND),
    ({"expiry_ms": 1_790_000_000_000}, Code.EXPIRATION),
    ({"expiry_ms": 1_790_000_000_000 + 28 * 86_400_000 + 1}, Code.EXPIRATION),
    ({"size": "1.2"}, Code.ORDER_COST),  # 103,200 USD at leverage 10 against 10,000 USD
    ({"external_id": "x" * 81}, Code.ORDER_PARAMETERS),
]


@pytest.mark.parametrize(("changes", "code"), REFUSALS)
def test_the_gateway_refuses_with_the_documented_code(desk: Any, changes: dict[str, Any], code: Code) -> None:
    wanted = {"price": "86000", **changes}

    with pytest.raises(Refused) as excinfo:
        desk.send(ALICE, Side.BUY, **wanted)

    assert code_of(excinfo) is code
    assert not desk.venue.store.by_id


def stop_at(price: str, **changes: Any) -> dict[str, Any]:
    """Return the members of a stop below 86,000 that sells at `price` or better."""
    leg = Leg(trigger_price=D(86_000), source=PriceSource.MARK, price=D(price), execution=Execution.LIMIT)
    return {"kind": Kind.TPSL, "scope": Scope.ORDER, "reduce_only": True, "stop_loss": leg, "price": "0", **changes}


@pytest.fixture
def stretched(desk: Any) -> Any:
    """Return a desk where Alice is five bitcoin long with fifty times leverage."""
    for account in (ALICE, BOB):
        desk.venue.standings.set_leverage(account, "BTC-USD", D(50))
    desk.sell(BOB, 86_000, "5")
    desk.buy(ALICE, 86_000, "5")
    return desk


def test_an_order_whose_fill_would_lose_more_than_there_is_is_refused(desk: Any) -> None:
    desk.venue.standings.set_leverage(ALICE, "BTC-USD", D(50))

    with pytest.raises(Refused) as excinfo:
        desk.buy(ALICE, 90_000, "3")

    assert code_of(excinfo) is Code.OPEN_LOSS


def test_a_stop_whose_worst_price_would_lose_more_than_there_is_is_refused(stretched: Any) -> None:
    with pytest.raises(Refused) as excinfo:
        stretched.send(ALICE, Side.SELL, size="5", **stop_at("82000"))

    assert code_of(excinfo) is Code.TPSL_OPEN_LOSS
    assert stretched.send(ALICE, Side.SELL, size="5", **stop_at("85900")).status is Status.UNTRIGGERED


def test_an_account_without_available_balance_may_only_reduce(stretched: Any) -> None:
    stretched.venue.set_mark("BTC-USD", D(85_600))

    for side in Side:
        with pytest.raises(Refused) as excinfo:
            stretched.send(ALICE, side, 85_600, "0.01")
        assert code_of(excinfo) is Code.ONLY_REDUCING_ALLOWED

    assert stretched.sell(ALICE, 86_000, "1", reduce_only=True).status is Status.NEW


def test_deep_passive_prices_are_welcome_on_either_side(desk: Any) -> None:
    assert desk.buy(ALICE, 1_000).status is Status.NEW
    assert desk.sell(ALICE, 200_000, "0.0001").status is Status.NEW


def test_a_maker_may_sign_no_fee_and_a_taker_may_sign_more(desk: Any) -> None:
    assert desk.buy(ALICE, 86_000, post_only=True, fee=D(0)).status is Status.NEW
    assert desk.buy(ALICE, 86_000, fee=D("0.0005")).status is Status.NEW


def test_an_id_is_used_once_per_account_for_ever(desk: Any) -> None:
    first = desk.buy(ALICE, 86_000, external_id="same")
    desk.venue.cancel(ALICE, order_id=first.order_id)
    desk.pass_time(0)

    with pytest.raises(Refused) as excinfo:
        desk.buy(ALICE, 86_000, external_id="same")

    assert code_of(excinfo) is Code.DUPLICATE_ORDER
    assert desk.buy(BOB, 86_000, external_id="same").status is Status.NEW


def test_the_two_hundred_and_first_order_is_refused(desk: Any) -> None:
    for number in range(200):
        desk.buy(ALICE, 80_000 + number, "0.0001")

    with pytest.raises(Refused) as excinfo:
        desk.buy(ALICE, 80_500, "0.0001")

    assert code_of(excinfo) is Code.TOO_MANY_ORDERS


@pytest.mark.parametrize(
    ("mode", "allowed", "code"),
    [
        (Mode.POST_ONLY, {"post_only": True}, Code.POST_ONLY_MODE),
        (Mode.REDUCE_ONLY, None, Code.REDUCE_ONLY_MODE),
        (Mode.MAINTENANCE, None, Code.MAINTENANCE),
    ],
)
def test_venue_modes_refuse_what_they_forbid(desk: Any, mode: Mode, allowed: dict[str, Any] | None, code: Code) -> None:
    desk.venue.set_mode(mode)

    with pytest.raises(Refused) as excinfo:
        desk.buy(ALICE, 86_000)

    assert code_of(excinfo) is code
    if allowed is not None:
        assert desk.buy(ALICE, 86_000, **allowed).status is Status.NEW


def test_a_mode_that_begins_while_an_order_is_on_its_way_rejects_it_in_the_book(make_desk: Any) -> None:
    desk = make_desk(accept_delay_ms=(10, 10))
    order = desk.buy(ALICE, 86_000)
    desk.venue.set_mode(Mode.MAINTENANCE)

    desk.pass_time(10)

    assert (order.status, order.reason) == (Status.REJECTED, Reason.TRADING_OFF_MODE)


def test_a_disabled_market_takes_no_orders(desk: Any) -> None:
    desk.venue.set_market_status("BTC-USD", MarketStatus.DISABLED)

    with pytest.raises(Refused) as excinfo:
        desk.buy(ALICE, 86_000)

    assert code_of(excinfo) is Code.MARKET_DISABLED


# ── leverage and margin ──


def test_leverage_decides_what_an_order_costs(desk: Any) -> None:
    desk.venue.standings.set_leverage(ALICE, "BTC-USD", D(50))

    assert desk.buy(ALICE, 86_000, "1.2").status is Status.NEW
    margin = desk.venue.standings.margin(ALICE)
    assert margin.initial == D(86_000) * D("1.2") / 50


@pytest.mark.parametrize(
    ("leverage", "code"),
    [("0.5", Code.LEVERAGE_TOO_LOW), ("51", Code.LEVERAGE_TOO_HIGH), ("10.001", Code.LEVERAGE_PRECISION)],
)
def test_impossible_leverages_are_refused(desk: Any, leverage: str, code: Code) -> None:
    with pytest.raises(Refused) as excinfo:
        desk.venue.standings.set_leverage(ALICE, "BTC-USD", D(leverage))

    assert code_of(excinfo) is code


def test_leverage_is_not_lowered_below_what_open_orders_need(desk: Any) -> None:
    desk.buy(ALICE, 86_000, "1")

    with pytest.raises(Refused) as excinfo:
        desk.venue.standings.set_leverage(ALICE, "BTC-USD", D(2))

    assert code_of(excinfo) is Code.LEVERAGE_MARGIN
    assert desk.venue.standings.leverage(ALICE, "BTC-USD") == 10


def test_a_moving_mark_moves_equity_and_nothing_else(desk: Any) -> None:
    open_long(desk, "0.1")
    desk.venue.set_mark("BTC-USD", D(87_000))

    record = desk.venue.standings.balance_record(ALICE, desk.venue.now_ms)

    assert record.unrealised_pnl == "100.000000"
    assert D(record.equity) - D(record.balance) == D(100)
    desk.venue.ledger.check()

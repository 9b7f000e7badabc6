"""Accounts in trouble: orders go first, then positions, and nobody's money vanishes."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.accounts import INSURANCE_ACCOUNT
from simulator.events import FillBooked, TradePrinted
from simulator.orders import Status

D = Decimal
ALICE, BOB = 3001, 3002


def leveraged_long(desk: Any, size: str = "5") -> None:
    """Alice holds `size` at 86,000 with leverage 50; Bob is short and rich."""
    for account in (ALICE, BOB):
        desk.venue.standings.set_leverage(account, "BTC-USD", D(50))
    desk.venue.ledger.deposit(BOB, D(1_000_000))
    desk.sell(BOB, 86_000, size)
    desk.buy(ALICE, 86_000, size)


def move_mark(desk: Any, price: int) -> None:
    desk.venue.set_mark("BTC-USD", D(price))
    desk.pass_time(250)


def test_a_sound_account_is_left_alone(desk: Any) -> None:
    leveraged_long(desk)

    move_mark(desk, 85_200)

    assert desk.position(ALICE) == 500_000


def test_without_available_balance_open_orders_go_and_the_position_stays(desk: Any) -> None:
    leveraged_long(desk, "4")
    growing = desk.buy(ALICE, 85_000, "0.5")
    reducing = desk.sell(ALICE, 89_000, "0.5", reduce_only=True)

    move_mark(desk, 85_000)  # 4,000 lost of 10,000; 6,800 needed to hold 4

    assert growing.status is Status.CANCELLED
    assert reducing.status is Status.NEW
    assert desk.position(ALICE) == 400_000


def leveraged_sol(desk: Any) -> None:
    """Alice holds 1,600 SOL at 131 with leverage 25: 2 % must be kept, so that parts can help (the fee alone is 1 %)."""
    for account in (ALICE, BOB):
        desk.venue.standings.set_leverage(account, "SOL-USD", D(25))
    desk.venue.ledger.deposit(BOB, D(1_000_000))
    desk.sell(BOB, 131, 1_600, market="SOL-USD")
    desk.buy(ALICE, 131, 1_600, market="SOL-USD")
    desk.buy(BOB, "127.3", 2_000, market="SOL-USD")  # somebody takes the other side


def move_sol(desk: Any) -> None:
    desk.venue.set_mark("SOL-USD", D("127.3"))  # 5,920 lost and 52 paid: 4,028 left, 4,074 to be kept
    desk.pass_time(250)


def test_a_position_is_reduced_in_parts_until_the_account_is_safe(desk: Any) -> None:
    leveraged_sol(desk)

    move_sol(desk)

    assert desk.position(ALICE, "SOL-USD") == 128_000  # one fifth was enough
    assert not desk.venue.liquidation._is_unsafe(ALICE)
    fills = [event for event in desk.events if isinstance(event, FillBooked) and event.trade.trade_type == "LIQUIDATION"]
    assert [(event.account_id, event.trade.fee) for event in fills] == [(ALICE, "0")]
    assert any(isinstance(event, TradePrinted) and event.trade.tT == "LIQUIDATION" for event in desk.events)
    desk.venue.ledger.check()


def test_the_fee_goes_to_the_insurance_fund(desk: Any) -> None:
    leveraged_sol(desk)
    before = desk.venue.ledger.balances[INSURANCE_ACCOUNT]

    move_sol(desk)

    assert desk.venue.ledger.balances[INSURANCE_ACCOUNT] - before == D(320) * D("127.3") * D("0.01")


@pytest.mark.parametrize("bid", [None, 84_000, 80_000])
def test_what_the_book_cannot_take_goes_to_the_house_and_nobody_owes_anything(desk: Any, bid: int | None) -> None:
    leveraged_long(desk)
    if bid is not None:
        desk.buy(BOB, bid, "1")

    move_mark(desk, 83_000)  # far below the bankruptcy price of about 84,021

    ledger = desk.venue.ledger
    assert desk.position(ALICE) == 0
    assert ledger.balances[ALICE] >= 0
    ledger.check()


def test_a_short_is_liquidated_as_a_long_is(desk: Any) -> None:
    for account in (ALICE, BOB):
        desk.venue.standings.set_leverage(account, "BTC-USD", D(50))
    desk.venue.ledger.deposit(BOB, D(1_000_000))
    desk.buy(BOB, 86_000, "5")
    desk.sell(ALICE, 86_000, "5")
    desk.sell(BOB, 87_150, "10")

    move_mark(desk, 87_150)

    assert -500_000 < desk.position(ALICE) <= 0
    assert not desk.venue.liquidation._is_unsafe(ALICE)
    desk.venue.ledger.check()


@given(size=st.integers(10, 550), path=st.lists(st.integers(78_000, 94_000), min_size=1, max_size=8), bids=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_mark_moves_no_account_ends_below_zero(make_desk: Any, size: int, path: list[int], bids: bool) -> None:
    desk = make_desk()
    leveraged_long(desk, str(D(size) / 100))
    if bids:
        desk.buy(BOB, 85_500, "3")

    for price in path:
        move_mark(desk, price)
        desk.venue.ledger.check()
        assert desk.venue.ledger.balances[ALICE] >= 0 or desk.position(ALICE)


def test_a_position_that_is_gone_is_not_priced_while_another_still_endangers_the_account(desk: Any) -> None:
    """A small position goes in two parts, fewer than are allowed, and the account is not safe then."""
    desk.venue.ledger.deposit(BOB, D(1_000_000))
    for market, price, size in (("SOL-USD", 131, 30), ("ETH-USD", 3_000, 10)):
        desk.sell(BOB, price, size, market=market)
        desk.buy(ALICE, price, size, market=market)
    desk.venue.ledger.deposit(ALICE, D(-5_600))
    desk.venue.set_mark("SOL-USD", D(60))
    desk.buy(BOB, 60, 100, market="SOL-USD")
    desk.venue.set_mark("ETH-USD", D(2_800))  # 4,130 lost, about 260 left, 280 to be kept for the ether alone

    desk.pass_time(250)

    assert desk.position(ALICE, "SOL-USD") == desk.position(ALICE, "ETH-USD") == 0
    assert desk.venue.ledger.balances[ALICE] >= 0
    desk.venue.ledger.check()

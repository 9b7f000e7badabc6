"""Markets that do not take ordinary orders now, or ever: outside trading hours, and by quotes only."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from simulator.listing import market_object
from simulator.markets import BTC_USD
from simulator.orders import Reason, Status
from simulator.refusals import Code, Refused

ALICE = 3001


def test_outside_its_hours_a_market_refuses_orders_and_lets_them_be_cancelled(desk: Any) -> None:
    state = desk.venue.market("BTC-USD")
    resting = desk.buy(ALICE, 86_000)
    state.is_off_hours = True

    with pytest.raises(Refused) as refusal:
        desk.buy(ALICE, 86_001)
    desk.venue.cancel(ALICE, order_id=resting.order_id)
    desk.pass_time(0)

    assert refusal.value.code is Code.MARKET_DISABLED
    assert resting.status is Status.CANCELLED
    assert market_object(state, Decimal(0))["isOffHours"] is True


def test_an_order_on_its_way_when_the_hours_end_is_rejected_by_the_book(make_desk: Any) -> None:
    desk = make_desk(accept_delay_ms=(10, 10))
    order = desk.buy(ALICE, 86_000)
    desk.venue.market("BTC-USD").is_off_hours = True

    desk.pass_time(10)

    assert (order.status, order.reason) == (Status.REJECTED, Reason.DISABLED_MARKET)


def test_a_market_that_trades_by_quotes_takes_no_ordinary_order(desk: Any) -> None:
    state = desk.venue.market("BTC-USD")
    state.spec = replace(BTC_USD, is_rfq=True, trading_hours="WEEKDAYS")

    with pytest.raises(Refused) as refusal:
        desk.buy(ALICE, 86_000)

    assert refusal.value.code is Code.ORDER_TYPE
    listed = market_object(state, Decimal(0))
    assert (listed["isRfq"], listed["tradingHours"], listed["active"]) == (True, "WEEKDAYS", True)

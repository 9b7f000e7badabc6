"""Rules of a market that change while orders rest on it."""

from decimal import Decimal
from typing import Any

import pytest

from simulator.exchange import Exchange
from simulator.intake import decode
from simulator.listing import market_object
from simulator.matching import Side
from simulator.orders import Reason, Status
from simulator.refusals import Code, Refused
from simulator.rule_changes import RuleChange, change_rules

D = Decimal
ALICE, BOB = 3001, 3002


def change(desk: Any, **more: Any) -> None:
    change_rules(Exchange(desk.venue, {}, flow_name="none"), RuleChange(market="BTC-USD", **more))


def config_of(desk: Any) -> dict[str, Any]:
    shown = market_object(desk.venue.market("BTC-USD"), D(0))["tradingConfig"]
    assert isinstance(shown, dict)
    return shown


def test_a_coarser_tick_is_shown_and_asked_of_new_orders_at_once(desk: Any) -> None:
    change(desk, min_price_change=D(10))

    assert config_of(desk)["minPriceChange"] == "10"
    with pytest.raises(Refused, match="1124"):
        desk.buy(ALICE, 86_005)
    assert desk.buy(ALICE, 86_010).status is Status.NEW


def test_orders_off_the_new_tick_are_kept_or_cancelled_as_asked(desk: Any) -> None:
    off, on = desk.buy(ALICE, 86_005), desk.buy(ALICE, 86_010)

    change(desk, min_price_change=D(10))
    assert (off.status, on.status) == (Status.NEW, Status.NEW)
    desk.sell(BOB, 86_000, "0.02")
    assert (off.status, on.status) == (Status.FILLED, Status.FILLED)

    late = desk.buy(ALICE, 86_010)
    change(desk, min_price_change=D(100), cancel_resting=True)
    assert (late.status, late.reason) == (Status.CANCELLED, Reason.INVALID_PRICE)


def test_an_order_on_its_way_while_the_tick_changes_is_rejected_by_the_book(make_desk: Any) -> None:
    desk = make_desk(accept_delay_ms=(10, 10))
    order = desk.buy(ALICE, 86_005)

    change(desk, min_price_change=D(10))
    desk.pass_time(10)

    assert (order.status, order.reason) == (Status.REJECTED, Reason.INVALID_PRICE)


def test_a_tick_may_become_finer_again_but_never_finer_than_the_books_count(desk: Any) -> None:
    change(desk, min_price_change=D(10))
    change(desk, min_price_change=D(1))

    assert desk.buy(ALICE, 86_005).status is Status.NEW
    with pytest.raises(Refused, match="books count in 1"):
        change(desk, min_price_change=D("0.5"))


def test_sizes_limits_and_fees_change_too(desk: Any) -> None:
    change(
        desk,
        min_order_size=D("0.01"),
        min_order_size_change=D("0.001"),
        max_limit_order_value=D(2_000),
        taker_fee_rate=D("0.0005"),
    )

    for size, code in (("0.009", Code.SIZE_BELOW_MINIMUM), ("0.0105", Code.SIZE_OFF_STEP), ("0.03", Code.VALUE_TOO_LARGE)):
        with pytest.raises(Refused) as refused:
            desk.buy(ALICE, 86_000, size, fee=D("0.0005"))
        assert refused.value.code is code
    with pytest.raises(Refused, match="1128"):
        desk.buy(ALICE, 86_000)
    assert config_of(desk)["minOrderSizeChange"] == "0.001"


def test_a_rebate_as_a_negative_maker_fee_is_paid_and_balances(desk: Any) -> None:
    change(desk, maker_fee_rate=D("-0.0001"))
    desk.buy(ALICE, 86_000, "0.1", post_only=True)

    desk.sell(BOB, 86_000, "0.1")

    assert desk.venue.ledger.balances[ALICE] == D(10_000) + D("0.86")
    desk.venue.ledger.check()


def test_the_house_quotes_on_the_new_steps_only(desk: Any) -> None:
    desk.venue.house_rest("BTC-USD", Side.BUY, 86_007, 100)

    change(desk, min_price_change=D(10))
    desk.venue.house_rest("BTC-USD", Side.BUY, 86_007, 100)
    desk.venue.house_rest("BTC-USD", Side.SELL, 86_013, 100)

    book = desk.venue.market("BTC-USD").book
    assert (book.best(Side.BUY), book.best(Side.SELL)) == (86_000, 86_020)


@pytest.mark.parametrize(
    "body", [b'{"market":"BTC-USD","minPriceChange":"0"}', b'{"market":"BTC-USD","maxLeverage":"NaN"}', b'{"market":"NO-USD"}',
             b'{"market":"BTC-USD","tick":"1"}', b'{"market":"BTC-USD","takerFeeRate":"1"}'],
)  # fmt: skip
def test_senseless_rules_are_refused_and_nothing_changes(desk: Any, body: bytes) -> None:
    before = desk.venue.market("BTC-USD").spec

    with pytest.raises(Refused):
        change_rules(Exchange(desk.venue, {}, flow_name="none"), decode(body, RuleChange))

    assert desk.venue.market("BTC-USD").spec is before

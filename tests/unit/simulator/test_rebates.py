"""Rebates: a share of everybody's maker volume earns a rate, paid at midnight from the fees."""

from decimal import Decimal
from typing import Any

from simulator.events import BalanceChanged
from simulator.matching import Side
from simulator.rebates import DAY_MS

D = Decimal
ALICE, BOB, STRANGER = 3001, 3002, 3011
"""Ten accounts in a row are one client; the eleventh is another's."""


def trade(desk: Any, maker: int, taker: int, size: str) -> None:
    expiry_ms = desk.venue.now_ms + 60_000
    desk.buy(maker, 86_000, size, post_only=True, expiry_ms=expiry_ms)
    desk.sell(taker, 86_000, size, expiry_ms=expiry_ms)


def until_midnight(desk: Any) -> None:
    wait_ms = DAY_MS - desk.venue.now_ms % DAY_MS
    desk.venue.sit_out(wait_ms)
    desk.pass_time(wait_ms)


def test_a_day_of_making_is_paid_at_midnight_at_the_tier_of_its_share(make_desk: Any) -> None:
    desk = make_desk(accounts=11, rebate_minimum=D(0))
    trade(desk, ALICE, STRANGER, "0.1")
    before = desk.venue.ledger.balances[ALICE]
    fees = desk.venue.ledger.fee_pot

    until_midnight(desk)

    paid = D(8_600) * D("0.00013")  # all of the volume: the highest tier
    funding = sum((D(str(row["fundingFee"])) for row in desk.venue.funding.payments.get(ALICE, ())), D(0))
    assert desk.venue.ledger.balances[ALICE] - before - funding == paid
    assert desk.venue.ledger.fee_pot == fees - paid
    assert desk.venue.rebates.standing(ALICE).paid == paid
    told = [each for each in desk.events if isinstance(each, BalanceChanged) and each.account_id == ALICE]
    assert D(told[-1].balance.balance) == desk.venue.ledger.balances[ALICE]
    desk.venue.ledger.check()


def test_too_little_waits_for_the_next_day_and_is_not_lost(make_desk: Any) -> None:
    desk = make_desk(accounts=11, rebate_minimum=D(2))
    for _ in range(2):
        assert desk.venue.rebates.paid == 0
        trade(desk, ALICE, STRANGER, "0.1")  # earns 1.118 a day
        until_midnight(desk)

    assert desk.venue.rebates.paid == 2 * D(8_600) * D("0.00013")


def test_the_share_is_the_clients_and_the_house_counts_in_everybodys(make_desk: Any) -> None:
    desk = make_desk(accounts=11)
    trade(desk, ALICE, STRANGER, "0.01")  # 860 of 43,000
    desk.venue.house_rest("BTC-USD", Side.BUY, 86_000, 49_000)
    desk.venue.house_take("BTC-USD", Side.SELL, 86_000, 49_000)

    standing = desk.venue.rebates.standing(BOB)  # of Alice's client
    assert (standing.share, standing.rate) == (D("0.02"), D("0.00004"))
    assert (standing.next_share, standing.next_rate) == (D("0.025"), D("0.00008"))
    assert desk.venue.rebates.standing(STRANGER).rate == 0


def test_volume_older_than_thirty_days_is_forgotten(make_desk: Any) -> None:
    desk = make_desk(accounts=11)
    trade(desk, ALICE, STRANGER, "0.01")
    for _ in range(29):
        until_midnight(desk)
    assert desk.venue.rebates.standing(ALICE).share == 1

    until_midnight(desk)

    assert desk.venue.rebates.standing(ALICE).share == 0

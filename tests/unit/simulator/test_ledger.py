"""Money: what a buyer pays a seller gets, whatever positions open, shrink, flip or close."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.numbers import Lots, Ticks
from simulator.ids import Snowflakes
from simulator.ledger import ConservationError, Ledger, fee_of
from simulator.markets import LISTED

D = Decimal


def new_ledger(accounts: int = 3) -> Ledger:
    ledger = Ledger(dict(LISTED), Snowflakes())
    for account in range(1, accounts + 1):
        ledger.deposit(account, D(10_000))
    return ledger


def trade(ledger: Ledger, buyer: int, seller: int, price: int, lots: int, *, fee: str = "0", market: str = "BTC-USD") -> None:
    ledger.book_trade(
        market=market,
        price=Ticks(price),
        lots=Lots(lots),
        buyer=buyer,
        seller=seller,
        buyer_fee=D(fee),
        seller_fee=D(0),
        now_ms=1,
    )


def test_opening_costs_nothing_but_the_fee() -> None:
    ledger = new_ledger()

    trade(ledger, 1, 2, 86_000, 1000, fee="0.215")

    position = ledger.position(1, "BTC-USD")
    assert position is not None
    assert (position.lots, position.cost) == (1000, D(860))
    assert ledger.balances[1] == D("9999.785")
    assert ledger.balances[2] == D(10_000)
    assert ledger.fee_pot == D("0.215")


def test_closing_a_long_books_the_difference() -> None:
    ledger = new_ledger()
    trade(ledger, 1, 2, 86_000, 1000)

    trade(ledger, 2, 1, 87_000, 1000)

    assert ledger.position(1, "BTC-USD") is None
    assert ledger.balances[1] == D(10_010)
    assert ledger.balances[2] == D(9_990)
    closed = ledger.closed[1][0]
    assert (closed.trade_pnl, closed.closed_side, closed.max_lots) == (D(10), 1, 1000)


def test_a_short_earns_when_the_price_falls() -> None:
    ledger = new_ledger()
    trade(ledger, 2, 1, 86_000, 1000)

    trade(ledger, 1, 2, 85_000, 500)

    position = ledger.position(1, "BTC-USD")
    assert position is not None
    assert (position.lots, position.trade_pnl, position.cost) == (-500, D(5), D(430))


def test_the_entry_price_is_the_average_of_what_was_bought() -> None:
    ledger = new_ledger()
    trade(ledger, 1, 2, 86_000, 1000)
    trade(ledger, 1, 2, 87_000, 3000)

    position = ledger.position(1, "BTC-USD")
    assert position is not None
    assert position.entry_price(D("0.00001")) == D(86_750)

    trade(ledger, 2, 1, 90_000, 1000)
    assert position.entry_price(D("0.00001")) == D(86_750)  # selling does not move it


def test_a_flip_closes_one_position_and_opens_another() -> None:
    ledger = new_ledger()
    trade(ledger, 1, 2, 86_000, 1000)
    first = ledger.position(1, "BTC-USD")
    assert first is not None

    trade(ledger, 2, 1, 86_100, 3000)

    second = ledger.position(1, "BTC-USD")
    assert second is not None
    assert second.position_id != first.position_id
    assert (first.lots, first.trade_pnl, first.closed_side) == (0, D(1), 1)
    assert (second.lots, second.cost) == (-2000, D(1722))


def test_a_third_of_a_position_that_does_not_divide_evenly_loses_no_money() -> None:
    ledger = new_ledger()
    trade(ledger, 1, 2, 86_001, 7)
    trade(ledger, 2, 1, 86_003, 3)
    trade(ledger, 3, 1, 86_003, 3)
    trade(ledger, 2, 1, 86_003, 1)

    ledger.check()
    assert ledger.balances[1] == D(10_000) + D("0.00001") * 7 * 2


def test_a_leak_is_noticed() -> None:
    ledger = new_ledger()
    trade(ledger, 1, 2, 86_000, 1000)
    ledger.balances[3] += D("0.000001")

    with pytest.raises(ConservationError):
        ledger.check()


def test_fees_are_whole_micro_dollars_and_zero_rates_cost_nothing() -> None:
    assert fee_of(D("861.98853"), D("0.00025")) == D("0.215497")
    assert fee_of(D("861.98853"), D(0)) == 0


TRADES = st.lists(
    st.tuples(
        st.permutations([1, 2, 3]),
        st.integers(80_000, 90_000),
        st.integers(1, 50_000),
        st.decimals(0, 5, places=6),
        st.sampled_from(["BTC-USD", "ETH-USD"]),
    ),
    max_size=40,
)


@given(TRADES)
def test_stakes_fees_and_deposits_add_up_after_any_trades(trades: list[tuple[list[int], int, int, Decimal, str]]) -> None:
    ledger = new_ledger()
    for (buyer, seller, _), price, lots, fee, market in trades:
        trade(ledger, buyer, seller, price, lots, fee=str(fee), market=market)
        ledger.check()
    for mark in (D(70_000), D(95_000)):
        equity = sum(ledger.balances.values(), D(0))
        for position in ledger.positions.values():
            spec = LISTED[position.market]
            equity += mark * spec.lot_size * position.lots - position.signed_cost
        assert equity + ledger.fee_pot == ledger.deposits

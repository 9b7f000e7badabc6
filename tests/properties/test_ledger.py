"""Our own count of fills: once each, in any order, exactly."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.core.account import Account, PositionLedger
from bot.core.orders import Fill, Side

PRICES = st.integers(1, 2_000_000).map(lambda cents: Decimal(cents) / 100)
SIZES = st.integers(1, 10_000).map(lambda lots: Decimal(lots) / 1000)
EXECUTIONS = st.lists(st.tuples(st.sampled_from(Side), SIZES, PRICES), min_size=1, max_size=30)


def fills_of(executions: list[tuple[Side, Decimal, Decimal]]) -> list[Fill]:
    return [
        Fill(
            trade_id=number,
            market="BTC-USD",
            exchange_order_id=number,
            client_order_id="mmb-a-1",
            side=side,
            price=price,
            size=size,
            fee=Decimal("0.01"),
            is_maker=True,
            kind="TRADE",
            exchange_ms=number,
        )
        for number, (side, size, price) in enumerate(executions, 1)
    ]


@given(executions=EXECUTIONS, data=st.data())
def test_a_fill_counts_once_however_often_and_in_whatever_order_it_is_told(
    executions: list[tuple[Side, Decimal, Decimal]], data: st.DataObject
) -> None:
    fills = fills_of(executions)
    told = data.draw(st.permutations(fills + fills[: len(fills) // 2]))
    account = Account()

    applied = [account.apply_fill(fill, 0) for fill in told]

    assert sum(applied) == len(fills)
    assert account.position("BTC-USD") == sum((fill.side.sign * fill.size for fill in fills), start=Decimal(0))
    assert account.filled_of("mmb-a-1") == sum((fill.size for fill in fills), start=Decimal(0))
    assert account.ledger("BTC-USD").fees == Decimal("0.01") * len(fills)


@given(executions=EXECUTIONS, mark=PRICES)
def test_realised_and_unrealised_pnl_add_up_to_cash_and_inventory(
    executions: list[tuple[Side, Decimal, Decimal]], mark: Decimal
) -> None:
    ledger = PositionLedger()
    cash = Decimal(0)
    for side, size, price in executions:
        ledger.trade(side.sign * size, price, Decimal(0))
        cash -= side.sign * size * price

    told = ledger.realised_pnl + ledger.unrealised_pnl(mark)

    assert abs(told - (cash + ledger.size * mark)) < Decimal("1e-15")


def test_a_position_that_flips_inside_one_fill_closes_at_its_entry_and_opens_at_the_new_price() -> None:
    ledger = PositionLedger()
    ledger.trade(Decimal(2), Decimal(100), Decimal(0))
    ledger.trade(Decimal(-5), Decimal(110), Decimal(0))

    assert (ledger.size, ledger.entry_price, ledger.realised_pnl) == (Decimal(-3), Decimal(110), Decimal(20))

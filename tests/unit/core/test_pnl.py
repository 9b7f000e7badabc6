"""Where the money came from, to the last digit."""

from decimal import Decimal

import msgspec
import pytest

from bot.core.errors import InvariantBroken
from bot.core.orders import Fill, Side
from bot.core.pnl import DAY_MS, Pnl, PnlLine, PnlRecord

START_MS = 1_790_000_000_000
DAY = START_MS // DAY_MS
MIDNIGHT_MS = (DAY + 1) * DAY_MS
BTC = "BTC-USD"


def fill(side: Side, price: str, size: str, *, fee: str = "0", maker: bool = True, number: int = 1) -> Fill:
    return Fill(
        trade_id=number,
        market=BTC,
        exchange_order_id=1,
        client_order_id="mmb-a-1",
        side=side,
        price=Decimal(price),
        size=Decimal(size),
        fee=Decimal(fee),
        is_maker=maker,
        kind="TRADE",
        exchange_ms=START_MS,
    )


def worked_example() -> Pnl:
    """Four fills over six steps, a maker fee of 0.2 bps, and funding of 1e-4 paid at step 4 on position × mid."""
    mids = ("100", "99.95", "100.1", "100.05", "100.1", "100.2", "100.15")
    fills = {0: (Side.BUY, "99.9", "2"), 2: (Side.SELL, "100.2", "1"), 3: (Side.BUY, "100", "3"), 5: (Side.SELL, "100.3", "4")}
    pnl = Pnl()
    books = pnl.of(BTC)
    for step, mid in enumerate(mids):
        now_ms = START_MS + 1_000 * step
        books.mark(Decimal(mid), now_ms)
        if step in fills:
            side, price, size = fills[step]
            fee = Decimal(price) * Decimal(size) * Decimal("0.00002")
            books.fill(fill(side, price, size, fee=str(fee), number=step), now_ms)
        if step == 4:
            pnl.fund("f1", BTC, -books.position * Decimal(mid) * Decimal("0.0001"), now_ms, now_ms)
        pnl.check()
    return pnl


def test_the_worked_example_comes_out_to_the_last_digit() -> None:
    day = worked_example().day(DAY)

    assert (day.spread, day.inventory, day.fees, day.funding, day.total) == (
        Decimal("0.85"),
        Decimal("0.75"),
        Decimal("0.020024"),
        Decimal("-0.04004"),
        Decimal("1.539936"),
    )


def test_cash_and_position_say_the_same_as_the_parts() -> None:
    pnl = worked_example()
    books, day = pnl.of(BTC), pnl.day(DAY)

    assert books.position == 0
    assert day.cash == day.total


def test_a_difference_between_the_two_sets_of_books_is_our_bug_and_says_so() -> None:
    pnl = worked_example()
    books = pnl.of(BTC)
    books.days[DAY] = msgspec.structs.replace(books.days[DAY], spread=Decimal("0.8500000000001"))

    with pytest.raises(InvariantBroken, match="PnL of BTC-USD"):
        pnl.check()


def test_f058_fills_at_one_moment_may_come_in_any_order() -> None:
    executions = [fill(Side.BUY, "99", "2", number=1), fill(Side.SELL, "101", "5", number=2), fill(Side.BUY, "98", "1", number=3)]
    results = []
    for order in (executions, executions[::-1], executions[1:] + executions[:1]):
        pnl = Pnl()
        pnl.of(BTC).mark(Decimal(100), START_MS)
        for each in order:
            pnl.of(BTC).fill(each, START_MS)
        pnl.of(BTC).mark(Decimal(103), START_MS + 1)
        results.append(pnl.day(DAY))

    assert results[0] == results[1] == results[2]
    assert (results[0].spread, results[0].inventory) == (9, -6)


def test_f052_a_position_that_turns_inside_one_fill_is_exact() -> None:
    pnl = Pnl()
    books = pnl.of(BTC)
    books.mark(Decimal(100), START_MS)
    books.fill(fill(Side.BUY, "100", "1"), START_MS)
    books.fill(fill(Side.SELL, "102", "3", number=2), START_MS)
    books.mark(Decimal(101), START_MS + 1)
    pnl.check()

    assert books.position == -2
    assert pnl.day(DAY).total == 4  # bought at 100, sold 3 at 102, 2 still short at 101


def test_f056_a_rebate_inside_a_fill_keeps_its_sign() -> None:
    pnl = Pnl()
    pnl.of(BTC).fill(fill(Side.BUY, "100", "1", fee="-0.013"), START_MS)
    pnl.check()

    assert (pnl.day(DAY).fees, pnl.day(DAY).total) == (Decimal("-0.013"), Decimal("0.013"))


@pytest.mark.parametrize("amount", ["12.5", "-1000000"])
def test_f132_funding_is_no_trading_result(amount: str) -> None:
    pnl = worked_example()
    before = pnl.day(DAY)
    pnl.fund("f2", BTC, Decimal(amount), START_MS, START_MS)
    after = pnl.day(DAY)

    assert (after.spread, after.inventory) == (before.spread, before.inventory)
    assert after.total - before.total == Decimal(amount)


def test_f133_funding_that_was_missed_is_booked_once_and_to_its_day() -> None:
    pnl = worked_example()
    pnl.of(BTC).mark(Decimal(100), MIDNIGHT_MS + 1)

    assert pnl.fund("f9", BTC, Decimal(3), START_MS, MIDNIGHT_MS + 2)
    assert not pnl.fund("f9", BTC, Decimal(3), START_MS, MIDNIGHT_MS + 3)
    assert pnl.day(DAY).funding == Decimal("2.95996")
    assert pnl.day(DAY + 1).total == 0


def test_funding_of_a_day_that_is_not_kept_is_booked_today() -> None:
    pnl = worked_example()
    pnl.fund("old", BTC, Decimal(1), START_MS - 90 * DAY_MS, START_MS)
    pnl.check()

    assert pnl.day(DAY).funding == Decimal("0.95996")


def test_each_day_begins_with_the_position_at_its_price() -> None:
    pnl = Pnl()
    books = pnl.of(BTC)
    books.mark(Decimal(100), START_MS)
    books.fill(fill(Side.BUY, "99", "2"), START_MS)
    books.mark(Decimal(110), MIDNIGHT_MS - 1)
    books.mark(Decimal(105), MIDNIGHT_MS)
    pnl.check()

    assert (pnl.day(DAY).total, pnl.day(DAY + 1).total) == (22, -10)
    assert pnl.day(DAY + 1).opening == 220


def test_only_the_last_weeks_are_kept() -> None:
    books = Pnl().of(BTC)
    for day in range(100):
        books.mark(Decimal(100), START_MS + day * DAY_MS)

    assert list(books.days) == list(range(DAY + 60, DAY + 100))


def test_a_clock_that_steps_back_over_midnight_books_to_the_day_it_had() -> None:
    books = Pnl().of(BTC)
    books.mark(Decimal(100), MIDNIGHT_MS)
    books.fill(fill(Side.BUY, "99", "1"), MIDNIGHT_MS - 5)

    assert list(books.days) == [DAY + 1]


def test_an_adopted_position_earns_nothing_by_itself() -> None:
    pnl = Pnl()
    pnl.of(BTC).adopt(Decimal("1.5"), Decimal(100), START_MS)
    pnl.of(BTC).mark(Decimal(102), START_MS + 1)
    pnl.check()

    assert pnl.day(DAY).total == 3


def test_turnover_is_traded_value_over_mean_value_held() -> None:
    pnl = Pnl()
    books = pnl.of(BTC)
    books.mark(Decimal(100), START_MS)
    books.fill(fill(Side.BUY, "100", "2"), START_MS)
    books.mark(Decimal(100), START_MS + 1_000)
    books.fill(fill(Side.SELL, "100", "2", number=2), START_MS + 1_000)
    books.mark(Decimal(100), START_MS + 2_000)

    assert pnl.day(DAY).turnover == 4.0  # 400 traded, 200 held half of the time


def test_shares_and_ratios_of_nothing_are_unknown() -> None:
    line = PnlLine()

    assert (line.turnover, line.maker_share, line.per_notional_bps()) == (None, None, None)


def test_the_maker_share_is_by_value() -> None:
    pnl = Pnl()
    pnl.of(BTC).fill(fill(Side.BUY, "100", "3"), START_MS)
    pnl.of(BTC).fill(fill(Side.SELL, "100", "1", maker=False, number=2), START_MS)

    assert pnl.day(DAY).maker_share == 0.75


# --- against the exchange -----------------------------------------------------------------------------------------------


def test_the_residual_is_zero_when_the_exchange_agrees() -> None:
    pnl = Pnl()
    books = pnl.of(BTC)
    books.mark(Decimal(100), START_MS)
    assert pnl.reconcile(Decimal(10_000), {BTC: Decimal("100.5")}).residual == 0

    books.fill(fill(Side.BUY, "99", "2", fee="0.05"), START_MS)
    books.mark(Decimal(101), START_MS + 1)
    # The exchange values at its mark, 101.5: 2 × (101.5 − 99) − 0.05.
    found = pnl.reconcile(Decimal("10004.95"), {BTC: Decimal("101.5")})

    assert (found.expected, found.residual) == (Decimal("10004.95"), 0)


def test_what_was_not_booked_stands_in_the_residual() -> None:
    pnl = worked_example()
    pnl.reconcile(Decimal(10_000), {})

    assert pnl.reconcile(Decimal("10000.75"), {}).residual == Decimal("0.75")


def test_transfers_and_rebates_explain_equity_and_only_rebates_are_pnl() -> None:
    pnl = worked_example()
    pnl.reconcile(Decimal(10_000), {})
    before = pnl.run_total({})
    assert pnl.transfer("w1", Decimal(-4_000), START_MS)
    assert not pnl.transfer("w1", Decimal(-4_000), START_MS)
    assert pnl.rebate("r1", Decimal(12), START_MS)
    assert not pnl.rebate("r1", Decimal(12), START_MS)

    assert pnl.reconcile(Decimal(6_012), {}).residual == 0
    assert pnl.run_total({}) - before == 12
    assert (pnl.transfers, pnl.rebates) == ({DAY: Decimal(-4_000)}, {DAY: Decimal(12)})


# --- restart ------------------------------------------------------------------------------------------------------------


def test_a_restart_goes_on_with_the_day_and_books_nothing_twice() -> None:
    pnl = worked_example()
    pnl.transfer("w1", Decimal(-4_000), START_MS)
    books = pnl.of(BTC)
    books.fill(fill(Side.BUY, "100", "1", number=9), START_MS + 7_000)

    again = Pnl()
    again.restore(msgspec.json.decode(msgspec.json.encode(pnl.record()), type=PnlRecord))
    again.of(BTC).mark(Decimal(101), START_MS + 60_000)
    again.check()

    assert again.day(DAY).total == pnl.day(DAY).total + Decimal("0.85")  # from 100.15 to 101 while it was off
    assert not again.fund("f1", BTC, Decimal(5), START_MS, START_MS + 60_000)
    assert not again.transfer("w1", Decimal(-4_000), START_MS)


def test_a_day_is_summed_over_markets() -> None:
    pnl = worked_example()
    pnl.of("ETH-USD").adopt(Decimal(1), Decimal(3_000), START_MS)
    pnl.of("ETH-USD").mark(Decimal(3_010), START_MS + 1)

    assert pnl.day(DAY).total == Decimal("11.539936")
    assert pnl.day(DAY, ["ETH-USD"]).total == 10
    assert pnl.day(DAY, ["SOL-USD"]).total == 0


def test_rebates_are_booked_as_the_total_paid_grows_and_enter_the_identity() -> None:
    pnl = Pnl()
    pnl.paid_rebates(Decimal(100), START_MS)
    before = pnl.reconcile(Decimal(5_000), {})
    pnl.paid_rebates(Decimal("112.5"), START_MS + 300_000)
    pnl.paid_rebates(Decimal("112.5"), START_MS + 600_000)
    after = pnl.reconcile(Decimal("5012.5"), {})

    assert (pnl.rebates, pnl.run_total({})) == ({DAY: Decimal("12.5")}, Decimal("12.5"))
    assert (before.residual, after.residual) == (0, 0)


def test_a_rebate_paid_between_two_runs_is_the_days_money_and_not_the_new_runs() -> None:
    earlier, later = Pnl(), Pnl()
    earlier.paid_rebates(Decimal(100), START_MS)
    later.restore(msgspec.json.decode(msgspec.json.encode(earlier.record()), type=PnlRecord))
    later.paid_rebates(Decimal(111), MIDNIGHT_MS)
    assert (later.rebates, later.run_total({})) == ({DAY + 1: Decimal(11)}, 0)

    later.paid_rebates(Decimal(131), MIDNIGHT_MS + DAY_MS)
    assert later.run_total({}) == Decimal(20)

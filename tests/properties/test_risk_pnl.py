"""The PnL identity is exact for anything that can happen, and the exchange's equity is explained to the last digit.

The judge keeps cash and positions as fractions of whole numbers, and knows nothing of spread or inventory.
"""

from decimal import Decimal
from fractions import Fraction

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.orders import Fill, Side
from bot.core.pnl import DAY_MS, Pnl, PnlRecord

START_MS = 1_790_000_000_000
MARKETS = ["BTC-USD", "PEPE-USD"]
PRICES = st.decimals(min_value="0.00000001", max_value="999999", places=8)
SIZES = st.decimals(min_value="0.00000001", max_value="99999999", places=8)
AMOUNTS = st.decimals(min_value="-100000", max_value="100000", places=12)

HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), st.sampled_from(MARKETS), PRICES, st.integers(0, DAY_MS)),
        st.tuples(st.just("fill"), st.sampled_from(MARKETS), st.sampled_from(list(Side)), PRICES, SIZES, AMOUNTS),
        st.tuples(st.just("fund"), st.sampled_from(MARKETS), AMOUNTS, st.integers(0, 3 * DAY_MS)),
        st.tuples(st.just("adopt"), st.sampled_from(MARKETS), AMOUNTS, PRICES),
        st.tuples(st.just("transfer"), AMOUNTS),
        st.tuples(st.just("rebate"), AMOUNTS),
        st.tuples(st.just("restart")),
    ),
    max_size=40,
)


class Judge:
    """Cash, positions and marks, as the exchange would keep them."""

    def __init__(self) -> None:
        self.pnl = Pnl()
        self.now_ms = START_MS
        self.cash = Fraction(10_000)
        self.position = dict.fromkeys(MARKETS, Fraction(0))
        self.mark: dict[str, Decimal] = {}
        self.number = 0

    def happen(self, happening: tuple[object, ...]) -> None:
        self.number += 1
        what, *rest = happening
        getattr(self, f"_{what}")(*rest)

    def _mark(self, market: str, price: Decimal, later_ms: int) -> None:
        self.now_ms += later_ms
        self.mark[market] = price
        self.pnl.of(market).mark(price, self.now_ms)

    def _fill(self, market: str, side: Side, price: Decimal, size: Decimal, fee: Decimal) -> None:
        self.mark.setdefault(market, price)
        self.cash -= side.sign * Fraction(price) * Fraction(size) + Fraction(fee)
        self.position[market] += side.sign * Fraction(size)
        execution = Fill(
            trade_id=self.number,
            market=market,
            exchange_order_id=1,
            client_order_id=None,
            side=side,
            price=price,
            size=size,
            fee=fee,
            is_maker=True,
            kind="TRADE",
            exchange_ms=self.now_ms,
        )
        self.pnl.of(market).fill(execution, self.now_ms)

    def _fund(self, market: str, amount: Decimal, ago_ms: int) -> None:
        self.cash += Fraction(amount)
        self.pnl.fund(str(self.number), market, amount, self.now_ms - ago_ms, self.now_ms)

    def _adopt(self, market: str, position: Decimal, price: Decimal) -> None:
        """A fill that we never heard of, at a price that happens to be the mark."""
        self.mark[market] = price
        self.cash -= (Fraction(position) - self.position[market]) * Fraction(price)
        self.position[market] = Fraction(position)
        self.pnl.of(market).adopt(position, price, self.now_ms)

    def _transfer(self, amount: Decimal) -> None:
        self.cash += Fraction(amount)
        self.pnl.transfer(str(self.number), amount, self.now_ms)

    def _rebate(self, amount: Decimal) -> None:
        self.cash += Fraction(amount)
        self.pnl.rebate(str(self.number), amount, self.now_ms)

    def _restart(self) -> None:
        record = msgspec.json.decode(msgspec.json.encode(self.pnl.record()), type=PnlRecord)
        self.pnl = Pnl()
        self.pnl.restore(record)

    def equity(self) -> Fraction:
        values = (Fraction(self.mark[market]) * held for market, held in self.position.items() if market in self.mark)
        return self.cash + sum(values)


@settings(max_examples=300, deadline=None)
@given(happenings=HAPPENINGS)
def test_the_parts_make_what_cash_and_position_make(happenings: list[tuple[object, ...]]) -> None:
    judge = Judge()
    for happening in happenings:
        judge.happen(happening)
        judge.pnl.check()


@settings(max_examples=300, deadline=None)
@given(happenings=HAPPENINGS)
def test_the_exchanges_equity_is_explained_to_the_last_digit(happenings: list[tuple[object, ...]]) -> None:
    judge = Judge()
    opening = judge.equity()
    total = Fraction(0)
    for happening in happenings:
        if happening[0] == "restart":
            total += Fraction(judge.pnl.run_total(judge.mark)) + Fraction(judge.pnl.transferred)
        judge.happen(happening)
        now = total + Fraction(judge.pnl.run_total(judge.mark)) + Fraction(judge.pnl.transferred)
        assert judge.equity() == opening + now


@settings(max_examples=200, deadline=None)
@given(happenings=HAPPENINGS)
def test_the_days_add_up_to_everything(happenings: list[tuple[object, ...]]) -> None:
    judge = Judge()
    for happening in happenings:
        judge.happen(happening)
    pnl = judge.pnl
    if len({day for books in pnl.markets.values() for day in books.days}) >= 40:
        return  # the oldest day may be forgotten

    by_day = {day for books in pnl.markets.values() for day in books.days}
    total = sum((Fraction(pnl.day(day).total) for day in by_day), start=Fraction(0))
    moved = sum((Fraction(each) for days in (pnl.transfers, pnl.rebates) for each in days.values()), start=Fraction(0))
    assert judge.equity() == Fraction(10_000) + total + moved

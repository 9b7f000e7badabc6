"""The figures of the UTC day: from earlier runs, from the exchange's trades, and on top of them this run's."""

from decimal import Decimal
from random import Random

import pytest

from bot.core.account import PositionLedger
from bot.core.day import DAY_MS, DayBook, booked
from bot.core.day_replay import replay_day
from bot.core.events import DayMoney, DayRead, DayReadFailed, FundingPayment, HeldPosition
from bot.core.orders import Fill, Side

TODAY = 20_700
NOON_MS = TODAY * DAY_MS + DAY_MS // 2
MARKET = "BTC-USD"
FLAT = HeldPosition(size=Decimal(0), entry_price=Decimal(0))


def fill(number: int, size: str, price: str, fee: str = "0", market: str = MARKET) -> Fill:
    """Return a fill of this day; `size` signed, negative sells."""
    return Fill(
        trade_id=number, market=market, exchange_order_id=number, client_order_id=f"mmb-{number}",
        side=Side.BUY if Decimal(size) > 0 else Side.SELL, price=Decimal(price), size=abs(Decimal(size)), fee=Decimal(fee),
        is_maker=True, kind="TRADE", exchange_ms=NOON_MS + number,
    )  # fmt: skip


def held(size: str, entry_price: str) -> dict[str, HeldPosition]:
    return {MARKET: HeldPosition(size=Decimal(size), entry_price=Decimal(entry_price))}


def read(figures: dict[str, DayMoney], on_top_of: dict[str, DayMoney] | None = None, day: int = TODAY) -> DayRead:
    return DayRead(day=day, figures=figures, booked=on_top_of or {}, carried={}, received_ms=day * DAY_MS + 1)


def money(realised_pnl: str, fees: str = "0", volume: str = "0") -> DayMoney:
    return DayMoney(realised_pnl=Decimal(realised_pnl), fees=Decimal(fees), volume=Decimal(volume))


# --- what the trades of a day add up to ---


def test_a_day_that_began_flat_is_exact() -> None:
    trades = [fill(1, "2", "100", "0.1"), fill(2, "-1", "110", "0.2"), fill(3, "-1", "90")]

    day = replay_day(trades, {})[MARKET]

    assert day.money == money("0", fees="0.3", volume="400")
    assert day.carried.size == 0


def test_order_and_repetition_of_the_trades_change_nothing() -> None:
    trades = [fill(1, "2", "100", "0.1"), fill(2, "-3", "110", "0.2"), fill(3, "1", "90")]

    assert replay_day([trades[2], trades[0], trades[1], trades[0]], {}) == replay_day(trades, {})


def test_the_entry_price_of_a_carried_position_follows_from_todays() -> None:
    # Yesterday 4 at 80; today 1 more at 130 makes 5 at 90; 2 closed at 100 earn 20.
    trades = [fill(1, "1", "130"), fill(2, "-2", "100")]

    day = replay_day(trades, held("3", "90"))[MARKET]

    assert (day.carried.size, day.carried.entry_price, day.carried.price) == (4, 80, 130)
    assert day.money.realised_pnl == 20


def test_where_the_position_was_turned_the_first_price_of_the_day_stands_for_the_old_entry() -> None:
    # What the long of yesterday cost is told by nobody any more.
    trades = [fill(1, "-3", "100"), fill(2, "1", "95")]

    day = replay_day(trades, held("-1", "100"))[MARKET]

    assert (day.carried.size, day.carried.entry_price) == (1, 100)
    assert day.money.realised_pnl == 5


@pytest.mark.parametrize("seed", range(20))
def test_the_replay_says_what_a_ledger_that_watched_all_the_time_says(seed: int) -> None:
    chance = Random(seed)
    ledger = PositionLedger()
    ledger.adopt(Decimal(chance.randint(-30, 30)) / 10, Decimal(chance.randint(900, 1_100)))
    began, entry = ledger.size, ledger.entry_price
    trades = []
    was_turned = False
    for number in range(1, 60):
        size, price = Decimal(chance.choice([-3, -2, -1, 1, 2, 3])) / 10, Decimal(chance.randint(900, 1_100))
        each = fill(number, str(size), str(price), str(Decimal(chance.randint(-5, 20)) / 1_000))
        trades.append(each)
        before = ledger.size
        ledger.trade(size, price, each.fee)
        was_turned |= ledger.size == 0 or before * ledger.size < 0
    chance.shuffle(trades)

    day = replay_day(trades, held(str(ledger.size), str(ledger.entry_price)))[MARKET]

    assert day.carried.size == began
    assert (day.money.fees, day.money.volume) == (ledger.fees, ledger.volume)
    if not was_turned:
        assert abs(day.carried.entry_price - entry) < Decimal("1e-6")
    expected = ledger.realised_pnl
    if was_turned and began:  # only the assumption stands between the two
        expected += closed_before_it_turned(began, trades) * (entry - day.carried.entry_price)
    assert abs(day.money.realised_pnl - expected) < Decimal("1e-4")


def closed_before_it_turned(began: Decimal, trades: list[Fill]) -> Decimal:
    """Return how much realised PnL falls for each unit that the old entry price is higher, as the slope of the replay."""

    def realised(entry_price: int) -> Decimal:
        ledger = PositionLedger()
        ledger.adopt(began, Decimal(entry_price))
        for each in sorted(trades, key=lambda trade: trade.trade_id):
            ledger.trade(each.side.sign * each.size, each.price, each.fee)
        return ledger.realised_pnl

    return realised(1_000) - realised(1_001)


# --- the book ---


def test_figures_say_that_they_are_not_whole_until_somebody_knows_the_day() -> None:
    book = DayBook()
    assert not book.is_whole
    assert book.pnl({}, {}, NOON_MS) is None

    book.recover(TODAY, {}, NOON_MS, is_whole=False)
    assert not book.is_whole
    book.apply(DayReadFailed(reason="no answer", received_ms=NOON_MS), {})
    assert "no answer" in book.problem

    book.apply(read({MARKET: money("7", "1", "1000")}), {})
    assert book.is_whole
    assert book.figures({}, NOON_MS)[MARKET] == money("7", "1", "1000")


def test_what_was_booked_before_and_after_the_reading_counts_once() -> None:
    book, ledger = DayBook(), PositionLedger()
    ledgers = {MARKET: ledger}
    book.recover(TODAY, {}, NOON_MS, is_whole=False)
    ledger.trade(Decimal(1), Decimal(100), Decimal("0.1"))
    reading = read({MARKET: money("7", "1.1", "1100")}, booked(ledgers))  # it contains this trade
    ledger.trade(Decimal(-1), Decimal(105), Decimal("0.2"))  # and not this one

    book.apply(reading, ledgers)

    assert book.figures(ledgers, NOON_MS)[MARKET] == money("12", "1.3", "1205")


def test_a_reading_of_yesterday_is_left_out_and_the_new_day_is_whole() -> None:
    book, ledger = DayBook(), PositionLedger()
    book.recover(TODAY, {}, NOON_MS, is_whole=False)
    ledger.trade(Decimal(1), Decimal(100), Decimal("0.1"))
    tomorrow_ms = (TODAY + 1) * DAY_MS + 5
    book.roll({MARKET: ledger}, tomorrow_ms)
    book.apply(read({MARKET: money("7")}), {MARKET: ledger})

    assert book.is_whole
    assert book.figures({MARKET: ledger}, tomorrow_ms)[MARKET] == money("0")


def test_what_happened_on_earlier_days_is_left_out_of_today() -> None:
    book, ledger = DayBook(), PositionLedger()
    ledgers = {MARKET: ledger}
    book.recover(TODAY - 3, {}, NOON_MS)
    ledger.trade(Decimal(1), Decimal(100), Decimal("0.1"))  # told by the stream, today
    before = booked(ledgers)
    ledger.trade(Decimal(-1), Decimal(150), Decimal("0.2"))  # missed two days ago
    book.leave_out(before, ledgers, NOON_MS)

    assert book.figures(ledgers, NOON_MS)[MARKET] == money("0", "0.1", "100")


def test_funding_of_today_is_part_of_the_figures_and_of_the_pnl() -> None:
    book, ledger = DayBook(), PositionLedger()
    ledger.adopt(Decimal(2), Decimal(100))
    ledgers = {MARKET: ledger}
    book.recover(TODAY, {MARKET: money("5", "1", "50")}, NOON_MS)
    for number, day in enumerate((TODAY - 1, TODAY, TODAY)):
        payment = FundingPayment(
            payment_id=number, market=MARKET, size=Decimal(2), value=Decimal(200), mark_price=Decimal(100), rate=Decimal(0),
            amount=Decimal("-0.5"), exchange_ms=day * DAY_MS + number,
        )  # fmt: skip
        book.fund(payment, NOON_MS)

    assert book.figures(ledgers, NOON_MS)[MARKET].funding == -1
    assert book.pnl(ledgers, {MARKET: Decimal(103)}, NOON_MS) == 5 - 1 - 1 + 6


def test_a_carried_position_counts_from_the_first_price_of_the_day() -> None:
    book, ledger = DayBook(), PositionLedger()
    trades = [fill(1, "-1", "120", "0.5")]
    days = replay_day(trades, held("3", "80"))
    ledger.adopt(Decimal(3), Decimal(80))
    carried = {market: each.carried for market, each in days.items()}
    book.recover(TODAY, {}, NOON_MS, is_whole=False)
    book.apply(
        DayRead(day=TODAY, figures={MARKET: days[MARKET].money}, booked={}, carried=carried, received_ms=NOON_MS),
        {MARKET: ledger},
    )

    # Four since midnight at 120: nothing earned by the one that was sold there, three have moved to 121.
    assert book.pnl({MARKET: ledger}, {MARKET: Decimal(121)}, NOON_MS) == 3 - Decimal("0.5")

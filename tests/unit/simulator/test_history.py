"""Candles, funding and the faucet: what the exchange remembers and what an hour costs."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.core.numbers import Lots, Ticks
from simulator.candles import INTERVALS, CandleKind, Candles
from simulator.events import BalanceChanged, FundingEstimated, MarkMoved
from simulator.funding import hourly_rate, impact_price, premium
from simulator.matching import RestingOrder, Side
from simulator.refusals import Code, Refused

D = Decimal
ALICE, BOB = 3001, 3002
HOUR_MS = 3_600_000
TRADES = CandleKind.TRADES


# ── candles ──


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_minutes_gather_open_high_low_close_and_volume() -> None:
    candles = Candles()
    for price, size, second in ((100, 1, 0), (103, 2, 20), (99, 1, 40), (101, 3, 59), (200, 1, 60)):
        candles.add(TRADES, D(price), D(size), second * 1000)

    newest, oldest = candles.newest_first(TRADES, "PT1M")

    assert oldest.record(TRADES) == {"o": "100", "l": "99", "h": "103", "c": "101", "v": "7", "T": 0}
    assert (newest.start_ms, newest.open) == (60_000, D(200))


def test_longer_candles_are_made_of_minutes() -> None:
    candles = Candles()
    for minute in range(12):
        candles.add(TRADES, D(100 + minute), D(1), minute * 60_000)

    newest, middle, oldest = candles.newest_first(TRADES, "PT5M")

    assert [(each.open, each.close, each.volume) for each in (oldest, middle, newest)] == [
        (D(100), D(104), D(5)),
        (D(105), D(109), D(5)),
        (D(110), D(111), D(2)),
    ]
    assert [each.start_ms for each in candles.newest_first(TRADES, "PT5M", 300_000)] == [300_000, 0]


def test_marks_have_candles_without_volume() -> None:
    candles = Candles()
    candles.add(CandleKind.MARK, D(5), D(0), 0)

    assert next(candles.newest_first(CandleKind.MARK, "PT1H")).record(CandleKind.MARK) == {
        "o": "5", "l": "5", "h": "5", "c": "5", "T": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("interval", "moment", "start"),
    [
        ("PT4H", "2026-11-20T10:37:00", "2026-11-20T08:00:00"),
        ("PT24H", "2026-11-20T10:37:00", "2026-11-20T00:00:00"),
        ("P1D", "2026-11-20T10:37:00", "2026-11-20T00:00:00"),
        ("P7D", "2026-11-20T10:37:00", "2026-11-16T00:00:00"),
        ("P7D", "2026-11-16T00:00:00", "2026-11-16T00:00:00"),
        ("P7D", "2026-11-15T23:59:59", "2026-11-09T00:00:00"),
        ("P30D", "2026-11-20T10:37:00", "2026-11-01T00:00:00"),
        ("P30D", "2024-02-29T23:59:59", "2024-02-01T00:00:00"),
    ],
)
def test_candles_begin_where_the_calendar_says(interval: str, moment: str, start: str) -> None:
    assert INTERVALS[interval](at(moment)) == at(start)


# ── funding ──


@pytest.mark.parametrize(
    ("average", "rate"),
    [
        ("0", "0.0000125"),  # (0 + 0.0001) / 8
        ("0.0001", "0.0000125"),
        ("0.002", "0.0001875"),  # (0.002 - 0.0005) / 8
        ("-0.002", "-0.0001875"),
        ("0.1", "0.0025"),  # capped at 0.25 %
        ("-0.1", "-0.0025"),
    ],
)
def test_the_rate_follows_the_published_formula(average: str, rate: str) -> None:
    assert hourly_rate(D(average), D("0.25")) == D(rate)


def test_impact_prices_walk_the_book_and_premium_is_outside_the_index_only(desk: Any) -> None:
    state = desk.venue.markets["BTC-USD"]  # impact notional 10,000
    for number, (side, price, lots) in enumerate(
        [(Side.SELL, 86_300, 5_000), (Side.SELL, 86_400, 90_000), (Side.BUY, 86_250, 90_000)], 1
    ):
        state.book.rest(RestingOrder(number, 1, side, Ticks(price), Lots(lots)))

    ask = impact_price(state, Side.SELL)

    assert ask is not None
    assert D(86_300) < ask < D(86_400)
    assert impact_price(state, Side.BUY) == D(86_250)
    assert premium(state) == (D(86_250) - state.index) / state.index


def test_each_full_hour_the_long_pays_the_short_when_the_rate_is_positive(desk: Any) -> None:
    desk.sell(BOB, 86_000, "0.1", expiry_ms=desk.venue.now_ms + 2 * HOUR_MS)
    desk.buy(ALICE, 86_000, "0.1")
    before = {account: desk.venue.ledger.balances[account] for account in (ALICE, BOB)}

    desk.pass_time(HOUR_MS)

    moved = {account: desk.venue.ledger.balances[account] - before[account] for account in (ALICE, BOB)}
    due = D("0.1") * D("86198.85") * D("0.0000125")
    assert moved[ALICE] == -due.quantize(D("1e-6"))
    assert moved[ALICE] + moved[BOB] == 0
    desk.venue.ledger.check()
    (payment,) = desk.venue.funding.payments[ALICE]
    assert (payment["fundingRate"], payment["side"], payment["fundingFee"]) == ("0.00001250", "LONG", str(moved[ALICE]))
    assert {event.account_id for event in desk.events if isinstance(event, BalanceChanged)} >= {ALICE, BOB}


def test_estimates_are_told_by_the_minute_and_applied_rates_by_the_hour(desk: Any) -> None:
    desk.pass_time(HOUR_MS)

    told = [event for event in desk.events if isinstance(event, FundingEstimated) and event.market == "BTC-USD"]

    assert sum(event.applied for event in told) == 1
    assert sum(not event.applied for event in told) == 60
    assert all(event.ms % 60_000 == 0 for event in told)
    assert len(desk.venue.funding.applied["BTC-USD"]) == 1
    assert desk.venue.markets["BTC-USD"].next_funding_ms % HOUR_MS == 0


def test_a_long_jump_charges_every_hour_and_skips_what_only_repeats(desk: Any) -> None:
    desk.venue.sit_out(30 * 24 * HOUR_MS)

    events = desk.pass_time(30 * 24 * HOUR_MS)

    assert len(desk.venue.funding.applied["BTC-USD"]) == 30 * 24
    assert sum(isinstance(event, MarkMoved) for event in events) < 20


# ── the faucet ──


def test_a_wallet_claims_a_thousand_dollars_an_hour(desk: Any) -> None:
    faucet, accounts = desk.venue.faucet, desk.venue.accounts

    faucet.claim(accounts[ALICE], 0)
    with pytest.raises(Refused) as excinfo:
        faucet.claim(accounts[BOB], HOUR_MS - 1)  # another sub-account of the same wallet
    faucet.claim(accounts[BOB], HOUR_MS)

    assert excinfo.value.code is Code.ACTION_NOT_ALLOWED
    assert desk.venue.ledger.balances[ALICE] == desk.venue.ledger.balances[BOB] == D(11_000)
    desk.venue.ledger.check()

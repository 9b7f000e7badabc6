"""Frames of each stream, in order and out of order."""

import json
from decimal import Decimal
from typing import Any

import pytest

from bot.core.events import (
    BalanceReported,
    BestQuoteSeen,
    BookDelta,
    BookSnapshot,
    FillsReported,
    FundingRateSeen,
    IndexPriceSeen,
    Level,
    LevelChange,
    MarkPriceSeen,
    OrdersReported,
    PositionsReported,
    TradeSeen,
)
from bot.core.market import Market
from bot.core.numbers import Lots, Ticks
from bot.core.orders import ExchangeStatus, Side
from bot.extended import translate
from bot.extended.frames import (
    AccountReader,
    BestQuoteReader,
    BookReader,
    FeedBroken,
    FrameReader,
    FundingReader,
    PriceReader,
    SeenTrades,
    TradesReader,
)
from tests.unit.extended.test_translate import BALANCE, MARKET, ORDER, POSITION, TRADE

BTC = translate.markets_of([MARKET], strict=True)["BTC-USD"]
NOW_MS = 1790424000777


def rules() -> Market:
    return BTC


def frame(seq: int, data: Any, **members: Any) -> bytes:
    return json.dumps({"ts": 1790424000100, "seq": seq, "data": data, **members}).encode()


def book(seq: int, kind: str, bids: list[Any], asks: list[Any], **members: Any) -> bytes:
    def levels(side: list[Any]) -> list[dict[str, str]]:
        return [dict(zip("pqc", level, strict=False)) for level in side]

    return frame(seq, {"t": kind, "m": "BTC-USD", "b": levels(bids), "a": levels(asks), "d": "f"}, type=kind, **members)


SNAPSHOT = book(1, "SNAPSHOT", [("84077", "0.52"), ("84076", "1.1")], [("84078", "0.31"), ("84080", "2")])


def started() -> BookReader:
    reader = BookReader(rules)
    reader.read(SNAPSHOT, NOW_MS)
    return reader


def test_a_snapshot_becomes_ticks_and_lots_best_first() -> None:
    (event,) = BookReader(rules).read(SNAPSHOT, NOW_MS)

    assert isinstance(event, BookSnapshot)
    assert event.bids == (Level(Ticks(84077), Lots(52_000)), Level(Ticks(84076), Lots(110_000)))
    assert event.asks == (Level(Ticks(84078), Lots(31_000)), Level(Ticks(84080), Lots(200_000)))
    assert (event.market, event.exchange_ms, event.received_ms) == ("BTC-USD", 1790424000100, NOW_MS)


def test_f062_a_delta_carries_a_signed_change_and_the_size_after_it() -> None:
    (event,) = started().read(book(2, "DELTA", [("84077", "-0.04619", "0.47381")], [("84079", "0.5", "0.5")]), NOW_MS)

    assert isinstance(event, BookDelta)
    assert event.bids == (LevelChange(Ticks(84077), Lots(-4_619), Lots(47_381)),)
    assert event.asks == (LevelChange(Ticks(84079), Lots(50_000), Lots(50_000)),)


def test_a_delta_without_the_absolute_size_adds_its_change() -> None:
    (event,) = started().read(book(2, "DELTA", [("84077", "-0.52")], []), NOW_MS)

    assert isinstance(event, BookDelta)
    assert event.bids == (LevelChange(Ticks(84077), Lots(-52_000), Lots(0)),)


def test_f073_a_later_snapshot_replaces_the_book_and_tells_when_it_contradicts_it() -> None:
    reader = started()
    again = json.loads(SNAPSHOT)

    reader.read(json.dumps({**again, "seq": 2}).encode(), NOW_MS)
    assert reader.remarks == []
    (event,) = reader.read(book(3, "SNAPSHOT", [("84000", "1")], []), NOW_MS)

    assert isinstance(event, BookSnapshot)
    assert (event.bids, event.asks) == ((Level(Ticks(84000), Lots(100_000)),), ())
    assert [kind for kind, _ in reader.remarks] == ["drifted"]


@pytest.mark.parametrize("seq", [1, 3, 0, -1, 4])
def test_f060_f061_any_number_but_the_next_breaks_the_feed(seq: int) -> None:
    with pytest.raises(FeedBroken, match="sequence"):
        started().read(book(seq, "DELTA", [], []), NOW_MS)


def test_the_first_number_of_a_connection_is_one() -> None:
    with pytest.raises(FeedBroken, match="sequence 2 came after 0"):
        BookReader(rules).read(book(2, "SNAPSHOT", [], []), NOW_MS)


@pytest.mark.parametrize(
    ("bids", "asks"),
    [
        ([("84077", "-0.53")], []),  # F-063: below zero
        ([("84075", "-1")], []),
        ([("84077", "0.1", "0.7")], []),  # 0.52 + 0.1 is not 0.7
        ([("84078", "0.1", "0.1")], []),  # F-064: locked
        ([], [("84070", "0.1", "0.1")]),  # crossed
        ([("84077.5", "0.1", "0.1")], []),  # off the tick
        ([("84075", "0.000001", "0.000001")], []),  # off the step
        ([("NaN", "1", "1")], []),
        ([("84075", "NaN", "1")], []),
        ([("-84075", "1", "1")], []),
        ([("0", "1", "1")], []),
    ],
)
def test_f063_f064_a_book_that_becomes_impossible_breaks_the_feed(bids: list[Any], asks: list[Any]) -> None:
    with pytest.raises(FeedBroken):
        started().read(book(2, "DELTA", bids, asks), NOW_MS)


@pytest.mark.parametrize(
    ("bids", "asks"),
    [
        ([("84077", "-1")], []),
        ([("84077", "1"), ("84077", "2")], []),
        ([("84078", "1")], [("84078", "1")]),
        ([("0", "1")], []),
    ],
)
def test_an_impossible_snapshot_breaks_the_feed(bids: list[Any], asks: list[Any]) -> None:
    with pytest.raises(FeedBroken):
        BookReader(rules).read(book(1, "SNAPSHOT", bids, asks), NOW_MS)


def test_a_change_before_the_first_snapshot_breaks_the_feed() -> None:
    with pytest.raises(FeedBroken, match="before its snapshot"):
        BookReader(rules).read(book(1, "DELTA", [], []), NOW_MS)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not json",
        b"[]",
        b'{"seq":2}',
        b'{"ts":"soon","seq":2}',
        b'{"ts":1,"seq":"2"}',
        b'{"ts":1,"seq":2,"type":"DELTA","data":{"b":[],"a":[]}}',
        b'{"ts":1,"seq":2,"type":"DELTA","data":[1]}',
        b'{"ts":1,"seq":2,"type":"DELTA","data":{"m":"BTC-USD","b":[{"p":"1"}]}}',
        b'{"ts":1,"seq":2,"type":"DELTA","data":{"m":"ETH-USD","b":[],"a":[]}}',
        b'{"ts":1,"seq":2,"type":"DELTA","error":"overloaded"}',
        b'{"ts":1,"seq":2,"data":{"m":"BTC-USD","b":[{"p":"1","q":"\xff\xfe"}]}}',
        SNAPSHOT[:-20],
        b"[" * 300_000,
        b'{"ts":1,"seq":2,"x":' + b"[" * 300_000,
    ],
)
def test_f079_a_frame_that_cannot_be_understood_breaks_the_feed(text: bytes) -> None:
    with pytest.raises(FeedBroken):
        started().read(text, NOW_MS)


@pytest.mark.parametrize(
    "text", [frame(2, None), frame(2, {"m": "BTC-USD"}, type="WEATHER"), b'{"ts":1,"seq":2,"type":"HEARTBEAT"}']
)
def test_f078_a_frame_of_an_unknown_kind_is_passed_over_and_counted(text: bytes) -> None:
    reader = started()

    assert reader.read(text, NOW_MS) == ()
    assert [kind for kind, _ in reader.remarks] == ["ignored"]
    assert reader.read(book(3, "DELTA", [], []), NOW_MS) != ()


def test_f101_rules_that_change_under_a_connection_break_it() -> None:
    current = [BTC]
    reader = BookReader(lambda: current[0])
    reader.read(SNAPSHOT, NOW_MS)
    current[0] = translate.markets_of([{**MARKET, "status": "REDUCE_ONLY"}], strict=True)["BTC-USD"]
    reader.read(book(2, "DELTA", [], []), NOW_MS)  # same grid: nothing to break

    finer = {**MARKET, "tradingConfig": {**MARKET["tradingConfig"], "minPriceChange": "0.5"}}
    current[0] = translate.markets_of([finer], strict=True)["BTC-USD"]

    with pytest.raises(FeedBroken, match="changed"):
        reader.read(book(3, "DELTA", [], []), NOW_MS)


def test_the_best_quote_replaces_both_sides_and_a_side_may_be_empty() -> None:
    reader = BestQuoteReader(rules)

    (both,) = reader.read(book(1, "SNAPSHOT", [("84077", "0.5")], [("84078", "0.3")]), NOW_MS)
    (one,) = reader.read(book(2, "SNAPSHOT", [], [("84078", "0.3")]), NOW_MS)

    assert isinstance(both, BestQuoteSeen)
    assert isinstance(one, BestQuoteSeen)
    assert (both.bid, both.ask) == (Level(Ticks(84077), Lots(50_000)), Level(Ticks(84078), Lots(30_000)))
    assert (one.bid, one.ask) == (None, Level(Ticks(84078), Lots(30_000)))
    with pytest.raises(FeedBroken):
        reader.read(book(3, "SNAPSHOT", [("84078", "0.5")], [("84078", "0.3")]), NOW_MS)


def test_mark_prices_keep_every_digit_and_use_the_frame_s_time() -> None:
    reader = PriceReader(MarkPriceSeen, "MP")
    text = frame(1, {"m": "ETH-USD", "p": "3012.473541750005", "ts": 0}, type="MP", sourceEventId=None)

    assert reader.read(text, NOW_MS) == (
        MarkPriceSeen(market="ETH-USD", price=Decimal("3012.473541750005"), exchange_ms=1790424000100, received_ms=NOW_MS),
    )
    assert reader.read(frame(2, {"m": "X", "p": "1"}, type="IP"), NOW_MS) == ()


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity", "", None])
def test_f111_an_impossible_mark_price_breaks_the_feed(price: Any) -> None:
    with pytest.raises(FeedBroken):
        PriceReader(IndexPriceSeen, "IP").read(frame(1, {"m": "BTC-USD", "p": price}, type="IP"), NOW_MS)


def trade(trade_id: int, **changes: Any) -> dict[str, Any]:
    base = {"m": "BTC-USD", "S": "SELL", "tT": "TRADE", "T": 1790424000090, "p": "84077", "q": "0.1", "i": trade_id}
    return {**base, **changes}


def test_trades_come_several_in_a_frame_and_once_each_even_after_a_reconnect() -> None:
    seen = SeenTrades()

    events = TradesReader(rules, seen).read(frame(1, [trade(1), trade(2)]), NOW_MS)
    replayed = TradesReader(rules, seen).read(frame(1, [trade(1), trade(2), trade(3)]), NOW_MS)

    assert [event.trade_id for event in events if isinstance(event, TradeSeen)] == [1, 2]
    assert [event.trade_id for event in replayed if isinstance(event, TradeSeen)] == [3]
    first = events[0]
    assert isinstance(first, TradeSeen)
    assert (first.side, first.price, first.size, first.exchange_ms) == (Side.SELL, 84077, 10_000, 1790424000090)


def test_a_trade_off_the_grid_is_passed_over_because_it_carries_no_state() -> None:
    reader = TradesReader(rules, SeenTrades())

    events = reader.read(frame(1, [trade(1, p="84077.3", tT="LIQUIDATION"), trade(2)]), NOW_MS)

    assert [event.trade_id for event in events if isinstance(event, TradeSeen)] == [2]
    assert [kind for kind, _ in reader.remarks] == ["ignored"]


def test_a_funding_rate_keeps_its_sign() -> None:
    text = frame(1, {"m": "BTC-USD", "T": 1790424000000, "f": "-0.000013"})

    assert FundingReader("BTC-USD").read(text, NOW_MS) == (
        FundingRateSeen(market="BTC-USD", rate=Decimal("-0.000013"), exchange_ms=1790424000000, received_ms=NOW_MS),
    )


def test_the_account_begins_with_three_snapshots() -> None:
    reader = AccountReader()

    (orders,) = reader.read(frame(1, {"isSnapshot": True, "orders": []}, type="ORDER"), NOW_MS)
    (balance,) = reader.read(frame(2, {"isSnapshot": True, "balance": BALANCE}, type="BALANCE"), NOW_MS)
    (positions,) = reader.read(frame(3, {"isSnapshot": True, "positions": [POSITION]}, type="POSITION"), NOW_MS)

    assert orders == OrdersReported(orders=(), is_snapshot=True, source="stream", asked_ms=NOW_MS, received_ms=NOW_MS)
    assert isinstance(balance, BalanceReported)
    assert (balance.equity, balance.source, balance.wire["collateralName"]) == (Decimal("-3.5"), "stream", "USD")
    assert isinstance(positions, PositionsReported)
    assert (positions.is_snapshot, positions.positions[0].size) == (True, Decimal("-0.3"))


def test_one_account_frame_may_carry_several_members_whatever_its_type_says() -> None:
    body = {"orders": [{**ORDER, "status": "FILLED"}], "trades": [TRADE], "positions": [POSITION], "balance": BALANCE}

    events = AccountReader().read(frame(1, body, type="SOMETHING_NEW"), NOW_MS)

    assert [type(event) for event in events] == [OrdersReported, FillsReported, PositionsReported, BalanceReported]
    orders, fills = events[0], events[1]
    assert isinstance(orders, OrdersReported)
    assert isinstance(fills, FillsReported)
    assert (orders.is_snapshot, orders.orders[0].status) == (False, ExchangeStatus.FILLED)
    assert fills.fills[0].exchange_order_id == orders.orders[0].exchange_order_id


@pytest.mark.parametrize("body", [{"deposit": {"id": 1}}, {"isSnapshot": True, "spotBalances": []}, {}])
def test_account_news_that_we_do_not_use_is_passed_over(body: dict[str, Any]) -> None:
    reader = AccountReader()

    assert reader.read(frame(1, body, type="DEPOSIT"), NOW_MS) == ()
    assert [kind for kind, _ in reader.remarks] == ["ignored"]


@pytest.mark.parametrize(
    "body",
    [
        {"orders": [{**ORDER, "qty": "NaN"}]},
        {"orders": [{"id": 1}]},
        {"trades": [{**TRADE, "price": "0"}]},
        {"balance": {"equity": "1"}},
        {"positions": [{"market": "BTC-USD"}]},
        [],
    ],
)
def test_an_account_frame_that_cannot_be_understood_breaks_the_feed(body: Any) -> None:
    with pytest.raises(FeedBroken):
        AccountReader().read(frame(1, body), NOW_MS)


def test_f080_a_gap_on_the_account_breaks_the_feed() -> None:
    reader = AccountReader()
    reader.read(frame(1, {"isSnapshot": True, "orders": []}), NOW_MS)

    with pytest.raises(FeedBroken, match="sequence 3 came after 1"):
        reader.read(frame(3, {"orders": []}), NOW_MS)


def test_remarks_are_bounded() -> None:
    reader: FrameReader = AccountReader()
    for number in range(1, 1_000):
        reader.read(frame(number, None), NOW_MS)

    assert len(reader.remarks) <= 8

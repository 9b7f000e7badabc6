"""The live picture: what it shows, what it leaves out, and what it does not build again."""

from decimal import Decimal
from typing import Any

import pytest

from bot.core.events import (
    BalanceReported,
    BookSnapshot,
    Event,
    FeedLost,
    FillsReported,
    FundingPayment,
    FundingReported,
    Level,
    MarkPriceSeen,
    PositionReport,
    PositionsReported,
    QuotingHalted,
    StreamAlive,
)
from bot.core.notes import Reason
from bot.core.numbers import Lots, Ticks
from bot.core.orders import ExchangeStatus, Fill, Side
from bot.observers.feed import TRADES_SHOWN, Feed
from bot.observers.market_parts import BOOK_DEPTH
from bot.observers.picture import known
from tests.unit.core.play import START_MS, Play


class Watched:
    """A feed that follows an engine as the loop would let it."""

    def __init__(self) -> None:
        self.play = Play()
        self.feed = Feed(self.play.engine)

    def happens(self, *events: Event) -> None:
        for event in events:
            self.play.engine.apply(event)
        self.feed.record(self.play.engine, list(events), [])

    def look(self) -> dict[str, Any]:
        return self.feed.picture(
            self.play.now_ms,
            market="BTC-USD",
            env="paper",
            exchange={"status": "connected", "detail": ""},
            config={"market": "BTC-USD", "max_position": None},
        )

    def ready(self) -> "Watched":
        """Bring the engine to quoting, with two orders resting."""
        self.play.ready()
        orders = self.play.placed()
        for order in orders:
            self.play.acknowledge(order)
            self.play.report(order, ExchangeStatus.NEW)
        self.feed.record(self.play.engine, [], self.play.actions)
        return self


@pytest.fixture
def watched() -> Watched:
    return Watched()


def nulls_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [key for key, each in value.items() if each is None] + [
            found for each in value.values() for found in nulls_in(each)
        ]
    return [found for each in value for found in nulls_in(each)] if isinstance(value, list) else []


def fill(trade_id: int, **changes: Any) -> Fill:
    given: dict[str, Any] = {
        "trade_id": trade_id, "market": "BTC-USD", "exchange_order_id": 2**61, "client_order_id": "mmb-1-1", "side": Side.BUY,
        "price": Decimal(86_112), "size": Decimal("0.01"), "fee": Decimal(0), "is_maker": True, "kind": "TRADE",
        "exchange_ms": START_MS + trade_id,
    }  # fmt: skip
    return Fill(**(given | changes))


def position(size: str, **wire: Any) -> PositionReport:
    fields = {
        "id": 2**62, "accountId": 7, "market": "BTC-USD", "side": "SHORT" if size.startswith("-") else "LONG",
        "size": size.lstrip("-"), "openPrice": "86000", "markPrice": "1", "value": "1", "unrealisedPnl": "1",
        "liquidationPrice": None,
    }  # fmt: skip
    return PositionReport(
        market="BTC-USD", size=Decimal(size), entry_price=Decimal(86_000), mark_price=Decimal(1), unrealised_pnl=Decimal(1),
        realised_pnl=Decimal(0), liquidation_price=None, leverage=Decimal(5), updated_ms=START_MS, wire=fields | wire,
    )  # fmt: skip


def positions(*reports: PositionReport) -> PositionsReported:
    return PositionsReported(positions=reports, is_snapshot=True, source="rest", asked_ms=START_MS, received_ms=START_MS)


def book(levels: int) -> BookSnapshot:
    bids = tuple(Level(Ticks(86_000 - step), Lots(1_000 + step)) for step in range(levels))
    asks = tuple(Level(Ticks(86_010 + step), Lots(2_000 + step)) for step in range(levels))
    return BookSnapshot(market="BTC-USD", bids=bids, asks=asks, exchange_ms=START_MS, received_ms=START_MS)


def test_before_anything_is_known_the_picture_is_small_and_has_no_null(watched: Watched) -> None:
    picture = watched.look()

    assert picture["markets"] == {}
    assert picture["positions"] == picture["orders"] == picture["trades"] == {}
    assert picture["balance"] == {"mark_prices": {}}
    assert picture["sources"] == {}
    assert picture["config"] == {"market": "BTC-USD"}
    assert not nulls_in(picture)


def test_a_quoting_bot_shows_market_quotes_and_orders(watched: Watched) -> None:
    picture = watched.ready().look()

    market = picture["markets"]["BTC-USD"]
    assert market["mark_price"] == "86198.85"
    assert (market["best_bid"], market["best_ask"]) == ("86190", "86208")
    assert market["best_bid_size"] == "1"
    assert market["state"] == "QUOTING"
    assert market["quotes"] == {"bid": "86112", "ask": "86286"}
    assert market["last_quote_price"] == "86198.85"
    assert market["age_ms"] == {"mark": 0, "bbo": 0}
    assert market["withheld"] == {}
    assert market["threshold_in_force"] == "0.002"
    assert picture["bot"] == {
        "state": "RUNNING", "reason": "quoting was started", "reason_code": "running", "running": True,
    }  # fmt: skip
    assert {order["status"] for order in picture["orders"].values()} == {"NEW"}
    assert {order["owner"] for order in picture["orders"].values()} == {"bot"}
    assert not nulls_in(picture)


def test_orders_are_keyed_by_our_id_and_carry_the_exchanges_as_text(watched: Watched) -> None:
    orders = watched.ready().look()["orders"]

    assert all(key == order["externalId"] for key, order in orders.items())
    assert all(isinstance(order["id"], str) for order in orders.values())


def test_an_order_on_its_way_says_so_and_one_that_ended_is_gone(watched: Watched) -> None:
    watched.play.ready()
    first, second = watched.play.placed()
    watched.feed.record(watched.play.engine, [], watched.play.actions)
    assert {order["status"] for order in watched.look()["orders"].values()} == {"PLACING"}

    watched.play.acknowledge(first)
    watched.play.report(first, ExchangeStatus.NEW)
    watched.play.acknowledge(second)
    watched.play.report(second, ExchangeStatus.CANCELLED)
    watched.feed.record(watched.play.engine, [], watched.play.actions)

    assert set(watched.look()["orders"]) == {first.client_order_id}


def test_a_partly_filled_order_is_told_in_the_exchanges_word(watched: Watched) -> None:
    watched.play.ready()
    order = watched.play.placed()[0]
    watched.play.acknowledge(order)
    watched.play.report(order, ExchangeStatus.PARTIALLY_FILLED, filled=Decimal("0.004"))
    watched.feed.record(watched.play.engine, [], watched.play.actions)

    shown = watched.look()["orders"][order.client_order_id]

    assert (shown["status"], shown["filledQty"], shown["qty"]) == ("PARTIALLY_FILLED", "0.004", "0.01")


def test_the_book_is_cut_at_its_depth_best_prices_first(watched: Watched) -> None:
    watched.play.ready()
    watched.happens(book(BOOK_DEPTH + 10))

    shown = watched.look()["markets"]["BTC-USD"]["book"]

    assert len(shown["bids"]) == len(shown["asks"]) == BOOK_DEPTH
    assert shown["bids"][0] == ["86000", "0.01"]
    assert shown["asks"][:2] == [["86010", "0.02"], ["86011", "0.02001"]]


def test_a_lost_book_is_absent_not_frozen(watched: Watched) -> None:
    watched.play.ready()
    watched.happens(book(3))
    watched.happens(FeedLost(feed="book", market=None, reason="gap", received_ms=START_MS))

    market = watched.look()["markets"]["BTC-USD"]

    assert "book" not in market
    assert "book" not in market["age_ms"]


@pytest.mark.parametrize(("size", "side", "pnl"), [("0.3", "LONG", "59.655"), ("-0.3", "SHORT", "-59.655")])
def test_a_position_keeps_the_exchanges_fields_and_follows_the_live_mark(
    watched: Watched, size: str, side: str, pnl: str
) -> None:
    watched.play.ready()
    watched.happens(positions(position(size)))

    shown = watched.look()["positions"]["BTC-USD"]

    assert (shown["side"], shown["size"], shown["openPrice"]) == (side, "0.3", "86000")
    assert (shown["markPrice"], shown["value"], shown["unrealisedPnl"]) == ("86198.85", "25859.655", pnl)
    assert shown["id"] == str(2**62)
    assert "liquidationPrice" not in shown


def test_a_closed_position_is_gone(watched: Watched) -> None:
    watched.play.ready()
    watched.happens(positions(position("0.3")))
    watched.happens(positions(position("0", status="CLOSED")))

    assert watched.look()["positions"] == {}


def test_the_balance_carries_the_marks_of_every_market(watched: Watched) -> None:
    watched.play.ready()
    watched.happens(
        BalanceReported(
            balance=Decimal(10_000),
            equity=Decimal(10_000),
            available_for_trade=Decimal(9_000),
            unrealised_pnl=Decimal(0),
            initial_margin=Decimal(0),
            margin_ratio=Decimal(0),
            updated_ms=START_MS,
            received_ms=START_MS,
            source="stream",
            wire={"balance": "10000", "equity": "10000", "collateralName": "USD", "leverage": None},
        )
    )

    assert watched.look()["balance"] == {
        "balance": "10000", "equity": "10000", "collateralName": "USD", "mark_prices": {"BTC-USD": "86198.85"},
    }  # fmt: skip


def test_a_new_mark_reaches_the_market_the_balance_and_the_position(watched: Watched) -> None:
    watched.play.ready()
    watched.happens(positions(position("1")))
    watched.look()

    watched.happens(MarkPriceSeen(market="BTC-USD", price=Decimal(87_000), exchange_ms=START_MS, received_ms=START_MS))
    picture = watched.look()

    assert picture["markets"]["BTC-USD"]["mark_price"] == "87000"
    assert picture["balance"]["mark_prices"] == {"BTC-USD": "87000"}
    assert picture["positions"]["BTC-USD"]["unrealisedPnl"] == "1000"


def test_trades_are_the_newest_ones_with_the_exchanges_fields(watched: Watched) -> None:
    watched.play.ready()
    fills = tuple(fill(number) for number in range(1, TRADES_SHOWN + 51))
    watched.happens(FillsReported(fills=fills, source="stream", received_ms=START_MS))

    trades = watched.look()["trades"]

    assert list(trades) == [str(number) for number in range(TRADES_SHOWN + 50, 50, -1)]
    assert trades["60"] == {
        "id": "60", "market": "BTC-USD", "orderId": str(2**61), "externalOrderId": "mmb-1-1", "side": "BUY", "price": "86112",
        "qty": "0.01", "value": "861.12", "fee": "0", "tradeType": "TRADE", "isTaker": False, "createdTime": START_MS + 60,
    }  # fmt: skip


def test_ages_grow_with_the_clock_alone(watched: Watched) -> None:
    watched.ready()
    watched.play.now_ms += 1_234

    picture = watched.look()

    assert picture["markets"]["BTC-USD"]["age_ms"]["mark"] == 1_234
    assert picture["sources"]["mark"] == {"age_ms": 1_234, "limit_ms": 5_000}
    assert {source: each["limit_ms"] for source, each in picture["sources"].items()} == {
        "account": 20_000, "positions": 30_000, "mark": 5_000, "bbo": 30_000,
    }  # fmt: skip
    assert picture["clock_ms"] == START_MS + 1_234


def test_parts_that_did_not_change_are_the_same_objects(watched: Watched) -> None:
    watched.ready()
    watched.happens(book(3))
    before = watched.look()

    after = watched.look()

    assert after["orders"] is before["orders"]
    assert after["trades"] is before["trades"]
    assert after["balance"] is before["balance"]
    assert after["markets"]["BTC-USD"]["book"] is before["markets"]["BTC-USD"]["book"]


def test_the_bell_rings_for_changes_and_not_for_a_ping(watched: Watched) -> None:
    watched.look()
    watched.feed.changed.clear()

    watched.happens(StreamAlive(feed="mark", market=None, received_ms=START_MS))
    assert not watched.feed.changed.is_set()

    watched.play.ready()
    watched.happens(MarkPriceSeen(market="BTC-USD", price=Decimal(1), exchange_ms=START_MS, received_ms=START_MS))
    assert watched.feed.changed.is_set()


def test_a_market_that_is_not_followed_shows_its_rules_and_mark_only(watched: Watched) -> None:
    watched.play.ready()
    watched.play.engine.configure([watched.play.engine.settings["BTC-USD"]])
    del watched.play.engine.settings["BTC-USD"]
    del watched.play.engine.makers["BTC-USD"]
    watched.happens(MarkPriceSeen(market="BTC-USD", price=Decimal(5), exchange_ms=START_MS, received_ms=START_MS))

    assert watched.look()["markets"]["BTC-USD"] == {
        "tick_size": "1", "lot_size": "0.00001", "min_size": "0.0001", "mark_price": "5", "state": "NOT_FOLLOWED",
        "maker_fee_rate": "0", "taker_fee_rate": "0.00025", "max_leverage": "50",
    }  # fmt: skip


def test_a_halted_bot_is_not_running_and_says_why(watched: Watched) -> None:
    watched.ready()
    watched.happens(QuotingHalted(code="test", reason="a person must look", received_ms=START_MS))

    assert watched.look()["bot"]["state"] == "HALTED"
    assert watched.look()["bot"]["running"] is False


def test_large_whole_numbers_and_decimals_become_text() -> None:
    assert known({"id": 7, "leverage": 5, "adl": 2**53 + 1, "size": Decimal("1E-2"), "deep": [{"x": None, "orderId": 1}]}) == {
        "id": "7", "leverage": 5, "adl": str(2**53 + 1), "size": "0.01", "deep": [{"orderId": "1"}],
    }  # fmt: skip


def test_a_market_that_is_not_quoted_says_why_with_a_code(watched: Watched) -> None:
    watched.ready()
    watched.happens(QuotingHalted(code="test", reason="a person must look", received_ms=START_MS))
    watched.play.decide()

    market = watched.look()["markets"]["BTC-USD"]

    assert (market["state"], market["reason"], market["reason_code"]) == ("NOT_QUOTING", "a person must look", "test")
    assert "last_quote_price" not in market


def test_a_side_that_is_withheld_says_why(watched: Watched) -> None:
    watched.ready()
    maker = watched.play.engine.makers["BTC-USD"]
    maker.withheld[Side.BUY] = Reason(code="position_limit", text="BUY withheld: no room")

    assert watched.look()["markets"]["BTC-USD"]["withheld"] == {
        "BUY": {"code": "position_limit", "reason": "BUY withheld: no room"},
    }  # fmt: skip


def test_funding_is_a_part_of_the_total_and_the_day_has_figures_of_its_own(watched: Watched) -> None:
    watched.play.ready()
    bought = fill(1, fee=Decimal("0.25"))
    sold = fill(2, side=Side.SELL, price=Decimal(86_212), fee=Decimal("0.25"))
    watched.happens(FillsReported(fills=(bought, sold), source="stream", received_ms=START_MS))
    paid = FundingPayment(
        payment_id=1, market="BTC-USD", size=Decimal(1), value=Decimal(1), mark_price=Decimal(1), rate=Decimal(0),
        amount=Decimal("-0.1"), exchange_ms=START_MS,
    )  # fmt: skip
    watched.happens(FundingReported(payments=(paid,), received_ms=START_MS))

    picture = watched.look()

    assert (picture["metrics"]["funding"], picture["metrics"]["total_pnl"]) == ("-0.100000", "0.400000")
    today = {"realised_pnl": "1", "fees": "0.5", "volume": "1723.24", "funding": "-0.1", "is_whole": False}
    assert picture["day"] == {"BTC-USD": today}, "nobody has told yet what happened earlier today"
    assert picture["metrics"]["requests_per_minute_limit"] == 1_000

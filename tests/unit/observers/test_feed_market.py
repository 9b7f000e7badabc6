"""What the picture says about a market beside its prices: tape, places in the queue, wishes, funding, the last day, reasons."""

from decimal import Decimal
from typing import Any

from backend.diff import merge_patch
from bot.core.events import BookDelta, BookSnapshot, DayStatsSeen, FeedLost, FundingRateSeen, Level, LevelChange, TradeSeen
from bot.core.notes import Reason
from bot.core.numbers import Lots, Ticks
from bot.core.orders import ExchangeStatus, Side
from bot.core.quoting.breakdown import Breakdown, FairPart, Part
from bot.observers.market_parts import breakdown_part
from bot.observers.market_watch import TRADES_KEPT
from tests.unit.core.play import START_MS
from tests.unit.observers.test_feed import Watched, nulls_in

BID, ASK = 86_112, 86_286


def traded(number: int, *, side: Side = Side.BUY, price: int = 86_208, size: int = 500) -> TradeSeen:
    return TradeSeen(
        market="BTC-USD", trade_id=number, side=side, price=Ticks(price), size=Lots(size), exchange_ms=START_MS + number,
        received_ms=START_MS + number,
    )  # fmt: skip


def book_at(*, bid_size: int) -> BookSnapshot:
    """A book in which `bid_size` lots stand at the price of our bid, ours included."""
    return BookSnapshot(
        market="BTC-USD",
        bids=(Level(Ticks(86_190), Lots(100_000)), Level(Ticks(BID), Lots(bid_size))),
        asks=(Level(Ticks(86_208), Lots(100_000)), Level(Ticks(ASK), Lots(1_000))),
        exchange_ms=START_MS,
        received_ms=START_MS,
    )


def market_of(watched: Watched) -> dict[str, Any]:
    part: dict[str, Any] = watched.look()["markets"]["BTC-USD"]
    return part


def our_bid(watched: Watched) -> str:
    return next(key for key, order in watched.look()["orders"].items() if order["side"] == "BUY")


def test_the_tape_holds_the_newest_trades_by_id() -> None:
    watched = Watched().ready()

    watched.happens(*(traded(number) for number in range(1, TRADES_KEPT + 4)))

    tape = market_of(watched)["tape"]
    assert list(tape) == [str(number) for number in range(4, TRADES_KEPT + 4)]
    assert tape["4"] == [START_MS + 4, "BUY", "86208", "0.005"]


def test_one_trade_more_is_one_line_more_in_the_difference_and_one_less() -> None:
    watched = Watched().ready()
    watched.happens(*(traded(number) for number in range(1, TRADES_KEPT + 1)))
    before = watched.look()

    watched.happens(traded(TRADES_KEPT + 1))

    change = merge_patch(before, watched.look())["markets"]["BTC-USD"]["tape"]
    assert change == {"1": None, str(TRADES_KEPT + 1): [START_MS + TRADES_KEPT + 1, "BUY", "86208", "0.005"]}


def test_a_quiet_market_keeps_the_same_tape_object() -> None:
    watched = Watched().ready()
    watched.happens(traded(1))
    before = market_of(watched)["tape"]

    watched.happens(book_at(bid_size=5_000))

    assert market_of(watched)["tape"] is before


def test_the_place_in_the_queue_is_what_stood_there_before_us_and_shrinks_with_trades() -> None:
    watched = Watched().ready()
    watched.happens(book_at(bid_size=5_000))  # 1,000 of them are ours
    order = our_bid(watched)
    assert market_of(watched)["queue"][order] == "0.04"

    watched.happens(traded(1, side=Side.SELL, price=BID, size=1_500))

    assert market_of(watched)["queue"][order] == "0.025"


def test_those_who_come_behind_us_do_not_move_us_back() -> None:
    watched = Watched().ready()
    watched.happens(book_at(bid_size=3_000))
    order = our_bid(watched)

    more = (LevelChange(price=Ticks(BID), change=Lots(9_000), size=Lots(12_000)),)
    watched.happens(BookDelta(market="BTC-USD", bids=more, asks=(), exchange_ms=START_MS, received_ms=START_MS))

    assert market_of(watched)["queue"][order] == "0.02"


def test_a_broken_book_knows_no_places() -> None:
    watched = Watched().ready()
    watched.happens(book_at(bid_size=3_000))

    watched.happens(FeedLost(feed="book", market=None, reason="gap", received_ms=START_MS))

    assert market_of(watched)["queue"] == {}


def test_a_wish_is_shown_while_no_order_stands_in_its_place() -> None:
    watched = Watched().ready()
    assert market_of(watched)["wished"] == {}, "orders rest in both places"

    sell = next(order for order in watched.play.engine.orders if order.side is Side.SELL)
    watched.play.engine.makers["BTC-USD"].hold(Side.SELL, Reason(code="hand_order", text="SELL pulled"))
    watched.play.decide()
    watched.play.report(sell, ExchangeStatus.CANCELLED)
    watched.feed.record(watched.play.engine, [], watched.play.actions)

    assert market_of(watched)["wished"] == {"SELL 0": {"side": "SELL", "price": "86286", "size": "0.01"}}


def test_funding_and_the_last_day_are_the_exchanges_figures() -> None:
    watched = Watched().ready()
    assert not {"day", "funding_rate"} & market_of(watched).keys()

    rate = FundingRateSeen(market="BTC-USD", rate=Decimal("0.000013"), exchange_ms=START_MS, received_ms=START_MS)
    day = DayStatsSeen(
        market="BTC-USD", low=Decimal(84_918), high=Decimal(86_742), change=Decimal("0.0124"), volume=Decimal(39_660_000),
        open_interest=None, exchange_ms=0, received_ms=START_MS,
    )  # fmt: skip
    watched.happens(rate, day)

    market = market_of(watched)
    assert market["funding_rate"] == "0.000013"
    assert market["day"] == {"low": "84918", "high": "86742", "change": "0.0124", "volume": "39660000"}


def test_the_next_funding_is_the_next_full_hour_and_never_now() -> None:
    watched = Watched().ready()
    hour = 3_600_000

    watched.play.now_ms = 500 * hour
    assert market_of(watched)["next_funding_ms"] == 501 * hour

    watched.play.now_ms = 501 * hour - 1
    assert market_of(watched)["next_funding_ms"] == 501 * hour


def test_a_breakdown_is_told_by_name_in_short_numbers_and_without_nulls() -> None:
    shown = breakdown_part(
        Breakdown(
            strategy="glft",
            fair_price=Decimal("86201.4"),
            fair_parts=(FairPart(name="index", price=None, age_ms=1_730, weight=0.123456, note=""),),
            reservation_price=Decimal("86199.0"),
            inventory_lots=1.0,
            target_lots=0.0,
            skew_bps=0.28,
            skew_decided_by="glft",
            half_spread_bps=9.97,
            half_spread_decided_by="model",
            candidates=(Part("model", 8.310049), Part("nothing", float("nan"))),
            notes=(Reason(code="no_intensity", text="too few trades"),),
        )
    )

    assert shown["fair_parts"] == {"index": {"age_ms": 1_500, "weight": 0.1235}}
    assert shown["candidates"] == {"model": {"value": 8.31, "unit": "bps"}, "nothing": {"unit": "bps"}}
    assert shown["notes"] == {"no_intensity": "too few trades"}
    assert not nulls_in(shown)

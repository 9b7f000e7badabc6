"""The last half hour by the second and the last day by the minute: bounded, and honest about holes."""

from decimal import Decimal

import pytest

from bot.clock import TurnableClock
from bot.core.events import Event, FillsReported, TradeSeen
from bot.core.numbers import Lots, Ticks
from bot.core.orders import ExchangeStatus, Side
from bot.observers.series import MINUTES_KEPT, SECONDS_KEPT, Series
from tests.unit.core.play import START_MS, Play
from tests.unit.observers.test_feed import fill

MINUTE_MS = 60_000


class Watched:
    """A series that follows an engine, on a clock that only a test turns."""

    def __init__(self) -> None:
        self.play = Play()
        self.clock = TurnableClock(START_MS // MINUTE_MS * MINUTE_MS)
        self.series = Series(self.clock)

    def happens(self, *events: Event, later_ms: int = 0) -> None:
        self.clock.turn(later_ms)
        for event in events:
            self.play.engine.apply(event)
        self.series.record(self.play.engine, list(events), [])

    def quoting(self) -> "Watched":
        self.play.ready()
        for order in self.play.placed():
            self.play.acknowledge(order)
            self.play.report(order, ExchangeStatus.NEW)
        return self


@pytest.fixture
def watched() -> Watched:
    return Watched().quoting()


def trade(number: int, price: int, size: int = 100) -> TradeSeen:
    return TradeSeen(
        market="BTC-USD", trade_id=number, side=Side.BUY, price=Ticks(price), size=Lots(size), exchange_ms=START_MS,
        received_ms=START_MS,
    )  # fmt: skip


def test_a_second_has_one_row_with_prices_quotes_and_position(watched: Watched) -> None:
    watched.happens(trade(1, 86_200))
    watched.happens(trade(2, 86_201), later_ms=400)

    (row,) = watched.series.seconds("BTC-USD")

    assert (row.second, row.mark, row.last) == (watched.clock.now_ms() // 1000, "86198.85", "86200")
    assert (row.bid, row.ask, row.position, row.pnl, row.code) == ("86112", "86286", "0", None, None)


def test_seconds_nobody_looked_at_are_missing_and_not_made_up(watched: Watched) -> None:
    watched.happens()
    watched.happens(later_ms=5_000)

    first, second = watched.series.seconds("BTC-USD")

    assert second.second - first.second == 5


def test_a_market_that_shows_nothing_says_why() -> None:
    watched = Watched()
    watched.play.ready()
    watched.play.engine.makers["BTC-USD"].pull(watched.play.engine.orders, watched.play.engine.state_reason, watched.play.now_ms)

    watched.happens()

    row = watched.series.seconds("BTC-USD")[0]
    assert (row.bid, row.ask, row.code) == (None, None, "running")


def test_the_trades_of_a_minute_make_a_candle(watched: Watched) -> None:
    for number, price in enumerate((86_200, 86_230, 86_190, 86_210)):
        watched.happens(trade(number, price), later_ms=1_000)
    watched.happens(trade(9, 86_300), later_ms=MINUTE_MS)

    first, second = watched.series.minutes("BTC-USD")

    assert (first.open, first.high, first.low, first.close, first.volume) == ("86200", "86230", "86190", "86210", "0.004")
    assert (second.open, second.low, second.volume) == ("86300", "86300", "0.001")
    assert second.second - first.second == 60


def test_a_minute_counts_the_seconds_with_both_quotes(watched: Watched) -> None:
    for _ in range(3):
        watched.happens(later_ms=1_000)
    watched.play.report(watched.play.engine.bot_orders()[0], ExchangeStatus.CANCELLED)
    watched.happens(later_ms=1_000)

    (minute,) = watched.series.minutes("BTC-USD")

    assert (minute.watched_s, minute.quoted_s) == (4, 3)


def test_pnl_is_that_of_the_books(watched: Watched) -> None:
    bought = fill(1, price=Decimal(86_100), size=Decimal("0.01"), fee=Decimal("0.5"))

    watched.happens(FillsReported(fills=(bought,), source="stream", received_ms=watched.clock.now_ms()))

    row = watched.series.seconds("BTC-USD")[0]
    assert (row.position, row.pnl) == ("0.01", "0.49")  # bought 99 below the mid before it, and paid 0.5


def test_old_rows_fall_off(watched: Watched) -> None:
    for _ in range(SECONDS_KEPT + 10):
        watched.happens(later_ms=1_000)
    for _ in range(MINUTES_KEPT + 10):
        watched.happens(later_ms=MINUTE_MS)

    assert len(watched.series.seconds("BTC-USD")) == SECONDS_KEPT
    assert len(watched.series.minutes("BTC-USD")) == MINUTES_KEPT


def test_a_market_nobody_follows_has_no_rows(watched: Watched) -> None:
    assert watched.series.seconds("ETH-USD") == watched.series.minutes("ETH-USD") == []

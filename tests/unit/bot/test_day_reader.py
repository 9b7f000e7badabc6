"""Reading the day's trades page by page: what is asked, where it ends, and what is not believed."""

import asyncio
from collections.abc import Callable
from decimal import Decimal

from bot.clock import TurnableClock
from bot.core.account import Account
from bot.core.day import DAY_MS, DayBook
from bot.core.errors import ExchangeUnreachable
from bot.core.events import DayRead, DayReadFailed, Event, PositionsReported
from bot.core.orders import Fill, Side
from bot.day_reader import DayReader

TODAY = 20_700
NOON_MS = TODAY * DAY_MS + DAY_MS // 2


def fill(number: int, exchange_ms: int) -> Fill:
    return Fill(
        trade_id=number, market="BTC-USD", exchange_order_id=number, client_order_id=None, side=Side.BUY, price=Decimal(100),
        size=Decimal(1), fee=Decimal("0.1"), is_maker=True, kind="TRADE", exchange_ms=exchange_ms,
    )  # fmt: skip


class Trades:
    """An exchange that only knows trades; `page_of` may answer something else."""

    def __init__(self, trades: list[Fill]) -> None:
        self.trades = trades
        self.asked: list[int | None] = []
        self.page_of: Callable[[int | None, list[Fill]], list[Fill]] = lambda _before, page: page

    async def fills(self, markets: object = (), *, limit: int = 100, before_id: int | None = None) -> tuple[Fill, ...]:
        del markets
        self.asked.append(before_id)
        newest_first = sorted(self.trades, key=lambda each: -each.trade_id)
        page = [each for each in newest_first if before_id is None or each.trade_id < before_id][:limit]
        return tuple(self.page_of(before_id, page))


async def first_word(exchange: Trades) -> Event:
    """Run a reader until it has told something."""
    clock, day, account, told = TurnableClock(NOON_MS), DayBook(), Account(), list[Event]()
    day.recover(TODAY, {}, NOON_MS, is_whole=False)
    account.apply_positions(PositionsReported(positions=(), is_snapshot=True, source="rest", asked_ms=1, received_ms=1))
    reader = DayReader(exchange, day, account, lambda: True, told.append, clock)  # type: ignore[arg-type]  # the only question it is asked
    running = asyncio.create_task(reader.run())
    async with asyncio.timeout(10):
        while not told:  # noqa: ASYNC110 - nobody rings when the reader has told
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return told[0]


async def test_pages_are_read_back_to_midnight_and_no_further() -> None:
    yesterday = [fill(number, TODAY * DAY_MS - 5_000 + number) for number in range(1, 2_000)]
    today = [fill(5_000 + number, NOON_MS - 3_000 + number) for number in range(1_200)]
    exchange = Trades(yesterday + today)

    word = await first_word(exchange)

    assert isinstance(word, DayRead)
    assert word.figures["BTC-USD"].volume == 1_200 * 100
    assert word.figures["BTC-USD"].fees == 120
    assert exchange.asked == [None, 5_700, 5_200, None], "and the newest page once more"


async def test_a_day_without_trades_is_known_as_such() -> None:
    word = await first_word(Trades([fill(1, NOON_MS - DAY_MS)]))

    assert isinstance(word, DayRead)
    assert word.figures == {}


async def test_f059_pages_that_begin_anew_are_not_believed() -> None:
    exchange = Trades([fill(number, NOON_MS) for number in range(1, 1_001)])
    exchange.page_of = lambda _before, _page: sorted(exchange.trades, key=lambda each: -each.trade_id)[:500]

    word = await first_word(exchange)

    assert isinstance(word, DayReadFailed)
    assert "begins anew" in word.reason


async def test_a_page_that_cannot_be_had_is_told_and_nothing_is_counted() -> None:
    exchange = Trades([fill(number, NOON_MS) for number in range(1, 1_001)])

    def second_page_fails(before_id: int | None, page: list[Fill]) -> list[Fill]:
        if before_id is not None:
            raise ExchangeUnreachable("no answer")
        return page

    exchange.page_of = second_page_fails

    word = await first_word(exchange)

    assert isinstance(word, DayReadFailed)
    assert "no answer" in word.reason


async def test_more_trades_than_can_be_read_are_said_and_not_cut_off() -> None:
    exchange = Trades([])
    newest = 10_000_000
    exchange.page_of = lambda before, _page: [fill((before or newest) - 1 - number, NOON_MS) for number in range(500)]

    word = await first_word(exchange)

    assert isinstance(word, DayReadFailed)
    assert "more than 50000" in word.reason

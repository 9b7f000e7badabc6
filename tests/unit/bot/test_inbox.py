"""The inbox: bounded, and nothing of the account is ever dropped."""

import asyncio
from decimal import Decimal

from bot.clock import TurnableClock
from bot.core.events import FeedLost, MarkPriceSeen, QuotingStarted
from bot.inbox import LARGEST_BATCH, Inbox
from tests.unit.core.play import START_MS


def mark(number: int) -> MarkPriceSeen:
    return MarkPriceSeen(market="BTC-USD", price=Decimal(number), exchange_ms=number, received_ms=START_MS)


async def test_what_waits_comes_out_in_order_and_in_bounded_batches() -> None:
    inbox = Inbox(TurnableClock())
    for number in range(1, LARGEST_BATCH + 3):
        inbox.emit(mark(number))

    batches = inbox.batches(1)
    first, second = await anext(batches), await anext(batches)

    assert len(first) == LARGEST_BATCH
    prices = [event.price for event in first + second if isinstance(event, MarkPriceSeen)]
    assert prices == list(range(1, LARGEST_BATCH + 3))


async def test_a_quiet_inbox_still_ticks() -> None:
    assert await anext(Inbox(TurnableClock()).batches(0.001)) == []


async def test_an_event_wakes_the_loop_before_its_tick() -> None:
    inbox = Inbox(TurnableClock())
    waiting = asyncio.ensure_future(anext(inbox.batches(60)))
    await asyncio.sleep(0)
    inbox.emit(mark(1))

    assert await asyncio.wait_for(waiting, 5) == [mark(1)]


async def test_a_full_inbox_drops_market_data_calls_the_feeds_lost_and_keeps_the_rest() -> None:
    inbox = Inbox(TurnableClock(), most_waiting=10)
    inbox.emit(QuotingStarted(received_ms=START_MS))
    for number in range(1, 12):
        inbox.emit(mark(number))

    waiting = await anext(inbox.batches(1))

    assert waiting[0] == QuotingStarted(received_ms=START_MS)
    assert {event.feed for event in waiting if isinstance(event, FeedLost)} == {"book", "best_quote", "mark"}
    assert inbox.overflows == 1
    assert len(waiting) <= 10

"""Funding is read now and then, booked once, and a failed reading loses nothing."""

import asyncio
from decimal import Decimal

from bot.clock import TurnableClock
from bot.core.account import Account
from bot.core.day import DAY_MS
from bot.core.errors import ExchangeUnreachable
from bot.core.events import Event, FundingPayment, FundingReported, RebateTold
from bot.polling import FUNDING_OVERLAP_MS, REBATE_S, FundingReader, read_rebates

HOUR_MS = 3_600_000
START_MS = 1_790_000_000_000


def payment(number: int, amount: str, market: str = "BTC-USD") -> FundingPayment:
    return FundingPayment(
        payment_id=number, market=market, size=Decimal(1), value=Decimal(86_000), mark_price=Decimal(86_000),
        rate=Decimal("0.00001"), amount=Decimal(amount), exchange_ms=START_MS + number * HOUR_MS,
    )  # fmt: skip


def test_a_payment_is_booked_once_however_often_it_is_told() -> None:
    account = Account()
    told = FundingReported(payments=(payment(1, "-0.86"), payment(2, "0.5")), received_ms=START_MS)

    account.apply_funding(told)
    account.apply_funding(told)
    account.apply_funding(FundingReported(payments=(payment(3, "1", "ETH-USD"),), received_ms=START_MS))

    assert account.funding == {"BTC-USD": Decimal("-0.36"), "ETH-USD": Decimal(1)}


async def test_a_failed_reading_is_repeated_and_the_question_moves_on_with_what_was_told() -> None:
    asked: list[int] = []
    told: list[Event] = []

    async def ask(since_ms: int) -> tuple[FundingPayment, ...]:
        asked.append(since_ms)
        if len(asked) == 1:
            raise ExchangeUnreachable("no answer")
        if len(asked) == 4:
            await asyncio.Event().wait()
        return (payment(5, "1"),)

    reading = asyncio.create_task(FundingReader(ask, told.append, TurnableClock(START_MS), run_from_ms=START_MS).run())
    async with asyncio.timeout(5):
        while len(asked) < 4:  # noqa: ASYNC110 - nobody rings when the reader has asked
            await asyncio.sleep(0)
    reading.cancel()

    newest_ms = START_MS + 5 * HOUR_MS
    midnight_ms = START_MS // DAY_MS * DAY_MS
    assert asked == [midnight_ms, midnight_ms, newest_ms - FUNDING_OVERLAP_MS, newest_ms - FUNDING_OVERLAP_MS]
    assert [type(each) for each in told] == [FundingReported, FundingReported]


def test_what_was_paid_before_this_run_began_is_the_days_money_and_not_the_runs() -> None:
    account = Account()
    told = FundingReported(payments=(payment(1, "-0.86"), payment(2, "0.5")), run_from_ms=START_MS + 2 * HOUR_MS, received_ms=0)

    assert [each.payment_id for each in account.apply_funding(told)] == [1, 2]
    assert account.apply_funding(told) == []
    assert account.funding == {"BTC-USD": Decimal("0.5")}


async def test_a_rebate_that_could_not_be_read_is_asked_for_again_five_minutes_later() -> None:
    clock, asked, told = TurnableClock(START_MS), list[int](), list[Event]()
    nothing = Decimal(0)
    answer = RebateTold(total_paid=nothing, rate=nothing, share=nothing, next_share=nothing, next_rate=nothing, received_ms=0)

    async def ask() -> RebateTold:
        asked.append(clock.now_ms())
        if len(asked) == 1:
            raise ExchangeUnreachable("no answer")
        if len(asked) == 3:
            await asyncio.Event().wait()
        return answer

    reading = asyncio.create_task(read_rebates(ask, told.append, clock))
    async with asyncio.timeout(5):
        while len(asked) < 3:  # noqa: ASYNC110 - nobody rings when the reader has asked
            await asyncio.sleep(0)
    reading.cancel()

    pause_ms = int(REBATE_S * 1000)
    assert asked == [START_MS, START_MS + pause_ms, START_MS + 2 * pause_ms]
    assert told == [answer]

"""Requests stay inside the exchange's limit, and cancels come first."""

import random

import pytest

from bot.clock import TurnableClock
from bot.extended.budget import BudgetExhausted, RequestBudget, Turn


async def take_all(budget: RequestBudget, turn: Turn) -> int:
    taken = 0
    while True:
        try:
            await budget.take(turn, wait_at_most_s=0)
        except BudgetExhausted:
            return taken
        taken += 1


async def test_creates_leave_the_reserve_to_cancels() -> None:
    budget = RequestBudget(TurnableClock(), per_minute=1000, reserved_share=0.3)

    assert await take_all(budget, Turn.CREATE) == 70
    assert await take_all(budget, Turn.SAFETY) == 30


async def test_reads_leave_a_share_to_creates() -> None:
    budget = RequestBudget(TurnableClock(), per_minute=1000, reserved_share=0.3, create_share=0.2)

    assert await take_all(budget, Turn.READ) == 50
    assert await take_all(budget, Turn.CREATE) == 20
    assert await take_all(budget, Turn.SAFETY) == 30


async def test_a_create_waits_for_its_turn_but_not_longer_than_it_may() -> None:
    clock = TurnableClock()
    budget = RequestBudget(clock, per_minute=600)
    await take_all(budget, Turn.CREATE)
    started = clock.monotonic_ms()

    await budget.take(Turn.CREATE, wait_at_most_s=1)

    assert 100 <= clock.monotonic_ms() - started <= 200
    await take_all(budget, Turn.SAFETY)
    with pytest.raises(BudgetExhausted):
        await budget.take(Turn.CREATE, wait_at_most_s=1)


async def test_i12_no_window_of_a_minute_holds_more_than_the_budget() -> None:
    randomness = random.Random(5)
    clock = TurnableClock()
    budget = RequestBudget(clock, per_minute=120)
    sent: list[int] = []
    for _ in range(5_000):
        try:
            await budget.take(randomness.choice(list(Turn)), wait_at_most_s=0)
            sent.append(clock.monotonic_ms())
        except BudgetExhausted:
            pass
        clock.turn(randomness.choice([0, 0, 0, 10, 500, 20_000]))

    assert len(sent) > 1_000
    assert max(sum(1 for other in sent if start <= other < start + 60_000) for start in sent) <= 120


async def test_too_many_requests_shrinks_the_bucket_to_a_part_of_the_reserve() -> None:
    budget = RequestBudget(TurnableClock(), per_minute=1000, reserved_share=0.3)

    budget.shrink()

    assert await take_all(budget, Turn.CREATE) == 0
    assert await take_all(budget, Turn.SAFETY) == 15


async def test_a_shrunk_bucket_is_never_fuller_than_before() -> None:
    budget = RequestBudget(TurnableClock(), per_minute=1000, reserved_share=0.3)
    await take_all(budget, Turn.SAFETY)

    budget.shrink()

    assert await take_all(budget, Turn.SAFETY) == 0, "too many is no reason to send more"


@pytest.mark.parametrize("per_minute", [120, 1000])
async def test_i12_a_burst_and_the_refill_of_its_minute_stay_inside_the_budget_together(per_minute: int) -> None:
    clock = TurnableClock()
    budget = RequestBudget(clock, per_minute=per_minute)
    sent = 0
    for _ in range(5_999):
        sent += await take_all(budget, Turn.SAFETY)
        clock.turn(10)

    assert per_minute * 0.99 <= sent <= per_minute, "whoever takes all that there is gets the exchange's limit, and no more"

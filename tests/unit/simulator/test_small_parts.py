"""Ids, agenda, request budget, pages, faults, the lagging read model, daily statistics."""

from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import pytest
from multidict import MultiDict

from simulator.agenda import Agenda
from simulator.faults import Fault, Faults, decode_faults
from simulator.ids import Snowflakes, created_ms
from simulator.market_state import DayStats
from simulator.orders import Status
from simulator.paging import integer, page
from simulator.rate_limit import RateLimit
from simulator.read_model import ReadModel
from simulator.refusals import Refused

D = Decimal
ALICE, BOB = 3001, 3002


def test_ids_rise_within_a_millisecond_and_when_the_clock_goes_back() -> None:
    ids = Snowflakes()

    made = [ids.next(1_790_000_000_000), ids.next(1_790_000_000_000), ids.next(1_789_999_000_000)]

    assert made == sorted(set(made))
    assert created_ms(made[0]) == 1_790_000_000_000
    assert made[0] < 2**63


def test_the_agenda_runs_by_time_and_then_by_order_of_arrival() -> None:
    agenda = Agenda()
    done: list[tuple[str, int]] = []

    def note(name: str, at_ms: int) -> None:
        done.append((name, at_ms))

    for name, due in (("late", 20), ("first", 10), ("second", 10)):
        agenda.add(due, partial(note, name))

    while agenda.next_due_ms() is not None:
        agenda.run_next()

    assert done == [("first", 10), ("second", 10), ("late", 20)]


def test_a_budget_is_spent_and_refills_evenly_for_each_address() -> None:
    limit = RateLimit(60)

    assert sum(limit.allows("a", 0.0) for _ in range(100)) == 60
    assert not limit.allows("a", 0.9)
    assert limit.allows("a", 1.95)
    assert not limit.allows("a", 1.95)
    assert limit.allows("b", 1.95)


def test_no_budget_means_no_limit() -> None:
    limit = RateLimit(0)

    assert all(limit.allows("a", 0.0) for _ in range(10_000))


def test_pages_continue_after_the_cursor() -> None:
    rows = list(range(100, 0, -1))

    first, mark = page(rows, MultiDict(limit="30"), int)
    second, _ = page(rows, MultiDict(limit="30", cursor=str(mark["cursor"])), int)

    assert (first[0], first[-1], second[0]) == (100, 71, 70)
    assert mark == {"cursor": 71, "count": 30}
    assert page([], MultiDict(), int)[1] == {"count": 0}


@pytest.mark.parametrize("value", ["-1", "1.5", "x", "", "9" * 30, "١"])
def test_query_numbers_are_whole_numbers(value: str) -> None:
    with pytest.raises(Refused):
        integer(MultiDict(limit=value), "limit")


def test_a_fault_strikes_as_often_as_it_was_told() -> None:
    faults = Faults(Random(1))
    faults.set(Fault(kind="lose_answers", times=2))

    assert [faults.strikes("lose_answers") is not None for _ in range(4)] == [True, True, False, False]
    assert faults.struck == {"lose_answers": 2}
    assert not faults.any


def test_a_fault_with_a_chance_strikes_about_that_often() -> None:
    faults = Faults(Random(1))
    faults.set(Fault(kind="bare_404", chance=0.2))

    assert 150 < sum(faults.strikes("bare_404") is not None for _ in range(1_000)) < 250


@pytest.mark.parametrize(
    "body",
    [b'{"kind":"plague"}', b'{"kind":"mute_market"}', b'{"kind":"refuse_all","market":"BTC-USD"}', b'{"kind":"gap","times":0}',
     b'{"kind":"gap","chance":2}', b'{"kind":"slow_answers","delay_ms":-1}', b"[]", b"{", b'{"set":[{"kind":"gap","x":1}]}'],
)  # fmt: skip
def test_senseless_faults_are_refused(body: bytes) -> None:
    faults = Faults(Random(1))

    def ask() -> None:
        for fault in decode_faults(body).set:
            faults.set(fault)

    with pytest.raises(Refused):
        ask()


def test_rest_reads_stay_behind_the_stream_by_the_lag(desk: Any) -> None:
    model = ReadModel(150)
    order = desk.buy(ALICE, 86_000)
    for event in desk.events:
        model.feed(event)
    now_ms = desk.venue.now_ms

    model.settle(now_ms + 149)
    assert model.order(ALICE, order.order_id) is None
    model.settle(now_ms + 150)

    shown = model.order(ALICE, order.order_id)
    assert shown is not None
    assert (shown.status, shown.external_id) == ("NEW", order.external_id)
    assert model.by_external_id(ALICE, order.external_id) == [shown]
    assert model.open_orders(ALICE) == [shown]
    assert model.order(BOB, order.order_id) is None


def test_the_read_model_ends_with_what_the_venue_knows(desk: Any) -> None:
    model = ReadModel(0)
    desk.sell(BOB, 86_050, "0.02")
    desk.buy(ALICE, 86_050, "0.01")
    kept = desk.buy(ALICE, 86_000)
    gone = desk.buy(ALICE, 86_001)
    desk.venue.cancel(ALICE, order_id=gone.order_id)
    desk.pass_time(0)
    for event in desk.events:
        model.feed(event)
    model.settle(desk.venue.now_ms)

    assert [order.id for order in model.open_orders(ALICE)] == [kept.order_id]
    assert {order.id: order.status for order in model.orders(ALICE)} == {
        order.order_id: order.status.value for order in desk.venue.store.by_id.values() if order.account_id == ALICE
    }
    assert [trade.qty for trade in model.trades(ALICE)] == ["0.01000"]
    assert gone.status is Status.CANCELLED


def test_the_day_forgets_what_is_older_than_a_day() -> None:
    day = DayStats()
    day.add(D(100), D(2), 0)
    day.add(D(110), D(1), 3_600_000)

    assert (day.volume, day.base) == (D(310), D(3))
    day.add(D(120), D(1), 86_400_000)
    assert day.base == D(2)
    assert [minute.open for minute in day.minutes] == [D(110), D(120)]

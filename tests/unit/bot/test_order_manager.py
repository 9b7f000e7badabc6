"""Every answer of the exchange becomes exactly one event, and a lost answer is never a refusal."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.clock import TurnableClock
from bot.core.actions import (
    AnyAction,
    ApprovedOrder,
    ArmDeadManSwitch,
    CancelOrder,
    LookUpOrder,
    PlaceOrder,
    PlaceStop,
    RefreshAccount,
)
from bot.core.errors import (
    ExchangeUnreachable,
    MakerError,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unauthorised,
)
from bot.core.events import (
    AccountRead,
    AccountReadFailed,
    CancelAcknowledged,
    CancelFailed,
    CancelNotFound,
    DeadManSwitchArmed,
    DeadManSwitchFailed,
    Event,
    OrderLookedUp,
    PlaceAcknowledged,
    PlaceNotSent,
    PlaceOutcomeUnknown,
    PlaceRefused,
    RequestsLimited,
    VenueRefusedKey,
)
from bot.core.numbers import Ticks
from bot.core.orders import Order, Side, StopOrder
from bot.order_manager import MOST_WAITING, STALE_DECISION_MS, OrderManager
from tests.unit.bot.fake_exchange import FakeExchange
from tests.unit.core.play import Play


class Desk:
    """An order manager over a fake exchange, with everything it emits."""

    def __init__(self) -> None:
        self.clock = TurnableClock()
        self.exchange = FakeExchange()
        self.events: list[Event] = []
        self.halted = False
        self.logged: list[str] = []
        self.manager = OrderManager(self.exchange, self.events.append, self.clock, self._log, lambda _order: self.halted)

    def _log(self, level: str, event: str, market: str | None = None, **fields: Any) -> None:
        self.logged.append(event)

    async def after(self, *actions: AnyAction) -> list[Event]:
        """Carry out actions and return what was emitted."""
        self.manager.execute(actions)
        for _ in range(20):
            await asyncio.sleep(0)
        return self.events


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    task = asyncio.create_task(desk.manager.run())
    yield desk
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def an_order() -> Order:
    return Play().ready().placed()[0]


def placing(clock: TurnableClock, order: Order) -> PlaceOrder:
    return PlaceOrder(approved=ApprovedOrder(order=order), decided_ms=clock.now_ms())


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, [PlaceAcknowledged]),
        (NotSent("connection refused"), [PlaceNotSent]),
        (OutcomeUnknown("timeout"), [PlaceOutcomeUnknown]),
        (Refused(1140, "cost", http_status=400), [PlaceRefused]),
        (RateLimited(429, "slow down", http_status=429), [PlaceRefused, RequestsLimited]),
        (Unauthorised(401, "key", http_status=401), [PlaceRefused, VenueRefusedKey]),
    ],
)
async def test_a_create_ends_in_the_event_of_its_answer(desk: Desk, error: MakerError | None, expected: list[type]) -> None:
    if error is not None:
        desk.exchange.fails["place"] = error

    assert kinds(await desk.after(placing(desk.clock, an_order()))) == expected


def a_stop(clock: TurnableClock, decided_ms: int = 0) -> PlaceStop:
    now_ms = clock.now_ms()
    stop = StopOrder(
        client_order_id="mmb-a-7",
        nonce=7,
        market="BTC-USD",
        side=Side.SELL,
        trigger=Ticks(80_000),
        worst=Ticks(76_000),
        created_ms=now_ms,
        expires_ms=now_ms + 60_000,
    )
    return PlaceStop(stop=stop, decided_ms=now_ms + decided_ms)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, [PlaceAcknowledged]),
        (OutcomeUnknown("timeout"), [PlaceOutcomeUnknown]),
        (Refused(1148, "open loss", http_status=400), [PlaceRefused]),
    ],
)
async def test_a_position_stop_ends_in_the_event_of_its_answer(
    desk: Desk, error: MakerError | None, expected: list[type]
) -> None:
    if error is not None:
        desk.exchange.fails["place_stop"] = error

    assert kinds(await desk.after(a_stop(desk.clock))) == expected
    assert desk.exchange.calls == [("place_stop", "mmb-a-7")]


async def test_a_position_stop_does_not_leave_while_a_halt_marker_stands_or_when_it_waited_too_long(desk: Desk) -> None:
    assert kinds(await desk.after(a_stop(desk.clock, decided_ms=-5_000))) == [PlaceNotSent]
    desk.halted = True

    assert kinds(await desk.after(a_stop(desk.clock))) == [PlaceNotSent, PlaceNotSent]
    assert desk.exchange.calls == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, [CancelAcknowledged]),
        (NotFound(1142, "gone", http_status=404), [CancelNotFound]),
        (OutcomeUnknown("timeout"), [CancelFailed]),
        (RateLimited(429, "slow down", http_status=429), [RequestsLimited, CancelFailed]),
    ],
)
async def test_a_cancel_ends_in_the_event_of_its_answer(desk: Desk, error: MakerError | None, expected: list[type]) -> None:
    if error is not None:
        desk.exchange.fails["cancel"] = error
    cancel = CancelOrder(client_order_id="mmb-a-1", exchange_order_id=1, market="BTC-USD")

    assert kinds(await desk.after(cancel)) == expected


async def test_the_switch_is_armed_from_the_moment_of_asking(desk: Desk) -> None:
    events = await desk.after(ArmDeadManSwitch(countdown_s=30))

    now_ms = desk.clock.now_ms()
    assert events == [DeadManSwitchArmed(countdown_s=30, asked_ms=now_ms, received_ms=now_ms)]


async def test_a_switch_that_cannot_be_armed_is_told(desk: Desk) -> None:
    desk.exchange.fails["arm"] = OutcomeUnknown("timeout")

    assert kinds(await desk.after(ArmDeadManSwitch(countdown_s=30))) == [DeadManSwitchFailed]


async def test_a_price_that_waited_too_long_is_not_sent(desk: Desk) -> None:
    action = placing(desk.clock, an_order())
    desk.clock.turn(STALE_DECISION_MS + 1)

    assert kinds(await desk.after(action)) == [PlaceNotSent]
    assert desk.exchange.calls == []


async def test_a_halt_marker_stops_creates_and_not_cancels(desk: Desk) -> None:
    desk.halted = True
    cancel = CancelOrder(client_order_id="mmb-a-1", exchange_order_id=1, market="BTC-USD")

    assert set(kinds(await desk.after(placing(desk.clock, an_order()), cancel))) == {PlaceNotSent, CancelAcknowledged}
    assert [verb for verb, _ in desk.exchange.calls] == ["cancel"]


async def test_a_cancel_does_not_wait_behind_creates_that_hang(desk: Desk) -> None:
    desk.exchange.hold = asyncio.Event()
    creates = [placing(desk.clock, an_order()) for _ in range(20)]
    cancel = CancelOrder(client_order_id="mmb-a-1", exchange_order_id=1, market="BTC-USD")

    assert CancelAcknowledged in kinds(await desk.after(*creates, cancel))
    assert not desk.manager.is_idle


async def test_what_does_not_fit_in_the_queue_is_told_as_not_sent(desk: Desk) -> None:
    desk.exchange.hold = asyncio.Event()
    creates = [placing(desk.clock, an_order()) for _ in range(MOST_WAITING + 1)]

    assert kinds(await desk.after(*creates)) == [PlaceNotSent]


async def test_a_look_up_reads_fills_before_it_concludes(desk: Desk) -> None:
    events = await desk.after(LookUpOrder(client_order_id="mmb-a-1"))

    assert isinstance(events[-1], OrderLookedUp)
    assert [verb for verb, _ in desk.exchange.calls] == ["fills", "order_by_client_id"]


async def test_an_account_reading_is_whole_or_failed(desk: Desk) -> None:
    assert isinstance((await desk.after(RefreshAccount(reason="test")))[-1], AccountRead)

    desk.events.clear()
    desk.exchange.fails["positions"] = ExchangeUnreachable("no route")
    assert kinds(await desk.after(RefreshAccount(reason="test"))) == [AccountReadFailed]

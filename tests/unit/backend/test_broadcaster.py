"""One picture, numbered differences, many viewers; nobody is waited for."""

import asyncio
import json
from typing import Any

import pytest

import backend.broadcaster
from backend.broadcaster import HEARTBEAT_MS, PACE_MS, SENDS_PER_TURN, Broadcaster, Viewer
from backend.diff import apply_patch
from backend.wire_socket import frame_of
from bot.clock import TurnableClock


class Stage:
    """A broadcaster of a picture that a test changes."""

    def __init__(self, **options: Any) -> None:
        self.picture: dict[str, Any] = {"clock_ms": 1, "sources": {"mark": {"age_ms": 7}}}
        self.clock = TurnableClock()
        self.changed = asyncio.Event()
        self.broadcaster = Broadcaster(lambda: dict(self.picture), self.changed, self.clock, **options)

    async def show(self, **parts: Any) -> None:
        self.picture = {**self.picture, **parts}
        await self.broadcaster.publish()

    def join(self, **options: Any) -> Viewer:
        viewer = self.broadcaster.join(**options)
        assert viewer is not None
        return viewer


@pytest.fixture
async def stage() -> Stage:
    return Stage()


async def next_of(viewer: Viewer) -> dict[str, Any]:
    async with asyncio.timeout(5):
        message: dict[str, Any] = json.loads(await viewer.next())
    return message


async def test_a_viewer_gets_the_picture_first_and_differences_after_it(stage: Stage) -> None:
    await stage.show(orders={"a": {"price": "1"}})
    viewer = stage.join()

    await stage.show(orders={"a": {"price": "2"}})
    await stage.show(orders={})

    snapshot, first, second = [await next_of(viewer) for _ in range(3)]
    assert snapshot["type"] == "snapshot"
    assert [message["seq"] for message in (snapshot, first, second)] == [1, 2, 3]
    assert first["data"] == {"orders": {"a": {"price": "2"}}}
    assert second["data"] == {"orders": {"a": None}}
    assert apply_patch(apply_patch(snapshot["data"], first["data"]), second["data"]) == stage.picture


async def test_a_late_viewer_begins_at_the_present_number(stage: Stage) -> None:
    for clock_ms in range(5):
        await stage.show(clock_ms=clock_ms)

    late = stage.join()
    await stage.show(clock_ms=99)

    assert [(await next_of(late))["seq"] for _ in range(2)] == [5, 6]


async def test_a_viewer_who_joins_before_anything_was_published_sees_the_picture(stage: Stage) -> None:
    snapshot = await next_of(stage.join())

    assert snapshot["data"] == stage.picture


async def test_numbers_have_no_gap_also_where_nobody_looked_on(stage: Stage) -> None:
    first = stage.join()
    await stage.show(clock_ms=2)
    stage.broadcaster.leave(first)
    await stage.show(clock_ms=3)
    second = stage.join()
    await stage.show(clock_ms=4)

    assert [(await next_of(second))["seq"] for _ in range(2)] == [3, 4]


async def test_a_message_is_encoded_once_however_many_look_on(stage: Stage) -> None:
    viewers = [stage.join() for _ in range(3)]
    for viewer in viewers:
        await next_of(viewer)

    await stage.show(clock_ms=2)

    texts = [await viewer.next() for viewer in viewers]
    assert all(text is texts[0] for text in texts)


async def test_a_slow_viewer_is_dropped_and_the_others_go_on(stage: Stage) -> None:
    slow, quick = stage.join(queue_length=3), stage.join()

    for clock_ms in range(10, 20):
        await stage.show(clock_ms=clock_ms)
        await next_of(quick)

    assert slow.ended.is_set()
    assert slow.why == "too slow"
    assert not quick.ended.is_set()
    assert stage.broadcaster.stats()["clients"] == 1
    assert stage.broadcaster.stats()["drops"] == 1


async def test_a_viewer_that_asks_for_the_picture_again_gets_it_under_the_present_number(stage: Stage) -> None:
    viewer = stage.join()
    await stage.show(clock_ms=2)
    stage.broadcaster.send_snapshot(viewer)

    _, diff, again = [await next_of(viewer) for _ in range(3)]

    assert (again["type"], again["seq"]) == ("snapshot", diff["seq"])
    assert again["data"] == stage.picture


async def test_the_loop_gets_a_turn_after_every_few_viewers() -> None:
    stage = Stage(most_viewers=1_000)
    for _ in range(SENDS_PER_TURN * 5):
        stage.join()
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    await stage.show(clock_ms=2)
    counting.cancel()

    assert turns >= 5


async def test_one_who_joins_in_the_middle_of_sending_misses_nothing_and_gets_nothing_twice() -> None:
    stage = Stage(most_viewers=100)
    for _ in range(SENDS_PER_TURN):
        stage.join()
    publishing = asyncio.create_task(stage.show(clock_ms=2))
    await asyncio.sleep(0)

    late = stage.join()
    await publishing
    await stage.show(clock_ms=3)

    snapshot, diff = await next_of(late), await next_of(late)
    assert snapshot["data"]["clock_ms"] == 2
    assert diff["seq"] == snapshot["seq"] + 1


async def test_no_more_viewers_than_allowed_are_taken_in() -> None:
    stage = Stage(most_viewers=2)
    stage.join()
    stage.join()

    assert stage.broadcaster.join() is None
    assert stage.broadcaster.stats()["refused"] == 1


async def test_a_rotated_token_ends_the_sockets_that_showed_it(stage: Stage) -> None:
    with_token, without = stage.join(showed_token=True), stage.join()

    stage.broadcaster.close_authenticated()

    assert with_token.ended.is_set()
    assert not without.ended.is_set()


async def test_an_unchanged_picture_is_published_before_a_quarter_of_a_second_has_passed(stage: Stage) -> None:
    await stage.show()

    assert stage.broadcaster.wait_ms(stage.clock.monotonic_ms()) == HEARTBEAT_MS < 250
    stage.clock.turn(HEARTBEAT_MS)
    assert stage.broadcaster.wait_ms(stage.clock.monotonic_ms()) == 0


async def test_changes_close_together_are_published_together(stage: Stage) -> None:
    await stage.show()
    stage.clock.turn(10)
    stage.changed.set()

    assert stage.broadcaster.wait_ms(stage.clock.monotonic_ms()) == PACE_MS - 10


async def test_a_change_after_a_pause_is_published_at_once(stage: Stage) -> None:
    await stage.show()
    stage.clock.turn(PACE_MS)
    stage.changed.set()

    assert stage.broadcaster.wait_ms(stage.clock.monotonic_ms()) == 0


async def test_running_it_publishes_a_change_and_clears_the_bell(stage: Stage) -> None:
    viewer = stage.join()
    await next_of(viewer)
    running = asyncio.create_task(stage.broadcaster.run())

    stage.picture["clock_ms"] = 42
    stage.changed.set()
    message = await next_of(viewer)
    running.cancel()

    assert message["data"] == {"clock_ms": 42}
    assert not stage.changed.is_set()


async def test_the_order_that_answers_a_change_goes_before_the_message_about_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend.broadcaster, "COURTESY_S", 0.5)
    running = asyncio.create_task(stage.broadcaster.run())
    await asyncio.sleep(0)
    stage.clock.turn(PACE_MS)
    stage.changed.set()
    for _ in range(20):  # the steps of deciding, signing and sending
        await asyncio.sleep(0)
    before = stage.broadcaster.seq
    await next_of(stage.join())
    await asyncio.sleep(0.6)
    running.cancel()

    assert before == 0
    assert stage.broadcaster.seq >= 2


async def test_the_cached_account_is_the_published_one_under_its_number(stage: Stage) -> None:
    await stage.show(orders={"a": {"x": "1"}}, positions={"BTC-USD": {"size": "1"}}, trades={}, balance={"mark_prices": {}})

    account = json.loads(stage.broadcaster.cached_account())

    assert account == {
        "seq": 1,
        "positions": [{"size": "1"}],
        "trades": [],
        "orders": [{"x": "1"}],
        "balance": {"mark_prices": {}},
        "age_ms": {"mark": 7},
    }


async def test_the_cached_account_is_encoded_once_for_each_number(stage: Stage) -> None:
    await stage.show()

    assert stage.broadcaster.cached_account() is stage.broadcaster.cached_account()
    before = stage.broadcaster.cached_account()
    await stage.show(orders={"a": {}})
    assert stage.broadcaster.cached_account() != before


async def test_messages_and_bytes_are_counted(stage: Stage) -> None:
    viewer = stage.join()
    text = await viewer.next()

    assert stage.broadcaster.stats()["messages"] == 1
    assert stage.broadcaster.stats()["bytes"] == len(frame_of(text.encode())) > len(text)


async def test_a_great_many_viewers_get_fewer_messages_and_never_fewer_than_the_heartbeat() -> None:
    stage = Stage(most_viewers=2_000)
    assert stage.broadcaster.pace_ms == PACE_MS

    for _ in range(500):
        stage.join()
    assert stage.broadcaster.pace_ms == 2 * PACE_MS
    for _ in range(1_500):
        stage.join()
    assert stage.broadcaster.pace_ms == HEARTBEAT_MS

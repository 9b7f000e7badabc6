"""What a restart learns from the last run, whatever state its files are in."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.actions import ArmDeadManSwitch, PlaceOrder
from bot.core.events import FillsReported, OrderLookedUp, PlaceAcknowledged, QuotingStarted
from bot.core.orders import ExchangeStatus, Order, Owner, Side, Status
from bot.observers.journal_files import SegmentName, segments
from bot.observers.journal_fold import DAY_MS, FILLS_KEPT, TRADE_IDS_KEPT, Fold
from bot.observers.journal_frames import FIRST_LINE, Chain, Encoder
from bot.observers.journal_records import (
    FORMAT,
    DayFigures,
    FileStatus,
    Gap,
    Header,
    JournalRefused,
    LedgerBooked,
    OrderEnded,
    OrderHeld,
    Payload,
    RestorePoint,
)
from bot.observers.journal_recovery import entries, examine, fold, read_run, replay
from tests.unit.core.play import START_MS
from tests.unit.observers.journal_play import PATIENCE_S, Journalled, files, manifest, recovered, scan_of
from tests.unit.observers.test_journal_sieve import fill, fills, orders, report

NEXT_MS = START_MS + 60_000


def a_run(folder: Path, *, closed: bool = True, **given: object) -> tuple[Journalled, list[Order]]:
    """Journal a run that bought and still has an order resting."""
    play = Journalled()
    play.ready()
    journal = play.open(folder, **given)
    pair = play.placed_in(journal)
    for order in pair:
        play.acknowledge(order)
        play.report(order, ExchangeStatus.NEW)
    play.turn(journal)
    bid = next(order for order in pair if order.side is Side.BUY)
    play.fill(bid, "0.01")
    play.report(bid, ExchangeStatus.FILLED, filled=Decimal("0.01"))
    play.turn(journal)
    assert journal.flush(PATIENCE_S)
    if closed:
        assert journal.close(PATIENCE_S)
    else:
        journal._writer.give_up.set()  # nothing is written any more: for the files that is what a kill looks like
        journal.close(PATIENCE_S)
    return play, pair


def statuses(folder: Path, now_ms: int = NEXT_MS) -> dict[str, FileStatus]:
    return {report.name: report.status for report in recovered(folder, now_ms).files}


# --- what is known afterwards ---------------------------------------------------------------------------------------------


def test_an_empty_or_missing_folder_is_a_first_start(tmp_path: Path) -> None:
    past = recovered(tmp_path / "nowhere", NEXT_MS)

    assert past.status is None
    assert past.last_run is None
    today = NEXT_MS // DAY_MS
    assert past.point == msgspec.structs.replace(Fold().point(), day=today, whole_from_day=today + 1)


@pytest.mark.parametrize("closed", [True, False])
def test_f141_a_restart_knows_the_orders_whose_end_is_not_known(tmp_path: Path, *, closed: bool) -> None:
    _, pair = a_run(tmp_path, closed=closed)
    ask = next(order for order in pair if order.side is Side.SELL)

    past = recovered(tmp_path, NEXT_MS)

    assert set(past.point.open_orders) == {ask.client_order_id}
    found = past.point.open_orders[ask.client_order_id]
    assert found.exchange_order_id is not None
    assert (found.price, found.size, found.nonce, found.expires_ms) == (ask.price, ask.size, ask.nonce, ask.expires_ms)
    assert past.status is (FileStatus.ENDED if closed else FileStatus.RECOVERED)
    assert past.last_run == manifest()


def test_a_restart_knows_the_fills_and_the_figures_of_the_day(tmp_path: Path) -> None:
    play, pair = a_run(tmp_path)
    bid = next(order for order in pair if order.side is Side.BUY)
    price = play.market.price(bid.price)

    point = recovered(tmp_path, NEXT_MS).point

    assert [(each.trade_id, each.size) for each in point.fills] == [(play.trade_id, Decimal("0.01"))]
    assert point.trade_ids == (play.trade_id,)
    assert point.figures == {"BTC-USD": DayFigures(realised_pnl=Decimal(0), fees=Decimal(0), volume=price * Decimal("0.01"))}
    assert (point.orders_placed, point.orders_ended, point.orders_filled) == (2, 1, 1)
    assert point.booked["BTC-USD"].size == Decimal("0.01")


def test_the_counters_of_the_day_are_the_engines_own(tmp_path: Path) -> None:
    play, _ = a_run(tmp_path)

    point, counters = recovered(tmp_path, NEXT_MS).point, play.engine.counters

    assert (point.orders_placed, point.orders_ended, point.orders_filled) == (
        counters.orders_placed,
        counters.orders_ended,
        counters.orders_filled,
    )


def test_a_new_day_begins_with_empty_figures_and_the_same_open_orders(tmp_path: Path) -> None:
    a_run(tmp_path)

    point = recovered(tmp_path, START_MS + DAY_MS).point

    assert (point.fills, point.figures, point.orders_placed, point.orders_ended, point.orders_filled) == ((), {}, 0, 0, 0)
    assert len(point.open_orders) == 1
    assert len(point.trade_ids) == 1


def test_figures_of_several_runs_of_a_day_add_up(tmp_path: Path) -> None:
    first, _ = a_run(tmp_path)
    once = recovered(tmp_path, NEXT_MS)
    a_run(tmp_path, run=manifest(epoch_ms=START_MS + 1), recovered=once)

    twice = recovered(tmp_path, NEXT_MS).point

    assert twice.figures["BTC-USD"].volume == 2 * once.point.figures["BTC-USD"].volume
    assert twice.orders_placed == 4
    assert twice.trade_ids == (first.trade_id,)
    assert [each.trade_id for each in twice.fills] == [first.trade_id]


def test_an_order_of_an_earlier_run_stays_open_until_its_end_is_known(tmp_path: Path) -> None:
    _, pair = a_run(tmp_path)
    ask = next(order for order in pair if order.side is Side.SELL)
    for number in (1, 2):
        journal = Journalled().open(tmp_path, run=manifest(epoch_ms=START_MS + number), recovered=recovered(tmp_path, NEXT_MS))
        assert journal.close(PATIENCE_S)
    assert set(recovered(tmp_path, NEXT_MS).point.open_orders) == {ask.client_order_id}

    journal = Journalled().open(tmp_path, run=manifest(epoch_ms=START_MS + 3), recovered=recovered(tmp_path, NEXT_MS))
    journal.resolve(ask.client_order_id, Status.EXPIRED, "EXPIRED (inferred)")
    assert journal.close(PATIENCE_S)

    assert recovered(tmp_path, NEXT_MS).point.open_orders == {}


def test_the_exchanges_word_ends_an_order_that_the_engine_does_not_hold() -> None:
    order = a_order("mmb-old-1")
    for told in (
        OrderLookedUp(client_order_id="mmb-a-1", report=report(1, ExchangeStatus.CANCELLED), asked_ms=1, received_ms=1),
        orders(report(1, ExchangeStatus.FILLED), source="stream"),
    ):
        folded = Fold()
        folded.apply(START_MS, OrderHeld(order=msgspec.structs.replace(order, client_order_id="mmb-a-1")))
        folded.apply(START_MS, OrderLookedUp(client_order_id="mmb-a-1", report=None, asked_ms=1, received_ms=1))
        folded.apply(START_MS, orders())
        assert set(folded.point().open_orders) == {"mmb-a-1"}  # silence and "not found" never end an order

        folded.apply(START_MS, told)

        assert folded.point().open_orders == {}


def a_order(client_order_id: str) -> Order:
    play = Journalled()
    play.ready()
    return msgspec.structs.replace(play.placed()[0], client_order_id=client_order_id)


def test_files_of_another_account_are_left_alone(tmp_path: Path) -> None:
    a_run(tmp_path)
    a_run(tmp_path, run=manifest(epoch_ms=START_MS + 1, environment="testnet"), closed=False)
    before = {path: path.read_bytes() for path in files(tmp_path)}

    past = recovered(tmp_path, NEXT_MS)

    assert [each.status for each in past.files] == [FileStatus.OTHER_ACCOUNT, FileStatus.ENDED]
    assert past.status is FileStatus.ENDED
    assert past.last_run == manifest()
    assert recovered(tmp_path, NEXT_MS, venue="another simulated exchange").last_run is None
    assert {path: path.read_bytes() for path in files(tmp_path)} == before


def test_bounded_memory_of_executions_keeps_the_newest() -> None:
    folded = Fold()
    for number in range(TRADE_IDS_KEPT + 10):
        folded.apply(START_MS, fills(fill(number)))
        folded.apply(START_MS, fills(fill(number)))

    point = folded.point()

    assert point.trade_ids == tuple(range(10, TRADE_IDS_KEPT + 10))
    assert len(point.fills) == FILLS_KEPT
    assert point.fills[-1].trade_id == TRADE_IDS_KEPT + 9


def test_a_fill_of_yesterday_is_known_and_not_of_today() -> None:
    folded = Fold()
    folded.apply(START_MS, fills(fill(1, exchange_ms=START_MS - DAY_MS), fill(2)))

    assert folded.point().trade_ids == (1, 2)
    assert [each.trade_id for each in folded.point().fills] == [2]


# --- files in every state -------------------------------------------------------------------------------------------------


def test_f146_a_torn_tail_is_cut_off_and_said(tmp_path: Path) -> None:
    a_run(tmp_path, closed=False)
    path = files(tmp_path)[0]
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rindex(b"\n") + 1

    for end in range(last + 1, len(whole)):
        path.write_bytes(whole[:end])

        past = recovered(tmp_path, NEXT_MS)

        assert [each.status for each in past.files] == [FileStatus.RECOVERED]
        assert path.read_bytes() == whole[:last]
        assert past.previous.digest == scan_of(path).digest.hex()


def test_f147_a_file_damaged_in_the_middle_is_set_aside_and_what_precedes_is_used(tmp_path: Path) -> None:
    _, pair = a_run(tmp_path)
    path = files(tmp_path)[0]
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(b'"FillsReported"', damaged.index(b"PlaceOrder"))] ^= 1
    path.write_bytes(damaged)

    past = recovered(tmp_path, NEXT_MS)

    assert past.status is FileStatus.QUARANTINED
    assert set(past.point.open_orders) == {order.client_order_id for order in pair}
    assert past.point.fills == ()
    assert files(tmp_path) == []
    assert [each.read_bytes() for each in segments(tmp_path, with_quarantined=True)] == [damaged]


def test_f147_without_a_readable_restore_point_the_file_before_is_used(tmp_path: Path) -> None:
    a_run(tmp_path)
    first = recovered(tmp_path, NEXT_MS)
    for content in (b"garbage\n" * 9, b"", FIRST_LINE + b"\n", b"\0" * 5_000, FIRST_LINE[:5]):
        second = tmp_path / SegmentName(START_MS + 1, 1).text
        second.write_bytes(content)

        past = recovered(tmp_path, NEXT_MS)

        assert past.point == first.point
        assert past.previous == first.previous
        assert len(past.files) == 2
        for left in tmp_path.glob(f"{second.name}*"):
            left.unlink()


def test_looking_changes_nothing(tmp_path: Path) -> None:
    a_run(tmp_path, closed=False)
    path = files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-3])
    before = path.read_bytes()

    looked = examine(tmp_path, manifest(), NEXT_MS)

    assert path.read_bytes() == before
    assert looked == recovered(tmp_path, NEXT_MS)


def test_f148_another_format_is_refused_and_nothing_is_touched(tmp_path: Path) -> None:
    a_run(tmp_path)
    path = files(tmp_path)[0]
    first_line = FIRST_LINE.replace(str(FORMAT).encode(), str(FORMAT + 1).encode())
    (tmp_path / SegmentName(START_MS + 1, 1).text).write_bytes(first_line + b"\n\x93binary\n")
    before = path.read_bytes()

    with pytest.raises(JournalRefused, match=rf"{START_MS + 1}-00001\.journal cannot be used: it has format {FORMAT + 1}"):
        recovered(tmp_path, NEXT_MS)

    assert path.read_bytes() == before


def test_f148_a_record_of_another_shape_is_refused_and_names_it(tmp_path: Path) -> None:
    class OrderHeldElsewhere(msgspec.Struct, tag="journal:OrderHeld"):
        order: str

    write_file(tmp_path, [OrderHeldElsewhere(order="what a later version might write")])  # type: ignore[list-item]  # foreign

    with pytest.raises(JournalRefused, match=r"record 2 \(journal:OrderHeld\) was written by another version"):
        recovered(tmp_path, NEXT_MS)


def test_a_record_that_a_restart_does_not_need_may_have_any_shape(tmp_path: Path) -> None:
    class QuotingStartedElsewhere(msgspec.Struct, tag="QuotingStarted"):
        mood: str

    write_file(tmp_path, [QuotingStartedElsewhere(mood="good"), a_end()])  # type: ignore[list-item]  # foreign

    assert recovered(tmp_path, NEXT_MS).point.orders_ended == 1
    with pytest.raises(JournalRefused, match=r"record 2 \(QuotingStarted\)"):
        list(replay(read_run(tmp_path, START_MS)))


def a_end() -> OrderEnded:
    return OrderEnded(
        client_order_id="mmb-a-1", owner=Owner.BOT, status=Status.FILLED, reason="", filled_lots=1, is_reported=True
    )


def write_file(folder: Path, payloads: list[Payload]) -> Path:
    chain = Chain(Encoder(), 0)
    header = Header(run=manifest(), segment=1, previous_file="", previous_digest="")
    lines = [chain.line(START_MS, 0, payload) for payload in (header, Fold().point(), *payloads)]
    path = folder / SegmentName(START_MS, 1).text
    path.write_bytes(FIRST_LINE + b"\n" + b"".join(lines))
    return path


def test_f149_a_file_that_cannot_be_repaired_is_refused_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_run(tmp_path)
    path = files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-3])

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("bot.observers.journal_recovery.os.truncate", refuse)

    with pytest.raises(JournalRefused, match=r"cannot be repaired .*; make the folder writable"):
        recovered(tmp_path, NEXT_MS)


def test_f149_something_unreadable_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / SegmentName(START_MS, 1).text).mkdir()

    with pytest.raises(JournalRefused, match="cannot be read"):
        recovered(tmp_path, NEXT_MS)


BUSY_RUN = """
import pathlib, sys
from bot.core.orders import Status
from tests.unit.observers.journal_play import Journalled

journal = Journalled().open(pathlib.Path(sys.argv[1]), limits={"segment_bytes": 50_000})
for number in range(10**9):
    journal.resolve(f"mmb-a-{number}", Status.EXPIRED, "")
    if number % 50 == 0 and journal.flush(10):
        print(number, flush=True)
"""


def test_f141_after_a_kill_everything_that_was_flushed_is_there_in_order(tmp_path: Path, repository: Path) -> None:
    command = [sys.executable, "-c", BUSY_RUN, str(tmp_path)]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True) as busy:
        assert busy.stdout is not None
        flushed = [int(busy.stdout.readline()) for _ in range(40)]
        busy.kill()

    past = recovered(tmp_path, NEXT_MS)
    frames = read_run(tmp_path, START_MS)

    assert past.status is FileStatus.RECOVERED
    assert past.point.orders_ended > flushed[-1]
    ids = [entry.payload.client_order_id for entry in entries(frames) if isinstance(entry.payload, OrderEnded)]
    assert ids == [f"mmb-a-{number}" for number in range(past.point.orders_ended)]


# --- restore points and replay --------------------------------------------------------------------------------------------


def test_a_restart_from_the_newest_file_knows_what_a_reading_of_all_would(tmp_path: Path) -> None:
    play = Journalled()
    play.ready()
    journal = play.open(tmp_path, limits={"segment_bytes": 4_000})
    for _ in range(30):
        for order in play.placed_in(journal):
            play.acknowledge(order)
            play.report(order, ExchangeStatus.NEW)
            play.turn(journal)
            play.fill(order, "0.01")
            play.report(order, ExchangeStatus.FILLED, filled=Decimal("0.01"))
            play.turn(journal)
        assert journal.flush(PATIENCE_S)
        play.later(6_000)
    assert journal.close(PATIENCE_S)
    frames = read_run(tmp_path, START_MS)

    whole = Fold()
    for entry in entries(frames):
        if not isinstance(entry.payload, RestorePoint):
            whole.apply(entry.wall_ms, entry.payload)

    assert len(files(tmp_path)) > 5
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert recovered(tmp_path, play.now_ms).point == whole.point()
    assert whole.point().orders_filled > 20


_ORDER: Final = a_order("mmb-a-0")


def held(number: int) -> OrderHeld:
    return OrderHeld(order=msgspec.structs.replace(_ORDER, client_order_id=f"mmb-a-{number}"))


def acknowledged(number: int) -> PlaceAcknowledged:
    return PlaceAcknowledged(client_order_id=f"mmb-a-{number}", exchange_order_id=number, received_ms=1)


def ended(number: int, lots: int) -> OrderEnded:
    return msgspec.structs.replace(a_end(), client_order_id=f"mmb-a-{number}", filled_lots=lots)


def booked(size: int, pnl: int) -> LedgerBooked:
    money = {"entry_price": Decimal(1), "fees": Decimal(1), "volume": Decimal(2)}
    return LedgerBooked(market="BTC-USD", size=Decimal(size), realised_pnl=Decimal(pnl), **money)


_NUMBER: Final = st.integers(1, 6)
_HAPPENINGS: Final = st.one_of(
    st.builds(held, _NUMBER),
    st.builds(acknowledged, _NUMBER),
    st.builds(ended, _NUMBER, st.integers(0, 2)),
    st.builds(lambda n, status: orders(report(n, status), source="stream"), _NUMBER, st.sampled_from(list(ExchangeStatus))),
    st.builds(lambda n, days: fills(fill(n, exchange_ms=START_MS + days * DAY_MS)), _NUMBER, st.integers(-1, 1)),
    st.builds(booked, st.integers(-2, 2), st.integers(-5, 5)),
    st.builds(lambda n: Gap(lost=n, since_ms=1, reason=""), _NUMBER),
)


@given(st.lists(st.tuples(st.integers(0, DAY_MS), _HAPPENINGS), max_size=30), st.integers(0, 30))
def test_a_restore_point_anywhere_stands_for_all_before_it(happenings: list[tuple[int, Payload]], cut: int) -> None:
    straight, broken = Fold(), Fold()
    straight.roll(START_MS)
    broken.roll(START_MS)
    for after_ms, payload in happenings:
        straight.apply(START_MS + after_ms, payload)

    for after_ms, payload in happenings[:cut]:
        broken.apply(START_MS + after_ms, payload)
    point = msgspec.json.decode(msgspec.json.encode(broken.point()), type=RestorePoint)
    broken = Fold()
    broken.apply(START_MS, point)
    for after_ms, payload in happenings[cut:]:
        broken.apply(START_MS + after_ms, payload)

    assert broken.point() == straight.point()


def test_replay_gives_back_events_and_actions_as_they_were(tmp_path: Path) -> None:
    play = Journalled()
    journal = play.open(tmp_path, everything=True)
    play.ready()
    events = list(play.events)
    actions = play.turn(journal)
    play.later(1_000)
    events += play.events
    actions += play.turn(journal)
    assert journal.close(PATIENCE_S)

    found = list(replay(read_run(tmp_path, START_MS)))

    replayed = [entry.payload for entry in found]
    assert [each for each in replayed if each in events] == events
    assert [each for each in replayed if each in actions] == actions
    assert len(replayed) == len(events) + len(actions)
    assert {PlaceOrder, ArmDeadManSwitch, QuotingStarted, FillsReported} <= {type(each) for each in replayed}
    assert [entry.seq for entry in found] == sorted(entry.seq for entry in found)


def test_a_run_with_a_missing_file_is_read_up_to_the_hole(tmp_path: Path) -> None:
    journal = Journalled().open(tmp_path, limits={"segment_bytes": 2_000})
    for number in range(100):
        journal.resolve(f"mmb-a-{number}", Status.EXPIRED, "")
        assert number % 10 or journal.flush(PATIENCE_S)
    assert journal.close(PATIENCE_S)
    paths = files(tmp_path)
    assert len(paths) > 3
    up_to = scan_of(paths[0]).frames + scan_of(paths[1]).frames
    paths[2].unlink()

    frames = read_run(tmp_path, START_MS)

    assert [frame.seq for frame in frames] == [frame.seq for frame in up_to]
    assert fold(scan_of(paths[-1]).frames).point().orders_ended == 100

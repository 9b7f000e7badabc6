"""The journal as the loop sees it: what is written in which order, what is not, and what it says when the disk cannot follow."""

import threading
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.actions import PlaceOrder
from bot.core.errors import ConfigurationError
from bot.core.events import (
    BestQuoteSeen,
    FillsReported,
    MarkPriceSeen,
    PlaceAcknowledged,
    PlaceNotSent,
    PlaceRefused,
    QuotingStopped,
    StreamAlive,
    VenueRefusedKey,
)
from bot.core.notes import Note
from bot.core.orders import ExchangeStatus, Owner, Status
from bot.observers.journal_records import (
    Gap,
    Header,
    LedgerBooked,
    Noted,
    OrderEnded,
    OrderHeld,
    RestorePoint,
    RunEnded,
    StateChanged,
    Unwritable,
)
from tests.unit.core.play import START_MS
from tests.unit.observers.journal_play import PATIENCE_S, Disk, Journalled, files, kinds, payloads, told


@pytest.fixture
def play() -> Journalled:
    play = Journalled()
    play.ready()
    return play


# --- what is written ------------------------------------------------------------------------------------------------------


def test_a_run_is_a_header_a_restore_point_what_happened_and_an_end(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path)

    play.turn(journal)
    assert journal.close()

    found = payloads(tmp_path)
    assert kinds(found[:2]) == ["Header", "RestorePoint"]
    assert isinstance(found[0], Header)
    assert found[0].run.environment == "paper"
    assert isinstance(found[-1], RunEnded)
    assert [entry.seq for entry in told(tmp_path)] == list(range(len(found)))
    assert {entry.wall_ms for entry in told(tmp_path)} == {START_MS}


def test_the_intent_of_an_order_comes_before_its_outcome(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path)
    pair = play.placed_in(journal)
    for order in pair:
        play.acknowledge(order)
        play.report(order, ExchangeStatus.NEW)
    play.turn(journal)
    journal.close()

    found = payloads(tmp_path)

    for order in pair:
        intent = next(i for i, p in enumerate(found) if isinstance(p, PlaceOrder) and p.approved.order == order)
        outcome = next(
            i for i, p in enumerate(found) if isinstance(p, PlaceAcknowledged) and p.client_order_id == order.client_order_id
        )
        assert intent < outcome


def test_an_order_that_came_to_life_elsewhere_is_held_before_what_became_of_it(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path)
    made = play.quoting()  # decided, sent and answered without a turn being shown in between
    play.turn(journal)
    journal.close()

    found = payloads(tmp_path, OrderHeld, PlaceAcknowledged, PlaceOrder)

    assert kinds(found) == ["OrderHeld", "OrderHeld", "PlaceAcknowledged", "PlaceAcknowledged"]
    assert [each.order.client_order_id for each in found if isinstance(each, OrderHeld)] == [
        each.client_order_id for each in made
    ]


def test_an_order_that_ended_is_told_once_with_its_reason(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path)
    first, second = play.placed_in(journal)
    play.engine.apply(PlaceNotSent(client_order_id=first.client_order_id, reason="no route", received_ms=play.now_ms))
    play.acknowledge(second)
    play.report(second, ExchangeStatus.NEW)
    play.turn(journal)
    play.fill(second, "0.01")
    play.report(second, ExchangeStatus.FILLED, filled=Decimal("0.01"))
    play.turn(journal)
    play.turn(journal)
    journal.close()

    ended = {each.client_order_id: each for each in payloads(tmp_path, OrderEnded) if isinstance(each, OrderEnded)}

    assert len(payloads(tmp_path, OrderEnded)) == len(ended)
    assert ended[first.client_order_id].status is Status.REJECTED
    assert "no route" in ended[first.client_order_id].reason
    assert ended[second.client_order_id].status is Status.FILLED
    assert ended[second.client_order_id].filled_lots == 1_000
    assert ended[second.client_order_id].is_reported


def test_money_that_was_booked_follows_the_fill(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path)
    bid = next(order for order in play.placed_in(journal) if order.side == "BUY")
    play.acknowledge(bid)
    play.fill(bid, "0.01")
    play.turn(journal)
    journal.close()

    found = payloads(tmp_path, FillsReported, LedgerBooked)

    assert kinds(found)[-2:] == ["FillsReported", "LedgerBooked"]
    booked = found[-1]
    assert isinstance(booked, LedgerBooked)
    assert booked.size == Decimal("0.01")
    assert booked.volume == Decimal("0.01") * booked.entry_price


def test_a_run_counts_its_money_from_where_its_ledgers_began(play: Journalled, tmp_path: Path) -> None:
    ledger = play.engine.account.ledger("BTC-USD")
    ledger.trade(Decimal("0.02"), Decimal(80_000), Decimal(20))
    journal = play.open(tmp_path)
    journal.begin(play.engine)
    bid = next(order for order in play.placed_in(journal) if order.side == "BUY")
    play.fill(bid, "0.01")
    play.turn(journal)
    journal.close()

    booked = [each for each in payloads(tmp_path, LedgerBooked) if isinstance(each, LedgerBooked)][-1]

    assert booked.fees == 0
    assert booked.volume == Decimal("0.01") * play.market.price(bid.price)
    assert booked.size == Decimal("0.03")


def test_the_state_of_the_bot_is_told_when_it_changes(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path)
    play.turn(journal)
    play.turn(journal)
    play.engine.apply(QuotingStopped(reason="lunch", received_ms=play.now_ms))
    play.turn(journal)
    journal.close()

    states = [(each.state, each.text) for each in payloads(tmp_path, StateChanged) if isinstance(each, StateChanged)]

    assert states == [("RUNNING", "quoting was started"), ("STOPPED", "lunch")]


def test_what_people_were_told_is_written_but_for_whispers(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path)
    journal.tell(
        [Note(level=level, event=level.lower(), market=None, fields={"side": Owner.BOT}) for level in ("DEBUG", "ERROR")]
    )
    journal.record(play.engine, [], [])
    journal.close()

    assert [each.note.event for each in payloads(tmp_path, Noted) if isinstance(each, Noted)] == ["error"]


def test_market_data_stay_out_unless_everything_is_wanted(play: Journalled, tmp_path: Path) -> None:
    for name, everything in (("usual", False), ("all", True)):
        journal = play.open(tmp_path / name, everything=everything)
        play.see("86200", bid=86_191, ask=86_209)
        play.engine.apply(StreamAlive(feed="book", market=None, received_ms=play.now_ms))
        play.turn(journal)
        journal.close()

    market_data = (MarkPriceSeen, BestQuoteSeen, StreamAlive)
    assert payloads(tmp_path / "usual", *market_data) == []
    assert kinds(payloads(tmp_path / "all", *market_data)) == ["MarkPriceSeen", "BestQuoteSeen", "StreamAlive"]


def test_what_cannot_be_put_into_words_leaves_a_trace_and_harms_nothing_else(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path)
    journal.tell([Note(level="INFO", event="lone \ud800", market=None, fields={})])
    journal.tell([Note(level="INFO", event="odd", market=None, fields={"object": object(), "nan": float("nan")})])
    journal.record(play.engine, [], [])
    assert journal.close()

    assert kinds(payloads(tmp_path, Unwritable, Noted)) == ["Unwritable", "Noted"]


# --- secrets --------------------------------------------------------------------------------------------------------------

CANARY = 'canary"\\-5ecret'
PRIVATE_KEY = "0x4c1f" + "0123456789abcdef" * 3 + "00c0ffee00"


def test_no_secret_reaches_the_file_whoever_passes_it_in(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path, hide=(CANARY,))
    first, _ = play.placed_in(journal)
    text = f"key {CANARY} or\n{PRIVATE_KEY[2:]} and {int(PRIVATE_KEY, 16)}"
    now_ms = play.now_ms
    play.engine.apply(PlaceRefused(client_order_id=first.client_order_id, exchange_code=1140, message=text, received_ms=now_ms))
    play.engine.apply(VenueRefusedKey(exchange_code=1101, message=text, received_ms=now_ms))
    fields = {"text": text, CANARY: [PRIVATE_KEY, {"deep": CANARY}], "number": int(PRIVATE_KEY, 16)}
    journal.tell([Note(level="ERROR", event=text, market=CANARY, fields=fields)])
    play.turn(journal)
    journal.resolve(first.client_order_id, Status.CANCELLED, text)
    assert journal.close()

    content = b"".join(path.read_bytes() for path in files(tmp_path))

    assert kinds(payloads(tmp_path, VenueRefusedKey, PlaceRefused)) == ["PlaceRefused", "VenueRefusedKey"]
    assert content.count(b"[removed]") > 8
    for secret in (CANARY.encode(), b"5ecret", PRIVATE_KEY[2:].encode(), PRIVATE_KEY[8:40].encode()):
        assert secret not in content


def test_the_files_are_for_their_owner_only(play: Journalled, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    play.open(folder).close()

    assert folder.stat().st_mode & 0o777 == 0o700
    assert files(folder)[0].stat().st_mode & 0o777 == 0o600


# --- when the disk cannot follow ------------------------------------------------------------------------------------------


def test_f149_a_folder_that_cannot_be_made_refuses_the_start_with_a_remedy(play: Journalled, tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("in the way")

    with pytest.raises(ConfigurationError, match=r"cannot be written .*; make it writable"):
        play.open(tmp_path / "journal")


def test_f145_a_slow_fsync_never_holds_the_loop(play: Journalled, tmp_path: Path) -> None:
    disk = Disk()
    journal = play.open(tmp_path, open_file=disk.open)
    play.turn(journal)
    assert journal.flush(PATIENCE_S)
    disk.syncing.clear()
    disk.may_sync.clear()
    play.turn(journal)
    play.engine.apply(QuotingStopped(reason="0", received_ms=play.now_ms))
    play.turn(journal)
    assert disk.syncing.wait(PATIENCE_S)  # from here on the writer hangs in one fsync
    syncs = disk.syncs

    calls = 500
    for number in range(1, calls + 1):
        play.engine.apply(QuotingStopped(reason=str(number), received_ms=play.now_ms))
        play.turn(journal)

    assert disk.syncs == syncs
    assert journal.backlog >= calls
    disk.may_sync.set()
    assert journal.close(PATIENCE_S)
    reasons = [each.reason for each in payloads(tmp_path, QuotingStopped) if isinstance(each, QuotingStopped)]
    assert reasons == [str(number) for number in range(calls + 1)]


def test_f145_a_disk_that_hangs_stalls_the_journal_by_age_and_by_backlog(play: Journalled, tmp_path: Path) -> None:
    disk = Disk()
    journal = play.open(tmp_path, open_file=disk.open, limits={"stall_records": 100, "stall_ms": 5_000})
    assert journal.flush(PATIENCE_S)
    disk.syncing.clear()
    disk.may_sync.clear()
    play.turn(journal)
    assert disk.syncing.wait(PATIENCE_S)

    assert not journal.is_stalled
    play.now_ms += 5_001
    assert "5001 ms" in journal.stall
    play.now_ms -= 5_001
    for _ in range(101):
        journal.resolve("mmb-a-1", Status.EXPIRED, "")
    assert "records wait" in journal.stall

    disk.may_sync.set()
    assert journal.flush(PATIENCE_S)
    assert not journal.is_stalled
    assert journal.backlog == 0
    assert journal.close(PATIENCE_S)


def test_f144_a_full_disk_is_said_and_outlived_with_nothing_lost_and_nothing_torn(play: Journalled, tmp_path: Path) -> None:
    disk = Disk()
    journal = play.open(tmp_path, open_file=disk.open)
    play.turn(journal)
    assert journal.flush(PATIENCE_S)
    disk.is_full, disk.room = True, 40
    for number in range(50):
        journal.resolve(f"mmb-a-{number}", Status.EXPIRED, "")
    assert disk.refused.wait(PATIENCE_S)
    while not journal.is_stalled:
        threading.Event().wait(0.001)
    assert "No space left on device" in journal.stall

    disk.is_full = False

    assert journal.flush(PATIENCE_S)
    assert not journal.is_stalled
    assert journal.lost == 0
    assert journal.close(PATIENCE_S)
    ids = [each.client_order_id for each in payloads(tmp_path, OrderEnded) if isinstance(each, OrderEnded)]
    assert ids == [f"mmb-a-{number}" for number in range(50)]
    assert isinstance(payloads(tmp_path)[-1], RunEnded)


def test_f144_what_the_queue_could_not_hold_is_counted_in_a_gap_record(play: Journalled, tmp_path: Path) -> None:
    disk = Disk()
    journal = play.open(tmp_path, open_file=disk.open, limits={"most_waiting": 10})
    disk.is_full = True
    for number in range(25):
        journal.resolve(f"mmb-a-{number}", Status.EXPIRED, "")
    assert journal.lost == 15
    assert journal.is_stalled

    disk.is_full = False
    assert journal.flush(PATIENCE_S)
    journal.record(play.engine, [], [])
    assert not journal.is_stalled
    assert journal.close(PATIENCE_S)

    found = payloads(tmp_path, OrderEnded, Gap)
    assert kinds(found) == ["OrderEnded"] * 10 + ["Gap"]
    assert isinstance(found[-1], Gap)
    assert found[-1].lost == 15


def test_closing_gives_up_on_a_disk_that_refuses_and_says_so(play: Journalled, tmp_path: Path) -> None:
    disk = Disk()
    journal = play.open(tmp_path, open_file=disk.open)
    disk.is_full = True
    journal.resolve("mmb-a-1", Status.EXPIRED, "")

    assert not journal.close(0.05)
    assert journal.is_stalled
    assert kinds(payloads(tmp_path)) == ["Header", "RestorePoint"]


def test_a_writer_that_dies_of_a_bug_stalls_the_journal_for_good(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path)

    journal._writer.waiting.put("not a batch")  # type: ignore[arg-type]  # a mistake of ours
    journal._thread.join(PATIENCE_S)

    assert "writer stopped: AttributeError" in journal.stall
    assert not journal.close(PATIENCE_S)


def test_a_file_that_somebody_removes_is_followed_by_one_that_says_what_is_missing(play: Journalled, tmp_path: Path) -> None:
    journal = play.open(tmp_path)
    for number in range(3):
        journal.resolve(f"mmb-a-{number}", Status.EXPIRED, "")
    assert journal.flush(PATIENCE_S)
    files(tmp_path)[0].unlink()

    journal.resolve("mmb-a-3", Status.EXPIRED, "")
    assert journal.flush(PATIENCE_S)
    journal.resolve("mmb-a-4", Status.EXPIRED, "")
    assert journal.close(PATIENCE_S)

    found = payloads(tmp_path)
    assert kinds(found) == ["Header", "RestorePoint", "Gap", "OrderEnded", "RunEnded"]
    assert isinstance(found[1], RestorePoint)
    assert found[1].orders_ended == 4
    assert isinstance(found[2], Gap)
    assert found[2].lost == 4

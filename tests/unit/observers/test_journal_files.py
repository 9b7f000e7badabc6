"""Files that repair themselves, real disks that are full, and how much is kept."""

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.errors import ConfigurationError
from bot.core.orders import Status
from bot.observers.journal_files import DiskFile, SegmentFile, SegmentName, name_of, quarantine, retain, segments
from bot.observers.journal_records import OrderEnded, RunEnded
from tests.unit.core.play import START_MS
from tests.unit.observers.journal_play import PATIENCE_S, Journalled, payloads, recovered


class Paper:
    """A file in memory whose next calls may fail."""

    def __init__(self) -> None:
        self.content = b""
        self.safe = b""
        self.fail: list[str] = []
        self.room = 0

    def _may(self, what: str) -> None:
        if self.fail and self.fail[0] == what:
            self.fail.pop(0)
            raise OSError(errno.EIO, "Input/output error")

    def write(self, content: bytes) -> None:
        try:
            self._may("write")
        except OSError:
            self.content += content[: self.room]
            raise
        self.content += content

    def sync(self) -> None:
        try:
            self._may("sync")
        except OSError:
            self.content = self.safe + b"?" * (len(self.content) - len(self.safe))  # nobody knows what a failed fsync leaves
            raise
        self.safe = self.content

    def truncate(self, size: int) -> None:
        self._may("truncate")
        self.content = self.content[:size]

    def close(self) -> None: ...


def stubborn(file: SegmentFile, what: str, content: bytes = b"") -> int:
    """Repeat one step until the disk takes it; returns how often it was refused."""
    refusals = 0
    while True:
        try:
            file.append(content) if what == "append" else file.sync()
        except OSError:
            refusals += 1
        else:
            return refusals


@pytest.mark.parametrize("room", [0, 1, 3])
@pytest.mark.parametrize("then", [[], ["truncate"], ["truncate", "write"], ["write", "truncate", "truncate"]])
def test_a_refused_write_leaves_no_trace_once_it_is_repeated(room: int, then: list[str]) -> None:
    paper = Paper()
    file = SegmentFile(paper)
    file.append(b"one\n")
    paper.room, paper.fail = room, ["write", *then]

    refusals = stubborn(file, "append", b"two\n")
    file.append(b"three\n")

    assert refusals == 1 + len(then)
    assert paper.content == b"one\ntwo\nthree\n"
    assert file.size == len(paper.content)


@pytest.mark.parametrize("then", [[], ["sync"], ["truncate"], ["write"], ["write", "sync", "truncate", "write"]])
def test_a_failed_sync_writes_anew_what_was_not_safe(then: list[str]) -> None:
    paper = Paper()
    paper.room = 2
    file = SegmentFile(paper)
    file.append(b"one\n")
    file.sync()
    file.append(b"two\n")
    file.append(b"three\n")
    paper.fail = ["sync", *then]

    stubborn(file, "sync")

    assert paper.safe == b"one\ntwo\nthree\n"
    assert file.is_synced


def test_names_sort_in_order_of_writing_and_nothing_else_is_taken_for_a_journal(tmp_path: Path) -> None:
    names = [SegmentName(START_MS, 2), SegmentName(START_MS + 1, 1), SegmentName(START_MS, 10), SegmentName(START_MS, 1)]
    for name in names:
        (tmp_path / name.text).touch()
    for other in ("notes.txt", "1-2.journal.new", "a-1.journal", "1790000000000-00001.journal~"):
        (tmp_path / other).touch()

    assert [name_of(path) for path in segments(tmp_path)] == sorted(names)


def test_a_quarantined_file_keeps_its_content_under_a_name_that_nothing_reads(tmp_path: Path) -> None:
    path = tmp_path / SegmentName(START_MS, 1).text
    for content in (b"first", b"second"):
        path.write_bytes(content)
        assert quarantine(path).read_bytes() == content

    assert segments(tmp_path) == []
    assert len(segments(tmp_path, with_quarantined=True)) == 2


def test_the_oldest_files_go_first_and_what_must_stay_stays(tmp_path: Path) -> None:
    paths = [tmp_path / SegmentName(START_MS, number).text for number in range(1, 7)]
    for path in paths:
        path.write_bytes(b"x" * 100)
    quarantine(paths[0])

    assert retain(tmp_path, 350, keep=paths[-2:]) == 3
    assert segments(tmp_path, with_quarantined=True) == paths[3:]
    assert retain(tmp_path, 0, keep=paths[-2:]) == 1
    assert segments(tmp_path) == paths[-2:]


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"kept")

    with pytest.raises(FileExistsError):
        DiskFile(path)


def test_a_run_that_grows_is_rotated_and_bounded(tmp_path: Path) -> None:
    play = Journalled()
    journal = play.open(tmp_path, limits={"segment_bytes": 5_000, "total_bytes": 20_000})
    for number in range(1_000):
        journal.resolve(f"mmb-a-{number}", Status.EXPIRED, "")
        if number % 20 == 0:
            assert journal.flush(PATIENCE_S)
    assert journal.close(PATIENCE_S)

    kept = segments(tmp_path)
    past = recovered(tmp_path)

    assert len(kept) > 2
    assert sum(path.stat().st_size for path in kept) < 20_000 + 6_000
    assert past.point.orders_ended == 1_000
    assert journal.written[1] > 100_000


def test_a_journal_larger_than_allowed_keeps_the_present_file_and_the_one_before(tmp_path: Path) -> None:
    play = Journalled()
    journal = play.open(tmp_path, limits={"segment_bytes": 2_000, "total_bytes": 1})
    for number in range(200):
        journal.resolve(f"mmb-a-{number}", Status.EXPIRED, "")
        assert number % 10 or journal.flush(PATIENCE_S)
    assert journal.close(PATIENCE_S)

    assert len(segments(tmp_path)) == 2
    segments(tmp_path)[-1].write_bytes(b"nothing of use\n" * 3)
    assert recovered(tmp_path).point.orders_ended > 150


# --- a real disk ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 64 KiB, where this is allowed."""
    place = tmp_path / "tiny"
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a tiny file system; the refusals of a disk are tested above all the same")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("nothing may be mounted here; the refusals of a disk are tested above all the same")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_f144_on_a_disk_that_is_really_full_nothing_is_lost_and_the_journal_recovers_by_itself(tiny_disk: Path) -> None:
    play = Journalled()
    journal = play.open(tiny_disk / "journal")
    ballast = tiny_disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 512)
    count = 0
    while not journal.is_stalled:
        journal.resolve(f"mmb-a-{count}", Status.EXPIRED, "because " * 20)
        count += 1
        journal.flush(0.05)
        assert count < 2_000
    for _ in range(50):
        journal.resolve(f"mmb-a-{count}", Status.EXPIRED, "")
        count += 1

    ballast.unlink()

    assert journal.flush(PATIENCE_S)
    assert not journal.is_stalled
    assert journal.close(PATIENCE_S)
    ids = [each.client_order_id for each in payloads(tiny_disk / "journal", OrderEnded) if isinstance(each, OrderEnded)]
    assert ids == [f"mmb-a-{number}" for number in range(count)]
    assert isinstance(payloads(tiny_disk / "journal")[-1], RunEnded)


def test_f144_no_run_begins_on_a_full_disk(tiny_disk: Path) -> None:
    with contextlib.suppress(OSError), (tiny_disk / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 512)

    with pytest.raises(ConfigurationError, match="No space left on device"):
        Journalled().open(tiny_disk)

    assert segments(tiny_disk) == []


def test_f149_a_folder_that_turned_read_only_refuses_the_start(tiny_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)

    with pytest.raises(ConfigurationError, match="Read-only file system"):
        Journalled().open(tiny_disk / "journal")

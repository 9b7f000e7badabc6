"""Reading journals: what a restart learns from the last run, and the happenings of a run in order.

Every file begins with a restore point, so the newest readable one is enough; older files are looked at only when it is not. The
exchange stays the authority on orders and positions: the journal says what was intended and what was booked.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, get_args

import msgspec

from bot.core.events import FillsReported, OrderLookedUp, OrdersReported, PlaceAcknowledged
from bot.observers.journal_files import name_of, quarantine, segments, sync_folder
from bot.observers.journal_fold import Fold
from bot.observers.journal_frames import Damage, Frame, Scan, scan
from bot.observers.journal_records import (
    DayCorrected,
    FileStatus,
    Gap,
    Header,
    JournalEntry,
    JournalRefused,
    LedgerBooked,
    OrderEnded,
    OrderHeld,
    OwnRecord,
    Payload,
    RestorePoint,
    RunEnded,
    RunManifest,
)
from bot.observers.journal_segments import FIRST_RECORDS, Previous

HEADER_BYTES: Final = 65_536
"""A header lies within the first this many bytes of its file."""


def _tag(kind: type) -> str:
    return str(kind.__struct_config__.tag)  # type: ignore[attr-defined]  # every kind of payload is a tagged record


# The fold looks at these; a record of any other kind may change its shape without making a journal unreadable at start.
_SENDING: Final = tuple(kind for kind in get_args(Payload) if "approved" in kind.__struct_fields__)
_FOLDED: Final = frozenset(
    _tag(kind)
    for kind in (
        *_SENDING,
        PlaceAcknowledged,
        OrdersReported,
        OrderLookedUp,
        FillsReported,
        RestorePoint,
        LedgerBooked,
        DayCorrected,
        OrderHeld,
        OrderEnded,
        Gap,
    )
)
_DECODER: Final = msgspec.json.Decoder(Payload)


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in one file, for people."""

    name: str
    status: FileStatus
    records: int
    detail: str


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """What the past left behind. `point` is rolled to today; empty when there is no journal of this account."""

    point: RestorePoint
    previous: Previous
    last_run: RunManifest | None
    files: tuple[FileReport, ...]

    @property
    def status(self) -> FileStatus | None:
        """The worst of what was found in this account's files; None when there are none."""
        found = [report.status for report in self.files if report.status is not FileStatus.OTHER_ACCOUNT]
        order = (FileStatus.ENDED, FileStatus.RECOVERED, FileStatus.QUARANTINED)
        return max(found, key=order.index, default=None)


class _Found(msgspec.Struct, frozen=True):
    path: Path
    scan: Scan
    header: Header | None
    status: FileStatus

    @property
    def is_usable(self) -> bool:
        ours = self.status is not FileStatus.OTHER_ACCOUNT
        return ours and self.header is not None and len(self.scan.frames) >= FIRST_RECORDS

    def report(self) -> FileReport:
        detail = "" if self.scan.damage is Damage.NONE else f"{self.scan.damage} after {self.scan.good_bytes} bytes"
        return FileReport(name=self.path.name, status=self.status, records=len(self.scan.frames), detail=detail)


# --- pure -----------------------------------------------------------------------------------------------------------------


def tag_of(frame: Frame) -> str:
    """Return what kind of record a frame holds, without looking further into it."""
    text = bytes(frame.payload)
    start = len(b'{"type":"')
    return text[start : text.index(b'"', start)].decode()


def fold(frames: Iterable[Frame]) -> Fold:
    """Return what the records of one file add up to.

    Raises: JournalRefused for a record that this program cannot read.
    """
    folded = Fold()
    for frame in frames:
        if tag_of(frame) in _FOLDED:
            folded.apply(frame.wall_ms, _decode(frame))
        else:
            folded.roll(frame.wall_ms)
    return folded


def entries(frames: Iterable[Frame]) -> Iterator[JournalEntry]:
    """Yield every record with its own type.

    Raises: JournalRefused for a record that this program cannot read.
    """
    for frame in frames:
        yield JournalEntry(seq=frame.seq, wall_ms=frame.wall_ms, monotonic_ms=frame.monotonic_ms, payload=_decode(frame))


def replay(frames: Iterable[Frame]) -> Iterator[JournalEntry]:
    """Yield what happened and what was done, events and actions only, in order. Those of one turn share their times.

    Raises: JournalRefused for a record that this program cannot read.
    """
    return (entry for entry in entries(frames) if not isinstance(entry.payload, OwnRecord))


def _decode(frame: Frame) -> Payload:
    try:
        payload: Payload = _DECODER.decode(frame.payload)
    except msgspec.MsgspecError as error:
        raise JournalRefused(
            f"record {frame.seq} ({tag_of(frame)}) was written by another version of the program and cannot be read ({error}); "
            "use that version, or move the journal folder away to start a new one"
        ) from None
    return payload


def _header_of(found: Scan) -> Header | None:
    if not found.frames or tag_of(found.frames[0]) != _tag(Header):
        return None
    header = _decode(found.frames[0])
    return header if isinstance(header, Header) else None


def _status_of(found: Scan) -> FileStatus:
    if found.damage is Damage.CORRUPT:
        return FileStatus.QUARANTINED
    is_ended = bool(found.frames) and tag_of(found.frames[-1]) == _tag(RunEnded)
    return FileStatus.ENDED if is_ended and found.damage is Damage.NONE else FileStatus.RECOVERED


# --- files ----------------------------------------------------------------------------------------------------------------


def recover(folder: Path, run: RunManifest, now_ms: int) -> Recovered:
    """Return what earlier runs of the same account left behind, and repair their files.

    A torn tail is cut off; a file that is damaged before its end is renamed to `….quarantined`, and what precedes the damage is
    used. Blocks on the disk: call it in a thread. `now_ms` says which UTC day is today.

    Raises: JournalRefused for a file of another format or that cannot be read or repaired; nothing was changed then.
    """
    found = _look(folder, run)
    recovered = _conclude(found, now_ms)
    try:
        for each in found:
            _repair(each)
    except OSError as error:
        raise JournalRefused(f"the journal in {folder} cannot be repaired ({error.strerror}); make the folder writable") from None
    return recovered


def examine(folder: Path, run: RunManifest, now_ms: int) -> Recovered:
    """Return what `recover` would, and change nothing.

    Raises: JournalRefused as `recover` does.
    """
    return _conclude(_look(folder, run), now_ms)


def read_run(folder: Path, epoch_ms: int) -> list[Frame]:
    """Return the records of one run from its oldest file that is still kept, up to the first damage or missing file.

    Raises: JournalRefused for a file of another format or that cannot be read.
    """
    frames: list[Frame] = []
    before: Previous | None = None
    for path in _segments(folder):
        name = name_of(path)
        if name is None or name.epoch_ms != epoch_ms:
            continue
        found = _scan_file(path)
        header = _header_of(found)
        follows = before is None or (header is not None and Previous(header.previous_file, header.previous_digest) == before)
        if header is None or not follows:
            break
        frames += found.frames
        if found.damage is not Damage.NONE:
            break
        before = Previous(path.name, found.digest.hex())
    return frames


def _look(folder: Path, run: RunManifest) -> list[_Found]:
    """Read files, newest first, until one has a restore point."""
    looked: list[_Found] = []
    for path in reversed(_segments(folder)):
        beginning = _scan_file(path, HEADER_BYTES)
        header = _header_of(beginning)
        if header is not None and not header.run.is_same_account(run):
            looked.append(_Found(path, beginning, header, FileStatus.OTHER_ACCOUNT))
            continue
        whole = _scan_file(path)
        looked.append(_Found(path, whole, header, _status_of(whole)))
        if looked[-1].is_usable:
            break
    return looked


def _conclude(looked: list[_Found], now_ms: int) -> Recovered:
    reports = tuple(each.report() for each in looked)
    usable = next((each for each in looked if each.is_usable), None)
    if usable is None or usable.header is None:
        empty = Fold()
        empty.roll(now_ms)
        return Recovered(point=empty.point(), previous=Previous(), last_run=None, files=reports)
    try:
        folded = fold(usable.scan.frames)
    except JournalRefused as error:
        raise JournalRefused(f"the journal {usable.path} cannot be used: {error}") from None
    folded.roll(now_ms)
    previous = Previous(usable.path.name, usable.scan.digest.hex())
    return Recovered(point=folded.point(), previous=previous, last_run=usable.header.run, files=reports)


def _repair(found: _Found) -> None:
    if found.status is FileStatus.QUARANTINED:
        quarantine(found.path)
        sync_folder(found.path.parent)
    elif found.status is FileStatus.RECOVERED and found.scan.damage is Damage.TORN:
        os.truncate(found.path, found.scan.good_bytes)


def _segments(folder: Path) -> list[Path]:
    try:
        return segments(folder) if folder.exists() else []
    except OSError as error:
        raise JournalRefused(f"the journal folder {folder} cannot be read ({error.strerror}); make it readable") from None


def _scan_file(path: Path, most_bytes: int = -1) -> Scan:
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes)
    except OSError as error:
        raise JournalRefused(f"the journal {path} cannot be read ({error.strerror}); make it readable or move it away") from None
    try:
        return scan(content)
    except JournalRefused as error:
        raise JournalRefused(f"the journal {path} cannot be used: {error}") from None

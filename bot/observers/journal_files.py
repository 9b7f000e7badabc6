"""The journal's files: names, one file that repairs itself after a refusal of the disk, and how much is kept.

A write that failed may have left half a record behind, and after a failed fsync nobody can tell what reached the disk. So the
part that is not known to be safe is kept in memory until it is, cut off the file and written again. Nothing is written behind a
torn record.
"""

import contextlib
import os
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, Protocol

import msgspec

SUFFIX: Final = ".journal"
QUARANTINED_SUFFIX: Final = ".quarantined"
_NAME: Final = re.compile(r"([0-9]{1,16})-([0-9]{1,6})\.journal(?:\.quarantined(?:-[0-9]+)?)?")


class OpenedFile(Protocol):
    """A file that grows; every method raises `OSError` when the disk refuses."""

    def write(self, content: bytes) -> None:
        """Append all of `content`."""

    def sync(self) -> None:
        """Return once everything written is safe from a power cut."""

    def truncate(self, size: int) -> None: ...
    def close(self) -> None: ...


OpenFile = Callable[[Path], OpenedFile]
"""Creates a file that must not exist yet."""


class DiskFile:
    """A file on a disk, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, flags, 0o600)

    def write(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def sync(self) -> None:
        os.fsync(self._descriptor)
        self._path.stat()  # raises when the file was removed: what is written then would be lost

    def truncate(self, size: int) -> None:
        os.ftruncate(self._descriptor, size)

    def close(self) -> None:
        os.close(self._descriptor)


class SegmentFile:
    """A growing file of which a refused write leaves no trace."""

    def __init__(self, file: OpenedFile) -> None:
        self._file = file
        self.size = 0
        self._synced = 0
        self._unsynced: list[bytes] = []
        self._cut_to: int | None = None
        """Where the part begins that may be damaged; None while all is well."""

    @property
    def is_synced(self) -> bool:
        return self._synced == self.size and self._cut_to is None

    def append(self, content: bytes) -> None:
        """Write `content` as a whole or not at all.

        Raises: OSError when the disk refuses; the same call may be repeated.
        """
        self._repair()
        try:
            self._file.write(content)
        except OSError:
            self._cut_to = self.size
            raise
        self.size += len(content)
        self._unsynced.append(content)

    def sync(self) -> None:
        """Make everything appended so far safe from a power cut.

        Raises: OSError when the disk refuses; the same call may be repeated.
        """
        self._repair()
        try:
            self._file.sync()
        except OSError:
            self._cut_to = self._synced
            raise
        self._synced = self.size
        self._unsynced.clear()

    def _repair(self) -> None:
        if self._cut_to is None:
            return
        self._file.truncate(self._cut_to)
        if self._cut_to < self.size:
            # Written anew, not only synced anew: pages that a failed fsync left behind count as clean.
            self._file.write(b"".join(self._unsynced))
        self._cut_to = None

    def close(self) -> None:
        with contextlib.suppress(OSError):  # what was to be kept is synced before; a failing close loses nothing more
            self._file.close()


class SegmentName(msgspec.Struct, frozen=True, order=True):
    """What a file's name says; sorts in order of writing."""

    epoch_ms: int
    segment: int

    @property
    def text(self) -> str:
        return f"{self.epoch_ms:013d}-{self.segment:05d}{SUFFIX}"


def name_of(path: Path) -> SegmentName | None:
    """Return what the name of a journal file says, None for any other file."""
    found = _NAME.fullmatch(path.name)
    return SegmentName(int(found[1]), int(found[2])) if found else None


def segments(folder: Path, *, with_quarantined: bool = False) -> list[Path]:
    """Return the journal files of a folder, oldest first."""
    named = [(name, path) for path in folder.iterdir() if (name := name_of(path)) is not None]
    return [path for _, path in sorted(named) if with_quarantined or path.suffix == SUFFIX]


def retain(folder: Path, most_bytes: int, keep: Collection[Path]) -> int:
    """Delete the oldest files until the rest fits into `most_bytes`; `keep` always stays. Returns how many were deleted."""
    paths = segments(folder, with_quarantined=True)
    total = sum(path.stat().st_size for path in paths)
    deleted = 0
    for path in paths:
        if total <= most_bytes:
            break
        if path not in keep:
            total -= path.stat().st_size
            path.unlink()
            deleted += 1
    return deleted


def sync_folder(folder: Path) -> None:
    """Make new and renamed files of a folder safe from a power cut, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def quarantine(path: Path) -> Path:
    """Set a damaged file aside under a name that nothing reads; returns the new path."""
    target = path.with_name(path.name + QUARANTINED_SUFFIX)
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}{QUARANTINED_SUFFIX}-{number}")
    path.rename(target)
    return target

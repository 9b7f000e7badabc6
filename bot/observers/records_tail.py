"""Follows a journal while it is written: reads what was added since the last look, file after file, whole lines only.

Where it stands is a value that whoever asks keeps; the same place gives the same records. Nothing here writes, so a journal can
be followed by as many as like to.
"""

from pathlib import Path
from typing import Final

import msgspec

from bot.observers.journal_files import segments
from bot.observers.journal_frames import FIRST_LINE, Frame, digest_after, first_digest
from bot.observers.journal_records import Header, JournalEntry, JournalRefused
from bot.observers.journal_recovery import entries

MOST_BYTES: Final = 128 * 1024
"""Read at a time; a longer line is read as a whole."""
_HEX: Final = 32
_START: Final = len(FIRST_LINE) + 1


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where reading goes on: a file ("" before the first), how many of its bytes were read, and the digest of the last line."""

    file: str = ""
    read_bytes: int = 0
    digest: str = ""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was added, and the place behind it. `is_all` False: there is more to read at once."""

    entries: tuple[JournalEntry, ...]
    place: Place
    is_all: bool
    gap: str = ""
    """Says what could not be read, for people."""
    unknown: int = 0
    """Records that this program cannot read; passed over."""


class JournalTail:
    """Reads one folder. Blocks for the disk: call it in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def header(self, place: Place) -> JournalEntry | None:
        """Return the header of the file in which `place` lies: it says whose the records behind it are."""
        path = self._folder / place.file
        if not place.file or not path.is_file():
            return None
        with path.open("rb") as file:
            file.seek(_START)
            line = file.readline()
        found, _, _ = _read_lines(line, first_digest())
        told = _known(found)[0]
        return told[0] if told and isinstance(told[0].payload, Header) else None

    def read(self, place: Place) -> Read:
        """Return what stands behind `place`."""
        if not self._folder.is_dir():
            return Read(entries=(), place=place, is_all=True)
        names = [path.name for path in segments(self._folder)]
        if place.file not in names:
            return self._begin(names, place)
        return self._continue(place, next((name for name in names if name > place.file), ""))

    def _begin(self, names: list[str], place: Place) -> Read:
        """Go on with the first file behind one that is gone, or with the very first one."""
        following = next((name for name in names if name > place.file), "")
        if not following:
            return Read(entries=(), place=place, is_all=True)
        gap = f"{place.file} is gone; reading goes on with {following}" if place.file else ""
        return Read(entries=(), place=_at_start(following), is_all=False, gap=gap)

    def _continue(self, place: Place, following: str) -> Read:
        content = self._content(place)
        start = 0
        if place.read_bytes == 0:
            if not content.startswith(FIRST_LINE + b"\n"):
                return _onward(place, following, "begins with a line that this program cannot read")
            start = _START
        frames, good_bytes, digest = _read_lines(content[start:], bytes.fromhex(place.digest))
        if not frames:
            is_whole = not content[start:]
            return _onward(place, following, "" if is_whole else f"is damaged behind {place.read_bytes + start} bytes")
        told, unknown = _known(frames)
        behind = Place(file=place.file, read_bytes=place.read_bytes + start + good_bytes, digest=digest.hex())
        is_all = len(content) < MOST_BYTES and not following
        return Read(entries=told, place=behind, is_all=is_all, unknown=unknown)

    def _content(self, place: Place) -> bytes:
        with (self._folder / place.file).open("rb") as file:
            file.seek(place.read_bytes)
            content = file.read(MOST_BYTES)
            if len(content) == MOST_BYTES and content.count(b"\n") < 2:
                content += file.readline()
                content += file.readline()
            return content


def _at_start(file: str) -> Place:
    return Place(file=file, read_bytes=0, digest=first_digest().hex())


def _onward(place: Place, following: str, problem: str) -> Read:
    """Turn to the next file where there is one; the last one may still be growing."""
    if not following:
        return Read(entries=(), place=place, is_all=True)
    gap = f"{place.file} {problem}" if problem else ""
    return Read(entries=(), place=_at_start(following), is_all=False, gap=gap)


def _read_lines(content: bytes, digest: bytes) -> tuple[list[Frame], int, bytes]:
    """Return the records of whole lines up to the first that is not what it should be, their length, and the last digest."""
    frames: list[Frame] = []
    offset = 0
    while (end := content.find(b"\n", offset)) >= 0:
        body = content[offset + _HEX + 1 : end]
        following = digest_after(digest, body)
        if content[offset : offset + _HEX + 1] != following.hex().encode() + b" ":
            break
        try:
            frames.append(msgspec.json.decode(body, type=Frame))
        except msgspec.MsgspecError:
            break
        digest, offset = following, end + 1
    return frames, offset, digest


def _known(frames: list[Frame]) -> tuple[tuple[JournalEntry, ...], int]:
    """Return the records that this program can read, and how many it cannot."""
    told: list[JournalEntry] = []
    for frame in frames:
        try:
            told += entries((frame,))
        except JournalRefused:
            continue  # of another version; counted below, because nothing was appended for it
    return tuple(told), len(frames) - len(told)

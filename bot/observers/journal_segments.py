"""The files of one run, one after the other: each begins with its header and a restore point and is chained to the one before.

Every method that writes raises `OSError` when the disk refuses, and may then be called again with nothing lost and nothing
written twice.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from bot.observers.journal_files import OpenFile, SegmentFile, SegmentName, retain, segments, sync_folder
from bot.observers.journal_fold import Fold
from bot.observers.journal_frames import FIRST_LINE, Chain, Encoder
from bot.observers.journal_records import Gap, Header, Payload, RunManifest
from bot.ports import Clock

FIRST_RECORDS: Final = 2
"""Header and restore point."""


class Previous(msgspec.Struct, frozen=True):
    """The file that another one continues, and the digest of its last good record; empty for the very first."""

    file: str = ""
    digest: str = ""


class Segments:
    """Turns payloads into lines of the present file, and begins the next file when that is due."""

    def __init__(
        self,
        folder: Path,
        run: RunManifest,
        *,
        clock: Clock,
        encoder: Encoder,
        fold: Fold,
        open_file: OpenFile,
        segment_bytes: int,
        total_bytes: int,
    ) -> None:
        self.lines = 0
        """Written in this run, all files together."""
        self.size = 0
        """Bytes written in this run."""
        self._folder = folder
        self._run = run
        self._clock = clock
        self._encoder = encoder
        self._fold = fold
        self._open_file = open_file
        self._segment_bytes = segment_bytes
        self._total_bytes = total_bytes
        self._number = 0
        self._first_seq = 0
        self._chain = Chain(encoder, 0)
        self._path = folder
        self._file: SegmentFile | None = None

    @property
    def is_synced(self) -> bool:
        return self._file is None or self._file.is_synced

    @property
    def is_full(self) -> bool:
        """True when the next file is due."""
        return self._file is not None and self._file.size >= self._segment_bytes

    def open(self, previous: Previous) -> None:
        """Create the first file of the run."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._fold.begin_run()
        self._start(previous)
        self._retain()

    def lines_of(self, wall_ms: int, monotonic_ms: int, payloads: Iterable[Payload]) -> bytes:
        """Return the next lines; they must be appended before anything else is."""
        lines = []
        for payload in payloads:
            self._fold.apply(wall_ms, payload)
            lines.append(self._chain.line(wall_ms, monotonic_ms, payload))
        self.lines += len(lines)
        return b"".join(lines)

    def append(self, lines: bytes) -> None:
        """Write lines as a whole."""
        assert self._file is not None
        self._file.append(lines)
        self.size += len(lines)

    def sync(self) -> None:
        """Make everything written safe from a power cut; a file that somebody removed is followed by a new one that says so."""
        assert self._file is not None
        try:
            self._file.sync()
        except FileNotFoundError:
            self._follow_removed()

    def rotate(self) -> None:
        """Begin the next file, and keep the total size bounded."""
        self.sync()
        self._start(Previous(self._path.name, self._chain.digest.hex()))
        self._retain()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _start(self, previous: Previous, *first: Payload) -> None:
        """Create the next file; it is used only once its header and restore point are safe on the disk."""
        self._number += 1
        path = self._folder / SegmentName(self._run.epoch_ms, self._number).text
        wall_ms, monotonic_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        self._fold.roll(wall_ms)
        chain = Chain(self._encoder, self._chain.next_seq)
        header = Header(run=self._run, segment=self._number, previous_file=previous.file, previous_digest=previous.digest)
        lines = [chain.line(wall_ms, monotonic_ms, payload) for payload in (header, self._fold.point(), *first)]
        content = FIRST_LINE + b"\n" + b"".join(lines)
        file = SegmentFile(self._open_file(path))
        try:
            file.append(content)
            file.sync()
            sync_folder(self._folder)
        except OSError:
            file.close()
            with contextlib.suppress(OSError):  # reading passes over a file without a whole header
                path.unlink()
            raise
        self.close()
        self._first_seq = self._chain.next_seq
        self._file, self._chain, self._path = file, chain, path
        self.lines += len(lines)
        self.size += len(content)
        for payload in first:
            self._fold.apply(wall_ms, payload)

    def _follow_removed(self) -> None:
        lost = self._chain.next_seq - self._first_seq - FIRST_RECORDS
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        gap = Gap(lost=lost, since_ms=self._clock.now_ms(), reason="the journal's file was removed while it was written")
        self._start(Previous(self._path.name, self._chain.digest.hex()), gap)

    def _retain(self) -> None:
        """Keep the total size bounded; the present file and the one before always stay, each with a restore point of its own."""
        with contextlib.suppress(OSError):  # what cannot be deleted now is deleted at the next turn
            retain(self._folder, self._total_bytes, keep=segments(self._folder)[-2:])

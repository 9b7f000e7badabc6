"""The journal's writer: one thread that takes what waits and brings it to the disk in groups.

What the disk refuses is tried again until it is taken, in order; meanwhile `problem` says what is wrong and everything behind
waits in the queue.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from bot.observers.journal_records import Payload, RunEnded
from bot.observers.journal_segments import Segments
from bot.observers.journal_sieve import Sieve
from bot.ports import Clock

IDLE_S: Final = 0.5
"""Every wait of the thread ends at least this often."""
LINES_AT_ONCE: Final = 50
"""Lines made in one go; writing them offers the interpreter to the event loop."""
BATCHES_AT_ONCE: Final = 500


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """When the writer does what."""

    group_ms: int
    sync_ms: int
    retry_ms: int


class Batch(msgspec.Struct, frozen=True):
    """What happened in one turn of the loop, in order."""

    wall_ms: int
    monotonic_ms: int
    items: list[Payload]


Waiting = Batch | threading.Event | None
"""A batch; a bell to ring once everything before it is safe; or the end."""


class Writer:
    """The thread's side. Its counters may be read from anywhere; only the thread writes them."""

    def __init__(self, segments: Segments, sieve: Sieve | None, *, clock: Clock, rhythm: Rhythm) -> None:
        self.waiting: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        self.hurry = threading.Event()
        """Set: do not pause between groups any more."""
        self.give_up = threading.Event()
        """Set: stop trying what the disk refuses."""
        self.done = 0
        """Records taken from the queue and written, or found to say nothing new."""
        self.problem = ""
        self.busy_since_ms: int | None = None
        """Monotonic time since which the disk is being waited for; None while it is not."""
        self.is_complete = False
        """True once the end of the run was written and synced."""
        self._segments = segments
        self._sieve = sieve
        self._clock = clock
        self._rhythm = rhythm
        self._synced_ms = clock.monotonic_ms()
        self._wrote_ms: int | None = None

    def run(self) -> None:
        """Write until the end is asked for, or until nothing more can be hoped for."""
        try:
            while self._turn():
                self.busy_since_ms = None
        except Exception as error:  # noqa: BLE001 - the border of a thread: the journal then counts as stalled for good
            self.problem = f"the journal's writer stopped: {type(error).__name__}: {error}"

    def _turn(self) -> bool:
        batches, signal = self._gather()
        self.busy_since_ms = batches[0].monotonic_ms if batches else self._clock.monotonic_ms()
        self._write(batches)
        if signal is None:
            self._end()
        elif signal is not _NO_SIGNAL:
            if self._persist(self._segments.sync):
                signal.set()
        elif self._is_sync_due(is_idle=not batches) and self._persist(self._segments.sync):
            self._synced_ms = self._clock.monotonic_ms()
        return signal is not None and not self.give_up.is_set()

    def _gather(self) -> tuple[list[Batch], threading.Event | None]:
        """Wait for something, then take what has come meanwhile, up to the next bell or the end, which is returned beside it."""
        batches: list[Batch] = []
        try:
            found = self.waiting.get(timeout=IDLE_S)
            self._pause()
            while isinstance(found, Batch):
                batches.append(found)
                if len(batches) >= BATCHES_AT_ONCE:
                    return batches, _NO_SIGNAL
                found = self.waiting.get_nowait()
        except queue.Empty:
            return batches, _NO_SIGNAL
        return batches, found

    def _pause(self) -> None:
        """Let a group gather, unless the last one was written long enough ago."""
        if self._wrote_ms is None:
            return
        left_ms = self._rhythm.group_ms - (self._clock.monotonic_ms() - self._wrote_ms)
        if left_ms > 0:
            self.hurry.wait(left_ms / 1000)

    def _write(self, batches: Iterable[Batch]) -> None:
        for batch in batches:
            for lines in self._lines(batch):
                if not self._append(lines):
                    return
            self.done += len(batch.items)
            self._wrote_ms = self._clock.monotonic_ms()
        if self._segments.is_full:
            self._persist(self._segments.rotate)

    def _lines(self, batch: Batch) -> Iterator[bytes]:
        kept = self._sift(batch)
        for start in range(0, len(kept), LINES_AT_ONCE):
            yield self._segments.lines_of(batch.wall_ms, batch.monotonic_ms, kept[start : start + LINES_AT_ONCE])

    def _sift(self, batch: Batch) -> list[Payload]:
        if self._sieve is None:
            return batch.items
        sifted = [self._sieve.keep(payload, batch.monotonic_ms) for payload in batch.items]
        sifted.append(self._sieve.due(batch.monotonic_ms))
        return [payload for payload in sifted if payload is not None]

    def _append(self, lines: bytes) -> bool:
        return self._persist(lambda: self._segments.append(lines))

    def _persist(self, step: Callable[[], None]) -> bool:
        """Repeat a step until the disk takes it; False when it was given up."""
        while not self.give_up.is_set():
            try:
                step()
            except OSError as error:
                self.problem = f"the disk refuses the journal: {error.strerror or error}"
                self.give_up.wait(self._rhythm.retry_ms / 1000)
            else:
                self.problem = ""
                return True
        return False

    def _is_sync_due(self, *, is_idle: bool) -> bool:
        if self._segments.is_synced:
            return False
        return is_idle or self._clock.monotonic_ms() - self._synced_ms >= self._rhythm.sync_ms

    def _end(self) -> None:
        wall_ms, monotonic_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        counted = self._sieve.rest() if self._sieve is not None else None
        last: list[Payload] = [counted] if counted is not None else []
        lines = self._segments.lines_of(wall_ms, monotonic_ms, [*last, RunEnded()])
        self.is_complete = self._append(lines) and self._persist(self._segments.sync)


_NO_SIGNAL: Final = threading.Event()
"""Stands for "go on": no bell to ring, and not the end."""

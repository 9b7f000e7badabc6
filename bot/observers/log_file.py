"""The log on disk: one JSON object for each line, in files of bounded size and number, written by a thread.

A disk that is slow or full never holds up the bot: what finds no place in the queue is dropped and counted.
"""

import os
import queue
import threading
from pathlib import Path
from typing import IO, Final

import msgspec

from bot.bot_logger import LogLine

NAME: Final = "mmbot.jsonl"
MOST_WAITING: Final = 10_000
IDLE_S: Final = 0.5


class LogFile:
    """Follows a logger; `write` is a listener of it."""

    def __init__(self, folder: Path, *, file_bytes: int = 10 * 2**20, files: int = 5) -> None:
        self.dropped = 0
        self.problem = ""
        """Why nothing is written; "" while all is well."""
        self._folder = folder
        self._file_bytes = file_bytes
        self._files = files
        self._encoder = msgspec.json.Encoder(enc_hook=str)
        self._waiting: queue.Queue[LogLine | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="log file", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        """Return the file that is written now; older ones carry a number, the largest is the oldest."""
        return self._folder / NAME

    def write(self, line: LogLine) -> None:
        """Take in one line; returns at once."""
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            self.dropped += 1

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what waits. Blocks."""
        try:
            self._waiting.put(None, timeout=1.0)
        except queue.Full:
            self.dropped += 1
        self._thread.join(timeout_s)

    def _work(self) -> None:
        file: IO[bytes] | None = None
        while (line := self._waiting.get()) is not None:
            text = self._encoder.encode(line) + b"\n"
            try:
                file = self._fitting(file, len(text))
                file.write(text)
                if self._waiting.empty():
                    file.flush()
                self.problem = ""
            except OSError as error:
                self.dropped += 1
                self.problem = error.strerror or "the disk refuses"
                file = None
        if file is not None:
            file.close()

    def _fitting(self, file: IO[bytes] | None, size: int) -> IO[bytes]:
        """Return the open file when the line fits into it, else a fresh one."""
        if file is not None and file.tell() + size <= self._file_bytes:
            return file
        if file is not None:
            file.close()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size + size > self._file_bytes:
            self._rotate()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "ab")

    def _rotate(self) -> None:
        for number in range(self._files - 1, 0, -1):
            older = self._folder / f"{NAME}.{number}"
            newer = self._folder / (f"{NAME}.{number - 1}" if number > 1 else NAME)
            if newer.exists():
                newer.replace(older)

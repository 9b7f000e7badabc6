"""A play that is journalled, a disk with moods, and shorthand for what a journal holds."""

import errno
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.core.actions import AnyAction, PlaceOrder
from bot.core.events import Event
from bot.core.orders import Order
from bot.observers.journal import Journal, JournalLimits
from bot.observers.journal_files import DiskFile, segments
from bot.observers.journal_frames import Scan, scan
from bot.observers.journal_records import JournalEntry, Payload, RunManifest
from bot.observers.journal_recovery import Recovered, entries, recover
from tests.unit.core.play import START_MS, Play

AT_ONCE = {"group_ms": 0, "sync_ms": 0, "retry_ms": 1}
PATIENCE_S = 30.0
"""How long a test waits for the writer before it fails; never how long something may take."""


def manifest(**changes: object) -> RunManifest:
    given: dict[str, Any] = {
        "program_version": "0.1.0",
        "config_hash": "5d41402abc4b2a76",
        "epoch": "mud1x2o0",
        "epoch_ms": START_MS,
        "environment": "paper",
        "account_id": 7,
    }
    return RunManifest(**(given | changes))


class Journalled(Play):
    """The play, whose turns can be shown to a journal. It is the journal's clock, too."""

    def __init__(self, **changes: object) -> None:
        super().__init__(**changes)
        self.events: list[Event] = []
        apply = self.engine.apply

        def applied(event: Event) -> None:
            self.events.append(event)
            apply(event)

        self.engine.apply = applied  # type: ignore[method-assign]  # a listener in the way, the engine is the real one

    def monotonic_ms(self) -> int:
        return self.now_ms - START_MS

    def open(self, folder: Path, **given: Any) -> Journal:
        limits = JournalLimits(**(AT_ONCE | given.pop("limits", {})))
        run = given.pop("run", manifest())
        return Journal(folder, run=run, clock=Clockwork(self), limits=limits, **given)

    def turn(self, journal: Journal) -> list[AnyAction]:
        """Decide, and show the journal what the loop would show."""
        actions = self.engine.decide(self.now_ms)
        journal.tell(self.engine.take_notes())
        events, self.events = self.events, []
        journal.record(self.engine, events, actions)
        return actions

    def placed_in(self, journal: Journal) -> list[Order]:
        return [action.approved.order for action in self.turn(journal) if isinstance(action, PlaceOrder)]


class Clockwork:
    """Shows the play's time."""

    def __init__(self, play: Journalled) -> None:
        self._play = play

    def now_ms(self) -> int:
        return self._play.now_ms

    def monotonic_ms(self) -> int:
        return self._play.monotonic_ms()

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError("a journal never sleeps on the loop")


class Disk:
    """Opens files that refuse or dawdle while told to."""

    def __init__(self) -> None:
        self.is_full = False
        self.fails_sync = False
        self.room = 0
        """Bytes of a refused write that reach the file all the same."""
        self.refused = threading.Event()
        self.syncing = threading.Event()
        self.may_sync = threading.Event()
        self.may_sync.set()
        self.syncs = 0

    def open(self, path: Path) -> "MoodyFile":
        return MoodyFile(path, self)


class MoodyFile(DiskFile):
    def __init__(self, path: Path, disk: Disk) -> None:
        super().__init__(path)
        self._disk = disk

    def write(self, content: bytes) -> None:
        if self._disk.is_full:
            super().write(content[: self._disk.room])
            self._disk.refused.set()
            raise OSError(errno.ENOSPC, "No space left on device")
        super().write(content)

    def sync(self) -> None:
        self._disk.syncs += 1
        self._disk.syncing.set()
        assert self._disk.may_sync.wait(PATIENCE_S)
        if self._disk.fails_sync:
            self._disk.refused.set()
            raise OSError(errno.EIO, "Input/output error")
        super().sync()


def files(folder: Path) -> list[Path]:
    return segments(folder)


def scan_of(path: Path) -> Scan:
    return scan(path.read_bytes())


def told(folder: Path) -> list[JournalEntry]:
    """Return every record of every file, oldest first."""
    return [entry for path in segments(folder) for entry in entries(scan_of(path).frames)]


def payloads(folder: Path, *kinds: type) -> list[Payload]:
    found = [entry.payload for entry in told(folder)]
    return [payload for payload in found if isinstance(payload, kinds)] if kinds else found


def kinds(found: Iterable[object]) -> list[str]:
    return [type(each).__name__ for each in found]


def recovered(folder: Path, now_ms: int = START_MS, **changes: object) -> Recovered:
    return recover(folder, manifest(**changes), now_ms)

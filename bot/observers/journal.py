"""The journal: what happened and what was done, in order, on disk, complete enough to replay and to restart from.

`record` is a watcher of the loop: it puts references to frozen records into a queue and returns; a thread of its own makes lines
of them. The order of one turn is: orders of ours not seen before, events, what they led to, notes, actions. So an order's intent
is in the queue before its request can leave, and before any outcome.

When the disk is slower than the bot or refuses, `stall` says so: then nothing should be created, cancels go on. Nothing is lost
in silence: beyond its bound the queue takes nothing more in, and a gap record counts what is missing.
"""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, get_args

import msgspec

from bot.core.actions import AnyAction
from bot.core.engine import Engine
from bot.core.errors import ConfigurationError
from bot.core.events import Event, MarketEvent, MarketRulesLoaded
from bot.core.notes import Note
from bot.core.order_ids import owner_of
from bot.core.orders import Status
from bot.observers.journal_files import DiskFile, OpenFile
from bot.observers.journal_fold import Fold
from bot.observers.journal_frames import Encoder
from bot.observers.journal_records import Gap, Noted, OrderEnded, Payload, RunManifest
from bot.observers.journal_recovery import Recovered
from bot.observers.journal_segments import Previous, Segments
from bot.observers.journal_sieve import Sieve
from bot.observers.journal_watch import EngineWatch
from bot.observers.journal_writer import Batch, Rhythm, Writer
from bot.ports import Clock

MARKET_DATA: Final = frozenset(kind for kind in get_args(MarketEvent) if kind is not MarketRulesLoaded)
QUIET_LEVEL: Final = "DEBUG"
LAST_TRY_S: Final = 1.0


class JournalLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How the journal spends time, memory and disk."""

    group_ms: int = 10
    """Commits are at least this far apart; the first after a pause happens at once."""
    sync_ms: int = 1_000
    """Records are safe from a power cut after about this long; 0: after every group."""
    retry_ms: int = 250
    """Pause before something that the disk refused is tried again."""
    stall_records: int = 2_000
    """The journal counts as stalled when more records than this wait."""
    stall_ms: int = 5_000
    """The same when the disk lets one group wait longer than this."""
    most_waiting: int = 50_000
    """Beyond this nothing more is taken in; what is lost is counted and a gap record says so."""
    segment_bytes: int = 32 * 2**20
    total_bytes: int = 512 * 2**20


class Journal:
    """One run's journal. Everything but `flush` and `close` belongs to the event loop's thread and never blocks.

    `everything` includes market data and leaves the compaction out: large, and enough to replay every decision. `hide` are values
    that are never written, whoever passes them in.

    Raises: ConfigurationError, in one sentence with the remedy, when the folder cannot be written. Blocks until the first file is
    safe on the disk: make it in a thread.
    """

    def __init__(
        self,
        folder: Path,
        *,
        run: RunManifest,
        clock: Clock,
        recovered: Recovered | None = None,
        limits: JournalLimits | None = None,
        hide: Iterable[str] = (),
        everything: bool = False,
        open_file: OpenFile = DiskFile,
    ) -> None:
        self.lost = 0
        """Records that found no place in the queue, in this run."""
        self._clock = clock
        self._limits = limits or JournalLimits()
        self._left_out: frozenset[type] = frozenset() if everything else MARKET_DATA
        self._watch = EngineWatch()
        self._notes: list[Noted] = []
        self._queued = 0
        self._gap = 0
        self._gap_since_ms = 0
        self._is_closed = False
        self._segments = Segments(
            folder,
            run,
            clock=clock,
            encoder=Encoder(hide),
            fold=Fold(recovered.point if recovered else None),
            open_file=open_file,
            segment_bytes=self._limits.segment_bytes,
            total_bytes=self._limits.total_bytes,
        )
        try:
            self._segments.open(recovered.previous if recovered else Previous())
        except OSError as error:
            raise ConfigurationError(
                f"the journal cannot be written to {folder} ({error.strerror}); make it writable, free space on its disk, "
                "or set MMBOT_HOME to another folder"
            ) from None
        rhythm = Rhythm(group_ms=self._limits.group_ms, sync_ms=self._limits.sync_ms, retry_ms=self._limits.retry_ms)
        self._writer = Writer(self._segments, None if everything else Sieve(), clock=clock, rhythm=rhythm)
        self._thread = threading.Thread(target=self._writer.run, name="journal", daemon=True)
        self._thread.start()

    # --- what the loop tells ----------------------------------------------------------------------------------------------

    def begin(self, engine: Engine) -> None:
        """Count this run's money from what the engine's ledgers hold now; needed only where they do not begin at zero."""
        self._watch.begin(engine)

    def record(self, engine: Engine, events: Sequence[Event], actions: Sequence[AnyAction]) -> None:
        """Take in one turn of the loop; a watcher of `bot_main_loop`."""
        items: list[Payload] = self._watch.intents(engine, actions)
        items += [event for event in events if type(event) not in self._left_out]
        items += self._watch.outcomes(engine, events)
        if self._notes:
            items += self._notes
            self._notes.clear()
        items += actions
        if items or self._gap:
            self._put(items)

    def tell(self, notes: Iterable[Note]) -> None:
        """Take in what people were told, for the next turn; the quietest notes repeat what events say and are left out."""
        self._notes += [Noted(note=note) for note in notes if note.level != QUIET_LEVEL]

    def resolve(self, client_order_id: str, status: Status, reason: str) -> None:
        """Take in that an order of an earlier run is known to have ended, although no report of the exchange says so."""
        ended = OrderEnded(
            client_order_id=client_order_id,
            owner=owner_of(client_order_id),
            status=status,
            reason=reason,
            filled_lots=0,
            is_reported=False,
        )
        self._put([ended])

    def _put(self, items: list[Payload]) -> None:
        if self._is_closed:
            return
        wall_ms = self._clock.now_ms()
        if self.backlog + len(items) > self._limits.most_waiting:
            self._gap_since_ms = self._gap_since_ms or wall_ms
            self._gap += len(items)
            self.lost += len(items)
            return
        self._enqueue(wall_ms, items)

    def _enqueue(self, wall_ms: int, items: list[Payload]) -> None:
        if self._gap:
            items = [Gap(lost=self._gap, since_ms=self._gap_since_ms, reason="more waited than the queue may hold"), *items]
            self._gap = self._gap_since_ms = 0
        self._queued += len(items)
        self._writer.waiting.put(Batch(wall_ms, self._clock.monotonic_ms(), items))

    # --- how it is --------------------------------------------------------------------------------------------------------

    @property
    def backlog(self) -> int:
        """Records that wait to be written."""
        return self._queued - self._writer.done

    @property
    def stall(self) -> str:
        """Why the journal cannot follow, for people; "" while it can."""
        if not self._thread.is_alive():
            return self._writer.problem or "the journal is closed"
        if self._writer.problem:
            return self._writer.problem
        if self._gap or self.backlog > self._limits.stall_records:
            return f"{self.backlog} records wait for the disk, allowed {self._limits.stall_records}"
        since_ms = self._writer.busy_since_ms
        waited_ms = self._clock.monotonic_ms() - since_ms if since_ms is not None else 0
        if waited_ms > self._limits.stall_ms:
            return f"the disk has not answered for {waited_ms} ms, allowed {self._limits.stall_ms}"
        return ""

    @property
    def is_stalled(self) -> bool:
        """True while nothing should be created because the record of it could not follow."""
        return bool(self.stall)

    @property
    def written(self) -> tuple[int, int]:
        """Records and bytes written in this run."""
        return self._segments.lines, self._segments.size

    # --- waiting for the disk ---------------------------------------------------------------------------------------------

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything taken in so far is safe on the disk; False when it is not within the time. Blocks."""
        bell = threading.Event()
        self._writer.waiting.put(bell)
        return bell.wait(timeout_s)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write what waits and the end of the run; False when the disk did not take it within the time. Blocks."""
        if not self._is_closed:
            if self._gap or self._notes:
                notes: list[Payload] = [*self._notes]
                self._enqueue(self._clock.now_ms(), notes)
            self._is_closed = True
            self._writer.waiting.put(None)
        self._writer.hurry.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._writer.give_up.set()
            self._thread.join(LAST_TRY_S)
        if not self._thread.is_alive():
            self._segments.close()
        return self._writer.is_complete

"""Looks after the journal for the bot: opens it once the account is known, shows it every turn, and holds creates in a stall.

Opening and closing wait for the disk in a thread; everything else returns at once.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from bot.core.actions import AnyAction
from bot.core.engine import Engine
from bot.core.events import CreatesHeld, Event, MarketRulesLoaded
from bot.core.notes import Note
from bot.observers.journal import Journal, JournalLimits
from bot.observers.journal_records import FileStatus, RunManifest
from bot.observers.journal_recovery import Recovered, recover
from bot.ports import Clock, Emit

LEVELS: Final = {
    FileStatus.ENDED: "DEBUG",
    FileStatus.OTHER_ACCOUNT: "DEBUG",
    FileStatus.RECOVERED: "INFO",
    FileStatus.QUARANTINED: "ERROR",
}


class JournalKeeper:
    """One bot's journal, which does not exist before `open`: what is shown earlier is not kept."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        emit: Emit,
        log: Callable[..., None],
        hide: Iterable[str] = (),
        everything: bool = False,
        limits: JournalLimits | None = None,
    ) -> None:
        self.journal: Journal | None = None
        self._folder = folder
        self._clock = clock
        self._emit = emit
        self._log = log
        self._hide = tuple(hide)
        self._everything = everything
        self._limits = limits
        self._holds = False

    async def open(self, run: RunManifest, engine: Engine) -> Recovered:
        """Read what earlier runs left behind, begin this run's journal, and return what was found.

        Raises: ConfigurationError, with the remedy, when a journal cannot be read or this one cannot be written.
        """
        recovered = await asyncio.to_thread(recover, self._folder, run, self._clock.now_ms())
        for report in recovered.files:
            details = {"file": report.name, "status": report.status, "records": report.records, "detail": report.detail}
            self._log(LEVELS[report.status], "journal_found", None, **details)
        self.journal = await asyncio.to_thread(self._begin, run, recovered)
        self.journal.begin(engine)
        # Rules that were folded before there was a journal: without them nobody can read ticks and lots as prices and sizes.
        now_ms = self._clock.now_ms()
        rules = [MarketRulesLoaded(market=view.rules, received_ms=now_ms) for view in engine.views.values()]
        self.journal.record(engine, rules, [])
        return recovered

    def _begin(self, run: RunManifest, recovered: Recovered) -> Journal:
        return Journal(
            self._folder,
            run=run,
            clock=self._clock,
            recovered=recovered,
            limits=self._limits,
            hide=self._hide,
            everything=self._everything,
        )

    def tell(self, notes: Iterable[Note]) -> None:
        """Take in what people are told in this turn, before it is shown."""
        if self.journal is not None:
            self.journal.tell(notes)

    def watch(self, engine: Engine, events: Sequence[Event], actions: Sequence[AnyAction]) -> None:
        """Show the journal one turn; a watcher of `bot_main_loop`. Says when creates are to be held, and when no longer."""
        if self.journal is None:
            return
        self.journal.record(engine, events, actions)
        stall = self.journal.stall
        if bool(stall) is not self._holds:
            self._holds = bool(stall)
            self._log("ERROR" if stall else "INFO", "journal_stalled" if stall else "journal_follows", None, reason=stall)
            self._emit(
                CreatesHeld(reason=f"the journal cannot follow: {stall}" if stall else "", received_ms=self._clock.now_ms())
            )

    async def close(self, timeout_s: float = 5.0) -> None:
        """Write what waits and the end of the run; what the disk does not take within the time is counted in the log."""
        if self.journal is None:
            return
        if not await asyncio.to_thread(self.journal.close, timeout_s):
            self._log("ERROR", "journal_not_closed", None, unwritten=self.journal.backlog, reason=self.journal.stall)

"""The journal's place in the bot: opened when the account is known, and heard when it cannot follow."""

from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import ConfigurationError
from bot.core.events import CreatesHeld, Event, MarketRulesLoaded, QuotingStopped
from bot.core.notes import Note
from bot.observers.journal import JournalLimits
from bot.observers.journal_keeper import JournalKeeper
from bot.observers.journal_records import FileStatus, Noted
from tests.unit.core.play import START_MS
from tests.unit.observers.journal_play import AT_ONCE, PATIENCE_S, Clockwork, Journalled, files, manifest, payloads


class Kept:
    """A keeper, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.play = Journalled()
        self.play.ready()
        self.emitted: list[Event] = []
        self.logged: list[tuple[str, str, dict[str, Any]]] = []
        limits = JournalLimits(**AT_ONCE, stall_records=100)
        self.keeper = JournalKeeper(
            folder, clock=Clockwork(self.play), emit=self.emitted.append, log=self._log, hide=("canary-5ecret",), limits=limits
        )

    def _log(self, level: str, event: str, market: str | None, **fields: Any) -> None:
        self.logged.append((level, event, fields))

    def turn(self) -> None:
        actions = self.play.engine.decide(self.play.now_ms)
        self.keeper.tell(self.play.engine.take_notes())
        events, self.play.events = self.play.events, []
        self.keeper.watch(self.play.engine, events, actions)


async def test_before_the_account_is_known_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    kept = Kept(tmp_path)

    kept.turn()
    await kept.keeper.close()

    assert files(tmp_path) == []
    assert kept.emitted == []


async def test_a_run_is_kept_from_its_opening_to_its_end(tmp_path: Path) -> None:
    kept = Kept(tmp_path)

    past = await kept.keeper.open(manifest(), kept.play.engine)
    kept.keeper.tell([Note(level="INFO", event="canary-5ecret", market=None, fields={})])
    kept.turn()
    await kept.keeper.close(PATIENCE_S)
    again = await Kept(tmp_path).keeper.open(manifest(epoch_ms=START_MS + 1), kept.play.engine)

    assert past.status is None
    assert again.status is FileStatus.ENDED
    assert len(again.point.open_orders) == 2
    assert next(each.note.event for each in payloads(tmp_path, Noted) if isinstance(each, Noted)) == "[removed]"


async def test_a_stall_holds_creates_once_and_its_end_lets_them_go_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    await kept.keeper.open(manifest(), kept.play.engine)
    journal = kept.keeper.journal
    assert journal is not None
    writer = journal._writer
    for problem in ("", "the disk refuses the journal: full", "the disk refuses the journal: still full", "", ""):
        assert journal.flush(PATIENCE_S)
        writer.problem = problem
        kept.keeper.watch(kept.play.engine, [], [])

    held = [event.reason for event in kept.emitted if isinstance(event, CreatesHeld)]
    assert held == ["the journal cannot follow: the disk refuses the journal: full", ""]
    assert [(level, event) for level, event, _ in kept.logged] == [("ERROR", "journal_stalled"), ("INFO", "journal_follows")]
    await kept.keeper.close(PATIENCE_S)


async def test_damage_is_said_aloud(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    await kept.keeper.open(manifest(), kept.play.engine)
    kept.play.engine.apply(QuotingStopped(reason="lunch", received_ms=kept.play.now_ms))
    kept.turn()
    await kept.keeper.close(PATIENCE_S)
    path = files(tmp_path)[0]
    path.write_bytes(path.read_bytes().replace(b"lunch", b"punch", 1))

    other = Kept(tmp_path)
    past = await other.keeper.open(manifest(epoch_ms=START_MS + 1), other.play.engine)
    await other.keeper.close(PATIENCE_S)

    assert past.status is FileStatus.QUARANTINED
    assert [(level, event, fields["status"]) for level, event, fields in other.logged] == [
        ("ERROR", "journal_found", FileStatus.QUARANTINED)
    ]


async def test_f149_a_folder_that_cannot_be_used_refuses_the_start(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("in the way")
    kept = Kept(tmp_path / "journal")

    with pytest.raises(ConfigurationError, match="make it"):
        await kept.keeper.open(manifest(), kept.play.engine)


async def test_rules_that_were_known_before_the_journal_stand_in_it(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    await kept.keeper.open(manifest(), kept.play.engine)
    await kept.keeper.close()

    found = [each for each in payloads(tmp_path) if isinstance(each, MarketRulesLoaded)]
    assert [each.market.name for each in found] == ["BTC-USD"]

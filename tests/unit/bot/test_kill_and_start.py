"""A kill and a start that people press in the same moment: the kill wins, and its marker stands."""

import asyncio
import threading
from pathlib import Path

import pytest

from bot.bot_logger import BotLogger
from bot.clock import SystemClock
from bot.config import BotConfig
from bot.core.errors import KillUnderWay
from bot.simple_mm_bot import MarketMaker
from bot.state_folder import StateFolder
from tests.unit.bot.fake_exchange import FakeExchange

PATIENCE_S = 20.0


class SlowFolder(StateFolder):
    """Takes the marker of a kill away only when the test lets it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked, self.may = threading.Event(), threading.Event()

    def forgive_kill(self) -> None:
        self.asked.set()
        assert self.may.wait(PATIENCE_S)
        super().forgive_kill()


async def test_a_kill_that_begins_while_a_start_takes_the_old_marker_away_wins_and_leaves_a_new_one(tmp_path: Path) -> None:
    home, clock, exchange = SlowFolder(tmp_path), SystemClock(), FakeExchange()
    maker = MarketMaker(exchange, BotConfig(), clock=clock, home=home, logger=BotLogger(clock.now_ms))
    home.note_kill()  # of an earlier kill
    starting = asyncio.create_task(maker.start())
    assert await asyncio.to_thread(home.asked.wait, PATIENCE_S)
    killing = asyncio.create_task(maker.kill())
    async with asyncio.timeout(PATIENCE_S):
        while ("mass_cancel", None) not in exchange.calls:  # noqa: ASYNC110 - the exchange rings no bell
            await asyncio.sleep(0.01)
    assert not starting.done(), "the disk still works: a kill does not wait for it"
    home.may.set()
    with pytest.raises(KillUnderWay):
        await starting
    killed = await killing

    assert (killed["status"], killed["unmarked"]) == ("killed", "")
    assert home.is_killed

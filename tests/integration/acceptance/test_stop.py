"""Stopping the program from a terminal: quotes are pulled, and the exchange confirms it."""

import os
import signal
from pathlib import Path

import pytest

from proofs.stage.programs import Bot


@pytest.mark.skipif(os.name == "nt", reason="process groups and their signals are POSIX")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_a_signal_to_the_whole_terminal_group_still_pulls_the_quotes_first(sent: signal.Signals, tmp_path: Path) -> None:
    with Bot(tmp_path, "demo", "--seed", "1") as bot:
        bot.wait_for_quotes()

        os.killpg(bot.pid, sent)  # what a terminal does at Ctrl-C: everybody in the group gets it, the exchange too

        bot.wait(20)
        assert "0 orders left on the exchange" in bot.lines()[-1]
        assert not any("WARNING" in line for line in bot.lines() if "Feed" in line or "Cancel" in line)

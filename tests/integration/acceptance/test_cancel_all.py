"""`mmbot cancel-all` beside a bot that is wedged, and on a disk that is full."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from proofs.stage.programs import ROOT, Bot, SimulatedExchange

FULL_DISK = (
    "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); runpy.run_module('bot', run_name='__main__')"
)


def cancel_all(exchange: SimulatedExchange, home: Path, *, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run the small program as a person would, from another terminal."""
    start = ["-c", code] if code else ["-m", "bot"]
    return subprocess.run(
        [sys.executable, *start, "cancel-all"],
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), "MMBOT_HOME": str(home), **exchange.variables()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be stopped by a signal there")
def test_every_order_goes_while_the_bot_is_wedged_and_it_creates_nothing_when_it_wakes(tmp_path: Path) -> None:
    with SimulatedExchange(tmp_path) as exchange, Bot(tmp_path, "demo", variables=exchange.variables()) as bot:
        bot.wait_for_quotes()
        os.kill(bot.pid, signal.SIGSTOP)
        try:
            done = cancel_all(exchange, bot.home)
            assert done.returncode == 0, done.stderr
            assert "no order is open; 2 were found. HALT stands" in done.stdout
            assert exchange.open_orders("") == []
        finally:
            os.kill(bot.pid, signal.SIGCONT)
        made = len(exchange.truth("orders")["orders"])
        time.sleep(3)

        assert len(exchange.truth("orders")["orders"]) == made
        assert exchange.open_orders("") == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is known to refuse the bytes")
def test_f144_a_full_disk_keeps_nobody_from_cancelling(tmp_path: Path) -> None:
    with SimulatedExchange(tmp_path) as exchange, Bot(tmp_path, "demo", variables=exchange.variables()) as bot:
        bot.wait_for_quotes()
        os.kill(bot.pid, signal.SIGSTOP)
        try:
            done = cancel_all(exchange, bot.home, code=FULL_DISK)
            assert done.returncode == 0, done.stderr
            assert exchange.open_orders("") == []
        finally:
            os.kill(bot.pid, signal.SIGCONT)


def test_a_state_folder_that_cannot_be_written_keeps_nobody_from_cancelling_and_is_said(tmp_path: Path) -> None:
    with SimulatedExchange(tmp_path) as exchange, Bot(tmp_path, "demo", variables=exchange.variables()) as bot:
        bot.wait_for_quotes()
        home = tmp_path / "not-a-folder"
        home.write_text("", encoding="utf-8")
        done = cancel_all(exchange, home)

        assert done.returncode == 0, done.stderr
        assert "No HALT marker could be left" in done.stdout

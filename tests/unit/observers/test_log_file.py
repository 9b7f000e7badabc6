"""The log on disk: whole lines, bounded files, and a disk that refuses holds nobody up."""

import json
from pathlib import Path

from bot.bot_logger import BotLogger
from bot.clock import TurnableClock
from bot.observers.log_file import NAME, LogFile


def logger_of(file: LogFile) -> BotLogger:
    logger = BotLogger(TurnableClock().now_ms, level="ERROR")
    logger.listeners.append(file.write)
    return logger


def test_every_line_is_one_json_object_with_its_event_and_fields(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "logs")
    logger = logger_of(file)
    logger.hide(["canary-5ecret"])

    logger.log("INFO", "filled", "BTC-USD", side="BUY", size="0.01", reason="<b>canary-5ecret</b>\nsecond line")
    file.close()

    (line,) = file.path.read_text().splitlines()
    told = json.loads(line)
    assert (told["event"], told["market"], told["level"]) == ("filled", "BTC-USD", "INFO")
    assert told["fields"]["reason"] == "<b>[removed]</b>\nsecond line"
    assert file.path.stat().st_mode & 0o077 == 0


def test_files_are_bounded_in_size_and_number(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "logs", file_bytes=2_000, files=3)
    logger = logger_of(file)

    for number in range(200):
        logger.log("INFO", "filled", "BTC-USD", number=number)
    file.close()

    names = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert names == [NAME, f"{NAME}.1", f"{NAME}.2"]
    assert all(path.stat().st_size <= 2_000 for path in (tmp_path / "logs").iterdir())
    assert json.loads(file.path.read_text().splitlines()[-1])["fields"] == {"number": 199}


def test_a_program_that_starts_again_goes_on_with_the_file(tmp_path: Path) -> None:
    for number in range(2):
        file = LogFile(tmp_path / "logs")
        logger_of(file).log("INFO", "filled", None, number=number)
        file.close()

    assert len(file.path.read_text().splitlines()) == 2


def test_f156_a_folder_that_cannot_be_written_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file stands where the folder should be")
    file = LogFile(tmp_path / "logs")
    logger = logger_of(file)

    for _ in range(3):
        logger.log("INFO", "filled", None)
    file.close()

    assert file.dropped == 3
    assert file.problem
    assert len(logger.lines(limit=10)) == 3

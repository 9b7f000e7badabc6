"""Where the signing library has no wheel, paper trades all the same, and everything else says in one sentence what to install."""

from pathlib import Path

import pytest

from proofs.stage.programs import ROOT, Bot, Program


@pytest.fixture
def without_the_library(tmp_path: Path) -> dict[str, str]:
    """Return variables under which no program can import it."""
    folder = tmp_path / "no-library"
    folder.mkdir()
    (folder / "fast_stark_crypto.py").write_text("raise ImportError('no wheel for this platform')\n", encoding="utf-8")
    return {"PYTHONPATH": f"{folder}:{ROOT}"}


def test_the_demo_quotes_cancels_and_says_what_is_missing(tmp_path: Path, without_the_library: dict[str, str]) -> None:
    with Bot(tmp_path, "demo", "--seed", "1", variables=without_the_library) as bot:
        bot.wait_for_quotes()
        stopped = bot.post("/api/bot/stop")

        assert stopped["remaining"] == []
        assert bot.errors() == []
        (said,) = [line for line in bot.lines() if "fast-stark-crypto" in line]
        assert "pip install fast-stark-crypto==" in said


def test_testnet_says_in_one_sentence_what_to_install(tmp_path: Path, without_the_library: dict[str, str]) -> None:
    variables = {
        **without_the_library,
        "MMBOT_ENV": "testnet",
        "EXTENDED_API_KEY": "0" * 32,
        "A_STARKNET_PUBLIC": "0x1",
        "A_STARKNET_PRIVATE": "0x1",
        "A_VAULT_NUMBER": "1",
    }
    program = Program(("bot", "run", "--port", "0"), {"MMBOT_HOME": str(tmp_path / "home"), **variables}, tmp_path / "bot.log")
    try:
        assert program.wait(30) == 3
    finally:
        program.stop()
    (sentence,) = [line for line in program.lines() if line.startswith("mmbot:")]
    assert "pip install fast-stark-crypto==" in sentence
    assert "Traceback" not in program.log.read_text(encoding="utf-8")

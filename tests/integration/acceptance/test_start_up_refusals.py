"""What a person must change first: one sentence, the promised exit code, and nothing sent to the exchange."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.limits_file import example_limits
from proofs.stage.asking import eventually
from proofs.stage.programs import Bot, Program, SimulatedExchange
from tests.conftest import left_out


def refused(arguments: tuple[str, ...], variables: dict[str, str], folder: Path) -> str:
    """Start the bot, expect exit code 3, and return its one sentence."""
    bot = Program(("bot", *arguments), {"MMBOT_HOME": str(folder / "home"), **variables}, folder / "bot.log")
    try:
        assert bot.wait(20) == 3, bot.log.read_text(encoding="utf-8")
    finally:
        bot.stop()
    (sentence,) = [line for line in bot.lines() if line.startswith("mmbot:")]
    assert "Traceback" not in bot.log.read_text(encoding="utf-8")
    return sentence


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedExchange]:
    with SimulatedExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


# ── the state folder ──


def test_a_state_folder_that_is_a_file_is_one_sentence_and_exit_code_3(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder", encoding="utf-8")

    sentence = refused(("run", "--port", "0"), {}, tmp_path)

    assert "cannot be written" in sentence
    assert "MMBOT_HOME" in sentence


@pytest.mark.skipif(os.name == "nt", reason="modes of folders are POSIX")
def test_a_read_only_state_folder_is_one_sentence_and_exit_code_3(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root writes into read-only folders")
    home = tmp_path / "home"
    home.mkdir(mode=0o500)

    sentence = refused(("run", "--port", "0"), {}, tmp_path)

    assert "cannot be written" in sentence


# ── the environment ──


def test_live_without_hard_caps_says_how_to_begin_them(tmp_path: Path) -> None:
    sentence = refused(("run", "--port", "0", "--env", "live"), {}, tmp_path)

    assert "live needs hard caps in" in sentence
    assert "mmbot config limits >" in sentence


def test_live_with_too_few_caps_names_those_that_are_missing(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "limits.toml").write_text("[account]\nmax_leverage = 2\n", encoding="utf-8")

    sentence = refused(("run", "--port", "0", "--env", "live", "--shadow"), {}, tmp_path)

    assert "account.max_daily_loss or account.daily_loss_fraction" in sentence
    assert "max_order_notional" in sentence
    assert "max_leverage" not in sentence


def test_live_with_its_caps_and_no_credentials_names_every_missing_variable(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "limits.toml").write_text(example_limits(), encoding="utf-8")

    sentence = refused(("run", "--port", "0", "--env", "live"), {}, tmp_path)

    assert "live needs credentials" in sentence
    assert "EXTENDED_API_KEY" in sentence


def test_testnet_without_credentials_names_every_missing_variable(tmp_path: Path) -> None:
    sentence = refused(("run", "--port", "0", "--env", "testnet"), {}, tmp_path)

    for name in ("EXTENDED_API_KEY", "_STARKNET_PUBLIC", "_STARKNET_PRIVATE", "_VAULT_NUMBER"):
        assert name in sentence


def test_half_of_the_credentials_names_the_missing_half(tmp_path: Path) -> None:
    variables = {"EXTENDED_API_KEY": "key", "Mine_STARKNET_PUBLIC": "0x1", "Mine_VAULT_NUMBER": "1"}

    sentence = refused(("run", "--port", "0", "--env", "testnet"), variables, tmp_path)

    assert "Mine_STARKNET_PRIVATE" in sentence
    assert "Mine_VAULT_NUMBER" not in sentence


def test_paper_with_any_other_address_is_refused_with_the_remedy(tmp_path: Path) -> None:
    sentence = refused(("run", "--port", "0"), {"EXTENDED_API_BASE_URL": "http://exchange.example/api/v1"}, tmp_path)

    assert "EXTENDED_API_BASE_URL" in sentence
    assert "MMBOT_ENV=testnet" in sentence


# ── wrong keys ──


def test_a_wrong_private_key_is_found_before_anything_is_sent(exchange: SimulatedExchange, tmp_path: Path) -> None:
    variables = {**exchange.variables(), "PROOF_STARKNET_PRIVATE": exchange.account(1)["private_key"]}

    sentence = refused(("run", "--port", "0"), variables, tmp_path)

    assert "PROOF_STARKNET_PUBLIC does not belong to PROOF_STARKNET_PRIVATE" in sentence
    assert exchange.account(1)["private_key"].removeprefix("0x") not in sentence


@pytest.mark.parametrize(
    ("variable", "value"),
    [("EXTENDED_API_KEY", "0123456789abcdef0123456789abcdef"), ("PROOF_VAULT_NUMBER", "42")],
    ids=["api key", "vault"],
)
def test_a_wrong_key_or_vault_is_a_clear_halt_and_not_a_retry_loop(
    variable: str, value: str, exchange: SimulatedExchange, tmp_path: Path
) -> None:
    with Bot(tmp_path, "demo", variables={**exchange.variables(), variable: value}) as bot:
        bot.line_with("HALTED")
        asked = exchange.truth("requests")["total"]
        eventually(lambda: bot.status()["state"] == "HALTED", 5, "the state HALTED")
        status = bot.status()

        assert status["running"] is False
        assert status["current_quotes"] == {"bid": None, "ask": None}
        assert status["reason"]
        eventually(lambda: len(bot.get("/api/bot/logs?limit=100")["logs"]) > 0, 5, "a log")
        assert sum("HALTED" in line for line in bot.errors()) == 1
        assert exchange.truth("requests")["total"] - asked <= 2, "nothing is tried again"
        assert not exchange.open_orders()


def test_a_key_that_is_refused_is_never_shown(exchange: SimulatedExchange, tmp_path: Path) -> None:
    wrong = "0123456789abcdef0123456789abcdef"
    with Bot(tmp_path, "demo", variables={**exchange.variables(), "EXTENDED_API_KEY": wrong}) as bot:
        bot.line_with("HALTED")

        assert wrong not in bot.log.read_text(encoding="utf-8") + str(bot.status())


def test_nothing_is_left_out_silently_where_everything_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="nothing may be left out"):
        left_out("a reason")

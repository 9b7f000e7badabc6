"""The checklist's points on keys: a type that never prints, one place that signs, nothing left in the environment."""

import ast
import copy
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.bot_logger import BotLogger
from bot.clock import TurnableClock
from bot.core.errors import ConfigurationError
from bot.environment import Credentials, Environment, load_environment
from bot.extended.signing import Signer
from bot.secret import Secret
from bot.support_bundle import SECRET_FILES, Cleaner

KEY = "0x" + "5ec7e7" * 10
CREDENTIALS = {"A_STARKNET_PUBLIC": "0x1", "A_STARKNET_PRIVATE": KEY, "A_VAULT_NUMBER": "7", "EXTENDED_API_KEY": "canary-api-key"}
MONEY_OUT = re.compile(r"withdraw|/user/transfer|deposit", re.IGNORECASE)


def test_checklist_24_the_papers_advise_a_sub_account_and_never_a_wallets_key(repository: Path) -> None:
    told = (repository / "SECURITY.md").read_text() + (repository / "docs" / "security.md").read_text()

    assert "sub-account" in told
    assert "Never give the program a wallet's key" in told


READ_ONLY = {("translate.py", "WITHDRAWAL")}
"""Kinds of records that are read from the exchange: that a person moved money is no loss of the bot."""


def test_checklist_25_no_path_of_the_bot_moves_money_out(repository: Path) -> None:
    found = []
    for path in [*(repository / "bot").rglob("*.py"), *(repository / "backend").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and MONEY_OUT.search(node.value):
                is_prose = " " in node.value.strip() or node.value.strip().startswith("#")
                is_prose |= (path.name, node.value) in READ_ONLY
                found += [] if is_prose else [f"{path.name}:{node.lineno} {node.value[:60]!r}"]

    assert found == []


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_checklist_26_a_key_comes_from_the_environment_or_a_file_and_never_from_both(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    file.write_text("canary-api-key\n")
    file.chmod(mode)

    from_file = load_environment({"EXTENDED_API_KEY_FILE": str(file), "MMBOT_HOME": str(tmp_path)})

    assert from_file.api_key is not None
    assert from_file.api_key.reveal() == "canary-api-key"
    with pytest.raises(ConfigurationError) as refused:
        load_environment({"EXTENDED_API_KEY_FILE": str(file), "EXTENDED_API_KEY": "canary-api-key"})
    assert "canary" not in str(refused.value)


def test_checklist_27_the_signer_shows_copies_and_pickles_nothing() -> None:
    signer = Signer(Secret(KEY))

    shown = f"{signer!r} {signer} {vars(signer) if hasattr(signer, '__dict__') else ''}"
    assert KEY[2:] not in shown
    assert str(int(KEY, 16)) not in shown
    for take in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            take(signer)


def test_checklist_28_a_secret_is_a_type_that_prints_a_fixed_mask() -> None:
    short, long = Secret("a"), Secret("canary-" * 20)
    credentials = Credentials(name="A", public_key="0x1", private_key=long, vault=7)
    environment = Environment(home=Path("/nowhere"), api_key=long, credentials=credentials)

    assert repr(short) == repr(long)
    for shown in (f"{long}", f"{long!r}", f"{long:>90}", repr(credentials), str(environment), repr(environment.model_dump())):
        assert "canary" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(long)


@pytest.mark.parametrize(
    "text",
    [f"key {KEY}", f"'{KEY[2:].upper()}'", "x-api-key: canary-api-key", "https://u:canary-api-key@h", '{"k": "canary-api-key"}'],
)
def test_checklist_29_the_log_removes_secrets_by_value_and_by_shape(text: str) -> None:
    logger = BotLogger(TurnableClock().now_ms, level="ERROR")
    logger.hide(["canary-api-key"])

    logger.log("ERROR", "request_crashed", None, error=text, deep={"list": [text, {"x": text}]})

    shown = repr(logger.lines(limit=1))
    assert "canary-api-key" not in shown
    assert "5ec7e75ec7" not in shown.lower()


def test_checklist_30_signatures_have_the_shape_that_is_removed() -> None:
    r, s = Signer(Secret(KEY)).sign(12345)
    logger = BotLogger(TurnableClock().now_ms, level="ERROR")

    logger.log(
        "DEBUG", "odd", None, r=hex(r), s=hex(s), body={"signature": {"r": hex(r), "s": hex(s)}}, number=r, text=f"r is {r}"
    )

    assert f"{r:x}" not in repr(logger.lines(limit=1))
    assert f"{s:x}" not in repr(logger.lines(limit=1))
    assert str(r) not in repr(logger.lines(limit=1))


def test_checklist_31_no_setting_that_can_be_read_back_is_a_secret() -> None:
    from bot.config import BotConfig

    words = re.compile(r"key|secret|token|password|private|vault", re.IGNORECASE)
    assert [name for name in BotConfig.model_fields if words.search(name)] == []


def test_checklist_32_children_get_no_secret_and_no_core_is_dumped(tmp_path: Path) -> None:
    program = (
        "import os, resource, subprocess, sys\n"
        "from backend.watching import from_outside\n"
        "from_outside(os.environ)\n"
        "child = subprocess.run([sys.executable, '-c', 'import os; print(os.environ)'], capture_output=True, text=True).stdout\n"
        "print('leaked' if 'canary' in child or '5ec7e7' in child else 'clean', resource.getrlimit(resource.RLIMIT_CORE))\n"
        "try:\n    print('readable' if b'canary' in open('/proc/self/environ', 'rb').read() and os.geteuid() else 'hidden')\n"
        "except OSError:\n    print('hidden')\n"
    )
    variables = {"PATH": "/usr/bin:/bin", "MMBOT_ENV": "testnet", "MMBOT_HOME": str(tmp_path), **CREDENTIALS}

    told = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True).stdout

    assert told.split("\n")[:2] == ["clean (0, 0)", "hidden"]


def test_checklist_32_no_option_of_the_command_line_takes_a_secret() -> None:
    from typer.main import get_command

    from bot.cli import app

    def options(command: object) -> list[str]:
        nested = getattr(command, "commands", {})
        return [name for each in nested.values() for name in options(each)] + [
            option for parameter in getattr(command, "params", []) for option in parameter.opts
        ]

    words = re.compile(r"key|secret|password|private|api", re.IGNORECASE)
    assert [option for option in options(get_command(app)) if words.search(option)] == []


def test_checklist_33_a_support_bundle_leaves_keys_out() -> None:
    """The whole bundle is searched in the tests of the bundle and of the canary; here: what it knows to leave out."""
    cleaner = Cleaner(["canary-api-key"])

    assert {"token", "token-read", "token-control"} <= set(SECRET_FILES)
    assert cleaner.clean(f"a canary-api-key b {KEY} Bearer abcdefgh postgres://u:p4ss@h/d") == (
        "a [removed] b [removed] [removed] [removed]"
    )


def test_checklist_34_the_drill_of_a_rotation_is_written_down(repository: Path) -> None:
    told = (repository / "docs" / "security.md").read_text().lower()

    for step in ("revoke", "replace", "restart", "verify", "mmbot token rotate", "mmbot cancel-all"):
        assert step in told

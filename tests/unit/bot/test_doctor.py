"""What stands in the way of a start is found before it, and each finding names its remedy; the bundle holds no secret."""

import json
import socket
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.core.errors import ConfigurationError
from bot.doctor import examine, is_healthy, shown
from bot.state_folder import StateFolder
from bot.support_bundle import Cleaner, write_bundle

KEY = "0x" + "5ec7e7" * 10
LONG = {"EXTENDED_API_KEY": "canary-api-key-5ecret", "A_STARKNET_PUBLIC": "0x1", "A_STARKNET_PRIVATE": KEY, "A_VAULT_NUMBER": "7"}


def status(variables: dict[str, str], check: str) -> str:
    return next(each["status"] for each in examine(variables) if each["check"] == check)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    StateFolder(tmp_path / "home").token()
    return tmp_path / "home"


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_a_fresh_machine_is_healthy_in_paper(home: Path) -> None:
    findings = examine({"MMBOT_HOME": str(home), "PORT": free_port()})

    assert is_healthy(findings), shown(findings)
    assert {each["check"] for each in findings} >= {"python", "signing", "settings", "state folder", "token", "disk", "database"}


@pytest.mark.parametrize(
    ("variables", "check"),
    [
        ({"MMBOT_ENV": "moon"}, "settings"),
        ({"MMBOT_ENV": "testnet"}, "credentials"),
        ({"MMBOT_DATABASE_URL": "mysql://u@h/d"}, "database"),
        ({"MMBOT_DATABASE_URL": "postgresql://u@127.0.0.1:1/d"}, "database"),
        ({"MMBOT_ALERT_URLS": "json://localhost"}, "alerts"),
        ({"EXTENDED_API_KEY_FILE": "/does/not/exist"}, "settings"),
    ],
)
def test_each_fault_is_found_and_named(home: Path, variables: dict[str, str], check: str) -> None:
    findings = examine({"MMBOT_HOME": str(home), **variables})

    assert not is_healthy(findings)
    assert status({"MMBOT_HOME": str(home), **variables}, check) == "fail"
    assert all(each["remedy"] for each in findings if each["status"] == "fail")


def test_f181_a_secret_that_others_can_read_is_a_fault_and_an_open_folder_a_warning(home: Path) -> None:
    (home / "token").chmod(0o644)
    home.chmod(0o755)
    key = home.parent / "key"
    key.write_text("canary-api-key")
    key.chmod(0o640)
    variables = {"MMBOT_HOME": str(home), "EXTENDED_API_KEY_FILE": str(key)}

    assert status(variables, "token") == "fail"
    assert status(variables, "EXTENDED_API_KEY_FILE") == "fail"
    assert status(variables, "state folder") == "warn"


def test_a_halt_marker_is_seen(home: Path) -> None:
    StateFolder(home).halt()

    assert status({"MMBOT_HOME": str(home)}, "HALT marker") == "warn"


def test_the_marker_of_a_kill_is_seen_and_the_remedy_is_a_start(home: Path) -> None:
    StateFolder(home).note_kill()

    found = next(each for each in examine({"MMBOT_HOME": str(home)}) if each["check"] == "HALT marker")
    assert (found["status"], found["remedy"]) == ("warn", "start the bot when the cause is known")


def test_no_finding_shows_a_secret(home: Path) -> None:
    database = "postgresql://user:canary-pass@127.0.0.1:1/d"
    variables = {"MMBOT_HOME": str(home), "MMBOT_ENV": "testnet", "MMBOT_DATABASE_URL": database, **LONG}

    told = shown(examine(variables))

    assert not [word for word in (KEY, "canary", "5ecret") if word in told]


def test_the_command_line_says_what_it_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMBOT_HOME", str(home))

    well = CliRunner().invoke(app, ["doctor", "--json"])
    ill = CliRunner().invoke(app, ["doctor", "--env", "testnet"])

    assert json.loads(well.stdout)[0]["check"] == "python"
    assert ill.exit_code == 1
    assert "→" in ill.stdout


def test_a_bundle_has_everything_but_the_secrets(home: Path) -> None:
    token = (home / "token").read_text()
    (home / "logs").mkdir()
    lines = [f'{{"message":"key {KEY} token {token} Bearer {token} canary-api-key-5ecret"}}', '{"message":"all well"}']
    (home / "logs" / "mmbot.jsonl").write_text("\n".join(lines))
    variables = {
        "MMBOT_HOME": str(home), "MMBOT_ENV": "testnet", "MMBOT_DATABASE_URL": "postgresql://u:canary-pass@127.0.0.1:1/d",
        "MMBOT_ALERT_URLS": "tgram://1:canary-chat/2", "MMBOT_LOG_LEVEL": "DEBUG", **LONG,
    }  # fmt: skip
    output = home.parent / "bundle.zip"

    write_bundle(variables, output)

    with zipfile.ZipFile(output) as bundle:
        parts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    everything = "\n".join(parts.values())
    assert {"about.json", "doctor.json", "variables.json", "journal.json", "running.txt", "logs/mmbot.jsonl"} <= set(parts)
    assert "all well" in parts["logs/mmbot.jsonl"]
    assert json.loads(parts["variables.json"])["MMBOT_LOG_LEVEL"] == "DEBUG"
    assert json.loads(parts["variables.json"])["EXTENDED_API_KEY"] == "(set)"
    for secret in (KEY, KEY[2:], token, "canary-api-key", "canary-pass", "canary-chat"):
        assert secret not in everything
    assert output.stat().st_mode & 0o077 == 0


def test_a_bundle_never_overwrites_a_file(home: Path) -> None:
    output = home.parent / "bundle.zip"
    output.write_text("somebody's")

    with pytest.raises(ConfigurationError):
        write_bundle({"MMBOT_HOME": str(home)}, output)

    assert output.read_text() == "somebody's"


def test_a_secret_written_with_escapes_is_removed_too() -> None:
    assert 'pa\\"ss' not in Cleaner(['pa"ssword']).clean(json.dumps({"x": 'pa"ssword'}))

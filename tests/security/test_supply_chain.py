"""The checklist's points on where the program comes from and where it may reach."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

from bot.observers.alerts import SERVICES
from tests.conftest import left_out

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
SECRETS = [
    re.compile(pattern)
    for pattern in (
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]",  # a key file
        r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,}",  # a code host's token
        r"\bAKIA[0-9A-Z]{16}\b",  # a cloud's access key
        r"\bxox[abprs]-[0-9A-Za-z-]{20,}",  # a chat's token
        r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b",  # another chat's bot
        r"(?m)^[A-Za-z0-9_]*(?:STARKNET_PRIVATE|API_KEY)\s*=\s*[\"']?(?:0x)?[0-9a-fA-F]{30,}",  # a settings file of ours
    )
]
PIN = re.compile(r"^[a-zA-Z0-9._-]+==", re.MULTILINE)


def test_checklist_35_every_dependency_is_locked_with_hashes(repository: Path) -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (repository / name).read_text()
        blocks = re.split(r"(?m)^(?=[a-zA-Z0-9._-]+==)", text)[1:]
        assert len(blocks) > 30
        assert [block.split()[0] for block in blocks if not HASH.search(block)] == []
    packages = json.loads((repository / "frontend" / "package-lock.json").read_text())["packages"]
    assert [name for name, each in packages.items() if name and not each.get("link") and "integrity" not in each] == []
    assert "--require-hashes" in (repository / "scripts" / "dev.py").read_text()


def test_checklist_36_the_screen_asks_nobody_else_for_anything(repository: Path) -> None:
    words = re.compile(r"(?:src|href)=[\"']https?://|@import\s+url\(|fonts\.googleapis|cdn\.", re.IGNORECASE)
    pages = [repository / "frontend" / "index.html", *(repository / "backend" / "plain_page").glob("*.html")]
    sources = [*pages, *(repository / "frontend" / "src").rglob("*.css"), *(repository / "frontend" / "src").rglob("*.tsx")]

    assert [str(path) for path in sources if path.is_file() and words.search(path.read_text())] == []


def test_checklist_37_code_is_analysed_and_no_file_holds_what_looks_like_a_real_secret(repository: Path) -> None:
    rules = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]
    assert "S" in rules["ruff"]["lint"]["select"], "the security rules of the linter"
    assert rules["mypy"]["strict"] is True
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, check=False).stdout.decode()
    files = [repository / name for name in listed.split("\0") if name]
    if not files:
        left_out("no git repository: which files belong to it is not known")

    found = [
        f"{file.relative_to(repository)}: {shape.pattern}"
        for file in files
        if file.is_file() and file.stat().st_size < 2 * 2**20
        for shape in SECRETS
        if shape.search(file.read_text(errors="ignore"))
    ]
    assert found == []


def test_checklist_38_the_container_is_not_root_and_its_check_knows_no_secret(repository: Path) -> None:
    text = (repository / "Dockerfile").read_text()

    assert re.search(r"^USER mmbot$", text, re.MULTILINE)
    check = re.search(r"HEALTHCHECK.*?CMD (.*)", text, re.DOTALL)
    assert check is not None
    assert "/readyz" in check[1]
    assert "token" not in check[1].split("\n", maxsplit=1)[0].lower()


def test_checklist_39_there_is_a_promise_about_reports(repository: Path) -> None:
    assert "within a week" in (repository / "SECURITY.md").read_text()


def test_checklist_40_the_threats_that_were_thought_of_are_written_down(repository: Path) -> None:
    told = (repository / "docs" / "security.md").read_text().lower()

    for threat in (
        "hostile web page", "neighbour on the network", "stolen laptop", "leaked log", "malicious dependency",
        "malicious message of the exchange", "second user",
    ):  # fmt: skip
        assert threat in told


def test_checklist_41_messages_only_leave_and_no_service_can_command(repository: Path) -> None:
    sources = "\n".join(path.read_text() for path in (repository / "bot").rglob("*.py"))

    assert "getUpdates" not in sources
    assert "setWebhook" not in sources


def test_checklist_42_transport_is_verified_and_plain_http_leaves_for_loopback_only(repository: Path) -> None:
    sources = {path: path.read_text() for folder in ("bot", "backend") for path in (repository / folder).rglob("*.py")}
    off = re.compile(r"verify=False|ssl=False|CERT_NONE|check_hostname\s*=\s*False|_create_unverified_context|trust_env=True")

    assert [str(path) for path, text in sources.items() if off.search(text)] == []
    assert not [name for name in SERVICES if name in ("json", "xml", "mailto", "gotify", "ntfy", "matrix", "mmost")]
    official = re.findall(r"\"((?:http|ws)s?://[^\"]+)\"", (repository / "bot" / "extended" / "endpoints.py").read_text())
    assert official
    assert [address for address in official if address.startswith(("http://", "ws://")) and "127.0.0.1" not in address] == []

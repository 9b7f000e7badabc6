"""The checklist's points on where the program comes from and where it may reach."""

import json
import re
from pathlib import Path

from bot.observers.alerts import SERVICES

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
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

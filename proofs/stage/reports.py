"""What a proof leaves behind: a page under `docs/proof/` with commit, machine and date, and its words on the terminal."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from proofs.stage.programs import ROOT

FOLDER: Final = ROOT / "docs" / "proof"


def say(text: str) -> None:
    """Write one line to the terminal, at once."""
    sys.stdout.write(f"{datetime.now(UTC):%H:%M:%S} {text}\n")
    sys.stdout.flush()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def write_report(name: str, title: str, parts: Iterable[str], *, passed: bool) -> Path:
    """Write `docs/proof/<name>.md`."""
    word = "Passed" if passed else "FAILED"
    head = f"# {title}\n\n**{word}.** {_where_and_when()}"
    file = FOLDER / f"{name}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n\n".join([head, *parts]) + "\n", encoding="utf-8")
    say(f"{word}: {file.relative_to(ROOT)}")
    return file


def _where_and_when() -> str:
    return (
        f"Commit {_commit()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}."
    )


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - git is found on PATH on purpose
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "unknown"

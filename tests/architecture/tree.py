"""The files of the repository, as the tidiness tests see them."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "backend", "simulator", "research")
PICTURES_AND_FONTS = {".png", ".jpg", ".ico", ".woff2", ".gz", ".parquet"}


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is committed or would be by `git add`, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    named = (Path(name) for name in listing.stdout.split("\0") if name)
    return tuple(sorted(path for path in named if (ROOT / path).is_file()))


def text_files() -> Iterator[Path]:
    """Yield what a person reads; pictures, fonts and packed files are left out."""
    return (path for path in files() if path.suffix.lower() not in PICTURES_AND_FONTS)


def python_files(*folders: str) -> Iterator[Path]:
    """Yield the Python files under these top folders, or all of them."""
    return (path for path in files() if path.suffix == ".py" and (not folders or path.parts[0] in folders))


@cache
def text(path: Path) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def syntax(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file of the repository."""
    return ast.parse(text(path), filename=str(path))


def lines_where(path: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield `path:line` for every line of a file in which the pattern is found."""
    return (f"{path}:{number}" for number, line in enumerate(text(path).splitlines(), 1) if pattern.search(line))

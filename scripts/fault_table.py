"""Write docs/faults.md: which test plays which fault, read from the names of the tests.

Usage: python scripts/fault_table.py [--check]. A test named `test_f020_a_fill_wins` plays F-020, `test_c2_a_fast_market` the
second compound scenario. With --check nothing is written, and a page that is not up to date ends with code 1.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "faults.md"
NAME = re.compile(r"^\s*(?:async )?def (test((?:_[fc]\d+)+)_(\w+))\(", re.MULTILINE)
AREAS = (
    (0, "Placing orders"),
    (20, "Cancels and edits"),
    (40, "Fills, positions, accounting"),
    (60, "Market data"),
    (80, "The account's stream, and our own broadcaster"),
    (90, "Network and venue"),
    (110, "Numbers and inputs"),
    (130, "Perpetuals"),
    (140, "Process, disk, clock"),
    (160, "Configuration and operator"),
    (170, "Hostile input and leaks"),
)
HEAD = """# Faults and their tests

Every fault that the bot must survive has a number, and the tests that play it carry the number in their name. This page is made
from those names by `python scripts/fault_table.py`; a test fails when it is out of date. How the faults are made is told in
[testing.md](testing.md).
"""


def played() -> dict[str, list[tuple[str, str]]]:
    """Return for each id ("f001", "c2") its tests as (sentence, file), in the order of the files."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for match in NAME.finditer(file.read_text(encoding="utf-8")):
            for label in match[2].strip("_").split("_"):
                found[label].append((match[3].replace("_", " "), file.relative_to(ROOT).as_posix()))
    return found


def page() -> str:
    """Return the page as it should be."""
    found = played()
    faults = sorted(label for label in found if label.startswith("f"))
    compound = sorted((label for label in found if label.startswith("c")), key=lambda label: int(label[1:]))
    parts = [HEAD, f"{len(faults)} faults and {len(compound)} compound scenarios are played.\n"]
    for position, (first, title) in enumerate(AREAS):
        end = AREAS[position + 1][0] if position + 1 < len(AREAS) else 1_000
        chosen = [label for label in faults if first <= int(label[1:]) < end]
        if chosen:
            parts.append(f"## {title}\n\n" + "\n".join(_rows(found, chosen, "F-")) + "\n")
    parts.append("## Several at once\n\n" + "\n".join(_rows(found, compound, "C")) + "\n")
    return "\n".join(parts)


def _rows(found: dict[str, list[tuple[str, str]]], labels: list[str], prefix: str) -> Iterator[str]:
    yield "| fault | what is asserted | where |"
    yield "|---|---|---|"
    for label in labels:
        for sentence, file in found[label]:
            yield f"| {prefix}{label[1:]} | {sentence} | `{file.removeprefix('tests/')}` |"


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is up to date."""
    if "--check" in arguments:
        return int(not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(played())} faults and scenarios")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

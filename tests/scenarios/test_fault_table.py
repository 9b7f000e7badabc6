"""docs/faults.md is true."""

from scripts.fault_table import PAGE, page, played

PROMISED = (
    *(1, 3, 4, 8, 9, 11, 14, 18, 20, 21, 22, 23, 24, 25, 26, 28, 29, 31, 32, 40, 42, 45, 47, 53, 60, 64, 65, 80, 91, 96, 97),
    *(106, 112, 130, 138, 140, 144, 150, 151),
)


def test_the_page_of_faults_says_nothing_untrue_and_names_every_fault_that_is_played() -> None:
    shown, true = (set(text.splitlines()) for text in (PAGE.read_text(encoding="utf-8"), page()))
    remedy = "out of date: run `python scripts/fault_table.py`, commit docs/faults.md"

    assert not [row for row in shown - true if row.startswith("|")], remedy
    assert {_fault(row) for row in true} == {_fault(row) for row in shown}, remedy


def _fault(row: str) -> str:
    return row.split("|")[1].strip() if row.startswith("|") else ""


def test_every_fault_of_the_order_machinery_has_a_test() -> None:
    found = played()

    assert not [number for number in PROMISED if f"f{number:03}" not in found]

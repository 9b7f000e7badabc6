"""docs/faults.md is true."""

from scripts.fault_table import PAGE, page, played

PROMISED = (
    *(1, 3, 4, 8, 9, 11, 14, 18, 20, 21, 22, 23, 24, 25, 26, 28, 29, 31, 32, 40, 42, 45, 47, 53, 60, 64, 65, 80, 91, 96, 97),
    *(106, 112, 130, 138, 140, 144, 150, 151),
)


def test_the_page_of_faults_is_what_the_names_of_the_tests_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "out of date: run `python scripts/fault_table.py` and commit docs/faults.md"
    )


def test_every_fault_of_the_order_machinery_has_a_test() -> None:
    found = played()

    assert not [number for number in PROMISED if f"f{number:03}" not in found]

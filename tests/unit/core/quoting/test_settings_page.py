"""The page of settings says what the program accepts."""

from pathlib import Path

import pytest

from bot.core.quoting.parameters import QuotingSettings
from bot.core.quoting.setting_table import SETTINGS

PAGE = Path(__file__).parents[4] / "docs/strategies/settings.md"


def rows() -> dict[str, list[str]]:
    """Return the cells of each setting's row by its name."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_every_setting_is_on_the_page_and_no_other() -> None:
    assert set(rows()) == set(QuotingSettings.__struct_fields__)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_number_is_described_as_it_is(name: str) -> None:
    rule, default = SETTINGS[name], getattr(QuotingSettings(), name)
    shown, span, unit, hot, _, meaning = rows()[name]

    assert shown == (("on" if default else "off") if isinstance(default, bool) else f"{default:g}")
    assert span == f"{rule.low:g} to {rule.high:g}"
    assert (unit, hot, meaning) == (rule.unit, "yes" if rule.is_hot else "no", rule.meaning)

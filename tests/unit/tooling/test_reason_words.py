"""Every reason code that the bot can give has words on the screen, in each language; codes that are gone have none."""

import ast
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.engine import FORCED
from bot.core.risk.breakers import MarketBreakers

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "bot").rglob("*.py"))
LOCALES = ROOT / "frontend" / "src" / "locales"
FAMILIES = {"refused_": "refused_order"}
"""Codes made while running, by their beginning, and the words that stand for all of them."""
MEASURED = {"daily_loss", "drawdown", "margin_ratio"}
"""Causes that stand in a table of their own (bot/core/risk/manager.py)."""
OF_THE_SERVICE = {"crashed"}
OTHER = "other"
"""Words for a code that the screen does not know."""
CODE_FIRST = {"RiskRefused", "_measure", "_enter", "_halt", "_orange", "_withhold"}
"""Calls that take a code; each takes it as the first text among its arguments."""
CODE_NAMED = {"Reason", "Finding", "QuotingHalted"}
"""Calls that take it as `code=`."""


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _texts(node: ast.expr | None) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=[ast.Constant(value=str(beginning)), *_]):
            yield beginning
        case ast.IfExp():
            yield from _texts(node.body)
            yield from _texts(node.orelse)


def _named(tree: ast.Module) -> dict[str, set[str]]:
    """Return the texts that a module gives names to, anywhere: a code may be one of them."""
    named: dict[str, set[str]] = defaultdict(set)
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=value) | ast.Assign(targets=[ast.Name(id=name)], value=value):
                named[name].update(_texts(value))
    return named


def _codes_in(tree: ast.Module) -> Iterator[str]:
    named = _named(tree)
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        places: list[ast.expr] = (
            [keyword.value for keyword in call.keywords if keyword.arg == "code"] if _called(call) in CODE_NAMED else []
        )
        if _called(call) in CODE_FIRST:
            places = [each for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)][:1]
        for place in places:
            if isinstance(place, ast.Name):
                yield from named[place.id]
            yield from _texts(place)


def codes() -> set[str]:
    """Return every reason code that stands in the bot's sources, families by the name of their words."""
    found = {code for file in SOURCES for code in _codes_in(ast.parse(file.read_text(encoding="utf-8")))}
    found |= MEASURED | OF_THE_SERVICE | {kind.lower() for kind in FORCED} | MarketBreakers("BTC-USD").trips().keys()
    return {FAMILIES.get(code, code) for code in found}


def words(language: str) -> set[str]:
    tree = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    return set(tree["reason"]) - {OTHER}


@pytest.mark.parametrize("language", ["en", "pl"])
def test_every_reason_code_has_words_and_no_words_are_left_over(language: str) -> None:
    known, told = codes(), words(language)

    assert known - told == set(), "codes without words: add them to the locales and to frontend/src/lib/reasons.ts"
    assert told - known == set(), "words for codes that nobody gives any more"


def test_the_search_finds_codes_of_every_kind() -> None:
    assert codes() >= {
        "stale_book",
        "position_limit",
        "position_unsettled",
        "breaker_move",
        "stop_loss",
        "gross_exposure",
        "key_refused",
    }


def test_the_table_of_measured_causes_is_the_managers() -> None:
    source = (ROOT / "bot" / "core" / "risk" / "manager.py").read_text(encoding="utf-8")

    assert all(f'"{code}"' in source for code in MEASURED)

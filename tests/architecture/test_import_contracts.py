"""The import contracts of pyproject.toml are kept, and each of them catches what it is there for."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

HOUSE = "The house: doors above, core below"
CORE = "The core: engine above, numbers below"
PURE = "The core never touches the world"
VENUE = "Only these speak Extended"
PLAYER = "The exchange does not know the player"
CYCLES = "No cycles"


class Sin(NamedTuple):
    """One forbidden import, planted into a copy of the tree."""

    contract: str
    module: str
    statement: str
    also: tuple[str, str] | None = None
    """A second module and its statement, where it takes two."""


SINS = {
    "a_clock_in_the_core": Sin(PURE, "bot.core.book", "import time"),
    "an_event_loop_in_a_strategy": Sin(PURE, "bot.core.quoting.simple", "import asyncio"),
    "a_door_that_imports_the_backend": Sin(HOUSE, "bot.order_manager", "import backend.main"),
    "an_observer_that_imports_the_venue": Sin(HOUSE, "bot.observers.journal", "import bot.extended.wire"),
    "a_core_that_imports_a_door": Sin(HOUSE, "bot.core.risk.limits", "import bot.config"),
    "an_import_inside_a_function": Sin(HOUSE, "bot.ports", "def late():\n    import bot.order_manager\n"),
    "a_book_that_imports_the_account": Sin(CORE, "bot.core.book", "import bot.core.account"),
    "a_core_module_without_a_place": Sin(CORE, "bot.core.nobody_gave_me_a_place", "import bot.core.numbers"),
    "a_backend_that_speaks_to_the_venue": Sin(VENUE, "backend.main", "import bot.extended.rest"),
    "a_matching_engine_that_knows_our_engine": Sin(PLAYER, "simulator.matching", "import bot.core.engine"),
    "a_venue_that_knows_our_risk": Sin(PLAYER, "simulator.venue", "import bot.core.risk.limits"),
    "a_venue_that_knows_our_orders": Sin(PLAYER, "simulator.ledger", "import bot.core.live_orders"),
    "two_modules_in_a_circle": Sin(
        CYCLES,
        "backend.round_and",
        "import backend.round_back",
        also=("backend.round_back", "import backend.round_and"),
    ),
}


class Verdicts(NamedTuple):
    """What the import linter said."""

    kept: dict[str, bool]
    report: str


def lint_imports(folder: Path) -> Verdicts:
    """Run the linter as `make check` does."""
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([linter, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=100)
    verdicts = dict(re.findall(r"^(\S.*?) (KEPT|BROKEN)\b", answer.stdout, flags=re.MULTILINE))
    assert verdicts, f"The import linter did not run:\n{answer.stdout}\n{answer.stderr}"
    kept = {contract: verdict == "KEPT" for contract, verdict in verdicts.items()}
    return Verdicts(kept, answer.stdout.partition("Broken contracts")[2])


def module_file(root: Path, module: str) -> Path:
    """Return the file of a module in a copy of the tree, made empty with its packages if it is missing."""
    assert root != Path(__file__).parents[2], "sins are planted in copies only"
    path = root.joinpath(*module.split("."))
    if path.is_dir():
        return path / "__init__.py"
    for package in list(path.relative_to(root).parents)[:-1]:
        init = root / package / "__init__.py"
        init.parent.mkdir(exist_ok=True)
        init.touch()
    path.with_suffix(".py").touch()
    return path.with_suffix(".py")


@pytest.fixture
def copy_of_the_tree(repository: Path, tmp_path: Path) -> Path:
    shutil.copy(repository / "pyproject.toml", tmp_path)
    configuration = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"]
    for package in configuration["root_packages"]:
        shutil.copytree(repository / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "ui_dist"))
    sinners = {sin.module for sin in SINS.values()}
    targets = {word for sin in SINS.values() for word in re.findall(r"import (\w+\.[\w.]+)", sin.statement)}
    for module in sorted(sinners | targets):
        if module.rpartition(".")[2] != "nobody_gave_me_a_place":
            module_file(tmp_path, module)
    return tmp_path


def plant(root: Path, module: str, statement: str) -> None:
    path = module_file(root, module)
    path.write_text(f"{path.read_text()}\n{statement}\n")


def test_every_contract_is_kept(copy_of_the_tree: Path) -> None:
    verdicts = lint_imports(copy_of_the_tree)

    assert all(verdicts.kept.values()), verdicts.report


@pytest.mark.parametrize("name", SINS)
def test_a_planted_violation_breaks_its_contract(name: str, copy_of_the_tree: Path) -> None:
    sin = SINS[name]

    plant(copy_of_the_tree, sin.module, sin.statement)
    if sin.also is not None:
        plant(copy_of_the_tree, *sin.also)
    verdicts = lint_imports(copy_of_the_tree)

    assert verdicts.kept[sin.contract] is False
    assert sin.module.rpartition(".")[2] in verdicts.report


def test_each_contract_has_a_planted_violation(repository: Path) -> None:
    contracts = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

    assert {sin.contract for sin in SINS.values()} == {contract["name"] for contract in contracts}


def test_every_module_beside_the_core_has_a_place_in_the_house(repository: Path) -> None:
    contracts = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    house = next(contract for contract in contracts if contract["name"] == HOUSE)
    placed = set(re.findall(r"bot\.(\w+)", " ".join(house["layers"])))

    present = {path.stem for path in (repository / "bot").iterdir() if path.suffix == ".py" or path.is_dir()}
    homeless = present - placed - {"__init__", "__pycache__"}

    assert not homeless, (
        f"bot/ has modules that no layer names: {', '.join(sorted(homeless))}. "
        f"Give each a place in the contract {HOUSE!r} in pyproject.toml."
    )

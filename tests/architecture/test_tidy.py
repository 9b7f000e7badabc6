"""The house is tidy: sizes, words, exceptions with their reasons, locks without addresses, no dead files."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp
import pytest

from tests.architecture.tree import PACKAGES, ROOT, lines_where, python_files, syntax, text, text_files

LONGEST_FILE = 600
LONGEST_FUNCTION = 70
USUAL_FUNCTION = 40
MOST_PARAMETERS = 7

HERE = Path(__file__).relative_to(ROOT)

# Spelled so that this file does not contain what it forbids.
HOSTS = [".".join(words) for words in (
    ("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs"), ("npmmirror", "com"), ("deb", "debian"),
    ("crates", "io"), ("proxy", "golang"), ("yarnpkg", "com"),
)]  # fmt: skip
MACHINE_PATHS = ["/" + name + "/" for name in ("work", "root", "opt/pypi", "opt/wheels")] + ["/tmp/brie" + "f"]
MARKERS = ["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]

ABBREVIATIONS = {"px", "qty", "sz", "amt", "mgr", "ctx", "util", "utils", "helper", "helpers"}
EMPTY_VERBS = {"handle", "process"}
EMPTY_NOUNS = {"data", "info"}
SPEAK_WIRE = ("bot/extended/", "simulator/")
"""Folders in which `data` and `info` are words of the exchange: a frame's `data`, the path `/user/account/info`."""
MEANT = {
    "process_redirect": "a method that the sockets library calls by this name",
    "PaperProcess": "a process of the operating system",
    "InProcessExchange": "the exchange inside the bot's own process of the operating system",
    "process_bind_param": "a method that the database library calls by this name",
    "process_result_value": "the same",
    "data_received": "a method that the event loop calls by this name",
    "handle_websocket_upgrade": "a method that the web server calls by this name",
}

GENERATED = re.compile(r"\.gen\.ts$|package-lock\.json$|openapi\.json$|\.lock$")


def complain(found: Iterable[str], what_is_wrong: str, remedy: str) -> None:
    """Fail with every place, what is wrong there, and what to do about it."""
    places = sorted(found)
    assert not places, f"{what_is_wrong}:\n  " + "\n  ".join(places) + f"\n{remedy}"


# ── sizes ──────────────────────────────────────────────────────────────────────────────────────────


def test_no_source_file_is_longer_than_six_hundred_lines() -> None:
    sources = [path for path in text_files() if path.suffix in {".py", ".ts", ".tsx", ".css", ".mjs", ".sh"}]
    too_long = [
        f"{path}: {len(text(path).splitlines())} lines"
        for path in sources
        if len(text(path).splitlines()) > LONGEST_FILE and not GENERATED.search(path.name)
    ]

    complain(too_long, "These files are too long to be one idea", "What in them wants to be separate?")


def functions(*folders: str) -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in python_files(*folders):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines of a function without its docstring and decorators."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        assert first.end_lineno is not None
        lines -= first.end_lineno - first.lineno + 1
    return lines


def test_no_function_is_longer_than_seventy_lines() -> None:
    too_long = [
        f"{path}:{function.lineno} {function.name}: {length(function)} lines"
        for path, function in functions(*PACKAGES, "scripts", "tests")
        if length(function) > LONGEST_FUNCTION
    ]

    complain(too_long, "These functions are too long", "Keep the branching here, move straight-line work out.")


def test_nineteen_functions_in_twenty_are_shorter_than_forty_lines() -> None:
    lengths = [length(function) for _, function in functions(*PACKAGES, "scripts")]

    longer = sum(each > USUAL_FUNCTION for each in lengths)

    assert longer <= len(lengths) / 20, f"{longer} of {len(lengths)} functions are longer than {USUAL_FUNCTION} lines."


def test_many_parameters_are_keyword_only() -> None:
    too_many = [
        f"{path}:{function.lineno} {function.name}"
        for path, function in functions(*PACKAGES)
        if len([each for each in function.args.args if each.arg not in {"self", "cls"}]) > MOST_PARAMETERS
    ]

    complain(too_many, "These take too many positional parameters", "Put a * before them, or pass a record.")


# ── words ──────────────────────────────────────────────────────────────────────────────────────────


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    words = re.compile("|".join(re.escape(word) for word in HOSTS + MACHINE_PATHS))
    found = [place for path in text_files() for place in lines_where(path, words)]

    complain(found, "These lines name a registry's host or a path of somebody's machine", "Say it without.")


def test_nothing_is_left_for_later_in_a_comment() -> None:
    words = re.compile(r"\b(" + "|".join(MARKERS) + r")\b")
    found = [place for path in text_files() if path != HERE for place in lines_where(path, words)]

    complain(found, "These lines postpone something", "Do it, or open an issue and delete the line.")


def test_no_handler_swallows_every_exception() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or "Exception" in ast.unparse(node.type).split("."))
        and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)
    ]

    complain(found, "These handlers swallow everything", "Catch the narrowest class and say what happens then.")


def test_only_the_command_line_prints() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path in python_files("bot", "backend")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print" and path.parts[1] != "cli.py"
    ]

    complain(found, "These lines print", "Log an event (bot/bot_logger.py) instead.")


def public_names(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the module's own name and its public classes, functions and methods."""
    yield 1, path.stem
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name


def words_of(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def words_to_avoid(path: Path) -> set[str]:
    speaks_wire = path.as_posix().startswith(SPEAK_WIRE)
    return ABBREVIATIONS | EMPTY_VERBS | (set() if speaks_wire else EMPTY_NOUNS)


def test_public_names_are_words_of_the_glossary_not_abbreviations() -> None:
    found = [
        f"{path}:{line} {name}"
        for path in python_files(*PACKAGES)
        if path.stem != "wire"  # records of the exchange keep the exchange's own names
        for line, name in public_names(path)
        if not name.startswith("_") and name not in MEANT and words_of(name) & words_to_avoid(path)
    ]

    complain(found, "These names say too little", "docs/glossary.md has one word per idea; add to it first.")


# ── exceptions carry their reasons ─────────────────────────────────────────────────────────────────


EXCEPTIONS = {
    ".py": re.compile(
        r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no cover)"
        r"(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[\w, -]+\])?(.*)$"
    ),
    ".ts": re.compile(r"(?:@ts-(?:expect-error|ignore)|(?:eslint|oxlint)-disable(?:-next-line|-line)?)(.*)$"),
}


def lacks_its_reason(line: str, kind: str) -> bool:
    """Report whether a line makes an exception from a rule and does not say why."""
    exception = EXCEPTIONS[kind].search(line)
    return exception is not None and not re.search(r"[A-Za-z]{4,}", exception[1])


def test_every_lint_exception_in_the_code_carries_its_reason() -> None:
    kinds = {".py": ".py", ".ts": ".ts", ".tsx": ".ts", ".mjs": ".ts"}
    found = [
        f"{path}:{number} {line.strip()}"
        for path in text_files()
        if path.suffix in kinds and path != HERE and not GENERATED.search(path.name)
        for number, line in enumerate(text(path).splitlines(), 1)
        if lacks_its_reason(line, kinds[path.suffix])
    ]

    complain(found, "These exceptions give no reason", "Write it on the same line: # noqa: CODE  # because …")


@pytest.mark.parametrize(
    ("line", "kind", "lacks"),
    [
        ("import time  # noqa: F401", ".py", True),
        ("import time  # noqa: F401, E501", ".py", True),
        ("import time  # noqa", ".py", True),
        ("x = y  # type: ignore[attr-defined]", ".py", True),
        ("import time  # noqa: F401  # imported for its side effect", ".py", False),
        ("x = y  # type: ignore[attr-defined]  # a compiled pattern", ".py", False),
        ("// @ts-expect-error", ".ts", True),
        ("// @ts-expect-error the type of the library is wrong", ".ts", False),
        ("plain = 1  # a comment", ".py", False),
    ],
)
def test_a_reason_is_told_from_a_bare_exception(line: str, kind: str, *, lacks: bool) -> None:
    assert lacks_its_reason(line, kind) is lacks


def test_every_exception_in_the_configuration_carries_its_reason() -> None:
    lines = text(Path("pyproject.toml")).splitlines()
    tables = re.compile(r"^(ignore = \[|\[tool\.ruff\.lint\.per-file-ignores\]|\[\[tool\.mypy\.overrides\]\])")
    found, inside = [], False
    for number, line in enumerate(lines, 1):
        if tables.match(line):
            inside = True
        elif not line.strip() or line == "]" or line.startswith("[tool.ruff.lint.mccabe"):
            inside = False
        elif inside and re.search(r'"(?:[A-Z]+\d*|ignore:.*)"[,\]]', line) and "#" not in line:
            found.append(f"pyproject.toml:{number} {line.strip()}")

    complain(found, "These exceptions give no reason", "Add it as a comment on the same line.")


# ── locks ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_lock_files_hold_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lock = text(Path(name))
        pins = re.findall(r"^\S+==.*(?:\n    .*)*", lock, flags=re.MULTILINE)

        assert "://" not in lock, f"{name} names an address; write it with `make lock`."
        assert all("--hash=sha256:" in pin for pin in pins), f"{name} has a pin without a hash."


def test_the_development_lock_pins_what_the_run_time_lock_pins() -> None:
    pins = {
        name: set(re.findall(r"^(\S+==\S+)", text(Path(name)), flags=re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    }

    missing = pins["requirements.lock"] - pins["requirements-dev.lock"]

    assert not missing, f"Only in requirements.lock: {missing}. Write both with `make lock`."


def test_every_dependency_of_the_project_is_locked() -> None:
    project = text(Path("pyproject.toml")).partition("[project.scripts]")[0].partition("dependencies = [")[2]
    wanted = re.findall(r'^\s+"([A-Za-z0-9.-]+)', project, flags=re.MULTILINE)
    locked = set(re.findall(r"^([A-Za-z0-9.-]+)(?:\[.*\])?==", text(Path("requirements.lock")), flags=re.MULTILINE))

    assert wanted
    missing = {name.replace(".", "-") for name in wanted} - {name.replace(".", "-") for name in locked}
    assert not missing, f"Not locked: {missing}. Run `make lock`."


def test_the_screens_lock_names_no_address_of_a_package() -> None:
    locks = [path for path in text_files() if path.name == "package-lock.json"]
    found = [place for path in locks for place in lines_where(path, re.compile(r'"resolved"'))]

    complain(
        found,
        "These lines say where a package came from",
        "frontend/.npmrc keeps them out: npm install again.",
    )


# ── dead files ─────────────────────────────────────────────────────────────────────────────────────

DOORS = {"backend.main", "bot.cli", "bot.simple_mm_bot", "backend.openapi"}
"""Modules that people and programs outside start or import by name."""

FOUND_BY_PATH = re.compile(r"bot\.observers\.records_migrations\.(env|versions\..*)")
"""The migration tool opens these files itself."""

FOR_TESTS = {"simulator.inprocess_trouble"}
"""What breaks the wires of the exchange in one process; the scenarios under tests/ are what it is for."""


def test_every_module_is_used_by_another() -> None:
    packages = [name for name in PACKAGES if (ROOT / name / "__init__.py").is_file()]
    graph = grimp.build_graph(*packages, cache_dir=None)
    unused = [
        module
        for module in graph.modules
        if not graph.find_children(module)
        and module not in DOORS | FOR_TESTS
        and not FOUND_BY_PATH.fullmatch(module)
        and not module.endswith(".__main__")
        and not graph.find_modules_that_directly_import(module)
    ]

    complain(unused, "Nothing in the program imports these modules", "Connect them or delete them.")

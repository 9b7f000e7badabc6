"""The script behind the Makefile: what it installs and when, what it says when something is missing."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import dev

Run = Callable[[str, list[str]], None]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the script at an empty tree with two lock files, and at this Python as its environment."""
    places = {
        "ROOT": tmp_path,
        "VENV": tmp_path / ".venv",
        "VENV_PYTHON": Path(sys.executable),
        "RUN_LOCK": tmp_path / "requirements.lock",
        "DEV_LOCK": tmp_path / "requirements-dev.lock",
        "FRONTEND": tmp_path / "frontend",
        "PAGE": tmp_path / "backend" / "ui_dist" / "index.html",
        "SCREEN_STAMP": tmp_path / "frontend" / "node_modules" / ".screen-stamp",
        "PACKAGES_STAMP": tmp_path / "frontend" / "node_modules" / ".packages-stamp",
        "SCREEN_LOG": tmp_path / ".venv" / "screen-build.log",
    }
    for name, place in places.items():
        monkeypatch.setattr(dev, name, place)
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / ".venv").mkdir()
    dev.RUN_LOCK.write_text("one==1.0\n")
    dev.DEV_LOCK.write_text("one==1.0\ntwo==2.0\n")
    return tmp_path


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record pip's command lines instead of running them."""
    commands: list[list[str]] = []

    def record(command: list[object], *_arguments: object) -> int:
        commands.append([str(word) for word in command])
        return 0

    monkeypatch.setattr(dev, "call", record)
    return commands


@pytest.fixture
def screen(tree: Path) -> list[str]:
    """Make a small screen; return a list that its builder fills."""
    (tree / "frontend" / "src").mkdir(parents=True)
    (tree / "frontend" / "src" / "main.ts").write_text("export {};\n")
    (tree / "frontend" / "package.json").write_text(json.dumps({"scripts": {"build": "vite build"}}))
    (tree / "frontend" / "package-lock.json").write_text("{}")
    return []


def builder(steps: list[str]) -> Run:
    def run(what: str, command: list[str]) -> None:
        steps.append(what)
        if "ci" in command:
            dev.PACKAGES_STAMP.parent.mkdir(exist_ok=True)
        else:
            dev.PAGE.parent.mkdir(parents=True, exist_ok=True)
            dev.PAGE.write_text("<!doctype html>")

    return run


# ── the Python environment ─────────────────────────────────────────────────────────────────────────


def test_a_lock_is_installed_once(tree: Path, pip: list[list[str]]) -> None:
    dev.install_lock(dev.RUN_LOCK)
    dev.install_lock(dev.RUN_LOCK)

    assert len(pip) == 1
    assert pip[0][-3:] == ["--require-hashes", "-r", str(tree / "requirements.lock")]


def test_a_changed_lock_is_installed_again(tree: Path, pip: list[list[str]]) -> None:
    dev.install_lock(dev.RUN_LOCK)

    dev.RUN_LOCK.write_text("one==1.1\n")
    dev.install_lock(dev.RUN_LOCK)

    assert len(pip) == 2


def test_the_development_lock_serves_the_demo_too(tree: Path, pip: list[list[str]]) -> None:
    dev.install_lock(dev.DEV_LOCK)
    before = len(pip)

    dev.install_lock(dev.RUN_LOCK)

    assert len(pip) == before


def test_the_run_time_lock_does_not_serve_the_tests(tree: Path, pip: list[list[str]]) -> None:
    dev.install_lock(dev.RUN_LOCK)

    dev.install_lock(dev.DEV_LOCK)

    assert any("requirements-dev.lock" in command[-1] for command in pip)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, dev.Stop])
def test_an_interrupted_installation_leaves_no_stamp(
    interruption: type[BaseException], tree: Path, pip: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    dev.install_lock(dev.RUN_LOCK)
    dev.RUN_LOCK.write_text("one==1.1\n")

    def interrupted(*_arguments: object) -> int:
        raise interruption

    monkeypatch.setattr(dev, "call", interrupted)
    with pytest.raises(interruption):
        dev.install_lock(dev.RUN_LOCK)

    assert not dev.is_installed(dev.RUN_LOCK)
    dev.RUN_LOCK.write_text("one==1.0\n")
    assert not dev.is_installed(dev.RUN_LOCK), "the packages may be half changed: the old stamp is gone as well"


def test_a_failed_installation_is_named_and_leaves_no_stamp(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "call", lambda *_arguments: 1)

    with pytest.raises(dev.Stop, match="Installing the packages failed with exit code 1"):
        dev.install_lock(dev.RUN_LOCK)

    assert not dev.is_installed(dev.RUN_LOCK)


# ── the screen ─────────────────────────────────────────────────────────────────────────────────────


def test_the_screen_is_built_once(screen: list[str]) -> None:
    dev.build_screen(builder(screen))
    dev.build_screen(builder(screen))

    assert screen == ["Installing the screen's packages", "Building the screen"]


def test_a_changed_source_makes_the_screen_old(screen: list[str]) -> None:
    dev.build_screen(builder(screen))

    (dev.FRONTEND / "src" / "main.ts").write_text("export const changed = 1;\n")

    assert not dev.screen_is_built()


def test_a_changed_test_does_not_make_the_screen_old(screen: list[str]) -> None:
    dev.build_screen(builder(screen))

    (dev.FRONTEND / "tests").mkdir()
    (dev.FRONTEND / "tests" / "main.test.ts").write_text("test();\n")

    assert dev.screen_is_built()


def test_another_address_of_the_api_makes_the_screen_old(screen: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    dev.build_screen(builder(screen))

    monkeypatch.setenv("VITE_PYTHON_PROXY_URL", "https://bot.example.com")

    assert not dev.screen_is_built()


def test_a_failed_build_is_tried_again(screen: list[str]) -> None:
    def fails(what: str, command: list[str]) -> None:
        builder(screen)(what, command)
        if what == "Building the screen":
            raise dev.Stop("it failed")

    with pytest.raises(dev.Stop):
        dev.build_screen(fails)

    assert not dev.screen_is_built()


def test_without_node_the_demo_says_so_and_goes_on(
    screen: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")

    dev.start_screen_build()

    said = capsys.readouterr().out
    assert "The screen is not built (Node.js 20.19 or newer with npm is not installed)" in said
    assert said.count("\n") == 1


def test_without_node_the_screens_tests_are_skipped_visibly(
    screen: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")

    dev.test_screen()

    assert "SKIPPED the screen's build and tests" in capsys.readouterr().out


def test_without_node_an_automatic_run_fails(screen: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", "true")

    with pytest.raises(dev.Stop, match="with CI=true nothing may be left out"):
        dev.test_screen()


@pytest.mark.parametrize(
    ("version", "is_enough"),
    [("v18.20.1", False), ("v20.18.9", False), ("v20.19.0", True), ("v22.0.0", True), ("", False)],
)
def test_an_old_node_is_named(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_enough: bool) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    reason = dev.why_no_node()

    assert (reason is None) is is_enough
    assert is_enough or "20.19 or newer is needed" in str(reason)


# ── the verbs ──────────────────────────────────────────────────────────────────────────────────────


def test_the_makefile_has_exactly_the_verbs_of_the_script(repository: Path) -> None:
    rule = re.search(r"^install .*(?=:)", (repository / "Makefile").read_text(), flags=re.MULTILINE)

    assert rule is not None
    assert set(rule[0].split()) == set(dev.VERBS)
    assert all(f"\n  {verb} " in str(dev.__doc__) for verb in dev.VERBS)


def test_an_unknown_verb_shows_the_usage_and_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["dance"]) == 2

    assert "Usage: python scripts/dev.py VERB" in capsys.readouterr().out


@pytest.mark.parametrize(("verb", "folder"), [("prove", "proofs"), ("bench", "benchmarks")])
def test_a_verb_with_nothing_to_do_says_so_and_fails(
    verb: str, folder: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dev.main([verb]) == 1

    assert f"nothing under {folder}/ yet" in capsys.readouterr().err


def test_a_failing_script_of_many_is_named_after_all_have_run(
    tree: Path, pip: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "proofs").mkdir()
    for name in ("first", "second", "_shared"):
        (tree / "proofs" / f"{name}.py").touch()
    dev.install_lock(dev.DEV_LOCK)
    ran: list[str] = []

    def fail(command: list[object], *_arguments: object) -> int:
        ran.append(str(command[2]))
        return 1

    monkeypatch.setattr(dev, "call", fail)

    assert dev.main(["prove"]) == 1
    assert ran == ["proofs.first", "proofs.second"]
    assert "Failed: first, second." in capsys.readouterr().err


def test_the_script_needs_the_standard_library_only(repository: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-I", "-S", repository / "scripts" / "dev.py", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    assert "make .venv" in answer.stdout

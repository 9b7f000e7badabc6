"""Set up, run, test and check the project with the standard library alone.

Usage: python scripts/dev.py VERB [ARGUMENT ...], the same on Linux, macOS and Windows; `make VERB` calls it.

  install   make .venv and install the development lock and the project itself
  demo      install the run-time lock only, then quote on the simulated exchange; the screen is built beside
  screen    build the screen if it is missing or older than its sources
  test      environment, screen, its tests, all Python tests
  check     lint, format, types, import contracts, tidiness
  prove     run every script under proofs/ (the long proofs)
  bench     run every script under benchmarks/
  lock      write the lock files anew from pyproject.toml (existing pins are kept; add --upgrade on purpose)
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = VENV_BIN / ("python.exe" if os.name == "nt" else "python")

RUN_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"

FRONTEND = ROOT / "frontend"
PAGE = ROOT / "backend" / "ui_dist" / "index.html"
SCREEN_STAMP = FRONTEND / "node_modules" / ".screen-stamp"
PACKAGES_STAMP = FRONTEND / "node_modules" / ".packages-stamp"
SCREEN_LOG = VENV / "screen-build.log"
NOT_SOURCES = {"node_modules", "tests", "e2e", "test-results", "playwright-report", "coverage", "dist"}

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (20, 19)
RESOLVE = (
    "pip",
    "compile",
    "pyproject.toml",
    "--universal",
    "--python-version",
    ".".join(map(str, OLDEST_PYTHON)),
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Stop(Exception):
    """Carry one sentence for the person at the terminal; the script ends with exit code 1."""


def say(sentence: str) -> None:
    """Tell the person at the terminal, at once even when the output is a pipe."""
    print(f"» {sentence}", flush=True)


def in_ci() -> bool:
    """Report whether a missing component is an error rather than a visible skip."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def skip(what: str, reason: str) -> None:
    """Leave something out visibly, or refuse to where everything is required."""
    if in_ci():
        raise Stop(f"{what} cannot run: {reason}; with CI=true nothing may be left out.")
    say(f"SKIPPED {what}: {reason}.")


# ── running things ────────────────────────────────────────────────────────────────────────────────


def environment() -> dict[str, str]:
    """Return the environment for children: .venv first on PATH, so `python` means ours everywhere."""
    return {
        **os.environ,
        "PATH": f"{VENV_BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "VIRTUAL_ENV": str(VENV),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def call(command: Sequence[str | Path], where: Path = ROOT, extra: Mapping[str, str] | None = None) -> int:
    """Run a command to its end and return its exit code."""
    words = [str(word) for word in command]
    sys.stdout.flush()
    return subprocess.call(words, cwd=where, env={**environment(), **(extra or {})})


def must(what: str, command: Sequence[str | Path], where: Path = ROOT, extra: Mapping[str, str] | None = None) -> None:
    """Run a command that has to succeed."""
    code = call(command, where, extra)
    if code != 0:
        raise Stop(f"{what} failed with exit code {code}; its own message stands above.")


def become(command: Sequence[str | Path]) -> NoReturn:
    """Replace this process, so that Ctrl-C, signals and the exit code pass straight through."""
    words = [str(word) for word in command]
    sys.stdout.flush()
    os.chdir(ROOT)
    if os.name != "nt":
        os.execve(words[0], words, environment())
    # Windows has no exec: stay and wait; Ctrl-C reaches the child by itself.
    child = subprocess.Popen(words, cwd=ROOT, env=environment())
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            continue


# ── the Python environment ────────────────────────────────────────────────────────────────────────


def stamp_of(lock: Path) -> Path:
    """Return the file in .venv that remembers which text of this lock was installed completely."""
    return VENV / f".installed-{lock.stem}"


def fingerprint(lock: Path) -> str:
    """Return what the stamp of a lock has to say: both locks belong together, and to one Python."""
    digest = hashlib.sha256()
    for path in (RUN_LOCK, DEV_LOCK):
        digest.update(path.read_bytes())
    answer = subprocess.run(
        [VENV_PYTHON, "-c", "import sys, pip; print(sys.version)"], capture_output=True, text=True, check=True
    )
    return f"{lock.name} {digest.hexdigest()} {answer.stdout.strip()}\n"


def is_installed(lock: Path) -> bool:
    """Report whether exactly this lock stands in .venv; whatever holds the development lock holds both."""
    candidates = {lock, DEV_LOCK}
    return any(stamp_of(each).is_file() and stamp_of(each).read_text() == fingerprint(each) for each in candidates)


def ensure_venv() -> None:
    """Make .venv, anew if what stands there does not run (an interrupted set-up, a Python that moved)."""
    probe = [str(VENV_PYTHON), "-c", "import pip"]
    if VENV_PYTHON.exists() and subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        return
    say("Making the environment in .venv …")
    try:
        venv.create(VENV, with_pip=True, clear=True, symlinks=os.name != "nt")
    except subprocess.CalledProcessError as error:
        raise Stop("Python could not put pip into a new environment. On Debian or Ubuntu: apt install python3-venv") from error


def install_lock(lock: Path) -> None:
    """Install one lock file with hashes, unless the stamp says that it stands there already.

    The stamps go first and come back last: an interrupted installation leaves none and is done again.
    """
    ensure_venv()
    if is_installed(lock):
        return
    for each in (RUN_LOCK, DEV_LOCK):
        stamp_of(each).unlink(missing_ok=True)
    count = len(re.findall(r"^\S+==", lock.read_text(), flags=re.MULTILINE))
    say(f"Installing {count} packages from {lock.name} (only when it has changed) …")
    must(
        "Installing the packages",
        [VENV_PYTHON, "-m", "pip", "install", "-qq", "--require-hashes", "-r", lock],
    )
    if lock == DEV_LOCK:
        must(
            "Installing the project itself",
            [VENV_PYTHON, "-m", "pip", "install", "-qq", "--no-deps", "--no-build-isolation", "-e", ROOT],
        )
    stamp_of(lock).write_text(fingerprint(lock))


# ── the screen ────────────────────────────────────────────────────────────────────────────────────


def why_no_node() -> str | None:
    """Return the reason why nothing of the screen can be built here, or None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    wanted = ".".join(map(str, OLDEST_NODE))
    if node is None or npm is None:
        return f"Node.js {wanted} or newer with npm is not installed"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return None if found >= OLDEST_NODE else f"Node.js {wanted} or newer is needed, found {version or 'none'}"


def npm(*arguments: str) -> list[str]:
    """Return an npm command line (npm is a script with another name on Windows)."""
    found = shutil.which("npm")
    assert found is not None, "why_no_node() is asked first"
    return [found, *arguments]


def screen_sources() -> Iterator[Path]:
    """Yield every file the built screen depends on, in a fixed order."""
    for folder, subfolders, files in os.walk(FRONTEND):
        subfolders[:] = sorted(set(subfolders) - NOT_SOURCES)  # os.walk goes down only where this list says
        yield from (Path(folder, name) for name in sorted(files))


def screen_fingerprint() -> str:
    """Return one line for the state of the screen's sources and of the one variable its build reads."""
    digest = hashlib.sha256(os.environ.get("VITE_PYTHON_PROXY_URL", "").encode())
    for path in screen_sources():
        digest.update(path.relative_to(FRONTEND).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def says(stamp: Path, text: str) -> bool:
    """Report whether a stamp file holds exactly this text."""
    return stamp.is_file() and stamp.read_text() == text


def screen_is_built() -> bool:
    """Report whether the built screen belongs to the sources as they are now."""
    return PAGE.is_file() and says(SCREEN_STAMP, screen_fingerprint())


def install_screen_packages(run: Callable[[str, list[str]], None]) -> None:
    """Install the screen's packages from its lock, unless they stand there already."""
    wanted = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    if says(PACKAGES_STAMP, wanted):
        return
    run("Installing the screen's packages", npm("ci", "--no-progress"))
    PACKAGES_STAMP.write_text(wanted)


def build_screen(run: Callable[[str, list[str]], None]) -> None:
    """Build the screen into backend/ui_dist, unless it is there and as new as its sources."""
    install_screen_packages(run)
    if screen_is_built():
        return
    before = screen_fingerprint()  # a source edited during the build makes the result old, not new
    SCREEN_STAMP.unlink(missing_ok=True)
    run("Building the screen", npm("run", "--silent", "build"))
    SCREEN_STAMP.write_text(before)


def start_screen_build() -> None:
    """Build the screen beside the running bot; it says one line when it is done."""
    if not (FRONTEND / "package.json").is_file() or screen_is_built():
        return
    reason = why_no_node()
    if reason is not None:
        say(f"The screen is not built ({reason}); the bot, its plain page and its API run all the same.")
        return
    say("The screen is being built in the background; the bot does not wait for it.")
    subprocess.Popen([VENV_PYTHON, __file__, "screen", "--quiet"], cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL)


def run_quietly(what: str, command: list[str]) -> None:
    """Run a step of the screen's build with its output in a log file."""
    with SCREEN_LOG.open("a") as log:
        code = subprocess.call(command, cwd=FRONTEND, env=environment(), stdout=log, stderr=subprocess.STDOUT)
    if code != 0:
        raise Stop(f"{what} failed with exit code {code}; see {SCREEN_LOG.relative_to(ROOT)}. The bot runs on.")


def run_aloud(what: str, command: list[str]) -> None:
    """Run a step of the screen's build before everybody's eyes."""
    say(f"{what} …")
    must(what, command, FRONTEND)


def screen_scripts() -> Mapping[str, str]:
    """Return the scripts that the screen's package.json defines."""
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    scripts: dict[str, str] = package.get("scripts", {})
    return scripts


def test_screen() -> None:
    """Build the screen and run its unit and browser tests, each skipped visibly when its tool is missing."""
    if not (FRONTEND / "package.json").is_file():
        say("There is no screen in this tree yet: only Python is tested.")
        return
    reason = why_no_node()
    if reason is not None:
        skip("the screen's build and tests", reason)
        return
    build_screen(run_aloud)
    scripts = screen_scripts()
    if "test" in scripts:
        must("The screen's unit tests", npm("run", "--silent", "test"), FRONTEND)
    if "e2e" in scripts:
        browser = next(filter(None, map(shutil.which, BROWSERS)), None)
        if browser is None:
            skip("the browser tests", f"none of {', '.join(BROWSERS)} is on PATH")
        else:
            must("The browser tests", npm("run", "--silent", "e2e"), FRONTEND, {"CHROMIUM_PATH": browser})
            real = npm("run", "--silent", "e2e", "--", "--real")
            must("The browser tests against the real bot", real, FRONTEND, {"CHROMIUM_PATH": browser})


# ── the verbs ─────────────────────────────────────────────────────────────────────────────────────


def install(_arguments: Sequence[str]) -> int:
    """Make the development environment."""
    install_lock(DEV_LOCK)
    say("Ready: .venv holds the development environment and the command mmbot.")
    return 0


def demo(arguments: Sequence[str]) -> int:
    """Quote on the simulated exchange as soon as the run-time packages stand."""
    install_lock(RUN_LOCK)
    start_screen_build()
    become([VENV_PYTHON, "-m", "bot", "demo", *arguments])


def screen(arguments: Sequence[str]) -> int:
    """Build the screen; --quiet is how the demo calls it, beside a bot that owns the terminal."""
    ensure_venv()
    reason = why_no_node()
    if reason is not None:
        raise Stop(f"The screen cannot be built: {reason}.")
    if "--quiet" in arguments:
        SCREEN_LOG.unlink(missing_ok=True)
        build_screen(run_quietly)
        say("The screen is built: load the page again.")
    else:
        build_screen(run_aloud)
        say("The screen is built.")
    return 0


def test(arguments: Sequence[str]) -> int:
    """Run everything; the last line on the terminal is pytest's summary."""
    install_lock(DEV_LOCK)
    test_screen()
    become([VENV_PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", *arguments])


def check(_arguments: Sequence[str]) -> int:
    """Run every static check, also after one has failed, and name the failed ones at the end."""
    install_lock(DEV_LOCK)
    checks: dict[str, list[str | Path]] = {
        "lint": [VENV_PYTHON, "-m", "ruff", "check", "."],
        "format": [VENV_PYTHON, "-m", "ruff", "format", "--check", "."],
        "types": [VENV_PYTHON, "-m", "mypy"],
        "import contracts": [VENV_BIN / "lint-imports", "--no-logo"],
        "tidiness": [VENV_PYTHON, "-m", "pytest", "-q", "tests/architecture"],
    }
    failed = []
    for name, command in checks.items():
        say(f"{name} …")
        if call(command) != 0:
            failed.append(name)
    failed += check_screen()
    if failed:
        raise Stop(f"make check found something in: {', '.join(failed)}.")
    say("Everything is in order.")
    return 0


def check_screen() -> list[str]:
    """Run the screen's own static checks, those that its package.json has, and return the failed ones."""
    if not (FRONTEND / "package.json").is_file():
        return []
    reason = why_no_node()
    if reason is not None:
        skip("the screen's static checks", reason)
        return []
    install_screen_packages(run_aloud)
    failed = []
    for name in [name for name in ("check", "lint") if name in screen_scripts()]:
        say(f"screen: {name} …")
        if call(npm("run", "--silent", name), FRONTEND) != 0:
            failed.append(f"screen: {name}")
    return failed


def run_all_in(folder: str, arguments: Sequence[str]) -> int:
    """Run every script of a folder as a module; words that do not begin with a dash choose among them."""
    scripts = sorted(path.stem for path in (ROOT / folder).glob("*.py") if not path.stem.startswith("_"))
    if not scripts:
        raise Stop(f"There is nothing under {folder}/ yet, so nothing was run.")
    chosen = [word for word in arguments if not word.startswith("-")]
    unknown = set(chosen) - set(scripts)
    if unknown:
        raise Stop(f"{folder}/ has no {', '.join(sorted(unknown))}; it has {', '.join(scripts)}.")
    install_lock(DEV_LOCK)
    options = [word for word in arguments if word.startswith("-")]
    failed = []
    for name in chosen or scripts:
        say(f"{folder}/{name}.py …")
        if call([VENV_PYTHON, "-m", f"{folder}.{name}", *options]) != 0:
            failed.append(name)
    if failed:
        raise Stop(f"Failed: {', '.join(failed)}.")
    return 0


def prove(arguments: Sequence[str]) -> int:
    """Run the long proofs in full."""
    return run_all_in("proofs", arguments)


def bench(arguments: Sequence[str]) -> int:
    """Run the benchmarks."""
    return run_all_in("benchmarks", arguments)


def lock(arguments: Sequence[str]) -> int:
    """Resolve pyproject.toml for every platform into the two lock files: versions and hashes, no address."""
    install_lock(DEV_LOCK)
    shape = ["--generate-hashes", "--custom-compile-command", "make lock", "--quiet", *arguments]
    for target, groups in ((RUN_LOCK, ""), (DEV_LOCK, f"--all-extras --group dev -c {RUN_LOCK.name}")):
        command: list[str | Path] = [VENV_BIN / "uv", *RESOLVE, *groups.split(), *shape, "-o", target.name]
        must(f"Resolving {target.name}", command, extra={"UV_PYTHON_DOWNLOADS": "never"})
        if "://" in target.read_text():
            raise Stop(f"{target.name} names an address; was a source of packages passed on the command line?")
    say("Both lock files are written; commit them together with pyproject.toml.")
    return 0


VERBS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "install": install,
    "demo": demo,
    "screen": screen,
    "test": test,
    "check": check,
    "prove": prove,
    "bench": bench,
    "lock": lock,
}


def main(words: Sequence[str]) -> int:
    """Run one verb and return the exit code."""
    if sys.version_info < OLDEST_PYTHON:
        wanted, found = ".".join(map(str, OLDEST_PYTHON)), sys.version.split()[0]
        print(f"Python {wanted} or newer is needed, this is {found}. With make: make PYTHON=python3.12 VERB")
        return 1
    if not words or words[0] not in VERBS:
        print(__doc__)
        return 0 if words in (["-h"], ["--help"]) else 2
    try:
        return VERBS[words[0]](words[1:])
    except Stop as stop:
        print(f"✗ {stop}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our signs shows a question mark
    sys.exit(main(sys.argv[1:]))

"""`mmbot doctor`: looks at everything that has to be right before a bot can run, and says what to do where it is not."""

import asyncio
import importlib
import os
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.core.errors import ConfigurationError
from bot.environment import Environment, EnvironmentName, load_environment
from bot.limits_file import NAME, load_limits
from bot.observers.alerts import apprise_sender, load_alert_settings
from bot.observers.journal_files import segments
from bot.observers.records import database_url, open_database
from bot.state_folder import StateFolder

OK: Final = "ok"
WARN: Final = "warn"
FAIL: Final = "fail"
LEAST_FREE_BYTES: Final = 500 * 2**20
SECRET_FILES: Final = ("token", "token-read", "token-control")

Finding = dict[str, str]


def examine(variables: Mapping[str, str], *, name: str | None = None) -> list[Finding]:
    """Return what was found, in the order in which it should be put right. Blocks; reaches nothing outside but the database."""
    found = [_python(), _signing()]
    try:
        environment = load_environment(variables, name=name)
    except ConfigurationError as error:
        return [*found, _finding("settings", FAIL, str(error), "correct the variable that is named")]
    found.append(_finding("settings", OK, f"environment {environment.name.value}"))
    checks: tuple[Callable[[Environment, Mapping[str, str]], Iterator[Finding]], ...] = (
        _credentials, _key_files, _home, _limits, _marker, _disk, _journal, _database, _alerts, _port,
    )  # fmt: skip
    for check in checks:
        found += check(environment, variables)
    return found


def _finding(name: str, status: str, detail: str, remedy: str = "") -> Finding:
    return {"check": name, "status": status, "detail": detail, "remedy": remedy}


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.flags.optimize:
        return _finding("python", FAIL, "assertions are off (-O)", "start without -O: they guard invariants")
    return _finding("python", OK, f"version {version}")


def _signing() -> Finding:
    try:
        importlib.import_module("fast_stark_crypto")
    except ImportError:
        return _finding(
            "signing", FAIL, "fast-stark-crypto is not installed", "pip install extended-mm-bot on Python 3.11 to 3.13"
        )
    return _finding("signing", OK, "the signing library is installed")


def _credentials(environment: Environment, _variables: Mapping[str, str]) -> Iterator[Finding]:
    if environment.name is EnvironmentName.PAPER:
        yield _finding("credentials", OK, "paper needs none")
    elif environment.api_key is None or environment.credentials is None:
        missing = "EXTENDED_API_KEY" if environment.api_key is None else "a set of <NAME>_STARKNET_… and <NAME>_VAULT_NUMBER"
        yield _finding("credentials", FAIL, f"{missing} is missing", "see .env.example")
    else:
        yield _finding("credentials", OK, f"account {environment.credentials.name}, vault {environment.credentials.vault}")


def _key_files(_environment: Environment, variables: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the permissions of every secret file that a variable names."""
    for name, value in sorted(variables.items()):
        if (name.endswith("_FILE") and value and name.startswith(("EXTENDED_", "MMBOT_"))) or "_STARKNET_PRIVATE_FILE" in name:
            yield _private(Path(value), name)


def _private(file: Path, name: str) -> Finding:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError as error:
        return _finding(name, FAIL, f"cannot be read: {error.strerror}", "name a file that exists")
    if os.name == "posix" and mode & 0o077:
        return _finding(name, FAIL, f"others can read it (mode {mode:04o})", f"chmod 600 {file}")
    return _finding(name, OK, "only its owner can read it")


def _home(environment: Environment, _variables: Mapping[str, str]) -> Iterator[Finding]:
    try:
        home = StateFolder(environment.home)
    except ConfigurationError as error:
        yield _finding("state folder", FAIL, str(error), "see the sentence")
        return
    mode = stat.S_IMODE(home.path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        yield _finding("state folder", WARN, f"{home.path} is open to others (mode {mode:04o})", f"chmod 700 {home.path}")
    else:
        yield _finding("state folder", OK, str(home.path))
    yield from (_private(home.path / each, each) for each in SECRET_FILES if (home.path / each).exists())
    running = home.running()
    yield _finding("running bot", OK, f"at {running}" if running else "none with this state folder")


def _limits(environment: Environment, _variables: Mapping[str, str]) -> Iterator[Finding]:
    try:
        caps = load_limits(environment.home)
    except ConfigurationError as error:
        yield _finding("limits", FAIL, str(error), "correct the file")
        return
    if caps is not None:
        yield _finding("limits", OK, f"hard caps of {environment.home / NAME}")
    elif environment.name is EnvironmentName.LIVE:
        remedy = f"mmbot config limits > {environment.home / NAME}, and look at every number"
        yield _finding("limits", FAIL, "no limits.toml, and live needs one", remedy)
    else:
        yield _finding("limits", OK, "no hard caps; the configuration's own limits hold")


def _marker(environment: Environment, _variables: Mapping[str, str]) -> Iterator[Finding]:
    marker = environment.home / "HALT"
    if StateFolder(environment.home, for_writing=False).is_killed:
        yield _finding("HALT marker", WARN, "left by a kill: nothing is created", "start the bot when the cause is known")
    elif marker.exists():
        yield _finding("HALT marker", WARN, "stands: nothing is created", f"remove {marker} when the cause is known")


def _disk(environment: Environment, _variables: Mapping[str, str]) -> Iterator[Finding]:
    if not environment.home.exists():
        return
    free = shutil.disk_usage(environment.home).free
    status = WARN if free < LEAST_FREE_BYTES else OK
    yield _finding(
        "disk", status, f"{free // 2**20} MiB free", "make room: the journal needs up to 512 MiB" if status == WARN else ""
    )


def _journal(environment: Environment, _variables: Mapping[str, str]) -> Iterator[Finding]:
    folder = environment.home / "journal" / environment.records_name
    try:
        files = segments(folder, with_quarantined=True) if folder.is_dir() else []
        size = sum(file.stat().st_size for file in files)
    except OSError as error:
        yield _finding("journal", FAIL, f"cannot be read: {error.strerror}", "make it readable")
        return
    damaged = sum("quarantined" in file.name for file in files)
    detail = f"{len(files)} files, {size // 2**20} MiB" + (f", {damaged} set aside as damaged" if damaged else "")
    yield _finding("journal", WARN if damaged else OK, detail, "look at docs/journal.md" if damaged else "")


def _database(environment: Environment, _variables: Mapping[str, str]) -> Iterator[Finding]:
    async def ask(url: str) -> None:
        engine = open_database(url)
        try:
            async with asyncio.timeout(10), engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        finally:
            await engine.dispose()

    try:
        asyncio.run(ask(database_url(environment.database_url, environment.home)))
    except ConfigurationError as error:
        yield _finding("database", FAIL, str(error), "correct MMBOT_DATABASE_URL")
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        yield _finding("database", FAIL, f"does not answer ({type(error).__name__})", "start it, or unset MMBOT_DATABASE_URL")
    else:
        yield _finding("database", OK, "PostgreSQL" if environment.database_url else "a file in the state folder")


def _alerts(_environment: Environment, variables: Mapping[str, str]) -> Iterator[Finding]:
    try:
        settings = load_alert_settings(variables)
        if settings.urls:
            apprise_sender(settings.urls)
    except ConfigurationError as error:
        yield _finding("alerts", FAIL, str(error), "see docs/operating.md")
        return
    if not settings.urls:
        yield _finding("alerts", WARN, "nobody is told when something is wrong", "set MMBOT_ALERT_URLS, then `mmbot alerts test`")
    else:
        yield _finding("alerts", OK, f"{len(settings.urls)} addresses, from level {settings.least.name.lower()}")


def _port(environment: Environment, _variables: Mapping[str, str]) -> Iterator[Finding]:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", environment.port)) == 0:
            yield _finding("port", WARN, f"{environment.port} is taken", "a running bot, or choose another with PORT")
        else:
            yield _finding("port", OK, f"{environment.port} is free")


def shown(findings: list[Finding]) -> str:
    """Return the findings for a person, one on each line, remedies below what needs one."""
    marks = {OK: "✓", WARN: "!", FAIL: "✗"}
    lines: list[str] = []
    for each in findings:
        lines.append(f"{marks[each['status']]} {each['check']}: {each['detail']}")
        if each["remedy"]:
            lines.append(f"    → {each['remedy']}")
    return "\n".join(lines)


def is_healthy(findings: list[dict[str, Any]]) -> bool:
    """Return whether nothing stands in the way of a start."""
    return all(each["status"] != FAIL for each in findings)

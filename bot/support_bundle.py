"""`mmbot support-bundle`: one file for whoever is to help, with everything about the bot and no secret."""

import json
import os
import platform
import re
import sys
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

from bot.core.errors import ConfigurationError, MakerError
from bot.doctor import SECRET_FILES, examine
from bot.environment import Environment, load_environment
from bot.observers.journal_files import segments
from bot.observers.log_file import NAME
from bot.remote import RemoteBot, find_running
from bot.state_folder import StateFolder

LOG_BYTES: Final = 2 * 2**20
"""Of each log file, the newest part."""
MASK: Final = "[removed]"
SHOWN_VARIABLES: Final = frozenset({"MMBOT_ENV", "MMBOT_LOG_LEVEL", "MMBOT_LOG_FORMAT", "MMBOT_ALERT_LEVEL", "PORT"})
"""Variables whose values say nothing about anybody; of the others only the name is told."""
OURS: Final = ("MMBOT_", "EXTENDED_", "PORT")
ASKED: Final = {
    "status.json": "/api/bot/status",
    "risk.json": "/api/risk",
    "pnl.json": "/api/pnl",
    "jobs.json": "/api/jobs?limit=100",
    "broadcaster.json": "/api/broadcaster/stats",
    "markets.json": "/api/markets",
}
_SHAPES: Final = (
    re.compile(r"\b(?:0x)?[0-9a-fA-F]{50,}\b"),
    re.compile(r"(?i)\bbearer\s+[^\s\"']{6,}"),
    re.compile(r"[a-z]+://[^\s\"'/]*@[^\s\"']+"),
)
"""Keys and signatures, access tokens in a header, addresses with a password."""


class Cleaner:
    """Removes what nobody may see: known values, and whatever has the shape of a secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted((each for each in secrets if len(each) >= 6), key=len, reverse=True)

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK).replace(json.dumps(secret)[1:-1], MASK)
        for shape in _SHAPES:
            text = shape.sub(MASK, text)
        return text


def write_bundle(variables: Mapping[str, str], output: Path, *, name: str | None = None) -> dict[str, Any]:
    """Write the bundle and return what is in it. Blocks.

    Raises: ConfigurationError when the file exists or cannot be written.
    """
    environment = load_environment(variables, name=name)
    cleaner = Cleaner(_secrets(environment, variables))
    parts = {member: cleaner.clean(content) for member, content in _parts(environment, variables).items()}
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            for member, content in parts.items():
                bundle.writestr(member, content)
    except OSError as error:
        raise ConfigurationError(f"{output} cannot be written: {error.strerror}") from None
    return {"file": str(output), "parts": sorted(parts)}


def _secrets(environment: Environment, variables: Mapping[str, str]) -> list[str]:
    found = [value for key, value in variables.items() if _is_secret(key)]
    found += [_read(Path(value)) for key, value in variables.items() if key.endswith("_FILE") and key.startswith(OURS)]
    found += [_read(environment.home / each) for each in SECRET_FILES]
    if environment.api_key is not None:
        found.append(environment.api_key.reveal())
    if environment.credentials is not None:
        found.append(environment.credentials.private_key.reveal())
    return [part for each in found for part in each.replace(",", " ").split()]


def _is_secret(variable: str) -> bool:
    return any(
        word in variable.upper()
        for word in ("KEY", "PRIVATE", "TOKEN", "SECRET", "PASSWORD", "_URLS", "DATABASE_URL", "HEARTBEAT")
    )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _parts(environment: Environment, variables: Mapping[str, str]) -> dict[str, str]:
    parts = {
        "about.json": _json(_about()),
        "doctor.json": _json(examine(variables, name=environment.name.value)),
        "variables.json": _json(_variables(variables)),
        "journal.json": _json(_journal(environment)),
    }
    parts |= _answers(environment)
    for file in sorted((environment.home / "logs").glob(f"{NAME}*")):
        parts[f"logs/{file.name}"] = _end_of(file)
    return parts


def _about() -> dict[str, Any]:
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": sys.version,
        "system": platform.platform(),
        "packages": sorted(f"{each.name}=={each.version}" for each in distributions()),
    }


def _variables(variables: Mapping[str, str]) -> dict[str, str]:
    ours = {key: value for key, value in variables.items() if key.startswith(OURS) or "_STARKNET_" in key or "_VAULT_" in key}
    return {key: value if key in SHOWN_VARIABLES else "(set)" for key, value in sorted(ours.items())}


def _journal(environment: Environment) -> list[dict[str, Any]]:
    """Name the files of the journal; what stands in them is the operator's own."""
    folder = environment.home / "journal" / environment.records_name
    files = segments(folder, with_quarantined=True) if folder.is_dir() else []
    return [{"name": file.name, "bytes": file.stat().st_size} for file in files]


def _answers(environment: Environment) -> dict[str, str]:
    """Ask the running bot, where one runs."""
    try:
        bot: RemoteBot = find_running(StateFolder(environment.home))
    except MakerError as error:
        return {"running.txt": str(error)}
    parts: dict[str, str] = {}
    for member, path in ASKED.items():
        try:
            parts[member] = _json(bot.get(path))
        except MakerError as error:
            parts[member] = _json({"error": str(error)})
    return parts


def _end_of(file: Path) -> str:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - LOG_BYTES))
        content = opened.read()
    whole = content if len(content) < LOG_BYTES else content.partition(b"\n")[2]
    return whole.decode("utf-8", errors="replace")


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)

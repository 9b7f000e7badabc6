"""Every configuration that was in force, a small file each in the state folder: to go back to, and for a start to continue."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from bot.config import BotConfig, ConfigErrors, changed_config
from bot.config_schema import Change, changes_between, config_hash
from bot.core.errors import ConfigurationError, InvalidInput
from bot.environment import EnvironmentName
from bot.state_folder import StateFolder

FOLDER: Final = "config"
MOST_KEPT: Final = 500


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One configuration and how it came into force. `config` holds the fields as they are written in JSON."""

    version: int
    hash: str
    at_ms: int
    who: str
    """Role of the token, `local`, or `start`."""
    verb: str
    """start, change or rollback."""
    comment: str = ""
    config: dict[str, Any]

    def content(self) -> BotConfig:
        """Return the configuration.

        Raises: ConfigErrors when this program does not take it any more.
        """
        return changed_config(BotConfig(), self.config)


class ConfigHistory:
    """The versions of one environment. Every call blocks for a moment: it reads or writes the state folder."""

    def __init__(self, home: StateFolder, environment: EnvironmentName) -> None:
        self._home = home
        self._place = Path(FOLDER) / environment.value

    def newest(self) -> Version | None:
        """Return the version that was in force last; None on a fresh state folder."""
        return next(iter(self.newest_first(1)), None)

    def newest_first(self, limit: int) -> list[Version]:
        """Return versions, newest first; a damaged file is passed over."""
        found: list[Version] = []
        for file in sorted(self._files(), reverse=True):
            if len(found) == limit:
                break
            if (version := _read(file)) is not None:
                found.append(version)
        return found

    def get(self, number: int) -> Version:
        """Return one version.

        Raises: InvalidInput naming the versions there are.
        """
        version = _read(self._home.path / self._place / _name(number)) if number > 0 else None
        if version is None:
            numbers = [int(file.stem) for file in sorted(self._files())]
            known = f"{numbers[0]} to {numbers[-1]}" if numbers else "none yet"
            raise InvalidInput("version", number, f"a version that is kept: {known}")
        return version

    def before(self, version: Version) -> Version | None:
        """Return the version that was in force before this one, None for the oldest."""
        older = [file for file in sorted(self._files()) if int(file.stem) < version.version]
        return _read(older[-1]) if older else None

    def changes_of(self, version: Version) -> tuple[Change, ...]:
        """Return what a version changed; nothing for the oldest, or where one of the two cannot be used any more."""
        older = self.before(version)
        if older is None:
            return ()
        try:
            return changes_between(older.content(), version.content())
        except ConfigErrors:
            return ()

    def add(self, config: BotConfig, *, at_ms: int, who: str, verb: str, comment: str = "") -> Version:
        """Write the next version durably and return it; the oldest ones beyond `MOST_KEPT` are forgotten.

        Raises: ConfigurationError when the folder cannot be written.
        """
        files = sorted(self._files())
        number = int(files[-1].stem) + 1 if files else 1
        version = Version(
            version=number,
            hash=config_hash(config),
            at_ms=at_ms,
            who=who,
            verb=verb,
            comment=comment,
            config=config.model_dump(mode="json", exclude_unset=True),
        )
        text = json.dumps(msgspec.to_builtins(version), indent=1, ensure_ascii=False)
        self._home.write(str(self._place / _name(number)), text)
        for file in files[: max(0, len(files) + 1 - MOST_KEPT)]:
            file.unlink(missing_ok=True)
        return version

    def discard(self, version: Version) -> None:
        """Forget a version that never came into force."""
        (self._home.path / self._place / _name(version.version)).unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return [file for file in (self._home.path / self._place).glob("*.json") if file.stem.isdigit()]


def _name(number: int) -> str:
    return f"{number:08d}.json"


def _read(file: Path) -> Version | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Version)
    except (OSError, msgspec.DecodeError):
        return None


def continued(home: StateFolder, environment: EnvironmentName) -> BotConfig | None:
    """Return the configuration that was in force last, not yet quoting; None on a fresh state folder.

    Raises: ConfigurationError when this program does not take it any more.
    """
    version = ConfigHistory(home, environment).newest()
    if version is None:
        return None
    try:
        return version.content().model_copy(update={"enabled": False})
    except ConfigErrors as error:
        raise ConfigurationError(
            f"configuration {version.version} in the state folder {home.path} cannot be used: {error}; "
            "give one with --config FILE"
        ) from None

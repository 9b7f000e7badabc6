"""The process environment, read once: which environment, which exchange, whose keys. Secrets become a type that never prints."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from bot.core.errors import ConfigurationError
from bot.secret import Secret

SUFFIXES: Final = ("STARKNET_PUBLIC", "STARKNET_PRIVATE", "VAULT_NUMBER")
_CREDENTIAL: Final = re.compile(r"^(?P<name>.+)_(?:STARKNET_PUBLIC|STARKNET_PRIVATE|VAULT_NUMBER)(?:_FILE)?$")
DEFAULT_PORT: Final = 8000


class EnvironmentName(StrEnum):
    PAPER = "paper"
    """The simulated exchange, on this machine only."""
    TESTNET = "testnet"
    LIVE = "live"


class Credentials(BaseModel):
    """One account's keys."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    public_key: str
    private_key: Secret
    vault: int
    client_id: str | None = None


class Environment(BaseModel):
    """Everything the process was told from outside, validated."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: EnvironmentName = EnvironmentName.PAPER
    shadow: bool = False
    """Decide and show everything, send nothing."""
    home: Path
    port: int = DEFAULT_PORT
    log_level: str = "INFO"
    database_url: str | None = None
    allowed_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    base_url: str | None = None
    stream_url: str | None = None
    api_key: Secret | None = None
    credentials: Credentials | None = None

    @property
    def records_name(self) -> str:
        """Return under which name journal and records are kept: those of a shadow run are not those of a real one."""
        return f"{self.name.value}-shadow" if self.shadow else self.name.value


def load_environment(variables: Mapping[str, str], *, name: str | None = None, port: int | None = None) -> Environment:
    """Read the variables; `name` and `port` given on the command line win.

    Raises: ConfigurationError naming the variable and the remedy.
    """
    chosen = _environment_name(name or _text(variables, "MMBOT_ENV") or "paper")
    key = _secret(variables, "EXTENDED_API_KEY")
    return Environment(
        name=chosen,
        shadow=_flag(variables, "MMBOT_SHADOW"),
        home=Path(_text(variables, "MMBOT_HOME") or Path.home() / ".mmbot").expanduser().absolute(),
        port=port if port is not None else _port(_text(variables, "PORT")),
        log_level=_log_level(_text(variables, "MMBOT_LOG_LEVEL") or "INFO"),
        database_url=_text(variables, "MMBOT_DATABASE_URL"),
        allowed_origins=_list(variables, "MMBOT_ALLOWED_ORIGINS"),
        allowed_hosts=_list(variables, "MMBOT_ALLOWED_HOSTS"),
        base_url=_text(variables, "EXTENDED_API_BASE_URL"),
        stream_url=_text(variables, "EXTENDED_STREAM_URL"),
        api_key=Secret(key) if key else None,
        credentials=_credentials(variables, chosen),
    )


def _environment_name(text: str) -> EnvironmentName:
    try:
        return EnvironmentName(text.strip().lower())
    except ValueError:
        raise ConfigurationError(f"MMBOT_ENV is {text!r}; allowed are paper, testnet and live") from None


def _text(variables: Mapping[str, str], name: str) -> str | None:
    return variables.get(name, "").strip() or None


def _flag(variables: Mapping[str, str], name: str) -> bool:
    text = (_text(variables, name) or "0").lower()
    if text not in ("0", "1", "true", "false"):
        raise ConfigurationError(f"{name} is {text!r}; allowed are 1 and 0")
    return text in ("1", "true")


def _list(variables: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in variables.get(name, "").split(",") if part.strip())


def _port(text: str | None) -> int:
    if text is None:
        return DEFAULT_PORT
    if not text.isdigit() or int(text) > 65_535:
        raise ConfigurationError(f"PORT is {text!r}; expected a number from 0 to 65535")
    return int(text)


def _log_level(text: str) -> str:
    level = text.upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ConfigurationError(f"MMBOT_LOG_LEVEL is {text!r}; allowed are DEBUG, INFO, WARNING and ERROR")
    return level


def _secret(variables: Mapping[str, str], name: str) -> str | None:
    """Return a value given directly or through `<name>_FILE`; both at once is refused, because one of them would be ignored."""
    direct, file = _text(variables, name), _text(variables, f"{name}_FILE")
    if direct and file:
        raise ConfigurationError(f"both {name} and {name}_FILE are set; keep one")
    if file is None:
        return direct
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise ConfigurationError(f"{name}_FILE cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{name}_FILE is not a text file") from None


def _credentials(variables: Mapping[str, str], environment: EnvironmentName) -> Credentials | None:
    names = sorted({match["name"] for key, value in variables.items() if value.strip() and (match := _CREDENTIAL.match(key))})
    wanted = _text(variables, "EXTENDED_ACCOUNT")
    if wanted is not None:
        names = [name for name in names if name == wanted]
        if not names:
            raise ConfigurationError(
                f"EXTENDED_ACCOUNT is {wanted!r}, but no variable starts with {wanted}_STARKNET_ or {wanted}_VAULT_"
            )
    sets = {name: {suffix: _secret(variables, f"{name}_{suffix}") for suffix in SUFFIXES} for name in names}
    complete = [name for name, found in sets.items() if all(found.values())]
    if len(complete) > 1:
        raise ConfigurationError(f"several accounts are complete: {', '.join(complete)}; choose one with EXTENDED_ACCOUNT=<NAME>")
    if not complete:
        if sets and environment is not EnvironmentName.PAPER:
            raise ConfigurationError(f"credentials are incomplete, missing: {', '.join(_missing(sets))}")
        return None
    name = complete[0]
    return _complete_set(name, sets[name], _text(variables, f"{name}_CLIENT_ID"))


def _missing(sets: Mapping[str, Mapping[str, str | None]]) -> list[str]:
    return [f"{name}_{suffix}" for name, found in sets.items() for suffix, value in found.items() if not value]


def _complete_set(name: str, found: Mapping[str, str | None], client_id: str | None) -> Credentials:
    public, private, vault = (found[suffix] or "" for suffix in SUFFIXES)
    for suffix, value in (("STARKNET_PUBLIC", public), ("STARKNET_PRIVATE", private)):
        if not re.fullmatch(r"0x[0-9a-fA-F]{1,64}", value):
            raise ConfigurationError(f"{name}_{suffix} must be hexadecimal and start with 0x")
    if not vault.isdigit() or int(vault) >= 2**32:
        raise ConfigurationError(f"{name}_VAULT_NUMBER must be a whole number below 4294967296")
    return Credentials(name=name, public_key=public, private_key=Secret(private), vault=int(vault), client_id=client_id)

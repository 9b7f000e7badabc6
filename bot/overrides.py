"""Single settings from outside: `MMBOT_SET_QUOTING__RHO=0.5` in the environment, `--set quoting.rho=0.5` on the command line.

A start goes from the most general to the most particular: the file, or else what was in force last in this state folder, or else
the defaults; then the environment; then the command line. Everything is validated together, as a whole.
"""

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from bot.config import BotConfig, changed_config, load_config
from bot.config_history import continued
from bot.config_schema import SettingRow, settings
from bot.core.errors import ConfigurationError
from bot.environment import Environment
from bot.state_folder import StateFolder

PREFIX: Final = "MMBOT_SET_"
FILE_VARIABLE: Final = "MMBOT_CONFIG"
SWITCHES: Final = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
NOTHING: Final = ("none", "null")


def starting_config(
    environment: Environment, file: Path | None, variables: Mapping[str, str], assignments: Iterable[str] = ()
) -> BotConfig:
    """Return the configuration to start with. Blocks: it reads files.

    Raises: ConfigurationError naming the setting or the file, what was found and what is allowed.
    """
    named = file or (Path(text) if (text := variables.get(FILE_VARIABLE, "").strip()) else None)
    if named is not None:
        config = load_config(named)
    else:
        config = continued(StateFolder(environment.home), environment.name) or BotConfig()
    given = [*from_variables(variables), *assignments]
    return changed_config(config, assigned(config, given)) if given else config


def from_variables(variables: Mapping[str, str]) -> list[str]:
    """Return the assignments that the environment makes, sorted by name."""
    return [
        f"{name.removeprefix(PREFIX).lower().replace('__', '.')}={value}"
        for name, value in sorted(variables.items())
        if name.startswith(PREFIX) and value.strip()
    ]


def assigned(config: BotConfig, assignments: Iterable[str]) -> dict[str, Any]:
    """Return `path=value` texts as changes of a configuration, values typed as the schema says.

    Raises: ConfigurationError for a path that is no setting, with the nearest one that is, and for text that is no value.
    """
    known = {each.path: each for each in settings()}
    changes: dict[str, Any] = {}
    for assignment in assignments:
        path, found, text = assignment.partition("=")
        path = path.strip()
        if not found:
            raise ConfigurationError(f"{assignment!r} is not an assignment; expected NAME=VALUE such as quoting.rho=0.5")
        info = known.get(path)
        if info is None:
            near = difflib.get_close_matches(path, known, n=1, cutoff=0.5)
            raise ConfigurationError(f"{path} is not a setting{f', perhaps {near[0]} is meant' if near else ''}")
        _set(changes, config.model_dump(mode="json", exclude_unset=True), path.split("."), _value(info, text.strip()))
    return changes


def _set(changes: dict[str, Any], held: Mapping[str, Any], names: list[str], value: Any) -> None:
    """Put a value into a tree of changes; what stands beside it in the configuration stays."""
    for name in names[:-1]:
        held = held.get(name) or {}
        changes = changes.setdefault(name, dict(held))
    changes[names[-1]] = value


def _value(info: SettingRow, text: str) -> Any:
    """Return a text as the kind of value a setting takes; ranges are the schema's business."""
    if text.lower() in NOTHING and info.default is None:
        return None
    try:
        match info.kind:
            case "number":
                return float(text)
            case "whole":
                return int(text)
            case "switch":
                return SWITCHES[text.lower()]
            case "weights":
                return {name.strip(): float(weight) for name, _, weight in (each.partition(":") for each in text.split(","))}
            case "markets":
                return json.loads(text)
            case _:
                return text
    except (ValueError, KeyError):
        wanted = {"switch": "on or off", "weights": "weights such as mid:0.5,mark:0.5", "markets": "a JSON list"}
        raise ConfigurationError(f"{info.path} is {text!r}; expected {wanted.get(info.kind, f'a {info.kind}')}") from None

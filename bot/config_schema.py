"""One typed schema of every setting, for file, environment, command line, API and screen; and what differs between two.

A path names one setting: `spread_percentage`, `quoting.rho`, `more_markets.ETH-USD.order_size`.
"""

import functools
import hashlib
import json
import types
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, Literal, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel

from bot.config import DOCUMENT_FIELDS, HOT_FIELDS, BotConfig, MarketConfig
from bot.core.quoting.parameters import ANCHORS, QUEUE_CHOICES, QuotingSettings
from bot.core.quoting.setting_table import COLD_SETTINGS, SETTINGS
from bot.limits_config import loosened

Kind = Literal["number", "whole", "size", "switch", "choice", "text", "weights", "markets"]
RAISES_LIMITS: Final = frozenset({"account_limits", "limits", "max_position", "order_size"})
"""Settings that can allow more than before, to be held or to be lost: the owner's to change."""
LIMITS: Final = ("limits", "account_limits")
OTHER_MODELS: Final[dict[str, tuple[Kind, str, str]]] = {
    "fair_price": ("weights", "share", "Weight of each view of the value: mark, mid, weighted_mid, microprice, index."),
    "follow_index": ("switch", "", "Move the fair price by what the index says the mid will follow, once that is measured."),
    "queue_model": ("choice", "", "Who is believed to have left when a level shrank."),
    "gamma": ("number", "1/(order size · bps)", "Aversion to inventory risk; when not set, from rho and max_position."),
    "horizon_s": (
        "number",
        "s",
        "For avellaneda_stoikov: time to the rolling end; when not set, the relaxation time of inventory.",
    ),
}
CHOICES: Final = {"queue_model": QUEUE_CHOICES, "fair_price": ANCHORS}


class SettingRow(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a person must know about one setting. `off` is the value that switches its part off, where there is one."""

    path: str
    group: Literal["documents", "market", "models", "limits", "program"]
    kind: Kind
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    minimum_excluded: bool = False
    choices: tuple[str, ...] | None = None
    default: Any = None
    off: float | None = None
    is_hot: bool = False
    """It may change while the bot quotes."""
    is_document: bool = False
    per_market: bool = True
    raises_limits: bool = False
    meaning: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One setting that differs. None: not set, or the market is not configured."""

    path: str
    before: Any
    after: Any
    is_hot: bool
    raises_limits: bool


# --- the schema -----------------------------------------------------------------------------------------------------------


@functools.cache
def settings() -> tuple[SettingRow, ...]:
    """Return every setting, in the order in which a person meets them; built once, for it takes long."""
    return tuple(_of_model(BotConfig, BotConfig.model_json_schema(), ""))


def _of_model(model: type[BaseModel], schema: dict[str, Any], prefix: str) -> Iterator[SettingRow]:
    for name, field in model.model_fields.items():
        path = prefix + name
        nested = _nested(field.annotation)
        if path == "quoting":
            yield from _models()
        elif nested is not None:
            yield from _of_model(nested, nested.model_json_schema(), f"{path}.")
        else:
            yield _of_field(path, name, schema["properties"][name])


def _nested(annotation: Any) -> type[BaseModel] | None:
    """Return the model a field holds, alone or as an alternative to nothing."""
    among = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    return next((each for each in among if isinstance(each, type) and issubclass(each, BaseModel)), None)


def _of_field(path: str, name: str, described: dict[str, Any]) -> SettingRow:
    shown = next((each for each in described.get("anyOf", ()) if each.get("type") != "null"), {}) | described
    top = path.partition(".")[0]
    low = shown.get("minimum", shown.get("exclusiveMinimum"))
    return SettingRow(
        path=path,
        group=_group(top, path),
        kind=_kind(top, name, shown),
        unit=shown.get("unit", ""),
        minimum=low,
        maximum=shown.get("maximum"),
        minimum_excluded="exclusiveMinimum" in shown,
        choices=tuple(shown["enum"]) if "enum" in shown else None,
        default=described.get("default"),
        is_hot=top in HOT_FIELDS,
        is_document=path in DOCUMENT_FIELDS,
        per_market=top in MarketConfig.model_fields,
        raises_limits=top in RAISES_LIMITS,
        meaning=shown.get("description", ""),
    )


def _group(top: str, path: str) -> Literal["documents", "market", "models", "limits", "program"]:
    if path in DOCUMENT_FIELDS:
        return "documents"
    if top in (*LIMITS, "max_position"):
        return "limits"
    return "market" if top in MarketConfig.model_fields else "program"


def _kind(top: str, name: str, shown: dict[str, Any]) -> Kind:
    if name == "more_markets":
        return "markets"
    if shown.get("unit") == "base asset" or (top in LIMITS and shown.get("type") == "string"):
        return "size"
    if "enum" in shown:
        return "choice"
    kinds: dict[str, Kind] = {"integer": "whole", "number": "number", "boolean": "switch"}
    return kinds.get(str(shown.get("type")), "text")


def _models() -> Iterator[SettingRow]:
    defaults = msgspec.to_builtins(QuotingSettings())
    for name in QuotingSettings.__struct_fields__:
        path = f"quoting.{name}"
        if name == "strategy":
            continue
        if (rule := SETTINGS.get(name)) is not None:
            is_switch = isinstance(defaults[name], bool)
            kind: Kind = "switch" if is_switch else "whole" if isinstance(defaults[name], int) else "number"
            yield SettingRow(
                path=path,
                group="models",
                kind=kind,
                unit="" if is_switch else rule.unit,
                minimum=None if is_switch else rule.low,
                maximum=None if is_switch else rule.high,
                default=defaults[name],
                off=rule.off,
                is_hot=rule.is_hot,
                meaning=rule.meaning,
            )
        else:
            other, unit, meaning = OTHER_MODELS[name]
            yield SettingRow(
                path=path,
                group="models",
                kind=other,
                unit=unit,
                minimum=0.0 if other in ("number", "weights") else None,
                maximum=1.0 if other == "weights" else None,
                minimum_excluded=other == "number",
                choices=CHOICES.get(name),
                default=defaults[name],
                is_hot=name not in COLD_SETTINGS,
                meaning=meaning,
            )


# --- what differs ---------------------------------------------------------------------------------------------------------


def config_hash(config: BotConfig) -> str:
    """Return a short digest of the settings, the same for the same settings."""
    text = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def changes_between(before: BotConfig, after: BotConfig) -> tuple[Change, ...]:
    """Return every setting that differs, by its path; a setting of the models that is left out counts as its default."""
    old, new, raised = _flat(before), _flat(after), _raised_paths(before, after)
    return tuple(
        Change(
            path=path,
            before=old.get(path),
            after=new.get(path),
            is_hot=_is_hot(path),
            raises_limits=any(path == each or path.startswith(f"{each}.") for each in raised),
        )
        for path in dict.fromkeys((*old, *new))
        if old.get(path) != new.get(path)
    )


def needs_stop(changes: tuple[Change, ...]) -> list[str]:
    """Return the paths of changes that are taken only while the bot is stopped."""
    return [change.path for change in changes if not change.is_hot]


def raised_limits(before: BotConfig, after: BotConfig) -> list[str]:
    """Return the settings whose change allows more than before: how much may be held, and how much stands in one order."""
    return sorted({path.rpartition(".")[2] for path in _raised_paths(before, after)})


def _raised_paths(before: BotConfig, after: BotConfig) -> frozenset[str]:
    held = {each.market: each for each in before.markets()}
    raised: set[str] = set()
    for each in after.markets():
        known = held.get(each.market)
        prefix = "" if each is after else f"more_markets.{each.market}."
        if known is None or each.position_limit > known.position_limit:
            raised.add(f"{prefix}max_position")
        if known is not None and Decimal(each.order_size) > Decimal(known.order_size):
            raised.add(f"{prefix}order_size")
        if known is not None and loosened(known.limits, each.limits):
            raised.add(f"{prefix}limits")
    if loosened(before.account_limits, after.account_limits):
        raised.add("account_limits")
    return frozenset(raised)


def _flat(config: BotConfig) -> dict[str, Any]:
    flat = dict(_of_market(config, ""))
    for each in config.more_markets:
        flat |= _of_market(each, f"more_markets.{each.market}.")
    return flat


def _of_market(config: MarketConfig, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in config.model_dump(mode="json").items():
        if name == "quoting":
            models = msgspec.to_builtins(config.models())
            yield from ((f"{prefix}quoting.{each}", models[each]) for each in models if each != "strategy")
        elif name != "more_markets":
            yield from _leaves(f"{prefix}{name}", value)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for name, inner in value.items():
        yield from _leaves(f"{path}.{name}", inner)


def _is_hot(path: str) -> bool:
    top, _, rest = path.partition(".")
    return top in HOT_FIELDS and not (top == "quoting" and rest in COLD_SETTINGS)

"""What the configuration's routes take and give, for the description of the API."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

from bot.config import BotConfig


class Setting(BaseModel):
    """One setting. `off` is the value that switches its part off; `unit` may be empty."""

    path: str
    group: Literal["documents", "market", "models", "limits", "program"]
    kind: Literal["number", "whole", "size", "switch", "choice", "text", "weights", "markets"]
    unit: str
    minimum: float | None
    maximum: float | None
    minimum_excluded: bool
    choices: list[str] | None
    default: Any
    off: float | None
    is_hot: bool
    is_document: bool
    per_market: bool
    raises_limits: bool
    meaning: str


class ConfigSchema(BaseModel):
    """`settings` has one row for each setting; `properties` is JSON schema; `hot` names the fields that change while quoting."""

    model_config = ConfigDict(extra="allow")

    properties: dict[str, Any]
    hot: list[str]
    defaults: dict[str, Any]
    raises_limits: list[str]
    settings: list[Setting]


class SettingChange(BaseModel):
    """One setting that differs; null: not set, or the market is not configured."""

    path: str
    before: Any
    after: Any
    is_hot: bool
    raises_limits: bool


class ConfigInForce(BaseModel):
    """`is_running`: settings that are not hot are locked until the bot is stopped."""

    version: int
    hash: str
    config: BotConfig
    warnings: list[str]
    is_running: bool


class Configured(BaseModel):
    """What came into force."""

    status: Literal["updated"]
    config: BotConfig
    version: int
    hash: str
    changes: list[SettingChange]
    warnings: list[str]


class ReasonOut(BaseModel):
    code: str
    text: str


class PreviewedQuote(BaseModel):
    """`away_bps` from the fair price; positive is outside."""

    side: Literal["BUY", "SELL"]
    level: int
    price: str
    size: str
    notional: str
    away_bps: float


class PreviewedMarket(BaseModel):
    """`reason` says why nothing would be quoted; `withheld` why a side would be missing."""

    market: str
    strategy: str
    reason: ReasonOut | None
    mid: str | None
    fair_price: str | None
    spread_bps: float | None
    bid_notional: str
    ask_notional: str
    quotes: list[PreviewedQuote]
    withheld: dict[str, ReasonOut]
    breakdown: dict[str, Any] | None


class ConfigPreview(BaseModel):
    """What a configuration would quote now; nothing was changed."""

    hash: str
    changes: list[SettingChange]
    needs_stop: list[str]
    raises_limits: list[str]
    warnings: list[str]
    markets: list[PreviewedMarket]


class ConfigVersion(BaseModel):
    """One configuration that was in force. `is_running`: it is now."""

    version: int
    hash: str
    at_ms: int
    who: str
    verb: Literal["start", "change", "rollback"]
    comment: str
    changes: list[SettingChange]
    is_running: bool


class ConfigVersionWhole(ConfigVersion):
    """A version with its content."""

    config: dict[str, Any]


class ConfigVersions(BaseModel):
    versions: list[ConfigVersion]


class ConfigDiff(BaseModel):
    """What leads from one version to another."""

    model_config = ConfigDict(populate_by_name=True)

    from_version: Annotated[int, Field(alias="from")]
    to_version: Annotated[int, Field(alias="to")]
    changes: list[SettingChange]


class Rollback(BaseModel):
    """Which version to bring back. `expected`: the hash that the caller believes to be in force."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"version": 1}]})

    version: Annotated[StrictInt, Field(ge=1, le=99_999_999)]
    expected: Annotated[StrictStr, Field(max_length=64)] | None = None
    comment: Annotated[StrictStr, Field(max_length=200)] = ""


class ConfigFile(BaseModel):
    """The text of a configuration file: YAML, of which JSON is a part; as long as a body may be."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "spread_percentage: 0.002\n"}]})

    text: StrictStr


class ConfigFileRead(BaseModel):
    """`changes` lead from what is in force to what the file says, ready to be previewed; empty when nothing differs."""

    changes: dict[str, Any]


class ConfigPreset(BaseModel):
    """`changes` are ready to be previewed and applied."""

    name: str
    title: str
    meaning: str
    market: str
    changes: dict[str, Any]


class ConfigPresets(BaseModel):
    presets: list[ConfigPreset]

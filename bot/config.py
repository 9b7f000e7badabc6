"""What a person may set, validated with every error at once, each naming field, value and allowed range."""

import difflib
import functools
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from bot.core.errors import ConfigurationError, InvalidInput
from bot.core.market import market_name
from bot.core.numbers import parse_decimal
from bot.core.quoting.parameters import QuotingSettings
from bot.core.risk.settings import RiskSettings
from bot.core.settings import MakerSettings
from bot.limits_config import AccountLimitsConfig, AmountText, MarketLimitsConfig, merged

MOST_BYTES: Final = 64 * 1024
MOST_DEPTH: Final = 12
"""Settings in tables in tables; the deepest known one lies five levels down."""
MOST_PROBLEMS: Final = 20
"""Wrong fields told one by one; a person mends these first, and a hostile body cannot buy a long answer."""
LONGEST_NAME: Final = 60
"""Of an unknown name, so much is compared with the known ones."""
POSITION_IN_ORDERS: Final = 5
"""`max_position` when none is set, in order sizes."""


QuotingValue = bool | int | float | str | dict[str, float] | None
Fraction = Annotated[float, Field(allow_inf_nan=False)]


class MarketConfig(BaseModel):
    """How one market is quoted. Fractions: 0.001 is 0.1 %."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    market: Annotated[
        str, Field(pattern=r"^[A-Z0-9_.]{1,20}-[A-Z]{2,6}$", description="The market to quote."), AfterValidator(market_name)
    ] = "BTC-USD"
    spread_percentage: Annotated[
        Fraction,
        Field(gt=0, le=0.05, description="Distance of each quote from the price.", json_schema_extra={"unit": "fraction"}),
    ] = 0.001
    order_size: AmountText = Field(
        default="0.01", description="Size of each order in the base asset.", json_schema_extra={"unit": "base asset"}
    )
    refresh_interval: Annotated[
        int, Field(ge=1, le=3600, description="Seconds; a check happens at least this often.", json_schema_extra={"unit": "s"})
    ] = 5
    price_move_threshold: Annotated[
        Fraction, Field(ge=0, le=0.1, description="Relative move that refreshes quotes.", json_schema_extra={"unit": "fraction"})
    ] = 0.002
    max_position: AmountText | None = Field(
        default=None, description="Largest position; 5 order sizes when not set.", json_schema_extra={"unit": "base asset"}
    )
    min_refresh_ms: Annotated[
        int, Field(ge=0, le=60_000, description="Shortest time between two refreshes.", json_schema_extra={"unit": "ms"})
    ] = 0
    max_divergence: Annotated[
        Fraction, Field(gt=0, le=0.05, description="Largest distance of mark from mid.", json_schema_extra={"unit": "fraction"})
    ] = 0.005
    strategy: Annotated[
        Literal["simple", "composite", "glft", "avellaneda_stoikov", "grid"],
        Field(description="simple is the documents' rule; the others decide spread, skew and sizes by models."),
    ] = "simple"
    quoting: dict[str, QuotingValue] = Field(
        default_factory=dict, description="Settings of the models, by name; docs/strategies/settings.md lists them."
    )
    order_lifetime_s: Annotated[
        int,
        Field(
            ge=45,
            le=600,
            description="Seconds after which the book itself drops an order; renewed before.",
            json_schema_extra={"unit": "s"},
        ),
    ] = 90
    leverage: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None,
        description="Leverage set and verified at start; left as it is when not set.",
        json_schema_extra={"unit": "times"},
    )
    limits: MarketLimitsConfig = Field(
        default_factory=MarketLimitsConfig, description="Limits of this market, by name; docs/risk.md explains them."
    )

    @model_validator(mode="after")
    def _models_can_be_used(self) -> "MarketConfig":
        try:
            self.models()
        except InvalidInput as error:
            raise ValueError(f"quoting: {error}") from None
        return self

    def models(self) -> QuotingSettings:
        """Return the models' settings.

        Raises: InvalidInput naming the setting, what was found and what is allowed.
        """
        known = QuotingSettings.__struct_fields__
        for name in self.quoting:
            if name not in known or name == "strategy":
                near = difflib.get_close_matches(name, known, n=1)
                raise InvalidInput(name, self.quoting[name], f"a setting of the models{f', perhaps {near[0]}' if near else ''}")
        try:
            return msgspec.convert({**self.quoting, "strategy": self.strategy}, QuotingSettings)
        except msgspec.ValidationError as error:
            raise InvalidInput("quoting", self.quoting, f"values of the right kind ({error})") from None

    @property
    def position_limit(self) -> Decimal:
        """Return the largest position in the base asset."""
        return Decimal(self.max_position) if self.max_position else POSITION_IN_ORDERS * Decimal(self.order_size)

    def settings(self) -> MakerSettings:
        """Return the same decisions in exact types."""
        return MakerSettings(
            market=self.market,
            spread=parse_decimal("spread_percentage", self.spread_percentage),
            order_size=Decimal(self.order_size),
            refresh_interval_ms=self.refresh_interval * 1000,
            price_move_threshold=parse_decimal("price_move_threshold", self.price_move_threshold),
            max_position=self.position_limit,
            min_refresh_ms=self.min_refresh_ms,
            max_divergence=parse_decimal("max_divergence", self.max_divergence),
            order_lifetime_ms=self.order_lifetime_s * 1000,
        )

    def warnings(self) -> list[str]:
        """Return what is allowed and still unwise."""
        found = []
        if self.price_move_threshold > self.spread_percentage:
            found.append(
                f"price_move_threshold {self.price_move_threshold:g} is above spread_percentage {self.spread_percentage:g}: "
                "the price can pass a quote before the quote moves, so inventory grows until max_position holds it"
            )
        return found


class BotConfig(MarketConfig):
    """How the bot quotes: the documents' fields for its market, and further markets beside it.

    The documents' six fields change only while the bot is stopped.
    """

    enabled: Annotated[bool, Field(description="Quote as soon as the program has started.")] = False
    account_feed: Annotated[
        Literal["stream", "polling"],
        Field(description="Follow the account by its stream, or by polling at the documents' rates where there is none."),
    ] = "stream"
    more_markets: Annotated[
        tuple[MarketConfig, ...], Field(max_length=50, description="Further markets, each with settings of its own.")
    ] = ()
    account_limits: AccountLimitsConfig = Field(
        default_factory=AccountLimitsConfig, description="Limits of the account, by name; docs/risk.md explains them."
    )

    @model_validator(mode="after")
    def _each_market_once(self) -> "BotConfig":
        names = [each.market for each in self.markets()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"more_markets: {', '.join(twice)} is configured twice")
        return self

    def markets(self) -> tuple[MarketConfig, ...]:
        """Return the configuration of every market, the documents' one first."""
        return (self, *self.more_markets)

    def risk(self) -> RiskSettings:
        """Return the limits of the account and of every market, in exact types."""
        return RiskSettings(
            account=self.account_limits.exact(),
            markets={each.market: each.limits.exact(each.position_limit) for each in self.markets()},
        )


LIMIT_EXAMPLES: Final = {
    "limits": ['#   max_market_notional: "5000"', '#   stop_loss: "50"'],
    "account_limits": ["#   daily_loss_fraction: 0.02", "#   max_leverage: 2"],
}
DOCUMENT_FIELDS: Final = frozenset(
    {"market", "spread_percentage", "order_size", "refresh_interval", "price_move_threshold", "enabled"}
)
"""The documents' own six; they change only while the bot is stopped."""
HOT_FIELDS: Final = frozenset(
    {
        "max_position",
        "min_refresh_ms",
        "max_divergence",
        "more_markets",
        "strategy",
        "quoting",
        "limits",
        "account_limits",
    }
)
"""Fields that may change while the bot quotes; of `quoting`, what belongs to an estimator may not (`config_schema`)."""

LIMITS: Final = ("limits", "account_limits")
"""Tables of which a change names only what it changes."""


def changed_config(config: BotConfig, changes: Mapping[str, object]) -> BotConfig:
    """Return `config` with `changes` applied and everything validated again.

    Raises: ConfigErrors with one entry for each field that is unknown or out of range.
    """
    present = config.model_dump(exclude_unset=True)
    limits = {name: merged(present[name], table) for name in LIMITS if name in present and (table := _table(changes.get(name)))}
    try:
        return BotConfig.model_validate({**present, **changes, **limits})
    except ValidationError as error:
        raise ConfigErrors(error) from None


def _table(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


class ConfigErrors(ConfigurationError):
    """One or more fields of the configuration cannot be used."""

    def __init__(self, error: ValidationError) -> None:
        found = error.errors(include_url=False)
        self.problems = [_problem(dict(each)) for each in found[:MOST_PROBLEMS]]
        if (more := len(found) - MOST_PROBLEMS) > 0:
            self.problems.append({"field": "config", "message": f"{more} more fields are wrong", "hint": "mend these first"})
        super().__init__("; ".join(f"{each['field']}: {each['message']}" for each in self.problems))


def _problem(error: dict[str, Any]) -> dict[str, str]:
    field = ".".join(str(part) for part in error["loc"]) or error["msg"].removeprefix("Value error, ").partition(":")[0]
    found = repr(error.get("input"))[:80]
    if error["type"] == "extra_forbidden":
        known = _part_at(error["loc"][:-1]).model_fields
        near = difflib.get_close_matches(field.rpartition(".")[2][:LONGEST_NAME], known, n=1)
        meant = f", perhaps {near[0]} is meant" if near else ""
        allowed = ", ".join(known)
        return {"field": field, "message": f"{field} is not a setting{meant}; found {found}", "hint": f"settings are: {allowed}"}
    return {"field": field, "message": f"{field} is {found}: {error['msg']}", "hint": _range_of(field)}


def _part_at(path: tuple[str | int, ...]) -> type[BaseModel]:
    """Return the part of the configuration that a path leads into, such as the breakers for `limits.breakers`."""
    part: type[BaseModel] = BotConfig
    for name in path:
        field = part.model_fields.get(str(name))
        kinds = () if field is None else (field.annotation, *get_args(field.annotation))
        part = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), part)
    return part


@functools.cache
def _properties() -> Mapping[str, Mapping[str, Any]]:
    """Return what the schema says of each setting; building it takes too long to do it for every wrong field."""
    properties: Mapping[str, Mapping[str, Any]] = BotConfig.model_json_schema()["properties"]
    return properties


def _range_of(field: str) -> str:
    if field == "spread_percentage":
        return "allowed is above 0 and at most 0.05; it is a fraction on each side: 0.001 is 0.1 %, and 0.1 would mean 10 %"
    schema = _properties().get(field.rpartition(".")[2], {})
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "pattern": "matching"}
    limits = [f"{words[key]} {value}" for key, value in schema.items() if key in words]
    return f"allowed is {' and '.join(limits)}" if limits else "a plain decimal number above zero, such as 0.01"


def load_config(file: Path) -> BotConfig:
    """Read a configuration file (YAML, data only: no tags, no code).

    Raises: ConfigurationError with the file, the field and what is allowed.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"configuration {file} cannot be read: {error.strerror}") from None
    if len(text) > MOST_BYTES:
        raise ConfigurationError(f"configuration {file} is larger than {MOST_BYTES} bytes")
    return parsed_config(text, f"configuration {file}")


def parsed_config(text: bytes, name: str) -> BotConfig:
    """Return the configuration that a file's text describes; what the file does not name is the default.

    Raises: ConfigurationError, which begins with `name`, with the field and what is allowed.
    """
    try:
        content = _content(text.decode("utf-8"))
    except (YAMLError, ValueError) as error:  # ValueError: no UTF-8, a date or a number that cannot be, or refused below
        raise ConfigurationError(f"{name} is not readable YAML: {_said(error)}") from None
    if content is None:
        return BotConfig()
    if not isinstance(content, dict):
        raise ConfigurationError(f"{name} must be a list of settings such as 'order_size: \"0.01\"'")
    return changed_config(BotConfig(), content)


def _content(text: str) -> object:
    """Return what a YAML text holds: plain data, no deeper than settings are, and nothing that stands for something else.

    A few hundred bytes of names that stand for each other unfold to more than a machine can hold.

    Raises: ValueError or YAMLError.
    """
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        alias = f"write the settings out; *{event.anchor} is not taken" if isinstance(event, AliasEvent) else ""
        if why := alias or (f"nested deeper than {MOST_DEPTH} levels" if depth > MOST_DEPTH else ""):
            raise ValueError(f"line {event.start_mark.line + 1}: {why}")
    return YAML(typ="safe", pure=True).load(text)


def _said(error: YAMLError | ValueError) -> str:
    if isinstance(error, MarkedYAMLError) and error.problem and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem.splitlines()[0]}"
    return str(error).splitlines()[0]


def example_config() -> str:
    """Return a configuration file with every setting, its default and its meaning."""
    lines = ["# How the bot quotes. Fractions are fractions: 0.001 is 0.1 %."]
    for name, field in BotConfig.model_fields.items():
        meaning = field.description or ""
        if name == "more_markets":
            lines += ["", f"# {meaning}", "# more_markets:", "#   - market: ETH-USD", '#     order_size: "0.1"']
            continue
        if name == "quoting":
            lines += ["", f"# {meaning}", "# quoting:", "#   levels: 3"]
            continue
        if name in LIMITS:
            lines += ["", f"# {meaning}", f"# {name}:", *LIMIT_EXAMPLES[name]]
            continue
        value = "true" if field.default is True else "false" if field.default is False else field.default
        text = f'"{value}"' if isinstance(field.default, str) else value
        lines += ["", f"# {meaning}", f"# {name}:" if field.default is None else f"{name}: {text}"]
    return "\n".join(lines) + "\n"

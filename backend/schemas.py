"""Requests and answers of the API, strict at the door: wrong types, unknown fields and unreadable numbers stop here."""

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictStr
from pydantic_core import PydanticCustomError

from bot.config import BotConfig
from bot.core.errors import InvalidInput
from bot.core.market import market_name
from bot.core.numbers import MAX_DIGITS, parse_decimal, plain

DECIMAL_PATTERN: Final = r"^[0-9]+(\.[0-9]+)?$"
MARKET_PATTERN: Final = r"^[A-Z0-9_.]{1,20}-[A-Z]{2,6}$"
LONGEST_ID: Final = 64


class SideName(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


class TimeInForceName(StrEnum):
    """GTC rests for the longest expiry the exchange allows; FOK is refused here unless the live book can fill all of it."""

    POST_ONLY = "POST_ONLY"
    GTC = "GTC"
    GTT = "GTT"
    IOC = "IOC"
    FOK = "FOK"


class LogLevel(StrEnum):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _above_zero(text: str) -> str:
    try:
        value = parse_decimal("value", text)
    except InvalidInput as error:
        raise _refusal(error.allowed) from None
    if value <= 0:
        raise _refusal("a number above zero")
    return plain(value)


def _refusal(allowed: str) -> PydanticCustomError:
    return PydanticCustomError("invalid_input", "expected {allowed}", {"allowed": allowed})


DecimalText = Annotated[
    StrictStr,
    AfterValidator(_above_zero),
    Field(
        json_schema_extra={"pattern": DECIMAL_PATTERN, "maxLength": MAX_DIGITS + 1},
        description="A plain decimal number above zero, as text.",
    ),
]
MarketText = Annotated[
    StrictStr,
    Field(pattern=MARKET_PATTERN, description="BTC-USD; BTC-PERP is another name of it."),
    AfterValidator(market_name),
]


class NewOrder(BaseModel):
    """An order by hand."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"market": "BTC-PERP", "side": "BUY", "price": "60000", "size": "0.001", "timeInForce": "POST_ONLY"}]
        },
    )

    market: MarketText
    side: SideName
    price: DecimalText
    size: DecimalText
    timeInForce: TimeInForceName
    reduceOnly: StrictBool = False


class ConfigChange(BotConfig):
    """Settings to change, each with its range. The documents' six fields change only while the bot is stopped."""

    model_config = ConfigDict(strict=True)


def config_change_schema() -> dict[str, Any]:
    """Return the JSON schema of a change: any setting, at least one, nothing else."""
    schema = ConfigChange.model_json_schema()
    return {**schema, "minProperties": 1, "examples": [{"spread_percentage": 0.002, "order_size": "0.02"}]}


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Put every definition where it is used: inside a larger description a reference to `#/$defs` points nowhere."""
    definitions = schema.get("$defs", {})

    def placed(part: Any) -> Any:
        if isinstance(part, list):
            return [placed(each) for each in part]
        if not isinstance(part, dict):
            return part
        name = str(part.get("$ref", "")).removeprefix("#/$defs/")
        if name in definitions:
            return placed({**definitions[name], **{key: value for key, value in part.items() if key != "$ref"}})
        return {key: placed(value) for key, value in part.items() if key != "$defs"}

    found = placed(schema)
    assert isinstance(found, dict)
    return found


class ErrorBody(BaseModel):
    """What every refusal looks like; `field` names the part of the request that is meant."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str
    field: str | None
    hint: str | None


class Started(BaseModel):
    """The bot quotes."""

    status: Literal["started"]
    config: BotConfig


class Stopped(BaseModel):
    """`remaining` names the bot's orders that the exchange has not confirmed as gone; empty: none is left."""

    status: Literal["stopped", "stopping"]
    remaining: list[str]


class Paused(BaseModel):
    status: Literal["paused", "pausing"]
    remaining: list[str]


class Killed(BaseModel):
    """`found` orders of the account were open; `remaining` names those that are not known to be gone.

    `unmarked` says why no HALT marker could be left, so that a restarted program may quote again; "" when it stands.
    """

    status: Literal["killed", "killing"]
    found: int
    remaining: list[str]
    unmarked: str


class Flattened(BaseModel):
    """`position` is what is left, signed, in the base asset; `orders` what was tried, one after the other."""

    status: str
    market: str
    position: str
    orders: list[dict[str, Any]]


class FlattenRequest(BaseModel):
    """Where a token is needed, `confirm` repeats what is meant: "flatten BTC-USD"."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"market": "BTC-USD", "confirm": "flatten BTC-USD"}]}
    )

    market: MarketText | None = None
    confirm: Annotated[StrictStr, Field(max_length=60)] = ""


class FlattenPreview(BaseModel):
    """What a flatten would cost now, from the live book; `reason` says what stands against it."""

    model_config = ConfigDict(extra="allow")

    market: str
    position: str
    side: SideName | None
    size: str
    reason: str | None
    confirm: str


class Accepted(BaseModel):
    """The command is carried out beside this answer; look at `GET /api/jobs/{id}`."""

    id: str
    state: str


class MarketPaused(BaseModel):
    """`remaining` names the bot's orders on this market that are not yet gone."""

    status: Literal["paused", "pausing", "resumed"]
    market: str
    remaining: list[str]


class Job(BaseModel):
    """One command. REFUSED: nothing was done, and `reason` says why; FAILED: look at what is true now."""

    model_config = ConfigDict(extra="allow")

    id: str
    verb: str
    who: str
    state: Literal["RUNNING", "DONE", "REFUSED", "FAILED"]
    began_ms: int
    ended_ms: int | None
    code: str | None
    reason: str | None
    arguments: dict[str, Any]


class Jobs(BaseModel):
    jobs: list[Job]


class Pnl(BaseModel):
    """Money in collateral, as text. total = realised + unrealised - fees + funding; fees positive: paid, funding: received.

    `today_lacks` says what is missing in the figures of today; empty when nothing is. `books` says where it came from: total =
    spread + inventory - fees + funding, exactly, by day and market, beside the exchange's equity and what is left unexplained.
    """

    run: dict[str, Any]
    today: dict[str, dict[str, Any]]
    today_lacks: str
    days: list[dict[str, str]]
    records: str
    books: dict[str, Any]


class Fills(BaseModel):
    """`records` is ok, or says why the records may be behind."""

    fills: list[dict[str, Any]]
    records: str


class Decisions(BaseModel):
    decisions: list[dict[str, Any]]
    records: str


class FundingPayments(BaseModel):
    funding: list[dict[str, Any]]
    records: str


class OrderHistory(BaseModel):
    orders: list[dict[str, Any]]
    records: str


class AlertList(BaseModel):
    alerts: list[dict[str, Any]]
    records: str


class EquityCurve(BaseModel):
    equity: list[dict[str, Any]]
    records: str


class Risk(BaseModel):
    """Tiers, meters, limits, worst cases and nets; amounts are text."""

    model_config = ConfigDict(extra="allow")

    state: str
    tier: str
    meters: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    latched: list[dict[str, Any]]
    loss: dict[str, Any]
    account_limits: dict[str, Any]
    exposure: str
    markets: dict[str, dict[str, Any]]


class CurrentQuotes(BaseModel):
    """Prices of the bot that rest on the exchange, null where none rests."""

    bid: float | None
    ask: float | None


class DayKnown(BaseModel):
    """Whether the figures of today hold everything; `text` says what is missing."""

    is_whole: bool
    text: str


class Status(BaseModel):
    """What the bot does. `order_ids` are ours; `markets` says for each market why it shows nothing, if so."""

    model_config = ConfigDict(extra="allow")

    env: str
    running: bool
    state: str
    reason: str
    reason_code: str
    config: BotConfig
    active_orders: int
    last_quote_price: float | None
    current_quotes: CurrentQuotes
    order_ids: list[str]
    markets: dict[str, dict[str, Any]]
    metrics: dict[str, Any]
    day: DayKnown


class LogLineOut(BaseModel):
    """One line; `ts` in milliseconds since 1970, UTC."""

    id: int
    ts: int
    level: LogLevel
    event: str
    market: str | None
    message: str
    fields: dict[str, Any]


class Logs(BaseModel):
    logs: list[LogLineOut]


class OrderOutcome(StrEnum):
    PLACED = "PLACED"
    RESTING = "RESTING"
    FILLED = "FILLED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


class OrderAnswer(BaseModel):
    """What became of an order by hand; UNKNOWN: the answer was lost, it may exist."""

    model_config = ConfigDict(extra="allow")

    status: OrderOutcome


class OrderCheck(BaseModel):
    """What the gate would say to an order now; amounts are text. `code` and `reason` stand beside REFUSED only."""

    model_config = ConfigDict(extra="allow")

    market: str
    verdict: Literal["PASS", "TAKES", "REFUSED"]
    notional: str
    code: str | None = None
    reason: str | None = None
    takes: str | None = None
    """How much of it would fill at once."""
    takes_average: str | None = None
    fee: str | None = None
    """Of what would fill at once, at the taker's rate."""
    pulls: int = 0
    """Orders of the bot on the other side, which leave first when it can take."""
    leverage: str | None = None
    worst_now: str | None = None
    worst_then: str | None = None
    max_position: str | None = None


class CancelAnswer(BaseModel):
    """What became of a cancel; CANCELLING: asked for, not yet confirmed."""

    model_config = ConfigDict(extra="allow")

    status: str


class OpenOrder(BaseModel):
    """An order in the exchange's field names; `owner` tells the bot's, ours by hand, and strangers' orders apart."""

    model_config = ConfigDict(extra="allow")

    externalId: str  # noqa: N815 - the exchange's own field name, as below
    market: str
    side: SideName
    qty: str
    status: str
    owner: Literal["bot", "hand", "foreign"]


class OpenOrders(BaseModel):
    orders: list[OpenOrder]


class MarketRow(BaseModel):
    """One market. Prices and sizes are text; `followed`: the bot is configured to quote it."""

    name: str
    status: str
    followed: bool
    tick_size: str
    lot_size: str
    min_size: str
    mark_price: str | None
    mark_age_ms: int | None


class Markets(BaseModel):
    markets: list[MarketRow]


class MarketSeries(BaseModel):
    """What a market looked like lately, oldest first; each row holds one value for each of `columns`."""

    market: str
    step_s: int
    columns: list[str]
    rows: list[list[str | int | None]]


class CachedAccount(BaseModel):
    """The account as last published: lists with the exchange's field names, and the age of each source in milliseconds."""

    seq: int
    positions: list[dict[str, Any]]
    trades: list[dict[str, Any]]
    balance: dict[str, Any]
    orders: list[OpenOrder]
    age_ms: dict[str, int]


class BroadcasterStats(BaseModel):
    """Counters since the start of the program."""

    model_config = ConfigDict(extra="allow")

    clients: int
    messages: int
    bytes: int
    seq: int
    drops: int
    age_ms: dict[str, int]


class Health(BaseModel):
    status: str


class Access(BaseModel):
    """What the caller may do: `local` is whoever reaches loopback of a machine in paper, and may do everything."""

    who: Literal["local", "read", "control", "danger"]
    may: list[Literal["read", "control", "danger"]]

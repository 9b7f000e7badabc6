"""Every switch of the simulated exchange in one record; what the real exchange does not document is a switch here."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from enum import Enum
from types import UnionType
from typing import Any, get_args, get_type_hints

from simulator.matching import SelfTradeRule
from simulator.orders import Reason
from simulator.rate_limit import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOptions:
    """How the exchange behaves; times in milliseconds."""

    accept_delay_ms: tuple[int, int] = (5, 20)
    """From the gateway's answer to the book: shortest and longest, drawn evenly."""
    self_trade_rule: SelfTradeRule = SelfTradeRule.STOP_TAKER
    unfilled_ioc_expires: bool = False
    """An IOC order without any fill ends EXPIRED instead of CANCELLED."""
    fill_or_kill: bool = False
    """FOK orders are taken, as before the documents dropped them; else 400."""
    max_expiry_days: int = 28
    """28 on testnet, 90 on mainnet."""
    max_orders: int | None = None
    """Overrides the open-order limit of every market."""
    default_leverage: int = 10
    maker_fee: Decimal = Decimal(0)
    taker_fee: Decimal = Decimal("0.00025")
    mark_balance_interval_ms: int = 1_000
    """How often a moving mark alone sends POSITION and BALANCE frames; 0: never."""
    mark_interval_ms: int = 1_000
    """A mark that does not change is pushed again after this long."""
    deadman_max_s: int = 86_400
    deadman_min_s: int = 0
    """Shorter countdowns are refused; 0 always disarms."""
    deadman_spares_stops: bool = False
    """The dead-man's switch leaves orders that wait for a trigger alone."""
    deadman_reason: Reason | None = None
    """What orders say that the dead-man's switch cancelled."""
    edit_keeps_priority: bool = False
    """An edit that only makes an order smaller keeps its place in the queue."""
    edit_qty_is_total: bool = False
    """The size of an edit includes what the replaced order had filled."""
    min_expiry_ms: int = 0
    """How far ahead an expiry must lie at least."""
    expiry_is_silent: bool = False
    """The account stream does not tell that an order expired; REST shows it."""
    min_order_value: Decimal = Decimal(0)
    """Size times price of an order, at least."""
    ids_unique_among_open: bool = False
    """An external id may be used again once its order has ended."""
    post_only_after_maintenance_ms: int = 0
    """How long only post-only orders are taken after a maintenance."""
    maintenance_cancels_orders: bool = False
    tell_triggered: bool = False
    """A triggered order says so with the documented status that the SDK cannot read."""
    risk_reasons: bool = False
    """Orders cancelled by risk say why, with documented reasons that the SDK cannot read."""
    closed_positions_say_opened: bool = False
    """A position of size 0 is still said to be OPENED."""
    unfilled_orders_kept: int = 20_000
    """Closed orders without a fill that an account's memory holds; ids of forgotten ones are free again."""
    filled_orders_kept: int = 50_000
    rebate_tiers: tuple[tuple[Decimal, Decimal], ...] = (
        (Decimal("0.005"), Decimal("0.00002")),
        (Decimal("0.01"), Decimal("0.00004")),
        (Decimal("0.025"), Decimal("0.00008")),
        (Decimal("0.05"), Decimal("0.00013")),
    )
    """Pairs of a share of thirty days' maker volume and the rate it earns, both fractions, rising."""
    rebate_minimum: Decimal = Decimal(10)
    """Less waits for the next day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How the exchange answers over sockets; times in milliseconds."""

    verify_signatures: bool = True
    read_lag_ms: int = 150
    """How far the REST views of orders stay behind the account stream."""
    clock_offset_ms: int = 0
    """Venue clock minus system clock."""
    rate_limit_per_minute: int = 1_000
    """Requests per address; 0 switches the limit off."""
    rate_window: Window = Window.BUCKET
    rate_limited_empty_body: bool = False
    """The answer 429 has no envelope."""
    business_errors_on_200: bool = False
    """Refusals travel on HTTP 200 with status ERROR instead of on HTTP 400."""
    deadman_empty_answer: bool = False
    cancel_unknown_status: int = 404
    cancel_unknown_code: int = 1142
    zero_balance_is_404: bool = True
    position_times_twice: bool = True
    """REST positions carry createdAt and createdTime, as documents and SDK differ; else the first only."""
    candles_limit: int = 10_000
    funding_page: int = 10_000
    """The most rows of candles and of funding rates in one answer."""
    delta_sizes: bool = True
    """Levels of book deltas carry the absolute size `c` too."""
    snapshot_sizes: bool = False
    """Levels of book snapshots carry `c`."""
    best_depth_tag: str = "1"
    """`d` of best-price frames."""
    funding_estimates: bool = True
    """The funding stream tells the running estimate every minute; else applied rates only."""
    combined_account_frames: bool = False
    """What happens to an account at one moment comes in one frame."""
    seq_per_market: bool = False
    """Where one v1 stream tells all markets, each of them has numbers of its own; else the connection has."""
    handshakes_per_minute: int = 0
    """Socket handshakes for each address; 0: no limit."""
    book_interval_ms: int = 100
    best_interval_ms: int = 10
    book_snapshot_interval_ms: int = 60_000
    ping_interval_s: float = 15.0
    pong_timeout_s: float = 10.0
    rpc_silent_on_unknown: bool = True
    """The v2 socket does not answer a subscription to something unknown, as seen live; else -32602."""
    mark_data_ts: bool = False
    """False: `data.ts` of mark frames is 0, as seen live."""
    max_body_bytes: int = 65_536
    queue_frames: int = 2_000
    """A reader this many frames behind is disconnected."""
    max_sockets: int = 2_000
    max_connections: int = 4_000
    """Of any kind; fewer where the process may not open so many files."""
    first_request_s: float = 10.0
    """A connection that has not brought a whole request by then is cut."""
    body_s: float = 10.0
    """How long the body of a request may take to arrive."""
    keep_alive_s: float = 75.0
    """How long a connection may stay idle between requests."""
    venue: VenueOptions = field(default_factory=VenueOptions)


def with_options(options: ServerOptions, settings: Iterable[str]) -> ServerOptions:
    """Return options changed by `name=value` settings; a name is one of either record.

    Raises: ValueError.
    """
    server: dict[str, object] = {}
    venue: dict[str, object] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        for record, into in ((ServerOptions, server), (VenueOptions, venue)):
            if name in {each.name for each in fields(record)} - {"venue"}:
                into[name] = _read(name, value, get_type_hints(record)[name])
                break
        else:
            raise ValueError(f"there is no option {name}")
    return replace(options, **server, venue=replace(options.venue, **venue))  # type: ignore[arg-type]  # read by their types


def _read(name: str, value: str, kind: Any) -> object:
    """Read one value as its field's type."""
    if isinstance(kind, UnionType):
        kind = get_args(kind)[0]
    try:
        if kind is bool:
            return {"true": True, "false": False}[value]
        if isinstance(kind, type) and issubclass(kind, Enum | int | float | str | Decimal):
            return kind(value)
    except (KeyError, ValueError, InvalidOperation):
        raise ValueError(f"{value!r} is no value for option {name}") from None
    raise ValueError(f"option {name} cannot be given as text")

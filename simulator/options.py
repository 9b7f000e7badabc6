"""Every switch of the simulated exchange in one record; what the real exchange does not document is a switch here."""

from dataclasses import dataclass, field
from decimal import Decimal

from simulator.matching import SelfTradeRule
from simulator.rate_limit import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOptions:
    """How the exchange behaves; times in milliseconds."""

    accept_delay_ms: tuple[int, int] = (5, 20)
    """From the gateway's answer to the book: shortest and longest, drawn evenly."""
    self_trade_rule: SelfTradeRule = SelfTradeRule.STOP_TAKER
    unfilled_ioc_expires: bool = False
    """An IOC order without any fill ends EXPIRED instead of CANCELLED."""
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
    venue: VenueOptions = field(default_factory=VenueOptions)

"""What risk decided: for the account, and for each market. Strategy, maker and screen read it; nobody else writes it."""

from decimal import Decimal

import msgspec

from bot.core.notes import Reason
from bot.core.orders import Side
from bot.core.risk.day import DayRecord, Loss
from bot.core.risk.tiers import Finding, Tier


class MarketRisk(msgspec.Struct, frozen=True, kw_only=True):
    """One market's verdict."""

    market: str
    tier: Tier
    """The higher of the market's own and the account's."""
    findings: tuple[Finding, ...]
    """Everything above green, the account's first."""
    widening: float
    """Factor of the half-spread, at least 1."""
    reduce_only: Reason | None
    """Why only the reducing side may be quoted, None when both may."""
    pull: Reason | None
    """Why nothing may be shown at all: a breaker, fill protection, no believable price, or red."""
    blocks: tuple[Reason, ...]
    """Everything that pulls; `pull` is the first of them."""
    allowance: dict[Side, Decimal]
    """How much may be live on each side altogether, in the base asset, resting orders included; never negative."""
    largest_order: Decimal | None
    """Largest size of one order, in the base asset; None: only the exchange's own limit."""
    cancel: tuple[str, ...]
    """Our ids of orders that no longer fit the allowance: cancel them now."""


class RiskState(msgspec.Struct, frozen=True, kw_only=True):
    """The account's verdict and every market's."""

    tier: Tier
    findings: tuple[Finding, ...]
    """Of the account; a market's own are with the market."""
    markets: dict[str, MarketRisk]
    halt: Reason | None
    """Not None: cancel everything, halt and alert; a person must look."""
    flatten: bool
    """True when positions may now be closed by taking: configured, red, and the prices agree where it is tried."""
    loss: Loss
    gross: Decimal
    """Value of all positions now."""
    worst_gross: Decimal
    """The same, should on every market the worse side fill."""
    net: Decimal
    leverage: Decimal | None
    """Gross over equity; None without a word about equity."""


class RiskRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a restart must know of risk; small, written whenever it has changed."""

    version: int = 1
    day: DayRecord | None = None
    latched: tuple[Finding, ...] = ()
    """Reds that no person has acknowledged."""
    acknowledged: tuple[str, ...] = ()
    """Causes that a person has seen and that have not gone back to green, as "code market"."""

"""Hard caps: limits above the configuration, from a file that no program interface can write.

A cap and a setting meet in the smaller of the two, never silently: `exceeded` names every setting that asks for more.
"""

from decimal import Decimal
from typing import Final

import msgspec

from bot.core.numbers import plain
from bot.core.risk.settings import AccountLimits, MarketLimits

ALL_MARKETS: Final = "default"


class MarketCaps(msgspec.Struct, frozen=True, kw_only=True):
    """Caps of one market; None: not capped."""

    max_position: Decimal | None = None
    """Long and short alike, in the base asset."""
    max_market_notional: Decimal | None = None
    max_order_notional: Decimal | None = None
    max_open_orders: int | None = None
    orders_per_minute: int | None = None
    stop_loss: Decimal | None = None
    price_collar: Decimal | None = None

    def below(self, other: "MarketCaps") -> "MarketCaps":
        """Return the smaller of the two for every cap."""
        tighter = {name: cap for name, cap in _set(other) if _smaller(getattr(self, name), cap) == cap}
        return msgspec.structs.replace(self, **tighter)


class AccountCaps(msgspec.Struct, frozen=True, kw_only=True):
    """Caps of the account; None: not capped."""

    max_gross_exposure: Decimal | None = None
    max_net_exposure: Decimal | None = None
    max_open_orders: int | None = None
    max_order_notional: Decimal | None = None
    orders_per_minute: int | None = None
    max_leverage: Decimal | None = None
    max_daily_loss: Decimal | None = None
    daily_loss_fraction: Decimal | None = None
    max_drawdown: Decimal | None = None
    drawdown_fraction: Decimal | None = None
    margin_red: Decimal | None = None


class HardCaps(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in the file. The caps of "default" hold for every market, beside its own."""

    account: AccountCaps = AccountCaps()
    markets: dict[str, MarketCaps] = {}

    def of(self, market: str) -> MarketCaps:
        """Return the caps of one market."""
        return self.markets.get(ALL_MARKETS, MarketCaps()).below(self.markets.get(market, MarketCaps()))


NO_CAPS: Final = HardCaps()


def capped_market(limits: MarketLimits, caps: MarketCaps) -> MarketLimits:
    """Return the limits with every cap applied."""
    changes: dict[str, object] = {}
    for name, cap in _set(caps):
        for field in ("max_long", "max_short") if name == "max_position" else (name,):
            changes[field] = _smaller(getattr(limits, field), cap)
    return msgspec.structs.replace(limits, **changes)


def capped_account(limits: AccountLimits, caps: AccountCaps) -> AccountLimits:
    """Return the limits with every cap applied; the margin steps below a capped red come down with it."""
    changes = {name: _smaller(getattr(limits, name), cap) for name, cap in _set(caps)}
    capped = msgspec.structs.replace(limits, **changes)
    orange = min(capped.margin_orange, capped.margin_red)
    return msgspec.structs.replace(capped, margin_orange=orange, margin_yellow=min(capped.margin_yellow, orange))


def exceeded(limits: MarketLimits | AccountLimits, caps: MarketCaps | AccountCaps) -> tuple[str, ...]:
    """Name every setting that asks for more than its cap, with both numbers; settings that are not set ask for nothing."""
    found = []
    for name, cap in _set(caps):
        for field in ("max_long", "max_short") if name == "max_position" else (name,):
            asked = getattr(limits, field)
            if asked is not None and asked > cap:
                found.append(f"{field} is {plain(Decimal(asked))}, and limits.toml allows at most {plain(Decimal(cap))}")
    return tuple(found)


def _set(caps: MarketCaps | AccountCaps) -> list[tuple[str, Decimal | int]]:
    named = ((name, getattr(caps, name)) for name in caps.__struct_fields__)
    return [(name, cap) for name, cap in named if cap is not None]


def _smaller(one: Decimal | int | None, cap: Decimal | int) -> Decimal | int:
    return cap if one is None else min(one, cap)

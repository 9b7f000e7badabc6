"""Our books in plain words: where the money came from, how fills aged, how present the quotes were. Amounts are text."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from bot.core.engine import Engine
from bot.core.markout import Markouts
from bot.core.numbers import plain
from bot.core.orders import Side
from bot.core.pnl import DAY_MS, PnlLine
from bot.core.presence import BANDS_BPS, PresenceLine, standing_told

ZERO: Final = Decimal(0)


def books_part(engine: Engine, now_ms: int, most_days: int = 31) -> dict[str, Any]:
    """Return today's books by market, the days before, and our count beside the exchange's equity."""
    pnl, today = engine.risk.pnl, now_ms // DAY_MS
    numbers = sorted({day for books in pnl.markets.values() for day in books.days}, reverse=True)[:most_days]
    return {
        "today": _account_day(engine, today),
        "days": [{"date": _date(day), **_account_day(engine, day)} for day in numbers],
        "reconciled": _reconciled(engine),
        "rebate": _rebate(engine),
        "markouts": {market: markouts(each) for market, each in engine.risk.markouts.items()},
        "presence": {market: present(each.days[today]) for market, each in engine.risk.presence.items() if today in each.days},
    }


def books_summary(engine: Engine, now_ms: int) -> dict[str, str]:
    """Return today's account in a line, and what is left unexplained; the residual only once the exchange told its equity."""
    whole = engine.risk.pnl.day(now_ms // DAY_MS)
    parts = {name: plain(getattr(whole, name)) for name in ("total", "spread", "inventory", "fees", "funding")}
    found = engine.risk.reconciled
    return parts if found is None else {**parts, "residual": plain(found.residual)}


def line(day: PnlLine) -> dict[str, Any]:
    """Return one market's day: total = spread + inventory - fees + funding, exactly."""
    return {
        "total": plain(day.total),
        "spread": plain(day.spread),
        "inventory": plain(day.inventory),
        "fees": plain(day.fees),
        "funding": plain(day.funding),
        "fills": day.fills,
        "volume": plain(day.volume),
        "maker_volume": plain(day.maker_volume),
        "taker_volume": plain(day.taker_volume),
        "maker_share": day.maker_share,
        "turnover": day.turnover,
        "per_notional_bps": day.per_notional_bps(),
    }


def present(day: PresenceLine) -> dict[str, Any]:
    """Return how present the quotes were: shares of the watched time, and mean sizes within distances of mark."""
    return {
        "watched_ms": day.watched_ms,
        "unwatched_ms": day.unwatched_ms,
        "uptime": day.uptime,
        "mean_spread_bps": day.mean_spread_bps,
        "at_best": {side.value: day.at_best(side) for side in Side},
        "quoted": {side.value: day.quoted(side) for side in Side},
        "mean_size": {side.value: {str(band): _size(day.mean_size(side, band)) for band in BANDS_BPS} for side in Side},
    }


def markouts(each: Markouts) -> dict[str, Any]:
    """Return how fills aged: basis points of the mid, size-weighted, before fees, with standard errors."""
    return {
        "capture_bps": each.capture_bps,
        "unjudged": each.unjudged,
        "horizons": [msgspec.structs.asdict(row) for row in each.summaries()],
    }


def _account_day(engine: Engine, day: int) -> dict[str, Any]:
    pnl = engine.risk.pnl
    rebates = pnl.rebates.get(day, ZERO)
    whole = pnl.day(day)
    return {
        **line(whole),
        "rebates": plain(rebates),
        "transfers": plain(pnl.transfers.get(day, ZERO)),
        "total_with_rebates": plain(whole.total + rebates),
        "markets": {name: line(books.days[day]) for name, books in sorted(pnl.markets.items()) if day in books.days},
    }


def _reconciled(engine: Engine) -> dict[str, Any] | None:
    found = engine.risk.reconciled
    if found is None:
        return None
    return {"equity": plain(found.equity), "expected": plain(found.expected), "residual": plain(found.residual)}


def _rebate(engine: Engine) -> dict[str, Any] | None:
    """Return our share of the exchange's maker volume of 30 days and its tier, as the exchange tells them."""
    told = engine.risk.rebate
    if told is None:
        return None
    standing = standing_told(told.share, told.rate, told.next_share, told.next_rate)
    shown = {"share", "rate", "next_share", "next_rate", "share_to_next"}
    parts = {name: each for name, each in msgspec.structs.asdict(standing).items() if name in shown}
    return {
        **{name: None if each is None else plain(each) for name, each in parts.items()},
        "paid": plain(told.total_paid),
        "told_ms": told.received_ms,
    }


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat()


def _size(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.6f}"

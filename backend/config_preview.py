"""What a configuration would quote now, in words for the screen: nothing is changed and nothing is sent."""

from decimal import Decimal
from typing import Any

import msgspec

from backend.control import BotControl
from bot.config import BotConfig, MarketConfig
from bot.config_schema import changes_between, config_hash, needs_stop, raised_limits
from bot.core.dry_run import DryRun, dry_run
from bot.core.market_view import MarketView
from bot.core.notes import Reason
from bot.core.numbers import BPS, plain
from bot.core.orders import Side
from bot.core.quoting.breakdown import Breakdown
from bot.core.quoting.ladder import Quote


def preview(bot: BotControl, wanted: BotConfig, now_ms: int) -> dict[str, Any]:
    """Return what would differ, what stands against it, and every market's quotes."""
    changes = changes_between(bot.config, wanted)
    return {
        "hash": config_hash(wanted),
        "changes": changes,
        "needs_stop": needs_stop(changes),
        "raises_limits": raised_limits(bot.config, wanted),
        "warnings": [warning for each in wanted.markets() for warning in each.warnings()],
        "markets": [_market(bot, each, now_ms) for each in wanted.markets()],
    }


def _market(bot: BotControl, wanted: MarketConfig, now_ms: int) -> dict[str, Any]:
    engine, name = bot.engine, wanted.market
    view, maker = engine.views.get(name), engine.makers.get(name)
    run = dry_run(
        view,
        maker.sense if maker is not None else None,
        position=engine.account.position(name),
        settings=wanted.settings(),
        quoting=wanted.models(),
        now_ms=now_ms,
        exchange_offset_ms=engine.exchange_clock.offset_ms,
    )
    quotes = [] if view is None or run.fair_price is None else [_quote(each, view, run.fair_price) for each in run.quotes]
    return {
        "market": name,
        "strategy": wanted.strategy,
        "reason": shown_reason(run.reason),
        "mid": None if run.mid is None else plain(run.mid),
        "fair_price": None if run.fair_price is None else plain(run.fair_price.quantize(Decimal("0.00000001"))),
        "spread_bps": _spread_bps(run, view),
        "bid_notional": _notional(run, view, Side.BUY),
        "ask_notional": _notional(run, view, Side.SELL),
        "quotes": quotes,
        "withheld": {side.value: shown_reason(reason) for side, reason in run.withheld.items()},
        "breakdown": None if run.breakdown is None else shown_breakdown(run.breakdown),
    }


def shown_reason(reason: Reason | None) -> dict[str, str] | None:
    """Return a reason as code and sentence."""
    return None if reason is None else {"code": reason.code, "text": reason.text}


def shown_breakdown(breakdown: Breakdown) -> dict[str, Any]:
    """Return every part of a decision by its name; prices as text."""
    fields: dict[str, Any] = msgspec.to_builtins(breakdown)
    fields["notes"] = [shown_reason(each) for each in breakdown.notes]
    return fields


def _quote(quote: Quote, view: MarketView, fair: Decimal) -> dict[str, Any]:
    price, size = view.rules.price(quote.price), view.rules.size(quote.size)
    return {
        "side": quote.side.value,
        "level": quote.level,
        "price": plain(price),
        "size": plain(size),
        "notional": plain((price * size).quantize(Decimal("0.01"))),
        "away_bps": round(float(quote.side.sign * (fair - price) / fair * BPS), 3),
    }


def _spread_bps(run: DryRun, view: MarketView | None) -> float | None:
    bids = [quote.price for quote in run.quotes if quote.side is Side.BUY]
    asks = [quote.price for quote in run.quotes if quote.side is Side.SELL]
    if not bids or not asks or not run.mid or view is None:
        return None
    return round(float((view.rules.price(min(asks)) - view.rules.price(max(bids))) / run.mid * BPS), 3)


def _notional(run: DryRun, view: MarketView | None, side: Side) -> str:
    if view is None:
        return "0"
    value = sum(
        (view.rules.price(each.price) * view.rules.size(each.size) for each in run.quotes if each.side is side), Decimal(0)
    )
    return plain(value.quantize(Decimal("0.01")))

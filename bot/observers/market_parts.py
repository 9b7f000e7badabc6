"""The parts of the picture that belong to one market: rules, prices, book, what the bot wishes there, and why."""

import math
from decimal import Decimal
from typing import Any, Final

from bot.core.engine import Engine
from bot.core.events import DayStatsSeen
from bot.core.maker import Maker
from bot.core.market_view import MarketView
from bot.core.numbers import plain
from bot.core.orders import Owner
from bot.core.quoting.breakdown import Breakdown, FairPart
from bot.observers.picture import Picture, known
from bot.observers.status import resting_prices

BOOK_DEPTH: Final = 60
THRESHOLD_STEP: Final = Decimal("0.000001")
"""A threshold follows volatility; finer steps would say something new every second."""
OPINION_DIGITS: Final = 4
AGE_STEP_MS: Final = 500
"""Ages inside a breakdown are told in steps: a finer one would say something new with every decision."""
MAKER_PARTS: Final = (
    "state",
    "reason",
    "reason_code",
    "withheld",
    "quotes",
    "wished",
    "last_quote_price",
    "threshold_in_force",
    "breakdown",
)


def rules_of(view: MarketView) -> Picture:
    rules = view.rules
    return {
        "tick_size": plain(rules.tick_size),
        "lot_size": plain(rules.lot_size),
        "min_size": plain(rules.min_size),
        "maker_fee_rate": plain(rules.maker_fee_rate),
        "taker_fee_rate": plain(rules.taker_fee_rate),
        "max_leverage": plain(rules.max_leverage),
    }


def prices_of(view: MarketView, *, with_book: bool) -> Picture:
    """Return prices and, where the market is followed, touch and book."""
    rules = view.rules
    part: dict[str, Any] = {
        "mark_price": view.mark and plain(view.mark.value),
        "index_price": view.index and plain(view.index.value),
        "last_price": view.last_trade and plain(view.last_trade.value),
    }
    if not with_book:
        return known(part)
    if view.funding_rate is not None:
        part["funding_rate"] = plain(view.funding_rate.value)
    if view.day is not None:
        part["day"] = day_figures(view.day)
    bid, ask, _ = view.touch()
    if bid is not None:
        part |= {"best_bid": plain(rules.price(bid.price)), "best_bid_size": plain(rules.size(bid.size))}
    if ask is not None:
        part |= {"best_ask": plain(rules.price(ask.price)), "best_ask_size": plain(rules.size(ask.size))}
    if not view.book.problem:
        bids, asks = view.book.bids(BOOK_DEPTH), view.book.asks(BOOK_DEPTH)
        part["book"] = {
            "bids": [[plain(rules.price(level.price)), plain(rules.size(level.size))] for level in bids],
            "asks": [[plain(rules.price(level.price)), plain(rules.size(level.size))] for level in asks],
        }
    return known(part)


def day_figures(day: DayStatsSeen) -> Picture:
    """Return the exchange's figures of the last 24 hours."""
    return known(
        {"low": day.low, "high": day.high, "change": day.change, "volume": day.volume, "open_interest": day.open_interest}
    )


def ages_of(view: MarketView, now_ms: int) -> Picture:
    """Return how old each price is; a feed that was never seen has no age."""
    _, _, touched_ms = view.touch()
    return known(
        {
            "mark": view.mark and view.mark.age_ms(now_ms),
            "bbo": max(0, now_ms - touched_ms) if touched_ms else None,
            "book": max(0, now_ms - view.book.received_ms) if view.book.received_ms and not view.book.problem else None,
        }
    )


def maker_part(engine: Engine, maker: Maker) -> Picture:
    """Return what one market shows and, when it shows nothing, why."""
    quotes = resting_prices(engine, maker.market)
    return known(
        {
            "state": "QUOTING" if maker.reason is None else "NOT_QUOTING",
            "reason": maker.reason and maker.reason.text,
            "reason_code": maker.reason and maker.reason.code,
            "withheld": {side.value: {"code": why.code, "reason": why.text} for side, why in maker.withheld.items()},
            "quotes": quotes,
            "wished": wished_part(engine, maker),
            "breakdown": maker.breakdown and breakdown_part(maker.breakdown),
            "last_quote_price": maker.last_quote_price,
            "threshold_in_force": threshold_in_force(engine, maker),
        }
    )


def wished_part(engine: Engine, maker: Maker) -> Picture:
    """Return the quotes that should stand and have no order yet, keyed by side and level."""
    rules = maker.view.rules
    standing = {(order.side, order.price) for order in engine.orders.of(maker.market, Owner.BOT)}
    return {
        f"{wish.side.value} {wish.level}": {
            "side": wish.side.value,
            "price": plain(rules.price(wish.price)),
            "size": plain(rules.size(wish.size)),
        }
        for wish in maker.wishes
        if (wish.side, wish.price) not in standing
    }


def threshold_in_force(engine: Engine, maker: Maker) -> str:
    """Return the relative move that refreshes a market's quotes now: the configured one, or what the request budget can pay."""
    threshold = engine.pace.threshold(maker.market, maker.settings.price_move_threshold, 2 * len(engine.makers))
    return plain(threshold.quantize(THRESHOLD_STEP))


def breakdown_part(breakdown: Breakdown) -> Picture:
    """Return why the newest quotes stand where they stand; distances in bps of the fair price, opinions as short numbers."""
    return known(
        {
            "strategy": breakdown.strategy,
            "fair_price": breakdown.fair_price,
            "fair_parts": {part.name: _fair_part(part) for part in breakdown.fair_parts},
            "reservation_price": breakdown.reservation_price,
            "inventory_lots": _short(breakdown.inventory_lots),
            "target_lots": _short(breakdown.target_lots),
            "skew_bps": _short(breakdown.skew_bps),
            "skew_decided_by": breakdown.skew_decided_by,
            "half_spread_bps": _short(breakdown.half_spread_bps),
            "half_spread_decided_by": breakdown.half_spread_decided_by,
            "candidates": {part.name: {"value": _short(part.value), "unit": part.unit} for part in breakdown.candidates},
            "widening": {part.name: {"value": _short(part.value), "unit": part.unit} for part in breakdown.widening},
            "other": {part.name: {"value": _short(part.value), "unit": part.unit} for part in breakdown.other},
            "notes": {note.code: note.text for note in breakdown.notes},
        }
    )


def _fair_part(part: FairPart) -> Picture:
    age_ms = None if part.age_ms is None else part.age_ms // AGE_STEP_MS * AGE_STEP_MS
    return known({"price": part.price, "age_ms": age_ms, "weight": _short(part.weight), "note": part.note or None})


def _short(value: float) -> float | None:
    """Return an opinion with few digits; None for one that is no number, which JSON cannot carry."""
    return round(value, OPINION_DIGITS) if math.isfinite(value) else None

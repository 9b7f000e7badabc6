"""The live picture for whoever watches: plain objects of text, numbers and truth values, keyed by id.

It follows the engine and asks the exchange nothing. Recording only notes which parts may have changed; a picture rebuilds those
and returns the others as the same objects, so that finding the difference between two pictures is cheap.

A picture holds no null. What is not known is left out, because in a merge patch (RFC 7396) a null means "delete".
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.core.actions import AnyAction
from bot.core.engine import Engine
from bot.core.events import (
    BalanceReported,
    BestQuoteSeen,
    BookDelta,
    BookSnapshot,
    DayStatsSeen,
    Event,
    FeedLost,
    FeedRestored,
    FundingRateSeen,
    IndexPriceSeen,
    MarketRulesLoaded,
    MarkPriceSeen,
    PositionReport,
    StreamAlive,
    TradeSeen,
)
from bot.core.market_view import MarketView
from bot.core.mode import BotState
from bot.core.numbers import Lots, Ticks, plain
from bot.core.orders import Fill, Order, OrderReport, Owner, Status
from bot.observers.books_part import books_summary
from bot.observers.earned_part import Earned
from bot.observers.market_parts import MAKER_PARTS, ages_of, maker_part, prices_of, rules_of
from bot.observers.market_watch import MarketWatch
from bot.observers.picture import Picture, known
from bot.observers.risk_part import risk_summary
from bot.observers.status import metrics

TRADES_SHOWN: Final = 200
ACCOUNT_LIMIT_MS: Final = 20_000
"""A stream is alive while its socket answers pings."""
READINGS_MISSED: Final = 3
HOUR_MS: Final = 3_600_000
"""Funding is paid on the exchange's full hours."""


class Feed:
    """Follows one engine."""

    def __init__(self, engine: Engine) -> None:
        self.changed = asyncio.Event()
        """Set when something worth showing happened; whoever publishes clears it."""
        self._engine = engine
        self._stale_markets: set[str] = set()
        self._is_account_stale = True
        self._markets: Picture = {}
        self._account: Picture = {}
        self._fills_seen = -1
        self._trades: Picture = {}
        self._watches: dict[str, MarketWatch] = {}
        self._earned: dict[str, Earned] = {}

    def record(self, engine: Engine, events: list[Event], actions: list[AnyAction]) -> None:
        """Note what may have changed; called for every batch, on the order path, so it does little more than note."""
        trades: dict[str, list[TradeSeen]] = {}
        for event in events:
            match event:
                case TradeSeen():
                    self._stale_markets.add(event.market)
                    trades.setdefault(event.market, []).append(event)
                case BookSnapshot() | BookDelta() | BestQuoteSeen() | IndexPriceSeen() | FundingRateSeen() | DayStatsSeen():
                    self._stale_markets.add(event.market)
                case MarkPriceSeen():
                    self._stale_markets.add(event.market)
                    self._is_account_stale = True
                case MarketRulesLoaded():
                    self._stale_markets.add(event.market.name)
                case StreamAlive():
                    pass  # only an age changes
                case FeedLost() | FeedRestored():
                    self._stale_markets |= set(self._engine.views)
                    self._is_account_stale = True
                case _:
                    self._is_account_stale = True
        self._is_account_stale |= bool(actions)
        followed = self._stale_markets if not self._is_account_stale else set(engine.makers)
        for name in followed & engine.makers.keys():
            watch = self._watches.setdefault(name, MarketWatch())
            watch.see(engine, engine.makers[name].view, trades.get(name, ()))
        if self._stale_markets or self._is_account_stale:
            self.changed.set()

    def picture(self, now_ms: int, *, market: str, env: str, exchange: Mapping[str, str], config: Mapping[str, Any]) -> Picture:
        """Return the whole picture at `now_ms`; `market` is the configured one, for the figures that belong to a market."""
        engine = self._engine
        self._rebuild_markets()
        if self._is_account_stale:
            self._is_account_stale = False
            self._account = account_part(engine)
            self._trades = self._trades_part()
        return {
            "env": env,
            "exchange": dict(exchange),
            "bot": bot_part(engine),
            "config": known(config),
            "markets": self._with_ages(now_ms),
            **self._account,
            "trades": self._trades,
            "metrics": known(metrics(engine, market)),
            "day": day_part(engine, now_ms),
            "risk": risk_summary(engine),
            "books": books_summary(engine, now_ms),
            "sources": sources_part(engine, market, now_ms),
            "clock_ms": now_ms,
        }

    def _rebuild_markets(self) -> None:
        engine, stale = self._engine, self._stale_markets
        self._stale_markets = set()
        for name in (stale | set(engine.makers) | set(self._markets)) & set(engine.views):
            followed = name in engine.settings
            if name in stale or name not in self._markets:
                view = engine.views[name]
                self._markets[name] = {**rules_of(view), **prices_of(view, with_book=followed)}
            self._watched(name)
            shown = maker_part(engine, engine.makers[name]) if name in engine.makers else {"state": "NOT_FOLLOWED"}
            held = self._markets[name]
            if any(held.get(key) != shown.get(key) for key in MAKER_PARTS):
                kept = {key: value for key, value in held.items() if key not in MAKER_PARTS}
                self._markets[name] = {**kept, **shown}

    def _watched(self, name: str) -> None:
        """Put in tape and queue places where they changed; they are the same objects where they did not."""
        watch, held = self._watches.get(name), self._markets[name]
        if watch is not None and (held.get("tape") is not watch.tape or held.get("queue") is not watch.queue):
            self._markets[name] = {**held, "tape": watch.tape, "queue": watch.queue}

    def _with_ages(self, now_ms: int) -> Picture:
        """Add ages where a market is followed; the other markets only have a mark, whose age stands under `sources`."""
        views, settings = self._engine.views, self._engine.settings
        exchange_ms = now_ms + self._engine.exchange_clock.offset_ms
        next_funding_ms = (exchange_ms // HOUR_MS + 1) * HOUR_MS
        return {
            name: {
                **part,
                **self._earned.setdefault(name, Earned()).parts(self._engine, name, now_ms),
                "age_ms": ages_of(views[name], now_ms),
                "next_funding_ms": next_funding_ms,
            }
            if name in settings
            else part
            for name, part in self._markets.items()
        }

    def _trades_part(self) -> Picture:
        fills = self._engine.account.fills
        newest = next(reversed(fills), 0)
        if newest != self._fills_seen:
            self._fills_seen = newest
            chosen = sorted(fills.values(), key=lambda fill: (fill.exchange_ms, fill.trade_id))[-TRADES_SHOWN:]
            self._trades = {str(fill.trade_id): trade_record(fill) for fill in reversed(chosen)}
        return self._trades


# --- parts ----------------------------------------------------------------------------------------------------------------


def bot_part(engine: Engine) -> Picture:
    running = engine.state not in (BotState.STOPPED, BotState.HALTED)
    reason = engine.state_reason
    return {"state": engine.state.value, "reason": reason.text, "reason_code": reason.code, "running": running}


def day_part(engine: Engine, now_ms: int) -> Picture:
    """Return the money of this UTC day by market, in collateral: before fees, fees paid, traded value, funding received.

    `is_whole` is false while something that happened earlier today may be missing.
    """
    return {
        market: {
            "realised_pnl": plain(each.realised_pnl),
            "fees": plain(each.fees),
            "volume": plain(each.volume),
            "funding": plain(each.funding),
            "is_whole": engine.day.is_whole,
        }
        for market, each in sorted(engine.day.figures(engine.account.ledgers, now_ms).items())
    }


def account_part(engine: Engine) -> Picture:
    """Return positions, balance and orders."""
    account = engine.account
    marks = {name: plain(view.mark.value) for name, view in engine.views.items() if view.mark is not None}
    balance = known(account.balance.wire) if account.balance is not None else {}
    return {
        "positions": {
            market: position_record(report, engine.views.get(market))
            for market, report in account.reported.items()
            if report.size
        },
        "balance": {**balance, "mark_prices": marks},
        "orders": orders_part(engine),
    }


def position_record(report: PositionReport, view: MarketView | None) -> Picture:
    """Return a position in the exchange's words; what depends on the mark follows the mark's stream."""
    record = known(report.wire)
    if view is None or view.mark is None:
        return record
    mark = view.mark.value
    return record | {
        "markPrice": plain(mark),
        "value": plain(abs(report.size) * mark),
        "unrealisedPnl": plain(report.size * (mark - report.entry_price)),
    }


def orders_part(engine: Engine) -> Picture:
    """Return every order that may still fill, by our id; strangers' by theirs, or by the exchange's where they gave none."""
    ours = {order.client_order_id: order_record(order, engine.views.get(order.market)) for order in engine.orders}
    stops = {report.exchange_order_id for report in engine.position_stops()}
    theirs = {
        report.client_order_id or str(report.exchange_order_id): foreign_record(report, is_ours=report.exchange_order_id in stops)
        for report in _foreign(engine)
    }
    return theirs | ours


def _foreign(engine: Engine) -> Iterable[OrderReport]:
    return engine.orders.foreign.values()


def order_record(order: Order, view: MarketView | None) -> Picture:
    """Return an order of ours in the exchange's field names; the status is the exchange's word once it rests, ours before."""
    record = {
        "id": None if order.exchange_order_id is None else str(order.exchange_order_id),
        "externalId": order.client_order_id,
        "market": order.market,
        "side": order.side.value,
        "status": shown_status(order),
        "statusReason": order.reason or None,
        "owner": order.owner.value,
        "timeInForce": order.time_in_force.value,
        "postOnly": order.post_only,
        "reduceOnly": order.reduce_only,
        "createdTime": order.created_ms,
        "expireTime": order.expires_ms or None,
    }
    if view is not None:
        record |= _amounts(view, order.price, order.size, order.filled)
    return known(record)


def _amounts(view: MarketView, price: Ticks, size: Lots, filled: Lots) -> Picture:
    rules = view.rules
    return {"price": plain(rules.price(price)), "qty": plain(rules.size(size)), "filledQty": plain(rules.size(filled))}


def shown_status(order: Order) -> str:
    """Return NEW or PARTIALLY_FILLED for a resting order, as the exchange says it; otherwise where the order is on its way."""
    if order.status is Status.RESTING:
        return "PARTIALLY_FILLED" if order.filled else "NEW"
    return "PLACING" if order.status is Status.RESERVED else order.status.value


def foreign_record(report: OrderReport, *, is_ours: bool = False) -> Picture:
    """Return an order that is not in our table: somebody else's, or a position stop of ours."""
    return known(
        {
            "id": str(report.exchange_order_id),
            "externalId": report.client_order_id,
            "market": report.market,
            "side": report.side.value,
            "price": report.price,
            "qty": report.size,
            "filledQty": report.filled,
            "status": report.status.value,
            "owner": (Owner.BOT if is_ours else Owner.FOREIGN).value,
            "timeInForce": report.time_in_force,
            "postOnly": report.post_only,
            "reduceOnly": report.reduce_only,
            "createdTime": report.created_ms,
            "expireTime": report.expires_ms,
        }
    )


def trade_record(fill: Fill) -> Picture:
    """Return an execution of ours in the exchange's field names."""
    return known(
        {
            "id": fill.trade_id,
            "market": fill.market,
            "orderId": fill.exchange_order_id,
            "externalOrderId": fill.client_order_id,
            "side": fill.side.value,
            "price": fill.price,
            "qty": fill.size,
            "value": fill.price * fill.size,
            "fee": fill.fee,
            "tradeType": fill.kind,
            "isTaker": not fill.is_maker,
            "createdTime": fill.exchange_ms,
        }
    )


def sources_part(engine: Engine, market: str, now_ms: int) -> Picture:
    """Return how old the newest word of each source is, and how old it may be; a source that never spoke is left out."""
    view, account, settings = engine.views.get(market), engine.account, engine.settings.get(market)
    readings_ms = READINGS_MISSED * engine.account_settings.refresh_account_ms
    allowed = {"account": ACCOUNT_LIMIT_MS, "positions": readings_ms, "balance": readings_ms}
    if settings is not None:
        touch_ms = settings.max_touch_age_ms
        allowed |= {"mark": settings.max_mark_age_ms, "bbo": touch_ms, "book": touch_ms}
    marks = [each.mark.received_ms for each in engine.views.values() if each.mark is not None]
    balance: BalanceReported | None = account.balance
    heard: dict[str, int] = {
        "account": engine.feed_seen_ms.get("account", 0),
        "positions": account.positions_ms,
        "balance": balance.received_ms if balance is not None else 0,
        "mark": max(marks, default=0),
        "bbo": view.touch()[2] if view is not None else 0,
        "book": view.book.received_ms if view is not None and not view.book.problem else 0,
    }
    return {
        source: known({"age_ms": max(0, now_ms - seen_ms), "limit_ms": allowed.get(source)})
        for source, seen_ms in heard.items()
        if seen_ms
    }

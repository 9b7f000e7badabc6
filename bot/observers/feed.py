"""The live picture for whoever watches: plain objects of text, numbers and truth values, keyed by id.

It follows the engine and asks the exchange nothing. Recording only notes which parts may have changed; a picture rebuilds those
and returns the others as the same objects, so that finding the difference between two pictures is cheap.

A picture holds no null. What is not known is left out, because in a merge patch (RFC 7396) a null means "delete".
"""

import asyncio
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from bot.core.actions import AnyAction
from bot.core.engine import Engine
from bot.core.events import (
    BalanceReported,
    BestQuoteSeen,
    BookDelta,
    BookSnapshot,
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
from bot.core.maker import Maker
from bot.core.market_view import MarketView
from bot.core.mode import BotState
from bot.core.numbers import Lots, Ticks, plain
from bot.core.orders import Fill, Order, OrderReport, Owner, Status
from bot.observers.status import metrics, resting_prices

BOOK_DEPTH: Final = 60
TRADES_SHOWN: Final = 200
THRESHOLD_STEP: Final = Decimal("0.000001")
"""A threshold follows volatility; finer steps would say something new every second."""
ACCOUNT_LIMIT_MS: Final = 20_000
"""A stream is alive while its socket answers pings."""
READINGS_MISSED: Final = 3
MAKER_PARTS: Final = ("state", "reason", "reason_code", "withheld", "quotes", "last_quote_price", "threshold_in_force")
LARGEST_EXACT: Final = 2**53
"""Whole numbers above this lose digits in a browser, so they travel as text."""
ID_FIELDS: Final = frozenset({"id", "accountId", "orderId", "positionId"})

Picture = dict[str, Any]


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

    def record(self, engine: Engine, events: list[Event], actions: list[AnyAction]) -> None:
        """Note what may have changed; called for every batch, on the order path, so it only notes."""
        del engine
        for event in events:
            match event:
                case BookSnapshot() | BookDelta() | BestQuoteSeen() | IndexPriceSeen() | TradeSeen() | FundingRateSeen():
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
            shown = maker_part(engine, engine.makers[name]) if name in engine.makers else {"state": "NOT_FOLLOWED"}
            held = self._markets[name]
            if any(held.get(key) != shown.get(key) for key in MAKER_PARTS):
                kept = {key: value for key, value in held.items() if key not in MAKER_PARTS}
                self._markets[name] = {**kept, **shown}

    def _with_ages(self, now_ms: int) -> Picture:
        """Add ages where a market is followed; the other markets only have a mark, whose age stands under `sources`."""
        views, settings = self._engine.views, self._engine.settings
        return {
            name: {**part, "age_ms": ages_of(views[name], now_ms)} if name in settings else part
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


def known(fields: Mapping[str, Any]) -> Picture:
    """Return the fields without those that are None, at every depth; large whole numbers and decimals become text."""
    return {str(key): _plain_value(key, value) for key, value in fields.items() if value is not None}


def _plain_value(key: object, value: Any) -> Any:
    if isinstance(value, Mapping):
        return known(value)
    if isinstance(value, list | tuple):
        return [_plain_value("", each) for each in value if each is not None]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int) and not isinstance(value, bool) and (key in ID_FIELDS or abs(value) > LARGEST_EXACT):
        return str(value)
    return value


def bot_part(engine: Engine) -> Picture:
    running = engine.state not in (BotState.STOPPED, BotState.HALTED)
    reason = engine.state_reason
    return {"state": engine.state.value, "reason": reason.text, "reason_code": reason.code, "running": running}


def rules_of(view: MarketView) -> Picture:
    rules = view.rules
    return {"tick_size": plain(rules.tick_size), "lot_size": plain(rules.lot_size), "min_size": plain(rules.min_size)}


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
            "last_quote_price": maker.last_quote_price,
            "threshold_in_force": threshold_in_force(engine, maker),
        }
    )


def threshold_in_force(engine: Engine, maker: Maker) -> str:
    """Return the relative move that refreshes a market's quotes now: the configured one, or what the request budget can pay."""
    threshold = engine.pace.threshold(maker.market, maker.settings.price_move_threshold, 2 * len(engine.makers))
    return plain(threshold.quantize(THRESHOLD_STEP))


def day_part(engine: Engine, now_ms: int) -> Picture:
    """Return the money of this UTC day by market, in collateral: before fees, fees paid, traded value."""
    return {
        market: {"realised_pnl": plain(each.realised_pnl), "fees": plain(each.fees), "volume": plain(each.volume)}
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
    theirs = {report.client_order_id or str(report.exchange_order_id): foreign_record(report) for report in _foreign(engine)}
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


def foreign_record(report: OrderReport) -> Picture:
    """Return an order that somebody else made on this account."""
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
            "owner": Owner.FOREIGN.value,
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

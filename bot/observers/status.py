"""What the bot is doing, in the documents' words."""

from decimal import Decimal
from typing import Any

from bot.core.engine import Engine
from bot.core.maker import Maker
from bot.core.mode import BotState
from bot.core.orders import Order, Owner, Side, Status

RESTING = (Status.RESTING, Status.CANCELLING)


def active_orders(engine: Engine, market: str) -> tuple[Order, ...]:
    """Return the bot's orders that may be live in one market."""
    return engine.orders.of(market, Owner.BOT)


def resting_prices(engine: Engine, market: str) -> dict[str, Decimal | None]:
    """Return the best resting bid and ask of the bot, None where nothing rests."""
    view = engine.views.get(market)
    prices: dict[str, Decimal | None] = {"bid": None, "ask": None}
    if view is None:
        return prices
    resting = [order for order in active_orders(engine, market) if order.status in RESTING]
    bids = [order.price for order in resting if order.side is Side.BUY]
    asks = [order.price for order in resting if order.side is Side.SELL]
    if bids:
        prices["bid"] = view.rules.price(max(bids))
    if asks:
        prices["ask"] = view.rules.price(min(asks))
    return prices


def market_status(engine: Engine, maker: Maker) -> dict[str, Any]:
    """Return one market's state and the reason when it shows nothing; decimals as text."""
    quotes = resting_prices(engine, maker.market)
    return {
        "state": "QUOTING" if maker.reason is None else "NOT_QUOTING",
        "reason": None if maker.reason is None else maker.reason.text,
        "reason_code": None if maker.reason is None else maker.reason.code,
        "withheld": {side.value: {"code": each.code, "text": each.text} for side, each in maker.withheld.items()},
        "quotes": {side: None if price is None else format(price, "f") for side, price in quotes.items()},
        "active_orders": len(active_orders(engine, maker.market)),
        "last_quote_price": None if maker.last_quote_price is None else format(maker.last_quote_price, "f"),
    }


def bot_status(engine: Engine, market: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of `GET /api/bot/status`; the documents' fields carry their printed types."""
    maker = engine.makers.get(market)
    orders = active_orders(engine, market)
    quotes = resting_prices(engine, market)
    last = maker.last_quote_price if maker else None
    return {
        "running": engine.state not in (BotState.STOPPED, BotState.HALTED),
        "state": engine.state,
        "reason": engine.state_reason.text,
        "reason_code": engine.state_reason.code,
        "config": config,
        "active_orders": len(orders),
        "last_quote_price": None if last is None else float(last),
        "current_quotes": {side: None if price is None else float(price) for side, price in quotes.items()},
        "order_ids": [order.client_order_id for order in orders],
        "markets": {name: market_status(engine, each) for name, each in engine.makers.items()},
        "metrics": metrics(engine, market),
        "day": {"is_whole": engine.day.is_whole, "text": engine.day.problem},
    }


def metrics(engine: Engine, market: str) -> dict[str, Any]:
    """Return the documents' four figures and what they are made of; money as text, in collateral."""
    ledgers = engine.account.ledgers
    realised = sum((ledger.realised_pnl for ledger in ledgers.values()), start=Decimal(0))
    fees = sum((ledger.fees for ledger in ledgers.values()), start=Decimal(0))
    unrealised = Decimal(0)
    for name, ledger in ledgers.items():
        view = engine.views.get(name)
        if view is not None and view.mark is not None:
            unrealised += ledger.unrealised_pnl(view.mark.value)
    funding = sum(engine.account.funding.values(), start=Decimal(0))
    counters = engine.counters
    balance = engine.account.balance
    return {
        "orders_placed": counters.orders_placed,
        "orders_ended": counters.orders_ended,
        "orders_filled": counters.orders_filled,
        "fills": counters.fills,
        "fill_rate": None if counters.fill_rate is None else f"{counters.fill_rate:.4f}",
        "position_size": format(engine.account.position(market), "f"),
        "realised_pnl": _money(realised),
        "unrealised_pnl": _money(unrealised),
        "fees": _money(fees),
        "funding": _money(funding),
        "total_pnl": _money(realised + unrealised - fees + funding),
        "equity": None if balance is None else _money(balance.equity),
        "requests_per_minute_limit": engine.account_settings.requests_per_minute,
    }


def _money(value: Decimal) -> str:
    return format(value.quantize(Decimal("0.000001")), "f")

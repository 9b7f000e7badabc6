"""Money and decisions: what was earned, by day and market, each execution and order, what the bot decided and told people."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request
from sqlalchemy import Table

from backend.answers import Json
from backend.risk_view import risk
from backend.routes.common import errors, service_of
from backend.schemas import AlertList, Decisions, EquityCurve, Fills, FundingPayments, OrderHistory, Pnl, Risk
from backend.service import Service
from bot.core.engine import Engine
from bot.core.market import market_name
from bot.core.numbers import plain
from bot.observers import records_tables as tables
from bot.observers.books_part import books_part
from bot.observers.feed import day_part
from bot.observers.records_queries import DayRow, Wanted, days, newest

router: Final = APIRouter(tags=["money"])
MOST_ROWS: Final = 500
LATEST_MS: Final = 2**53
ZERO: Final = Decimal(0)
HIDDEN: Final = ("account", "epoch", "second", "slot")

Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]
Market = Annotated[str | None, Query(max_length=30, description="BTC-USD; BTC-PERP is another name of it.")]
Since = Annotated[int, Query(ge=0, le=LATEST_MS, description="Milliseconds since 1970, UTC; from then on.")]
Before = Annotated[int, Query(ge=0, le=LATEST_MS, description="Milliseconds since 1970, UTC; older than that. 0: no end.")]


@router.get("/api/pnl", operation_id="getPnl", responses={200: {"model": Pnl}, **errors(422)})
async def pnl(request: Request, most_days: Annotated[int, Query(alias="days", ge=1, le=366)] = 31) -> Json:
    """Return what was earned in this run, and by day and market: total = realised + unrealised - fees + funding."""
    service = service_of(request)
    engine = service.bot.engine
    found: list[DayRow] = []
    if service.records.is_open:
        wanted = Wanted(account=service.records.account)
        found = await service.records.ask(lambda connection: days(connection, wanted, most_days))
    return Json(
        {
            "run": _run(engine),
            "today": day_part(engine, service.clock.now_ms()),
            "today_lacks": engine.day.problem,
            "days": [_day(row) for row in found],
            "records": service.records.problem or "ok",
            "books": books_part(engine, service.clock.now_ms(), most_days),
        }
    )


def _run(engine: Engine) -> dict[str, Any]:
    markets = {name: _parts(engine, name) for name in sorted(engine.account.ledgers.keys() | engine.account.funding.keys())}
    sums = {part: sum((each[part] for each in markets.values()), start=ZERO) for part in PARTS}
    balance = engine.account.balance
    return {
        **{part: plain(amount) for part, amount in sums.items()},
        "equity": None if balance is None else plain(balance.equity),
        "markets": {name: {part: plain(amount) for part, amount in each.items()} for name, each in markets.items()},
    }


PARTS: Final = ("realised_pnl", "unrealised_pnl", "fees", "funding", "total_pnl")


def _parts(engine: Engine, market: str) -> dict[str, Decimal]:
    """Return the parts of one market's PnL, exactly. Fee positive: paid; funding positive: received."""
    ledger, view = engine.account.ledgers.get(market), engine.views.get(market)
    realised, fees = (ledger.realised_pnl, ledger.fees) if ledger else (ZERO, ZERO)
    mark = view.mark if view is not None else None
    unrealised = ledger.unrealised_pnl(mark.value) if ledger and mark is not None else ZERO
    funding = engine.account.funding.get(market, ZERO)
    return dict(zip(PARTS, (realised, unrealised, fees, funding, realised + unrealised - fees + funding), strict=True))


def _day(row: DayRow) -> dict[str, str]:
    date = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=row.day)
    return {
        "date": date.date().isoformat(),
        "market": row.market,
        "realised_pnl": plain(row.realised_pnl),
        "fees": plain(row.fees),
        "funding": plain(row.funding),
        "volume": plain(row.volume),
        "total": plain(row.total),
    }


@router.get("/api/fills", operation_id="getFills", responses={200: {"model": Fills}, **errors(422)})
async def fills(request: Request, limit: Limit = 100, market: Market = None, since: Since = 0, before: Before = 0) -> Json:
    """Return executions of this account, newest first, as the records have them: at most a moment behind."""
    wanted = _Page(limit=limit, market=market, since_ms=since, before_ms=before)
    return await _newest(service_of(request), "fills", tables.fills, wanted)


@router.get("/api/decisions", operation_id="getDecisions", responses={200: {"model": Decisions}, **errors(422)})
async def decisions(request: Request, limit: Limit = 100, market: Market = None, since: Since = 0, before: Before = 0) -> Json:
    """Return what the bot decided and why, newest first; at most one of a kind for each market and second."""
    wanted = _Page(limit=limit, market=market, since_ms=since, before_ms=before)
    return await _newest(service_of(request), "decisions", tables.decisions, wanted)


@router.get("/api/equity", operation_id="getEquity", responses={200: {"model": EquityCurve}, **errors(422)})
async def equity(request: Request, limit: Limit = 100, since: Since = 0, before: Before = 0) -> Json:
    """Return the account's equity over time, newest first, at most one point for every ten seconds."""
    return await _newest(service_of(request), "equity", tables.equity, _Page(limit=limit, since_ms=since, before_ms=before))


@router.get("/api/funding", operation_id="getFunding", responses={200: {"model": FundingPayments}, **errors(422)})
async def funding(request: Request, limit: Limit = 100, market: Market = None, since: Since = 0, before: Before = 0) -> Json:
    """Return funding payments, newest first; `amount` is positive when we received it."""
    wanted = _Page(limit=limit, market=market, since_ms=since, before_ms=before)
    return await _newest(service_of(request), "funding", tables.funding, wanted)


@router.get("/api/orders/history", operation_id="getOrderHistory", responses={200: {"model": OrderHistory}, **errors(422)})
async def order_history(
    request: Request, limit: Limit = 100, market: Market = None, since: Since = 0, before: Before = 0
) -> Json:
    """Return the orders of the bot and those by hand, newest first, ended ones too, with how each ended."""
    wanted = _Page(limit=limit, market=market, since_ms=since, before_ms=before)
    return await _newest(service_of(request), "orders", tables.orders, wanted)


@router.get("/api/alerts", operation_id="getAlerts", responses={200: {"model": AlertList}, **errors(422)})
async def alerts(request: Request, limit: Limit = 100, since: Since = 0, before: Before = 0) -> Json:
    """Return what people were told, newest first: info, warning or critical."""
    return await _newest(service_of(request), "alerts", tables.alerts, _Page(limit=limit, since_ms=since, before_ms=before))


@router.get("/api/risk", operation_id="getRisk", responses={200: {"model": Risk}, **errors()})
async def risk_now(request: Request) -> Json:
    """Return limits, worst cases, room for each side, and what holds quotes back."""
    service = service_of(request)
    return Json(risk(service.bot.engine, service.clock.now_ms()))


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asked for."""

    limit: int
    market: str | None = None
    since_ms: int
    before_ms: int


async def _newest(service: Service, name: str, table: Table, page: _Page) -> Json:
    if not service.records.is_open:
        return Json({name: [], "records": service.records.problem})
    wanted = Wanted(
        account=service.records.account,
        market=market_name(page.market) if page.market else "",
        since_ms=page.since_ms,
        before_ms=page.before_ms,
    )
    rows = await service.records.ask(lambda connection: newest(connection, table, wanted, page.limit))
    return Json({name: [_shown(row) for row in rows], "records": service.records.problem or "ok"})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: plain(value) if isinstance(value, Decimal) else value for key, value in row.items() if key not in HIDDEN}

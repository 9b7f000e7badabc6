"""The control routes: the exchange's own truth, and the levers. Loopback only, bare JSON, never part of the real exchange."""

from decimal import Decimal

import msgspec
from aiohttp import web

from simulator.accounts import HOUSE_ACCOUNT
from simulator.answers import plain
from simulator.faults import KINDS, decode_faults
from simulator.gate import site_of
from simulator.intake import decode, sane
from simulator.paging import integer
from simulator.refusals import Code, Refused
from simulator.rules import MarketStatus, Mode
from simulator.site import Site
from simulator.wire import rounded, text

MAX_JUMP_MS = 90 * 86_400_000


def routes() -> list[web.RouteDef]:
    return [
        web.get("/sim/accounts", accounts),
        web.get("/sim/orders", orders),
        web.get("/sim/fills", fills),
        web.get("/sim/positions", positions),
        web.get("/sim/ledger", ledger),
        web.get("/sim/requests", requests),
        web.get("/sim/state", state),
        web.get("/sim/faults", faults),
        web.post("/sim/faults", set_faults),
        web.post("/sim/price", set_price),
        web.post("/sim/regime", set_regime),
        web.post("/sim/mode", set_mode),
        web.post("/sim/clock", set_clock),
    ]


def _accounts(request: web.Request) -> tuple[Site, list[int]]:
    site, wanted = site_of(request), integer(request.query, "account")
    if wanted is not None and wanted not in site.venue.accounts:
        raise Refused(Code.ACCOUNT_NOT_FOUND, f"no account {wanted}")
    return site, [wanted] if wanted is not None else list(site.venue.accounts)


async def accounts(request: web.Request) -> web.Response:
    """Answer what the first line of standard output said: addresses, domain, accounts with their keys."""
    return web.json_response(site_of(request).first_line)


async def orders(request: web.Request) -> web.Response:
    """Every order the exchange remembers, those the book has not decided yet included (status PENDING)."""
    site, accounts = _accounts(request)
    venue, only_open = site.venue, request.query.get("open") == "true"
    found = [
        venue.order_record(order)
        for order in venue.store.by_id.values()
        if order.account_id in accounts and not (only_open and order.is_final)
    ]
    return plain({"now_ms": venue.now_ms, "orders": found})


async def fills(request: web.Request) -> web.Response:
    """Every fill of the accounts, oldest first."""
    site, accounts = _accounts(request)
    found = [trade for account_id in accounts for trade in site.read_model.trades(account_id)]
    return plain({"now_ms": site.venue.now_ms, "fills": sorted(found, key=lambda trade: (trade.id, trade.account_id))})


async def positions(request: web.Request) -> web.Response:
    site, accounts = _accounts(request)
    venue = site.venue
    held = [each for account_id in accounts for each in venue.ledger.positions_of(account_id)]
    return plain({"now_ms": venue.now_ms, "positions": [venue.standings.position_record(each) for each in held]})


async def ledger(request: web.Request) -> web.Response:
    """Balances in exact decimals; sums everything from scratch, so a broken ledger answers 500."""
    site, accounts = _accounts(request)
    book = site.venue.ledger
    book.check()
    return plain(
        {
            "now_ms": site.venue.now_ms,
            "balanced": True,
            "bookings": book.bookings,
            "deposits": text(book.deposits),
            "fee_pot": text(book.fee_pot),
            "funding_pot": text(book.funding_pot),
            "house_balance": text(book.balances[HOUSE_ACCOUNT]),
            "accounts": [_standing(site, account_id) for account_id in accounts],
        }
    )


def _standing(site: Site, account_id: int) -> dict[str, object]:
    venue, book = site.venue, site.venue.ledger
    every = [*book.closed[account_id], *book.positions_of(account_id)]
    margin = venue.standings.margin(account_id)
    return {
        "account_id": account_id,
        "balance": text(margin.balance),
        "equity": rounded(margin.equity),
        "unrealised_pnl": rounded(margin.unrealised),
        "trade_pnl": text(sum((each.trade_pnl for each in every), Decimal(0))),
        "fees": text(sum((each.open_fees + each.close_fees for each in every), Decimal(0))),
        "funding": text(sum((each.funding for each in every), Decimal(0))),
        "positions": {
            each.market: text(venue.markets[each.market].spec.lot_size * each.lots) for each in book.positions_of(account_id)
        },
    }


async def requests(request: web.Request) -> web.Response:
    """Counters and the latest requests, oldest first; `limit` and `account` cut the list."""
    site, log = site_of(request), site_of(request).requests
    limit, account = integer(request.query, "limit") or 200, integer(request.query, "account")
    recent = [line for line in log.recent if account in (None, line.account_id)][-limit:]
    return plain(
        {
            "now_ms": site.venue.now_ms,
            "total": log.total,
            "by_route": dict(log.by_route),
            "by_account": {str(account_id): count for account_id, count in log.by_account.items()},
            "by_status": {str(status): count for status, count in log.by_status.items()},
            "recent": recent,
        }
    )


async def state(request: web.Request) -> web.Response:
    site = site_of(request)
    venue = site.venue
    return plain(
        {
            "now_ms": venue.now_ms,
            "clock_offset_ms": site.clock.offset_ms,
            "mode": venue.engine.mode.value,
            "flow": site.exchange.flow_name,
            "flows": {name: flow.state() for name, flow in site.exchange.flows.items()},
            "sockets": len(site.hub.connections),
            "read_lag_ms": site.read_model.lag_ms,
            "markets": {
                name: {"status": each.status.value, "mark": text(each.mark), "index": text(each.index), "last": text(each.last)}
                for name, each in venue.markets.items()
            },
        }
    )


async def faults(request: web.Request) -> web.Response:
    site = site_of(request)
    return plain({"active": site.faults.active(), "struck": site.faults.struck, "kinds": KINDS})


async def set_faults(request: web.Request) -> web.Response:
    """Take one fault, or `{"set": [...], "clear": [...], "clear_all": true}`."""
    site = site_of(request)
    site.apply_faults(decode_faults(await request.read()))
    return await faults(request)


class _Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    market: str
    price: Decimal


async def set_price(request: web.Request) -> web.Response:
    body, site = decode(await request.read(), _Price), site_of(request)
    site.exchange.set_price(body.market, sane(body.price, "price"))
    return await state(request)


class _Mood(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    regime: str
    market: str | None = None


async def set_regime(request: web.Request) -> web.Response:
    body = decode(await request.read(), _Mood)
    site_of(request).exchange.set_regime(body.regime, body.market)
    return await state(request)


class _Mode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mode: Mode | None = None
    market: str | None = None
    status: MarketStatus | None = None
    off_hours: bool | None = None


async def set_mode(request: web.Request) -> web.Response:
    """Set the venue's `mode`, or one `market`'s `status` and whether it is outside its trading hours."""
    body, venue = decode(await request.read(), _Mode), site_of(request).venue
    nothing = body.status is None and body.off_hours is None
    if (body.market is None) != nothing or (body.mode is None and body.market is None):
        raise Refused(Code.BAD_REQUEST, "give mode, or market and status or off_hours")
    if body.mode is not None:
        venue.set_mode(body.mode)
    if body.market is not None and body.status is not None:
        venue.set_market_status(body.market, body.status)
    if body.market is not None and body.off_hours is not None:
        venue.market(body.market).is_off_hours = body.off_hours
    return await state(request)


class _Clock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    advance_ms: int


async def set_clock(request: web.Request) -> web.Response:
    """Jump forward: expiries and countdowns on the way run, the background flow sits the jump out."""
    body, site = decode(await request.read(), _Clock), site_of(request)
    if not 0 <= body.advance_ms <= MAX_JUMP_MS:
        raise Refused(Code.BAD_REQUEST, f"advance_ms must lie in 0..{MAX_JUMP_MS}: the clock never goes back")
    site.clock.offset_ms += body.advance_ms
    site.kick()
    return await state(request)

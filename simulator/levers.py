"""Control routes that move the exchange: rules, limits, money, strangers who take, funding, deleveraging. Loopback only."""

from decimal import Decimal

import msgspec
from aiohttp import web

from bot.core.numbers import Lots
from simulator.accounts import HOUSE_ACCOUNT
from simulator.answers import plain
from simulator.gate import site_of
from simulator.intake import decode, sane
from simulator.listing import market_object
from simulator.matching import Side
from simulator.rate_limit import Window
from simulator.refusals import Code, Refused
from simulator.rule_changes import RuleChange, change_rules
from simulator.rules import check_price, check_size
from simulator.wire import text

MOST_MONEY = Decimal(1_000_000_000)


def routes() -> list[web.RouteDef]:
    return [
        web.post("/sim/market", set_market),
        web.post("/sim/limits", set_limits),
        web.post("/sim/money", move_money),
        web.post("/sim/take", take),
        web.post("/sim/funding", charge_funding),
        web.post("/sim/deleverage", deleverage),
    ]


async def set_market(request: web.Request) -> web.Response:
    """Change a market's rules; answers the market as `/info/markets` shows it from now on."""
    body, site = decode(await request.read(), RuleChange), site_of(request)
    change_rules(site.exchange, body)
    site.kick()
    return plain(market_object(site.venue.market(body.market), site.venue.open_interest(body.market)))


class _Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    per_minute: int | None = None
    window: Window | None = None
    empty_body: bool | None = None
    spend: int = 0


async def set_limits(request: web.Request) -> web.Response:
    """Change the request budget, or spend some of the asker's: somebody else behind the same address."""
    body, site = decode(await request.read(), _Limits), site_of(request)
    if not 0 <= (body.per_minute or 0) <= 1_000_000 or not 0 <= body.spend <= 1_000_000:
        raise Refused(Code.BAD_REQUEST, "per_minute and spend lie in 0..1000000")
    limit = site.rate_limit
    limit.per_minute = limit.per_minute if body.per_minute is None else body.per_minute
    limit.window = body.window or limit.window
    limit.empty_body = limit.empty_body if body.empty_body is None else body.empty_body
    for _ in range(body.spend):
        limit.allows(request.remote or "", site.now_s())
    return plain({"per_minute": limit.per_minute, "window": limit.window.value, "empty_body": limit.empty_body})


class _Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: int
    amount: Decimal


async def move_money(request: web.Request) -> web.Response:
    """Pay into an account, or out of it when the amount is negative."""
    body, site = decode(await request.read(), _Money), site_of(request)
    venue, amount = site.venue, sane(body.amount, "amount")
    if body.account not in venue.accounts:
        raise Refused(Code.ACCOUNT_NOT_FOUND, f"no account {body.account}")
    if not amount.is_finite() or abs(amount) > MOST_MONEY:
        raise Refused(Code.BAD_REQUEST, f"amount is at most {MOST_MONEY}")
    venue.faucet.move(body.account, "DEPOSIT" if amount >= 0 else "SLOW_WITHDRAWAL", amount, venue.now_ms)
    venue.clearing.tell_balance(body.account, venue.now_ms)
    site.kick()
    return plain({"account": body.account, "balance": text(venue.ledger.balances[body.account])})


class _Take(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    market: str
    side: Side
    size: Decimal
    price: Decimal


async def take(request: web.Request) -> web.Response:
    """Let a stranger take, no worse than a price."""
    body, site = decode(await request.read(), _Take), site_of(request)
    spec = site.venue.market(body.market).spec
    price, lots = check_price(sane(body.price, "price"), spec), check_size(sane(body.size, "size"), spec)
    taken = site.venue.house_take(body.market, body.side, price, lots)
    site.kick()
    return plain({"market": body.market, "taken": text(spec.size(taken))})


class _Funding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    market: str
    rate: Decimal


async def charge_funding(request: web.Request) -> web.Response:
    """Charge one market's funding now, at a given rate."""
    body, site = decode(await request.read(), _Funding), site_of(request)
    venue, rate = site.venue, sane(body.rate, "rate")
    venue.market(body.market)
    if not rate.is_finite() or abs(rate) > 1:
        raise Refused(Code.BAD_REQUEST, "a rate lies between -1 and 1")
    touched = venue.charge_funding_now(body.market, rate)
    site.kick()
    return plain({"market": body.market, "rate": text(rate), "positions": touched})


class _Deleverage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: int
    market: str
    size: Decimal


async def deleverage(request: web.Request) -> web.Response:
    """Take part of a position away from an account at the mark, as auto-deleveraging would."""
    body, site = decode(await request.read(), _Deleverage), site_of(request)
    venue, spec = site.venue, site.venue.market(body.market).spec
    lots = check_size(sane(body.size, "size"), spec)
    held = venue.ledger.position_lots(body.account, body.market)
    if body.account not in venue.accounts or body.account == HOUSE_ACCOUNT or lots > abs(held):
        raise Refused(Code.BAD_REQUEST, "no account here holds that much")
    venue.liquidation.deleverage(venue.accounts[body.account], body.market, Lots(lots), venue.now_ms)
    site.kick()
    left = venue.ledger.position_lots(body.account, body.market)
    return plain({"account": body.account, "market": body.market, "left": text(spec.size(left))})

"""REST with a key: what an account has, what it did, and its settings."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

from aiohttp import web

from simulator.accounts import Account
from simulator.answers import ok
from simulator.gate import API, account_of, site_of
from simulator.intake import LeverageBody, decode, sane
from simulator.paging import page
from simulator.read_model import ReadModel
from simulator.refusals import Code, Refused
from simulator.site import Site
from simulator.views import position_history_row
from simulator.wire import OrderRecord, PositionRecord, TradeRecord, rounded, text

_Listed = TypeVar("_Listed", OrderRecord, TradeRecord, PositionRecord)


def routes() -> list[web.RouteDef]:
    user = API + "/user"
    return [
        web.get(user + "/account/info", account_info),
        web.get(user + "/accounts", accounts),
        web.get(user + "/client/info", client_info),
        web.get(user + "/balance", balance),
        web.get(user + "/spot/balances", spot_balances),
        web.get(user + "/positions", positions),
        web.get(user + "/positions/history", positions_history),
        web.get(user + "/orders", open_orders),
        web.get(user + "/orders/history", orders_history),
        web.get(user + "/orders/external/{external_id}", orders_by_external_id),
        web.get(user + "/orders/{order_id}", order_by_id),
        web.get(user + "/trades", trades),
        web.get(user + "/fees", fees),
        web.get(user + "/leverage", leverage),
        web.patch(user + "/leverage", set_leverage),
        web.get(user + "/rebates/stats", rebates),
    ]


def _account_object(account: Account) -> dict[str, object]:
    return {
        "accountId": account.account_id,
        "accountIndex": account.account_index,
        "accountIndexForKeyGeneration": account.account_index,
        "description": account.description,
        "status": "ACTIVE",
        "l2Key": hex(account.public_key),
        "l2Vault": str(account.vault),
        "bridgeStarknetAddress": "0x0",
    }


async def account_info(request: web.Request) -> web.Response:
    return ok(_account_object(account_of(request)))


async def accounts(request: web.Request) -> web.Response:
    client_id = account_of(request).client_id
    everybody = site_of(request).venue.accounts.values()
    return ok([_account_object(each) for each in everybody if each.client_id == client_id])


async def client_info(request: web.Request) -> web.Response:
    return ok({"id": account_of(request).client_id, "starknetWalletAddress": hex(account_of(request).public_key)})


async def balance(request: web.Request) -> web.Response:
    venue, account_id = site_of(request).venue, account_of(request).account_id
    if not venue.ledger.balances[account_id] and site_of(request).options.zero_balance_is_404:
        raise Refused(Code.NOT_FOUND, "the balance is zero", message="Balance not found")
    return ok(venue.standings.balance_record(account_id, venue.now_ms))


async def spot_balances(request: web.Request) -> web.Response:  # noqa: ARG001 - the router passes it
    return ok([])


async def positions(request: web.Request) -> web.Response:
    venue = site_of(request).venue
    held = venue.ledger.positions_of(account_of(request).account_id)
    twice = site_of(request).options.position_times_twice
    records = [venue.standings.position_record(position, both_spellings=twice) for position in held]
    return ok(_filtered(request, records))


async def positions_history(request: web.Request) -> web.Response:
    venue, account_id = site_of(request).venue, account_of(request).account_id
    wanted, side = set(request.query.getall("market", [])), request.query.get("side")
    every = [*venue.ledger.closed[account_id], *venue.ledger.positions_of(account_id)]
    rows = [
        position_history_row(each, venue.markets[each.market].spec, venue.standings.leverage(account_id, each.market))
        for each in sorted(every, key=lambda position: -position.position_id)
        if not wanted or each.market in wanted
    ]
    cut, pagination = page([row for row in rows if side in (None, row["side"])], request.query, _row_id)
    return ok(cut, pagination)


def _row_id(row: dict[str, object]) -> int:
    number = row["id"]
    assert isinstance(number, int)
    return number


def _read_model(request: web.Request) -> tuple[Site, ReadModel, int]:
    site = site_of(request)
    stale = site.faults.strikes("stale_reads") if site.faults.any else None
    lag_ms = site.read_model.lag_ms if stale is None else stale.delay_ms
    site.read_model.settle(site.venue.now_ms, lag_ms)
    return site, site.read_model, account_of(request).account_id


def _filtered(request: web.Request, records: Iterable[_Listed]) -> list[_Listed]:
    """Keep what the query's market, side and type ask for."""
    markets, side = set(request.query.getall("market", [])), request.query.get("side")
    kind = request.query.get("type")
    return [
        each
        for each in records
        if (not markets or each.market in markets)
        and (side is None or each.side == side)
        and (kind is None or getattr(each, "type", getattr(each, "trade_type", kind)) == kind)
    ]


async def open_orders(request: web.Request) -> web.Response:
    _, model, account_id = _read_model(request)
    return ok(_filtered(request, sorted(model.open_orders(account_id), key=lambda order: -order.id)))


async def orders_history(request: web.Request) -> web.Response:
    _, model, account_id = _read_model(request)
    ids, externals = set(request.query.getall("id", [])), set(request.query.getall("externalId", []))
    rows = [
        order
        for order in _filtered(request, model.orders(account_id))
        if (not ids or str(order.id) in ids) and (not externals or order.external_id in externals)
    ]
    if request.query.get("sort") == "UPDATED_AT":
        rows.sort(key=lambda order: (-order.updated_time, -order.id))
    cut, pagination = page(rows, request.query, lambda order: order.id)
    return ok(cut, pagination)


async def order_by_id(request: web.Request) -> web.Response:
    _, model, account_id = _read_model(request)
    text_id = request.match_info["order_id"]
    order = model.order(account_id, int(text_id)) if text_id.isascii() and text_id.isdigit() and len(text_id) <= 20 else None
    if order is None:
        raise Refused(Code.NOT_FOUND, "no such order", message="Order not found")
    return ok(order)


async def orders_by_external_id(request: web.Request) -> web.Response:
    _, model, account_id = _read_model(request)
    return ok(model.by_external_id(account_id, request.match_info["external_id"]))


async def trades(request: web.Request) -> web.Response:
    _, model, account_id = _read_model(request)
    cut, pagination = page(_filtered(request, model.trades(account_id)), request.query, lambda trade: trade.id)
    return ok(cut, pagination)


async def fees(request: web.Request) -> web.Response:
    venue = site_of(request).venue
    states = [venue.market(name) for name in request.query.getall("market", []) or list(venue.markets)]
    return ok(
        [
            {
                "market": state.spec.name,
                "makerFeeRate": text(state.maker_fee),
                "takerFeeRate": text(state.taker_fee),
                "builderFeeRate": "0",
            }
            for state in states
        ]
    )


async def leverage(request: web.Request) -> web.Response:
    venue, account_id = site_of(request).venue, account_of(request).account_id
    names = request.query.getall("market", []) or list(venue.markets)
    return ok(
        [{"market": venue.market(name).spec.name, "leverage": text(venue.standings.leverage(account_id, name))} for name in names]
    )


async def set_leverage(request: web.Request) -> web.Response:
    venue, account_id = site_of(request).venue, account_of(request).account_id
    body = decode(await request.read(), LeverageBody)
    wanted: Decimal = sane(body.leverage, "leverage")
    venue.standings.set_leverage(account_id, venue.market(body.market).spec.name, wanted)
    return ok()


async def rebates(request: web.Request) -> web.Response:
    found = site_of(request).venue.rebates.standing(account_of(request).account_id)
    return ok(
        {
            "totalPaid": text(found.paid),
            "rebatesRate": text(found.rate),
            "marketShare": rounded(found.share),
            "nextTierMakerShare": text(found.next_share),
            "nextTierRebateRate": text(found.next_rate),
        }
    )

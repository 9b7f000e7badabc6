"""REST without a key: markets, statistics, books, trades, the signing domain."""

from aiohttp import web

from simulator.answers import ok
from simulator.gate import API, site_of
from simulator.listing import market_object, stats_object
from simulator.matching import Side
from simulator.rules import Mode
from simulator.wire import text

CONTRACT = "0x62da0780fae50d68cecaa5a051606dc21217ba290969b302db4dd99d2e9b470"
TRADES_SHOWN = 50


def routes() -> list[web.RouteDef]:
    info = API + "/info"
    return [
        web.get(info + "/markets", markets),
        web.get(info + "/markets/stats", all_stats),
        web.get(info + "/markets/{market}/stats", stats),
        web.get(info + "/markets/{market}/orderbook", orderbook),
        web.get(info + "/markets/{market}/trades", trades),
        web.get(info + "/starknet", starknet),
        web.get(info + "/settings", settings),
        web.get(info + "/status", status),
    ]


async def markets(request: web.Request) -> web.Response:
    venue = site_of(request).venue
    names = request.query.getall("market", []) or list(venue.markets)
    states = [venue.market(name) for name in names]
    return ok([market_object(state, venue.open_interest(state.spec.name)) for state in states])


async def stats(request: web.Request) -> web.Response:
    venue = site_of(request).venue
    state = venue.market(request.match_info["market"])
    return ok(stats_object(state, venue.open_interest(state.spec.name)))


async def all_stats(request: web.Request) -> web.Response:
    venue = site_of(request).venue
    return ok([{"market": name, **stats_object(state, venue.open_interest(name))} for name, state in venue.markets.items()])


async def orderbook(request: web.Request) -> web.Response:
    state = site_of(request).venue.market(request.match_info["market"])
    spec = state.spec
    bids, asks = (
        [{"qty": text(spec.size(lots)), "price": text(spec.price(price))} for price, lots in state.book.levels(side)]
        for side in Side
    )
    return ok({"market": spec.name, "bid": bids, "ask": asks})


async def trades(request: web.Request) -> web.Response:
    state = site_of(request).venue.market(request.match_info["market"])
    return ok(list(reversed(state.trades))[:TRADES_SHOWN])


async def starknet(request: web.Request) -> web.Response:
    domain = site_of(request).domain
    return ok({"name": domain.name, "version": domain.version, "chainId": domain.chain_id, "revision": int(domain.revision)})


async def settings(request: web.Request) -> web.Response:  # noqa: ARG001 - the router passes it
    return ok({"starkExContractAddress": CONTRACT})


async def status(request: web.Request) -> web.Response:
    mode = site_of(request).venue.engine.mode
    return ok({"status": "MAINTENANCE" if mode is Mode.MAINTENANCE else "OK", "mode": mode.value})

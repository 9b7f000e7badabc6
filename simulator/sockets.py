"""WebSocket v1: one stream per connection, chosen by the path; the first frames are the picture as it is."""

import asyncio
from contextlib import suppress

from aiohttp import WSMsgType, web

from simulator.feeds import encode, frame
from simulator.gate import ACCOUNT, STREAMS, account_of, site_of
from simulator.hub import Connection, Topic
from simulator.refusals import Code, Refused
from simulator.site import Site
from simulator.wire import text

V1 = STREAMS + "/v1"


def routes() -> list[web.RouteDef]:
    found = [web.get(V1 + "/account", account_stream)]
    for path, handler in (
        ("/orderbooks", book_stream),
        ("/publicTrades", trade_stream),
        ("/funding", funding_stream),
        ("/prices/mark", mark_stream),
        ("/prices/index", index_stream),
    ):
        found += [web.get(V1 + path, handler), web.get(V1 + path + "/{market}", handler)]
    return found


def _markets(request: web.Request) -> tuple[Site, str | None, list[str]]:
    """Return the site, the market asked for (None: all), and the names it stands for."""
    site, name = site_of(request), request.match_info.get("market")
    if name is not None and name not in site.venue.markets:
        raise Refused(Code.MARKET_NOT_FOUND)
    return site, name, [name] if name else list(site.venue.markets)


async def book_stream(request: web.Request) -> web.StreamResponse:
    site, name, markets = _markets(request)
    depth = request.query.get("depth")
    if depth not in (None, "1"):
        raise Refused(Code.BAD_REQUEST, "depth must be 1 or absent")
    now_ms = site.venue.now_ms
    if depth == "1":
        first = [frame(now_ms, site.books[each].best_now(), "SNAPSHOT") for each in markets]
        return await _serve(request, ("best", name), first)
    first = [frame(now_ms, site.books[each].snapshot(), "SNAPSHOT") for each in markets]
    return await _serve(request, ("orderbooks", name), first)


async def trade_stream(request: web.Request) -> web.StreamResponse:
    _, name, _ = _markets(request)
    return await _serve(request, ("trades", name), [])


async def funding_stream(request: web.Request) -> web.StreamResponse:
    site, name, markets = _markets(request)
    first = [site.funding_frame(each, text(site.venue.markets[each].funding_rate), site.venue.now_ms) for each in markets]
    return await _serve(request, ("funding", name), first)


async def mark_stream(request: web.Request) -> web.StreamResponse:
    site, name, markets = _markets(request)
    now_ms = site.venue.now_ms
    first = [site.price_frame("MP", each, text(site.venue.markets[each].mark), now_ms) for each in markets]
    return await _serve(request, ("mark", name), first)


async def index_stream(request: web.Request) -> web.StreamResponse:
    site, name, markets = _markets(request)
    now_ms = site.venue.now_ms
    first = [site.price_frame("IP", each, text(site.venue.markets[each].index), now_ms) for each in markets]
    return await _serve(request, ("index", name), first)


async def account_stream(request: web.Request) -> web.StreamResponse:
    if ACCOUNT not in request:
        response = web.Response(status=401)
        response.force_close()
        return response
    site, account_id = site_of(request), account_of(request).account_id
    return await _serve(request, ("account", str(account_id)), account_snapshots(site, account_id))


def account_snapshots(site: Site, account_id: int) -> list[bytes]:
    """Return the three opening frames: orders, balance, positions, all of the same moment."""
    venue, now_ms = site.venue, site.venue.now_ms
    orders = [venue.order_record(order) for order in venue.store.live(account_id) if order.is_open]
    held = [venue.standings.position_record(each) for each in venue.ledger.positions_of(account_id)]
    balance = venue.standings.balance_record(account_id, now_ms)
    return [
        frame(now_ms, encode({"isSnapshot": True, "orders": orders}), "ORDER"),
        frame(now_ms, encode({"isSnapshot": True, "balance": balance}), "BALANCE"),
        frame(now_ms, encode({"isSnapshot": True, "positions": held}), "POSITION"),
    ]


async def _serve(request: web.Request, topic: Topic, first: list[bytes]) -> web.StreamResponse:
    """Run one connection to its end; `first` and the join happen at the same moment, so that nothing is missed."""
    site = site_of(request)
    if len(site.hub.connections) >= site.options.max_sockets or site.faults.strikes("refuse_streams"):
        return web.Response(status=503)
    socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=65_536, timeout=2.0)
    if not socket.can_prepare(request):
        raise Refused(Code.BAD_REQUEST, "this path speaks WebSocket only")
    connection = Connection(socket, request.transport, site.options)
    for each in first:
        connection.send(each)
    site.hub.join(topic, connection)
    try:
        await socket.prepare(request)
        async with asyncio.TaskGroup() as tasks:
            writer, pinger = tasks.create_task(connection.write()), tasks.create_task(connection.ping())
            await _listen(socket, connection)
            writer.cancel()
            pinger.cancel()
    except* (ConnectionError, RuntimeError):
        connection.cut()  # the reader went away while a frame was being written
    finally:
        site.hub.leave(topic, connection)
    return socket


async def _listen(socket: web.WebSocketResponse, connection: Connection) -> None:
    """Answer pings and note pongs until the client leaves; application messages are ignored on v1."""
    with suppress(ConnectionError):
        async for message in socket:
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                connection.note_pong()

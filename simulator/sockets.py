"""WebSocket v1: one stream per connection, chosen by the path; the first frames are the picture as it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import WSMessage, WSMsgType, web

from simulator.broadcast import CandleTopic
from simulator.candles import CandleKind
from simulator.gate import ACCOUNT, STREAMS, account_of, site_of
from simulator.hub import Connection, PathListener, Topic
from simulator.refusals import Code, Refused
from simulator.site import Site

V1 = STREAMS + "/v1"
Listen = Callable[[str], None]


def routes() -> list[web.RouteDef]:
    found = [
        web.get(V1 + "/account", account_stream),
        web.get(V1 + "/candles/{market}/{kind}", candle_stream),
    ]
    for path, family in (
        ("/orderbooks", "orderbooks"),
        ("/publicTrades", "trades"),
        ("/funding", "funding"),
        ("/prices/mark", "mark"),
        ("/prices/index", "index"),
    ):
        handler = _market_stream(family)
        found += [web.get(V1 + path, handler), web.get(V1 + path + "/{market}", handler)]
    return found


def _market_stream(family: str) -> Callable[[web.Request], "asyncio.Future[web.StreamResponse]"]:
    async def stream(request: web.Request) -> web.StreamResponse:
        chosen, name, depth = family, request.match_info.get("market"), request.query.get("depth")
        if name is not None and name not in site_of(request).venue.markets:
            raise Refused(Code.MARKET_NOT_FOUND)
        if family == "orderbooks" and depth is not None:
            if depth != "1":
                raise Refused(Code.BAD_REQUEST, "depth must be 1 or absent")
            chosen = "best"
        return await _serve(request, (chosen, name))

    return stream  # type: ignore[return-value]  # a coroutine function is what aiohttp wants


async def candle_stream(request: web.Request) -> web.StreamResponse:
    name, interval = request.match_info["market"], request.query.get("interval", "")
    if name not in site_of(request).venue.markets:
        raise Refused(Code.MARKET_NOT_FOUND)
    try:
        topic = CandleTopic(name, CandleKind(request.match_info["kind"]), interval)
    except ValueError:
        raise Refused(Code.NOT_FOUND, "candles are of trades, mark-prices or index-prices") from None
    if not topic.is_known:
        raise Refused(Code.INTERVAL_NOT_SUPPORTED)
    return await _serve(request, ("candles", topic.key))


async def account_stream(request: web.Request) -> web.StreamResponse:
    if ACCOUNT not in request:
        response = web.Response(status=401)
        response.force_close()
        return response
    return await _serve(request, ("account", str(account_of(request).account_id)))


async def _serve(request: web.Request, topic: Topic) -> web.StreamResponse:
    """Run one v1 connection to its end; the picture and the joining happen at one moment, so that nothing is missed."""
    site = site_of(request)
    if not site.handshakes.allows(request.remote or "", site.now_s()):
        return web.Response(status=429)
    refusal = no_room(site)
    if refusal is not None:
        return refusal
    async with open_connection(request, first_seq=1) as (socket, connection):
        listener = PathListener(connection)
        for frame in site.broadcast.opening(topic):
            listener.deliver(frame)
        site.hub.join(topic, listener)
        try:
            await run_connection(request, socket, connection)
        finally:
            site.hub.leave(topic, listener)
    return socket


def no_room(site: Site) -> web.Response | None:
    """Return the refusal of a handshake that cannot be served now."""
    if len(site.hub.connections) >= site.options.max_sockets:
        return web.Response(status=503)
    trouble = site.faults.strikes("refuse_streams")
    return None if trouble is None else web.Response(status=trouble.status or 503)


@asynccontextmanager
async def open_connection(request: web.Request, *, first_seq: int) -> AsyncIterator[tuple[web.WebSocketResponse, Connection]]:
    """Make a connection that counts among the open ones; the handshake itself is `run_connection`'s."""
    site = site_of(request)
    socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=65_536, timeout=2.0)
    if not socket.can_prepare(request):
        raise Refused(Code.BAD_REQUEST, "this path speaks WebSocket only")
    connection = Connection(socket, request.transport, site.options, first_seq=first_seq)
    site.hub.connections.add(connection)
    try:
        yield socket, connection
    finally:
        site.hub.connections.discard(connection)


async def run_connection(
    request: web.Request, socket: web.WebSocketResponse, connection: Connection, on_text: Listen | None = None
) -> None:
    """Write, ping and listen until the client leaves."""
    try:
        await socket.prepare(request)
        async with asyncio.TaskGroup() as tasks:
            writer, pinger = tasks.create_task(connection.write()), tasks.create_task(connection.ping())
            await _listen(socket, connection, on_text)
            writer.cancel()
            pinger.cancel()
    except* (ConnectionError, RuntimeError):
        connection.cut()  # the reader went away while a frame was being written


async def _listen(socket: web.WebSocketResponse, connection: Connection, on_text: Listen | None) -> None:
    """Answer pings, note pongs, pass on text; v1 ignores what its clients say."""
    with suppress(ConnectionError):
        async for message in socket:
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                connection.note_pong()
            elif message.type is WSMsgType.TEXT and on_text is not None:
                on_text(_text_of(message))


def _text_of(message: WSMessage) -> str:
    content: str = message.data
    return content

"""The other end of the wire, under a test's control: a raw socket, a small HTTP exchange, a small stream server."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from bot.clock import SystemClock
from bot.core.events import Event
from bot.core.orders import Order, Owner, Side, TimeInForce
from bot.extended.connection import StreamNote, StreamSettings
from bot.extended.endpoints import Endpoints, Environment
from bot.extended.exchange import Credentials, ExtendedExchange
from bot.extended.rest import Deadlines, RequestOutcome
from bot.extended.signing import Signer
from bot.secret import Secret
from tests.unit.extended.test_translate import MARKET

API_KEY = "canary-api-key-5d1c"
PRIVATE_KEY = "0x777290830e9b7dbd0446a22facd8fe76fb8fd21303c83291d54b6607a3d0ccc"
PUBLIC_KEY = "0x5f1887e3e2c5cd1a5a874339b877c049b96524fb758e4a4e3bdd53dd58df5fa"
VAULT = 500343
DOMAIN = {"name": "Perpetuals", "version": "v0", "chainId": "SN_SEPOLIA", "revision": 1}

OPENED: list[ExtendedExchange] = []
"""Clients of the running test; a fixture closes them."""

QUICK = Deadlines(connect_s=0.5, write_s=0.5, read_s=0.5, turn_s=0.2)
QUICK_STREAMS = StreamSettings(
    open_within_s=1.0,
    first_frame_within_s=0.3,
    ping_every_s=0.1,
    pong_within_s=0.3,
    wait_first_s=0.01,
    wait_longest_s=0.05,
    wait_refused_s=0.2,
    stable_after_s=10.0,
    book_silent_s=0.4,
    price_silent_s=0.4,
)


@dataclass
class Told:
    """What the client told its hooks."""

    requests: list[tuple[str, float, RequestOutcome]] = field(default_factory=list)
    signed: list[tuple[str, int]] = field(default_factory=list)
    notes: list[StreamNote] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        return [outcome.kind for _, _, outcome in self.requests]


def client(rest: str, stream: str = "ws://127.0.0.1:1", *, told: Told | None = None, **changes: Any) -> ExtendedExchange:
    told = told or Told()
    credentials = Credentials(api_key=Secret(API_KEY), signer=Signer(Secret(PRIVATE_KEY)), vault=VAULT)
    arguments: dict[str, Any] = {
        "credentials": credentials,
        "randomness": random.Random(1),
        "deadlines": QUICK,
        "stream_settings": QUICK_STREAMS,
        "on_request": lambda *news: told.requests.append(news),
        "on_signed": lambda *news: told.signed.append(news),
        "on_stream": told.notes.append,
    }
    endpoints = Endpoints(environment=Environment.PAPER, rest=rest, stream=stream)
    exchange = ExtendedExchange(endpoints, SystemClock(), **{**arguments, **changes})
    OPENED.append(exchange)
    return exchange


def order(**changes: Any) -> Order:
    fields: dict[str, Any] = {
        "client_order_id": "mmb-t-1",
        "nonce": 11,
        "market": "BTC-USD",
        "side": Side.BUY,
        "price": 84_000,
        "size": 150,
        "time_in_force": TimeInForce.GTT,
        "post_only": True,
        "reduce_only": False,
        "owner": Owner.BOT,
        "created_ms": 1_790_000_000_000,
        "expires_ms": 4_000_000_000_000,
    }
    return Order(**{**fields, **changes})


@contextlib.asynccontextmanager
async def raw_server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Serve one behaviour for each connection; yields the REST base address."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        server.close()


async def read_request(reader: asyncio.StreamReader) -> None:
    """Read the head of a request and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.decode().lower().split("\r\n"):
        if line.startswith("content-length:"):
            await reader.readexactly(int(line.split(":")[1]))


def answering(status: str, body: bytes, kind: str = "application/json") -> Callable[..., Awaitable[None]]:
    """Answer every request of a connection with the same bytes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                await read_request(reader)
                writer.write(head + body)
                await writer.drain()

    return talk


@dataclass
class FakeExchange:
    """A small HTTP exchange: `answers` maps "METHOD /path" to data, an (HTTP status, body) pair, or nothing: 404."""

    answers: dict[str, Any] = field(default_factory=dict)
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    rest: str = ""
    refuse_named_markets: bool = False

    async def answer(self, request: web.Request) -> web.Response:
        text = await request.text()
        self.seen.append(request)
        self.bodies.append(json.loads(text) if text else None)
        key = f"{request.method} {request.path.removeprefix('/api/v1')}"
        if key not in self.answers or (self.refuse_named_markets and "market" in request.query):
            return web.json_response({"status": "ERROR", "error": {"code": 404, "message": "Not found"}}, status=404)
        wanted = self.answers[key]
        if isinstance(wanted, tuple):
            return web.Response(status=wanted[0], body=wanted[1])
        return web.json_response({"status": "OK", "data": wanted})


@contextlib.asynccontextmanager
async def fake_exchange(**answers: Any) -> AsyncIterator[FakeExchange]:
    """Serve a FakeExchange that knows BTC-USD and the signing domain."""
    fake = FakeExchange(answers={"GET /info/markets": [MARKET], "GET /info/starknet": DOMAIN, **answers})
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", fake.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.rest = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1"
    try:
        yield fake
    finally:
        await runner.cleanup()


Script = Callable[[ServerConnection], Awaitable[None]]


@dataclass
class FakeStreams:
    """A stream server: `scripts` maps a path to what happens on each connection; others stay open and silent."""

    scripts: dict[str, Script] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)
    address: str = ""
    redirects_to: str = ""

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self.opened[request.path] = self.opened.get(request.path, 0) + 1
        self.headers[request.path] = request.headers
        if request.path in self.refusals:
            return connection.respond(HTTPStatus(self.refusals[request.path]), "")
        if self.redirects_to:
            redirect = connection.respond(HTTPStatus.TEMPORARY_REDIRECT, "")
            redirect.headers["Location"] = self.redirects_to + request.path
            return redirect
        return None

    async def talk(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        script = self.scripts.get(connection.request.path, quiet)
        await script(connection)


async def quiet(connection: ServerConnection) -> None:
    """Send nothing until the other side leaves."""
    await connection.wait_closed()


@contextlib.asynccontextmanager
async def fake_streams() -> AsyncIterator[FakeStreams]:
    """Serve a FakeStreams on this machine."""
    fake = FakeStreams()
    async with serve(fake.talk, "127.0.0.1", 0, process_request=fake.admit) as server:
        fake.address = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield fake


class Heard:
    """Collects events and waits for the ones a test is about."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    def of(self, kind: type[Any], **fields: Any) -> list[Any]:
        return [
            event
            for event in self.events
            if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items())
        ]

    async def wait_for(self, kind: type[Any], count: int = 1, *, within_s: float = 10, **fields: Any) -> list[Any]:
        """Return the events of a kind once there are `count` of them; fails when they do not come in time."""
        async with asyncio.timeout(within_s):
            while len(found := self.of(kind, **fields)) < count:
                self._changed.clear()
                await self._changed.wait()
        return found


@contextlib.asynccontextmanager
async def following(exchange: ExtendedExchange, heard: Heard, markets: tuple[str, ...] = ("BTC-USD",)) -> AsyncIterator[None]:
    """Follow the streams for the time of the block."""
    task = asyncio.create_task(exchange.stream(markets, heard))
    try:
        yield
        assert not task.done(), "the streams ended by themselves"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

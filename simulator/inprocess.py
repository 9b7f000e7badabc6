"""The exchange inside the caller's own process, on virtual time: the same routes, the same frames, no sockets, no waiting.

Nothing of the exchange is written twice: the web application of `server.py` runs as it is, on the loop and the wires of
`inprocess_loop` and `inprocess_net`. Around it stand two places where a test may meddle: with requests (`meddle`) and with what
the streams say (`meddle_with_streams`). Same seed, same meddling: the same run, byte for byte.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from aiohttp import web

from simulator.accounts import Account, derive_accounts
from simulator.events import Event, FillBooked
from simulator.exchange import EventLog, Exchange, synthetic_exchange
from simulator.frames import Frame, encode
from simulator.gate import API
from simulator.hub import Connection, Hub, Listener
from simulator.inprocess_loop import Program, VirtualLoop, context_of
from simulator.inprocess_net import MemoryNet
from simulator.markets import BTC_USD, MarketSpec
from simulator.options import ServerOptions
from simulator.orders import Order
from simulator.regimes import NORMAL, Regime
from simulator.server import build_app
from simulator.site import Site, VenueClock
from simulator.verify import TESTNET

PORT: Final = 8080
HOST: Final = "exchange.example"
_REQUESTS: Final = {
    ("POST", "/user/order"): "create",
    ("DELETE", "/user/order"): "cancel",
    ("POST", "/user/order/massCancel"): "mass_cancel",
    ("POST", "/user/deadmanswitch"): "switch",
    ("GET", "/user/orders"): "open_orders",
    ("GET", "/user/trades"): "trades",
    ("GET", "/user/positions"): "positions",
    ("GET", "/user/balance"): "balance",
}
WRITES: Final = frozenset({"create", "edit", "cancel", "mass_cancel", "switch"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Meddler = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]
"""Does something to one request; calls the handler never, once or twice."""
FrameMeddler = Callable[[str, Frame], Sequence[tuple[float, Frame]]]
"""From a key and a frame to what is told instead: pairs of a delay in seconds and a frame."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request as it arrived, before any meddling; `status` is 0 until it was answered."""

    ms: int
    kind: str
    """create, edit, cancel, mass_cancel, switch, open_orders, look_up, trades, positions, balance, stream or other."""
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    api_key: str
    status: int = 0

    @property
    def is_write(self) -> bool:
        return self.kind in WRITES


@dataclass(slots=True)
class Meddling:
    """A standing order to meddle; `left` None: until stopped."""

    matches: Callable[[Asked], bool]
    act: Meddler
    left: int | None = None
    struck: int = 0

    def stop(self) -> None:
        self.left = 0


@dataclass(slots=True)
class FrameMeddling:
    """The same for stream frames."""

    matches: Callable[[str, Frame], bool]
    act: FrameMeddler
    left: int | None = None
    struck: int = 0

    def stop(self) -> None:
        self.left = 0


class VirtualClock(VenueClock):
    """The exchange's clock on virtual time; `offset_ms` may be moved while it runs."""

    def __init__(self, loop: VirtualLoop, start_ms: int, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms
        self._loop = loop
        self._began_ms = start_ms - loop.elapsed_ms

    def now_ms(self) -> int:
        return self._began_ms + self._loop.elapsed_ms + self.offset_ms


class _MeddledHub(Hub):
    """A hub that asks the meddlers before it tells anybody."""

    meddlings: list[FrameMeddling]

    def publish(self, key: str, frame: Frame) -> None:
        for each in self.meddlings:
            if each.left != 0 and each.matches(key, frame):
                each.struck += 1
                each.left = None if each.left is None else each.left - 1
                for delay_s, told in each.act(key, frame):
                    self._tell(delay_s, key, told)
                return
        super().publish(key, frame)

    def _send(self, listeners: Iterable[Listener], key: str, frame: Frame) -> None:
        super()._send(sorted(listeners, key=lambda each: _opened(each.connection)), key, frame)

    def cut_all(self) -> int:
        """Cut every socket, the oldest first: a set of objects has another order in every run."""
        connections = sorted(self.connections, key=_opened)
        for connection in connections:
            connection.cut()
        return len(connections)

    def _tell(self, delay_s: float, key: str, frame: Frame) -> None:
        if delay_s <= 0:
            super().publish(key, frame)
        else:
            asyncio.get_running_loop().call_later(delay_s, super().publish, key, frame)


def _opened(connection: Connection) -> int:
    """Return the number of a connection's other side: it grows with every connection that is made."""
    transport = connection._transport  # noqa: SLF001  # nothing else tells connections apart by their age
    return 0 if transport is None else int(transport.get_extra_info("peername")[1])


class _LoggedSite(Site):
    """A site whose events are digested and remembered."""

    log: EventLog
    fills: list[FillBooked]
    on_event: list[Callable[[Event], None]]

    def _dispatch(self, event: Event) -> None:
        self.log.add([event])
        if isinstance(event, FillBooked):
            self.fills.append(event)
        for tell in self.on_event:
            tell(event)
        super()._dispatch(event)


@dataclass(slots=True, kw_only=True)
class Setting:
    """How the exchange is set up."""

    seed: int = 1
    start_ms: int = 1_790_000_000_000
    accounts: int = 2
    with_flow: bool = False
    regime: Regime = NORMAL
    specs: Sequence[MarketSpec] = (BTC_USD,)
    options: ServerOptions = field(default_factory=lambda: ServerOptions(verify_signatures=False, best_interval_ms=50))
    public_key_of: Callable[[int], int] | None = None


class InProcessExchange:
    """An exchange that listens on the wires of a virtual loop."""

    def __init__(self, loop: VirtualLoop, net: MemoryNet, setting: Setting) -> None:
        self.program = Program("exchange")
        self.accounts: list[Account] = derive_accounts(setting.seed, setting.accounts, setting.public_key_of)
        self.clock = VirtualClock(loop, setting.start_ms, setting.options.clock_offset_ms)
        exchange: Exchange = synthetic_exchange(
            seed=setting.seed,
            accounts=self.accounts,
            start_ms=self.clock.now_ms(),
            options=setting.options.venue,
            regime=setting.regime,
            with_flow=setting.with_flow,
            specs=setting.specs,
        )
        self.exchange, self.venue = exchange, exchange.venue
        self.announced: list[dict[str, object]] = []
        """What the exchange would have printed: switches that fired, recordings that ended."""
        self.asked: list[Asked] = []
        self.on_asked: list[Callable[[Asked], None]] = []
        self.site = _LoggedSite(
            exchange,
            clock=self.clock,
            options=setting.options,
            domain=TESTNET,
            seed=setting.seed,
            announce=self.announced.append,
        )
        self.site.log, self.site.fills, self.site.on_event = EventLog(), [], []
        self._hub = _MeddledHub(self.site.faults)
        self._hub.meddlings = []
        self.site.hub = self._hub
        self.site.broadcast._hub = self._hub  # noqa: SLF001 - the site makes both before anybody can choose
        self._meddlings: list[Meddling] = []
        self._loop, self._net = loop, net
        self._runner: web.AppRunner | None = None
        self._publishing: asyncio.Task[None] | None = None

    # ── the door ──

    def open(self) -> None:
        """Begin to serve; also again, after a restart: orders, positions and fills are still there."""
        self._loop.run_until_complete(self._loop.create_task(self._open(), context=context_of(self.program)))

    def close(self) -> None:
        """Stop serving: open connections break, new ones are refused; the books stay, and time goes on for them."""
        self._loop.run_until_complete(self._loop.create_task(self._close(), context=context_of(self.program)))

    @property
    def is_open(self) -> bool:
        return self._runner is not None

    async def _open(self) -> None:
        app = build_app(self.site)

        @web.middleware
        async def receive(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._receive(request, handler)

        app.middlewares.insert(0, receive)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0)
        await self._runner.setup()
        assert self._runner.server is not None
        self._net.listen(PORT, self._runner.server, self.program)
        self._publishing = asyncio.create_task(self.site.publish())
        self.site.kick()

    async def _close(self) -> None:
        self._net.stop_listening(PORT)
        if self._publishing is not None and self._runner is not None:
            self._publishing.cancel()
            await asyncio.gather(self._publishing, return_exceptions=True)
            self._net.hang_up(self.program)
            await self._runner.cleanup()
            self._publishing = self._runner = None

    # ── meddling ──

    def meddle(self, kinds: str | Callable[[Asked], bool], act: Meddler, *, times: int | None = None) -> Meddling:
        """Do something to the next requests of some kinds ("create cancel", "write", "read", "any", or a function of one)."""
        found = Meddling(matches=_matcher(kinds) if isinstance(kinds, str) else kinds, act=act, left=times)
        self._meddlings.append(found)
        return found

    def meddle_with_streams(
        self, matches: Callable[[str, Frame], bool], act: FrameMeddler, *, times: int | None = None
    ) -> FrameMeddling:
        """Do something to the next frames that match a function of key (market or account) and frame."""
        found = FrameMeddling(matches=matches, act=act, left=times)
        self._hub.meddlings.append(found)
        return found

    def stop_meddling(self) -> None:
        """Let everything pass again."""
        for meddling in self._meddlings:
            meddling.stop()
        for told in self._hub.meddlings:
            told.stop()
        self._meddlings.clear()
        self._hub.meddlings.clear()
        self.site.faults.clear()

    def tell(self, account: Account, word: str, payload: dict[str, object]) -> None:
        """Say something on an account's stream that is not so."""
        frame = Frame("account", self.venue.now_ms, encode({"isSnapshot": False, **payload}), word)
        Hub.publish(self._hub, str(account.account_id), frame)

    async def _receive(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        asked = Asked(
            ms=self.clock.now_ms(),
            kind="other",
            path=request.path,
            query=dict(request.query),
            body=_decoded(await request.read()),
            api_key=request.headers.get("X-Api-Key", ""),
        )
        asked.kind = _kind_of(request, asked.body)
        self.asked.append(asked)
        for tell in self.on_asked:
            tell(asked)
        for each in self._meddlings:
            if each.left != 0 and each.matches(asked):
                each.struck += 1
                each.left = None if each.left is None else each.left - 1
                response = await each.act(request, handler)
                break
        else:
            response = await handler(request)
        asked.status = response.status
        return response

    # ── the truth ──

    def live_orders(self, account: Account) -> list[Order]:
        """Return the orders of an account that are open, or accepted and not decided yet."""
        return self.venue.store.live(account.account_id)

    def fills_of(self, account: Account) -> list[FillBooked]:
        return [each for each in self.site.fills if each.account_id == account.account_id]

    def position_lots(self, account: Account, market: str = BTC_USD.name) -> int:
        return self.venue.ledger.position_lots(account.account_id, market)


def _matcher(kinds: str) -> Callable[[Asked], bool]:
    wanted = set(kinds.split())

    def matches(asked: Asked) -> bool:
        group = "write" if asked.is_write else "stream" if asked.kind == "stream" else "read"
        return bool(wanted & {"any", group, asked.kind})

    return matches


def _kind_of(request: web.Request, body: dict[str, Any]) -> str:
    path = request.path.removeprefix(API)
    if not request.path.startswith(API):
        return "stream" if request.path.startswith("/stream") else "other"
    if path.startswith("/user/orders/external/"):
        return "look_up"
    if request.method == "DELETE" and path.startswith("/user/order/"):
        return "cancel"
    kind = _REQUESTS.get((request.method, path), "other")
    return "edit" if kind == "create" and body.get("cancelId") else kind


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body) if body else {}
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}

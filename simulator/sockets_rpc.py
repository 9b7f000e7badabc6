"""WebSocket v2: one connection, many subscriptions, asked for by JSON-RPC.

Stream frames carry the subscription's name and are counted from 0 over the whole connection; replies are not counted. Asking
again for a subscription replaces it and begins with a fresh picture.
"""

from typing import Any, Final

import msgspec
from aiohttp import web

from simulator.broadcast import CandleTopic
from simulator.candles import CandleKind
from simulator.frames import Frame, encode
from simulator.gate import STREAMS, site_of
from simulator.hub import Connection, Topic
from simulator.site import Site
from simulator.sockets import no_room, open_connection, run_connection

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
NO_SUCH_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
UNAUTHORISED: Final = -32001
MOST_SUBSCRIPTIONS: Final = 500
CANDLE_WORDS: Final = {"last": CandleKind.TRADES, "mark": CandleKind.MARK, "index": CandleKind.INDEX}


def routes() -> list[web.RouteDef]:
    return [web.get(STREAMS + "/v2/rpc", rpc)]


class _RpcError(Exception):
    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


class _UnknownSelector(Exception):
    """The selector names something that does not exist; the real exchange was seen to say nothing at all."""


class RpcListener:
    """One subscription of a v2 connection."""

    __slots__ = ("connection", "name", "topic")

    def __init__(self, connection: Connection, name: str, topic: Topic) -> None:
        self.connection = connection
        self.name = name
        self.topic = topic

    def deliver(self, frame: Frame) -> None:
        self.connection.send(frame.v2(self.name))


async def rpc(request: web.Request) -> web.StreamResponse:
    """Serve one v2 connection to its end."""
    site = site_of(request)
    refusal = no_room(site)
    if refusal is not None:
        return refusal
    async with open_connection(request, first_seq=0) as (socket, connection):
        session = RpcSession(site, connection)
        try:
            await run_connection(request, socket, connection, session.hear)
        finally:
            session.close()
    return socket


class RpcSession:
    """The requests and subscriptions of one connection."""

    def __init__(self, site: Site, connection: Connection) -> None:
        self._site = site
        self._connection = connection
        self._subscriptions: dict[str, RpcListener] = {}

    def close(self) -> None:
        for listener in self._subscriptions.values():
            self._site.hub.leave(listener.topic, listener)
        self._subscriptions.clear()

    def hear(self, message: str) -> None:
        """Answer one request."""
        request_id: object = None
        try:
            asked = self._decoded(message)
            request_id = asked.get("id")
            self._answer(request_id, asked)
        except _RpcError as error:
            self._reply({"jsonrpc": "2.0", "id": request_id, "error": {"code": error.code, "message": str(error)}})
        except _UnknownSelector:
            if not self._site.options.rpc_silent_on_unknown:
                error_record = {"code": INVALID_PARAMS, "message": "Unknown selector"}
                self._reply({"jsonrpc": "2.0", "id": request_id, "error": error_record})

    def _decoded(self, message: str) -> dict[str, Any]:
        try:
            asked = msgspec.json.decode(message)
        except (msgspec.MsgspecError, RecursionError, ArithmeticError):
            raise _RpcError(PARSE_ERROR, "Parse error") from None
        if not isinstance(asked, dict) or not isinstance(asked.get("method"), str) or "id" not in asked:
            raise _RpcError(INVALID_REQUEST, "Invalid request")
        return asked

    def _answer(self, request_id: object, asked: dict[str, Any]) -> None:
        method = asked["method"]
        match method:
            case "ping":
                self._succeed(request_id, method)
            case "list-subscriptions":
                self._succeed(request_id, method, subscriptions=list(self._subscriptions))
            case "subscribe":
                name, topic = self._subscription(asked.get("params"))
                self._succeed(request_id, method, subscription=name)
                self._subscribe(name, topic)
            case "unsubscribe":
                name, _ = self._subscription(asked.get("params"))
                self._drop(name)
                self._succeed(request_id, method, subscription=name)
            case _:
                raise _RpcError(NO_SUCH_METHOD, "Method not found")

    def _succeed(self, request_id: object, method: str, **more: object) -> None:
        self._reply({"jsonrpc": "2.0", "id": request_id, "result": {"method": method, "status": "OK"} | more})

    def _reply(self, record: dict[str, object]) -> None:
        self._connection.reply(encode(record))

    # ── subscriptions ──

    def _subscribe(self, name: str, topic: Topic) -> None:
        self._drop(name)
        if len(self._subscriptions) >= MOST_SUBSCRIPTIONS:
            raise _RpcError(INVALID_PARAMS, f"at most {MOST_SUBSCRIPTIONS} subscriptions")
        self._site.kick()
        listener = self._subscriptions[name] = RpcListener(self._connection, name, topic)
        broadcast = self._site.broadcast
        frames = broadcast.last_trades(topic[1]) if topic[0] == "trades" else broadcast.opening(topic)
        for frame in frames:
            listener.deliver(frame)
        self._site.hub.join(topic, listener)

    def _drop(self, name: str) -> None:
        listener = self._subscriptions.pop(name, None)
        if listener is not None:
            self._site.hub.leave(listener.topic, listener)

    def _subscription(self, params: object) -> tuple[str, Topic]:
        """Return a subscription's name and topic."""
        if not isinstance(params, dict) or not isinstance(params.get("selector"), dict):
            raise _RpcError(INVALID_PARAMS, "params need scope and selector")
        selector: dict[str, Any] = params["selector"]
        match params.get("scope"):
            case "orderbooks":
                return self._book_subscription(selector)
            case "trades":
                market = self._market(selector)
                return f"trades.{market or 'all'}", ("trades", market)
            case "funding-rates":
                market = self._market(selector)
                return f"funding-rates.{market or 'all'}", ("funding", market)
            case "prices":
                market, kind = self._market(selector), selector.get("type")
                if kind not in ("mark", "index"):
                    raise _UnknownSelector
                return f"prices.{kind}.{market or 'all'}", (str(kind), market)
            case "candles":
                return self._candle_subscription(selector)
            case "account":
                return self._account_subscription(selector, params.get("apiKey"))
            case _:
                raise _RpcError(INVALID_PARAMS, "unknown scope")

    def _market(self, selector: dict[str, Any]) -> str | None:
        market = selector.get("market")
        if market is None:
            return None
        if not isinstance(market, str) or market not in self._site.venue.markets:
            raise _UnknownSelector
        return market

    def _book_subscription(self, selector: dict[str, Any]) -> tuple[str, Topic]:
        market, depth = self._market(selector), selector.get("depth", "full")
        shown = market or "all"
        if depth == "1":
            return f"orderbooks.1.{shown}", ("best", market)
        if depth != "full":
            raise _UnknownSelector
        if selector.get("rfqOnly"):
            return f"orderbooks.{shown}.rfq", ("quotes", market)
        return f"orderbooks.{shown}", ("orderbooks", market)

    def _candle_subscription(self, selector: dict[str, Any]) -> tuple[str, Topic]:
        market, kind = self._market(selector), CANDLE_WORDS.get(str(selector.get("type")))
        if market is None or kind is None:
            raise _UnknownSelector
        topic = CandleTopic(market, kind, str(selector.get("interval")))
        if not topic.is_known:
            raise _UnknownSelector
        return f"candles.{selector['type']}.{market}.{topic.interval}", ("candles", topic.key)

    def _account_subscription(self, selector: dict[str, Any], key: object) -> tuple[str, Topic]:
        account = self._site.by_api_key.get(key) if isinstance(key, str) else None
        if account is None or str(selector.get("account")) != str(account.account_id):
            raise _RpcError(UNAUTHORISED, "Unauthorized")
        return f"account.{account.account_id}", ("account", str(account.account_id))

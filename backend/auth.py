"""Who may press the buttons: the door in front of every route, as plain ASGI, and the headers on every answer."""

import asyncio
import re
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.access import FORWARDED, AccessRules, Caller, Refusal, TokenGate, bearer_of, needed_role
from backend.answers import error_answer
from backend.bound_address import is_loopback, listens_on_loopback_only
from backend.rates import RateLimits
from bot.ports import Clock

Log = Callable[..., None]

LARGEST_BODY: Final = 64 * 1024
BODY_TIMEOUT_S: Final = 10.0
HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
"""Half of a character beyond the first 65,536, as JSON may write it."""
WHOLE: Final = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
CORS_METHODS: Final = "GET, POST, DELETE"
CORS_HEADERS: Final = "authorization, content-type"
CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No inline script. Inline style stays: the screen's components write their variables into a style element."""
LOCAL: Final = "local"
"""Who asks where no token is needed: whoever can reach loopback of this machine."""
COMMAND_HEADER: Final = "X-Command-Id"
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Door:
    """What the door knows once the application has started: the rules, the token, and where it listens."""

    def __init__(self, rules: AccessRules, gate: TokenGate, clock: Clock, log: Log, *, host: str | None) -> None:
        self.rules = rules
        self.gate = gate
        self._clock = clock
        self._log = log
        self._host = host
        self.rates = RateLimits()
        self._loopback_ports: dict[int, bool] = {}

    def needs_token(self, caller: Caller) -> bool:
        return self.rules.needs_token(caller, loopback_only=self._is_loopback_only(caller.port))

    def admit(self, caller: Caller) -> Refusal | None:
        """Return why a request is refused. A socket shows its token later, in its first message."""
        refusal = self.rules.refuse(caller) or self.rates.check(caller, self._clock.monotonic_ms())
        if refusal is None and not caller.is_socket and self.needs_token(caller):
            refusal = self.gate.check(caller, self._clock.now_ms(), needed_role(caller))
        return self._told(caller, refusal)

    def who(self, caller: Caller) -> str:
        """Return the name of an admitted caller: the role of the token, or `local` where none is needed."""
        if not self.needs_token(caller):
            return LOCAL
        role = self.gate.role_of(bearer_of(caller.authorizations))
        return role.name.lower() if role is not None else "nobody"

    def admit_token(self, caller: Caller, token: str | None) -> Refusal | None:
        """Check the token of a socket's first message."""
        if token is not None and self.gate.accepts(token):
            return None
        return self._told(caller, self.gate.failed(caller.address, self._clock.now_ms(), missing=token is None))

    def _told(self, caller: Caller, refusal: Refusal | None) -> Refusal | None:
        if refusal is not None and refusal.status != 429:
            self._log("WARNING", "access_refused", None, code=refusal.code, path=caller.path[:80], address=caller.address)
        return refusal

    def _is_loopback_only(self, port: int | None) -> bool:
        if self._host is not None:
            return is_loopback(self._host)
        if port is None:
            return False
        if port not in self._loopback_ports:
            self._loopback_ports[port] = listens_on_loopback_only(port)
        return self._loopback_ports[port]


class AccessMiddleware:
    """Refuses what the door refuses, reads bodies within limits, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, door_of: Callable[[], Door | None]) -> None:
        self._app = app
        self._door_of = door_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._door_of()
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif door is None:
            await _refuse(Refusal(503, "starting", "the service is starting"), scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(door, scope, receive, send)
        else:
            await self._request(door, scope, receive, _with_headers(door.rules, scope, send))

    async def _socket(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = door.admit(caller_of(scope))
        if refusal is None:
            await self._app(scope, receive, send)
        elif "websocket.http.response" in scope.get("extensions", {}):
            await _refuse(refusal, scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})

    async def _request(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        caller = caller_of(scope)
        if caller.method == "OPTIONS" and caller.origins and door.rules.refuse(caller) is None:
            allowed = door.rules.is_listed(caller.origins[0])
            await (_allow_preflight if allowed else self._app)(scope, receive, send)
            return
        refusal = door.admit(caller)
        if refusal is None:
            scope.setdefault("state", {})["who"] = door.who(caller)
            body = await _read_body(Headers(scope=scope), receive)
            if not isinstance(body, Refusal):
                await self._app(scope, _replay(body, receive), send)
                return
            refusal = body
        await _refuse(refusal, scope, receive, send)


def caller_of(scope: Scope) -> Caller:
    """Return what a connection says about where it comes from."""
    headers = Headers(scope=scope)

    def all_of(name: str) -> tuple[str, ...]:
        return tuple(headers.getlist(name))

    server, client = scope.get("server") or ("", None), scope.get("client") or ("unknown", 0)
    return Caller(
        method=scope.get("method", "GET"),
        path=scope["path"],
        port=server[1],
        address=str(client[0]),
        hosts=all_of("host"),
        origins=all_of("origin"),
        sites=all_of("sec-fetch-site"),
        referers=all_of("referer"),
        authorizations=all_of("authorization"),
        came_through_proxy=any(name in FORWARDED for name, _ in scope["headers"]),
        is_socket=scope["type"] == "websocket",
    )


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-store", **refusal.headers}
    answer = error_answer(refusal.status, refusal.code, refusal.message, hint=refusal.hint or None, headers=headers)
    await answer(scope, receive, send)


async def _allow_preflight(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a browser that asks, before the request itself, whether a listed screen may send it."""
    allowed = {"Access-Control-Allow-Methods": CORS_METHODS, "Access-Control-Allow-Headers": CORS_HEADERS}
    await Response(status_code=204, headers={**allowed, "Access-Control-Max-Age": "600"})(scope, receive, send)


async def _read_body(headers: Headers, receive: Receive) -> bytes | Refusal:
    """Return the whole body; a refusal when it is too large, too slow or not JSON."""
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST_BODY:
        return Refusal(413, "body_too_large", f"a body may have at most {LARGEST_BODY} bytes")
    if length == "0" and "transfer-encoding" not in headers:
        return b""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > LARGEST_BODY:
                    return Refusal(413, "body_too_large", f"a body may have at most {LARGEST_BODY} bytes")
                if message["type"] != "http.request" or not message.get("more_body"):
                    break
    except TimeoutError:
        return Refusal(408, "body_too_slow", f"the body did not arrive within {BODY_TIMEOUT_S:.0f} s")
    kind = headers.getlist("content-type")
    if body and (len(kind) != 1 or kind[0].partition(";")[0].strip().lower() != "application/json"):
        return Refusal(415, "not_json", "a body must be JSON", "send the header 'Content-Type: application/json'")
    if _holds_half_a_character(bytes(body)):
        return Refusal(422, "invalid_input", "the body holds half of a character", "write text outside ASCII as UTF-8")
    return bytes(body)


def _holds_half_a_character(body: bytes) -> bool:
    """Return whether half of a surrogate pair stands alone in it: no file, no database and no answer can hold such text."""
    escapes = body.replace(rb"\\", b"")  # an escaped backslash begins no escape
    return HALF.search(WHOLE.sub(b"", escapes)) is not None


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives the body that was read, then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


def _with_headers(rules: AccessRules, scope: Scope, send: Send) -> Send:
    origin = Headers(scope=scope).get("origin")

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            if (command := scope.get("state", {}).get("command_id")) is not None:
                headers[COMMAND_HEADER] = command
            if origin is not None and rules.is_listed(origin):
                headers["Access-Control-Allow-Origin"] = origin
                headers.add_vary_header("Origin")
        await send(message)

    return sending

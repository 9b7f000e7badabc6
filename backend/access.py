"""Who may ask: pure rules about hosts, origins, sites and tokens, for requests and sockets alike.

A web page in the operator's own browser can reach loopback, so loopback alone proves nothing. The Host must be one of ours (a
name of an attacker that resolves to this machine is not), the Origin of a page must be ours or listed, and a browser's own word
that a request comes from another site is believed. A token is asked for everywhere but on loopback in paper.
"""

import hmac
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final

import msgspec

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FORWARDED: Final = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via")
"""Headers that a proxy adds: behind one, "the connection comes from this machine" says nothing about the caller."""
CONTROL_PATHS: Final = frozenset({"api", "metrics"})
DANGER_PATHS: Final = frozenset({"/api/bot/flatten"})
"""What can cost money at once: only the owner's token opens it."""
FAILURES_PER_MINUTE: Final = 10
MOST_ADDRESSES: Final = 1_000


class Role(IntEnum):
    """What a token lets its bearer do; each includes the ones before."""

    READ = 1
    """Look at everything."""
    CONTROL = 2
    """Start, stop, pause, change settings within the limits, make and cancel orders."""
    DANGER = 3
    """Flatten, and raise limits: the owner's token."""


class Refusal(msgspec.Struct, frozen=True):
    """Why a request is not served."""

    status: int
    code: str
    message: str
    hint: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says about where it comes from. Header lists keep duplicates, because a duplicate is suspicious."""

    method: str
    path: str
    port: int | None
    """The port of ours that was reached."""
    address: str
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    sites: tuple[str, ...]
    referers: tuple[str, ...]
    authorizations: tuple[str, ...]
    came_through_proxy: bool
    is_socket: bool = False

    @property
    def first_segment(self) -> str:
        return self.path.lstrip("/").partition("/")[0].lower()


class AccessRules(msgspec.Struct, frozen=True, kw_only=True):
    """The lists that decide; texts of lists are compared exactly, hosts without regard to case."""

    is_paper: bool
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    bound_host: str = ""
    """The one address we listen on, "" when it is a wildcard or not known."""

    def refuse(self, caller: Caller) -> Refusal | None:
        """Return why this caller is not served, None when hosts, origin and site are in order."""
        return self._host(caller) or self._origin(caller) or self._site(caller)

    def is_listed(self, origin: str) -> bool:
        """Report whether a separately hosted screen may come from `origin`."""
        return origin in self.allowed_origins

    def needs_token(self, caller: Caller, *, loopback_only: bool) -> bool:
        """Report whether `caller` must show the token; static files and the two health routes never need one."""
        if not caller.is_socket and caller.first_segment not in CONTROL_PATHS:
            return False
        return not (self.is_paper and loopback_only and not caller.came_through_proxy)

    def _host(self, caller: Caller) -> Refusal | None:
        if len(caller.hosts) == 1 and caller.hosts[0].lower() in self._own_hosts(caller.port):
            return None
        shown = ", ".join(caller.hosts)[:80] or "missing"
        hint = "add it to MMBOT_ALLOWED_HOSTS if it is a name of this service"
        return Refusal(421, "unknown_host", f"the Host header is {shown}, which is not a name of this service", hint)

    def _own_hosts(self, port: int | None) -> set[str]:
        names = {*LOOPBACK_NAMES, *(name.lower() for name in self.allowed_hosts)}
        if self.bound_host:
            names.add(f"[{self.bound_host}]" if ":" in self.bound_host else self.bound_host.lower())
        return names | {f"{name}:{port}" for name in names}

    def _origin(self, caller: Caller) -> Refusal | None:
        if not caller.origins:
            return self._referer(caller)
        if len(caller.origins) == 1 and (self._is_ours(caller.origins[0], caller) or self.is_listed(caller.origins[0])):
            return None
        shown = ", ".join(caller.origins)[:80]
        hint = "add it to MMBOT_ALLOWED_ORIGINS if it is a screen of yours"
        return Refusal(403, "unknown_origin", f"pages of {shown} may not use this service", hint)

    def _referer(self, caller: Caller) -> Refusal | None:
        """Stand in for the origin where a browser sent neither it nor a site: only for requests that change something."""
        if caller.method in SAFE_METHODS or caller.sites or not caller.referers:
            return None
        origin = "/".join(caller.referers[0].split("/", 3)[:3])
        if self._is_ours(origin, caller) or self.is_listed(origin):
            return None
        return Refusal(403, "unknown_origin", f"pages of {origin[:80]} may not use this service")

    def _is_ours(self, origin: str, caller: Caller) -> bool:
        scheme, _, authority = origin.lower().partition("://")
        if scheme not in ("http", "https"):
            return False
        own = {f"{name}:{caller.port}" for name in LOOPBACK_NAMES} | {name.lower() for name in self.allowed_hosts}
        return authority in own or authority in {host.lower() for host in caller.hosts}

    def _site(self, caller: Caller) -> Refusal | None:
        listed = any(self.is_listed(origin) for origin in caller.origins)
        allowed = {"same-origin", "none"}
        if caller.method in SAFE_METHODS and not caller.is_socket:
            allowed.add("same-site")
        if listed or all(site.lower() in allowed for site in caller.sites):
            return None
        return Refusal(403, "cross_site", "requests from other sites are refused")


class TokenGate:
    """Compares tokens in constant time and slows down those who guess."""

    def __init__(self, token: str, lesser: Mapping[Role, str] | None = None) -> None:
        self._tokens = _encoded(token, lesser)
        self._failures: OrderedDict[str, deque[int]] = OrderedDict()

    def replace(self, token: str, lesser: Mapping[Role, str] | None = None) -> bool:
        """Take new tokens; True when any differs from the one before."""
        before, self._tokens = self._tokens, _encoded(token, lesser)
        return before != self._tokens

    def role_of(self, token: str | None) -> Role | None:
        """Return what a token lets its bearer do; None for a wrong one. Takes the same time whichever it is."""
        given, found = (token or "").encode(), None
        for role, known in self._tokens.items():
            if hmac.compare_digest(known, given):
                found = role
        return found

    def accepts(self, token: str) -> bool:
        return self.role_of(token) is not None

    def check(self, caller: Caller, now_ms: int, needed: Role = Role.READ) -> Refusal | None:
        """Return why the header does not open the door. The right token always does: nobody can lock the owner out."""
        token = bearer_of(caller.authorizations)
        role = self.role_of(token)
        if role is None:
            return self.failed(caller.address, now_ms, missing=token is None)
        if role < needed:
            message = f"the token's role is {role.name.lower()}; this needs {needed.name.lower()}"
            return Refusal(403, "role_too_small", message, "use the owner's token: `mmbot token show`")
        return None

    def failed(self, address: str, now_ms: int, *, missing: bool) -> Refusal:
        """Count a failure and return the refusal that answers it."""
        times = self._failures.setdefault(address, deque(maxlen=FAILURES_PER_MINUTE + 1))
        self._failures.move_to_end(address)
        while len(self._failures) > MOST_ADDRESSES:
            self._failures.popitem(last=False)
        times.append(now_ms)
        while times and now_ms - times[0] >= 60_000:
            times.popleft()
        if len(times) > FAILURES_PER_MINUTE:
            return Refusal(429, "too_many_attempts", "too many attempts without the right token", headers={"Retry-After": "60"})
        message = "this route needs the access token" if missing else "the access token is not the right one"
        hint = "send the header 'Authorization: Bearer <token>'; `mmbot token show` prints the token"
        code = "token_missing" if missing else "token_wrong"
        return Refusal(401, code, message, hint, {"WWW-Authenticate": "Bearer"})


def _encoded(token: str, lesser: Mapping[Role, str] | None) -> dict[Role, bytes]:
    return {Role.DANGER: token.encode(), **{role: text.encode() for role, text in (lesser or {}).items()}}


def needed_role(caller: Caller) -> Role:
    """Return the smallest role that a request needs."""
    if caller.is_socket or caller.method in SAFE_METHODS:
        return Role.READ
    return Role.DANGER if caller.path.rstrip("/") in DANGER_PATHS else Role.CONTROL


def bearer_of(authorizations: Iterable[str]) -> str | None:
    """Return the token of an Authorization header; None when there is none, or more than one header."""
    headers = list(authorizations)
    if len(headers) != 1:
        return None
    scheme, _, token = headers[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None

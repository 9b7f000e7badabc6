"""What every request passes before its handler: log, faults, headers, budget, key; and how failures become answers."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from simulator.accounts import Account
from simulator.answers import REFUSAL_CODE, no_such_route, ok, refused
from simulator.fault_answers import LostAnswer, with_trouble, words_for
from simulator.refusals import Code, Refused
from simulator.request_log import RequestLine
from simulator.site import Site

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SITE: Final = web.AppKey("site", Site)
ACCOUNT: Final = web.RequestKey("account", Account)
_log_errors: Final = logging.getLogger("simulator")
API: Final = "/api/v1"
STREAMS: Final = "/stream.extended.exchange"
ONBOARDING: Final = "/auth/onboard"
OWN_KEY_PATH: Final = API + "/user/account/api-key"
"""Asked by wallets that have no key yet."""
PRIVATE: Final = tuple(API + path for path in ("/user", "/builder", "/portfolio", "/vault/user"))
LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})


def site_of(request: web.Request) -> Site:
    return request.app[SITE]


def account_of(request: web.Request) -> Account:
    """Return whose API key came with the request; the gate has made sure there is one."""
    return request[ACCOUNT]


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Run one request through the gate and log it."""
    site, started = site_of(request), time.perf_counter()
    site.spoken.add(id(request.protocol))
    if request.path.startswith("/sim"):
        return await _control(request, handler)
    site.kick()
    response: web.StreamResponse | None = None
    try:
        response = await _answer(site, request, handler)
    except LostAnswer:
        if request.transport is not None:
            request.transport.abort()
        response = web.Response(status=499)
    finally:
        if response is not None:
            _log(site, request, response, started)
    return response


async def _control(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.remote not in LOOPBACK:
        return refused(Refused(Code.FORBIDDEN, "control routes answer on loopback only"))
    try:
        site_of(request).kick()
        return await handler(request)
    except Refused as refusal:
        return refused(refusal)
    except web.HTTPException as error:
        return refused(_as_refusal(error), status=error.status)


def _log(site: Site, request: web.Request, response: web.StreamResponse, started: float) -> None:
    resource = request.match_info.route.resource
    account = request.get(ACCOUNT)
    site.requests.add(
        RequestLine(
            ms=site.venue.now_ms,
            method=request.method,
            path=request.path,
            route=resource.canonical if resource else "(none)",
            status=response.status,
            account_id=account.account_id if account else None,
            elapsed_ms=round((time.perf_counter() - started) * 1000, 3),
            code=response.get(REFUSAL_CODE),
        )
    )


async def _answer(site: Site, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request, through the trouble of the moment if there is any."""
    try:
        _check_headers(site, request)
        if request.body_exists:
            await _body_in_time(site, request)
        if not site.faults.any or not request.path.startswith(API):
            return await _handled(site, request, handler)
        on = await words_for(request, API)
        return await with_trouble(site.faults, on, lambda: _handled(site, request, handler), lambda: _acknowledged(site, on))
    except Refused as refusal:
        return refused(refusal)
    except web.HTTPTooManyRequests:
        return web.Response(status=429)
    except web.HTTPException as error:
        return refused(_as_refusal(error), status=error.status)


async def _body_in_time(site: Site, request: web.Request) -> None:
    """Read the body, which stays with the request; a body that dribbles in for ever is not waited for."""
    try:
        async with asyncio.timeout(site.options.body_s):
            await request.read()
    except web.RequestPayloadError:
        raise Refused(Code.BAD_REQUEST, "the body is not what its headers say") from None
    except ConnectionError:
        raise LostAnswer from None  # who asked is gone, and so is the rest of the body
    except TimeoutError:
        raise Refused(Code.BAD_REQUEST, "the body did not come in time", message="Request timeout", http_status=408) from None


def _acknowledged(site: Site, on: frozenset[str]) -> web.Response:
    """Say yes to a request nobody handles."""
    placed = {"id": site.venue.ids.next(site.venue.now_ms), "externalId": ""}
    return ok(placed) if on & {"create", "edit"} else ok()


async def _handled(site: Site, request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        site.kick()  # the clock may have gone on since the request came
        return await handler(request)
    except Refused as refusal:
        business = site.options.business_errors_on_200 and refusal.code >= 1000
        return refused(refusal, status=200 if business else None)
    except web.HTTPException as error:
        return refused(_as_refusal(error), status=error.status)
    except Exception:  # noqa: BLE001 - the border: a bug of the exchange is answered like one, and the exchange keeps running
        _log_errors.exception("%s %s failed", request.method, request.path)
        return refused(Refused(Code.INTERNAL, "see the exchange's error output", message="Internal server error"))


def _as_refusal(error: web.HTTPException) -> Refused:
    if error.status == 404:
        return no_such_route()
    if error.status == 405:
        return Refused(Code.BAD_REQUEST, "this path has no such method", message="Method not allowed")
    if error.status == 413:
        return Refused(Code.BAD_REQUEST, "the body is too large", message="Request body too large")
    return Refused(Code.BAD_REQUEST, error.reason)


def _check_headers(site: Site, request: web.Request) -> None:
    if not request.headers.get("User-Agent", "").strip():
        raise Refused(Code.FORBIDDEN, "the User-Agent header is mandatory", message="Forbidden")
    if not site.rate_limit.allows(request.remote or "", site.now_s()):
        if site.rate_limit.empty_body:
            raise web.HTTPTooManyRequests
        raise Refused(Code.RATE_LIMITED, "too many requests from this address", message="Rate limited")
    key = request.headers.get("X-Api-Key")
    account = site.by_api_key.get(key) if key else None
    if account is not None:
        request[ACCOUNT] = account
    elif request.path.startswith(PRIVATE) and request.path != OWN_KEY_PATH:
        raise Refused(Code.UNAUTHORIZED, "X-Api-Key is missing or unknown", message="Unauthorized")

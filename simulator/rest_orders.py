"""REST that trades: create and edit, cancel, mass cancel, the dead-man's switch."""

import asyncio

from aiohttp import web

from simulator.answers import ok
from simulator.gate import API, account_of, site_of
from simulator.intake import MassCancelBody, decode, decode_order
from simulator.orders import Kind, OrderRequest
from simulator.paging import integer
from simulator.refusals import Code, Refused
from simulator.site import Site
from simulator.verify import check_owner, is_genuine, signed_parts

JSON_TYPES = frozenset({"application/json", "application/octet-stream"})
"""`octet-stream` is what aiohttp reports when the header is absent."""


def routes() -> list[web.RouteDef]:
    user = API + "/user"
    return [
        web.post(user + "/order", create),
        web.delete(user + "/order", cancel_by_external_id),
        web.delete(user + "/order/{order_id}", cancel_by_id),
        web.post(user + "/order/massCancel", mass_cancel),
        web.post(user + "/deadmanswitch", deadman_switch),
    ]


async def _json_body(request: web.Request) -> bytes:
    if request.content_type not in JSON_TYPES:
        raise Refused(Code.BAD_REQUEST, "Content-Type must be application/json", http_status=415)
    return await request.read()


async def create(request: web.Request) -> web.Response:
    """Accept an order; the answer says only that the gateway took it."""
    site, account = site_of(request), account_of(request)
    wanted = decode_order(await _json_body(request))
    await _check_signature(site, request, wanted)
    site.kick()  # the clock went on while the signature was checked
    order = site.venue.submit(account.account_id, wanted)
    site.kick()
    return ok({"id": order.order_id, "externalId": order.external_id})


async def _check_signature(site: Site, request: web.Request, wanted: OrderRequest) -> None:
    spec = site.venue.market(wanted.market).spec
    if wanted.price is None and wanted.kind is not Kind.TPSL:
        raise Refused(Code.PRICE_MISSING)
    if not site.options.verify_signatures:
        return
    for part in signed_parts(wanted, spec):
        check_owner(part, account_of(request))
    loop = asyncio.get_running_loop()
    if not await loop.run_in_executor(site.verifiers, is_genuine, wanted, spec, site.domain):
        raise Refused(Code.SIGNATURE, "the signature does not fit the order's fields")


async def cancel_by_id(request: web.Request) -> web.Response:
    text_id = request.match_info["order_id"]
    if not (text_id.isascii() and text_id.isdigit() and len(text_id) <= 20):
        raise Refused(Code.BAD_REQUEST, "the order id must be a whole number")
    return _cancel(request, order_id=int(text_id))


async def cancel_by_external_id(request: web.Request) -> web.Response:
    external_id = request.query.get("externalId")
    if not external_id:
        raise Refused(Code.BAD_REQUEST, "externalId is missing")
    return _cancel(request, external_id=external_id)


def _cancel(request: web.Request, *, order_id: int | None = None, external_id: str | None = None) -> web.Response:
    site = site_of(request)
    try:
        site.venue.cancel(account_of(request).account_id, order_id=order_id, external_id=external_id)
    except Refused as refusal:
        unknown = Code(site.options.cancel_unknown_code)
        raise Refused(unknown, refusal.detail, message=refusal.message, http_status=site.options.cancel_unknown_status) from None
    site.kick()
    return ok()


async def mass_cancel(request: web.Request) -> web.Response:
    site = site_of(request)
    body = decode(await _json_body(request), MassCancelBody)
    if not (body.cancel_all or body.order_ids or body.external_order_ids or body.markets):
        raise Refused(Code.BAD_REQUEST, "at least one selector is needed")
    for name in body.markets:
        site.venue.market(name)
    site.venue.mass_cancel(
        account_of(request).account_id,
        order_ids=_ids(body.order_ids),
        external_ids=body.external_order_ids,
        markets=body.markets,
        everything=body.cancel_all,
        spares_newest=site.faults.strikes("spare_one") is not None,
    )
    site.kick()
    return ok()


def _ids(values: list[int | str]) -> list[int]:
    if any(isinstance(each, str) and not (each.isascii() and each.isdigit() and len(each) <= 20) for each in values):
        raise Refused(Code.BAD_REQUEST, "orderIds must be whole numbers")
    return [int(each) for each in values]


async def deadman_switch(request: web.Request) -> web.Response:
    site = site_of(request)
    seconds = integer(request.query, "countdownTime")
    shortest, longest = site.venue.options.deadman_min_s, site.venue.options.deadman_max_s
    if seconds is None or seconds > longest or 0 < seconds < shortest:
        raise Refused(Code.BAD_REQUEST, f"countdownTime must be 0, or {shortest} to {longest} seconds")
    site.venue.arm_switch(account_of(request).account_id, seconds)
    return web.Response() if site.options.deadman_empty_answer else ok()

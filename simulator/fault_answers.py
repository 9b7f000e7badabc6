"""What trouble does to requests: before they are handled, instead of it, and to their answers."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web

from simulator.answers import JSON, REFUSAL_CODE, refused
from simulator.fault_frames import spoil_numbers
from simulator.faults import Fault, Faults
from simulator.refusals import Code, Refused

Answer = Callable[[], Awaitable[web.StreamResponse]]
"""Handles the request and answers, refusals included."""
WRITES: Final = frozenset({"POST", "DELETE", "PATCH"})
_ROUTES: Final = {
    ("POST", "/user/order"): "create",
    ("DELETE", "/user/order"): "cancel",
    ("DELETE", "/user/order/{order_id}"): "cancel",
    ("POST", "/user/order/massCancel"): "mass_cancel",
    ("POST", "/user/deadmanswitch"): "switch",
    ("PATCH", "/user/leverage"): "leverage",
    ("GET", "/user/leverage"): "leverage",
    ("GET", "/user/orders"): "orders",
    ("GET", "/user/orders/history"): "orders",
    ("GET", "/user/orders/{order_id}"): "order",
    ("GET", "/user/orders/external/{external_id}"): "order",
    ("GET", "/user/trades"): "trades",
    ("GET", "/user/positions"): "positions",
    ("GET", "/user/positions/history"): "positions",
    ("GET", "/user/balance"): "balance",
}
_SIZES: Final = frozenset({"size", "qty", "filledQty", "value"})


class LostAnswer(Exception):
    """The connection is cut instead of answering."""


async def words_for(request: web.Request, prefix: str) -> frozenset[str]:
    """Return the words of `on` that fit a request."""
    resource = request.match_info.route.resource
    path = resource.canonical.removeprefix(prefix) if resource else ""
    word = _ROUTES.get((request.method, path), "account" if path.startswith("/user") else "market")
    if word == "create" and b'"cancelId"' in await request.read():
        word = "edit"
    return frozenset({"any", "write" if request.method in WRITES else "read", word})


async def with_trouble(
    faults: Faults, on: frozenset[str], answer: Answer, acknowledge: Callable[[], web.Response]
) -> web.StreamResponse:
    """Answer a request as the faults of the moment would have it; `answer` handles it, `acknowledge` only says so.

    Raises: LostAnswer, Refused.
    """
    slow = faults.strikes("slow_answers", on=on)
    if slow is not None:
        await asyncio.sleep(slow.delay_ms / 1000)
    instead = _instead(faults, on)
    if instead is not None:
        return instead
    if faults.strikes("acknowledge_only", on=on):
        return acknowledge()
    if faults.strikes("repeat_requests", on=on):
        await answer()
    response = await answer()
    late = faults.strikes("late_answers", on=on)
    if late is not None:
        await asyncio.sleep(late.delay_ms / 1000)
    if faults.strikes("lose_answers", on=on):
        raise LostAnswer
    return _spoiled(faults, on, response)


def _instead(faults: Faults, on: frozenset[str]) -> web.Response | None:
    """Return what is answered instead of handling the request, if anything."""
    if faults.strikes("refuse_all", on=on):
        raise Refused(Code.MAINTENANCE, "fault injected", message="Service unavailable", http_status=503)
    if faults.strikes("rate_limited", on=on):
        raise Refused(Code.RATE_LIMITED, "fault injected", message="Rate limited")
    refusal = faults.strikes("refuse_with", on=on)
    if refusal is not None:
        return _refusal(refusal)
    html = faults.strikes("html_body", on=on)
    if html is not None:
        return _html(html.status or 502)
    empty = faults.strikes("empty_body", on=on)
    if empty is not None:
        return web.Response(status=empty.status or 429)
    if faults.strikes("bare_404", on=on):
        return web.Response(status=404)
    if faults.strikes("lose_requests", on=on):
        raise LostAnswer
    return None


def _refusal(fault: Fault) -> web.Response:
    code = fault.code or 0
    if code in list(Code):
        return refused(Refused(Code(code), "fault injected"), status=fault.status)
    body = msgspec.json.encode({"status": "ERROR", "error": {"code": code, "message": "Fault injected"}})
    response = web.Response(body=body, status=fault.status or 400, content_type=JSON)
    response[REFUSAL_CODE] = code
    return response


def _html(status: int) -> web.Response:
    known = {each.value: each.phrase for each in HTTPStatus}
    page = f"<html><body><h1>{status} {known.get(status, 'Unknown')}</h1></body></html>"
    return web.Response(status=status, text=page, content_type="text/html")


def _spoiled(faults: Faults, on: frozenset[str], response: web.StreamResponse) -> web.StreamResponse:
    """Change the content of an answer."""
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return response
    if faults.strikes("truncated_answers", on=on):
        response.body = response.body[: len(response.body) // 2]
        return response
    if "read" in on:
        changes = _changes(faults, on)
        if changes:
            record: dict[str, Any] = msgspec.json.decode(response.body)
            for change in changes:
                change(record)
            response.body = msgspec.json.encode(record)
    return response


def _changes(faults: Faults, on: frozenset[str]) -> list[Callable[[dict[str, Any]], None]]:
    found: list[Callable[[dict[str, Any]], None]] = []
    if faults.strikes("empty_lists", on=on):
        found.append(_empty)
    wrong = faults.strikes("wrong_sizes", on=on)
    if wrong is not None:
        factor = wrong.factor or Decimal(1)
        found.append(lambda record: _scale(record, factor))
    if faults.strikes("not_numbers", on=on):
        found.append(lambda record: spoil_numbers(record.get("data")))
    if faults.strikes("wrong_cursor", on=on):
        found.append(_rewind)
    return found


def _empty(record: dict[str, Any]) -> None:
    if isinstance(record.get("data"), list):
        record["data"] = []


def _scale(record: dict[str, Any], factor: Decimal) -> None:
    rows: Any = record.get("data")
    for row in rows if isinstance(rows, list) else [rows]:
        for name in _SIZES & row.keys() if isinstance(row, dict) else ():
            row[name] = format(Decimal(row[name]) * factor, "f")


def _rewind(record: dict[str, Any]) -> None:
    rows = record.get("data")
    if isinstance(rows, list) and rows and isinstance(record.get("pagination"), dict):
        record["pagination"]["cursor"] = rows[0]["id"] + 1

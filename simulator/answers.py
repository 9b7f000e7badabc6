"""The exchange's answers over HTTP: one envelope for success, one for refusal."""

from typing import Any, Final

import msgspec
from aiohttp import web

from simulator.refusals import Code, Refused

_encode: Final = msgspec.json.Encoder().encode
JSON: Final = "application/json"
REFUSAL_CODE: Final = web.ResponseKey("code", int)


class _Raw(msgspec.Struct, frozen=True, omit_defaults=True):
    status: str
    data: Any = msgspec.UNSET
    pagination: Any = msgspec.UNSET


def ok(data: object = msgspec.UNSET, pagination: object = msgspec.UNSET) -> web.Response:
    """Answer success; without `data` it is a pure acknowledgement."""
    return web.Response(body=_encode(_Raw("OK", data, pagination)), content_type=JSON)


def refused(refusal: Refused, *, status: int | None = None) -> web.Response:
    """Answer a refusal in the error envelope."""
    error: dict[str, object] = {"code": int(refusal.code), "message": refusal.message}
    if refusal.detail:
        error["debugInfo"] = refusal.detail
    body = _encode({"status": "ERROR", "error": error})
    response = web.Response(body=body, status=status or refusal.http_status, content_type=JSON)
    response[REFUSAL_CODE] = int(refusal.code)  # for the request log
    return response


def plain(data: object) -> web.Response:
    """Answer bare JSON: the control routes have no envelope."""
    return web.Response(body=_encode(data), content_type=JSON)


def no_such_route() -> Refused:
    return Refused(Code.NOT_FOUND, "no such path", message="Not found")

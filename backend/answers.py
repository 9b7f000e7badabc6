"""What every route answers with: JSON in which decimals are text, and one shape for everything that went wrong."""

from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from backend.commands import TooManyCommands
from backend.settings_desk import ConfigChanged
from bot.config import ConfigErrors
from bot.core.errors import (
    AlreadyRunning,
    ConfigurationError,
    ExchangeError,
    ExchangeUnreachable,
    IdsExhausted,
    InvalidInput,
    MakerError,
    NotFound,
    NotSent,
    NotWhileRunning,
    OutcomeUnknown,
    PriceUnavailable,
    ProtocolError,
    RateLimited,
    Refused,
    RiskRefused,
    Unauthorised,
    VenueMode,
)
from bot.observers.records import RecordsUnavailable

STATUS_OF: Final[dict[type[MakerError], int]] = {
    InvalidInput: 422,
    RiskRefused: 422,
    AlreadyRunning: 409,
    NotWhileRunning: 409,
    ConfigurationError: 409,
    PriceUnavailable: 503,
    IdsExhausted: 503,
    NotSent: 503,
    OutcomeUnknown: 504,
    ExchangeUnreachable: 503,
    ProtocolError: 502,
    RateLimited: 429,
    Unauthorised: 502,
    NotFound: 404,
    VenueMode: 503,
    Refused: 400,
    ExchangeError: 503,
    RecordsUnavailable: 503,
    TooManyCommands: 429,
    ConfigChanged: 409,
}
"""The narrowest class of an error that stands here decides; what is not here is our bug and answers 500."""

RISK_FIELDS: Final = {
    "market_closed": "market",
    "size_below_minimum": "size",
    "order_value": "size",
    "order_notional": "size",
    "position_limit": "size",
    "price_band": "price",
    "price_not_positive": "price",
    "self_cross": "price",
}
HTTP_CODES: Final = {
    400: "bad_request",
    401: "token_needed",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "not_json",
    426: "socket_only",
}


class Json(Response):
    """A JSON answer; decimals leave as text."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return msgspec.json.encode(content)


def error_body(
    code: str, message: str, *, field: str | None = None, hint: str | None = None, **more: object
) -> dict[str, object]:
    """Return the one shape of an error."""
    return {"code": code, "message": message, "field": field, "hint": hint, **more}


def error_answer(
    status: int,
    code: str,
    message: str,
    *,
    field: str | None = None,
    hint: str | None = None,
    headers: dict[str, str] | None = None,
) -> Json:
    """Return an error as an answer."""
    return Json(error_body(code, message, field=field, hint=hint), status, headers=headers)


def answer_of(error: MakerError) -> Json:
    """Return what the caller is told about an error of ours or of the exchange."""
    status = next((STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF), 500)
    if isinstance(error, ConfigErrors):
        first = error.problems[0]
        body = error_body("invalid_config", first["message"], field=first["field"], hint=first["hint"], errors=error.problems)
        return Json(body, 422)
    if isinstance(error, InvalidInput):
        return error_answer(status, error.code, str(error), field=error.field, hint=error.hint or f"allowed is {error.allowed}")
    if isinstance(error, RiskRefused):
        return error_answer(status, f"risk_{error.code}", str(error), field=RISK_FIELDS.get(error.code), hint="nothing was sent")
    if isinstance(error, Refused):
        hint = f"the exchange's code {error.exchange_code}" if error.exchange_code else None
        headers = {"Retry-After": "60"} if isinstance(error, RateLimited) else None
        body = error_body(error.code, str(error), hint=hint, exchange_code=error.exchange_code)
        return Json(body, status, headers=headers)
    return error_answer(status, error.code, str(error))


def install_answers(app: FastAPI) -> None:
    """Teach an application the one shape of an error."""
    app.add_exception_handler(MakerError, _maker_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)


async def _maker_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, MakerError)
    return answer_of(error)


async def _invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [_problem(dict(each)) for each in error.errors()]
    first = problems[0]
    body = error_body("invalid_input", first["message"], field=first["field"] or None, hint=first["hint"], errors=problems)
    return Json(body, 422)


def _problem(error: dict[str, Any]) -> dict[str, str]:
    kind, place = error["type"], [str(part) for part in error["loc"][1:]]
    field = place[0] if place and kind != "json_invalid" else ""
    words = dict(error.get("ctx") or {})
    allowed = str(words.get("allowed") or str(error["msg"]).removeprefix("Input should be "))
    if kind == "missing":
        message = f"{field} is missing" if field else "the body is empty; expected a JSON object"
    elif kind == "json_invalid":
        message = f"the body is not JSON: {words.get('error', '')}".rstrip(": ")
    elif kind == "extra_forbidden":
        message = f"{field} is not a field; found {_shown(error.get('input'))}"
    elif field:
        message = f"{field} is {_shown(error.get('input'))}; expected {allowed}"
    else:
        message = f"the body is {_shown(error.get('input'))}; expected {allowed}"
    return {"field": field, "message": message, "hint": str(words.get("hint") or allowed)}


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = HTTP_CODES.get(error.status_code, f"http_{error.status_code}")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_here(request)) or headers.get("Allow", "")
    return error_answer(error.status_code, code, str(error.detail), headers=headers)


def _methods_here(request: Request) -> list[str]:
    """Return every method that some route takes at this path; the framework names those of the first one only."""
    here = [route for route in request.app.state.routes if route.matches(request.scope)[0] is not Match.NONE]
    exact = [route for route in here if route.path == request.url.path]
    return sorted({method for route in exact or here for method in getattr(route, "methods", None) or ()})

"""What every route shares: the service, and the errors it may answer with."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from fastapi import Request
from starlette.requests import HTTPConnection

from backend.schemas import ErrorBody
from backend.service import Service

T = TypeVar("T")
Documented = dict[int | str, dict[str, Any]]
"""Answers of a route, by status, for the OpenAPI description."""

ERRORS: Final[Documented] = {
    400: {"model": ErrorBody, "description": "The request cannot be read, or the exchange refused."},
    401: {"model": ErrorBody, "description": "The access token is missing or wrong."},
    403: {"model": ErrorBody, "description": "The origin or site of the caller is not allowed."},
    413: {"model": ErrorBody, "description": "The body is too large."},
    415: {"model": ErrorBody, "description": "The body is not JSON."},
    421: {"model": ErrorBody, "description": "The Host is not a name of this service."},
    422: {"model": ErrorBody, "description": "A value cannot be used; nothing was done."},
    429: {"model": ErrorBody, "description": "Too many requests; Retry-After says when to return."},
    500: {"model": ErrorBody, "description": "A bug of this program."},
    503: {"model": ErrorBody, "description": "The service or the exchange cannot be reached."},
}
CONFLICT: Final[Documented] = {409: {"model": ErrorBody, "description": "Not in this state of the bot."}}
MISSING: Final[Documented] = {404: {"model": ErrorBody, "description": "The exchange does not know it."}}


def errors(*statuses: int) -> Documented:
    """Return the documented errors of a route: those of every route, and its own."""
    common = (400, 401, 403, 413, 415, 421, 429, 500, 503)
    return {status: {**ERRORS, **CONFLICT, **MISSING}[status] for status in sorted({*common, *statuses})}


def service_of(connection: HTTPConnection) -> Service:
    """Return the running service; the door lets nobody in before there is one."""
    service: Service | None = connection.app.state.service
    assert service is not None
    return service


def who_of(request: HTTPConnection) -> str:
    """Return who asks: the role of the token, or `local`."""
    return str(request.scope.get("state", {}).get("who", "nobody"))


async def commanded(request: Request, verb: str, arguments: dict[str, Any], work: Callable[[], Awaitable[T]]) -> T:
    """Carry out a command under an id of its own, which the answer's header names, also when it is refused."""
    commands = service_of(request).commands
    command = commands.begin(verb, who_of(request), arguments)
    request.scope["state"]["command_id"] = command.id
    return await commands.carry_out(command, work)

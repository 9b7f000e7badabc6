"""Health and measurements, for machines that watch, and what the caller may do, for a screen that shows no button in vain."""

from typing import Final

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

from backend.access import Role
from backend.answers import Json
from backend.auth import LOCAL
from backend.measurements import exposition
from backend.routes.common import errors, service_of, who_of
from backend.schemas import Access, ErrorBody, Health

router: Final = APIRouter(tags=["system"])
SICK: Final = {
    "model": Health | ErrorBody,
    "description": "Not now: one word says why, or that the service is starting.",
}
REFUSED: Final = {status: answer for status, answer in errors().items() if status not in (401, 503)}
"""What the door may answer everybody; the health routes need no token."""


@router.get("/healthz", operation_id="getHealth", responses={200: {"model": Health}, **REFUSED, 503: SICK})
async def healthz(request: Request) -> Json:
    """Say whether the process does its work."""
    crashed = bool(service_of(request).crash)
    return Json({"status": "crashed" if crashed else "ok"}, 503 if crashed else 200)


@router.get("/readyz", operation_id="getReadiness", responses={200: {"model": Health}, **REFUSED, 503: SICK})
async def readyz(request: Request) -> Json:
    """Say whether the feeds are fresh and the account is known."""
    word = service_of(request).readiness()
    return Json({"status": word}, 200 if word == "ready" else 503)


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **errors()},
)
async def metrics(request: Request) -> Response:
    """Return the measurements in Prometheus' text format."""
    return Response(exposition(service_of(request)), media_type=CONTENT_TYPE_PLAIN_1_0_0)


@router.get("/api/access", operation_id="getAccess", responses={200: {"model": Access}, **errors()})
async def access(request: Request) -> Json:
    """Say what the bearer of this token may do."""
    who = who_of(request)
    highest = Role.DANGER if who == LOCAL else Role[who.upper()]
    return Json({"who": who, "may": [role.name.lower() for role in Role if role <= highest]})

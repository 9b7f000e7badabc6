"""Commands of people, with their state: what is under way, what was done, what was refused and why."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request

from backend.answers import Json, error_answer
from backend.commands import MOST_KEPT
from backend.routes.common import errors, service_of
from backend.schemas import Job, Jobs

router: Final = APIRouter(prefix="/api/jobs", tags=["jobs"])


@router.get("", operation_id="getJobs", responses={200: {"model": Jobs}, **errors(422)})
async def jobs(request: Request, limit: Annotated[int, Query(ge=1, le=MOST_KEPT)] = 50) -> Json:
    """Return the newest commands first: who gave them, their state, and the reason of a refusal."""
    return Json({"jobs": service_of(request).commands.newest(limit)})


@router.get("/{job_id}", operation_id="getJob", responses={200: {"model": Job}, **errors(404, 422)})
async def job(request: Request, job_id: Annotated[str, Path(max_length=80)]) -> Json:
    """Return one command by the id that its answer's header `X-Command-Id` named."""
    found = service_of(request).commands.get(job_id)
    if found is None:
        return error_answer(
            404, "not_found", "no such command, or one that was forgotten; `mmbot export --what commands` has all"
        )
    return Json(found)

"""Payroll declarations over HTTP: a file sent, its job followed, its report fetched."""

from typing import Literal

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException

from api.access import BulkCall, Call
from api.bodies import upload
from api.dsn_audit import audit_report
from api.problems import RETRY_AFTER, TooLarge, problem
from api.schemas import job_read_responses, job_responses, upload_body
from dsn.jobs import JobRunner
from dsn.report import CRM121, DECLARATIONS, OUTCOMES, PAGE, TOTALS
from dsn.store import Job, NothingSent, TooLong

ReportFormat = Literal["html", "jsonl", "declarations", "crm121", "totals"]
_REPORTS: dict[ReportFormat, tuple[str, str]] = {
    "html": (PAGE, "text/html"),
    "jsonl": (OUTCOMES, "application/x-ndjson"),
    "declarations": (DECLARATIONS, "application/x-ndjson"),
    "crm121": (CRM121, "application/x-ndjson"),
    "totals": (TOTALS, "application/json"),
}
_ABOUT_PERSONS: frozenset[ReportFormat] = frozenset(("html", "jsonl", "crm121"))


def add_dsn_routes(app: FastAPI) -> None:
    app.post(
        "/v1/dsn",
        summary="A DSN file, plain or gzip, as the body: identified in the background",
        responses=job_responses(),
        openapi_extra=upload_body(),
    )(send)
    app.get("/v1/dsn/{job_id}", summary="How far a DSN file is, and its totals", responses=job_read_responses())(follow)
    app.get("/v1/dsn/{job_id}/report", summary="The report of a DSN file", responses=job_read_responses())(report)


async def send(request: Request, call: BulkCall) -> Response:
    """The same content is the same job: sent twice, it is identified once."""
    await call.admit(1)
    runner, most = _runner(request), request.app.state.settings.most_dsn_bytes
    try:
        job, is_to_do = await runner.store.receive(upload(request), most)
    except TooLong as error:
        raise TooLarge from error
    except NothingSent:
        return problem(422, "The body is empty: a DSN file is expected.")
    if call.control:
        runner.store.give_to(job.id, call.organism.name)
    if is_to_do:
        runner.submit(job.id)
    status = 200 if job.state == "done" else 202
    return _json(job, status, {"Location": f"/v1/dsn/{job.id}"})


async def follow(request: Request, job_id: str, call: BulkCall) -> Response:
    return _json(_job(request, job_id, call))


async def report(
    request: Request,
    job_id: str,
    call: BulkCall,
    format: ReportFormat = "html",  # noqa: A002  # as in the URL
) -> Response:
    job = _job(request, job_id, call)
    if job.state != "done":
        headers = RETRY_AFTER if job.state in ("queued", "running") else None
        return problem(409, "There is no report: the job is not done.", headers, state=job.state, reason=job.reason)
    name, media_type = _REPORTS[format]
    folder = _runner(request).store.report(job.id)
    if format in _ABOUT_PERSONS:
        await audit_report(call, folder / OUTCOMES, job.individuals)
    return FileResponse(folder / name, media_type=media_type)


def _job(request: Request, job_id: str, call: Call) -> Job:
    """Return a job of the caller; the one of another organism is not found, like one that is not there."""
    store = _runner(request).store
    job = store.get(job_id)
    if job is None or not (call.control is None or store.is_of(job_id, call.organism.name)):
        raise HTTPException(404, "There is no such job.")
    return job


def _runner(request: Request) -> JobRunner:
    runner: JobRunner = request.app.state.dsn_jobs
    return runner


def _json(job: Job, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(job), status, headers, "application/json")

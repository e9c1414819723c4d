"""The HTTP service: bodies in, answers out; what is answered is decided in `identification`."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.telemetry import TelemetryConfig

from api.access import AdminCall, BulkCall, Call, ExplainCall, IdentifyCall, VerifyCall, refuse_unguarded
from api.bodies import read_json
from api.changes import ApplyChanges, add_change_route
from api.connections import DOOR
from api.control import control_of
from api.door import LanesDoor
from api.dsn import add_dsn_routes
from api.exposition import add_metrics_route
from api.lanes import InLanes, Lanes
from api.metrics import Metrics
from api.places import PLACE_EXAMPLE, NomenclatureInUse, places
from api.problems import RETRY_AFTER, UNAVAILABLE, Invalid, install_problem_handlers, problem
from api.quota import worth
from api.release import released, released_explanation, released_one, released_verification
from api.schemas import (
    QUESTION_EXAMPLE,
    VERIFICATION_EXAMPLE,
    body,
    index_responses,
    install_openapi,
    ready_responses,
    responses,
    stream_body,
    stream_responses,
)
from api.settings import ApiSettings
from api.stream import identify_stream
from api.tracing import Tracing, tracing_if_wanted
from api.watching import Watcher, Watching
from audit.settings import AuditSettings
from dsn.jobs import JobRunner
from dsn.store import JobStore
from identification.bulk import batches_of, others_of
from identification.cascade import Finding, Identifier
from identification.explanation import explain_served
from identification.gathering import Gatherer
from identification.questions import invalid, read_question
from identification.verification import verify
from retrieval.observed import ObservedRetrieval
from retrieval.protocol import NOBODY, Retrieval
from retrieval.settings import EngineSettings, open_engine

MOST_QUERIES = 1_000
_ASKED_TOGETHER = 100
"""Questions of a batch between which others get their turn."""
FRAMEWORK_SAYS_NOTHING: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI's own telemetry sends addresses and the messages of errors, where the environment asks for it."""
log = structlog.get_logger()


def create_app(
    engine_settings: EngineSettings | None = None,
    settings: ApiSettings | None = None,
    audit_settings: AuditSettings | None = None,
    tracing: Tracing | None = None,
    apply_changes: ApplyChanges | None = None,
) -> FastAPI:
    """
    Args:
        apply_changes: how changes of the register are done; without it there is no route for them.
    """
    engine_settings, settings = engine_settings or EngineSettings(), settings or ApiSettings()
    audit_settings = audit_settings or AuditSettings()
    metrics, tracing = Metrics(), tracing or tracing_if_wanted()
    watcher = Watcher(metrics, tracing)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, LanesDoor]]:
        async with control_of(settings, audit_settings, engine_settings.data_dir) as control:
            app.state.control = control
            async with _opened(app, engine_settings, watcher):
                access_control = "on" if control else "off"
                log.info("service_started", engine=engine_settings.engine_name, access_control=access_control)
                door = LanesDoor(app.state.lanes, watcher)
                yield {DOOR: door}
                door.tell_all()
        await asyncio.to_thread(tracing.close)

    app = FastAPI(
        title="sngi",
        version="1",
        summary="Who is this? One identity of the register and how sure, or none and the reason.",
        description="With a file of organisms, a call presents its key and its purpose; without one, access control is "
        "off and the service is for callers of the same machine.",
        lifespan=lifespan,
        telemetry=FRAMEWORK_SAYS_NOTHING,
        redirect_slashes=False,  # a redirection goes where the Host header says
    )
    app.state.settings, app.state.metrics, app.state.lanes = settings, metrics, Lanes(metrics)
    app.add_middleware(InLanes, lanes=app.state.lanes)
    app.add_middleware(Watching, metrics=metrics, tracing=tracing)
    install_problem_handlers(app)
    _add_routes(app)
    add_dsn_routes(app)
    add_metrics_route(app)
    if apply_changes:
        add_change_route(app, apply_changes)
    install_openapi(app)
    refuse_unguarded(app)
    return app


@asynccontextmanager
async def _opened(app: FastAPI, settings: EngineSettings, watcher: Watcher) -> AsyncIterator[None]:
    """Open what the routes ask, and close it at the end."""

    def opened() -> ObservedRetrieval:
        return ObservedRetrieval(open_engine(settings), watcher)

    engine = opened()
    app.state.engine = engine
    lanes: Lanes = app.state.lanes
    app.state.identifier = Identifier(engine, data_dir=settings.data_dir, observer=watcher, giving_way=lanes.giving_way)
    app.state.gatherer = Gatherer(app.state.identifier)
    app.state.nomenclature = NomenclatureInUse(settings.data_dir)
    store = JobStore(settings.data_dir / "dsn", app.state.settings.dsn_kept_days)
    others = others_of(settings, app.state.settings.dsn_workers)
    jobs = JobRunner(store, opened, settings.data_dir, watcher, others, app.state.metrics.payroll_ended)
    app.state.dsn_jobs = jobs
    jobs.start()
    warming = asyncio.create_task(_warm(app.state.identifier))
    yield
    warming.cancel()
    await asyncio.to_thread(jobs.stop)
    await app.state.gatherer.close()
    await engine.close()


async def _warm(identifier: Identifier) -> None:
    """Load what the first question would wait for, where an index is served already."""
    with suppress(*UNAVAILABLE):
        await identifier.served()


def _add_routes(app: FastAPI) -> None:
    app.post(
        "/v1/identify",
        summary="One question, one answer",
        responses=responses("Answer"),
        openapi_extra=body("Question", QUESTION_EXAMPLE),
    )(identify)
    app.post(
        "/v1/identify/batch",
        summary="Up to 1,000 questions, their answers in the same order",
        responses=responses("Answers"),
        openapi_extra=body("Batch", {"queries": [QUESTION_EXAMPLE]}),
    )(identify_batch)
    app.post(
        "/v1/identify/stream",
        summary="Any number of questions, one a line; answers flow in the same order while questions arrive",
        responses=stream_responses(),
        openapi_extra=stream_body(),
    )(identify_stream)
    app.post(
        "/v1/explain",
        summary="One question, every candidate and why it won or lost",
        responses=responses("Explanation"),
        openapi_extra=body("Question", QUESTION_EXAMPLE),
    )(explain_question)
    app.post(
        "/v1/verify",
        summary="A number and a name, confirmed together or not at all",
        responses=responses("Verification"),
        openapi_extra=body("VerificationRequest", VERIFICATION_EXAMPLE),
    )(verify_number)
    app.post(
        "/v1/places",
        summary="A place label, the places that it may mean and every code that they had",
        responses=responses("Places"),
        openapi_extra=body("PlaceLabel", PLACE_EXAMPLE),
    )(places)
    app.get("/v1/index", summary="The index that is served", responses=index_responses())(served_index)
    app.get("/health/live", summary="The process runs")(live)
    app.get("/health/ready", summary="An index is served, readable and reachable", responses=ready_responses())(ready)


async def identify(request: Request, call: IdentifyCall) -> Response:
    return _json(await released_one(call, await _find_one(request, call)))


async def identify_batch(request: Request, call: BulkCall) -> Response:
    data = await read_json(request)
    if not isinstance(data, dict) or "queries" not in data:
        raise Invalid(invalid("wrong_type", "queries").errors)
    if len(data) > 1:
        raise Invalid(invalid("unknown_field", "?").errors)
    queries = data["queries"]
    if not isinstance(queries, list):
        raise Invalid(invalid("wrong_type", "queries").errors)
    if len(queries) > MOST_QUERIES:
        raise Invalid(invalid("too_long", "queries").errors)
    await call.admit(len(queries))
    findings: list[Finding] = []
    for part in batches_of(queries, _ASKED_TOGETHER):
        await request.app.state.lanes.begin_part()
        asked = [read_question(query) for query in part]
        call.count(sum(map(worth, asked)) - len(asked))
        findings += await _identifier(request).find(asked)
    return _json(b'{"answers":[' + b",".join(await released(call, findings)) + b"]}")


async def explain_question(request: Request, call: ExplainCall) -> Response:
    finding = await _find_one(request, call)
    return _json(await released_explanation(call, finding, await explain_served(finding, _identifier(request))))


async def verify_number(request: Request, call: VerifyCall) -> Response:
    data = await read_json(request)
    fields = ("nir", "birth_name")
    if not isinstance(data, dict):
        raise Invalid(invalid("not_an_object").errors)
    if set(data) - set(fields):
        raise Invalid(invalid("unknown_field", "?").errors)
    for field, longest in zip(fields, (100, 300), strict=True):
        if not isinstance(data.get(field), str):
            raise Invalid(invalid("wrong_type", field).errors)
        if len(data[field]) > longest:
            raise Invalid(invalid("too_long", field).errors)
    await call.admit(1)
    verification = await verify(_identifier(request), request.app.state.engine, data["nir"], data["birth_name"])
    return _json(await released_verification(call, data["nir"], data["birth_name"], verification))


async def served_index(request: Request, _: AdminCall) -> Response:
    build = await _identifier(request).served()
    meta = build.meta
    return _json(
        orjson.dumps(
            {
                "alias": request.app.state.engine.alias,
                "index": build.index,
                "revision": build.revision,
                "identities": meta.identities,
                "nomenclature": meta.nomenclature,
                "model": _identifier(request).model.version,
                "built_at": meta.created_at,
            }
        )
    )


async def live() -> Response:
    return _json(b'{"status":"live"}')


async def ready(request: Request) -> Response:
    try:
        engine: Retrieval = request.app.state.engine
        await _identifier(request).at_one_moment(lambda build: engine.holders(build.position, "nirs", [NOBODY]))
    except tuple(UNAVAILABLE) as error:
        return problem(503, "Not ready.", RETRY_AFTER, detail=str(error))
    return _json(b'{"status":"ready"}')


async def _find_one(request: Request, call: Call) -> Finding:
    asked = read_question(await read_json(request))
    if asked.errors:
        call.seen.came_to("invalid")
        raise Invalid(asked.errors, asked.reference)
    await call.admit(worth(asked))
    gatherer: Gatherer = request.app.state.gatherer
    return await gatherer.find(asked)


def _identifier(request: Request) -> Identifier:
    identifier: Identifier = request.app.state.identifier
    return identifier


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")

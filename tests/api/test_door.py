"""A call whose lane is full is refused before the application is entered, and its client cannot tell."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import orjson
import pytest
import structlog
from fastapi import FastAPI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import create_app
from api.connections import DOOR, BoundedProtocol
from api.lanes import Lane, Lanes, Room
from api.metrics import Metrics
from api.spans import Spans
from retrieval.settings import EngineSettings
from tests.hostile.listening import Listening, read_to_end
from tests.serving import chunk, listening_here, samples, wait_for

BODY = orjson.dumps({"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"})
LIVE = b"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
LAST = LIVE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
NO_ROOM = Room(at_once=1, most_waiting=0, patience_s=0.05)
PATHS = ("/v1/identify", "/v1/verify", "/v1/explain", "/v1/places", "/v1/identify/batch", "/v1/identify/stream")
A_MOMENT_S = 0.1
LONG_ANSWER_BYTES = 10_000_000
"""More than the kernel takes for a client that does not read."""


def head(path: str = "/v1/identify", *headers: bytes, method: bytes = b"POST", version: bytes = b"1.1") -> bytes:
    lines = [b"%b %b HTTP/%b" % (method, path.encode(), version), b"host: 127.0.0.1", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def call(path: str = "/v1/identify", *headers: bytes, **how: bytes) -> bytes:
    return head(path, b"content-length: %d" % len(BODY), *headers, **how) + BODY


@dataclass(frozen=True)
class Full(Listening):
    """A service of which every lane is full, and the paths of the calls that its application was given."""

    given: list[str] = field(default_factory=list)

    def answer_to_parts(self, *parts: bytes) -> bytes:
        """Send parts, each after a moment, and return what comes until the service closes; times and ids are masked."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
                time.sleep(A_MOMENT_S if part is not parts[-1] else 0)
            return masked(read_to_end(connection))


def masked(answer: bytes) -> bytes:
    return re.sub(rb"x-request-id: \w{16}", b"x-request-id: ID", re.sub(rb"date: [^\r]{29}", b"date: NOW", answer))


class Noting:
    """Middleware around all others: which calls came so far."""

    def __init__(self, app: ASGIApp, given: list[str]) -> None:
        self._app, self._given = app, given

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._given.append(scope["path"])
        await self._app(scope, receive, send)


@contextmanager
def full_service(data_dir: Path, has_door: bool) -> Iterator[Full]:
    app = create_app(EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None))
    given = list[str]()
    app.add_middleware(Noting, given=given)
    app.add_route("/long", lambda _: Response(b" " * LONG_ANSWER_BYTES))
    lanes = Lanes(app.state.metrics, NO_ROOM, NO_ROOM, NO_ROOM)
    app.state.lanes.of_path = lanes.of_path
    as_it_is = app.router.lifespan_context

    @asynccontextmanager
    async def with_full_lanes(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        async with as_it_is(app) as state, AsyncExitStack() as calls:
            for lane in (lanes.unit, lanes.batches, lanes.streams):
                await calls.enter_async_context(lane.turn())
            assert state is not None
            yield state if has_door else {}

    app.router.lifespan_context = with_full_lanes
    with listening_here(app, http=BoundedProtocol, log_level="critical", access_log=False) as port:
        yield Full(port, given)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Full, Full]]:
    """One that refuses at the door, and one that has none."""
    demo_folder = tmp_path_factory.mktemp("demo")
    with full_service(demo_folder, True) as at_the_door, full_service(demo_folder, False) as inside:
        yield at_the_door, inside


@pytest.fixture
def service(services: tuple[Full, Full]) -> Full:
    services[0].given.clear()
    return services[0]


@pytest.fixture
def without_door(services: tuple[Full, Full]) -> Full:
    services[1].given.clear()
    return services[1]


IN_CHUNKS = head("/v1/identify", b"transfer-encoding: chunked") + chunk(BODY) + b"0\r\n\r\n"
SHORT = {
    **{path: call(path) + LAST for path in PATHS},
    "in chunks": IN_CHUNKS + LAST,
    "with an empty body": head("/v1/identify", b"content-length: 0") + LAST,
    "with a query": call("/v1/identify?x=/health/live") + LAST,
    "with another form of the path": call("/v1/%69dentify") + LAST,
    "the last of its connection": call("/v1/identify", b"connection: close"),
    "HTTP/1.0": call(version=b"1.0"),
    "HTTP/1.0 that would stay": call("/v1/identify", b"connection: keep-alive", version=b"1.0"),
    "the last, and more follows": call("/v1/identify", b"connection: close") + LIVE + call(),
}


@pytest.mark.parametrize("request_", SHORT.values(), ids=SHORT)
def test_a_call_without_room_is_not_given_to_the_application_and_answered_byte_for_byte_as_by_it(
    service: Full, without_door: Full, request_: bytes
) -> None:
    """Fails when uvicorn starts calls, or writes answers, in another way than the door relies on."""
    answer = service.answer_to_parts(request_)
    assert answer == without_door.answer_to_parts(request_)
    assert answer.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    others = ["/health/live"] if LAST in request_ else []
    assert service.given == others
    assert len(without_door.given) == len(others) + 1


LONG_BODY = BODY + b" " * 1_000_000
LONG = head("/v1/identify", b"content-length: %d" % len(LONG_BODY)) + LONG_BODY
EXPECTING = head("/v1/identify", b"content-length: %d" % len(BODY), b"expect: 100-continue")
UPGRADE = (b"connection: upgrade", b"upgrade: websocket", b"sec-websocket-key: eA==", b"sec-websocket-version: 13")
ORDINARY = {
    "a body that still comes": ((LONG[:200], LONG[200:500_000], LONG[500_000:] + call() + LAST), "429 429 200"),
    "the last byte still comes": ((call()[:-1], call()[-1:] + LAST), "429 200"),
    "a stream still comes": ((call("/v1/identify/stream")[:-1], b"}" + LAST), "429 200"),
    "the client waits to be told to continue": ((EXPECTING, BODY, LAST), "100 429 200"),
    "the client does not wait for that": ((EXPECTING + BODY, LAST), "100 429 200"),
    "calls that wait for no answer": (
        (call() + LIVE + call("/v1/identify/batch") + LIVE + call() * 1_000 + LAST,),
        "429 200 429 200" + 1_000 * " 429" + " 200",
    ),
    "a body that is none": ((head("/v1/identify", b"transfer-encoding: chunked") + b"no length\r\n",), "400"),
    "a second call that is none": ((call() + b"\0\r\n\r\n",), "400"),
    "GET": ((head(method=b"GET") + LAST,), "429 200"),
    "HEAD": ((head(method=b"HEAD") + LAST,), "429 200"),
    "OPTIONS": ((head(method=b"OPTIONS") + LAST,), "429 200"),
    "a method that nobody knows": ((head(method=b"FETCH") + LAST,), "400"),
    "another protocol": ((call("/v1/identify", *UPGRADE),), "400"),
}


@pytest.mark.parametrize(("parts", "statuses"), ORDINARY.values(), ids=ORDINARY)
def test_whatever_else_comes_is_answered_byte_for_byte_as_without_a_door(
    service: Full, without_door: Full, parts: tuple[bytes, ...], statuses: str
) -> None:
    answer = service.answer_to_parts(*parts)
    assert answer == without_door.answer_to_parts(*parts)
    assert [status.decode() for status in re.findall(rb"HTTP/1.1 (\d+)", answer)] == statuses.split()


def test_a_client_that_does_not_read_what_it_is_answered_is_refused_in_a_task_that_waits_for_that(
    service: Full, without_door: Full
) -> None:
    """Refused at the door, all that it asks would be answered into memory."""
    parts = (head("/long", method=b"GET"), call(), call() + LAST)
    answer = service.answer_to_parts(*parts)
    assert answer == without_door.answer_to_parts(*parts)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"429", b"429", b"200"]
    assert service.given == without_door.given == ["/long", "/v1/identify", "/v1/identify", "/health/live"]


def test_a_client_that_leaves_in_its_body_is_no_failure(service: Full) -> None:
    with service.connect() as connection:
        connection.sendall(call()[:-1])
    assert service.answer_to_parts(call() + LAST).count(b"HTTP/1.1 ") == 2


def test_a_client_is_refused_when_it_has_sent_all_so_that_it_reads_that(service: Full) -> None:
    with service.connect() as connection:
        connection.sendall(call("/v1/identify", b"connection: close")[:-1])
        connection.settimeout(2 * A_MOMENT_S)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(60)
        connection.sendall(b"}")
        assert read_to_end(connection).startswith(b"HTTP/1.1 429 ")


def test_a_refusal_is_counted_as_by_the_application(service: Full, without_door: Full) -> None:
    counted = counted_of(service)
    assert counted == counted_of(without_door)
    assert counted == {"calls_refused_total": 1, "requests_total": 1, "request_seconds_count": 1}


def test_the_id_of_a_refusal_finds_a_line_which_says_how_many_were_refused_in_that_moment(service: Full) -> None:
    told_of(service, call(), 1)  # and with it what the tests before were refused
    events, ids = told_of(service, call("/v1/identify?nir=2910599999047", b"x-agent: ZZQUIVERNE"), 50)
    expected = {"event": "calls_refused", "log_level": "info", "lane": "unit", "status": 429}
    assert events == [expected | {"request_id": id_, "calls": calls} for id_, calls in Counter(ids).items()]
    assert len(events) < 50


def test_a_call_that_the_application_refuses_has_a_line_of_its_own(without_door: Full) -> None:
    began = time.perf_counter()
    [event], ids = told_of(without_door, call("/v1/identify?nir=2910599999047", b"x-agent: ZZQUIVERNE"), 1)
    assert 0 <= event.pop("took_ms") <= (time.perf_counter() - began) * 1_000
    expected = {"log_level": "info", "endpoint": "none", "status": 429, "questions": 0, "outcomes": {}}
    assert [event] == [{"event": "request_answered", "request_id": id_, **expected} for id_ in ids]


def told_of(service: Full, request: bytes, calls: int) -> tuple[list[dict[str, Any]], list[str]]:
    """Make calls one after the other, and return what is told of them, and the ids of their answers.

    They are told of once their answers have left, perhaps after the client has read them, and so were calls before.
    """
    ids = list[str]()
    with structlog.testing.capture_logs() as events, service.connect() as connection:
        for _ in range(calls):
            connection.sendall(request)
            ids += re.findall(r"x-request-id: (\w{16})", connection.recv(65_536).decode())
        wait_for(lambda: set(ids) <= {event.get("request_id") for event in events})
    assert len(ids) == calls
    return [dict(event) for event in events if event.get("request_id") in ids], ids


@pytest.mark.parametrize("lane", ["unit", "batch", "stream"])
async def test_what_was_refused_in_the_last_moment_of_a_service_is_counted_told_and_traced(
    data_dir: Path, lane: str
) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    settings = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    app = create_app(settings, tracing=Spans(provider))
    lanes = Lanes(app.state.metrics, NO_ROOM, NO_ROOM, NO_ROOM)
    app.state.lanes = lanes
    path = next(path for path, found in lanes.of_path.items() if found.name == lane)
    with structlog.testing.capture_logs() as events:
        async with app.router.lifespan_context(app) as state, lanes.of_path[path].turn():
            assert state is not None
            for _ in range(3):
                assert state[DOOR].refusal_of({"path": path, "method": "POST", "headers": []}).status == 429
    told = [event for event in events if event["event"] == "calls_refused"]
    assert [(event["lane"], event["calls"]) for event in told] == [(lane, 3)]
    assert app.state.metrics.registry.get_sample_value("sngi_calls_refused_total", {"lane": lane}) == 3
    traced = [span.attributes for span in exporter.get_finished_spans() if span.name == "POST none"]
    assert [attributes and attributes["sngi.request_id"] for attributes in traced] == 3 * [told[0]["request_id"]]


def counted_of(service: Full) -> dict[str, float]:
    """Return how much a refused call adds to what counts refusals."""
    labels = {"calls_refused_total": {"lane": "unit"}, "requests_total": {"endpoint": "none", "status": "429"}}
    labels["request_seconds_count"] = {"endpoint": "none"}

    def scraped_after_a_refusal() -> dict[str, float]:
        told_of(service, call(), 1)
        with httpx.Client(base_url=f"http://127.0.0.1:{service.port}") as http:
            found = samples(http.get("/metrics").text)
        assert found["sngi_requests_in_flight", ()] == 1  # the scrape
        return {name: found.get((f"sngi_{name}", tuple(sorted(pairs.items()))), 0) for name, pairs in labels.items()}

    before = scraped_after_a_refusal()
    return {name: value - before[name] for name, value in scraped_after_a_refusal().items()}


async def test_of_many_calls_that_come_in_one_moment_each_sees_those_before_it() -> None:
    lane = Lane("test", Room(at_once=1, most_waiting=1, patience_s=5), Metrics())
    lane.announce()
    assert not lane.is_full
    lane.announce()
    assert lane.is_full
    await asyncio.sleep(0)
    assert not lane.is_full

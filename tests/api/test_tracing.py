"""Traces: a request, its batch and its searches, one within the other; nobody in them; nothing without being asked."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from pydantic import SecretStr

from api.app import create_app
from api.spans import Spans
from retrieval.settings import EngineSettings
from tests.api.test_watching import PERSON, assert_nobody, everything_asked
from tests.serving import served

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Traced:
    def __init__(self, settings: EngineSettings) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.http = TestClient(create_app(settings, tracing=Spans(provider)))

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        """Of requests: what the service loads when it starts belongs to none."""
        finished = self.exporter.get_finished_spans()
        return {span.name: span for span in finished if span.parent or not span.name.startswith("search")}


@pytest.fixture
def traced(data_dir: Path) -> Iterator[Traced]:
    traced = Traced(EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None))
    with traced.http:
        yield traced


def test_a_request_holds_its_batch_and_the_batch_its_searches(traced: Traced) -> None:
    how = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    traced.http.post("/v1/identify", json=PERSON, headers=how)
    request, batch = traced.spans["POST /v1/identify"], traced.spans["batch"]
    assert request.context.trace_id == int(TRACE, 16)
    assert batch.parent is not None and batch.parent.span_id == request.context.span_id
    for search in ("search nirs", "search keys"):
        parent = traced.spans[search].parent
        assert parent is not None and parent.span_id == batch.context.span_id
    assert request.attributes is not None and batch.attributes is not None
    assert (request.attributes["http.route"], request.attributes["http.response.status_code"]) == ("/v1/identify", 200)
    assert (request.attributes["sngi.questions"], batch.attributes["sngi.questions"]) == (1, 1)
    assert "sngi.step.nir_ms" in batch.attributes


def test_no_span_holds_a_value_of_a_person(traced: Traced) -> None:
    everything_asked(traced.http)
    told = [span.to_json() for span in traced.exporter.get_finished_spans()]
    assert len(told) > 30
    assert_nobody(*told)


def test_a_search_that_fails_says_what_kind_of_failure_and_no_more() -> None:
    traced = Traced(EngineSettings(engine="opensearch", opensearch_url=SecretStr("http://127.0.0.1:9")))
    with traced.http as http:
        http.post("/v1/identify", json=PERSON)
    search, request = traced.spans["search position"], traced.spans["POST /v1/identify"]
    assert (search.status.status_code, request.status.status_code) == (StatusCode.ERROR, StatusCode.ERROR)
    assert search.attributes == {"error.type": "EngineUnavailable"}
    assert (search.status.description, search.events) == (None, ())


SAYS_WHAT_IS_IMPORTED = """
import sys
from api.app import create_app
create_app()
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter", "api.spans"))])
"""


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:9"])
def test_opentelemetry_is_imported_only_where_a_collector_is_named(endpoint: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "SNGI_"))}
    environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint} if endpoint else {}
    command = [sys.executable, "-c", SAYS_WHAT_IS_IMPORTED]
    done = subprocess.run(command, capture_output=True, env=environment, timeout=180, check=True)
    assert (done.stdout.strip() != b"[]") == bool(endpoint)


def test_our_spans_and_no_others_leave_for_the_collector_that_is_named(data_dir: Path, tmp_path: Path) -> None:
    received: list[bytes] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # as the library calls it
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Collector) as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        where = f"http://127.0.0.1:{collector.server_port}"
        how: dict[str, Any] = {"SNGI_DATA_DIR": str(data_dir), "OTEL_EXPORTER_OTLP_ENDPOINT": where}
        how |= {"OTEL_EXPORTER_OTLP_COMPRESSION": "none", "FASTAPI_OTEL_AUTO_CONFIGURE": "true"}
        with served(tmp_path, **how) as service:
            service.http.post("/v1/identify", content=orjson.dumps(PERSON))
            service.http.get("/nowhere", params={"nir": "2910599999047"})
        collector.shutdown()
        thread.join()
    sent = b"".join(received)
    for name in (b"POST /v1/identify", b"GET none", b"search nirs"):
        assert name in sent
    assert_nobody(sent.decode("latin-1"))

"""Spans of OpenTelemetry. Imported only where traces are wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import Scope

from api.watching import Seen, endpoint_of
from identification.observing import BatchSeen
from retrieval.observed import Search

_TRACEPARENT = b"traceparent"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
"""A caller may write anything there."""
_FAILED = 500


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of one service, given to the processors of `provider`."""

    provider: TracerProvider

    @contextmanager
    def request(self, scope: Scope, seen: Seen) -> Iterator[None]:
        given = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name == _TRACEPARENT}
        context = TraceContextTextMapPropagator().extract(given)
        with self._span("request", SpanKind.SERVER, context=context) as span:
            try:
                yield
            finally:
                method, route = scope["method"] if scope["method"] in _METHODS else "_OTHER", endpoint_of(scope)
                span.update_name(f"{method} {route}")
                attributes = {"http.request.method": method, "http.route": route, "sngi.request_id": seen.id}
                span.set_attributes(attributes | {"sngi.questions": seen.outcomes.total()})
                if seen.status is not None:
                    span.set_attribute("http.response.status_code", seen.status)
                if seen.status is None or seen.status >= _FAILED:
                    span.set_status(StatusCode.ERROR)

    @contextmanager
    def batch(self, seen: BatchSeen) -> Iterator[None]:
        with self._span("batch", SpanKind.INTERNAL) as span:
            try:
                yield
            finally:
                span.set_attribute("sngi.questions", seen.questions)
                for step, seconds in seen.seconds.items():
                    span.set_attribute(f"sngi.step.{step}_ms", round(seconds * 1000, 3))

    @contextmanager
    def search(self, kind: Search) -> Iterator[None]:
        with self._span(f"search {kind}", SpanKind.CLIENT):
            yield

    def close(self) -> None:
        self.provider.shutdown()

    @contextmanager
    def _span(self, name: str, kind: SpanKind, **options: object) -> Iterator[Span]:
        """A failed span says the type of the error: its message and its traceback might quote a question."""
        tracer = self.provider.get_tracer("sngi")
        with tracer.start_as_current_span(
            name,
            kind=kind,
            record_exception=False,
            set_status_on_exception=False,
            **options,  # type: ignore[arg-type]  # the context of a request
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise


def exported_spans() -> Spans:
    """Return spans sent by OTLP over HTTP; the standard OTEL_ variables say where, and how many."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "sngi"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Spans(provider)

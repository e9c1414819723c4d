"""Traces, where OTEL_EXPORTER_OTLP_ENDPOINT is set: OpenTelemetry is looked at then, and not before.

Spans are of a request, of a batch of questions and of a search of the engine. Their attributes are counts and words
of ours. Of a caller only `traceparent` is read, which holds numbers of a fixed length; no baggage, no state.
"""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

import structlog
from starlette.types import Scope

from identification.observing import BatchSeen
from retrieval.observed import Search

if TYPE_CHECKING:
    from api.watching import Seen

ENDPOINT_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
log = structlog.get_logger()


class Tracing(Protocol):
    """What makes spans, or makes none."""

    def request(self, scope: Scope, seen: "Seen") -> AbstractContextManager[object]: ...

    def batch(self, seen: BatchSeen) -> AbstractContextManager[object]: ...

    def search(self, kind: Search) -> AbstractContextManager[object]: ...

    def close(self) -> None:
        """Send what waits."""
        ...


class NoTracing:
    def request(self, scope: Scope, seen: "Seen") -> AbstractContextManager[object]:
        return nullcontext()

    def batch(self, seen: BatchSeen) -> AbstractContextManager[object]:
        return nullcontext()

    def search(self, kind: Search) -> AbstractContextManager[object]:
        return nullcontext()

    def close(self) -> None:
        pass


def is_wanted() -> bool:
    return any(os.environ.get(name) for name in ENDPOINT_VARIABLES)


def tracing_if_wanted() -> Tracing:
    """Return tracing to the collector that the environment names. Without the extra, the service runs untraced."""
    if not is_wanted():
        return NoTracing()
    try:
        from api.spans import exported_spans
    except ImportError:
        log.warning("tracing_not_installed", needs="sngi[otel]")
        return NoTracing()
    return exported_spans()

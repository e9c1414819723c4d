"""One request as those who run the service see it: its metrics, its span, and one line of the log.

The line has the route and never the address, what was answered and never to whom. An error that nobody expected is
told by its type and its places in the code: its message may quote what a caller sent.
"""

import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api.failures import places_of
from api.metrics import Metrics
from api.tracing import Tracing
from identification.answers import Answer
from identification.cascade import Finding
from identification.observing import BatchSeen
from retrieval.observed import Search

_SEEN = "sngi.seen"
_NO_ROUTE = "none"
_FAILED = 500
log = structlog.get_logger()


@dataclass(slots=True)
class Seen:
    """What became of one request so far. `id` is ours: a caller's own might be a person's number."""

    metrics: Metrics
    endpoint: str = _NO_ROUTE
    status: int | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    def answered(self, findings: Sequence[Finding], answers: Sequence[Answer]) -> None:
        """Note answers that leave, and what they were made of."""
        self.outcomes.update(answer.outcome for answer in answers)
        self.metrics.answered(self.endpoint, findings, answers)

    def came_to(self, outcome: str) -> None:
        """Note one answer that no search led to, or a verification."""
        self.outcomes[outcome] += 1
        self.metrics.outcome(self.endpoint, outcome)


class BrokenOff(Exception):
    """The answer ends before its end, because the service failed; the connection is closed."""


class Watcher:
    """Metrics and spans of the cascade and of the engine, and of calls that no route gets, told together."""

    def __init__(self, metrics: Metrics, tracing: Tracing) -> None:
        self._metrics, self._tracing = metrics, tracing

    @contextmanager
    def batch(self, seen: BatchSeen) -> Iterator[None]:
        with self._tracing.batch(seen), self._metrics.batch(seen):
            yield

    @contextmanager
    def search(self, kind: Search) -> Iterator[None]:
        with self._tracing.search(kind), self._metrics.search(kind):
            yield

    def refusing(self, status: int) -> Seen:
        """Return what is seen of all calls that get one refusal, before `Watching` sees them."""
        return Seen(self._metrics, status=status)

    def trace_refused(self, scope: Scope, seen: Seen) -> None:
        with self._tracing.request(scope, seen):
            pass

    def refused(self, seen: Seen, lane: str, seconds: Sequence[float]) -> None:
        """Count and tell calls that got one refusal, in so many seconds each."""
        self._metrics.requested(_NO_ROUTE, seen.status, seconds)
        log.info("calls_refused", request_id=seen.id, lane=lane, status=seen.status, calls=len(seconds))


class Watching:
    """The middleware around all routes; their answers carry the request id in `X-Request-Id`."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing) -> None:
        self._app, self._metrics, self._tracing = app, metrics, tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        seen = scope[_SEEN] = Seen(self._metrics)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                message["headers"] = [*message.get("headers", ()), request_id_header(seen.id)]
            await send(message)

        with ExitStack() as stack:
            stack.enter_context(bound_contextvars(request_id=seen.id))
            stack.enter_context(self._counted(scope, seen))
            stack.enter_context(self._tracing.request(scope, seen))
            try:
                await self._app(scope, receive, noting)
            except Exception as error:
                log.error("unexpected_error", error=type(error).__name__, at=places_of(error))
                if seen.status is not None:
                    raise BrokenOff from None
                await _failed(noting)

    @contextmanager
    def _counted(self, scope: Scope, seen: Seen) -> Iterator[None]:
        started = time.perf_counter()
        self._metrics.requests_in_flight.inc()
        try:
            yield
        finally:
            self._metrics.requests_in_flight.dec()
            _tell(seen, endpoint_of(scope), time.perf_counter() - started)


def request_id_header(request_id: str) -> tuple[bytes, bytes]:
    return b"x-request-id", request_id.encode()


def _tell(seen: Seen, endpoint: str, seconds: float) -> None:
    seen.metrics.requested(endpoint, seen.status, [seconds])
    log.info(
        "request_answered",
        request_id=seen.id,
        endpoint=endpoint,
        status=seen.status,
        took_ms=round(seconds * 1000, 1),
        questions=seen.outcomes.total(),
        outcomes=dict(seen.outcomes),
    )


def seen_of(request: Request) -> Seen:
    """Return what is seen of a request; its endpoint is known once a route has it."""
    seen: Seen = request.scope[_SEEN]
    seen.endpoint = endpoint_of(request.scope)
    return seen


def endpoint_of(scope: Scope) -> str:
    """Return the pattern of the route: what it matched may be anything that a caller wrote."""
    return str(getattr(scope.get("route"), "path", _NO_ROUTE))


async def _failed(send: Send) -> None:
    body = b'{"type":"about:blank","title":"The service failed.","status":500}'
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": _FAILED, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""What Prometheus is told: every metric, declared once. No label holds a value that a caller chose.

With several workers each writes counters of its own, and `/metrics` of any of them adds all up: `sngi serve` names a
folder for that in PROMETHEUS_MULTIPROC_DIR, before the workers start. Without it, a process tells of itself only.
Values of a batch are added up first and written once: a write per question would cost it one percent.
"""

import time
from bisect import bisect_left
from collections import Counter as Count
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from dsn.store import Job
from identification.answers import Answer
from identification.cascade import Finding
from identification.observing import BatchSeen, Lap
from retrieval.observed import Search
from retrieval.protocol import EngineBusy, EngineError, EngineUnavailable, IndexGone, IndexNotReady, Moved

_CONFIDENCES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 0.99999, 1.0)
_MARGINS = (0.0, 1.0, 2.0, 4.0, 6.64, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0, 75.0, 100.0)
"""The threshold of the model, 0.98, and its margin, 6.64 bits, are bounds: what was near shows."""
_CANDIDATES = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500)
_BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_KINDS: tuple[type[Exception], ...] = (EngineBusy, EngineUnavailable, EngineError, IndexGone, IndexNotReady)


class BatchHistogram(Histogram):
    """A histogram that takes many values at once, for one write a bucket."""

    def observe_all(self, amounts: Sequence[float]) -> None:
        if amounts:
            self._sum.inc(sum(amounts))
            for bucket, count in Count(bisect_left(self._upper_bounds, amount) for amount in amounts).items():
                self._buckets[bucket].inc(count)


class Metrics:
    """The metrics of one service. Threads may share them."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "sngi_requests", "Requests, by endpoint and HTTP status.", ("endpoint", "status"), registry=registry
        )
        self.request_seconds = BatchHistogram(
            "sngi_request_seconds",
            "From the first byte of a request to the last of its answer.",
            ("endpoint",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.requests_in_flight = Gauge(
            "sngi_requests_in_flight", "Requests under way.", multiprocess_mode="livesum", registry=registry
        )
        self.calls_waiting = Gauge(
            "sngi_calls_waiting",
            "Calls that wait for their turn, by lane.",
            ("lane",),
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.calls_refused = Counter(
            "sngi_calls_refused", "Calls refused because the service is busy, by lane.", ("lane",), registry=registry
        )
        self.answers = Counter(
            "sngi_answers",
            "Answers, by endpoint, outcome, and the step that settled them.",
            ("endpoint", "outcome", "path"),
            registry=registry,
        )
        self.reasons = Counter("sngi_reasons", "Answers that have a reason, by it.", ("reason",), registry=registry)
        self.confidence = BatchHistogram(
            "sngi_confidence", "Confidence of the best candidate.", buckets=_CONFIDENCES, registry=registry
        )
        self.margin = BatchHistogram(
            "sngi_margin_bits", "Bits between the two best candidates.", buckets=_MARGINS, registry=registry
        )
        self.candidates = BatchHistogram(
            "sngi_candidates", "Candidates scored for a question.", buckets=_CANDIDATES, registry=registry
        )
        self.batch_questions = Histogram(
            "sngi_batch_questions", "Questions answered together.", buckets=_BATCH_SIZES, registry=registry
        )
        self.step_seconds = Histogram(
            "sngi_step_seconds",
            "Time that a batch spent in a step of the cascade.",
            ("step",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._steps = {step: self.step_seconds.labels(step) for step in get_args(Lap)}
        self.hot_keys = Counter(
            "sngi_hot_keys_left_out", "Keys not asked, because too many persons share them.", registry=registry
        )
        self.truncated = Counter(
            "sngi_truncated_searches",
            "Searches of one question that found more than may be looked at.",
            registry=registry,
        )
        self.search_seconds = Histogram(
            "sngi_engine_search_seconds",
            "Time of one search of the engine, attempts included.",
            ("search",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._searches = {search: self.search_seconds.labels(search) for search in get_args(Search)}
        self.engine_errors = Counter(
            "sngi_engine_errors",
            "Searches that failed after all attempts, by kind.",
            ("search", "kind"),
            registry=registry,
        )

        self.payroll_files = Counter(
            "sngi_payroll_files", "Payroll files that ended, by how.", ("state",), registry=registry
        )
        self.payroll_individuals = Counter(
            "sngi_payroll_individuals",
            "Individuals of the payroll files that are done, by outcome.",
            ("outcome",),
            registry=registry,
        )

        self._answers, self._reasons = cache(self.answers.labels), cache(self.reasons.labels)
        self._requests, self._request_seconds = cache(self.requests.labels), cache(self.request_seconds.labels)

    def answered(self, endpoint: str, findings: Sequence[Finding], answers: Sequence[Answer]) -> None:
        """Count answers as they leave, and what was found for them."""
        for (outcome, path), count in Count((answer.outcome, answer.path or "none") for answer in answers).items():
            self._answers(endpoint, outcome, path).inc(count)
        for reason, count in Count(answer.reason for answer in answers if answer.reason).items():
            self._reasons(reason).inc(count)
        ranked = [finding.decision.ranked for finding in findings if finding.decision]
        self.candidates.observe_all([len(scores) for scores in ranked])
        self.margin.observe_all([scores[0].bits - scores[1].bits for scores in ranked if len(scores) > 1])
        self.confidence.observe_all(
            [finding.answer.confidence for finding in findings if finding.answer.confidence is not None]
        )

    def outcome(self, endpoint: str, outcome: str) -> None:
        """Count one answer that no search led to, or a verification."""
        self._answers(endpoint, outcome, "none").inc()

    def payroll_ended(self, job: Job) -> None:
        """Count a payroll file and its individuals, whichever processes identified them."""
        self.payroll_files.labels(job.state).inc()
        for outcome, count in (job.totals or {}).get("outcomes", {}).items():
            self.payroll_individuals.labels(outcome).inc(count)

    def requested(self, endpoint: str, status: int | None, seconds: Sequence[float]) -> None:
        """Count requests that ended alike, by the time of each; no status was sent where its caller left before."""
        self._requests(endpoint, str(status or "none")).inc(len(seconds))
        self._request_seconds(endpoint).observe_all(seconds)

    @contextmanager
    def batch(self, seen: BatchSeen) -> Iterator[None]:
        try:
            yield
        finally:
            self.batch_questions.observe(seen.questions)
            for step, seconds in seen.seconds.items():
                self._steps[step].observe(seconds)
            if seen.hot_keys:
                self.hot_keys.inc(seen.hot_keys)
            if seen.truncated:
                self.truncated.inc(seen.truncated)

    @contextmanager
    def search(self, kind: Search) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        except Moved:
            raise  # no failure: the register changed, and the batch is asked again
        except Exception as error:
            self.engine_errors.labels(kind, kind_of(error)).inc()
            raise
        finally:
            self._searches[kind].observe(time.perf_counter() - started)


def kind_of(error: Exception) -> str:
    """Return the name of a failure that the engines declare, `other` for any other."""
    return next((kind.__name__ for kind in _KINDS if isinstance(error, kind)), "other")

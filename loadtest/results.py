"""What a stage of a load test came to, and whether it is good enough."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from loadtest.plans import Called, Kind

_REFUSED = 429


@dataclass(frozen=True, slots=True)
class Result:
    """The calls of one kind in one stage. Rates are questions a second; times count from when a call was due."""

    stage: str
    kind: Kind
    offered: float
    served: float
    refused: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    statuses: dict[int, int]
    answered: int
    right: int
    wrong: int
    failed: int
    client_late_p99_ms: float
    """Of this, what the client itself came late: it shares the machine."""

    @property
    def errors(self) -> int:
        return self.failed + sum(count for status, count in self.statuses.items() if status not in (200, _REFUSED))


@dataclass(frozen=True, slots=True)
class PassLine:
    """What a stage promises; None promises nothing."""

    p99_ms: float | None = None
    least_served: float | None = None
    most_errors: int = 0
    most_wrong_share: float = 1e-3
    """Of the answers; one is always forgiven, for a short stage says nothing of a thousandth."""

    def missed(self, result: Result) -> list[str]:
        """Say in words what was missed."""
        words = []
        if self.p99_ms is not None and result.p99_ms > self.p99_ms:
            words.append(
                f"p99 {result.p99_ms:.0f} ms, promised {self.p99_ms:.0f}"
                f" (calls left up to {result.client_late_p99_ms:.0f} ms late: the client's own)"
            )
        if self.least_served is not None and result.served < self.least_served:
            words.append(f"{result.served:.0f} served a second, promised {self.least_served:.0f}")
        if result.errors > self.most_errors:
            words.append(f"{result.errors} errors, promised {self.most_errors}")
        if result.wrong > max(1, self.most_wrong_share * result.answered):
            words.append(f"{result.wrong} answers name somebody else")
        return words


@dataclass(slots=True)
class Stage:
    """A stage with all its results and what it missed."""

    name: str
    seconds: float
    results: dict[Kind, Result]
    missed: list[str] = field(default_factory=list)


def result_of(stage: str, kind: Kind, called: Sequence[Called], seconds: float) -> Result:
    """Sum up the calls of one kind; those that were refused have no part in the times."""
    mine = [call for call in called if call.kind == kind]
    served = [call for call in mine if call.status == 200]
    ended_s = max([seconds, *(call.due_s + call.ms / 1_000 for call in served)])
    times = [call.ms for call in served] or [float("nan")]
    p50, p95, p99 = (float(np.percentile(times, share)) for share in (50, 95, 99))
    return Result(
        stage=stage,
        kind=kind,
        offered=sum(call.questions for call in mine) / seconds,
        served=sum(call.questions for call in served) / ended_s,
        refused=sum(call.questions for call in mine if call.status == _REFUSED) / seconds,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        statuses=dict(Counter(call.status for call in mine)),
        answered=sum(call.questions for call in served),
        right=sum(call.right for call in mine),
        wrong=sum(call.wrong for call in mine),
        failed=sum(call.failed for call in mine),
        client_late_p99_ms=float(np.percentile([call.late_ms for call in mine] or [0.0], 99)),
    )

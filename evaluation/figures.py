"""The figures of one evaluation: counts per class of questions, intervals, and the series that the report draws."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

OUTCOMES = (
    "right",
    "wrong",
    "ambiguous",
    "too_distant",
    "not_found",
    "insufficient",
)
"""How one labelled question can end: identified as the right person or as another, or refused and why."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of `count` among `of`, with its 95 % interval (Wilson)."""

    count: int
    of: int
    rate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Row:
    """The questions of one group and how they ended; `missed` are registered persons not identified as themselves."""

    group: str
    questions: int
    registered: int
    outcomes: dict[str, int]
    wrong: Rate
    missed: Rate
    among_candidates: Rate


@dataclass(frozen=True, slots=True)
class ThresholdPoint:
    """What a threshold on the confidence would give, margin and vetoes as they are.

    `precision` is the share of right among identified, `recall` of right among registered, `false_on_absent` of
    identified among absent persons.
    """

    threshold: float
    precision: float
    recall: float
    false_on_absent: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers whose best candidate has a confidence in [low, high): how often that candidate is the person."""

    low: float
    high: float
    confidence: float
    right: Rate


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts[i]` values lie in [edges[i], edges[i + 1])."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FamilyRecall:
    """One key family: of how many registered persons asked about it holds the true record, and its cost.

    `asked` counts the questions that make a key of the family, `found` those whose true record shares one, `alone`
    those that no other family of the same or an earlier stage finds. `terms` are keys per identity in the register.
    """

    family: str
    stage: str
    asked: int
    found: int
    alone: int
    terms: float
    mean_block: float
    p99_block: int


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the budgets: what is wished, what was measured. All are shares, not per cent.

    `upper` is the end of the 95 % interval on the bad side: the lower one where more is better.
    """

    name: str
    must: float
    goal: float
    measured: float
    upper: float
    at_least: bool = False

    @property
    def met(self) -> str:
        return "goal" if self._keeps(self.goal) else "must" if self._keeps(self.must) else "missed"

    def _keeps(self, limit: float) -> bool:
        return self.measured >= limit if self.at_least else self.measured <= limit


@dataclass(frozen=True, slots=True)
class Figures:
    """One register and one set of labelled questions."""

    title: str
    register: str
    identities: int
    engine: str
    model: str
    seed: int | None
    questions: int
    a_second: float
    mix: dict[str, float]
    total: Row
    registered: Row
    absent: Row
    by_class: tuple[Row, ...]
    by_origin: tuple[Row, ...]
    by_age: tuple[Row, ...]
    baseline: Row
    thresholds: tuple[ThresholdPoint, ...]
    reliability: tuple[ReliabilityBin, ...]
    calibration_error: float
    margins_right: Histogram
    margins_wrong: Histogram
    candidates: Histogram
    candidates_quantiles: dict[str, float]
    paths: dict[str, int]
    families: tuple[FamilyRecall, ...]
    goals: tuple[Goal, ...]


def rate(count: int, of: int) -> Rate:
    """Return a share with its 95 % Wilson interval; 0 of 0 is a share of 0 about which nothing is known."""
    if of == 0:
        return Rate(0, 0, 0.0, 0.0, 1.0)
    z = 1.96
    share = count / of
    middle = share + z * z / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return Rate(count, of, share, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


def histogram(values: Iterable[float], edges: Sequence[float]) -> Histogram:
    """Count values between edges; those beyond the last or before the first edge go to the nearest bin."""
    counts, inner = [0] * (len(edges) - 1), edges[1:-1]
    for value in values:
        counts[bisect_right(inner, value)] += 1
    return Histogram(tuple(edges), tuple(counts))

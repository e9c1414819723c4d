"""From the results of labelled questions to the figures of a report."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import isinf, nan

import numpy as np

from evaluation.figures import (
    OUTCOMES,
    Goal,
    Histogram,
    Rate,
    ReliabilityBin,
    Row,
    ThresholdPoint,
    histogram,
    rate,
)
from evaluation.running import Result

_CONFIDENCE_EDGES = (
    *(0.0, 1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5, 0.8, 0.9, 0.95),
    *(0.98, 0.99, 0.995, 0.998, 0.999, 0.9999, 1.0),
)
_THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.998, 0.999, 0.9995, 0.9999, 0.99999)
_MARGIN_EDGES = tuple(float(edge) for edge in range(0, 44, 2))
_MOST_MARGIN = _MARGIN_EDGES[-1]
_CANDIDATE_EDGES = (0, 1, 2, 3, 5, 8, 12, 20, 35, 60, 100, 200, 500, 1000)


def rows(results: Sequence[Result], group: Callable[[Result], str]) -> tuple[Row, ...]:
    """Return one row for each group of questions, the largest first."""
    grouped: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        grouped[group(result)].append(result)
    return tuple(row(name, grouped[name]) for name in sorted(grouped, key=lambda name: (-len(grouped[name]), name)))


def row(group: str, results: Sequence[Result]) -> Row:
    registered = [result for result in results if result.registered]
    outcomes = Counter(result.outcome for result in results)
    right = sum(result.outcome == "right" for result in registered)
    return Row(
        group=group,
        questions=len(results),
        registered=len(registered),
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        wrong=rate(outcomes["wrong"], len(results)),
        missed=rate(len(registered) - right, len(registered)),
        among_candidates=rate(sum(result.among_candidates for result in registered), len(registered)),
    )


def thresholds(results: Sequence[Result]) -> tuple[ThresholdPoint, ...]:
    registered = sum(result.registered for result in results)
    absent = len(results) - registered
    points = []
    for threshold in _THRESHOLDS:
        named = [result for result in results if result.named and result.confidence >= threshold]
        right = sum(result.best_is_right for result in named)
        false = sum(not result.registered for result in named)
        points.append(
            ThresholdPoint(
                threshold=threshold,
                precision=right / len(named) if named else nan,
                recall=right / registered if registered else nan,
                false_on_absent=false / absent if absent else nan,
            )
        )
    return tuple(points)


def reliability(results: Sequence[Result]) -> tuple[tuple[ReliabilityBin, ...], float]:
    """Return how often the best candidate is right in each range of confidence, and the mean distance of the two.

    Questions without a candidate have no confidence and are left out.
    """
    bins: dict[int, list[Result]] = defaultdict(list)
    with_candidate = [result for result in results if result.candidates]
    for result in with_candidate:
        bins[min(bisect_right(_CONFIDENCE_EDGES, result.confidence) - 1, len(_CONFIDENCE_EDGES) - 2)].append(result)
    found, distance = [], 0.0
    for place in sorted(bins):
        confidence = float(np.mean([result.confidence for result in bins[place]]))
        right = rate(sum(result.best_is_right for result in bins[place]), len(bins[place]))
        distance += abs(confidence - right.rate) * len(bins[place])
        found.append(ReliabilityBin(_CONFIDENCE_EDGES[place], _CONFIDENCE_EDGES[place + 1], confidence, right))
    return tuple(found), distance / len(with_candidate) if with_candidate else 0.0


def margins(results: Iterable[Result], right: bool) -> Histogram:
    """Return how far the best candidate leads, in bits, where it is the person and where it is not."""
    leads = (result.margin for result in results if result.candidates and result.best_is_right == right)
    return histogram((_MOST_MARGIN if isinf(lead) else lead for lead in leads), _MARGIN_EDGES)


def candidates(results: Sequence[Result]) -> tuple[Histogram, dict[str, float]]:
    counts = [result.candidates for result in results]
    quantiles = {f"p{q}": float(np.percentile(counts, q)) for q in (50, 95, 99)} if counts else {}
    mean = {"mean": float(np.mean(counts))} if counts else {}
    return histogram(counts, _CANDIDATE_EDGES), mean | quantiles


def goals(total: Row, registered: Row, calibration_error: float, with_number: bool) -> tuple[Goal, ...]:
    """Return the budgets of accuracy beside what was measured."""
    if with_number:
        wrong, missed = (1e-4, 1e-5), (5e-3, 1e-3)
    else:
        wrong, missed = (1e-3, 1e-4), (5e-2, 2.5e-2)
    among = registered.among_candidates
    return (
        _at_most("wrong identity", wrong, total.wrong),
        _at_most("missed", missed, registered.missed),
        Goal("true person among the candidates", 0.99, 0.997, among.rate, among.lower, at_least=True),
        Goal("calibration error", 0.05, 0.02, calibration_error, calibration_error),
    )


def _at_most(name: str, limits: tuple[float, float], measured: Rate) -> Goal:
    must, goal = limits
    return Goal(name, must, goal, measured.rate, measured.upper)

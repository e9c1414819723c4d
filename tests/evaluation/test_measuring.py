"""Figures from results: what counts as wrong, missed, sure, and how far the truth may lie from a share."""

from dataclasses import replace

import pytest

from evaluation.figures import histogram, rate
from evaluation.measuring import goals, margins, reliability, row, rows, thresholds
from evaluation.running import Result

RIGHT = Result(
    kind="as_registered",
    origin="france",
    born=1970,
    registered=True,
    outcome="right",
    confidence=0.999,
    best_is_right=True,
    named=True,
    path="keys",
    candidates=2,
    margin=20.0,
    among_candidates=True,
)
MISSED = replace(RIGHT, outcome="too_distant", confidence=0.9)
WRONG = replace(RIGHT, outcome="wrong", confidence=0.995, best_is_right=False, among_candidates=False)
ABSENT = replace(
    RIGHT,
    registered=False,
    outcome="not_found",
    confidence=0.0,
    best_is_right=False,
    named=False,
    candidates=0,
    among_candidates=False,
)
ABSENT_NAMED = replace(ABSENT, outcome="wrong", confidence=0.995, named=True, candidates=1)


def test_a_registered_person_not_identified_as_themselves_is_missed() -> None:
    found = row("all", [RIGHT, MISSED, WRONG, ABSENT])
    assert (found.questions, found.registered) == (4, 3)
    assert (found.missed.count, found.missed.of) == (2, 3)
    assert (found.wrong.count, found.wrong.of) == (1, 4)
    assert (found.among_candidates.count, found.among_candidates.of) == (2, 3)


def test_groups_are_rows_the_largest_first() -> None:
    found = rows([RIGHT, RIGHT, replace(WRONG, kind="day_wrong")], lambda result: result.kind)
    assert [(one.group, one.questions) for one in found] == [("as_registered", 2), ("day_wrong", 1)]


def test_nothing_asked_says_nothing() -> None:
    empty = row("all", [])
    assert empty.questions == 0 and empty.wrong.upper == 1.0
    assert reliability([]) == ((), 0.0)
    assert margins([], right=True).counts == (0,) * (len(margins([], right=True).edges) - 1)


def test_no_error_in_three_hundred_thousand_may_still_be_one_in_a_hundred_thousand() -> None:
    none = rate(0, 300_000)
    assert none.rate == 0.0 and 1e-5 < none.upper < 1.4e-5


def test_a_higher_threshold_names_fewer_and_errs_less() -> None:
    points = {point.threshold: point for point in thresholds([RIGHT, MISSED, WRONG, ABSENT, ABSENT_NAMED])}
    assert points[0.9].recall == pytest.approx(2 / 3)
    assert points[0.998].precision == 1.0
    assert points[0.9].false_on_absent == 0.5 and points[0.998].false_on_absent == 0.0


def test_a_confidence_that_is_always_right_is_as_far_off_as_it_is_below_one() -> None:
    bins, error = reliability([replace(RIGHT, confidence=0.97)] * 10)
    assert [(one.low, one.high, one.right.count) for one in bins] == [(0.95, 0.98, 10)]
    assert error == pytest.approx(0.03)


def test_values_beyond_the_last_edge_stand_in_the_last_bin() -> None:
    assert histogram([-1, 0, 1, 9, 100], (0, 1, 5, 10)).counts == (2, 1, 2)


def test_a_goal_is_met_on_the_right_side() -> None:
    total = row("all", [RIGHT] * 99 + [WRONG])
    by_name = {goal.name: goal.met for goal in goals(total, total, 0.01, with_number=False)}
    assert by_name["wrong identity"] == "missed"
    assert by_name["missed"] == "goal"
    assert by_name["calibration error"] == "goal"
    assert by_name["true person among the candidates"] == "must"

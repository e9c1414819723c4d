"""Calls come when they are due and ask about persons as in life."""

from collections import Counter
from itertools import islice, pairwise

import numpy as np
import pytest

from loadtest.plans import Called, Plan, arrivals, drawn, ramp, steady
from loadtest.results import PassLine, result_of


def test_calls_arrive_at_the_rate_and_independently() -> None:
    times = list(arrivals(Plan("unit", steady(50), 200), np.random.default_rng(1)))
    assert len(times) == pytest.approx(50 * 200, rel=0.05)
    gaps = np.diff(times)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)
    assert all(earlier < later for earlier, later in pairwise(times))


def test_a_ramp_rises_to_its_rate_and_stays_there() -> None:
    times = np.array(list(arrivals(Plan("batch", ramp(100, 50), 100), np.random.default_rng(2))))
    assert np.sum(times < 25) == pytest.approx(625, rel=0.15)
    assert np.sum(times > 50) == pytest.approx(5_000, rel=0.05)


def test_nobody_calls_at_a_rate_of_nothing() -> None:
    assert list(arrivals(Plan("unit", steady(0), 10), np.random.default_rng(3))) == []


def test_some_persons_are_asked_about_often_and_none_twice_in_a_moment() -> None:
    persons = list(islice(drawn(range(1_000), np.random.default_rng(4)), 20_000))
    counts = Counter(persons)
    assert len(counts) > 900
    assert counts.most_common(1)[0][1] > 3 * 20_000 / 1_000
    assert all(len(set(persons[start : start + 200])) == 200 for start in range(0, 19_800, 50))


def test_the_only_question_is_asked_again() -> None:
    assert list(islice(drawn(["one"], np.random.default_rng(5)), 3)) == ["one"] * 3


def called(status: int, ms: float = 10.0, **found: int) -> Called:
    counts = {"right": 0, "wrong": 0, "failed": 0} | found
    return Called("unit", due_s=1.0, late_ms=0.0, ms=ms, status=status, questions=1, **counts)


@pytest.mark.parametrize(
    ("calls", "line", "missed"),
    [
        ([called(200, right=1)] * 100, PassLine(p99_ms=50, least_served=10), []),
        ([called(200, ms=90)] * 100, PassLine(p99_ms=50), ["p99"]),
        ([called(429)] * 90 + [called(200)] * 10, PassLine(least_served=9), ["served"]),
        ([called(503)], PassLine(), ["errors"]),
        ([called(0)], PassLine(), ["errors"]),
        ([called(200, failed=1)], PassLine(), ["errors"]),
        ([called(200, wrong=1)] * 5 + [called(200, right=1)] * 95, PassLine(), ["somebody else"]),
        ([called(429)] * 5, PassLine(p99_ms=50), []),
    ],
)
def test_a_promise_that_is_missed_is_said(calls: list[Called], line: PassLine, missed: list[str]) -> None:
    words = line.missed(result_of("stage", "unit", calls, seconds=2))
    assert len(words) == len(missed)
    assert all(word in said for word, said in zip(missed, words, strict=True))


def test_what_was_refused_has_no_part_in_the_times() -> None:
    result = result_of("stage", "unit", [called(200, ms=10), called(429, ms=9_000)], seconds=1)
    assert (result.p99_ms, result.refused) == (10.0, 1.0)

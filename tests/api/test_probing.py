"""Probing is held back and reported; honest failures are not."""

from pathlib import Path

import structlog
from hypothesis import given
from hypothesis import strategies as st

from api.probing import Trace, Watch
from tests.api.organism_files import caller
from tests.api.test_access import QUESTION, VERIFICATION
from tests.api.test_audited import audited


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def tried(question: int, person: str = "P1", refused: bool = True) -> Trace:
    return Trace(question, (("person", person),), refused)


def test_past_the_tries_even_the_right_guess_is_withheld_until_the_pause_is_over() -> None:
    clock = Clock()
    watch = Watch(3, 60.0, clock)
    assert [watch.judge("a", tried(number)) for number in range(3)] == [None] * 3
    held = watch.judge("a", tried(99, refused=False))
    assert held is not None
    assert held.retry_after_s == 60
    clock.now = 60.0
    assert watch.judge("a", tried(99, refused=False)) is None


def test_another_person_another_organism_and_the_same_question_again_are_no_probing() -> None:
    watch = Watch(3, 60.0, Clock())
    assert [watch.judge("a", tried(7)) for _ in range(50)] == [None] * 50
    assert [watch.judge("a", tried(number, f"P{number}")) for number in range(50)] == [None] * 50
    assert [watch.judge(f"o{number}", tried(number, "P7")) for number in range(50)] == [None] * 50


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 8))
def test_no_more_different_refusals_leave_than_are_allowed(questions: list[int], tries: int) -> None:
    watch = Watch(tries, 60.0, Clock())
    left = {number for number in questions if watch.judge("a", tried(number)) is None}
    assert len(left) <= tries


def test_a_number_beside_another_is_held_but_an_identified_one_is_not() -> None:
    watch = Watch(2, 60.0, Clock())
    for number in range(2):
        watch.judge("a", Trace(number, (("neighbours", "1560399999"),), True))
    assert watch.judge("a", Trace(5, (("neighbours", "1560399999"),), True)) is not None
    assert watch.judge("a", Trace(5, (("neighbours", "1560399999"),), False)) is None


def test_a_birth_date_cannot_be_guessed_in_one_batch(data_dir: Path) -> None:
    guesses = [QUESTION | {"birth_date": f"1956-07-{day:02d}"} for day in range(5, 31)]
    with caller(data_dir, probing_tries=5) as http, structlog.testing.capture_logs() as events:
        answers = http.post("/v1/identify/batch", json={"queries": [*guesses, QUESTION]}).json()["answers"]
        alone = http.post("/v1/identify", json=QUESTION)
    outcomes = [answer["outcome"] for answer in answers]
    assert outcomes.count("failed") == 22
    assert outcomes[-1] == "failed"
    assert answers[-1]["identity"] is None
    assert alone.status_code == 429
    assert int(alone.headers["retry-after"]) > 500
    assert [event["kind"] for event in events if event["event"] == "probing_suspected"] == ["person"]
    assert "GOFF" not in str(events)
    assert audited(data_dir)[0]["alerts"] == {"person": 22}


def test_names_cannot_be_tried_against_a_number_nor_numbers_beside_each_other(data_dir: Path) -> None:
    with caller(data_dir, probing_tries=3) as http:
        names = [http.post("/v1/verify", json=VERIFICATION | {"birth_name": name}) for name in ("AB", "CD", "EF")]
        assert {reply.json()["result"] for reply in names} == {"not_confirmed"}
        assert http.post("/v1/verify", json=VERIFICATION).status_code == 429
        statuses = [
            http.post("/v1/verify", json=VERIFICATION | {"nir": f"2841199999{order:03d}"}).status_code
            for order in range(201, 206)
        ]
        assert statuses == [200, 200, 200, 429, 429]

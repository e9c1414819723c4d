"""What would have made the answer unique: always by the real score and the real decision, about the best one only."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Query, Record
from analyzers.names import read_name, read_names
from analyzers.nir import read_nir
from analyzers.places import read_place
from scoring.alternatives import alternatives, open_traits, separating_traits, suppose
from scoring.decision import Decision, decide
from scoring.model import Criterion, load_model
from scoring.score import score
from scoring.weights import Weights
from tests.persons import PERSON, STRANGER
from tests.strategies import questions_about, records, statistics_of

MODEL = load_model()
HOMONYM = replace(PERSON, id="P2", nir=None, birth_date=PartialDate(1951, 12, 25))
TWIN = replace(PERSON, id="P3", nir="1560399999102", given_names=read_names(["ERWAN"]))
SAME_AGAIN = replace(PERSON, id="P4", nir=None)
WEIGHTS = Weights(MODEL, statistics_of([PERSON, TWIN, *[STRANGER] * 10_000]))
NAME_AND_PLACE = Query(
    birth_name=read_name("LE GOFF"), given_names=read_names(["YANN"]), birth_place=read_place("29019", "BREST")
)
FULL = replace(NAME_AND_PLACE, birth_date=PartialDate(1956, 3, 4), sex="M")


def decided(query: Query, *candidates: Record, truncated: bool = False, weights: Weights = WEIGHTS) -> Decision:
    scores = [score(query, record, weights) for record in candidates]
    return decide(query, scores, weights.statistics.identities, "wide", truncated, MODEL)


def helpful(query: Query, *candidates: Record, truncated: bool = False) -> list[tuple[Criterion, ...]]:
    decision = decided(query, *candidates, truncated=truncated)
    return [found.criteria for found in alternatives(query, decision, "wide", WEIGHTS)]


def test_an_unsaid_trait_that_suffices_is_named() -> None:
    assert helpful(Query(birth_name=read_name("LE GOFF")), PERSON) == [
        ("birth_date",),
        ("given_names",),
        ("nir",),
    ]


def test_homonyms_are_told_apart_by_the_traits_on_which_they_differ() -> None:
    assert set(helpful(NAME_AND_PLACE, PERSON, HOMONYM)) == {("nir",), ("birth_date",)}
    assert separating_traits(NAME_AND_PLACE, PERSON, HOMONYM, WEIGHTS) == ("nir", "birth_date")
    assert separating_traits(NAME_AND_PLACE, HOMONYM, PERSON, WEIGHTS) == ("nir", "birth_date")


def test_twins_are_told_apart_by_the_given_name() -> None:
    unsaid = replace(FULL, given_names=())
    assert ("given_names",) in helpful(unsaid, PERSON, TWIN)
    assert separating_traits(unsaid, PERSON, TWIN, WEIGHTS) == ("nir", "given_names")


def test_records_that_nothing_tells_apart_are_helped_by_nothing() -> None:
    again = replace(SAME_AGAIN, id="P9")
    assert helpful(FULL, SAME_AGAIN, again) == []
    assert separating_traits(FULL, SAME_AGAIN, again, WEIGHTS) == ()


def test_two_traits_are_named_only_when_no_single_one_suffices() -> None:
    found = helpful(Query(given_names=read_names(["Y"])), replace(PERSON, nir=None))
    assert ("birth_date", "given_names") in found
    assert {len(criteria) for criteria in found} == {2}


def test_a_trait_said_otherwise_is_a_correction_and_one_left_out_is_not() -> None:
    wrong = replace(FULL, given_names=read_names(["ERWAN"]), nir=None, nir_unusable=True)
    decision = decided(wrong, PERSON)
    assert decision.reason == "veto"
    found = {item.criteria: item.corrected for item in alternatives(wrong, decision, "wide", WEIGHTS)}
    assert found[("given_names",)] == ("given_names",)
    assert found.get(("nir",), ()) == ()


@pytest.mark.parametrize("candidates", [(), (PERSON,), (PERSON, TWIN)])
def test_nothing_helps_without_a_candidate_nor_when_not_all_was_seen(candidates: tuple[Record, ...]) -> None:
    assert helpful(NAME_AND_PLACE, *candidates, truncated=True) == []
    assert helpful(NAME_AND_PLACE) == []


def test_what_agrees_in_full_is_not_open() -> None:
    assert open_traits(FULL, score(FULL, PERSON, WEIGHTS), WEIGHTS) == ("nir",)


def test_a_supposed_number_is_usable() -> None:
    supposed = suppose(replace(FULL, nir_unusable=True), PERSON, ["nir"])
    assert (supposed.nir, supposed.nir_unusable) == (read_nir("1560399999101"), False)


def test_what_a_record_lacks_cannot_be_supposed() -> None:
    assert suppose(FULL, Record(id="P1"), ["nir", "birth_name", "given_names", "birth_date", "parents"]) == FULL


Asked = tuple[Query, list[Record], Weights]


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    people = draw(st.lists(records(), min_size=1, max_size=4, unique_by=lambda record: record.id))
    query = draw(questions_about(people[0]))
    return query, people, Weights(MODEL, statistics_of(people, scale=draw(st.sampled_from([1, 1000, 100_000]))))


@given(asked())
def test_an_alternative_is_what_the_real_decision_says(case: Asked) -> None:
    query, people, weights = case
    decision = decided(query, *people, weights=weights)
    best = decision.ranked[0].record
    found = alternatives(query, decision, "wide", weights)
    if decision.outcome == "identified":
        assert found == ()
    for alternative in found:
        again = decided(suppose(query, best, alternative.criteria), *people, weights=weights)
        assert (again.outcome, again.ranked[0].record, again.confidence) == ("identified", best, alternative.confidence)
    assert len({len(alternative.criteria) for alternative in found}) <= 1


@given(asked())
def test_no_single_trait_that_suffices_is_left_out(case: Asked) -> None:
    """The law without the shortcut, which decides for the best one alone before the others are scored."""
    query, people, weights = case
    decision = decided(query, *people, weights=weights)
    if decision.outcome == "identified":
        return
    best = decision.ranked[0]
    found = {item.criteria for item in alternatives(query, decision, "wide", weights)}
    for trait in open_traits(query, best, weights):
        again = decided(suppose(query, best.record, [trait]), *people, weights=weights)
        suffices = again.outcome == "identified" and again.ranked[0].record == best.record
        assert ((trait,) in found) == suffices


@given(asked())
def test_what_separates_two_records_is_symmetric(case: Asked) -> None:
    query, people, weights = case
    one, other = people[0], people[-1]
    assert separating_traits(query, one, other, weights) == separating_traits(query, other, one, weights)

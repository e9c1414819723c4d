"""An explanation can be followed by hand: its own numbers make the confidence, and its words say the same."""

from dataclasses import replace
from math import fsum, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Query, Record
from analyzers.names import read_name, read_names
from analyzers.nir import read_nir
from analyzers.places import read_place
from identification.answers import Answer, Served, answer_of, insufficient_answer
from identification.cascade import Finding
from identification.explanation import Explanation, explain
from identification.questions import Asked
from identification.wording import LEVEL_WORDS, WORDS
from scoring.decision import Step, decide
from scoring.model import load_model
from scoring.posterior import posterior
from scoring.score import score
from scoring.statistics import Statistics
from scoring.weights import Weights
from tests.persons import FATHER, PERSON, STRANGER
from tests.strategies import questions_about, records, statistics_of

MODEL = load_model()
STAMP = Served("model", "index", 0)
HOMONYM = replace(PERSON, id="P2", nir=None, birth_date=PartialDate(1951, 12, 25))
BARE = replace(PERSON, nir=None, sex=None)
REGISTER = statistics_of([PERSON, FATHER, *[STRANGER] * 10_000])
QUERY = Query(
    birth_name=read_name("LE GOFF"),
    given_names=read_names(["YANN"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
)
UNDATED = replace(QUERY, birth_date=None)


def find(
    query: Query,
    *candidates: Record,
    register: Statistics = REGISTER,
    step: Step = "wide",
    truncated: bool = False,
) -> Finding:
    scores = [score(query, record, Weights(MODEL, register)) for record in candidates]
    decision = decide(query, scores, register.identities, step, truncated, MODEL)
    asked = Asked(query=query)
    return Finding(asked, answer_of(asked, decision, step, STAMP), decision)


def explained(query: Query, *candidates: Record, truncated: bool = False) -> Explanation:
    return explain(find(query, *candidates, truncated=truncated), MODEL, REGISTER)


def confidence_by_hand(explanation: Explanation, rank: int = 0) -> float:
    """What a reader makes of the numbers shown, and of nothing else."""
    totals = [fsum(step.bits for step in candidate.waterfall) for candidate in explanation.candidates]
    return 2 ** totals[rank] / (2 ** totals[0] + fsum(2**rival.bits for rival in explanation.against))


def assert_rounded_down(shown: float | None, exact: float) -> None:
    assert shown is not None
    assert -1e-9 <= exact - shown <= 1e-6 + 1e-9


Found = tuple[Finding, Statistics]


@st.composite
def findings(draw: st.DrawFn) -> Found:
    people = draw(st.lists(records(), min_size=1, max_size=4, unique_by=lambda record: record.id))
    query = draw(questions_about(people[0]))
    register = statistics_of(people, scale=draw(st.sampled_from([1, 1000, 100_000])))
    step: Step = draw(st.sampled_from(["nir", "keys", "wide"]))
    truncated = draw(st.sampled_from([False, False, False, True]))
    return find(query, *people, register=register, step=step, truncated=truncated), register


@given(findings())
def test_the_numbers_shown_make_the_confidence_given(found: Found) -> None:
    explanation = explain(found[0], MODEL, found[1])
    assert explanation.answer.confidence == explanation.candidates[0].confidence
    for rank, candidate in enumerate(explanation.candidates):
        assert_rounded_down(candidate.confidence, confidence_by_hand(explanation, rank))
    own = confidence_by_hand(explanation)
    assert isclose(own + fsum(rival.share for rival in explanation.against), 1, abs_tol=1e-9)


@given(findings())
def test_the_shares_are_those_of_the_posterior(found: Found) -> None:
    finding, register = found
    assert finding.decision is not None
    assert finding.asked.query is not None
    assert finding.answer.path is not None
    explanation = explain(finding, MODEL, register)
    true = posterior(
        finding.decision.ranked, register.identities, finding.asked.query.channel, finding.answer.path, MODEL
    )
    shares = {rival.who: rival.share for rival in explanation.against}
    unseen = shares.get("not_registered", 0) + shares.get("registered_not_found", 0)
    relatives = sum(shares.get(relative.name, 0) for relative in MODEL.relatives)
    assert isclose(unseen, true.of_others, rel_tol=1e-9, abs_tol=1e-12)
    assert isclose(relatives, true.of_relatives, rel_tol=1e-9, abs_tol=1e-12)
    assert isclose(shares.get("runner_up", 0), sum(true.of_candidates[1:2]), rel_tol=1e-9, abs_tol=1e-12)


@given(findings())
def test_each_waterfall_starts_at_the_prior_and_ends_at_the_score(found: Found) -> None:
    finding, register = found
    explanation = explain(finding, MODEL, register)
    assert finding.decision is not None
    for candidate, scored in zip(explanation.candidates, finding.decision.ranked, strict=True):
        first, *steps = candidate.waterfall
        assert (first.criterion, first.total) == ("prior", first.bits)
        assert [(step.criterion, step.level, step.bits) for step in steps] == [
            (item.criterion, item.level, item.bits) for item in scored.evidence
        ]
        assert isclose(candidate.waterfall[-1].total, first.bits + scored.bits, abs_tol=1e-9)


@given(findings())
def test_the_differences_make_the_distance_to_the_best(found: Found) -> None:
    finding, register = found
    assert finding.decision is not None
    for candidate, scored in zip(explain(finding, MODEL, register).candidates, finding.decision.ranked, strict=True):
        behind = fsum(item.bits for item in candidate.weaker) - fsum(item.bits for item in candidate.stronger)
        assert isclose(behind, finding.decision.ranked[0].bits - scored.bits, abs_tol=1e-9)
        for differences in (candidate.weaker, candidate.stronger):
            bits = [item.bits for item in differences]
            assert bits == sorted(bits, reverse=True)
            assert all(value > 0 for value in bits)


@given(findings())
def test_the_conditions_all_hold_exactly_when_identified(found: Found) -> None:
    explanation = explain(found[0], MODEL, found[1])
    identified = explanation.answer.outcome == "identified"
    assert all(condition.holds for condition in explanation.conditions) == identified
    assert (explanation.note is None) == identified
    if identified:
        assert (explanation.would_identify, explanation.separating) == ((), ())


def test_an_identified_answer_needs_nothing() -> None:
    explanation = explained(replace(QUERY, nir=read_nir("1560399999101")), PERSON)
    assert explanation.candidates[0].verdict == "the person asked about"
    assert (explanation.would_identify, explanation.separating, explanation.note) == ((), (), None)


def test_homonyms_are_told_apart_by_the_trait_on_which_they_differ() -> None:
    explanation = explained(UNDATED, PERSON, HOMONYM)
    assert explanation.answer.outcome == "ambiguous"
    assert explanation.separating == ("nir", "birth_date")
    assert {item.criteria for item in explanation.would_identify} == {("nir",), ("birth_date",)}
    assert "about P1 only" in str(explanation.note)
    assert "as good as the best one" in explanation.candidates[1].verdict


def test_a_veto_says_so_in_words() -> None:
    explanation = explained(replace(QUERY, given_names=read_names(["ERWAN"])), PERSON)
    assert (explanation.answer.outcome, explanation.answer.reason) == ("too_distant", "veto")
    assert "vetoed: none of its given names was said" in explanation.candidates[0].verdict
    (alternative,) = explanation.would_identify
    assert (alternative.criteria, alternative.corrected) == (("given_names",), ("given_names",))


def test_the_holder_of_a_lent_number_says_why_it_lost() -> None:
    explanation = explained(replace(QUERY, nir=read_nir("1280299999103")), PERSON, FATHER)
    best, father = explanation.candidates
    assert (best.identity["id"], father.identity["id"]) == ("P1", "P5")
    assert "the number is its own, but its birth date is another" in father.verdict
    assert "birth date different" in father.verdict
    assert "birth place in the same commune too, but worth less" in father.verdict
    assert [item.criterion for item in father.stronger] == ["nir"]


def test_the_number_of_a_twin_of_a_near_given_name_is_a_veto_and_says_so() -> None:
    mathis = replace(PERSON, given_names=read_names(["MATHIS"]))
    mathias = replace(PERSON, id="P7", nir="1560399999107", given_names=read_names(["MATHIAS"]))
    query = replace(QUERY, nir=read_nir(mathis.nir or ""), given_names=read_names(["MATHIAS"]))
    explanation = explained(query, mathis, mathias)
    assert (explanation.answer.identity, explanation.answer.reason) == (None, "number_conflict")
    assert "no_veto" in [condition.name for condition in explanation.conditions if not condition.holds]
    assert "another of that name and birth bears the given name that was said" in explanation.candidates[0].verdict
    alone = explained(query, mathis)
    assert [condition.name for condition in alone.conditions if condition.name == "no_veto" and condition.holds]


def test_a_candidate_that_lost_says_on_what_and_by_how_much() -> None:
    further = replace(HOMONYM, birth_place=read_place("75056", "PARIS"))
    lost = explained(QUERY, PERSON, further).candidates[1]
    assert [item.criterion for item in lost.weaker] == ["birth_date", "birth_place"]
    date, place = lost.weaker
    assert f"birth date different (−{date.bits:.1f}), birth place different (−{place.bits:.1f})" in lost.verdict


def test_without_a_candidate_there_is_nobody_to_suppose_anything_of() -> None:
    explanation = explained(QUERY)
    assert (explanation.candidates, explanation.against, explanation.would_identify) == ((), (), ())
    assert "no candidate was found" in str(explanation.note)


def test_when_too_little_was_said_nothing_was_searched() -> None:
    asked = Asked(query=Query(birth_name=read_name("LE GOFF")))
    explanation = explain(Finding(asked, insufficient_answer(asked, STAMP)), MODEL, REGISTER)
    assert "nothing was searched" in str(explanation.note)


def test_an_answer_that_could_not_be_given_is_explained_by_itself() -> None:
    failed = Answer(reference=None, outcome="failed")
    assert explain(Finding(Asked(query=QUERY), failed), MODEL) == Explanation(failed)


@pytest.mark.parametrize(
    ("query", "candidates", "truncated", "why"),
    [
        (QUERY, (PERSON,), True, "more records answer than can be looked at"),
        (QUERY, (replace(BARE, id="A"), replace(BARE, id="B")), False, "agrees already"),
        (replace(UNDATED, birth_name=None, birth_place=None), (replace(STRANGER, nir=None),), False, "any two of them"),
    ],
)
def test_where_nothing_would_help_it_says_why(
    query: Query, candidates: tuple[Record, ...], truncated: bool, why: str
) -> None:
    explanation = explained(query, *candidates, truncated=truncated)
    assert explanation.would_identify == ()
    assert why in str(explanation.note)


def test_without_the_counts_of_the_register_candidates_are_still_compared() -> None:
    explanation = explain(find(QUERY, PERSON, HOMONYM), MODEL)
    assert [candidate.waterfall for candidate in explanation.candidates] == [(), ()]
    assert "birth date different" in explanation.candidates[1].verdict
    assert "replaced meanwhile" in str(explanation.note)


def test_every_criterion_and_level_of_the_model_has_words() -> None:
    assert set(WORDS) == set(MODEL.m)
    assert {level for levels in MODEL.m.values() for level in levels} <= set(LEVEL_WORDS)

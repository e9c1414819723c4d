"""From scores to an outcome: one identity or none, the same whatever the order in which candidates came."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Channel, Former, Parent, Query, Record
from analyzers.names import read_name, read_names
from analyzers.nir import read_nir
from analyzers.places import read_place
from scoring.decision import Decision, Outcome, Reason, Step, decide, helpful_traits
from scoring.model import Criterion, load_model
from scoring.posterior import posterior, relatives_share
from scoring.score import Evidence, Score, score
from scoring.weights import Weights
from tests.persons import FATHER, STRANGER
from tests.persons import PERSON as RECORD
from tests.strategies import channels, questions_about, records, statistics_of

MODEL = load_model()
STEPS: tuple[Step, ...] = ("nir", "keys", "wide")
IDENTITIES = 1_000_000
TWIN = replace(RECORD, id="P2", nir="1560399999102", given_names=read_names(["ERWAN"]))
DOUBLE = replace(RECORD, id="P3", nir=None)
NAMESAKE = replace(RECORD, id="P4", nir=None, birth_date=PartialDate(1958, 11, 25))
WEIGHTS = Weights(MODEL, statistics_of([RECORD, TWIN, *[STRANGER] * 10_000]))
QUERY = Query(
    birth_name=read_name("LE GOFF"),
    given_names=read_names(["YANN"]),
    sex="M",
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
)


def decided(
    query: Query, *candidates: Record, identities: int = IDENTITIES, step: Step = "wide", truncated: bool = False
) -> Decision:
    found = [score(query, record, WEIGHTS) for record in candidates]
    return decide(query, found, identities, step, truncated, MODEL)


NAMES_ONLY = replace(QUERY, birth_date=None, birth_place=None)
LENT = replace(QUERY, nir=read_nir("1280299999103"))
DECISIONS: list[tuple[str, Query, tuple[Record, ...], Outcome, Reason | None, str | None]] = [
    ("the person alone", QUERY, (RECORD,), "identified", None, "P1"),
    ("the person and a stranger", QUERY, (STRANGER, RECORD), "identified", None, "P1"),
    ("the person and a twin", QUERY, (TWIN, RECORD), "identified", None, "P1"),
    ("the person twice in the register", QUERY, (DOUBLE, RECORD), "ambiguous", "possible_duplicate", "P1"),
    (
        "twins whose given name is not said",
        replace(QUERY, given_names=()),
        (TWIN, RECORD),
        "ambiguous",
        "siblings",
        "P1",
    ),
    (
        "namesakes whose date is not said",
        replace(QUERY, birth_date=None),
        (NAMESAKE, RECORD),
        "ambiguous",
        "homonyms",
        "P1",
    ),
    ("a name alone", replace(NAMES_ONLY, sex=None), (RECORD,), "too_distant", None, "P1"),
    ("a stranger", QUERY, (STRANGER,), "too_distant", "veto", "P6"),
    ("a stranger whose given name is not said", replace(QUERY, given_names=()), (STRANGER,), "not_found", None, "P6"),
    ("the child with the number of the father", LENT, (FATHER, RECORD), "identified", "number_conflict", "P1"),
    ("the father alone, whose number was lent", LENT, (FATHER,), "too_distant", "number_conflict", "P5"),
    ("nobody", QUERY, (), "not_found", None, None),
]


@pytest.mark.parametrize(
    ("query", "candidates", "outcome", "reason", "best"),
    [row[1:] for row in DECISIONS],
    ids=[row[0] for row in DECISIONS],
)
def test_candidates_are_decided_so(
    query: Query, candidates: tuple[Record, ...], outcome: Outcome, reason: Reason | None, best: str | None
) -> None:
    decision = decided(query, *candidates)
    assert (decision.outcome, decision.reason) == (outcome, reason)
    assert (decision.best.record.id if decision.best else None) == best


@pytest.mark.parametrize("candidates", [(), (RECORD,), (DOUBLE, RECORD), (STRANGER,)])
def test_a_truncated_search_identifies_nobody_and_says_why(candidates: tuple[Record, ...]) -> None:
    decision = decided(QUERY, *candidates, truncated=True)
    assert decision.outcome != "identified"
    assert decision.reason == "truncated"


def test_a_vetoed_candidate_is_never_identified_however_many_bits_it_has() -> None:
    found = Score(RECORD, 200.0, (Evidence("birth_name", "exact", 200.0),), "birth", vetoed=True)
    decision = decide(QUERY, [found], IDENTITIES, "wide", False, MODEL)
    assert (decision.outcome, decision.reason) == ("too_distant", "veto")


@pytest.mark.parametrize("behind", [0.0, 1.0, MODEL.decision.margin_bits - 0.01])
def test_a_runner_up_within_the_margin_forbids_to_choose(behind: float) -> None:
    best = Score(RECORD, 60.0, (Evidence("given_names", "same", 60.0),), "birth", vetoed=False)
    second = replace(best, record=STRANGER, bits=60.0 - behind)
    assert decide(QUERY, [best, second], IDENTITIES, "wide", False, MODEL).outcome == "ambiguous"
    further = replace(second, bits=60.0 - MODEL.decision.margin_bits - 1)
    assert decide(QUERY, [best, further], IDENTITIES, "wide", False, MODEL).outcome == "identified"


def test_equal_scores_rank_by_their_record() -> None:
    decision = decided(QUERY, replace(DOUBLE, id="P9"), DOUBLE, replace(DOUBLE, id="P10"))
    assert [candidate.record.id for candidate in decision.ranked] == ["P10", "P3", "P9"]


Found = tuple[Query, list[Score]]


@st.composite
def found_candidates(draw: st.DrawFn, least: int = 0) -> Found:
    """Candidates that were scored, each record once."""
    register = draw(st.lists(records(), min_size=max(1, least), max_size=3, unique_by=lambda record: record.id))
    query = draw(questions_about(register[0]))
    return query, [score(query, record, WEIGHTS) for record in register[: draw(st.integers(least, len(register)))]]


@given(
    found_candidates(), st.sampled_from(STEPS), st.integers(1, 10**9), st.booleans(), st.randoms(use_true_random=False)
)
def test_the_order_of_the_candidates_changes_no_decision(
    found: Found, step: Step, identities: int, truncated: bool, random: Random
) -> None:
    query, scores = found
    before = decide(query, scores, identities, step, truncated, MODEL)
    random.shuffle(scores)
    assert decide(query, scores, identities, step, truncated, MODEL) == before


@given(found_candidates(), st.sampled_from(STEPS), st.integers(0, 10**9), channels)
def test_probabilities_sum_to_one(found: Found, step: Step, identities: int, channel: Channel) -> None:
    _, scores = found
    shares = posterior(scores, identities, channel, step, MODEL)
    assert sum(shares.of_candidates) + shares.of_relatives + shares.of_others == pytest.approx(1)
    assert all(0 <= share <= 1 for share in (*shares.of_candidates, shares.of_relatives, shares.of_others))


@given(found_candidates(least=1), st.sampled_from(STEPS), st.lists(st.integers(1, 10**9), min_size=2, max_size=5))
def test_more_identities_never_raise_the_confidence(found: Found, step: Step, sizes: list[int]) -> None:
    query, scores = found
    confidences = [decide(query, scores, size, step, False, MODEL).confidences for size in sorted(sizes)]
    for few, many in pairwise(confidences):
        assert all(in_many <= in_few for in_few, in_many in zip(few, many, strict=True))


@given(found_candidates(least=1), st.sampled_from(STEPS))
def test_a_rival_never_raises_the_confidence_of_the_best(found: Found, step: Step) -> None:
    query, scores = found
    rival = replace(scores[0], record=replace(scores[0].record, id="rival"), bits=scores[0].bits - 3)
    alone = decide(query, scores, IDENTITIES, step, False, MODEL)
    together = decide(query, [*scores, rival], IDENTITIES, step, False, MODEL)
    assert (together.confidence or 0) <= (alone.confidence or 0)


@given(found_candidates(least=1), st.sampled_from(STEPS))
def test_the_ranked_are_all_the_candidates_from_the_best_to_the_last(found: Found, step: Step) -> None:
    query, scores = found
    decision = decide(query, scores, IDENTITIES, step, False, MODEL)
    assert sorted(candidate.record.id for candidate in decision.ranked) == sorted(one.record.id for one in scores)
    bits = [candidate.bits for candidate in decision.ranked]
    assert bits == sorted(bits, reverse=True)
    assert len(decision.confidences) == len(decision.ranked)


@given(found_candidates(least=1), st.sampled_from(STEPS), st.booleans())
def test_whoever_is_identified_is_sure_apart_from_the_rest_and_not_vetoed(
    found: Found, step: Step, truncated: bool
) -> None:
    query, scores = found
    decision = decide(query, scores, 100, step, truncated, MODEL)
    if decision.outcome != "identified":
        return
    assert decision.best is not None
    assert decision.confidence is not None
    assert not truncated
    assert not decision.best.vetoed
    assert decision.confidence >= MODEL.decision.threshold - 1e-6
    assert all(decision.best.bits - other.bits >= MODEL.decision.margin_bits for other in decision.ranked[1:])


def test_a_confidence_is_rounded_down_to_six_decimals() -> None:
    confidence = decided(QUERY, RECORD, identities=10).confidence
    assert confidence is not None
    assert 0.99 < confidence < 1
    assert round(confidence, 6) == confidence
    exact = posterior([score(QUERY, RECORD, WEIGHTS)], 10, "agent", "wide", MODEL).of_candidates[0]
    assert 0 <= exact - confidence < 1e-6


def test_a_search_that_stopped_earlier_is_less_sure() -> None:
    confidences = [decided(NAMES_ONLY, RECORD, step=step).confidence or 0 for step in ("wide", "keys", "nir")]
    assert confidences == sorted(confidences, reverse=True)
    assert len(set(confidences)) == 3


def test_a_channel_of_registered_persons_is_surer() -> None:
    payroll, agent = (decided(replace(NAMES_ONLY, channel=channel), RECORD) for channel in ("payroll", "agent"))
    assert (payroll.confidence or 0) > (agent.confidence or 0)


def test_what_only_the_family_shares_leaves_the_family_as_rivals() -> None:
    by_family = Score(
        RECORD, 40.0, (Evidence("birth_name", "exact", 20.0), Evidence("birth_place", "commune", 20.0)), None, False
    )
    by_person = evidence(("given_names", "same", 20.0), ("birth_date", "near_year", 20.0))
    assert relatives_share(by_family, 0.15, MODEL) > 0.1
    assert relatives_share(by_person, 0.15, MODEL) < 1e-5


Compared = tuple[Criterion, str, float]


def evidence(*items: Compared) -> Score:
    found = tuple(Evidence(*item) for item in items)
    return Score(RECORD, sum(item.bits for item in found), found, None, False)


def test_however_rare_a_given_name_is_a_parent_may_bear_it() -> None:
    rare, rarer = (evidence(("given_names", "same", bits), ("birth_date", "different", -8.0)) for bits in (13.0, 30.0))
    assert relatives_share(rarer, 0.15, MODEL) > 0.1
    assert relatives_share(rarer, 0.15, MODEL) == pytest.approx(relatives_share(rare, 0.15, MODEL), rel=0.05)


def test_nobody_is_born_beside_a_sibling_on_the_same_day_but_a_twin() -> None:
    dated = evidence(("birth_date", "exact", 0.0))
    (twin,) = (relative for relative in MODEL.relatives if relative.name == "twin")
    lent = next(relative for relative in MODEL.relatives if relative.name == "number_lent")
    assert relatives_share(dated, 0.15, MODEL) == pytest.approx(0.15 * twin.prior + lent.prior)
    assert relatives_share(evidence(("birth_date", "different", 0.0)), 0.15, MODEL) > 0.3


def test_another_sex_speaks_for_a_relative_unless_the_given_names_are_the_candidates() -> None:
    others, own = (
        evidence(("given_names", level, 5.0), ("sex", "different", -6.0), ("birth_date", "exact", 10.0))
        for level in ("close", "first")
    )
    assert relatives_share(others, 0.15, MODEL) > 10 * relatives_share(own, 0.15, MODEL)


def test_the_number_of_another_birth_speaks_for_a_relative_only_where_no_date_is_said() -> None:
    names: Compared = ("given_names", "same", 6.0)
    undated = [evidence(names), evidence(names, ("nir", "different", -5.6))]
    date: Compared = ("birth_date", "different", -8.0)
    dated = [evidence(names, date), evidence(names, date, ("nir", "different", -5.6))]
    assert relatives_share(undated[1], 0.15, MODEL) > 10 * relatives_share(undated[0], 0.15, MODEL)
    assert relatives_share(dated[1], 0.15, MODEL) == relatives_share(dated[0], 0.15, MODEL)


def of_parents(record: Record, *given_names: str) -> Record:
    return replace(record, parents=tuple(Parent(None, read_names([name])) for name in given_names))


LONGER = replace(DOUBLE, given_names=read_names(["YANN", "PIERRE"]))
UNNAMED = replace(DOUBLE, given_names=())
AMBIGUITIES: list[tuple[str, Record, Record, Reason]] = [
    ("the same in all", RECORD, DOUBLE, "possible_duplicate"),
    ("one with more given names", RECORD, LONGER, "possible_duplicate"),
    ("one with given names of which the first is another", TWIN, LONGER, "siblings"),
    ("one without given names", RECORD, UNNAMED, "siblings"),
    ("both without given names", replace(RECORD, given_names=()), UNNAMED, "possible_duplicate"),
    ("born elsewhere", RECORD, replace(LONGER, birth_place=read_place("75056", "PARIS")), "homonyms"),
    ("of other parents", of_parents(RECORD, "SIDI"), of_parents(DOUBLE, "BRAHIM"), "homonyms"),
    ("of one parent more", of_parents(RECORD, "SIDI"), of_parents(DOUBLE, "AICHA", "SIDI"), "possible_duplicate"),
    ("the parents of one are not known", of_parents(RECORD, "SIDI"), DOUBLE, "possible_duplicate"),
    ("born another day", RECORD, NAMESAKE, "homonyms"),
    ("born on a day that is not known", replace(RECORD, birth_date=None), replace(DOUBLE, birth_date=None), "homonyms"),
    ("of another surname and given name", RECORD, replace(TWIN, birth_name=read_name("DUPONT")), "homonyms"),
]


@pytest.mark.parametrize(("one", "other", "reason"), [row[1:] for row in AMBIGUITIES], ids=[r[0] for r in AMBIGUITIES])
def test_two_that_are_as_likely_are_called_so(one: Record, other: Record, reason: Reason) -> None:
    likely = Score(one, 60.0, (Evidence("birth_date", "exact", 60.0),), "birth", vetoed=False)
    for scores in ([likely, replace(likely, record=other)], [replace(likely, record=other), likely]):
        decision = decide(QUERY, scores, IDENTITIES, "wide", False, MODEL)
        assert (decision.outcome, decision.reason) == ("ambiguous", reason)


def test_a_lone_candidate_known_by_family_traits_only_is_held_back_as_a_sibling() -> None:
    family = replace(QUERY, given_names=(), birth_date=None, sex=None)
    decision = decided(family, RECORD, identities=1_000)
    assert decision.outcome != "identified"
    assert decision.reason == "siblings"


HELPFUL = [
    (QUERY, ("nir",)),
    (replace(QUERY, nir=read_nir("1560399999101")), ()),
    (Query(), ("nir", "birth_date", "birth_name", "given_names", "birth_place")),
    (Query(usage_name=read_name("LE GOFF"), sex="M"), ("nir", "birth_date", "given_names", "birth_place")),
    (Query(former=Former(birth_date=PartialDate(1956))), ("nir", "birth_name", "given_names", "birth_place")),
]


@pytest.mark.parametrize(("query", "traits"), HELPFUL)
def test_the_traits_that_would_help_are_those_not_said(query: Query, traits: tuple[str, ...]) -> None:
    assert helpful_traits(query) == traits

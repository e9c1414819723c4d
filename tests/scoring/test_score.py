"""The score of one record: what is evidence, what silence leaves alone, who comes before whom, what is vetoed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Former, Parent, Query, Record
from analyzers.names import read_names
from analyzers.nir import read_nir
from analyzers.places import read_place
from scoring.comparisons import compare_nir
from scoring.model import load_model
from scoring.score import NIR_SAYS_BIRTH, Evidence, Score, agrees_fully, bits_short, score
from scoring.weights import Weights
from tests.strategies import name_of, queries, records, statistics_of, with_wrong_key

MODEL = load_model()
NIR, OTHER_NIR = "1560399999101", "1800799999102"


def parent(*given_names: str) -> Parent:
    return Parent(None, read_names(given_names))


RECORD = Record(
    id="P1",
    nir=NIR,
    sex="M",
    birth_name=name_of("LE GOFF"),
    given_names=read_names(["YANN", "PIERRE"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
    parents=(parent("ANNE"),),
)
QUERY = Query(
    nir=read_nir(NIR),
    birth_name=name_of("LE GOFF"),
    given_names=read_names(["YANN", "PIERRE"]),
    sex="M",
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
    parents=(parent("ANNE"),),
)
PASSERS_BY = [
    Record(
        id=f"P{number}",
        sex="M",
        birth_name=name_of(surname),
        given_names=read_names([given]),
        birth_date=PartialDate(1950 + number, 3, 4),
        birth_place=read_place("75056", "PARIS"),
    )
    for number, (surname, given) in enumerate([("MARTIN", "JEAN"), ("MARTIN", "YANN"), ("DUPONT", "MARC")], start=2)
]
WEIGHTS = Weights(MODEL, statistics_of([RECORD, *PASSERS_BY]))


def evidence_of(query: Query, record: Record) -> dict[str, Evidence]:
    return {item.criterion: item for item in score(query, record, WEIGHTS).evidence}


def without(query: Query, trait: str) -> Query:
    """The same question, silent on one trait; on surnames, all of them."""
    former, silent = query.former, ("birth_name", "usage_name") if trait == "birth_name" else (trait,)
    unsaid: dict[str, Any] = {field: () if field in ("given_names", "parents") else None for field in silent}
    known_before = {field: value for field, value in unsaid.items() if field in Former.__dataclass_fields__}
    return replace(query, **unsaid, former=replace(former, **known_before))


MAY_CHANGE = {  # what the evidence of other criteria owes to this trait, as `scoring/score.py` says
    "sex": set(),
    "birth_place": set(),
    "parents": set(),
    "birth_date": {"nir"},  # another date contradicts the number
    "nir": {"sex", "birth_date", "birth_place"},  # the number says them already
    "given_names": {"sex", "birth_name", "usage_name"},  # they say the sex already, or stand in the surname's place
    "birth_name": {"usage_name", "given_names"},
}


@pytest.mark.parametrize("trait", MAY_CHANGE)
@settings(max_examples=60)
@given(query=queries(), record=records())
def test_an_unsaid_trait_changes_nothing_beyond_its_own_evidence(trait: str, query: Query, record: Record) -> None:
    before, after = evidence_of(query, record), evidence_of(without(query, trait), record)
    assert trait not in after
    untouched = before.keys() - MAY_CHANGE[trait] - {trait}
    assert {criterion: after[criterion] for criterion in untouched} == {c: before[c] for c in untouched}
    assert after.keys() - MAY_CHANGE[trait] == untouched


@given(query=queries(), record=records())
def test_a_number_that_neither_leads_here_nor_is_repaired_to_changes_no_other_evidence(
    query: Query, record: Record
) -> None:
    before, after = evidence_of(query, record), evidence_of(without(query, "nir"), record)
    if "nir" in before and before["nir"].level in NIR_SAYS_BIRTH:
        return
    before.pop("nir", None)
    assert after == before


@given(query=queries(), record=records())
def test_the_evidence_is_the_whole_score_and_each_criterion_speaks_once(query: Query, record: Record) -> None:
    found = score(query, record, WEIGHTS)
    assert found.bits == sum(item.bits for item in found.evidence)
    assert len({item.criterion for item in found.evidence}) == len(found.evidence)
    assert found == score(query, record, WEIGHTS)


@settings(max_examples=60)
@given(records())
def test_a_question_that_says_nothing_finds_no_evidence(record: Record) -> None:
    found = score(Query(), record, WEIGHTS)
    assert (found.bits, found.evidence, found.matched_as, found.vetoed) == (0, (), None, False)


@settings(max_examples=60)
@given(queries())
def test_a_record_that_says_nothing_gives_no_evidence(query: Query) -> None:
    assert score(query, Record(id="1"), WEIGHTS).evidence == ()


def test_the_number_speaks_for_the_traits_that_it_holds() -> None:
    with_number, with_another = evidence_of(QUERY, RECORD), evidence_of(QUERY, replace(RECORD, nir=OTHER_NIR))
    assert with_number["birth_place"].bits == 0
    assert with_number["sex"].bits == 0
    assert 0 < with_number["birth_date"].bits < with_another["birth_date"].bits
    assert with_another["birth_place"].bits > 5


def test_given_names_say_the_sex_already_but_do_not_hide_another_sex() -> None:
    assert evidence_of(QUERY, RECORD)["sex"].bits == 0
    assert evidence_of(without(QUERY, "given_names"), replace(RECORD, nir=None))["sex"].bits > 0
    assert evidence_of(QUERY, replace(RECORD, sex="F", nir=None))["sex"].bits < -5


def test_the_given_name_of_a_parent_is_not_judged_among_the_childs_generation() -> None:
    mothers = [
        Record(id=f"F{n}", sex="F", given_names=read_names(["ANNE"]), birth_date=PartialDate(1930)) for n in range(300)
    ]
    sons = [
        Record(id=f"M{n}", sex="M", given_names=read_names(["YANN"]), birth_date=PartialDate(1956)) for n in range(300)
    ]
    weights = Weights(MODEL, statistics_of([*mothers, *sons], scale=100))
    shared = {item.criterion: item.bits for item in score(QUERY, RECORD, weights).evidence}["parents"]
    assert shared < 1.0  # every second person is an ANNE


def test_a_rectified_year_never_makes_a_given_name_rarer_than_it_is() -> None:
    """Of the decades of a record's dates, the one where the name is commoner counts."""
    young = [
        Record(id=f"Y{n}", sex="M", given_names=read_names(["KEVIN"]), birth_date=PartialDate(1990)) for n in range(9)
    ]
    old = [
        Record(id=f"O{n}", sex="M", given_names=read_names(["JEAN"]), birth_date=PartialDate(1950)) for n in range(9)
    ]
    weights = Weights(MODEL, statistics_of([*young, *old], scale=1000))
    query = Query(given_names=read_names(["KEVIN"]), birth_date=PartialDate(1990))
    plain = Record(id="1", sex="M", given_names=read_names(["KEVIN"]), birth_date=PartialDate(1990))
    moved = replace(plain, birth_date=PartialDate(1950), former_birth_dates=(PartialDate(1990),))
    assert score(query, moved, weights).bits == score(query, plain, weights).bits


RANKINGS: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [  # why, better, worse
    ("silence beats another date", {"birth_date": None}, {"birth_date": PartialDate(1971, 11, 25)}),
    ("silence beats another place", {"birth_place": None}, {"birth_place": read_place("75056", "PARIS")}),
    ("silence beats another sex", {"sex": None}, {"sex": "F"}),
    ("silence beats another number", {"nir": None}, {"nir": OTHER_NIR}),
    ("silence beats other given names", {"given_names": ()}, {"given_names": read_names(["MARC"])}),
    ("silence beats another surname", {"birth_name": None}, {"birth_name": name_of("DUPONT")}),
    ("silence beats another parent", {"parents": ()}, {"parents": (parent("ROSE"),)}),
    ("the number beats silence", {}, {"nir": None}),
    ("the date beats silence", {"nir": None}, {"nir": None, "birth_date": None}),
    ("the same day beats day and month swapped", {}, {"birth_date": PartialDate(1956, 4, 3)}),
    (
        "day and month swapped beat another day",
        {"nir": None, "birth_date": PartialDate(1956, 4, 3)},
        {"nir": None, "birth_date": PartialDate(1956, 3, 5)},
    ),
    (
        "one part wrong beats another date",
        {"birth_date": PartialDate(1957, 3, 4)},
        {"birth_date": PartialDate(1957, 4, 5)},
    ),
    ("the whole date beats its year", {"nir": None}, {"nir": None, "birth_date": PartialDate(1956)}),
    ("the exact surname beats its sound", {}, {"birth_name": name_of("LE GAUFF")}),
    ("the sound beats another surname", {"birth_name": name_of("LE GAUFF")}, {"birth_name": name_of("DUPONT")}),
    ("the exact surname beats a part of it", {}, {"birth_name": name_of("GOFF MARTIN")}),
    ("a slip of the pen beats another surname", {"birth_name": name_of("LE GOSS")}, {"birth_name": name_of("DUPONT")}),
    ("all given names beat one of them", {}, {"given_names": read_names(["MARC", "PIERRE"])}),
    (
        "one given name beats none",
        {"given_names": read_names(["MARC", "PIERRE"])},
        {"given_names": read_names(["MARC"])},
    ),
    ("the commune beats the department", {"nir": None}, {"nir": None, "birth_place": read_place("29232", "QUIMPER")}),
    (
        "the department beats another place",
        {"nir": None, "birth_place": read_place("29232", "QUIMPER")},
        {"nir": None, "birth_place": read_place("75056", "PARIS")},
    ),
    ("the number in force beats another's", {}, {"nir": OTHER_NIR}),
    ("the number before a change beats another's", {"nir": OTHER_NIR, "former_nirs": (NIR,)}, {"nir": OTHER_NIR}),
    (
        "the surname of before beats another",
        {"birth_name": name_of("DUPONT"), "former_birth_names": (name_of("LE GOFF"),)},
        {"birth_name": name_of("DUPONT")},
    ),
    ("the number in force beats another of that birth", {}, {"nir": "1560399999104"}),
    ("given names in order beat another order", {}, {"given_names": read_names(["PIERRE", "YANN"])}),
    (
        "all given names in another order beat one of them",
        {"given_names": read_names(["PIERRE", "YANN"])},
        {"given_names": read_names(["PIERRE", "MARC"])},
    ),
    (
        "a given name shared first beats one shared later",
        {"given_names": read_names(["PIERRE"])},
        {"given_names": read_names(["MARC", "PIERRE"])},
    ),
    (
        "one slip beats two in the given name",
        {"given_names": read_names(["YANK"]), "nir": None},
        {"given_names": read_names(["MARC"]), "nir": None},
    ),
    (
        "a slip in the day beats another day",
        {"nir": None, "birth_date": PartialDate(1956, 3, 5)},
        {"nir": None, "birth_date": PartialDate(1956, 3, 28)},
    ),
    (
        "a slip in the year beats another year",
        {"nir": None, "birth_date": PartialDate(1957, 3, 4)},
        {"nir": None, "birth_date": PartialDate(1983, 3, 4)},
    ),
    (
        "another year of that day beats another date",
        {"nir": None, "birth_date": PartialDate(1983, 3, 4)},
        {"nir": None, "birth_date": PartialDate(1983, 7, 9)},
    ),
    ("the same parent beats another", {}, {"parents": (parent("ROSE"),)}),
]


@pytest.mark.parametrize(("better", "worse"), [row[1:] for row in RANKINGS], ids=[row[0] for row in RANKINGS])
def test_this_record_comes_before_that_one(better: Mapping[str, Any], worse: Mapping[str, Any]) -> None:
    first, second = score(QUERY, replace(RECORD, **better), WEIGHTS), score(QUERY, replace(RECORD, **worse), WEIGHTS)
    assert first.bits > second.bits


def plain(record: Record) -> Record:
    """The record without its number, and without usage names and values of before."""
    return Record(
        id=record.id,
        sex=record.sex,
        birth_name=record.birth_name,
        given_names=record.given_names,
        birth_date=record.birth_date,
        birth_place=record.birth_place,
    )


@pytest.mark.parametrize("trait", ["birth_name", "given_names", "birth_date", "birth_place"])
@settings(max_examples=150)
@given(
    register=st.lists(records().map(plain), min_size=1, max_size=2), query=queries(), scale=st.sampled_from([1, 1000])
)
def test_more_agreement_never_lowers_the_worth_of_a_trait(
    trait: str, register: list[Record], query: Query, scale: int
) -> None:
    query = replace(query, usage_name=None, former=Former())
    record, weights = register[0], Weights(MODEL, statistics_of(register, scale))
    said = getattr(query, trait)
    before = {item.criterion: item for item in score(query, record, weights).evidence}
    if trait not in before or before[trait].level == "swapped":
        return
    after = {item.criterion: item for item in score(query, replace(record, **{trait: said}), weights).evidence}
    worth = after[trait].bits if trait in after else 0.0  # France alone, on both sides, says nothing
    assert worth >= before[trait].bits - 1e-9


CHILD = Record(
    id="CHILD",
    nir=OTHER_NIR,
    sex="M",
    birth_name=name_of("LE GOFF"),
    given_names=read_names(["ERWAN"]),
    birth_date=PartialDate(1980, 7, 9),
    birth_place=read_place("29019", "BREST"),
)
LENT = Query(
    nir=read_nir(NIR),
    birth_name=name_of("LE GOFF"),
    given_names=read_names(["ERWAN"]),
    sex="M",
    birth_date=PartialDate(1980, 7, 9),
    birth_place=read_place("29019", "BREST"),
)


def test_the_child_comes_before_the_parent_whose_number_was_lent() -> None:
    child, father = score(LENT, CHILD, WEIGHTS), score(LENT, RECORD, WEIGHTS)
    assert child.bits > father.bits
    assert father.vetoed
    assert not child.vetoed
    assert father.level("nir") == "contradicted"


def test_a_rarer_surname_puts_its_bearer_further_ahead() -> None:
    common = replace(RECORD, nir=None, birth_name=name_of("MARTIN"))
    rare = replace(RECORD, nir=None)
    assert (
        score(replace(QUERY, nir=None), rare, WEIGHTS).bits
        > score(replace(QUERY, nir=None, birth_name=name_of("MARTIN")), common, WEIGHTS).bits
    )


OTHER_GIVEN: dict[str, Any] = {"given_names": read_names(["MARC"])}
OTHER_DATE: dict[str, Any] = {"birth_date": PartialDate(1971, 11, 25)}
NO_NUMBER: dict[str, Any] = {"nir": None}
VETOES: list[tuple[str, dict[str, Any], bool]] = [  # what the record says otherwise
    ("nothing differs", {}, False),
    ("given names differ, and nothing speaks for them", NO_NUMBER | {"parents": ()} | OTHER_GIVEN, True),
    ("given names differ, and so does the number", {"nir": OTHER_NIR, "parents": ()} | OTHER_GIVEN, True),
    ("given names differ, the number agrees", {"parents": ()} | OTHER_GIVEN, False),
    (
        "given names differ, a former number agrees",
        {"nir": OTHER_NIR, "former_nirs": (NIR,), "parents": ()} | OTHER_GIVEN,
        False,
    ),
    ("given names differ, a parent agrees", NO_NUMBER | OTHER_GIVEN, False),
    ("given names differ, and so does the parent", NO_NUMBER | {"parents": (parent("ROSE"),)} | OTHER_GIVEN, True),
    ("number against given names and date", OTHER_GIVEN | OTHER_DATE, True),
    ("number against the date alone", OTHER_DATE, True),
    ("former number against the date alone", {"nir": OTHER_NIR, "former_nirs": (NIR,)} | OTHER_DATE, True),
    ("number against another day of that month", {"birth_date": PartialDate(1956, 3, 19)}, False),
    ("number against another year of that day", {"birth_date": PartialDate(1971, 3, 4)}, False),
    ("another number and another date", {"nir": OTHER_NIR} | OTHER_DATE, False),
    ("the record has no given names", NO_NUMBER | {"parents": (), "given_names": ()}, False),
    ("given names sound alike", NO_NUMBER | {"parents": (), "given_names": read_names(["IAN"])}, False),
    ("everything but the given names differs", NO_NUMBER | {"birth_name": name_of("DUPONT")} | OTHER_DATE, False),
]


@pytest.mark.parametrize(("otherwise", "vetoed"), [row[1:] for row in VETOES], ids=[row[0] for row in VETOES])
def test_contradicted_given_names_are_vetoed(otherwise: dict[str, Any], vetoed: bool) -> None:
    assert score(QUERY, replace(RECORD, **otherwise), WEIGHTS).vetoed is vetoed


def test_a_number_that_only_a_repair_leads_to_does_not_excuse_other_given_names() -> None:
    query = replace(QUERY, nir=read_nir(with_wrong_key(NIR)), parents=())
    found = score(query, replace(RECORD, **OTHER_GIVEN), WEIGHTS)
    assert found.level("nir") == "repaired"
    assert found.vetoed


@given(query=queries(), record=records())
def test_a_number_whose_holder_was_born_another_day_is_never_identified(query: Query, record: Record) -> None:
    levels = {criterion: item.level for criterion, item in evidence_of(query, record).items()}
    number, alone = levels.get("nir"), compare_nir(query, record)
    if alone and alone.level in ("exact", "former", "repaired") and levels.get("birth_date") == "different":
        assert number == "contradicted"
        assert score(query, record, WEIGHTS).vetoed
    elif alone:
        assert number == alone.level


def test_a_repaired_number_whose_holder_was_born_another_day_is_contradicted_too() -> None:
    query = replace(QUERY, nir=read_nir(with_wrong_key(NIR)))
    found = score(query, replace(RECORD, **OTHER_DATE), WEIGHTS)
    assert (found.level("nir"), found.vetoed) == ("contradicted", True)


MATCHES: list[tuple[dict[str, Any], dict[str, Any], str | None]] = [  # declared, recorded
    ({}, {}, "birth"),
    ({"birth_name": None, "usage_name": name_of("LE GOFF")}, {}, "birth"),
    ({}, {"birth_name": name_of("DUPONT"), "usage_names": (name_of("LE GOFF"),)}, "usage"),
    ({}, {"birth_name": None, "usage_names": (name_of("LE GOFF"),)}, "usage"),
    ({}, {"birth_name": name_of("DUPONT"), "former_birth_names": (name_of("LE GOFF"),)}, "former"),
    ({}, {"birth_name": name_of("LEGOF"), "usage_names": (name_of("LE GOFF"),)}, "usage"),
    ({}, {"birth_name": name_of("DUPONT")}, None),
    ({}, {"birth_name": None}, None),
    ({}, {"birth_name": name_of("YANN"), "given_names": read_names(["LE GOFF"])}, "swapped"),
]


@pytest.mark.parametrize(("declared", "recorded", "matched_as"), MATCHES)
def test_the_name_that_matched_is_said(
    declared: dict[str, Any], recorded: dict[str, Any], matched_as: str | None
) -> None:
    assert score(replace(QUERY, **declared), replace(RECORD, **recorded), WEIGHTS).matched_as == matched_as


def test_a_second_declared_name_confirms_or_weakens_the_first() -> None:
    bearer = replace(RECORD, nir=None, usage_names=(name_of("KERVELLA"),))
    alone = score(replace(QUERY, nir=None), bearer, WEIGHTS)
    both = score(replace(QUERY, nir=None, usage_name=name_of("KERVELLA")), bearer, WEIGHTS)
    wrong = score(replace(QUERY, nir=None, usage_name=name_of("DUPONT")), bearer, WEIGHTS)
    assert (both.level("usage_name"), wrong.level("usage_name")) == ("exact", "different")
    assert wrong.bits < alone.bits < both.bits


CONFIRMATIONS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("all agrees", {}, {}, True),
    ("the name sounds alike", {"birth_name": name_of("LE GAUFF")}, {}, True),
    ("a former number", {}, {"nir": OTHER_NIR, "former_nirs": (NIR,)}, True),
    ("the year of birth only", {"birth_date": PartialDate(1956)}, {}, True),
    ("one given name", {"given_names": read_names(["PIERRE"])}, {}, True),
    ("another number", {}, {"nir": OTHER_NIR}, False),
    ("a slip in the surname", {"birth_name": name_of("LE GOSS")}, {}, False),
    ("a slip in the given name", {"given_names": read_names(["YENN"])}, {}, False),
    ("another day", {"birth_date": PartialDate(1956, 3, 5)}, {}, False),
    ("another sex", {"sex": "F"}, {}, False),
    ("no date", {"birth_date": None}, {}, False),
    ("no given name", {"given_names": ()}, {}, False),
    ("another parent", {"parents": (parent("ROSE"),)}, {}, False),
]


@pytest.mark.parametrize(
    ("declared", "recorded", "confirmed"), [row[1:] for row in CONFIRMATIONS], ids=[row[0] for row in CONFIRMATIONS]
)
def test_the_holder_of_a_number_is_confirmed_by_all_its_traits(
    declared: dict[str, Any], recorded: dict[str, Any], confirmed: bool
) -> None:
    found: Score = score(replace(QUERY, **declared), replace(RECORD, **recorded), WEIGHTS)
    assert agrees_fully(found) is confirmed


@settings(max_examples=60)
@given(query=queries(), record=records(), trait=st.sampled_from(["birth_date", "birth_place", "sex"]))
def test_what_a_record_does_not_know_neither_adds_nor_subtracts(query: Query, record: Record, trait: str) -> None:
    silent: dict[str, Any] = {trait: None}
    if trait != "sex":
        silent[f"former_{trait}s"] = ()
    assert trait not in evidence_of(query, replace(record, **silent))


def test_a_repaired_number_is_never_worth_more_than_the_exact_one() -> None:
    mistyped = replace(QUERY, nir=read_nir(with_wrong_key(NIR)))
    repaired, exact = score(mistyped, RECORD, WEIGHTS), score(QUERY, RECORD, WEIGHTS)
    assert repaired.level("nir") == "repaired"
    assert repaired.bits < exact.bits


def test_who_repeats_the_question_is_no_bit_short() -> None:
    assert bits_short(score(QUERY, RECORD, WEIGHTS), QUERY, WEIGHTS) == 0


def test_who_agrees_less_well_is_short_by_the_difference() -> None:
    query, elsewhere = replace(QUERY, nir=None), replace(RECORD, birth_place=read_place("69123"))
    found, best = score(query, elsewhere, WEIGHTS), score(query, RECORD, WEIGHTS)
    assert bits_short(found, query, WEIGHTS) == pytest.approx(best.bits - found.bits)


def test_of_a_trait_that_the_record_does_not_have_all_its_bits_are_short() -> None:
    found, best = score(QUERY, replace(RECORD, birth_date=None), WEIGHTS), score(QUERY, RECORD, WEIGHTS)
    (date,) = [item for item in best.evidence if item.criterion == "birth_date"]
    assert bits_short(found, replace(QUERY, nir=None), WEIGHTS) >= date.bits > 0


def test_a_number_that_is_not_the_candidates_is_not_counted() -> None:
    without = score(QUERY, replace(RECORD, nir=None), WEIGHTS)
    assert bits_short(without, QUERY, WEIGHTS) < 1

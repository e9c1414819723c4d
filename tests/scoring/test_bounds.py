"""What could be found at all: no record is surer than the best that could be; chance makes few rivals of many bits."""

from dataclasses import replace
from itertools import product
from math import log2
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Former, Parent, Query, Record, Sex
from analyzers.names import read_names
from analyzers.nir import read_nir
from analyzers.places import read_place
from scoring.bounds import best_possible_confidence, rivals_by_chance
from scoring.decision import decide
from scoring.model import load_model
from scoring.posterior import posterior
from scoring.score import Score, score
from scoring.weights import Weights
from tests.strategies import name_of, questions_about, records, statistics_of, with_key

MODEL = load_model()
SLIP_SHARES = dict.fromkeys(("name1", "name2", "given1", "given2"), (0.0, 0.0, 0.0, 0.01, 0.02, 0.005, 0.001))
SEXES: tuple[Sex, ...] = ("F", "M")

RECORD = Record(
    id="P1",
    sex="M",
    birth_name=name_of("LE GOFF"),
    given_names=read_names(["YANN", "PIERRE"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
)
QUERY = Query(
    birth_name=name_of("LE GOFF"),
    given_names=read_names(["YANN", "PIERRE"]),
    sex="M",
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
)
GIVEN = ("MARC", "JEAN", "PAUL", "LUC", "YVES", "REMI", "LOUIS", "DENIS", "HUGO", "NOEL", "YANN", "PIERRE")
OTHERS = [
    Record(
        id=f"{sex}{decade}{given}",
        sex=sex,
        birth_name=name_of("MARTIN" if number % 3 else "DUPONT"),
        given_names=read_names([given]),
        birth_date=PartialDate(decade + number % 10, 1 + number % 12, 1 + number % 28),
        birth_place=read_place(f"{75 + number % 20}{number % 90:03d}", f"VILLE {'ABCDEFGHIJ'[number % 10]}"),
    )
    for number, (sex, decade, given) in enumerate(product(SEXES, range(1930, 2000, 10), GIVEN))
]
"""Every given name is as common in one decade as in another."""


WEIGHTS = Weights(MODEL, statistics_of([RECORD, *OTHERS * 30], 1000, SLIP_SHARES))


def confidence_alone(query: Query, found: Score, identities: int) -> float:
    return posterior([found], identities, query.channel, "wide", MODEL).of_candidates[0]


@st.composite
def registers_and_questions(draw: st.DrawFn) -> tuple[list[Record], Query]:
    register = draw(st.lists(records(), min_size=1, max_size=3))
    return register, draw(questions_about(register[0]))


@settings(max_examples=200)
@given(
    registers_and_questions(),
    st.sampled_from([1, 50, 100_000]),
    st.sampled_from([1, 1000, 10**8]),
    st.sampled_from([{}, SLIP_SHARES]),
)
def test_no_lone_record_is_surer_than_the_best_possible(
    register_and_question: tuple[list[Record], Query], scale: int, identities: int, slips: dict[str, tuple[float, ...]]
) -> None:
    register, query = register_and_question
    weights = Weights(MODEL, statistics_of(register, scale, slips))
    possible = best_possible_confidence(query, identities, weights)
    for record in register:
        assert confidence_alone(query, score(query, record, weights), identities) <= possible + 1e-9


def born_in_oran(record: Record) -> Record:
    return replace(record, birth_place=read_place("99352", "ORAN"))


RARER: list[tuple[str, Query, Record, list[Record]]] = [  # what once was surer than the best possible
    (
        "a given name is rarer among all than among those born in one country",
        Query(given_names=read_names(["YANN"]), birth_place=read_place("99352", "ORAN")),
        Record(id="1", given_names=read_names(["YANN"])),
        [born_in_oran(RECORD), *OTHERS],
    ),
    (
        "a name said twice is known once",
        Query(birth_name=name_of("LE GOFF"), former=Former(birth_name=name_of("LE GOFF"))),
        Record(id="1", birth_name=name_of("LE GOFF")),
        [RECORD, *OTHERS],
    ),
    (
        "the rarer of two names is known alone",
        Query(birth_name=name_of("MARTIN"), usage_name=name_of("KERVELLA")),
        Record(id="1", birth_name=name_of("KERVELLA")),
        [RECORD, *OTHERS],
    ),
    (
        "the names of before a change are rarer",
        Query(given_names=read_names(["MARC"]), former=Former(given_names=read_names(["ARZHELA"]))),
        Record(id="1", given_names=read_names(["ARZHELA"])),
        [RECORD, *OTHERS],
    ),
    (
        "the date of before a change is rarer",
        Query(birth_date=PartialDate(1956), former=Former(birth_date=PartialDate(1903, 3, 4))),
        Record(id="1", birth_date=PartialDate(1903, 3, 4)),
        [RECORD, *OTHERS],
    ),
    (
        "given names in another order begin with rarer ones",
        Query(given_names=read_names(["YANN", "PIERRE", "ARZHELA"])),
        Record(id="1", given_names=read_names(["ARZHELA", "YANN", "PIERRE"])),
        [RECORD, *OTHERS],
    ),
    (
        "another parent than the first",
        Query(
            birth_date=PartialDate(1956, 3, 4),
            parents=(Parent(None, read_names(["MARC"])), Parent(None, read_names(["ARZHELA"]))),
        ),
        Record(id="1", birth_date=PartialDate(1956, 3, 4), parents=(Parent(None, read_names(["ARZHELA"])),)),
        [RECORD, *OTHERS],
    ),
]


@pytest.mark.parametrize("scale", [1, 1000])
@pytest.mark.parametrize(("query", "record", "register"), [row[1:] for row in RARER], ids=[row[0] for row in RARER])
def test_these_records_are_no_surer_than_the_best_possible(
    query: Query, record: Record, register: list[Record], scale: int
) -> None:
    weights = Weights(MODEL, statistics_of(register, scale, SLIP_SHARES))
    possible = best_possible_confidence(query, 1000, weights)
    assert confidence_alone(query, score(query, record, weights), 1000) <= possible + 1e-9


@given(st.floats(-40, 120), st.integers(0, 10**9))
def test_each_bit_halves_the_rivals_that_chance_makes(bits: float, identities: int) -> None:
    assert rivals_by_chance(bits + 1, identities) == pytest.approx(rivals_by_chance(bits, identities) / 2)


def test_of_a_thousand_persons_one_agrees_by_ten_bits_and_nobody_of_none() -> None:
    assert rivals_by_chance(log2(1000), 1000) == pytest.approx(1)
    assert rivals_by_chance(0, 1000) == 1000
    assert rivals_by_chance(-5, 0) == 0


@settings(max_examples=50)
@given(st.sampled_from(OTHERS), st.integers(1, 20))
def test_by_chance_at_most_so_many_persons_agree_as_was_said(asked: Record, bits: int) -> None:
    """Counted: of a register in which sex, given name and date are independent, by the weight of each person."""
    query = Query(birth_date=asked.birth_date, given_names=asked.given_names, birth_place=asked.birth_place)
    weights = Weights(MODEL, statistics_of(OTHERS, 1000))
    agreeing = [other for other in OTHERS if score(query, other, weights).bits >= bits and other is not asked]
    assert len(agreeing) <= rivals_by_chance(bits, len(OTHERS))


IDENTITIES = 115_000_000


def test_all_the_traits_of_a_person_could_be_sure() -> None:
    assert best_possible_confidence(QUERY, IDENTITIES, WEIGHTS) > MODEL.decision.threshold


@pytest.mark.parametrize(
    "query",
    [
        Query(birth_name=name_of("MARTIN")),
        Query(birth_name=name_of("MARTIN"), given_names=read_names(["JEAN"])),
        Query(birth_date=PartialDate(1956, 3, 4)),
        Query(sex="M", birth_place=read_place("29019")),
        Query(nir=read_nir("1560399999101")),
    ],
)
def test_too_few_traits_could_never_be_sure(query: Query) -> None:
    assert best_possible_confidence(query, IDENTITIES, WEIGHTS) < MODEL.decision.threshold


def test_more_identities_make_it_harder_to_be_sure() -> None:
    sure = [best_possible_confidence(QUERY, identities, WEIGHTS) for identities in (1, 1000, 10**6, 10**8, 10**9)]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] > sure[-1]


@pytest.mark.parametrize("trait", ["birth_name", "given_names", "birth_date", "birth_place"])
def test_each_trait_makes_it_surer(trait: str) -> None:
    without: dict[str, Any] = {trait: () if trait == "given_names" else None}
    less = replace(QUERY, **without)
    assert best_possible_confidence(less, IDENTITIES, WEIGHTS) < best_possible_confidence(QUERY, IDENTITIES, WEIGHTS)


def test_a_number_makes_it_surer() -> None:
    with_number = replace(QUERY, nir=read_nir(with_key("1560399999101")))
    assert best_possible_confidence(with_number, 10**13, WEIGHTS) > best_possible_confidence(QUERY, 10**13, WEIGHTS)


def test_the_person_who_repeats_all_is_as_sure_as_could_be() -> None:
    possible = best_possible_confidence(QUERY, IDENTITIES, WEIGHTS)
    decision = decide(QUERY, [score(QUERY, RECORD, WEIGHTS)], IDENTITIES, "wide", False, MODEL)
    assert decision.confidence == pytest.approx(possible, abs=5e-6)

"""What could still be found: no record that no key led to exceeds the bound, and the bound is worth having."""

from dataclasses import replace
from itertools import product
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Former, Parent, Query, Record, Sex
from analyzers.keys import FAMILIES, KeyFamily, families_of, keys_of, query_traits, record_traits
from analyzers.names import Name, read_names
from analyzers.nir import read_nir
from analyzers.places import read_place
from scoring.bounds import best_possible_confidence, most_bits_unseen, open_patterns
from scoring.decision import decide
from scoring.model import load_model
from scoring.score import score
from scoring.weights import Weights
from tests.strategies import KNOWN_NAMES, KNOWN_PLACES, name_of, questions_about, records, statistics_of, with_key

MODEL = load_model()
CLOSE_SHARES = (0.0, 0.0, 0.0, 0.01, 0.02, 0.005, 0.001, 0.0, 0.0, 0.0, 0.0, 0.03, 0.0)
T = TypeVar("T")
SEXES: tuple[Sex, ...] = ("F", "M")
HELD = ("exact", "former", "contradicted", "repaired")


def families_that_miss(query: Query, record: Record, asked: tuple[KeyFamily, ...]) -> list[KeyFamily]:
    """The families of which no key of the question leads to the record."""
    found = keys_of(record_traits(record)).keys()
    return [family for family in asked if not keys_of(query_traits(query), [family]).keys() & found]


def bound(query: Query, asked: list[KeyFamily], weights: Weights) -> float:
    return most_bits_unseen(query, query_traits(query), asked, weights)


@st.composite
def registers_and_questions(draw: st.DrawFn) -> tuple[list[Record], Query]:
    register = draw(st.lists(records(), min_size=1, max_size=3))
    return register, draw(questions_about(register[0]))


@settings(max_examples=100, deadline=None)
@given(
    registers_and_questions(),
    st.sampled_from([1, 50, 100_000]),
    st.sampled_from([(), CLOSE_SHARES]),
    st.sets(st.sampled_from(FAMILIES)),
)
def test_no_record_that_the_keys_miss_exceeds_the_bound(
    register_and_question: tuple[list[Record], Query],
    scale: int,
    close_shares: tuple[float, ...],
    some: set[KeyFamily],
) -> None:
    register, query = register_and_question
    weights = Weights(MODEL, statistics_of(register, scale, close_shares))
    for record in register:
        found = score(query, record, weights)
        if found.level("nir") in HELD:
            continue
        for asked in (FAMILIES, families_of("tight"), tuple(sorted(some, key=str)), ()):
            assert found.bits <= bound(query, families_that_miss(query, record, asked), weights) + 1e-9


class Crowd:
    """Persons drawn without Hypothesis, so many more of them: few names, dates, places, and silence now and then."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def maybe(self, share: float, value: T) -> T | None:
        return value if self.random.random() < share else None

    def names(self, most: int) -> tuple[Name, ...]:
        return tuple(self.random.choices(KNOWN_NAMES, k=self.random.randint(0, most)))

    def date(self) -> PartialDate:
        month = self.random.choice([0, 1, 2, 3, 4, 12])
        return PartialDate(
            self.random.choice([1950, 1956, 1990]), month, self.random.choice([0, 1, 2, 3, 12, 25]) if month else 0
        )

    def record(self) -> Record:
        return Record(
            id="1",
            sex=self.maybe(0.7, self.random.choice(SEXES)),
            birth_name=self.maybe(0.8, self.random.choice(KNOWN_NAMES)),
            usage_names=self.names(1),
            former_birth_names=self.names(1),
            given_names=self.names(self.random.choice([1, 2, 3, 6])),
            former_given_names=tuple(names for names in [self.names(1)] if names),
            birth_date=self.maybe(0.7, self.date()),
            former_birth_dates=tuple(filter(None, [self.maybe(0.2, self.date())])),
            birth_place=self.maybe(0.7, self.random.choice(KNOWN_PLACES)),
            former_birth_places=tuple(filter(None, [self.maybe(0.2, self.random.choice(KNOWN_PLACES))])),
            parents=(Parent(None, self.names(2)),),
        )

    def question(self, record: Record) -> Query:
        """Each trait as the register has it, or another person's; names in each other's place now and then."""
        other = self.record()
        names, given = record.birth_name, list(record.given_names)
        self.random.shuffle(given)
        if names and given and self.random.random() < 0.15:
            names, given = given[0], [names]
        traits = ("birth_name", "given_names", "sex", "birth_date", "birth_place", "parents")
        true = replace(record, birth_name=names, given_names=tuple(given))
        said = {trait: getattr(self.random.choice([true, true, other]), trait) for trait in traits}
        usage_name, before = (self.maybe(0.25, self.random.choice(KNOWN_NAMES)) for _ in range(2))
        former = Former(None, before, self.names(1), self.maybe(0.2, self.date()))
        return Query(**said, usage_name=usage_name, former=former)


@pytest.mark.parametrize("seed", range(10))
def test_nobody_of_a_crowd_exceeds_the_bound(seed: int) -> None:
    crowd = Crowd(seed)
    for number in range(300):
        record = crowd.record()
        register = [record, *(crowd.record() for _ in range(number % 3))]
        weights = Weights(MODEL, statistics_of(register, (1, 50, 100_000)[number % 3], (CLOSE_SHARES, ())[number % 2]))
        query = crowd.question(record)
        for asked in (FAMILIES, families_of("tight")):
            most = bound(query, families_that_miss(query, record, asked), weights)
            assert score(query, record, weights).bits <= most + 1e-9


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


UNSEEN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [  # what once exceeded the bound: declared, recorded
    (
        "the rarer of two declared names",
        {"birth_name": name_of("MARTIN"), "usage_name": name_of("KERVELLA")},
        {"birth_name": name_of("KERVELLA")},
    ),
    (
        "the name of before a change",
        {"birth_name": name_of("MARTIN"), "former": Former(birth_name=name_of("KERVELLA"))},
        {"birth_name": name_of("KERVELLA")},
    ),
    (
        "the second usage name",
        {"birth_name": None, "usage_name": name_of("LE GOFF"), "former": Former(birth_name=name_of("KERVELLA"))},
        {"usage_names": (name_of("KERVELLA"),)},
    ),
    ("a partial date on both sides", {"birth_date": PartialDate(1956, 3)}, {"birth_date": PartialDate(1956, 3)}),
    ("the year alone on both sides", {"birth_date": PartialDate(1956)}, {"birth_date": PartialDate(1956)}),
    (
        "the date of before",
        {"birth_date": PartialDate(1945, 1, 1), "former": Former(birth_date=PartialDate(1956, 3, 4))},
        {},
    ),
    (
        "the town without its district",
        {"birth_place": read_place(None, "PARIS")},
        {"birth_place": read_place("75112", "PARIS 12E")},
    ),
    (
        "another commune of the same country",
        {"birth_place": read_place(None, "ALGER", None, "99352")},
        {"birth_place": read_place("99352", "ORAN")},
    ),
    (
        "names in each other's place",
        {"birth_name": name_of("YANN"), "given_names": read_names(["GOFF"])},
        {"birth_name": name_of("GOFF"), "given_names": read_names(["YANN"])},
    ),
    (
        "another parent than the first",
        {"parents": (Parent(None, read_names(["MARC"])), Parent(None, read_names(["ARZHELA"])))},
        {"parents": (Parent(None, read_names(["ARZHELA"])),)},
    ),
    ("the sex where no given name is known", {}, {"given_names": ()}),
    (
        "a given name that is rare in the other sex",
        {"given_names": read_names(["MARC"]), "sex": None},
        {"given_names": read_names(["MARC"]), "sex": "F"},
    ),
    ("a given name that is rare in another decade", {}, {"birth_date": PartialDate(1999, 3, 4)}),
    (
        "the fifth given name",
        {"given_names": read_names(["YANN"])},
        {"given_names": read_names(["MARC", "JEAN", "PAUL", "LUC", "YANN"])},
    ),
    ("a given name of two letters", {"given_names": read_names(["LI"])}, {"given_names": read_names(["LI MEI"])}),
    ("given names in one word", {"given_names": read_names(["YANNPIERRE"])}, {}),
    ("a slip of the pen", {"birth_name": name_of("LE GOSS"), "given_names": read_names(["YENN"])}, {}),
    ("the same skeleton", {"birth_name": name_of("MOHAMED")}, {"birth_name": name_of("MOUHAMMAD")}),
]


@pytest.mark.parametrize(("declared", "recorded"), [row[1:] for row in UNSEEN], ids=[row[0] for row in UNSEEN])
@pytest.mark.parametrize("stage", ["tight", "all", "none"])
def test_these_records_do_not_exceed_the_bound(declared: dict[str, Any], recorded: dict[str, Any], stage: str) -> None:
    query, record = replace(QUERY, **declared), replace(RECORD, **recorded)
    weights = Weights(MODEL, statistics_of([record, *OTHERS], 1000, CLOSE_SHARES))
    asked = {"tight": families_of("tight"), "all": FAMILIES, "none": ()}[stage]
    missing = families_that_miss(query, record, asked)
    assert score(query, record, weights).bits <= bound(query, missing, weights) + 1e-9


WEIGHTS = Weights(MODEL, statistics_of([RECORD, *OTHERS * 30], 1000, CLOSE_SHARES))


def test_where_nothing_was_asked_the_bound_is_the_perfect_record() -> None:
    assert bound(QUERY, [], WEIGHTS) == pytest.approx(score(QUERY, RECORD, WEIGHTS).bits, abs=0.1)


def test_a_found_person_ends_the_search_after_all_the_keys() -> None:
    unseen = bound(QUERY, list(FAMILIES), WEIGHTS)
    assert unseen < score(QUERY, RECORD, WEIGHTS).bits - MODEL.decision.margin_bits


@settings(max_examples=100, deadline=None)
@given(records().flatmap(questions_about), st.sets(st.sampled_from(FAMILIES)), st.sets(st.sampled_from(FAMILIES)))
def test_the_more_was_asked_the_less_can_be_found(query: Query, some: set[KeyFamily], more: set[KeyFamily]) -> None:
    assert bound(query, list(some | more), WEIGHTS) <= bound(query, list(some), WEIGHTS) + 1e-9


@settings(max_examples=100, deadline=None)
@given(records().flatmap(questions_about))
def test_a_bound_is_never_below_a_record_that_says_nothing(query: Query) -> None:
    assert bound(query, list(FAMILIES), WEIGHTS) >= 0


TRAITS = frozenset({"name", "given", "year", "day"})


def test_without_a_family_asked_a_record_may_share_everything() -> None:
    assert open_patterns(frozenset(), TRAITS) == (TRAITS,)


def test_an_open_pattern_holds_no_family_that_was_asked_and_is_as_large_as_can_be() -> None:
    asked = frozenset({frozenset({"name", "year", "day"}), frozenset({"given", "year", "day"})})
    assert set(open_patterns(asked, TRAITS)) == {
        frozenset({"name", "given", "year"}),
        frozenset({"name", "given", "day"}),
        frozenset({"year", "day"}),
    }


@settings(max_examples=100, deadline=None)
@given(st.sets(st.sampled_from(FAMILIES)), st.sets(st.sampled_from(sorted({t for f in FAMILIES for t in f.traits}))))
def test_every_set_of_traits_that_no_family_covers_lies_within_an_open_pattern(
    asked: set[KeyFamily], shared: set[str]
) -> None:
    families = frozenset(frozenset(family.traits) for family in asked)
    patterns = open_patterns(families, frozenset({trait for family in FAMILIES for trait in family.traits}))
    uncovered = not any(family <= shared for family in families)
    assert any(shared <= pattern for pattern in patterns) == uncovered


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
    less = replace(QUERY, **{trait: () if trait == "given_names" else None})
    assert best_possible_confidence(less, IDENTITIES, WEIGHTS) < best_possible_confidence(QUERY, IDENTITIES, WEIGHTS)


def test_a_number_makes_it_surer() -> None:
    with_number = replace(QUERY, nir=read_nir(with_key("1560399999101")))
    assert best_possible_confidence(with_number, 10**13, WEIGHTS) > best_possible_confidence(QUERY, 10**13, WEIGHTS)


def test_the_person_who_repeats_all_is_as_sure_as_could_be() -> None:
    possible = best_possible_confidence(QUERY, IDENTITIES, WEIGHTS)
    decision = decide(QUERY, [score(QUERY, RECORD, WEIGHTS)], IDENTITIES, "wide", False, MODEL)
    assert decision.confidence == pytest.approx(possible, abs=2e-6)

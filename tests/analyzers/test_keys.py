"""Keys: a record and a question that agree meet, whatever the way they were written."""

from dataclasses import replace
from itertools import product
from math import prod
from random import Random
from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Former, Query, Record
from analyzers.keys import (
    FAMILIES,
    MOST_GIVEN_NAMES,
    MOST_KEYS,
    PAIRS,
    PAIRS_INDEXED,
    KeyFamily,
    Trait,
    Traits,
    families_of,
    key_numbers,
    keys_of,
    keys_with_family,
    numbers_of,
    pair_families,
    query_traits,
    record_traits,
    said_swapped,
)
from analyzers.names import read_name, read_names
from analyzers.places import read_place
from tests.strategies import queries, records

RECORD = Record(
    id="P1",
    birth_name=read_name("LE GOFF"),
    usage_names=read_names(["KERVELLA"]),
    given_names=read_names(["YANN", "PIERRE"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
)
QUERY = Query(
    birth_name=read_name("LE GOFF"),
    given_names=read_names(["YANN", "PIERRE"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
)


def shared_families(query: Query, record: Record) -> set[str]:
    found = keys_of(record_traits(record))
    return {family.name for key, family in keys_with_family(query_traits(query)).items() if key in found}


ALL = {family.name for family in FAMILIES}
EVERY_FAMILY = (*FAMILIES, *PAIRS_INDEXED)
NEEDING = {trait: {family.name for family in FAMILIES if trait in family.traits} for trait in get_args(Trait)}


def test_who_agrees_on_all_shares_a_key_of_every_family() -> None:
    assert shared_families(QUERY, RECORD) == ALL


MEETINGS = [  # what the caller says otherwise, and the families in which they meet no longer
    ("the name sounds alike", {"birth_name": read_name("LEGOFFE")}, set()),
    ("a part of the name", {"birth_name": read_name("GOFF")}, set()),
    ("the usage name", {"birth_name": read_name("KERVELLA")}, set()),
    ("another name", {"birth_name": read_name("DUPONT")}, NEEDING["name"]),
    ("one of the given names", {"given_names": read_names(["PIERRE"])}, set()),
    ("another given name", {"given_names": read_names(["JACQUES"])}, NEEDING["given"]),
    ("another year", {"birth_date": PartialDate(1957, 3, 4)}, NEEDING["year"]),
    ("another day", {"birth_date": PartialDate(1956, 3, 5)}, NEEDING["day"]),
    ("the month only", {"birth_date": PartialDate(1956, 3)}, NEEDING["day"]),
    ("the year only", {"birth_date": PartialDate(1956)}, NEEDING["day"]),
    ("no date", {"birth_date": None}, NEEDING["year"] | NEEDING["day"]),
    ("the label only", {"birth_place": read_place(None, "Brest")}, NEEDING["department"] | NEEDING["commune"]),
    ("the code only", {"birth_place": read_place("29019")}, set()),
    ("the same department", {"birth_place": read_place("29232", "QUIMPER")}, NEEDING["commune"]),
    ("no place", {"birth_place": None}, NEEDING["department"] | NEEDING["commune"]),
    ("no surname", {"birth_name": None}, NEEDING["name"]),
]


@pytest.mark.parametrize(("change", "lost"), [row[1:] for row in MEETINGS], ids=[row[0] for row in MEETINGS])
def test_a_difference_costs_only_the_families_that_need_the_trait(change: dict[str, object], lost: set[str]) -> None:
    assert shared_families(replace(QUERY, **change), RECORD) == ALL - lost  # type: ignore[arg-type]


def test_a_town_abroad_is_met_by_its_label() -> None:
    record = replace(RECORD, birth_place=read_place("99352", "Oran"))
    query = replace(QUERY, birth_place=read_place(None, "ORAN"))
    assert shared_families(query, record) >= NEEDING["commune"]


def test_what_was_known_before_a_change_meets_too() -> None:
    query = replace(
        QUERY,
        birth_name=read_name("DUPONT"),
        birth_date=PartialDate(1960, 1, 2),
        former=Former(birth_name=read_name("LE GOFF"), birth_date=PartialDate(1956, 3, 4)),
    )
    assert shared_families(query, RECORD) == ALL


def test_a_question_without_surname_meets_a_record_without_surname() -> None:
    nameless = replace(RECORD, birth_name=None, usage_names=())
    assert shared_families(replace(QUERY, birth_name=None), nameless) == ALL


def test_a_question_without_surname_does_not_meet_all_the_names() -> None:
    assert not shared_families(replace(QUERY, birth_name=None), RECORD) & NEEDING["name"]


def test_a_question_with_surname_and_given_name_swapped_meets_the_record() -> None:
    record = replace(RECORD, birth_name=read_name("YANN"), usage_names=(), given_names=read_names(["GOFF"]))
    query = replace(QUERY, birth_name=read_name("GOFF"), given_names=read_names(["YANN"]))
    swapped = keys_with_family(numbers_of(said_swapped(query)))
    assert {family.name for key, family in swapped.items() if key in keys_of(record_traits(record))} == ALL


@settings(max_examples=300)
@given(st.fixed_dictionaries({trait: st.integers(0, 9) for trait in get_args(Trait)}))
def test_a_family_joins_all_values_of_its_traits_or_as_many_as_make_few_enough_keys(counts: dict[Trait, int]) -> None:
    traits: Traits = {
        trait: tuple(place << 8 | number for number in range(count))
        for place, (trait, count) in enumerate(counts.items())
    }
    for family in EVERY_FAMILY:
        values = [traits[trait] for trait in family.traits]
        joined = key_numbers(traits, [family])
        if prod(map(len, values)) <= MOST_KEYS:
            assert joined == [family.start + sum(of_each) for of_each in product(*values)]
        else:
            assert MOST_KEYS / 2 < len(joined) <= MOST_KEYS


def test_a_question_that_says_nothing_makes_no_key() -> None:
    assert keys_of(query_traits(Query())) == ()


def test_names_beyond_the_fourth_make_no_key() -> None:
    given = read_names(["YANN", "PIERRE", "JACQUES", "MARIE", "CORENTIN"])
    assert len(given) == MOST_GIVEN_NAMES + 1
    record = replace(RECORD, given_names=given)
    assert record_traits(record)["given"] == record_traits(replace(record, given_names=given[:-1]))["given"]


@settings(max_examples=150)
@given(records(), st.data())
def test_who_repeats_what_the_register_says_meets_in_every_family_of_those_traits(
    record: Record, data: st.DataObject
) -> None:
    names, lists = record.surnames, record.given_name_lists
    query = Query(
        birth_name=data.draw(st.sampled_from(names)) if names else None,
        given_names=data.draw(st.sampled_from(lists)) if lists else (),
        birth_date=data.draw(st.sampled_from(record.birth_dates)) if record.birth_dates else None,
        birth_place=data.draw(st.sampled_from(record.birth_places)) if record.birth_places else None,
    )
    found = set(keys_of(record_traits(record), EVERY_FAMILY))
    for family in EVERY_FAMILY:
        keys = keys_of(query_traits(query), [family])
        assert not keys or found & set(keys)


@settings(max_examples=150)
@given(records(), st.randoms(use_true_random=False))
def test_the_order_of_names_changes_no_key(record: Record, random: Random) -> None:
    given = list(record.given_names[:MOST_GIVEN_NAMES])
    record = replace(record, given_names=tuple(given))
    random.shuffle(given)
    shuffled = replace(record, given_names=tuple(given), usage_names=record.usage_names[::-1])
    assert set(keys_of(record_traits(record))) == set(keys_of(record_traits(shuffled)))


@settings(max_examples=150)
@given(queries())
def test_a_partial_date_makes_no_key_that_needs_a_day(query: Query) -> None:
    assume(not any(date.day for date in query.birth_dates))
    assert not {family.name for family in keys_with_family(query_traits(query)).values()} & NEEDING["day"]


@settings(max_examples=150)
@given(records() | queries())
def test_a_key_is_six_signs_that_a_term_can_hold(said: Record | Query) -> None:
    traits = record_traits(said) if isinstance(said, Record) else query_traits(said)
    for key in keys_of(traits):
        assert len(key) == 6
        assert key.isascii()
        assert not set(key) & set(" ,;|\"'")


@settings(max_examples=150)
@given(records(), records())
def test_records_share_a_key_only_where_they_share_every_trait_of_its_family(one: Record, other: Record) -> None:
    traits, others = record_traits(one), record_traits(other)
    for family in FAMILIES:
        shared = all(set(traits[trait]) & set(others[trait]) for trait in family.traits)
        assert bool(set(keys_of(traits, [family])) & set(keys_of(others, [family]))) == shared


def test_a_year_makes_a_pair_only_where_fewer_than_two_other_traits_are_said() -> None:
    assert pair_families(query_traits(QUERY)) == PAIRS
    year_alone = query_traits(replace(QUERY, birth_date=PartialDate(1956), birth_place=None))
    assert [family.name for family in pair_families(year_alone)] == ["given_year"]
    assert pair_families(query_traits(Query(given_names=read_names(["YANN"])))) == ()


def test_every_family_is_asked_at_one_stage() -> None:
    asked: tuple[KeyFamily, ...] = families_of("tight") + families_of("loose")
    assert sorted(asked, key=str) == sorted(FAMILIES, key=str)
    assert len({family.name for family in EVERY_FAMILY}) == len(EVERY_FAMILY)

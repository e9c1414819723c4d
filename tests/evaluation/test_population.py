"""An invented population: the same seed makes the same persons, and they are what a register may hold."""

from collections import Counter

import orjson
import pytest

from analyzers.nir import is_nir_body
from evaluation.names import invented_names
from evaluation.places import invented_places
from evaluation.population import Family, Population
from indexer.records import parse_record

PERSONS = 3_000
NAMES, PLACES = invented_names(1), invented_places()


def families_of(seed: int = 1, born: tuple[int, int] = (1930, 2008)) -> list[Family]:
    return list(Population(NAMES, PLACES, seed, born).families(PERSONS))


@pytest.fixture(scope="module")
def thin() -> list[Family]:
    return families_of()


@pytest.fixture(scope="module")
def dense() -> list[Family]:
    return families_of(born=(1970, 1970))


def test_the_same_seed_makes_the_same_persons(thin: list[Family]) -> None:
    again = families_of()
    assert [p.record for f in again for p in f.persons] == [p.record for f in thin for p in f.persons]
    other = families_of(seed=2)
    assert [p.record for f in other for p in f.persons] != [p.record for f in thin for p in f.persons]


def test_every_person_is_a_line_that_the_indexer_reads(thin: list[Family], dense: list[Family]) -> None:
    for person in (person for family in (*thin, *dense) for person in family.persons):
        record = parse_record(orjson.dumps(person.record))
        assert record.id and record.birth_name and record.given_names and record.birth_date
        assert all(is_nir_body(nir) for nir in record.nirs)


def test_no_number_is_given_twice(thin: list[Family], dense: list[Family]) -> None:
    for families in (thin, dense):
        numbers = Counter(
            nir
            for family in families
            for person in family.persons
            for nir in (person.record.get("nir"), *person.record.get("former_nirs", ()))
            if nir
        )
        assert max(numbers.values()) == 1


def test_everybody_of_a_dense_slice_is_born_in_its_year(dense: list[Family]) -> None:
    assert {person.year for family in dense for person in family.persons} == {1970}


def test_children_bear_the_name_of_a_parent_and_twins_share_the_day(thin: list[Family]) -> None:
    for family in thin:
        twins = [person for person in family.persons if person.role == "twin"]
        fathers = [person for person in family.persons if person.role == "father"]
        for child in (person for person in family.persons if person.role in ("child", "twin") and fathers):
            assert child.record["birth_name"] == fathers[0].record["birth_name"]
        assert all(
            any(one.record["birth_date"] == two.record["birth_date"] for two in twins if two is not one)
            for one in twins
        )


def test_some_are_absent_born_abroad_twins_and_married(thin: list[Family]) -> None:
    persons = [person for family in thin for person in family.persons]
    assert any(person.role == "twin" for person in persons)
    assert 0.05 < sum(not person.registered for person in persons) / len(persons) < 0.12
    assert 0.08 < sum(person.origin.country is not None for person in persons) / len(persons) < 0.25
    assert any(person.usage_name for person in persons)
    assert any("former_nirs" in person.record for person in persons)

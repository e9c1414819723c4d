"""Places located: the register and a question meet under any code and any name that the place ever had."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from analyzers.dates import PartialDate
from analyzers.identity import Query, Record
from analyzers.keys import FAMILIES, keys_of, query_traits, record_traits
from analyzers.names import read_name, read_names
from analyzers.places import read_place
from mappings.payload import decode_record, encode_record
from nomenclature.editions import UnknownEdition
from nomenclature.locating import EditionInUse, Locator, WrongEdition, bundled_edition, edition_in_use
from scoring.comparisons import compare_birth_place
from tests.strategies import records

BORN = PartialDate(1950, 3, 4)
OF_THE_PLACE = [family for family in FAMILIES if "commune" in family.traits]
Said = tuple[str | None, str | None, str | None, str | None]
"""Code, label, département, country."""

_CHALONS = ("51108", "Châlons-sur-Marne", None, None)
MEETINGS: list[tuple[str, Said, Said, str]] = [  # how the register has the place, how it is declared, the level
    ("the label alone", ("29019", "Brest", None, None), (None, "BREST", None, None), "commune"),
    ("a label typed wrong", ("13055", "Marseille", None, None), (None, "MARSELLE", "13", None), "commune"),
    (
        "a district, by the label of the town",
        ("75112", "Paris 12e", None, None),
        (None, "Paris", "75", None),
        "commune",
    ),
    ("a colony, by today's code", ("92352", "Oran", None, None), ("99352", None, None, None), "nation"),
    ("a colony, by country and label", ("92352", "Oran", None, None), (None, "ORAN", "99", "DZ"), "label"),
    ("a code of before 1968", ("75050", "Nanterre", None, None), ("92050", None, None, None), "commune"),
    ("a département of before 1968", ("78228", None, None, None), (None, "EVRY", "91", None), "commune"),
    ("Corsica in one", ("20004", "Ajaccio", None, None), ("2A004", None, None, None), "commune"),
    (
        "a former name",
        ("51108", "Châlons-sur-Marne", None, None),
        (None, "CHALONS EN CHAMPAGNE", "51", None),
        "commune",
    ),
    ("a country by its ISO code", ("99333", "Antananarivo", None, None), (None, None, None, "MG"), "nation"),
]


@pytest.fixture(scope="module")
def locator() -> Locator:
    return bundled_edition().locator()


def record_at(place: Said) -> Record:
    return Record(
        id="1",
        birth_name=read_name("LE GOFF"),
        given_names=read_names(["YANN"]),
        birth_date=BORN,
        birth_place=read_place(*place),
    )


def query_at(place: Said) -> Query:
    return Query(
        birth_name=read_name("LE GOFF"),
        given_names=read_names(["YANN"]),
        birth_date=BORN,
        birth_place=read_place(*place),
    )


@pytest.mark.parametrize(("known", "said", "level"), [row[1:] for row in MEETINGS], ids=[row[0] for row in MEETINGS])
def test_a_place_is_met_through_time(locator: Locator, known: Said, said: Said, level: str) -> None:
    record, query = locator.record(record_at(known)), locator.query(query_at(said))
    for family in OF_THE_PLACE:
        assert set(keys_of(query_traits(query), [family])) & set(keys_of(record_traits(record), [family]))
    agreement = compare_birth_place(query, record)
    assert agreement is not None
    assert agreement.level == level


def test_two_communes_that_went_into_a_third_are_not_the_same(locator: Locator) -> None:
    """Annecy-le-Vieux and Seynod are in Annecy since 2017: each is met by Annecy, and not by the other."""
    old, other, whole = ("74011", None, None, None), ("74268", None, None, None), ("74010", None, None, None)
    levels = [
        compare_birth_place(locator.query(query_at(said)), locator.record(record_at(old))) for said in (whole, other)
    ]
    assert [level.level for level in levels if level] == ["commune", "department"]


def test_a_label_of_a_few_places_asks_for_all_and_is_none_of_them(locator: Locator) -> None:
    place = locator.query(Query(birth_place=read_place(None, "Valence"))).birth_place
    assert place is not None
    assert place.commune is None
    assert {"26362"} <= set(place.lineage)


def test_who_asked_for_a_label_before_changes_nothing_for_an_equal_one(locator: Locator) -> None:
    plain, spaced = read_place(None, "Valence"), read_place(None, "Valence ")
    assert plain == spaced
    assert plain is not spaced
    found = [locator.query(Query(birth_place=place)).birth_place for place in (plain, spaced)]
    assert found[0] == found[1]
    assert found[0] is not None
    assert found[0].lineage


@pytest.mark.parametrize("said", [(None, None, "35", None), ("99999", None, None, None), (None, "XYZZY", None, None)])
def test_what_names_no_place_stays_as_it_was_said(locator: Locator, said: Said) -> None:
    query = query_at(said)
    assert locator.query(query).birth_place == query.birth_place


def test_silence_about_the_place_stays_silence(locator: Locator) -> None:
    assert locator.query(Query()) == Query()
    assert locator.record(Record(id="1")) == Record(id="1")


@settings(max_examples=150)
@given(records())
def test_a_located_record_is_located_once_and_comes_back_whole_from_an_index(record: Record) -> None:
    locator = bundled_edition().locator()
    once = locator.record(record)
    assert decode_record(encode_record(once)) == once
    assert replace(once, birth_place=None, former_birth_places=()) == replace(
        record, birth_place=None, former_birth_places=()
    )


def test_an_edition_that_is_not_here_or_another_one_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UnknownEdition):
        EditionInUse(tmp_path, "cog-1999", "0" * 16).locator()
    with pytest.raises(WrongEdition):
        replace(edition_in_use(tmp_path), digest="0" * 16).locator()

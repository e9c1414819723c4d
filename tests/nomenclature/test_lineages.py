"""Which codes are one place, which hold which, and what may be said of two codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from nomenclature.lineages import Lineages
from nomenclature.nomenclature import Nomenclature
from nomenclature.values import Event, Link, Relation

LINEAGES = [  # code, every code under which a birth there may be recorded
    ("91228", ("78228", "91228")),
    ("78228", ("78228", "91228")),
    ("20033", ("20033", "2B033")),
    ("91182", ("78182", "91182", "91228", "78228")),
    ("89220", ("89220", "89344")),
    ("89344", ("89344",)),
    ("75112", ("75056", "75112")),
    ("97123", ("97123", "97701")),
    ("98507", ("97607", "98507")),
    ("98202", ("98202", "99341")),
    ("92352", ("92352", "99352")),
    ("99352", ("99352",)),
    ("99155", ("99123", "99155")),
    ("99116", ("99115", "99116")),
    ("99141", ("99109", "99141")),
    ("99143", ("99143", "99254")),
    ("00000", ("00000",)),
]
RELATIONS = [  # one code, another, how they stand to each other
    ("91228", "78228", Relation.SAME),
    ("91182", "91228", Relation.PART),
    ("14010", "14067", Relation.MERGED),
    ("89220", "89344", Relation.PART),
    ("75112", "75114", Relation.MERGED),
    ("75112", "75056", Relation.PART),
    ("99123", "99155", Relation.PART),
    ("99155", "99148", Relation.MERGED),
    ("91352", "92352", Relation.MERGED),
    ("98202", "99341", Relation.SAME),
    ("29019", "29232", Relation.DEPARTMENT),
    ("29990", "29019", Relation.DEPARTMENT),
    ("91352", "91228", Relation.APART),
    ("29019", "33063", Relation.APART),
    ("99101", "99103", Relation.APART),
    ("29019", "00000", Relation.UNKNOWN),
    ("00000", "00000", Relation.SAME),
]
IN_FORCE = [("78228", ("91228",)), ("91182", ("91228",)), ("14010", ("14654",)), ("98205", ("99327",)), ("00000", ())]


@pytest.mark.parametrize(("code", "lineage"), LINEAGES)
def test_a_code_has_this_lineage(places: Nomenclature, code: str, lineage: tuple[str, ...]) -> None:
    assert places.lineage(code) == tuple(sorted(lineage))


@pytest.mark.parametrize(("one", "two", "relation"), RELATIONS)
def test_two_codes_stand_so_in_either_order(places: Nomenclature, one: str, two: str, relation: Relation) -> None:
    assert (places.relation(one, two), places.relation(two, one)) == (relation, relation)


@pytest.mark.parametrize(("code", "current"), IN_FORCE)
def test_a_code_leads_to_the_one_in_force(places: Nomenclature, code: str, current: tuple[str, ...]) -> None:
    assert places.current(code) == current


def test_a_code_of_north_africa_is_told_from_one_of_ile_de_france_by_the_date(places: Nomenclature) -> None:
    assert places.lineage("92999", PartialDate(1950)) == ("92352", "99352")
    assert places.lineage("96123", PartialDate(1950)) == ("99351",)
    assert places.lineage("98505", PartialDate(1950)) == ("99241",)
    assert places.lineage("98505") == ("97605", "98505")


def test_an_old_date_on_a_code_of_today_keeps_both_readings(places: Nomenclature) -> None:
    assert set(places.lineage("91228", PartialDate(1950))) == {"78228", "91228", "91352", "99352"}
    assert places.relation("91228", "78228", PartialDate(1950)) is Relation.SAME


def test_names_of_all_times_and_numbers_are_known(places: Nomenclature) -> None:
    assert places.names("91228") == ("Évry-Courcouronnes", "Évry", "Évry-Petit-Bourg")
    assert {"Bénin", "Dahomey"} <= set(places.names("98205"))
    assert places.names("00000") == ()


def test_periods_say_what_a_code_stood_for(places: Nomenclature) -> None:
    assert [(period.name, period.start) for period in places.periods("51108")] == [
        ("Châlons-sur-Marne", "1943-01-01"),
        ("Châlons-en-Champagne", "1998-01-04"),
    ]


def test_a_commune_that_left_before_is_not_in_what_came_after() -> None:
    lineages = Lineages(
        [
            Link("A", "P", Event.MERGED, "1972-01-01"),
            Link("P", "A", Event.DETACHED, "1985-01-01"),
            Link("P", "Q", Event.MERGED, "2016-01-01"),
        ]
    )
    assert lineages.lineage("A") == ("A", "P")
    assert lineages.lineage("P") == ("P", "Q")


def test_a_commune_created_out_of_another_was_in_it() -> None:
    lineages = Lineages([Link("P", "C", Event.DETACHED, "1993-01-01")])
    assert (lineages.lineage("C"), lineages.held("P")) == (("C", "P"), ("C",))


def test_a_commune_that_leaves_and_comes_back_is_in_it_again() -> None:
    lineages = Lineages(
        [
            Link("A", "P", Event.MERGED, "1972-01-01"),
            Link("P", "A", Event.DETACHED, "1985-01-01"),
            Link("A", "P", Event.MERGED, "2010-01-01"),
            Link("P", "Q", Event.MERGED, "2016-01-01"),
        ]
    )
    assert lineages.lineage("A") == ("A", "P", "Q")
    assert lineages.holders_now("A") == ("P",)


def test_two_communes_that_held_each_other_end_the_search() -> None:
    lineages = Lineages([Link("A", "B", Event.MERGED, "2015-01-01"), Link("B", "A", Event.MERGED, "2025-01-01")])
    assert lineages.lineage("A") == lineages.lineage("B") == ("A", "B")


CODES = st.sampled_from(["91228", "78228", "91182", "14010", "14472", "14654", "99123", "99155", "2B033", "75112", "0"])


@given(CODES, CODES)
def test_a_code_is_in_the_lineage_of_its_parts_and_no_relation_contradicts_that(
    places: Nomenclature, one: str, two: str
) -> None:
    assert one in places.lineage(one)
    held = two in places.lineage(one) or one in places.lineage(two)
    assert held == (places.relation(one, two) in (Relation.SAME, Relation.PART))
    assert (one in places.parts(two)) == (places.relation(one, two) is Relation.PART and two in places.lineage(one))

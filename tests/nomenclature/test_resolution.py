"""Which places a label may mean, in the bundled edition."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from nomenclature.nomenclature import Nomenclature

BEST = [  # what is said, the code and way of the best candidate
    ({"label": "Brest", "department": "29"}, ("29019", "exact")),
    ({"label": "MANS(LE)"}, ("72181", "exact")),
    ({"label": "St Etienne", "department": "42"}, ("42218", "exact")),
    ({"label": "Paris 12"}, ("75112", "exact")),
    ({"label": "PARIS"}, ("75056", "exact")),
    ({"label": "LYON 09", "on": PartialDate(1970)}, ("69389", "exact")),
    ({"label": "MARSEILLE CEDEX 08"}, ("13055", "exact")),
    ({"label": "Saint-Denis (974)"}, ("97411", "exact")),
    ({"label": "SAINT DENIS DE LA REUNION"}, ("97411", "partial")),
    ({"label": "Saint-Denis", "department": "97"}, ("97411", "exact")),
    ({"label": "Châlons-sur-Marne", "on": PartialDate(1960)}, ("51108", "exact")),
    ({"label": "Châlons-en-Champagne", "on": PartialDate(1960)}, ("51108", "exact")),
    ({"label": "Évry", "department": "91", "on": PartialDate(1950)}, ("78228", "exact")),
    ({"label": "Évry", "department": "78", "on": PartialDate(1980)}, ("91228", "exact")),
    ({"label": "Bastia", "department": "20", "on": PartialDate(1970)}, ("20033", "exact")),
    ({"label": "Ajaccio", "department": "2A"}, ("2A004", "exact")),
    ({"label": "PONTAUDEMER", "department": "27"}, ("27467", "exact")),
    ({"label": "Chateaubriand", "department": "44"}, ("44036", "close")),
    ({"label": "SAINT-QUENTIN-LA-MOTTE-CROIX-A"}, ("80714", "partial")),
    ({"label": "Brive", "department": "19"}, ("19031", "partial")),
    ({"label": "SAINT MARTIN DE LONDRE", "department": "34"}, ("34274", "close")),
    ({"label": "ST ADRESSE", "department": "76"}, ("76552", "close")),
    ({"label": "Grenade, Maurice", "department": "31"}, ("31232", "exact")),
    ({"label": "BRIVE"}, ("19031", "partial")),
    ({"label": "CLICHY-LA-GARENNE"}, ("92024", "partial")),
    ({"label": "NANTES SECTION DE CHANTENAY"}, ("44109", "partial")),
    ({"label": "ST ADRESSE"}, ("76552", "partial")),
    ({"label": "Alger", "on": PartialDate(1955)}, ("91352", "town")),
    ({"label": "Alger", "on": PartialDate(1975)}, ("99352", "town")),
    ({"label": "Constantine", "department": "93", "on": PartialDate(1955)}, ("93352", "town")),
    ({"label": "Oran", "country": "FR", "on": PartialDate(1955)}, ("92352", "town")),
    ({"label": "DEPARTEMENT D'ORAN", "on": PartialDate(1950)}, ("92352", "exact")),
    ({"label": "Bône", "country": "DZ", "on": PartialDate(1970)}, ("99352", "town")),
    ({"label": "SOUK-AHRAS, ANNABA", "on": PartialDate(1970)}, ("99352", "town")),
    ({"label": "Casablanca", "department": "99"}, ("99350", "town")),
    ({"label": "DOUALA CAMEROUN"}, ("99322", "partial")),
    ({"label": "ANCIEN SENEGAL", "on": PartialDate(1950)}, ("98202", "partial")),
    ({"label": "Dakar", "department": "98", "on": PartialDate(1950)}, ("98202", "town")),
    ({"label": "URSS", "on": PartialDate(1975)}, ("99123", "exact")),
    ({"label": "Kiev", "country": "SU", "on": PartialDate(1975)}, ("99155", "town")),
    ({"label": "Leipzig", "country": "D1"}, ("99141", "country")),
    ({"label": "Brest", "country": "BY"}, ("99148", "country")),
    ({"label": "Lille", "country": "Belgique"}, ("99131", "country")),
    ({"label": "Congo (République démocratique)"}, ("99312", "admitted")),
    ({"label": "Windhoek", "country": "NA"}, ("99311", "country")),
]


@pytest.mark.parametrize(("said", "best"), BEST)
def test_the_best_candidate_is(places: Nomenclature, said: dict[str, Any], best: tuple[str, str]) -> None:
    found = places.resolve(**said)
    assert [(row.code, row.match) for row in found[:1]] == [best]


NOBODY = [
    {"label": "Inconnue"},
    {"label": ""},
    {"label": "?"},
    {"label": "Brest", "department": "33"},
    {"label": "Varsovie", "country": "FR"},
]


@pytest.mark.parametrize("said", NOBODY)
def test_a_label_of_no_place_has_no_candidate(places: Nomenclature, said: dict[str, Any]) -> None:
    assert places.resolve(**said) == ()


def test_homonyms_are_all_kept_and_a_departement_tells_them_apart(places: Nomenclature) -> None:
    everywhere = {row.code for row in places.resolve("Saint-Denis")}
    assert {"93066", "97411"} < everywhere
    assert [row.code for row in places.resolve("Saint-Denis", "93")] == ["93066"]


def test_a_name_that_was_in_force_comes_first_and_the_others_stay(places: Nomenclature) -> None:
    found = places.resolve("Évry", on=PartialDate(1950))
    assert [(row.code, row.in_period) for row in found] == [("89162", True), ("78228", False)]


def test_an_article_that_is_said_counts(places: Nomenclature) -> None:
    assert {row.name for row in places.resolve("La Rochelle")} == {"La Rochelle"}


def test_a_partial_date_is_any_of_its_days(places: Nomenclature) -> None:
    for on in (PartialDate(1998), PartialDate(1998, 1), PartialDate(1998, 1, 3)):
        assert places.resolve("Châlons-sur-Marne", on=on)[0].in_period
    assert not places.resolve("Châlons-sur-Marne", on=PartialDate(1998, 1, 4))[0].in_period


def test_a_part_of_a_new_commune_is_found_with_both_codes(places: Nomenclature) -> None:
    best = places.resolve("Courcouronnes", on=PartialDate(1980))[0]
    assert (best.code, best.lineage) == ("91182", ("78182", "78228", "91182", "91228"))


DEPARTMENTS = st.sampled_from([None, "29", "20", "97", "99", "x", ""])
DATES = st.none() | st.builds(PartialDate, st.integers(1900, 2024), st.integers(0, 12))


@given(st.text(max_size=60), DEPARTMENTS, st.sampled_from([None, "FR", "DZ", "zz", "99352"]), DATES)
def test_any_label_is_answered_and_the_same_way_twice(
    places: Nomenclature, label: str, department: str | None, country: str | None, on: PartialDate | None
) -> None:
    found = places.resolve(label, department, country, on)
    assert found == places.resolve(label, department, country, on)
    assert len({row.code for row in found}) == len(found)

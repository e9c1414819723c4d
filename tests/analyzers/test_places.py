"""Birth places: code, label, département and country in forms that compare."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.places import InvalidPlace, Place, cog_countries, department_of, read_place

DEPARTMENTS = [
    ("29019", "29"),
    ("01004", "01"),
    ("2A004", "20"),
    ("2B033", "20"),
    ("20004", "20"),
    ("97411", "974"),
    ("98818", "988"),
    ("99352", "99"),
]


@pytest.mark.parametrize(("code", "department"), DEPARTMENTS)
def test_codes_have_these_departments(code: str, department: str) -> None:
    assert department_of(code) == department


READ_AS = [  # code, label, department, country; commune, town, department, nation
    (("29019", "BREST", None, None), ("29019", "BREST", "29", "FR")),
    ((None, "Brest", None, None), (None, "BREST", None, None)),
    ((None, "Brest", "29", None), (None, "BREST", "29", "FR")),
    (("2a004", "Ajaccio", None, None), ("2A004", "AJACCIO", "20", "FR")),
    ((None, None, "2B", None), (None, None, "20", "FR")),
    ((None, None, "974", None), (None, None, "974", "FR")),
    ((None, None, "97", None), (None, None, "97", "FR")),
    (("99352", "ORAN", None, None), ("99352", "ORAN", "99", "99352")),
    ((None, "ORAN", "99", "dz"), (None, "ORAN", "99", "99352")),
    ((None, "ORAN", "99", "99352"), (None, "ORAN", "99", "99352")),
    ((None, "TOWN", "99", "zz"), (None, "TOWN", "99", "ZZ")),
    ((None, None, None, "99352"), (None, None, None, "99352")),
    ((None, None, None, "FR"), (None, None, None, "FR")),
    ((None, None, None, "99100"), (None, None, None, "FR")),
    (("99100", None, None, None), (None, None, None, "FR")),
    (("99100", "BREST", "29", None), (None, "BREST", "29", "FR")),
    (("75056", "PARIS", "75", "99100"), ("75056", "PARIS", "75", "FR")),
    (("29990", "INCONNUE", None, None), (None, "INCONNUE", "29", "FR")),
    (("99990", None, None, None), (None, None, None, None)),
    (("99999", None, None, None), (None, None, None, None)),
    (("00000", "BREST", None, None), (None, "BREST", None, None)),
    ((None, "BREST", None, "99990"), (None, "BREST", None, None)),
    ((None, "ST DENIS", None, None), (None, "SAINT DENIS", None, None)),
    ((None, "Ste-Marie", None, None), (None, "SAINTE MARIE", None, None)),
    ((None, "?", None, None), (None, None, None, None)),
    (("75112", "PARIS 12E ARRONDISSEMENT", None, None), ("75112", "PARIS", "75", "FR")),
    ((None, "PARIS 12", None, None), (None, "PARIS", None, None)),
    ((None, "Paris 1er", None, None), (None, "PARIS", None, None)),
    ((None, "LYON 3EME", None, None), (None, "LYON", None, None)),
    ((None, "MARSEILLE CEDEX 05", None, None), (None, "MARSEILLE", None, None)),
    ((None, "LA TRINITE", None, None), (None, "TRINITE", None, None)),
    ((None, "TRINITÉ (LA)", None, None), (None, "TRINITE LA", None, None)),
    ((None, "L'Haÿ-les-Roses", None, None), (None, "HAY LES ROSES", None, None)),
    ((None, "LES ABYMES", None, None), (None, "ABYMES", None, None)),
    ((None, "LE HAVRE 2", None, None), (None, "HAVRE", None, None)),
    ((None, "LE PO", None, None), (None, "LE PO", None, None)),
    ((None, "LANESTER", None, None), (None, "LANESTER", None, None)),
]


@pytest.mark.parametrize(("parts", "compares_as"), READ_AS)
def test_places_read_so(
    parts: tuple[str | None, str | None, str | None, str | None],
    compares_as: tuple[str | None, str | None, str | None, str | None],
) -> None:
    place = read_place(*parts)
    assert place is not None
    assert (place.commune, place.town, place.department, place.nation) == compares_as


@pytest.mark.parametrize("parts", [(), ("", "", "", ""), (" ", "  ", None, "\t")])
def test_parts_that_say_nothing_are_no_place(parts: tuple[str | None, ...]) -> None:
    assert read_place(*parts) is None


REFUSED = [
    ({"code": "2901"}, "code"),
    ({"code": "290191"}, "code"),
    ({"code": "2C004"}, "code"),
    ({"code": "29-19"}, "code"),
    ({"code": "2٩019"}, "code"),
    ({"department": "9"}, "department"),
    ({"department": "2C"}, "department"),
    ({"department": "961"}, "department"),
    ({"country": "FRANCE"}, "country"),
    ({"country": "98352"}, "country"),
    ({"country": "F1"}, "country"),
]


@pytest.mark.parametrize(("parts", "field"), REFUSED)
def test_a_part_of_another_form_is_refused_by_its_field_and_not_quoted(parts: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidPlace) as refusal:
        read_place(**parts, label="BREST")
    assert refusal.value.field == field
    assert parts[field] not in str(refusal.value)


def test_what_was_written_is_kept_beside_what_compares() -> None:
    assert read_place("2a004", " Ajaccio ", None, "fr") == Place(
        code="2A004",
        label="Ajaccio",
        country="FR",
        commune="2A004",
        name="AJACCIO",
        town="AJACCIO",
        department="20",
        nation="FR",
        lineage=("2A004",),
    )


def test_each_country_of_the_table_is_one_country_abroad_by_two_codes() -> None:
    table = cog_countries()
    assert all(re.fullmatch("[A-Z]{2}", iso) and re.fullmatch(r"99\d{3}", cog) for iso, cog in table.items())
    assert len(set(table.values())) == len(table)
    assert "FR" not in table


@settings(max_examples=200)
@given(st.text(max_size=30))
def test_the_town_of_a_label_is_its_beginning_after_an_article(label: str) -> None:
    place = read_place(label=label)
    if place is None:
        assert not label.strip()
    elif place.name is not None:
        assert place.town
        articles = ("", "LE ", "LA ", "LES ", "L ")
        assert any(place.name.removeprefix(article).startswith(place.town) for article in articles)
    else:
        assert place.town is None


@given(st.text(max_size=20), st.sampled_from(["29019", "99352", "99990", "2A004", None]))
def test_a_place_read_again_from_what_was_kept_is_the_same(label: str, code: str | None) -> None:
    place = read_place(code, label)
    if place is not None:
        assert read_place(place.code, place.label, None, place.country) == place

"""Where what was declared differs from the value in force, even if another value of the person matched."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from analyzers.dates import PartialDate
from analyzers.identity import Query, Record
from analyzers.names import read_name, read_names
from analyzers.nir import read_nir
from analyzers.places import read_place
from nomenclature.locating import bundled_edition
from scoring.divergences import divergences
from tests.strategies import queries, records, with_wrong_key

NIR, OTHER_NIR = "1560399999101", "2560399999102"
RECORD = Record(
    id="P1",
    nir=NIR,
    former_nirs=(OTHER_NIR,),
    sex="M",
    birth_name=read_name("LE GOFF"),
    usage_names=read_names(["KERVELLA"]),
    former_birth_names=read_names(["DUPONT"]),
    given_names=read_names(["YANN", "PIERRE"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
)
QUERY = Query(
    nir=read_nir(NIR),
    birth_name=read_name("LE GOFF"),
    usage_name=read_name("KERVELLA"),
    given_names=read_names(["YANN", "PIERRE"]),
    sex="M",
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
)
MISTYPED = with_wrong_key(NIR)

DIVERGENCES: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("nothing", {}, ()),
    ("the former number", {"nir": read_nir(OTHER_NIR)}, ("nir",)),
    ("a failing key", {"nir": read_nir(MISTYPED)}, ("nir",)),
    ("a name of before", {"birth_name": read_name("DUPONT")}, ("birth_name",)),
    ("the same name otherwise written", {"birth_name": read_name("legoff")}, ()),
    ("the birth name as usage name", {"usage_name": read_name("LE GOFF")}, ()),
    ("an unknown usage name", {"usage_name": read_name("MARTIN")}, ("usage_name",)),
    ("fewer given names", {"given_names": read_names(["YANN"])}, ()),
    ("given names in one", {"given_names": read_names(["YANN-PIERRE"])}, ()),
    ("another order", {"given_names": read_names(["PIERRE", "YANN"])}, ("given_names",)),
    ("more given names", {"given_names": read_names(["YANN", "PIERRE", "MARC"])}, ("given_names",)),
    ("another sex", {"sex": "F"}, ("sex",)),
    ("the year alone", {"birth_date": PartialDate(1956)}, ()),
    ("another day", {"birth_date": PartialDate(1956, 3, 5)}, ("birth_date",)),
    ("the label alone", {"birth_place": read_place(None, "Brest")}, ()),
    ("another label", {"birth_place": read_place(None, "QUIMPER")}, ("birth_place",)),
    ("another commune of that label", {"birth_place": read_place("29232", "BREST")}, ("birth_place",)),
    ("another country", {"birth_place": read_place(None, None, None, "99352")}, ("birth_place",)),
    ("an arrondissement of another city", {"birth_place": read_place("75112", "PARIS 12")}, ("birth_place",)),
    ("the department alone", {"birth_place": read_place(None, None, "29")}, ()),
    (
        "everything",
        {"sex": "F", "birth_name": read_name("MARTIN"), "birth_date": PartialDate(1957)},
        ("birth_name", "sex", "birth_date"),
    ),
]


@pytest.mark.parametrize(
    ("declared", "differing"), [row[1:] for row in DIVERGENCES], ids=[row[0] for row in DIVERGENCES]
)
def test_declared_values_differ_so(declared: dict[str, Any], differing: tuple[str, ...]) -> None:
    assert divergences(replace(QUERY, **declared), RECORD) == differing


PLACES = [  # declared, official, whether they differ
    ("75112", "75056", False),
    ("75056", "75112", False),
    ("69383", "69123", False),
    ("13208", "13055", False),
    ("13055", "13216", False),
    ("75112", "75114", True),
    ("75112", "69123", True),
    ("69300", "69123", True),
    ("13001", "13055", True),
    ("2A004", "20004", False),
    ("20004", "2A004", False),
    ("2B033", "20033", False),
    ("2A004", "2B004", True),
    ("2A004", "20033", True),
]


@pytest.mark.parametrize(("declared", "official", "differ"), PLACES)
def test_an_arrondissement_is_its_city_and_corsica_was_divided(declared: str, official: str, differ: bool) -> None:
    locator = bundled_edition().locator()
    query = locator.query(Query(birth_place=read_place(declared)))
    record = locator.record(Record(id="1", birth_place=read_place(official)))
    assert divergences(query, record) == (("birth_place",) if differ else ())


def test_a_date_that_the_register_knows_in_part_does_not_confirm_a_whole_one() -> None:
    assert divergences(QUERY, replace(RECORD, birth_date=PartialDate(1956))) == ("birth_date",)


@given(queries())
def test_nothing_differs_from_a_register_that_does_not_know(query: Query) -> None:
    assert divergences(query, Record(id="1")) == ()


@given(records())
def test_nothing_differs_in_what_was_not_declared(record: Record) -> None:
    assert divergences(Query(), record) == ()

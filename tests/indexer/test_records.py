"""The door of the register: a line is a record or a reason, and no reason quotes what the line says."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Death, Parent, Record
from analyzers.names import read_name, read_names
from analyzers.places import read_place
from indexer.records import UnreadableRecord, parse_record, read_record

FULL: dict[str, Any] = {
    "id": "P1",
    "nir": "156032a999101",
    "nir_status": "pending",
    "former_nirs": ["1560320999102"],
    "sex": "M",
    "birth_name": "LE GOFF",
    "usage_names": ["KERVELLA"],
    "former_birth_names": ["DUPONT"],
    "given_names": ["YANN", "PIERRE"],
    "former_given_names": [["JOB"], []],
    "birth_date": "1956-03-04",
    "former_birth_dates": ["1956-03-00"],
    "birth_place": {"code": "29019", "label": "BREST", "country": "FR"},
    "former_birth_places": [{"label": "QUIMPER"}],
    "death": {"date": "2020-00-00", "place": {"code": "75056"}, "certified": True},
    "parents": [{"birth_name": "LE GOFF", "given_names": ["JOB"]}, {"given_names": ["ANNE"]}],
    "certified": False,
}


def parsed(data: Any) -> Record:
    return parse_record(json.dumps(data).encode())


def reason_of(data: Any) -> str:
    with pytest.raises(UnreadableRecord) as refusal:
        parsed(data)
    return refusal.value.reason


def test_a_full_line_is_read() -> None:
    assert parsed(FULL) == Record(
        id="P1",
        nir="156032A999101",
        nir_status="pending",
        former_nirs=("1560320999102",),
        sex="M",
        birth_name=read_name("LE GOFF"),
        usage_names=read_names(["KERVELLA"]),
        former_birth_names=read_names(["DUPONT"]),
        given_names=read_names(["YANN", "PIERRE"]),
        former_given_names=(read_names(["JOB"]),),
        birth_date=PartialDate(1956, 3, 4),
        former_birth_dates=(PartialDate(1956, 3),),
        birth_place=read_place("29019", "BREST", None, "FR"),
        former_birth_places=tuple(filter(None, [read_place(None, "QUIMPER")])),
        death=Death(PartialDate(2020), read_place("75056"), True),
        parents=(
            Parent(read_name("LE GOFF"), read_names(["JOB"])),
            Parent(None, read_names(["ANNE"])),
        ),
        certified=False,
    )


def test_only_an_id_is_required() -> None:
    assert parsed({"id": "P1"}) == Record(id="P1")


@pytest.mark.parametrize("field", [field for field in FULL if field not in ("id", "certified")])
def test_null_and_absent_say_the_same(field: str) -> None:
    without = {name: value for name, value in FULL.items() if name != field}
    assert parsed(FULL | {field: None}) == parsed(without)


READ: list[tuple[str, dict[str, Any], Record]] = [
    ("a number without status is certified", {"nir": "1560399999101"}, Record("1", "1560399999101", "certified")),
    ("a status without number says nothing", {"nir_status": "pending"}, Record("1")),
    ("a blank number", {"nir": "  "}, Record("1")),
    ("sex as a digit", {"sex": 1}, Record("1", sex="M")),
    ("sex as in a DSN", {"sex": "02"}, Record("1", sex="F")),
    ("sex in French", {"sex": "h"}, Record("1", sex="M")),
    ("a blank sex", {"sex": ""}, Record("1")),
    ("a placeholder for a name", {"birth_name": "SANS NOM"}, Record("1")),
    ("names that name nobody", {"usage_names": ["", "X", "DUPONT"]}, Record("1", usage_names=read_names(["DUPONT"]))),
    ("the year alone", {"birth_date": "1956"}, Record("1", birth_date=PartialDate(1956))),
    ("an unknown date", {"birth_date": "0000-00-00"}, Record("1")),
    ("a place that says nothing", {"birth_place": {}}, Record("1")),
    ("former places that say nothing", {"former_birth_places": [{}, {"label": " "}]}, Record("1")),
    ("a death without date", {"death": {}}, Record("1", death=Death())),
    ("a parent of whom nothing is known", {"parents": [{}]}, Record("1", parents=(Parent(),))),
]


@pytest.mark.parametrize(("line", "record"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_lines_are_read_so(line: dict[str, Any], record: Record) -> None:
    assert parsed({"id": "1"} | line) == record


SECRET = "SECRET19560304"
REFUSED: list[tuple[str, Any, str]] = [
    ("no object", [SECRET], "not a JSON object"),
    ("a text", SECRET, "not a JSON object"),
    ("no id", {"birth_name": SECRET}, "id: required"),
    ("an empty id", {"id": ""}, "id: empty"),
    ("no text for an id", {"id": 19560304}, "id: wrong type or value"),
    ("a long id", {"id": SECRET * 50}, "id: too long"),
    ("an id of more bytes than an index stores", {"id": "\U0001f600" * 129}, "id: too long"),
    ("a long name", {"id": "1", "birth_name": SECRET * 22}, "birth_name: too long"),
    ("a long name among others", {"id": "1", "usage_names": ["A", SECRET * 22]}, "usage_names: too long"),
    ("a long label", {"id": "1", "birth_place": {"label": SECRET * 22}}, "birth_place.label: too long"),
    ("many names", {"id": "1", "given_names": [SECRET] * 51}, "given_names: too many"),
    ("many parents", {"id": "1", "parents": [{}] * 51}, "parents: too many"),
    ("an unknown field", {"id": "1", SECRET: SECRET}, "a field: unknown field"),
    ("a misspelt field", {"id": "1", "birthname": SECRET}, "a field: unknown field"),
    ("an unknown part of a place", {"id": "1", "birth_place": {SECRET: 1}}, "birth_place: unknown field"),
    ("an unknown part of a death", {"id": "1", "death": {SECRET: 1}}, "death: unknown field"),
    ("an unknown part of a parent", {"id": "1", "parents": [{SECRET: 1}]}, "parents: unknown field"),
    ("a number for a name", {"id": "1", "birth_name": 19560304}, "birth_name: wrong type or value"),
    ("a list for a name", {"id": "1", "birth_name": [SECRET]}, "birth_name: wrong type or value"),
    ("a text for a list", {"id": "1", "given_names": SECRET}, "given_names: wrong type or value"),
    ("numbers in a list", {"id": "1", "given_names": [19560304]}, "given_names: wrong type or value"),
    ("null in a list", {"id": "1", "given_names": [None]}, "given_names: wrong type or value"),
    ("a text for a place", {"id": "1", "birth_place": SECRET}, "birth_place: wrong type or value"),
    ("a text for a death", {"id": "1", "death": SECRET}, "death: wrong type or value"),
    ("another status", {"id": "1", "nir_status": SECRET}, "nir_status: wrong type or value"),
    ("no flag", {"id": "1", "certified": SECRET}, "certified: wrong type or value"),
    ("a short number", {"id": "1", "nir": "156039999910"}, "nir: wrong value"),
    ("a number with its key", {"id": "1", "nir": "156039999910173"}, "nir: wrong value"),
    ("a number with spaces", {"id": "1", "nir": "1 56 03 99999 101"}, "nir: wrong value"),
    ("a number of letters", {"id": "1", "nir": "156032C999101"}, "nir: wrong value"),
    ("a number in other digits", {"id": "1", "nir": "15603999991٠1"}, "nir: wrong value"),
    ("a former number", {"id": "1", "former_nirs": ["1560399999101", SECRET]}, "former_nirs: wrong value"),
    ("another sex", {"id": "1", "sex": SECRET}, "sex: wrong value"),
    ("the sex of no one", {"id": "1", "sex": 3}, "sex: wrong value"),
    ("an impossible day", {"id": "1", "birth_date": "1956-02-30"}, "birth_date: impossible date"),
    ("a day of no month", {"id": "1", "birth_date": "1956-00-04"}, "birth_date: impossible date"),
    ("another form of date", {"id": "1", "birth_date": "04/03/1956"}, "birth_date: impossible date"),
    ("a former date", {"id": "1", "former_birth_dates": ["1956-13-01"]}, "former_birth_dates: impossible date"),
    ("a date of death", {"id": "1", "death": {"date": "1956-02-30"}}, "death.date: impossible date"),
    ("another form of code", {"id": "1", "birth_place": {"code": SECRET}}, "birth_place.code: wrong form"),
    ("a country by its name", {"id": "1", "birth_place": {"country": SECRET}}, "birth_place.country: wrong form"),
    ("a former place", {"id": "1", "former_birth_places": [{"code": "1"}]}, "former_birth_places.code: wrong form"),
    ("a place of death", {"id": "1", "death": {"place": {"code": "1"}}}, "death.place.code: wrong form"),
]


@pytest.mark.parametrize(("data", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_no_record_is_refused_for_its_own_reason(data: Any, reason: str) -> None:
    assert reason_of(data) == reason


NOT_JSON = [b"", b"{", b"{'id': 1}", b'{"id": "1"}}', b'{"id": "\xe9"}', b"\xff\xfe", b"[" * 100_000, b'{"id": NaN}']


@pytest.mark.parametrize("line", NOT_JSON, ids=range(len(NOT_JSON)))
def test_what_is_no_json_is_refused(line: bytes) -> None:
    with pytest.raises(UnreadableRecord) as refusal:
        parse_record(line)
    assert refusal.value.reason == "not a JSON document in UTF-8"


@pytest.mark.parametrize("field", FULL)
@pytest.mark.parametrize(
    "value", [SECRET, 19560304, 1956.0304, True, [SECRET], [[19560304]], {SECRET: SECRET}, [{"code": SECRET}]], ids=repr
)
def test_no_reason_quotes_a_value(field: str, value: Any) -> None:
    try:
        parsed(FULL | {field: value})
    except UnreadableRecord as refusal:
        assert not any(part in refusal.reason for part in (SECRET, "SECRET", "1956", "0304"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FULL, "code", "date", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from([*FULL]), JSON, max_size=5), JSON)
def test_any_value_is_a_record_or_a_reason(data: dict[str, Any], other: Any) -> None:
    for value in (data, FULL | data, other):
        try:
            assert isinstance(read_record(value), Record)
        except UnreadableRecord as refusal:
            assert len(refusal.reason) < 60

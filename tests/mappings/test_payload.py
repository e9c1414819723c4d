"""The stored payload says all that the register said, whatever signs the names hold."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from analyzers.dates import PartialDate
from analyzers.identity import Death, Parent, Record
from analyzers.names import read_names
from analyzers.places import read_place
from mappings.payload import births_in, decode_record, encode_record, id_in
from tests.strategies import name_of, records, written_records


@settings(max_examples=200)
@given(written_records() | records())
def test_a_record_comes_back_as_it_went(record: Record) -> None:
    assert decode_record(encode_record(record)) == record


@settings(max_examples=200)
@given(written_records())
def test_a_payload_has_as_many_separators_as_fields_whatever_the_texts_hold(record: Record) -> None:
    payload = encode_record(record)
    assert payload.count("|") <= 16
    assert not payload.endswith("|")


@settings(max_examples=200)
@given(written_records() | records())
def test_id_and_births_are_read_alone_as_with_the_whole(record: Record) -> None:
    payload = encode_record(record)
    assert id_in(payload) == record.id
    assert births_in(payload) == (record.birth_date, record.birth_places)


RECORDS = [
    ("only an id", Record(id="P1")),
    ("separators in the id", Record(id="a|b;c,d%e%7Cf")),
    ("an id of spaces and lines", Record(id=" \n\t ")),
    (
        "separators in the names",
        Record(id="1", birth_name=name_of("A|B;C,D%E"), given_names=read_names(["X,Y", "Z;T"])),
    ),
    ("what looks escaped", Record(id="%25", birth_name=name_of("DUPONT%7CMARTIN"))),
    ("several scripts", Record(id="名前", birth_name=name_of("Hélène Иванов"))),
    (
        "lists of lists",
        Record(id="1", former_given_names=(read_names(["JEAN", "PAUL"]), read_names(["MARIE"]))),
    ),
    ("a parent of whom nothing is known", Record(id="1", parents=(Parent(),))),
    ("two parents of whom nothing is known", Record(id="1", parents=(Parent(), Parent()))),
    (
        "a parent without surname",
        Record(id="1", parents=(Parent(None, read_names(["ANNE"])), Parent(name_of("DUPONT")))),
    ),
    ("a death of which nothing is known", Record(id="1", death=Death())),
    ("a certified death", Record(id="1", death=Death(PartialDate(2020), read_place("29019", "BREST, PORT"), True))),
    ("a label of signs", Record(id="1", birth_place=read_place(None, "?;|,%", None, "FR"))),
    ("a country alone", Record(id="1", birth_place=read_place(None, None, None, "99352"))),
    ("a pending number", Record(id="1", nir="1560399999101", nir_status="pending")),
    ("former numbers", Record(id="1", former_nirs=("1560399999101", "156032A999102"))),
    ("an uncertified identity", Record(id="1", certified=False)),
]


@pytest.mark.parametrize("record", [row[1] for row in RECORDS], ids=[row[0] for row in RECORDS])
def test_these_records_come_back_as_they_went(record: Record) -> None:
    assert decode_record(encode_record(record)) == record


def test_a_plain_record_is_a_short_line_that_begins_with_its_name() -> None:
    record = Record(
        id="P1",
        nir="1560399999101",
        nir_status="certified",
        sex="M",
        birth_name=name_of("LE GOFF"),
        given_names=read_names(["YANN", "PIERRE"]),
        birth_date=PartialDate(1956, 3, 4),
        birth_place=read_place("29019", "BREST"),
    )
    assert encode_record(record) == "LE GOFF|YANN;PIERRE|19560304|29019,BREST|M|1560399999101|P1"


def test_two_records_that_differ_have_two_payloads() -> None:
    record = Record(id="1", birth_name=name_of("DUPONT"), usage_names=read_names(["MARTIN"]))
    moved = replace(record, usage_names=(), former_birth_names=read_names(["MARTIN"]))
    assert encode_record(record) != encode_record(moved)

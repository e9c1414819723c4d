"""What one identity puts into an index: its keys, its numbers, the words by which it is searched."""

from hypothesis import given, settings

from analyzers.dates import PartialDate
from analyzers.identity import Record
from analyzers.keys import PAIRS_INDEXED, keys_of, record_traits
from analyzers.names import read_name, read_names
from analyzers.nir import nir_term
from analyzers.places import read_place
from mappings import fields
from mappings.document import Document, analysed, document_of
from mappings.mapping import identity_mapping
from mappings.payload import decode_record
from tests.strategies import records

RECORD = Record(
    id="P1",
    nir="156032A999101",
    former_nirs=("1560320999101", "2560399999102"),
    sex="M",
    birth_name=read_name("LE GOFF"),
    usage_names=read_names(["Le Goff", "KERVELLA"]),
    given_names=read_names(["YANN", "PIERRE"]),
    former_given_names=(read_names(["YANN"]),),
    birth_date=PartialDate(1956, 3, 4),
    former_birth_dates=(PartialDate(1957),),
    birth_place=read_place("29019", "BREST"),
)


def test_a_document_holds_all_that_a_person_bears_or_bore_once() -> None:
    document = document_of(RECORD)
    assert [name.folded for name in document.names] == ["LE GOFF", "KERVELLA"]
    assert {"LEGOFF", "LEGOF", "KERVELLA", "ERVELLA"} <= set(document.slips)
    assert len(document.pairs) == len({*document.pairs})


def test_both_forms_of_a_corsican_number_are_one_term() -> None:
    assert document_of(RECORD).nirs == ("1560320999101", "2560399999102")


def test_an_unknown_trait_puts_nothing() -> None:
    assert document_of(Record(id="P1")) == Document(
        id="P1",
        payload=document_of(Record(id="P1")).payload,
        keys=(),
        nirs=(),
        names=(),
        slips=(),
        pairs=(),
    )


@settings(max_examples=150)
@given(records())
def test_a_document_is_what_its_record_says(record: Record) -> None:
    document = document_of(record)
    assert document.id == record.id
    assert decode_record(document.payload) == record
    assert set(document.keys) == set(keys_of(record_traits(record)))
    assert set(document.nirs) == {nir_term(nir) for nir in record.nirs}
    assert {name.folded for name in document.names} == {name.folded for name in record.surnames}
    assert set(document.pairs) == set(keys_of(record_traits(record), PAIRS_INDEXED))
    for values in (document.keys, document.nirs, document.names, document.slips, document.pairs):
        assert len(set(values)) == len(values)


def test_an_analysed_field_holds_each_code_once() -> None:
    names = read_names(["LE GOFF", "GOFF", "DUPONT"])
    assert analysed(names, "fr2") == ["LGOF", "GOF", "DOPN"]


def test_every_field_of_a_document_is_in_the_strict_mapping() -> None:
    mapping = identity_mapping({})
    assert mapping["dynamic"] == "strict"
    assert set(mapping["properties"]) == {
        *(fields.KEYS, fields.NIRS, fields.PAYLOAD, fields.NAMES, fields.SLIPS, fields.PAIRS),
    }
    names = mapping["properties"][fields.NAMES]
    assert names["analyzer"] == "name_fr2"
    assert {name: field["analyzer"] for name, field in names["fields"].items()} == {fields.SKXS: "name_skxs"}

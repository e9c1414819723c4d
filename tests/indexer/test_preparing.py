"""A part of a register prepared alone gives what the whole would."""

from collections.abc import Sequence
from functools import partial

import orjson
import pytest

from indexer.census import Census
from indexer.counting import id_hashes
from indexer.lines import Line
from indexer.preparing import Prepared, prepare
from indexer.sources import Unread, read_source
from indexer.tables import TableMap
from nomenclature.locating import bundled_edition
from retrieval.embedded import encode_for_tantivy
from retrieval.opensearch import encode_for_opensearch

PEOPLE = [
    {"id": "1", "birth_name": "LE GOFF", "given_names": ["YANN"], "birth_date": "1956-03-04", "sex": "M"},
    {"id": "2", "birth_name": "KERVELLA", "birth_place": {"code": "99352", "label": "ORAN"}},
    {"id": "3", "birth_date": "1980-00-00"},
    {"id": "4", "birth_name": "GARCIA", "given_names": ["ANA", "LUZ"], "birth_place": {"code": "99134"}},
]


def unread(*people: dict[str, object]) -> list[Unread]:
    lines = [Line(number, orjson.dumps(person)) for number, person in enumerate(people, start=1)]
    return list(read_source(lines, "ndjson", TableMap()))


def prepared(part: Sequence[Unread]) -> Prepared:
    return prepare(encode_for_tantivy, bundled_edition(), part)


def counts(census: Census) -> bytes:
    return census.finish({}, ()).to_bytes()


@pytest.mark.parametrize("cut", range(len(PEOPLE) + 1))
def test_parts_counted_apart_and_merged_count_as_the_whole(cut: int) -> None:
    lines = unread(*PEOPLE)
    merged = Census()
    for part in (lines[:cut], lines[cut:]):
        merged.merge(prepared(part).census)
    assert counts(merged) == counts(prepared(lines).census)


def test_what_cannot_be_read_is_refused_in_its_place_and_counted_nowhere() -> None:
    found = prepared(unread(PEOPLE[0], {"id": ""}, {"birth_name": "X"}, PEOPLE[1]))
    assert found.refused == [(2, "id: empty"), (3, "id: required")]
    assert (found.numbers, found.ids.tolist()) == ([1, 4], id_hashes(["1", "2"]).tolist())
    assert counts(found.census) == counts(prepared(unread(PEOPLE[0], PEOPLE[1])).census)


@pytest.mark.parametrize(
    "person",
    [
        {"id": "1", "usage_names": ["SECRET" + "A" * 2_000] * 20},
        {"id": "1", "birth_name": "TD" * 400_000 + "R"},
        {"id": "1", "birth_name": "T" * 800_000 + "R"},
    ],
    ids=["many names", "a megabyte", "one letter"],
)
def test_a_person_of_megabytes_is_refused_in_a_moment(person: dict[str, object]) -> None:
    assert prepared(unread(person)).refused == [(1, "record too long")]


def test_an_empty_part_prepares_nothing() -> None:
    found = prepared([])
    assert (found.numbers, found.encoded, found.keys, found.first) == ([], [], "", None)


@pytest.mark.parametrize("encode", [encode_for_tantivy, encode_for_opensearch])
def test_each_engine_takes_one_document_a_person(encode: partial[bytes]) -> None:
    found = prepare(encode, bundled_edition(), unread(*PEOPLE))
    assert len(found.encoded) == len(found.ids) == len(PEOPLE)

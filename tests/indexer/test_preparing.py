"""A part of a register prepared alone gives what the whole would."""

import time
from collections.abc import Sequence
from functools import partial

import orjson
import pytest

from analyzers.keys import FAMILIES, KEY_LETTERS, MOST_KEYS
from indexer.census import Census
from indexer.counting import id_hashes
from indexer.lines import Line
from indexer.preparing import Prepared, prepare
from indexer.sources import Unread, read_source
from indexer.tables import TableMap
from nomenclature.locating import bundled_edition
from retrieval.embedded import encode_for_tantivy
from retrieval.opensearch import encode_for_opensearch

PEOPLE: list[dict[str, object]] = [
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
    ("person", "reason"),
    [
        (
            {
                "id": "1",
                "usage_names": ["SECRET" + "A" * 290] * 50,
                "given_names": ["A" * 300] * 50,
                "former_birth_names": ["A" * 300] * 50,
            },
            "record too long",
        ),
        ({"id": "1", "birth_name": "TD" * 400_000 + "R"}, "birth_name: too long"),
        ({"id": "1", "birth_name": "T" * 800_000 + "R"}, "birth_name: too long"),
    ],
    ids=["many names", "a megabyte", "one letter"],
)
def test_a_person_of_megabytes_is_refused_in_a_moment(person: dict[str, object], reason: str) -> None:
    assert prepared(unread(person)).refused == [(1, reason)]


def test_names_of_many_words_make_few_keys_and_are_prepared_in_a_moment() -> None:
    """Each of a name's words is joined with each of a given name's: without a limit these are 600,000 keys."""
    words = [" ".join(f"{a}{b}{c}E" for b in "BDFGKLM" for c in "NPRSTV")[:300] for a in "ABCDEFGH"]
    person = {"id": "1", "usage_names": words[:4], "given_names": words[4:], "birth_date": "1956-03-04"}
    started = time.thread_time()
    found = prepared(unread(person | {"birth_place": {"code": "29019"}}))
    assert len(found.keys) // KEY_LETTERS <= MOST_KEYS * len(FAMILIES)
    assert time.thread_time() - started < 1


def test_an_empty_part_prepares_nothing() -> None:
    found = prepared([])
    assert (found.numbers, found.encoded, found.keys, found.first) == ([], [], "", None)


@pytest.mark.parametrize("encode", [encode_for_tantivy, encode_for_opensearch])
def test_each_engine_takes_one_document_a_person(encode: partial[bytes]) -> None:
    found = prepare(encode, bundled_edition(), unread(*PEOPLE))
    assert len(found.encoded) == len(found.ids) == len(PEOPLE)

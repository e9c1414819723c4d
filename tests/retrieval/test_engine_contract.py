"""What each engine promises, asked of both."""

from dataclasses import replace

import pytest

from analyzers.identity import Record
from analyzers.keys import FAMILIES, key_numbers, keys_of, query_traits, record_traits, said_in
from identification.questions import read_question
from identification.rarity import populations
from identification.wide import common_keys_search, wide_search
from indexer.records import read_record
from mappings.build import BuildMeta
from mappings.document import Document, document_of
from mappings.payload import decode_record
from retrieval.protocol import NOBODY, AnotherUpdate, Batch, Engine, IndexGone, IndexNotReady, Moved, Sides, WideSearch
from scoring.model import load_model
from scoring.statistics import Statistics
from scoring.weights import Weights

META = BuildMeta(created_at="2026-01-01T00:00:00", model="test")
WEIGHTS = Weights(load_model(), Statistics(identities=7))


def person(number: int, **traits: object) -> Record:
    return read_record(
        {
            "id": f"p{number}",
            "nir": f"1800199999{number % 999 + 1:03d}",
            "birth_name": "LEFEBVRE",
            "given_names": ["LUCIEN"],
            "birth_date": "1980-01-15",
            "birth_place": {"code": "59350", "label": "LILLE"},
            **traits,
        }
    )


async def filled(engine: Engine, documents: list[Document], name: str = "20260101-aaaaaa") -> str:
    index = f"{engine.alias}-{name}"
    await engine.create(index, META)
    for start in range(0, len(documents), 2000):
        await engine.add(index, [engine.encode(document) for document in documents[start : start + 2000]])
    assert await engine.freeze(index) == len(documents)
    return index


def search(**question: object) -> WideSearch:
    query = read_question(question).query
    assert query is not None
    return wide_search(query, said_in(query), populations(query.birth_place, WEIGHTS))


async def found(engine: Engine, index: str, asked: WideSearch, limit: int = 100) -> set[str] | None:
    (payloads,) = await engine.wide(await engine.position(index), [asked], limit)
    return None if payloads is None else {decode_record(payload).id for payload in payloads}


async def test_an_alias_that_points_at_nothing_is_not_ready(engine: Engine) -> None:
    with pytest.raises(IndexNotReady):
        await engine.served()


async def test_a_payload_comes_back_as_it_went_in(engine: Engine) -> None:
    record = person(1, usage_names=["DE LA TOUR"], former_nirs=["1800199999999"], parents=[{"given_names": ["PAUL"]}])
    index = await filled(engine, [document_of(record)])
    (payload,) = await engine.holders(await engine.position(index), "nirs", ["1800199999999"])
    assert decode_record(payload) == record


async def test_a_document_that_holds_several_terms_comes_once(engine: Engine) -> None:
    record = person(1)
    index = await filled(engine, [document_of(record)])
    assert len(await engine.holders(await engine.position(index), "keys", list(keys_of(record_traits(record))))) == 1


async def test_no_term_finds_nothing(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1))])
    assert await engine.holders(await engine.position(index), "keys", []) == []
    assert await engine.holders(await engine.position(index), "keys", ["absent"]) == []


async def test_a_reply_that_fills_up_is_split_and_complete(engine: Engine) -> None:
    documents = [document_of(read_record({"id": f"p{n}", "nir": f"18001{n:05d}001"})) for n in range(10_050)]
    index = await filled(engine, documents)
    payloads = await engine.holders(await engine.position(index), "nirs", [document.nirs[0] for document in documents])
    assert {decode_record(payload).id for payload in payloads} == {document.id for document in documents}
    assert len(payloads) == len(documents)


NEAR_NAMES: dict[str, dict[str, object]] = {
    "sounds alike": {"birth_name": "LEFEVRE"},
    "one slip": {"birth_name": "LEFEBVRZ"},
    "a letter more and one less": {"birth_name": "LEFBVREX"},
    "a particle more": {"birth_name": "DE LEFEBVRE"},
    "given name a slip away": {"birth_name": "LEFEBVRE", "given_names": ["LUCIAN"]},
}


async def test_the_wide_search_finds_the_person_whose_name_is_near(engine: Engine) -> None:
    index = await filled(
        engine, [document_of(person(1)), document_of(person(2, birth_name="OTTO", given_names=["IDA"]))]
    )
    for why, declared in NEAR_NAMES.items():
        question = {"given_names": ["LUCIEN"], "birth_date": "1980-01-15"} | declared
        assert await found(engine, index, search(**question)) == {"p1"}, why


async def test_a_name_too_far_by_letters_is_not_found_wide(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1, birth_name="BODINGTON"))])
    question = {"given_names": ["LUCIEN"], "birth_date": "1980-01-15"}
    assert await found(engine, index, search(birth_name="VOLIMFTOX", **question)) == set()


async def test_another_surname_is_not_found_wide_however_much_else_agrees(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1))])
    question = {"given_names": ["LUCIEN"], "birth_date": "1980-01-15", "birth_place": {"code": "59350"}}
    assert await found(engine, index, search(birth_name="ZZYZX", **question)) == set()


WIDE: list[tuple[str, dict[str, object], bool]] = [  # what is said beside the surname, whether that is enough
    ("month and day", {"birth_date": "1971-01-15"}, True),
    ("given name by sound and place", {"given_names": ["LUSSIEN"], "birth_place": {"code": "59350"}}, True),
    ("month and place", {"birth_date": "1971-01", "birth_place": {"label": "Lille", "department": "59"}}, True),
    ("given name and month", {"given_names": ["LUCIEN"], "birth_date": "1971-01-30"}, True),
    ("given name and year, nothing else said", {"given_names": ["LUCIEN"], "birth_date": "1980"}, True),
    ("given name and another year, nothing else said", {"given_names": ["LUCIEN"], "birth_date": "1971"}, False),
    ("year and day", {"birth_date": "1980-07-15"}, False),
    ("given name alone agrees", {"given_names": ["LUCIEN"], "birth_date": "1980-07-30"}, False),
    ("day, and given name another by sound", {"given_names": ["GASTON"], "birth_date": "1980-07-15"}, False),
]


async def test_beside_the_surname_two_of_given_name_month_day_and_place_agree(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1))])
    for what, said, is_found in WIDE:
        answered = await found(engine, index, search(birth_name="LEFEBVRE", **said))
        assert answered == ({"p1"} if is_found else set()), what


async def test_one_agreeing_trait_beside_the_name_is_not_enough(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1))])
    assert await found(engine, index, search(birth_name="LEFEBVRE", birth_date="1980")) == set()


async def test_where_both_sides_are_asked_one_key_of_each_is_needed(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1)), document_of(person(2, birth_name="OTTO"))])
    said = search(birth_name="LEFEBVRE", given_names=["LUCIEN"], birth_date="1971-01-15")
    held, other = said.pairs[0], said.pairs[1]
    asked: dict[tuple[Sides, ...], set[str]] = {
        (((held,), ("nobody",)),): set(),
        ((("nobody",), (other,)),): set(),
        (((held,), (other,)),): {"p1"},
        ((("nobody", held), (other, "nobody")),): {"p1"},
        (((held,), ("nobody",)), (("nobody",), (other,))): set(),
        (((held,), ("nobody",)), ((held,), (other,))): {"p1"},
    }
    for both, expected in asked.items():
        assert await found(engine, index, replace(said, pairs=(), both=both)) == expected
        assert await found(engine, index, replace(said, pairs=(held,), both=both)) == {"p1"}


async def test_where_a_date_is_asked_a_near_surname_that_holds_its_key_answers(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1)), document_of(person(2, birth_name="OTTO"))])
    said = replace(search(birth_name="LEFEBVRE", birth_date="1980-03-15"), pairs=())
    given_date = next(family for family in FAMILIES if family.name == "given_date")
    held = keys_of(record_traits(person(1)), [given_date])
    assert await found(engine, index, replace(said, dates=held)) == {"p1"}
    assert await found(engine, index, replace(said, dates=("nobody", *held), pairs=("nobody",))) == {"p1"}
    assert await found(engine, index, replace(said, dates=("nobody",))) == set()


COMMON: list[tuple[str, dict[str, object], bool]] = [  # who of the same names and year answers a common key
    ("month", {"birth_date": "1980-03-30"}, True),
    ("day of the month", {"birth_date": "1980-07-15"}, True),
    ("place", {"birth_date": "1980-07-30", "birth_place": {"code": "59350"}}, True),
    ("nothing else", {"birth_date": "1980-07-30", "birth_place": {"code": "13055"}}, False),
    ("a date of which only the year is said", {"birth_date": "1980"}, True),
    ("a first of January, which stands for any day", {"birth_date": "1980-01-01"}, True),
]


def beside_common_keys(**said: object) -> WideSearch:
    """What is asked of those who share the names and the year, as if many did."""
    query = read_question({"birth_name": "LEFEBVRE", "given_names": ["LUCIEN"], **said}).query
    assert query is not None
    family = next(family for family in FAMILIES if family.name == "name_given_year")
    common = dict.fromkeys(key_numbers(query_traits(query), [family]), family)
    return common_keys_search(query, said_in(query), common, populations(query.birth_place, WEIGHTS))


async def test_who_holds_a_common_key_answers_where_something_else_agrees(engine: Engine) -> None:
    people = person(1, birth_date="1980-03-15"), person(2, birth_date="1980-03-15", birth_name="OTTO")
    index = await filled(engine, list(map(document_of, people)))
    for what, said, is_found in COMMON:
        answered = await found(engine, index, beside_common_keys(**said))
        assert answered == ({"p1"} if is_found else set()), what


@pytest.mark.parametrize("registered", ["1980", "1980-01-01"])
async def test_who_holds_a_common_key_and_has_no_known_day_answers_whatever_day_is_said(
    engine: Engine, registered: str
) -> None:
    index = await filled(engine, [document_of(person(1, birth_date=registered))])
    assert await found(engine, index, beside_common_keys(birth_date="1980-07-30")) == {"p1"}
    assert await found(engine, index, beside_common_keys(birth_date="1981-07-30")) == set()


async def test_a_wide_search_beyond_its_limit_says_so(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(n)) for n in range(6)])
    asked = search(birth_name="LEFEBVRE", given_names=["LUCIEN"], birth_date="1980-01-15")
    assert await found(engine, index, asked, limit=5) is None
    assert len(await found(engine, index, asked, limit=6) or ()) == 6


async def test_holders_are_counted_exactly(engine: Engine) -> None:
    documents = [document_of(person(n)) for n in range(7)]
    index = await filled(engine, documents)
    key = documents[0].keys[0]
    assert dict(await engine.holders_count(index, [key, "absent"])) == {key: 7, "absent": 0}


async def test_statistics_come_back_whole(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1))])
    data = bytes(range(256)) * 7_000
    await engine.put_statistics(index, data)
    assert bytes(await engine.statistics(index)) == data


async def test_the_alias_moves_in_one_step_and_the_list_says_who_is_served(engine: Engine) -> None:
    first = await filled(engine, [document_of(person(1))], "20260101-aaaaaa")
    second = await filled(engine, [document_of(person(2))], "20260102-bbbbbb")
    await engine.swap(first)
    assert await engine.served() == first
    await engine.swap(second)
    assert await engine.served() == second
    assert {found.index: found.served for found in await engine.list()} == {first: False, second: True}


async def test_the_meta_of_a_build_is_kept(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1))])
    await engine.set_meta(index, META.evolve(identities=1, complete=True))
    assert await engine.meta(index) == META.evolve(identities=1, complete=True)


async def test_a_dropped_build_is_gone(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1))])
    await engine.put_statistics(index, b"x" * 8)
    await engine.drop(index)
    assert await engine.list() == []
    for call in (engine.meta(index), engine.statistics(index), engine.drop(index), engine.drop("identities-*")):
        with pytest.raises(IndexGone):
            await call


def changed(engine: Engine, *records: Record) -> dict[str, bytes | None]:
    return {record.id: engine.encode(document_of(record)) for record in records}


async def ids_of(engine: Engine, index: str, number: str) -> set[str]:
    return {
        decode_record(payload).id for payload in await engine.holders(await engine.position(index), "nirs", [number])
    }


async def test_a_change_puts_a_document_in_the_place_of_the_one_of_its_id_and_removes_others(engine: Engine) -> None:
    old, new = "1800199999111", "1800199999222"
    index = await filled(engine, [document_of(person(n, nir=old)) for n in (1, 2, 3)])
    await engine.change(index, {"p2": None, "p9": None} | changed(engine, person(1, nir=new), person(4, nir=old)), 7)
    assert (await engine.position(index)).revision == 7
    assert await ids_of(engine, index, old) == {"p3", "p4"}
    assert await ids_of(engine, index, new) == {"p1"}


async def test_identities_are_found_by_id(engine: Engine) -> None:
    records = [person(1), person(2), read_record({"id": "an odd id, é|%;\u0000"})]
    index = await filled(engine, [document_of(record) for record in records])
    payloads = await engine.payloads(index, [record.id for record in records[1:]] + ["absent"])
    assert sorted(map(decode_record, payloads), key=lambda record: record.id, reverse=True) == records[1:]
    assert await engine.payloads(index, []) == []


async def test_a_fresh_index_is_at_the_revision_of_its_source_which_is_no_identity(engine: Engine) -> None:
    index = f"{engine.alias}-20260101-aaaaaa"
    await engine.create(index, META.evolve(revision=12))
    assert await engine.freeze(index) == 0
    assert (await engine.position(index)).revision == 12


async def test_a_search_says_when_a_change_has_passed_its_position(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(1))])
    await engine.swap(index)
    asked = search(birth_name="LEFEBVRE", given_names=["LUCIEN"], birth_date="1980-01-15")
    for position in (await engine.current(), await engine.position(index)):
        assert (position.index, position.revision) == (index, 0)
        assert await engine.holders(position, "nirs", [NOBODY]) == []
        assert len((await engine.wide(position, [asked], 10))[0] or ()) == 1
    before = await engine.current()
    await engine.change(index, changed(engine, person(2)), 3)
    after = await engine.current()
    assert after == replace(before, revision=3)
    for position in (before, replace(before, is_served=False), replace(after, revision=4)):
        with pytest.raises(Moved):
            await engine.holders(position, "nirs", [NOBODY])
        with pytest.raises(Moved):
            await engine.wide(position, [asked], 10)
    assert len((await engine.wide(after, [asked], 10))[0] or ()) == 2


async def test_a_search_of_what_is_served_says_when_another_index_is(engine: Engine) -> None:
    first, second = [await filled(engine, [document_of(person(n))], f"20260101-00000{n}") for n in (1, 2)]
    await engine.swap(first)
    position = await engine.current()
    await engine.swap(second)
    if position.is_served:
        with pytest.raises(Moved):
            await engine.holders(position, "nirs", [NOBODY])
    assert await ids_of(engine, first, "1800199999002") == {"p1"}
    assert (await engine.current()).index == second


async def test_a_full_reply_without_room_for_the_revision_is_taken_for_what_it_is(engine: Engine) -> None:
    index = await filled(engine, [document_of(person(n)) for n in range(6)])
    await engine.change(index, {}, 1)  # the revision comes after all identities
    asked = search(birth_name="LEFEBVRE", given_names=["LUCIEN"], birth_date="1980-01-15")
    assert await found(engine, index, asked, limit=3) is None
    assert await found(engine, index, asked, limit=5) is None
    assert len(await found(engine, index, asked, limit=6) or ()) == 6


async def test_nothing_is_current_before_an_index_is_served(engine: Engine) -> None:
    with pytest.raises(IndexNotReady):
        await engine.current()


def batch(number: int, first: int, last: int, ties: bytes = b"") -> Batch:
    return Batch(number, first, last, f"changes {number}".encode(), ties)


async def test_the_journal_gives_batches_back_in_order(engine: Engine) -> None:
    assert (await engine.journal.newest(), await engine.journal.after(0), await engine.journal.ties()) == (
        None,
        None,
        [],
    )
    kept = [batch(1, 3, 10), batch(2, 11, 11, b"a tie"), batch(3, 20, 1_000_000_000_000, b"another")]
    for one in kept:
        await engine.journal.append(one)
    assert await engine.journal.newest() == kept[2]
    after = {revision: await engine.journal.after(revision) for revision in (0, 3, 9, 10, 11, 19, 10**12)}
    assert after == {0: kept[0], 3: kept[0], 9: kept[0], 10: kept[1], 11: kept[2], 19: kept[2], 10**12: None}
    assert list(await engine.journal.ties()) == [b"a tie", b"another"]


async def test_of_a_batch_that_is_cut_its_numbers_and_its_ties_are_left(engine: Engine) -> None:
    assert await engine.journal.cut(10) == 0
    kept = [batch(1, 1, 5), batch(2, 6, 9, b"a tie"), batch(3, 10, 12), batch(4, 13, 14)]
    for one in kept:
        await engine.journal.append(one)
    assert [await engine.journal.cut(11), await engine.journal.cut(11), await engine.journal.cut(0)] == [2, 0, 0]
    after = [await engine.journal.after(revision) for revision in (0, 5, 9, 12)]
    assert after == [Batch(1, 1, 5, b""), Batch(2, 6, 9, b"", b"a tie"), *kept[2:]]
    assert [one.is_cut for one in after if one] == [True, True, False, False]
    assert await engine.journal.newest() == kept[3]
    assert list(await engine.journal.ties()) == [b"a tie"]
    await engine.journal.append(batch(5, 15, 15))
    assert await engine.journal.cut(15) == 3


async def test_every_tie_is_given_however_many_there_are(engine: Engine) -> None:
    for number in range(1, 103):
        await engine.journal.append(batch(number, number, number, b"%d" % number))
    assert list(await engine.journal.ties()) == [b"%d" % number for number in range(1, 103)]


async def test_of_two_writers_the_one_who_comes_second_to_a_number_is_told(engine: Engine) -> None:
    await engine.journal.append(batch(1, 1, 5))
    with pytest.raises(AnotherUpdate):
        await engine.journal.append(batch(1, 1, 6))
    newest = await engine.journal.newest()
    assert newest is not None
    assert newest.last == 5


async def every_id(engine: Engine, index: str) -> list[str]:
    parts = [part async for part in engine.every_payload(await engine.position(index))]
    assert all(0 < len(part) <= 1_000 for part in parts[:-1])
    return sorted(decode_record(payload).id for part in parts for payload in part)


async def test_every_identity_is_read_once_as_changes_left_it(engine: Engine) -> None:
    records = [read_record({"id": f"p{n:04d}", "birth_name": "LEFEBVRE"}) for n in range(2_050)]
    index = await filled(engine, [document_of(record) for record in records])
    kept = [record.id for record in records]
    assert await every_id(engine, index) == kept
    gone = {record.id: None for record in records[10:20]}
    again = changed(engine, read_record({"id": "p0001", "birth_name": "OTTO"}), read_record({"id": "new, é|%;"}))
    await engine.change(index, gone | again, 1)
    assert await every_id(engine, index) == sorted({*kept, "new, é|%;"} - set(gone))
    payloads = [payload async for part in engine.every_payload(await engine.position(index)) for payload in part]
    assert {payload.split("|")[0] for payload in payloads} == {"LEFEBVRE", "OTTO", ""}


async def test_what_changes_while_every_identity_is_read_is_not_seen(engine: Engine) -> None:
    index = await filled(engine, [document_of(read_record({"id": f"p{n:04d}"})) for n in range(1_500)])
    read: list[str] = []
    async for part in engine.every_payload(await engine.position(index)):
        read += part
        await engine.change(index, {"p0000": None, "p1499": None} | changed(engine, read_record({"id": "new"})), 1)
    assert sorted(decode_record(payload).id for payload in read) == [f"p{n:04d}" for n in range(1_500)]


async def test_an_index_without_identities_yields_none_and_one_that_is_gone_says_so(engine: Engine) -> None:
    index = await filled(engine, [])
    assert await every_id(engine, index) == []
    await engine.drop(index)
    with pytest.raises(IndexGone):
        await every_id(engine, index)

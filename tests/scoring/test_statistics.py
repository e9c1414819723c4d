"""The counts of a register: exact, read back from a buffer without a copy, refused when cut."""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Record
from analyzers.names import read_name, read_names
from analyzers.places import read_place
from scoring.statistics import Census, Statistics, digest_of, given_names_group
from tests.strategies import records, statistics_of


def naive_values(record: Record) -> Iterator[tuple[str, str]]:
    """What the record has, told again as plainly as can be; a value may come twice."""
    for name in record.surnames:
        yield "name", name.joined
        yield "skeleton", name.sx
        for part in (name.joined, name.core, *name.parts):
            yield "part", part
        for code in name.codes:
            yield "sound", code
    for name in (name for names in record.given_name_lists for name in names):
        for form in (name.joined, *name.parts):
            yield "given", form
            if record.sex and record.birth_date:
                yield f"given:{record.sex}{record.birth_date.year // 10}", form
        for code in name.codes:
            yield "given_sound", code
    for date in record.birth_dates:
        yield "date", str(date)
        yield "year", str(date.year)
    for place in record.birth_places:
        for kind, value in (
            ("commune", place.commune),
            ("label", place.town),
            ("department", place.department),
            ("nation", place.nation),
        ):
            if value:
                yield kind, value


def naive_counts(register: Sequence[Record]) -> Counter[tuple[str, str]]:
    return Counter(value for record in register for value in set(naive_values(record)))


@settings(max_examples=100, deadline=None)
@given(st.lists(records(), max_size=6))
def test_each_value_is_counted_once_for_each_person_who_has_it(register: list[Record]) -> None:
    counted = statistics_of(register)
    assert counted.identities == len(register)
    for (kind, value), count in naive_counts(register).items():
        assert counted.count(kind, value) == count
    groups = Counter(f"{r.sex}{r.birth_date.year // 10}" for r in register if r.sex and r.birth_date)
    assert counted.groups == groups


@settings(max_examples=100, deadline=None)
@given(st.lists(records(), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_no_byte(register: list[Record], random: Random) -> None:
    before = statistics_of(register).to_bytes()
    random.shuffle(register)
    assert statistics_of(register).to_bytes() == before


def census_of(register: Sequence[Record]) -> Statistics:
    census = Census()
    for record in register:
        census.add(record)
    return census.finish((0.0, 0.25, 0.5), {"AAAAAAAA", "BBBBBBBB"})


@settings(max_examples=100, deadline=None)
@given(st.lists(records(), max_size=4))
def test_what_is_written_is_read_again_the_same(register: list[Record]) -> None:
    counted = census_of(register)
    read = Statistics.from_buffer(counted.to_bytes())
    assert (read.identities, read.groups, read.close_shares) == (
        counted.identities,
        counted.groups,
        counted.close_shares,
    )
    assert read.hot_keys == {"AAAAAAAA", "BBBBBBBB"}
    assert {value: read.count(*value) for value in naive_counts(register)} == naive_counts(register)
    assert read.to_bytes() == counted.to_bytes()


REGISTER = [
    Record(
        id="P1",
        sex="M",
        birth_name=read_name("LE GOFF"),
        given_names=read_names(["YANN"]),
        birth_date=PartialDate(1956, 3, 4),
        birth_place=read_place("75112", "PARIS 12E ARRONDISSEMENT"),
    ),
    Record(id="P2", sex="F", birth_name=read_name("LEGOFF"), birth_date=PartialDate(1956, 3, 4)),
]


def test_a_value_that_nobody_has_counts_for_nothing() -> None:
    counted = statistics_of(REGISTER)
    assert counted.count("name", "DUPONT") == 0
    assert counted.count("given", "LEGOFF") == 0
    assert Statistics(identities=0).count("name", "LEGOFF") == 0


def test_values_are_counted_in_the_form_that_comparisons_ask() -> None:
    counted = statistics_of(REGISTER)
    assert counted.count("name", "LEGOFF") == 2
    assert counted.count("part", "GOFF") == 1
    assert counted.count("given:M195", "YANN") == 1
    assert counted.count("date", "1956-03-04") == 2
    assert counted.count("label", "PARIS") == 1


def test_a_person_who_bears_a_value_twice_counts_once() -> None:
    twice = Record(id="P1", birth_name=read_name("DUPONT"), usage_names=read_names(["Dupont", "DUPONT MARTIN"]))
    counted = statistics_of([twice])
    assert counted.count("name", "DUPONT") == 1
    assert counted.count("part", "DUPONT") == 1


def test_a_buffer_cut_anywhere_is_refused() -> None:
    data = census_of(REGISTER).to_bytes()
    for length in range(len(data)):
        with pytest.raises(ValueError):
            Statistics.from_buffer(data[:length])


def test_a_buffer_with_more_than_was_written_is_refused() -> None:
    with pytest.raises(ValueError):
        Statistics.from_buffer(census_of(REGISTER).to_bytes() + b"\0")


def test_a_buffer_of_another_byte_order_is_refused() -> None:
    data = census_of(REGISTER).to_bytes()
    others = {b"little": b"bigend", b"big": b"lit"}
    foreign = next(data.replace(own, other) for own, other in others.items() if b'"' + own + b'"' in data)
    with pytest.raises(ValueError):
        Statistics.from_buffer(foreign)


def test_a_view_of_a_larger_file_is_read_like_the_bytes() -> None:
    data = census_of(REGISTER).to_bytes()
    read = Statistics.from_buffer(memoryview(b"...." + data + b"....")[4:-4])
    assert read.count("name", "LEGOFF") == 2


@pytest.mark.parametrize(("letters", "share"), [(0, 0.0), (1, 0.25), (2, 0.5), (3, 0.5), (40, 0.5)])
def test_the_longest_names_share_one_figure_of_closeness(letters: int, share: float) -> None:
    assert census_of(REGISTER).close_share(letters) == share
    assert Statistics(identities=0).close_share(letters) == 0.0


@pytest.mark.parametrize(
    ("sex", "year", "group"), [("M", 1956, "M195"), ("F", 2003, "F200"), (None, 1956, ""), ("M", None, "")]
)
def test_given_names_are_counted_by_sex_and_decade(sex: str | None, year: int | None, group: str) -> None:
    assert given_names_group(sex, year) == group


def test_a_digest_tells_two_counts_apart() -> None:
    data = census_of(REGISTER).to_bytes()
    assert digest_of(data) == digest_of(memoryview(data))
    assert digest_of(data) != digest_of(census_of(REGISTER[:1]).to_bytes())

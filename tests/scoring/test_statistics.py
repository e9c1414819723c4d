"""The counts of a register: exact, read back from a buffer without a copy, refused when cut."""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Record
from analyzers.names import read_name, read_names
from analyzers.places import read_place
from indexer.census import Census
from scoring.statistics import Statistics, country_of_birth, digest_of, given_names_group
from tests.strategies import records, statistics_of


def naive_values(record: Record) -> Iterator[tuple[str, str]]:
    """What the record has, told again as plainly as can be; a value may come twice."""
    origin = record.birth_place.nation if record.birth_place else None
    for kind, value in naive_names_and_dates(record):
        yield kind, value
        if origin and origin != "FR" and kind != "year" and not kind.startswith("given:"):
            yield f"{kind}@{origin}", value
    for place in record.birth_places:
        for kind, part in (
            ("commune", place.commune),
            ("label", place.town),
            ("department", place.department),
            ("nation", place.nation),
        ):
            if part:
                yield kind, part


def naive_names_and_dates(record: Record) -> Iterator[tuple[str, str]]:
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
        yield "given_skeleton", name.sx
    for date in record.birth_dates:
        yield "date", str(date)
        yield "year", str(date.year)
        if date.day:
            yield "day", f"{date.month:02d}{date.day:02d}"


def naive_counts(register: Sequence[Record]) -> Counter[tuple[str, str]]:
    return Counter(value for record in register for value in set(naive_values(record)))


@given(st.lists(records(), max_size=6))
def test_each_value_is_counted_once_for_each_person_who_has_it(register: list[Record]) -> None:
    counted = statistics_of(register)
    assert counted.identities == len(register)
    for (kind, value), count in naive_counts(register).items():
        assert counted.count(kind, value) == count
    groups = Counter(f"{r.sex}{r.birth_date.year // 10}" for r in register if r.sex and r.birth_date)
    groups.update(f"@{country_of_birth(r)}" for r in register if country_of_birth(r))
    assert counted.groups == groups


@given(st.lists(records(), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_no_byte(register: list[Record], random: Random) -> None:
    before = statistics_of(register).to_bytes()
    random.shuffle(register)
    assert statistics_of(register).to_bytes() == before


def census_of(register: Sequence[Record]) -> Statistics:
    census = Census()
    for record in register:
        census.add(record)
    return census.finish({"name1": (0.0, 0.25, 0.5), "given2": [0.125]}, {"AAAAAAAA", "BBBBBBBB"})


@given(st.lists(records(), max_size=4))
def test_what_is_written_is_read_again_the_same(register: list[Record]) -> None:
    counted = census_of(register)
    read = Statistics.from_buffer(counted.to_bytes())
    assert (read.identities, read.groups, read.slip_shares, read.origins) == (
        counted.identities,
        counted.groups,
        counted.slip_shares,
        counted.origins,
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
    assert census_of(REGISTER).slip_share("name1", letters) == share
    assert Statistics(identities=0).slip_share("name1", letters) == 0.0


def test_slips_of_another_number_or_of_given_names_have_figures_of_their_own() -> None:
    counted = census_of(REGISTER)
    assert (counted.slip_share("given2", 40), counted.slip_share("name2", 2)) == (0.125, 0.0)


def born(surname: str, *codes: str) -> list[Record]:
    return [Record(id="1", birth_name=read_name(surname), birth_place=read_place(code)) for code in codes]


ORIGINS: list[tuple[str, list[Record], str]] = [
    ("all bearers were born in one country", born("ZERHOUNAT", "99352", "99352"), "99352"),
    ("one of five was", born("ZERHOUNAT", "99352", "29019", "29019", "35238", "75056"), "99352"),
    ("one of six was", born("ZERHOUNAT", "99352", "29019", "29019", "35238", "75056", "75056"), ""),
    ("two countries: that of the most bearers", born("ZERHOUNAT", "99352", "99350", "99350"), "99350"),
    ("two countries of as many bearers: always the same one", born("ZERHOUNAT", "99352", "99350"), "99350"),
    ("nobody was born abroad", born("ZERHOUNAT", "29019"), ""),
    ("the bearers of another name were born there", [*born("DUPONT", "99352"), *born("ZERHOUNAT", "29019")], ""),
    ("nobody bears it", born("DUPONT", "99352"), ""),
]


@pytest.mark.parametrize(("register", "origin"), [row[1:] for row in ORIGINS], ids=[row[0] for row in ORIGINS])
def test_a_surname_comes_from_the_country_where_many_of_its_bearers_were_born(
    register: list[Record], origin: str
) -> None:
    counted = statistics_of(register)
    assert counted.origin_of("ZERHOUNAT") == origin
    assert Statistics.from_buffer(counted.to_bytes()).origin_of("ZERHOUNAT") == origin
    assert statistics_of(register[::-1], scale=1000).origin_of("ZERHOUNAT") == origin


@given(st.lists(records(), max_size=6))
def test_the_origins_are_the_countries_of_birth_other_than_france(register: list[Record]) -> None:
    counted = statistics_of(register)
    assert counted.origins == tuple(sorted({country_of_birth(record) for record in register} - {""}))
    for record in register:
        if record.birth_name:
            assert counted.origin_of(record.birth_name.joined) in ("", *counted.origins)


@pytest.mark.parametrize(("code", "country"), [("99352", "99352"), ("29019", ""), ("99990", ""), ("92352", "")])
def test_the_country_of_birth_is_said_where_it_is_known_and_not_france(code: str, country: str) -> None:
    assert country_of_birth(Record(id="1", birth_place=read_place(code))) == country
    assert country_of_birth(Record(id="1")) == ""


@pytest.mark.parametrize(
    ("sex", "year", "group"), [("M", 1956, "M195"), ("F", 2003, "F200"), (None, 1956, ""), ("M", None, "")]
)
def test_given_names_are_counted_by_sex_and_decade(sex: str | None, year: int | None, group: str) -> None:
    assert given_names_group(sex, year) == group


def test_a_digest_tells_two_counts_apart() -> None:
    data = census_of(REGISTER).to_bytes()
    assert digest_of(data) == digest_of(memoryview(data))
    assert digest_of(data) != digest_of(census_of(REGISTER[:1]).to_bytes())

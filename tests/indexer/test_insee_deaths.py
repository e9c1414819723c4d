"""Insee's file of deceased persons, with its real defects. All persons are invented."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Record
from indexer.lines import Line
from indexer.records import UnreadableRecord
from indexer.sources import read_source
from indexer.tables import TableMap


def line(names: str, birth: str = "19310619", code: str = "85191", label: str = "LA ROCHE SUR YON") -> bytes:
    return f"{names:<80}2{birth}{code}{label:<30}{'':<30}2019100285191000000123".encode("latin-1")


def read(*lines: bytes) -> list[Record | UnreadableRecord]:
    return [found for _, found in read_lines([Line(number, data) for number, data in enumerate(lines, start=1)])]


def read_lines(lines: list[Line]) -> list[tuple[int, Record | UnreadableRecord]]:
    found: list[tuple[int, Record | UnreadableRecord]] = []
    for number, give in read_source(lines, "insee-deaths", TableMap()):
        try:
            found.append((number, give()))
        except UnreadableRecord as error:
            found.append((number, error))
    return found


def record(data: bytes) -> Record:
    (found,) = read(data)
    assert isinstance(found, Record)
    return found


def test_a_fixed_width_line_is_read() -> None:
    found = record(line("OUVRARD*CÉLESTINE MARIE/"))
    assert (str(found.birth_name), [str(name) for name in found.given_names]) == ("OUVRARD", ["CÉLESTINE", "MARIE"])
    assert (found.sex, found.birth_date) == ("F", PartialDate(1931, 6, 19))
    assert found.birth_place is not None
    assert found.birth_place.commune == "85191"
    assert found.death is not None
    assert found.death.date == PartialDate(2019, 10, 2)


def test_a_missing_slash_and_an_impossible_day_are_read_as_far_as_they_go() -> None:
    found = record(line("OUVRARD*CELESTINE", birth="19310631"))
    assert ([str(name) for name in found.given_names], found.birth_date) == (["CELESTINE"], PartialDate(1931, 6))


def test_an_unknown_place_is_no_place() -> None:
    assert record(line("OUVRARD*A/", birth="00000000", code="00000", label="")).birth_date is None


def test_the_csv_form_is_the_same_person() -> None:
    header = b"nomprenom;sexe;datenaiss;lieunaiss;commnaiss;paysnaiss;datedeces;lieudeces;actedeces"
    (found,) = read(header, b"OUVRARD*CELESTINE/;2;19310619;85191;LA ROCHE SUR YON;;20191002;85191;123")
    assert isinstance(found, Record)
    assert found.birth_date == PartialDate(1931, 6, 19)


def test_a_line_given_twice_has_one_id_and_others_have_others() -> None:
    one, again, other = (record(line(names)).id for names in ("OUVRARD*A/", "OUVRARD*A/", "OUVRARD*B/"))
    assert one == again != other


def test_a_short_line_and_one_without_a_star_are_refused() -> None:
    assert all(isinstance(found, UnreadableRecord) for found in read(b"OUVRARD*A/", line("OUVRARD CELESTINE")))


HEADER = b"nomprenom;sexe;datenaiss;lieunaiss;commnaiss;paysnaiss;datedeces;lieudeces;actedeces"

BIRTHS = [
    ("19310619", PartialDate(1931, 6, 19)),
    ("19310631", PartialDate(1931, 6)),
    ("19000229", PartialDate(1900, 2)),
    ("19310600", PartialDate(1931, 6)),
    ("19310000", PartialDate(1931)),
    ("19311319", PartialDate(1931)),
    ("19310019", PartialDate(1931)),
    ("00000000", None),
    ("00000619", None),
    ("        ", None),
    ("1931    ", None),
    ("1931061O", None),
]


@pytest.mark.parametrize(("text", "date"), BIRTHS)
def test_what_is_possible_of_a_birth_date_is_kept(text: str, date: PartialDate | None) -> None:
    assert record(line("OUVRARD*A/", birth=text)).birth_date == date


PLACES = [  # code, label; commune, town, department
    ("85191", "LA ROCHE SUR YON", ("85191", "ROCHE SUR YON", "85")),
    ("99352", "ORAN", ("99352", "ORAN", "99")),
    ("2A004", "AJACCIO", ("2A004", "AJACCIO", "20")),
    ("92352", "DEPARTEMENT D'ORAN", ("92352", "DEPARTEMENT D ORAN", "92")),
    ("00000", "LIEU INCONNU", (None, "LIEU INCONNU", None)),
    ("99990", "QUELQUE PART", (None, "QUELQUE PART", None)),
    ("85990", "COMMUNE INCONNUE", (None, "COMMUNE INCONNUE", "85")),
    ("91   ", "ALGER", (None, "ALGER", None)),
    ("     ", "ALGER", (None, "ALGER", None)),
    ("?5191", "LA ROCHE", (None, "ROCHE", None)),
]


@pytest.mark.parametrize(("code", "label", "place"), PLACES)
def test_places_are_read_as_far_as_they_are_known(code: str, label: str, place: tuple[str | None, ...]) -> None:
    found = record(line("OUVRARD*A/", code=code, label=label)).birth_place
    assert found is not None
    assert (found.commune, found.town, found.department) == place


NAMED = [
    ("OUVRARD*CELESTINE MARIE/", "OUVRARD", ["CELESTINE", "MARIE"]),
    ("OUVRARD*CELESTINE MARIE", "OUVRARD", ["CELESTINE", "MARIE"]),
    ("OUVRARD*/", "OUVRARD", []),
    ("*CELESTINE/", None, ["CELESTINE"]),
    ("SANS NOM*SANS PRENOM/", None, []),
    ("OUVRARD*ABD EL KADER MOHAMED/", "OUVRARD", ["ABD EL KADER", "MOHAMED"]),
    ("LE GOFF--MARTIN*ANNE-MARIE/", "LE GOFF--MARTIN", ["ANNE-MARIE"]),
    ("OUVRARD*C?LESTINE/", "OUVRARD", ["C?LESTINE"]),
    ("W" * 70 + "*CELESTINE", "W" * 70, ["CELESTINE"]),
]


@pytest.mark.parametrize(("names", "surname", "given_names"), NAMED)
def test_names_are_read_so(names: str, surname: str | None, given_names: list[str]) -> None:
    found = record(line(names))
    assert (found.birth_name.text if found.birth_name else None) == surname
    assert [name.text for name in found.given_names] == given_names


def test_accents_are_read_in_either_encoding() -> None:
    latin = line("OUVRARD*CÉLESTINE/")
    assert record(latin.decode("latin-1").encode()).given_names == record(latin).given_names


def test_a_death_is_certified_and_dated_as_far_as_it_is_known() -> None:
    found = record(line("OUVRARD*A/").replace(b"20191002", b"20191300"))
    assert found.death is not None
    assert found.death.certified
    assert found.death.date == PartialDate(2019)


def test_an_unknown_sex_is_none() -> None:
    data = line("OUVRARD*A/")
    assert record(data[:80] + b"9" + data[81:]).sex is None


CSV_ROWS = [
    ("quoted cells", b'"OUVRARD*CELESTINE/";"2";"19310619";"85191";"LA ROCHE SUR YON";"";"20191002";"85191";"123"'),
    ("plain cells", b"OUVRARD*CELESTINE/;2;19310619;85191;LA ROCHE SUR YON;;20191002;85191;123"),
    ("dates with hyphens", b"OUVRARD*CELESTINE/;2;1931-06-19;85191;LA ROCHE SUR YON;;2019-10-02;85191;123"),
    ("no slash", b"OUVRARD*CELESTINE;2;19310619;85191;LA ROCHE SUR YON;;20191002;85191;123"),
]


@pytest.mark.parametrize("row", [row[1] for row in CSV_ROWS], ids=[row[0] for row in CSV_ROWS])
@pytest.mark.parametrize(
    "header", [HEADER, b"\xef\xbb\xbf" + HEADER, HEADER.upper(), HEADER.replace(b"nomprenom", b'"nomprenom"')]
)
def test_every_csv_form_is_the_person_of_the_fixed_line(header: bytes, row: bytes) -> None:
    (found,) = read(header, row)
    fixed = record(line("OUVRARD*CELESTINE/"))
    assert isinstance(found, Record)
    assert replace(found, id=fixed.id) == fixed


def test_columns_may_stand_in_another_order() -> None:
    (found,) = read(
        b"nomprenom;datedeces;lieudeces;sexe;datenaiss;lieunaiss;commnaiss",
        b"OUVRARD*CELESTINE/;20191002;85191;2;19310619;85191;LA ROCHE SUR YON",
    )
    assert isinstance(found, Record)
    assert found.birth_date == PartialDate(1931, 6, 19)


REFUSED = [
    ("too short", [b"OUVRARD*A/"]),
    ("without a star", [line("OUVRARD CELESTINE")]),
    ("with too few cells", [HEADER, b"OUVRARD*A/;2;19310619"]),
    (
        "under a header without a column",
        [HEADER.replace(b"commnaiss", b"other"), b"OUVRARD*A/;2;19310619;85191;X;;20191002;85191;1"],
    ),
    ("too long to be stored", [HEADER, b"OUVRARD*" + b"A" * 30_000 + b"/;2;19310619;85191;X;;20191002;85191;1"]),
]


@pytest.mark.parametrize("lines", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_no_record_is_refused_and_not_quoted(lines: list[bytes]) -> None:
    (found,) = read(*lines)
    assert isinstance(found, UnreadableRecord)
    assert not any(part in found.reason for part in ("OUVRARD", "CELESTINE", "1931", "85191"))


def test_lines_keep_their_numbers_and_blank_ones_are_passed_over() -> None:
    lines = [Line(1, line("OUVRARD*A/")), Line(2, b"  "), Line(3, None), Line(4, line("OUVRARD*B/"))]
    found = read_lines(lines)
    assert [number for number, _ in found] == [1, 3, 4]
    assert isinstance(found[1][1], UnreadableRecord)


@given(st.binary(max_size=200), st.booleans())
def test_any_line_is_a_record_or_a_reason(data: bytes, is_csv: bool) -> None:
    for found in read(HEADER, data) if is_csv else read(data):
        assert isinstance(found, Record | UnreadableRecord)

"""Insee's file of deceased persons, with its real defects. All persons are invented."""

from analyzers.dates import PartialDate
from analyzers.identity import Record
from indexer.insee_deaths import read_deaths
from indexer.lines import Line
from indexer.records import UnreadableRecord


def line(names: str, birth: str = "19310619", code: str = "85191", label: str = "LA ROCHE SUR YON") -> bytes:
    return f"{names:<80}2{birth}{code}{label:<30}{'':<30}2019100285191000000123".encode("latin-1")


def read(*lines: bytes) -> list[Record | UnreadableRecord]:
    return [found for _, found in read_deaths(Line(number, data) for number, data in enumerate(lines, start=1))]


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

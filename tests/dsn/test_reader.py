"""The reader: individuals of a DSN file as written, and what is wrong with the file."""

import gzip
import io

import pytest

from dsn.codes import FindingCode
from dsn.individual import Establishment, Individual
from dsn.lines import LONGEST_LINE_BYTES, unzipped
from dsn.reader import Reader
from tests.dsn_files import CLAIRE, CONTRACT, DECLARATION, ENVELOPE, SIRET, YANN, as_bytes, block, closed, lines


def read(data: bytes) -> tuple[list[Individual], Reader]:
    reader = Reader(io.BytesIO(data))
    return [entry for entry in reader if isinstance(entry, Individual)], reader


def said(individual: Individual) -> dict[str, str]:
    return {number.decode(): value.decode("latin-1") for number, value in individual.rubrics.items()}


def codes(reader: Reader) -> dict[FindingCode, int]:
    return dict(reader.findings.counts)


def test_individuals_come_with_their_rubrics_line_and_establishment() -> None:
    found, reader = read(as_bytes(lines(YANN, CLAIRE)))
    assert [said(one) for one in found] == [YANN, CLAIRE]
    assert [one.line for one in found] == [8, 17]
    assert {one.establishment.siret for one in found} == {SIRET}
    assert found[0].establishment.declaration.month == "2026-03"
    assert (reader.individuals, codes(reader)) == (2, {})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_end_of_line_reads_alike(end: str) -> None:
    found, reader = read(as_bytes(lines(YANN, CLAIRE), end))
    assert [(one.line, said(one)) for one in found] == [(8, YANN), (17, CLAIRE)]
    assert codes(reader) == {}


def test_a_last_line_without_end_is_read() -> None:
    assert codes(read(as_bytes(lines(YANN)).rstrip())[1]) == {}


def test_each_declaration_has_its_own_establishment() -> None:
    other = [line.replace("'00017'", "'00025'") for line in DECLARATION]
    text = closed([*ENVELOPE, *DECLARATION, *block(YANN), *other, *block(CLAIRE)], declarations=2)
    reader = Reader(io.BytesIO(as_bytes(text)))
    entries = list(reader)
    assert [type(entry) for entry in entries] == [Establishment, Individual, Establishment, Individual]
    found = [entry for entry in entries if isinstance(entry, Individual)]
    assert [(one.establishment.siret, one.establishment.declaration.rank) for one in found] == [
        (SIRET, 1),
        ("12345678200025", 2),
    ]
    assert codes(reader) == {}


def test_changes_belong_to_the_individual_before_them() -> None:
    changes = block({"001": "01022026", "008": "1" * 13, "009": "GUILLOU"}, "S21.G00.31")
    found, reader = read(as_bytes(closed([*ENVELOPE, *DECLARATION, *block(YANN), *block(CLAIRE), *changes, *CONTRACT])))
    assert [len(one.changes) for one in found] == [0, 1]
    assert found[1].changes[0] == {b"001": b"01022026", b"008": b"1" * 13, b"009": b"GUILLOU"}
    assert codes(reader) == {}


def test_a_second_change_block_begins_where_numbers_fall() -> None:
    changes = [*block({"001": "01022026", "009": "A"}, "S21.G00.31"), *block({"001": "01032026"}, "S21.G00.31")]
    found, _ = read(as_bytes(lines(YANN, between=changes)))
    assert [change[b"001"] for change in found[0].changes] == [b"01022026", b"01032026"]


def test_apostrophes_inside_a_value_survive() -> None:
    found, reader = read(as_bytes(lines(YANN | {"002": "D'AL'MEIDA'"}, YANN | {"001": "x", "004": "''"})))
    assert [found[0].text(b"002"), found[1].text(b"004")] == ["D'AL'MEIDA'", "''"]
    assert codes(reader) == {}


@pytest.mark.parametrize(
    "written",
    [
        "S21.G00.30.002,LE GOFF",
        "S21.G00.30.002,'LE GOFF",
        "S21.G00.30.002,LE GOFF'",
        "S21.G00.30.002 'LE GOFF'",
        " s21.g00.30.002 , 'LE GOFF' ",
        'S21.G00.30.002,"LE GOFF"',
    ],
)
def test_a_rubric_written_carelessly_is_read_and_reported_by_line_and_rubric(written: str) -> None:
    text = [line if ".30.002" not in line else written for line in lines(YANN)]
    (one,), reader = read(as_bytes(text))
    assert said(one) == YANN
    assert codes(reader) == {"GUILLEMETS": 1}
    finding = one.findings[0]
    assert (finding.code, finding.line, finding.rubric) == ("GUILLEMETS", 9, "S21.G00.30.002")


@pytest.mark.parametrize(
    ("raw", "finding"),
    [
        ("GARÇON".encode("latin-1"), {}),
        ("GARÇON".encode(), {"ENCODAGE": 1}),
        ("CŒUR GARÇON".encode("cp1252"), {"ENCODAGE": 1}),
        (b"GAR\x81ON", {"ENCODAGE": 1}),
    ],
)
def test_other_encodings_are_read_and_reported(raw: bytes, finding: dict[str, int]) -> None:
    (one,), reader = read(as_bytes(lines(YANN)).replace(b"LE GOFF", raw))
    assert codes(reader) == finding
    assert one.text(b"002") in ("GARÇON", "CŒUR GARÇON", "GAR\x81ON")


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    found, reader = read(b"\xef\xbb\xbf" + as_bytes(lines(YANN)))
    assert (len(found), codes(reader)) == (1, {"ENCODAGE": 1})


def test_a_blank_rubric_is_left_out_and_reported() -> None:
    (one,), reader = read(as_bytes(lines({"001": YANN["001"], "002": "LE GOFF", "003": "  ", "004": ""})))
    assert said(one) == {"001": YANN["001"], "002": "LE GOFF"}
    assert codes(reader) == {"RUBRIQUE_VIDE": 2}


@pytest.mark.parametrize("blank", ["", " ", "\t", "\v \f"])
def test_a_blank_rubric_is_blank_in_a_block_read_whole_too(blank: str) -> None:
    (one,), reader = read(as_bytes(lines(YANN | {"002": blank})))
    assert said(one) == {number: value for number, value in YANN.items() if number != "002"}
    assert codes(reader) == {"RUBRIQUE_VIDE": 1}


def test_two_blocks_side_by_side_are_two_individuals() -> None:
    found, _ = read(as_bytes(lines(YANN, CLAIRE, between=())))
    assert [said(one) for one in found] == [YANN, CLAIRE]


def test_a_block_in_disorder_never_takes_the_number_of_the_next_one() -> None:
    without_number = {"002": "MOREAU", "004": "Julie"}
    found, _ = read(as_bytes(lines(without_number, YANN, between=())))
    assert [said(one) for one in found] == [without_number, YANN]


def test_an_unreadable_line_is_reported_and_closes_nothing() -> None:
    text = lines(YANN)
    text.insert(9, "S21.G0.30,'???'")
    (one,), reader = read(as_bytes(text))
    assert said(one) == YANN
    assert codes(reader) == {"LIGNE_ILLISIBLE": 1}
    assert (one.findings[0].code, one.findings[0].line) == ("LIGNE_ILLISIBLE", 10)


def test_what_an_individual_keeps_of_its_findings_does_not_grow_with_the_file() -> None:
    text = lines(YANN)
    text[9:9] = ["?"] * 10_000
    (one,), reader = read(as_bytes(text))
    assert said(one) == YANN
    assert (len(one.findings), codes(reader)) == (100, {"LIGNE_ILLISIBLE": 10_000})


@pytest.mark.parametrize("size", [LONGEST_LINE_BYTES + 1, 1_000_000])
def test_a_line_that_is_too_long_is_passed_over(size: int) -> None:
    text = lines(YANN)
    text.insert(9, "S21.G00.30.003,'" + "A" * size + "'")
    (one,), reader = read(as_bytes(text))
    assert said(one) == YANN
    assert codes(reader) == {"LIGNE_TROP_LONGUE": 1}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text[:-2], {"FICHIER_TRONQUE": 1}),
        (lambda text: [*text, "S21.G00.30.001,'1'"], {"APRES_LA_FIN": 1, "TOTAL_RUBRIQUES": 1}),
        (lambda text: [*text[:-2], "S90.G00.90.001,'3'", "S90.G00.90.002,'x'"], {"TOTAL_RUBRIQUES": 1, "TOTAL_DSN": 1}),
        (lambda text: text[1:], {"BLOC_ABSENT": 1, "BLOC_HORS_PLACE": 1, "TOTAL_RUBRIQUES": 1}),
        (lambda text: [*text[:5], *text[6:]], {"BLOC_HORS_PLACE": 1, "TOTAL_RUBRIQUES": 1}),
        (lambda text: [*text[:6], text[5], *text[6:]], {"BLOC_REPETE": 1, "TOTAL_RUBRIQUES": 1}),
    ],
)
def test_what_is_wrong_with_the_structure_is_reported_and_the_individual_still_read(
    change: object, expected: dict[str, int]
) -> None:
    assert callable(change)
    found, reader = read(as_bytes(change(lines(YANN))))
    assert codes(reader) == expected
    assert said(found[0]) == YANN


def test_a_number_is_declared_once_in_a_declaration_but_may_come_again_in_the_next() -> None:
    _, reader = read(as_bytes(lines(YANN, CLAIRE, YANN)))
    assert codes(reader) == {"NIR_EN_DOUBLE": 1}
    twice = closed([*ENVELOPE, *DECLARATION, *block(YANN), *DECLARATION, *block(YANN)], declarations=2)
    assert codes(read(as_bytes(twice))[1]) == {}


def test_a_gzip_cut_short_gives_the_individuals_before_and_says_so() -> None:
    whole = as_bytes(lines(*(YANN | {"019": f"{number:07d}"} for number in range(3000))))
    stream: io.BufferedReader = io.BufferedReader(io.BytesIO(gzip.compress(whole)[:-2000]))
    reader = Reader(unzipped(stream))
    found = [entry for entry in reader if isinstance(entry, Individual)]
    assert 0 < len(found) < 3000
    assert reader.broken is not None
    assert codes(reader)["FICHIER_TRONQUE"] == 1


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\0" * 5000, b"hello", b"\xff\xfeS\x002\x001\x00"])
def test_what_is_no_dsn_has_no_individual(data: bytes) -> None:
    found, reader = read(data)
    assert (found, reader.structure.rubrics) == ([], 0)

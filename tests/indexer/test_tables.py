"""CSV files: the columns of the contract or of a map file; a row that cannot be read is refused in its place."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.lines import Line
from indexer.records import UnreadableRecord
from indexer.sources import Unread, read_source
from indexer.tables import QUERY_COLUMNS, RECORD_COLUMNS, BadTable, Row, TableMap, read_map, read_table

DATA = Path(__file__).parents[1] / "data"


def lines_of(data: bytes) -> list[Line]:
    return [Line(number, line.rstrip(b"\r")) for number, line in enumerate(data.split(b"\n"), start=1)]


def rows(data: bytes, table: TableMap | None = None, known: frozenset[str] = RECORD_COLUMNS) -> list[Row]:
    return list(read_table(lines_of(data), table or TableMap(), known))


def only(data: bytes, table: TableMap | None = None) -> dict[str, Any] | None:
    (row,) = rows(data, table)
    return row.data


def test_columns_of_the_contract_become_the_value_that_ndjson_holds() -> None:
    assert rows(
        b"id,nir,birth_name,given_names,birth_date,birth_place.code,birth_place.label,death.date,death.certified,certified\n"
        b"P1,1560399999101,LE GOFF,YANN|PIERRE,1956-03-04,29019,BREST,2020-00-00,true,0\n"
    ) == [
        Row(
            2,
            {
                "id": "P1",
                "nir": "1560399999101",
                "birth_name": "LE GOFF",
                "given_names": ["YANN", "PIERRE"],
                "birth_date": "1956-03-04",
                "birth_place": {"code": "29019", "label": "BREST"},
                "death": {"date": "2020-00-00", "certified": True},
                "certified": False,
            },
        )
    ]


VALUES: list[tuple[str, bytes, bytes, Any]] = [
    ("a blank cell says nothing", b"birth_name", b"  ", None),
    ("a quoted separator", b"birth_name", b'"LE, GOFF"', "LE, GOFF"),
    ("a quoted quote", b"birth_name", b'"LE ""GOFF"""', 'LE "GOFF"'),
    ("an accent", b"birth_name", "HÉLÈNE".encode(), "HÉLÈNE"),
    ("a list of one", b"given_names", b"YANN", ["YANN"]),
    ("blank items", b"given_names", b"| YANN ||PIERRE|", ["YANN", "PIERRE"]),
    ("a list of nothing", b"given_names", b"|", []),
    ("lists of lists", b"former_given_names", b"YANN PIERRE|JOB", [["YANN", "PIERRE"], ["JOB"]]),
    ("former dates", b"former_birth_dates", b"1956-03-04|1956-00-00", ["1956-03-04", "1956-00-00"]),
    ("a flag", b"certified", b"FALSE", False),
    ("no flag, for the door to judge", b"certified", b"perhaps", "perhaps"),
    ("no date, for the door to judge", b"birth_date", b"4 mars 1956", "4 mars 1956"),
]


@pytest.mark.parametrize(("column", "cell", "value"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_cells_are_read_so(column: bytes, cell: bytes, value: Any) -> None:
    data = only(b"id," + column + b"\n1," + cell + b"\n")
    assert data is not None
    assert data.get(column.decode()) == value


DATES = [
    ("YYYY-MM-DD", "1956-03-04", "1956-03-04"),
    ("DD/MM/YYYY", "04/03/1956", "1956-03-04"),
    ("DD/MM/YYYY", "00/00/1956", "1956-00-00"),
    ("DD/MM/YYYY", " 04/03/1956 ", "1956-03-04"),
    ("DD/MM/YYYY", "4/3/1956", "4/3/1956"),
    ("DD/MM/YYYY", "1956", "1956"),
    ("DDMMYYYY", "04031956", "1956-03-04"),
    ("MM.DD.YYYY", "03.04.1956", "1956-03-04"),
    ("MM.DD.YYYY", "03x04x1956", "03x04x1956"),
]


@pytest.mark.parametrize(("date_format", "cell", "date"), DATES)
def test_dates_are_read_in_the_format_of_the_file(date_format: str, cell: str, date: str) -> None:
    data = only(f"id,birth_date\n1,{cell}\n".encode(), TableMap(date_format=date_format))
    assert data is not None
    assert data["birth_date"] == date


@pytest.mark.parametrize("date_format", ["", "YYYY-MM", "DD/MM/YYYY DD", "YYYYMMMM", "dd/mm/yyyy"])
def test_a_date_format_without_each_part_once_is_refused(date_format: str) -> None:
    with pytest.raises(BadTable):
        rows(b"id\n1\n", TableMap(date_format=date_format))


def test_other_columns_separator_and_encoding_are_those_of_the_map() -> None:
    table = TableMap(
        separator=";",
        encoding="latin-1",
        date_format="DD/MM/YYYY",
        numbered="id",
        columns={"birth_name": "NOM", "given_names": "PRENOMS", "birth_place.label": "LIEU"},
        split={"given_names": " "},
    )
    assert rows("NOM;AUTRE;PRENOMS;LIEU\nHÉLIAS;x;Hélène Noëlle;Brest\n".encode("latin-1"), table) == [
        Row(
            2,
            {"id": "2", "birth_name": "HÉLIAS", "given_names": ["Hélène", "Noëlle"], "birth_place": {"label": "Brest"}},
        )
    ]


def test_a_mark_of_byte_order_is_no_part_of_the_first_column() -> None:
    assert only(b"\xef\xbb\xbfid\nP1\n") == {"id": "P1"}


READ_IN_PLACE: list[tuple[str, bytes, list[tuple[int, bool]]]] = [  # data, number and whether it is read
    ("broken UTF-8", b"id,birth_name\n1,\xe9\n2,A\n", [(2, False), (3, True)]),
    ("broken UTF-8 in a column that nobody reads", b"id,birth_name\n\xff,A\n2,A\n", [(2, False), (3, True)]),
    ("too few cells", b"id,birth_name\n1\n2,A\n", [(2, False), (3, True)]),
    ("too many cells", b"id,birth_name\n1,A,B\n2,A\n", [(2, False), (3, True)]),
    ("blank lines", b"id,birth_name\n\n1,A\n\n2,A\n\n", [(3, True), (5, True)]),
    ("text after a quote", b'id,birth_name\n1,"A"B\n2,A\n', [(2, False), (3, True)]),
    ("a value of two lines", b'id,birth_name\n1,"A\nB"\n2,A\n', [(3, True), (4, True)]),
    ("a quote closed three rows later", b'id,birth_name\n1,"A\n2,B\n3,C"\n4,A\n', [(4, True), (5, True)]),
    (
        "a quote that swallows rows of another width",
        b'id,birth_name\n1,"A\n2,"B\n3,C\n',
        [(2, False), (3, False), (4, True)],
    ),
    (
        "a quote that is never closed",
        b'id,birth_name\n1,A\n2,"B\n3,C\n4,D',
        [(2, True), (3, False), (4, False), (5, False)],
    ),
]


@pytest.mark.parametrize(("data", "found"), [row[1:] for row in READ_IN_PLACE], ids=[row[0] for row in READ_IN_PLACE])
def test_a_row_that_cannot_be_read_is_refused_in_its_place(data: bytes, found: list[tuple[int, bool]]) -> None:
    assert [(row.number, row.data is not None) for row in rows(data)] == found


def test_a_line_longer_than_allowed_is_a_row_that_cannot_be_read() -> None:
    lines = [Line(1, b"id,birth_name"), Line(2, None), Line(3, b"1,A")]
    assert [(row.number, row.data is None) for row in read_table(lines, TableMap(), RECORD_COLUMNS)] == [
        (2, True),
        (3, False),
    ]


def test_a_cell_too_large_for_any_table_loses_no_row_after_it() -> None:
    data = b"id,birth_name\n1," + b"A" * 200_000 + b"\n2,B\n"
    assert [(row.number, row.data is None) for row in rows(data)] == [(2, True), (3, False)]


HEADERS: list[tuple[str, bytes, TableMap]] = [
    ("nothing", b"", TableMap()),
    ("blank lines", b"\n\n", TableMap()),
    ("broken UTF-8", b"id,\xe9\n1,A\n", TableMap()),
    ("an unknown column", b"id,birthname\n1,A\n", TableMap()),
    ("an unnamed column", b"id,birth_name,\n1,A,\n", TableMap()),
    ("a column twice", b"id,birth_name,birth_name\n1,A,B\n", TableMap()),
    ("another separator", b"id;birth_name\n1;A\n", TableMap()),
    ("a column that the map names is not there", b"NOM\nA\n", TableMap(columns={"birth_name": "NAME"})),
    ("a column that the map names is there twice", b"NOM,NOM\nA,B\n", TableMap(columns={"birth_name": "NOM"})),
    ("the map names an unknown field", b"NOM\nA\n", TableMap(columns={"birthname": "NOM"})),
    ("the map splits an unknown field", b"id\n1\n", TableMap(split={"names": " "})),
    ("the map numbers an unknown field", b"id\n1\n", TableMap(numbered="number")),
]


@pytest.mark.parametrize(("data", "table"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS])
def test_a_header_that_cannot_be_used_is_a_bad_table(data: bytes, table: TableMap) -> None:
    with pytest.raises(BadTable):
        rows(data, table)


def test_a_file_without_header_shows_nobody() -> None:
    with pytest.raises(BadTable) as refusal:
        rows(b"P1,LE GOFF,YANN,1956-03-04\n")
    assert str(refusal.value) == "the header names no field in column 1, 2, 3, 4"


def test_questions_and_records_have_columns_of_their_own() -> None:
    with pytest.raises(BadTable):
        rows(b"reference\nR1\n")
    (row,) = rows(b"reference,birth_place.department,former.birth_date\nR1,29,1956-03-04\n", known=QUERY_COLUMNS)
    assert row.data == {"reference": "R1", "birth_place": {"department": "29"}, "former": {"birth_date": "1956-03-04"}}


MAPS = [
    ("nothing", "", TableMap()),
    ("a separator", 'separator = "\\t"', TableMap(separator="\t")),
    ("columns", '[columns]\nbirth_name = "NOM"', TableMap(columns={"birth_name": "NOM"})),
    ("a split", '[split]\ngiven_names = " "', TableMap(split={"given_names": " "})),
]


@pytest.mark.parametrize(("text", "table"), [row[1:] for row in MAPS], ids=[row[0] for row in MAPS])
def test_map_files_are_read_so(tmp_path: Path, text: str, table: TableMap) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text, "utf-8")
    assert read_map(path) == table


BAD_MAPS = [
    ("no TOML", b"separator = ;"),
    ("no UTF-8", b'separator = "\xe9"'),
    ("an unknown key", b'delimiter = ";"'),
    ("no separator", b'separator = ""'),
    ("a long separator", b'separator = "||"'),
    ("a number for a separator", b"separator = 1"),
    ("an unknown encoding", b'encoding = "utf-9"'),
    ("a date format without a day", b'date_format = "MM/YYYY"'),
    ("a number for a date format", b"date_format = 1"),
    ("a text for columns", b'columns = "NOM"'),
    ("a number for a column", b"[columns]\nbirth_name = 1"),
    ("a text for the splits", b'split = " "'),
    ("a split on nothing", b'[split]\ngiven_names = ""'),
]


@pytest.mark.parametrize("data", [row[1] for row in BAD_MAPS], ids=[row[0] for row in BAD_MAPS])
def test_a_map_file_that_cannot_be_used_is_a_bad_table(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "map.toml"
    path.write_bytes(data)
    with pytest.raises(BadTable):
        read_map(path)


def test_a_map_file_that_does_not_exist_is_a_bad_table(tmp_path: Path) -> None:
    with pytest.raises(BadTable):
        read_map(tmp_path / "missing.toml")


@pytest.mark.parametrize("path", sorted(DATA.glob("*_map.toml")), ids=lambda path: path.name)
def test_the_maps_of_the_tests_are_read(path: Path) -> None:
    assert read_map(path).separator == ";"


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@settings(max_examples=150)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=6), st.sampled_from([",", ";", "\t", "|"]))
def test_what_a_spreadsheet_writes_is_read_as_it_was(cells: list[tuple[str, str]], separator: str) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    written = [separator.join(map(quoted, row)) for row in (("id", "birth_name"), *cells)]
    found = rows("\n".join(written).encode(), TableMap(separator=separator))
    expected = [
        {name: cell for name, cell in zip(("id", "birth_name"), row, strict=True) if cell.strip()} for row in cells
    ]
    assert [row.data for row in found] == expected
    assert [row.number for row in found] == list(range(2, len(cells) + 2))


@settings(max_examples=150)
@given(st.binary(max_size=120))
def test_no_bytes_below_the_header_break_the_reading(data: bytes) -> None:
    found = rows(b"id,birth_name\n" + data)
    numbers = [row.number for row in found]
    assert numbers == sorted(set(numbers))


def read_all(source: Iterable[Unread]) -> list[tuple[int, str | None]]:
    """Return the number of each line, and why it is refused."""
    found: list[tuple[int, str | None]] = []
    for number, read in source:
        try:
            read()
            found.append((number, None))
        except UnreadableRecord as error:
            found.append((number, error.reason))
    return found


def test_a_csv_source_gives_records_and_refusals_in_their_places() -> None:
    found = read_all(read_source(lines_of(b"id,sex\n1,M\n2\n3,Z\n4,F\n"), "csv", TableMap()))
    assert found == [
        (2, None),
        (3, "row cannot be read"),
        (4, "sex: wrong value"),
        (5, None),
    ]


def test_an_ndjson_source_gives_records_and_refusals_in_their_places() -> None:
    lines = [Line(1, b'{"id": "1"}'), Line(2, b""), Line(3, None), Line(4, b"{"), Line(5, b'{"id": "2"}')]
    found = read_all(read_source(lines, "ndjson", TableMap()))
    assert found == [
        (1, None),
        (3, "line too long"),
        (4, "not a JSON document in UTF-8"),
        (5, None),
    ]


def test_a_deaths_source_is_read_by_its_own_reader() -> None:
    found = read_all(read_source([Line(1, b"OUVRARD*A/"), Line(2, None)], "insee-deaths", TableMap()))
    assert found == [(1, "line too short"), (2, "line too long")]

"""CSV files: the columns of the contract, or those that a map file names."""

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexer.lines import Line

_LISTS = frozenset({"former_nirs", "usage_names", "former_birth_names", "given_names", "former_birth_dates"})
_LISTS_OF_LISTS = frozenset({"former_given_names"})
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_DATES = frozenset({"birth_date", "former_birth_dates", "death.date", "former.birth_date"})
_PLACE_PARTS = ("code", "label", "country")

RECORD_COLUMNS = frozenset(
    {"id", "nir", "nir_status", "sex", "birth_name", "birth_date", "certified", "death.date", "death.certified"}
    | _LISTS
    | _LISTS_OF_LISTS
    | {f"{place}.{part}" for place in ("birth_place", "death.place") for part in _PLACE_PARTS}
)
QUERY_COLUMNS = frozenset(
    {"reference", "nir", "birth_name", "usage_name", "given_names", "sex", "birth_date", "channel"}
    | {f"birth_place.{part}" for part in (*_PLACE_PARTS, "department")}
    | {f"former.{part}" for part in ("nir", "birth_name", "given_names", "birth_date")}
)


class BadTable(Exception):
    """The header or the map file cannot be used: nothing can be read."""


@dataclass(frozen=True, slots=True)
class TableMap:
    """How a CSV file is written.

    Args:
        columns: the contract's field → the file's column; empty: the header names the fields.
        numbered: the field that receives the line number, for files without an identifier.
        split: what separates the items of a list field, `|` unless said.
        date_format: `DD`, `MM` and `YYYY` in their places.
    """

    separator: str = ","
    encoding: str = "utf-8"
    date_format: str = "YYYY-MM-DD"
    numbered: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, str] = field(default_factory=dict)


def read_map(path: Path) -> TableMap:
    """Read a TOML map file.

    Raises:
        BadTable: not TOML, a key that does not exist, or a value that cannot be used.
    """
    try:
        table = TableMap(**tomllib.loads(path.read_text("utf-8")))
        csv.reader([], delimiter=table.separator)
        _check_encoding(table.encoding)
        _date_reader(table.date_format)
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise BadTable(f"the map file cannot be used: {error}") from error
    if not isinstance(table.numbered, str | None):
        raise BadTable("the map file cannot be used: numbered is the name of a field")
    for name, texts in (("columns", table.columns), ("split", table.split)):
        if not isinstance(texts, Mapping) or not all(isinstance(text, str) and text for text in texts.values()):
            raise BadTable(f"the map file cannot be used: {name} is a table of texts")
    return table


def _check_encoding(encoding: str) -> None:
    """Raise LookupError for one in which lines do not end and fields are not separated by the bytes of ASCII."""
    try:
        understood = b"id,\n".decode(encoding, errors="surrogateescape") == "id,\n"
    except ValueError:
        understood = False
    if not understood:
        raise LookupError(f"no encoding of text by lines: {encoding}")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table as the JSON value that NDJSON would hold; `data` is None where it cannot be read."""

    number: int
    data: dict[str, Any] | None


def read_table(lines: Iterable[Line], table: TableMap, known: frozenset[str]) -> Iterator[Row]:
    """Yield the rows below the header. A row that cannot be read is yielded once for each line that it took.

    Raises:
        BadTable: no header, or it names a column that does not exist.
    """
    reader = csv.reader(_texts(lines, table.encoding), delimiter=table.separator, strict=True)
    _, header = next(_rows(reader), (range(0), None))
    if not header:
        raise BadTable("the table has no header")
    positions = _positions(header, table, known)
    read_date = _date_reader(table.date_format)
    width = len(header)
    for numbers, cells in _rows(reader):
        number = numbers[-1]
        if cells is None or len(cells) != width or any(_is_broken(cell) for cell in cells):
            yield from (Row(lost, None) for lost in numbers)
            continue
        values = {name: cells[position] for name, position in positions.items() if cells[position].strip()}
        if table.numbered:
            values[table.numbered] = str(number)
        yield Row(number, _nested(values, table, read_date))


def _texts(lines: Iterable[Line], encoding: str) -> Iterator[str]:
    """Undecodable bytes become surrogates, so that the row that holds them can be refused in its place."""
    for number, data in lines:
        text = "\udcff" if data is None else _decoded(data, encoding)
        yield (text.removeprefix("\ufeff") if number == 1 else text) + "\n"


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, errors="surrogateescape")
    except ValueError:
        return "\udcff"


def _is_broken(cell: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in cell)


def _rows(reader: Any) -> Iterator[tuple[range, list[str] | None]]:
    """Yield each row with the numbers of its lines: a quote that is never closed swallows those that follow."""
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        if cells != []:
            yield range(first, reader.line_num + 1), cells


def _positions(header: list[str], table: TableMap, known: frozenset[str]) -> dict[str, int]:
    names = [name.strip() for name in header]
    unknown = sorted({*table.columns, *table.split, *((table.numbered,) if table.numbered else ())} - known)
    if unknown:
        raise BadTable(f"no such field: {', '.join(unknown)}")
    columns = table.columns or {name: name for name in names}
    wrong = [number for number, name in enumerate(names, start=1) if not table.columns and name not in known]
    if wrong:  # by number: a file without a header has a person in its place
        raise BadTable(f"the header names no field in column {', '.join(map(str, wrong))}")
    twice = sorted({column for column in columns.values() if names.count(column) > 1})
    if twice:
        raise BadTable(f"the header has twice: {', '.join(twice)}")
    missing = sorted(set(columns.values()) - set(names))
    if missing:
        raise BadTable(f"the header has no column: {', '.join(missing)}")
    return {name: names.index(column) for name, column in columns.items()}


def _date_reader(date_format: str) -> re.Pattern[str]:
    pattern = re.escape(date_format)
    for part, name, digits in (("YYYY", "year", 4), ("MM", "month", 2), ("DD", "day", 2)):
        if pattern.count(part) != 1:
            raise BadTable("a date format holds YYYY, MM and DD once each")
        pattern = pattern.replace(part, rf"(?P<{name}>\d{{{digits}}})")
    return re.compile(pattern)


def _nested(values: Mapping[str, str], table: TableMap, read_date: re.Pattern[str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, text in values.items():
        target = data
        *parents, last = name.split(".")
        for parent in parents:
            target = target.setdefault(parent, {})
        target[last] = _value(name, text, table, read_date)
    return data


def _value(name: str, text: str, table: TableMap, read_date: re.Pattern[str]) -> Any:
    if name in _LISTS or name in _LISTS_OF_LISTS:
        items = [item.strip() for item in text.split(table.split.get(name, "|")) if item.strip()]
        if name in _LISTS_OF_LISTS:
            return [item.split() for item in items]
        return [_iso(item, read_date) for item in items] if name in _DATES else items
    if name in _DATES:
        return _iso(text, read_date)
    if name in ("certified", "death.certified"):
        return _FLAGS.get(text.strip().lower(), text)
    return text


def _iso(text: str, read_date: re.Pattern[str]) -> str:
    """A date of another form goes on as it is, for the door to judge."""
    match = read_date.fullmatch(text.strip())
    return f"{match['year']}-{match['month']}-{match['day']}" if match else text

"""Register files of each format, as lines still to be read into records: the reading is dear and done on all cores."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Literal, Never

from analyzers.identity import Record
from indexer.insee_deaths import death_lines, read_death
from indexer.lines import Line
from indexer.records import UnreadableRecord, parse_record, read_record
from indexer.tables import RECORD_COLUMNS, TableMap, read_table

Format = Literal["ndjson", "csv", "insee-deaths"]
Unread = tuple[int, Callable[[], Record]]
"""The number of a line, and what gives its record or raises `UnreadableRecord`; it can be sent to another process."""


def read_source(lines: Iterable[Line], format_: Format, table: TableMap) -> Iterator[Unread]:
    """Yield each line with the number and the way to read it.

    Raises:
        BadTable: the header of a CSV file cannot be used.
        SourceBroken: the file cannot be read to its end.
    """
    if format_ == "insee-deaths":
        return _from_deaths(lines)
    return _from_csv(lines, table) if format_ == "csv" else _from_ndjson(lines)


def _from_ndjson(lines: Iterable[Line]) -> Iterator[Unread]:
    for number, data in lines:
        if data is None:
            yield number, partial(_refuse, "line too long")
        elif data.strip():
            yield number, partial(parse_record, data)


def _from_csv(lines: Iterable[Line], table: TableMap) -> Iterator[Unread]:
    for row in read_table(lines, table, RECORD_COLUMNS):
        read = partial(_refuse, "row cannot be read") if row.data is None else partial(read_record, row.data)
        yield row.number, read


def _from_deaths(lines: Iterable[Line]) -> Iterator[Unread]:
    for number, text, positions in death_lines(lines):
        yield number, partial(_refuse, "line too long") if text is None else partial(read_death, text, positions)


def _refuse(reason: str) -> Never:
    raise UnreadableRecord(reason)

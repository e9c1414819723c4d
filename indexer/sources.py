"""Register files of each format, as records and refused lines."""

from collections.abc import Iterable, Iterator
from typing import Literal

from analyzers.identity import Record
from indexer.insee_deaths import read_deaths
from indexer.lines import Line
from indexer.records import UnreadableRecord, parse_record, read_record
from indexer.tables import RECORD_COLUMNS, TableMap, read_table

Format = Literal["ndjson", "csv", "insee-deaths"]
Read = tuple[int, Record | UnreadableRecord]


def read_source(lines: Iterable[Line], format_: Format, table: TableMap) -> Iterator[Read]:
    """Yield the number of each line with its record, or with why it cannot be read.

    Raises:
        BadTable: the header of a CSV file cannot be used.
        SourceBroken: the file cannot be read to its end.
    """
    if format_ == "insee-deaths":
        return read_deaths(lines)
    return _from_csv(lines, table) if format_ == "csv" else _from_ndjson(lines)


def _from_ndjson(lines: Iterable[Line]) -> Iterator[Read]:
    for number, data in lines:
        if data is None:
            yield number, UnreadableRecord("line too long")
        elif data.strip():
            try:
                yield number, parse_record(data)
            except UnreadableRecord as error:
                yield number, error


def _from_csv(lines: Iterable[Line], table: TableMap) -> Iterator[Read]:
    for row in read_table(lines, table, RECORD_COLUMNS):
        try:
            yield row.number, read_record(row.data) if row.data is not None else UnreadableRecord("row cannot be read")
        except UnreadableRecord as error:
            yield row.number, error

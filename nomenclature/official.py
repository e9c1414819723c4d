"""Insee's yearly zip, `cog_ensemble_AAAA_csv.zip`, read as an edition.

Communes come from `v_commune_depuis_1943`, their déléguées and associées from the events and from `v_commune_AAAA`,
links from `v_mvt_commune_AAAA`. Overseas collectivities and countries are read where the zip has them.
"""

import csv
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from nomenclature.editions import bundled
from nomenclature.statuses import status_periods
from nomenclature.values import BEGINNING, END, FIRST_DAY, Alias, Department, Edition, Event, Kind, Link, Period

_LONGEST_BYTES, _MOST_ROWS = 100_000_000, 1_000_000
"""Of all tables together; those of a year have 6 MB and 120,000 rows."""
_MEMBERS = {
    "communes": (r"(?:v_)?communes?_?(\d{4})\.csv", ("TYPECOM", "COM", "LIBELLE", "COMPARENT")),
    "history": (r"v_commune_depuis_1943\.csv", ("TYPECOM", "COM", "LIBELLE", "DATE_DEBUT", "DATE_FIN")),
    "events": (
        r"(?:v_)?mvt_?communes?_?(\d{4})\.csv",
        ("MOD", "DATE_EFF", "TYPECOM_AV", "COM_AV", "LIBELLE_AV", "TYPECOM_AP", "COM_AP", "LIBELLE_AP"),
    ),
    "overseas": (r"v_commune_outremer_depuis_1943\.csv", ("COM_COMER", "LIBELLE", "DATE_DEBUT", "DATE_FIN")),
    "departments": (r"(?:v_)?departements?_?(\d{4})\.csv", ("DEP", "LIBELLE")),
    "countries": (r"(?:v_)?pays_territoire_?(\d{4})\.csv", ("COG", "LIBCOG", "LIBENR", "CODEISO2")),
    "countries_history": (
        r"v_pays_et_territoire_depuis_1943\.csv",
        ("COG", "LIBCOG", "LIBENR", "DATE_DEBUT", "DATE_FIN"),
    ),
}
_REQUIRED = ("communes", "history", "events")
_CODE = re.compile(r"(?:2[AB]|\d{2})\d{3}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_RENUMBERED, _DETACHED = frozenset({"41"}), frozenset({"20", "21"})
_MERGED = frozenset({"30", "31", "32", "33", "34", "35", "50"})
_KINDS = frozenset(Kind)
_OVERSEAS = ("975", "977", "978", "98")
Rows = list[dict[str, str]]


class NotAnEnsemble(Exception):
    """The file is not the yearly zip, or lacks a file or column that is needed."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """What was read: the edition, the (code, parent) of each part of a commune, and which rows could not be used."""

    edition: Edition
    parents: tuple[tuple[str, str], ...]
    unusable: tuple[str, ...]


def read_ensemble(path: Path, progress: Callable[[int], None]) -> Ensemble:
    """Return the edition of a yearly zip.

    Args:
        progress: called with the number of rows read so far.
    Raises:
        NotAnEnsemble: the file is not that zip.
    """
    try:
        with ZipFile(path) as archive:
            tables, vintage = _tables(archive, progress)
    except (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, UnicodeDecodeError, csv.Error) as error:
        raise NotAnEnsemble("not a zip of CSV files in UTF-8 that can be read") from error
    return _Reading(tables).ensemble(vintage)


def _tables(archive: ZipFile, progress: Callable[[int], None]) -> tuple[dict[str, Rows], str]:
    tables: dict[str, Rows] = {}
    vintage, done, size = "", 0, 0
    for info in archive.infolist():
        name = info.filename.rsplit("/", 1)[-1].lower()
        for key, (pattern, columns) in _MEMBERS.items():
            if found := re.fullmatch(pattern, name):
                size += info.file_size
                tables[key] = _rows(name, _content(archive, info, size), columns, _MOST_ROWS - done)
                vintage = found[1] if key == "communes" else vintage
                done += len(tables[key])
                progress(done)
    missing = [key for key in _REQUIRED if key not in tables]
    if missing:
        raise NotAnEnsemble(f"the zip has no file of {', '.join(missing)}")
    return tables, vintage


def _content(archive: ZipFile, info: ZipInfo, size: int) -> bytes:
    """No more is unpacked than the zip says of the file; where it says too little, its checksum fails."""
    if size > _LONGEST_BYTES or info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise NotAnEnsemble("the zip holds more than a year of the nomenclature, or is packed in another way")
    return archive.read(info)


def _rows(name: str, content: bytes, columns: Sequence[str], most: int) -> Rows:
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    reader.fieldnames = [column.strip().upper() for column in reader.fieldnames or ()]
    missing = [column for column in columns if column not in reader.fieldnames]
    if missing:
        raise NotAnEnsemble(f"{name} has no column {', '.join(missing)}")
    rows = [{column: (row[column] or "").strip() for column in columns} for row in islice(reader, most + 1)]
    if len(rows) > most:
        raise NotAnEnsemble("the zip holds more rows than a year of the nomenclature")
    return rows


class _Reading:
    """Turns the tables into an edition, and keeps what it could not use: the table and row number, no contents."""

    def __init__(self, tables: dict[str, Rows]) -> None:
        self._tables = tables
        self._unusable: dict[str, None] = {}

    def ensemble(self, vintage: str) -> Ensemble:
        communes = [*self._history("history", "COM"), *self._overseas()]
        periods = [*communes, *self._statuses(), *self._countries()]
        edition = Edition(
            name=f"cog-{vintage}",
            vintage=vintage,
            source=f"Insee, code officiel géographique {vintage}",
            periods=tuple(sorted(dict.fromkeys(periods), key=lambda row: (row.code, row.start, row.kind))),
            links=tuple(dict.fromkeys((*self._links(), *self._cities()))),
            aliases=tuple(self._long_names()),
            departments=tuple(Department(row["DEP"], row["LIBELLE"]) for row in self._rows("departments")),
            codes=tuple((row["CODEISO2"], row["COG"]) for row in self._rows("countries") if row["CODEISO2"]),
        )
        parents = ((row["COM"], row["COMPARENT"]) for row in self._rows("communes") if row["COMPARENT"])
        return Ensemble(edition, tuple(parents), tuple(self._unusable))

    def _rows(self, table: str) -> Rows:
        return self._tables.get(table, [])

    def _history(self, table: str, column: str, kind: Kind = Kind.COMMUNE) -> Iterator[Period]:
        for number, row in enumerate(self._rows(table), start=2):
            start, end = row["DATE_DEBUT"] or FIRST_DAY, row["DATE_FIN"] or END
            known = row.get("TYPECOM", kind) in _KINDS
            if known and _CODE.fullmatch(row[column]) and _DAY.fullmatch(start) and _DAY.fullmatch(end):
                yield Period(row[column], Kind(row.get("TYPECOM", kind)), _name(row), start, end)
            else:
                self._unusable[f"{table} row {number}"] = None

    def _overseas(self) -> Iterator[Period]:
        """Yield the communes of the collectivities; where the zip does not have them, those of the bundled edition."""
        if self._rows("overseas"):
            yield from self._history("overseas", "COM_COMER")
        else:
            yield from (period for period in bundled().periods if period.code.startswith(_OVERSEAS))

    def _countries(self) -> Iterator[Period]:
        yield from self._history("countries_history", "COG", Kind.COUNTRY)

    def _long_names(self) -> Iterator[Alias]:
        for row in (*self._rows("countries"), *self._rows("countries_history")):
            yield from (Alias(row["COG"], row[column]) for column in ("LIBCOG", "LIBENR") if row[column])

    def _statuses(self) -> Iterator[Period]:
        in_force = {(row["COM"], row["TYPECOM"]): row["LIBELLE"] for row in self._rows("communes")}
        yield from status_periods(self._events(), in_force)

    def _events(self) -> Iterable[dict[str, str]]:
        for number, row in enumerate(self._rows("events"), start=2):
            codes = [code for code in (row["COM_AV"], row["COM_AP"]) if code]
            if codes and all(map(_CODE.fullmatch, codes)) and _DAY.fullmatch(row["DATE_EFF"]):
                yield row
            else:
                self._unusable[f"events row {number}"] = None

    def _links(self) -> Iterator[Link]:
        for row in self._events():
            before, after, mod, day = row["COM_AV"], row["COM_AP"], row["MOD"], row["DATE_EFF"]
            if not before or not after or before == after or row["TYPECOM_AP"] != Kind.COMMUNE:
                continue
            if mod in _RENUMBERED:
                yield Link(before, after, Event.RENUMBERED, day)
            elif mod in _DETACHED:
                yield Link(before, after, Event.DETACHED, day)
            elif mod in _MERGED:
                yield Link(before, after, Event.MERGED, day)

    def _cities(self) -> Iterator[Link]:
        for row in self._rows("communes"):
            if row["TYPECOM"] == Kind.ARRONDISSEMENT and row["COMPARENT"]:
                yield Link(row["COM"], row["COMPARENT"], Event.MERGED, BEGINNING)


def _name(row: dict[str, str]) -> str:
    return row.get("LIBELLE") or row.get("LIBCOG") or ""

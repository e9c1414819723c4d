"""The state of the nomenclature on the first of January of a year, as the zip that Insee publishes.

Written from the files of one edition and the history of communes: rows of later days are left out, what ended later is
in force again. New names of 2025 have no row among the events of that edition and are written as such.
"""

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

_EDITION = "2025"
_RENAMED = "10"
Row = dict[str, str]


class YearlyZips:
    """Writes the zips of some years from a folder with `communes_depuis_1943`, `mvtcommune_2025` and `commune_2025`."""

    def __init__(self, folder: Path) -> None:
        self._history = _read(folder / "communes_depuis_1943.csv.gz")
        self._events = _read(folder / f"mvtcommune_{_EDITION}.csv.gz")
        self._communes = _read(folder / f"commune_{_EDITION}.csv.gz")
        self._events += _late_names(self._history, max(row["DATE_EFF"] for row in self._events))

    def write(self, year: int, folder: Path) -> Path:
        day, path = f"{year}-01-01", folder / f"cog_ensemble_{year}_csv.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, rows in (
                (f"v_commune_{year}.csv", self._in_force(day)),
                ("v_commune_depuis_1943.csv", list(self._until(day))),
                (f"v_mvt_commune_{year}.csv", [row for row in self._events if row["DATE_EFF"] <= day]),
            ):
                archive.writestr(name, _csv(rows))
        return path

    def changes(self, since: int, until: int) -> list[Row]:
        """Return the events of these years: mergers into another commune, and other names."""
        return [
            row
            for row in self._events
            if f"{since}-01-01" < row["DATE_EFF"] <= f"{until}-01-01"
            and row["TYPECOM_AV"] == row["TYPECOM_AP"] == "COM"
            and (row["COM_AV"] != row["COM_AP"] or row["MOD"] == _RENAMED)
        ]

    def _until(self, day: str) -> Iterator[Row]:
        for row in self._history:
            if row["DATE_DEBUT"] <= day:
                yield row | {"DATE_FIN": row["DATE_FIN"] if row["DATE_FIN"] <= day else ""}

    def _in_force(self, day: str) -> list[Row]:
        """Return the communes in force; parts of a commune and arrondissements are those of the edition."""
        parts = [row for row in self._communes if row["TYPECOM"] != "COM"]
        columns = dict.fromkeys(self._communes[0], "")
        communes = (row for row in self._until(day) if row["TYPECOM"] == "COM" and not row["DATE_FIN"])
        return [
            *(columns | {"TYPECOM": "COM", "COM": row["COM"], "LIBELLE": row["LIBELLE"]} for row in communes),
            *parts,
        ]


def _late_names(history: Iterable[Row], last_event: str) -> list[Row]:
    """Return an event for each commune that goes on under another name after the last event."""
    before = {row["COM"]: row["LIBELLE"] for row in history if row["DATE_FIN"] > last_event}
    return [
        {"MOD": _RENAMED, "DATE_EFF": row["DATE_DEBUT"]}
        | {f"{column}_{side}": "" for column in ("TNCC", "NCC", "NCCENR") for side in ("AV", "AP")}
        | {"TYPECOM_AV": "COM", "COM_AV": row["COM"], "LIBELLE_AV": before[row["COM"]]}
        | {"TYPECOM_AP": "COM", "COM_AP": row["COM"], "LIBELLE_AP": row["LIBELLE"]}
        for row in history
        if row["DATE_DEBUT"] > last_event and row["COM"] in before
    ]


def _read(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _csv(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()

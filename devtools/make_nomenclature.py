"""Make the bundled edition again, from the npm package @etalab/decoupage-administratif (MIT).

Its version 0.8.0 holds the dated history of communes from 1943 to 2019; later versions hold the state of a year each,
so that changes after 2019 are dated 1 January of the first edition that shows them.

    npm pack @etalab/decoupage-administratif@VERSION   for each of VERSIONS, then unpack each into FOLDER/VERSION
    python -m devtools.make_nomenclature FOLDER
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from nomenclature.editions import BUNDLED, dump
from nomenclature.values import BEGINNING, END, FIRST_DAY, Edition, Event, Kind, Link, Period

HISTORY = "0.8.0"
VERSIONS = {"1.1.1": "2021", "2.3.1": "2022", "3.1.1": "2023", "4.1.0": "2024", "5.3.0": "2025", "6.0.0": "2026"}
"""Versions of the package and the edition of the nomenclature that each one holds."""
TARGET = Path(__file__).parents[1] / "nomenclature" / "data" / "communes.json.gz"
_SINCE = {"69388": "1959-02-08", "69389": "1964-08-12", "97701": "2007-07-15", "97801": "2007-07-15"}
"""First days that no version says."""
_KINDS = {
    "commune-actuelle": Kind.COMMUNE,
    "commune-deleguee": Kind.DELEGATED,
    "commune-associee": Kind.ASSOCIATED,
    "arrondissement-municipal": Kind.ARRONDISSEMENT,
}
_MAYOTTE = "985"
"""Former codes on which the versions contradict each other: they are in the tables of former codes."""
Row = dict[str, Any]
Key = tuple[str, Kind]


def main() -> None:
    folder = Path(sys.argv[1])
    history = _read(folder / HISTORY, "historique-communes")
    periods, links = _periods_of(history), list(_links_of(history))
    for version, year in VERSIONS.items():
        state = _read(folder / version, "communes")
        links += _new_links(state, periods, links, f"{year}-01-01")
        periods = _brought_up_to(state, periods, f"{year}-01-01")
    source = f"npm @etalab/decoupage-administratif {HISTORY} to {list(VERSIONS)[-1]} (MIT), from Insee, COG"
    ordered = sorted(periods, key=lambda period: (period.code, period.start, period.kind))
    edition = Edition(BUNDLED, list(VERSIONS.values())[-1], source, tuple(ordered), tuple(dict.fromkeys(links)))
    TARGET.write_bytes(dump(edition))
    print(f"{len(edition.periods):,} periods, {len(edition.links):,} links, {TARGET.stat().st_size:,} bytes")


def _read(folder: Path, name: str) -> list[Row]:
    rows: list[Row] = orjson.loads((folder / "package" / "data" / f"{name}.json").read_bytes())
    return rows


def _periods_of(history: list[Row]) -> list[Period]:
    """Return the periods of the history, neighbours of one name joined; COMP, a part without status, is none."""
    rows = sorted((row for row in history if row["type"] != "COMP"), key=lambda row: row.get("dateDebut", FIRST_DAY))
    found: dict[Key, list[Period]] = defaultdict(list)
    for row in rows:
        period = Period(
            row["code"], Kind(row["type"]), row["nom"], row.get("dateDebut", FIRST_DAY), row.get("dateFin", END)
        )
        line = found[(period.code, period.kind)]
        if line and line[-1].end == period.start and line[-1].name == period.name:
            line[-1] = replace(line[-1], end=period.end)
        else:
            line.append(period)
    return [period for line in found.values() for period in line]


def _links_of(history: list[Row]) -> Iterator[Link]:
    by_id = {row["id"]: row for row in history}
    for row in history:
        day = row.get("dateDebut", FIRST_DAY)
        before, pole, after = (by_id.get(row.get(name)) for name in ("predecesseur", "pole", "successeur"))
        if before and before["code"] != row["code"] and row["raisonDebut"].startswith("changement de département"):
            yield Link(before["code"], row["code"], Event.RENUMBERED, day)
        if pole and pole["code"] != row["code"]:
            yield Link(row["code"], pole["code"], Event.MERGED, day)
            if after and after["type"] == "COM":
                yield Link(pole["code"], row["code"], Event.DETACHED, row["dateFin"])


def _new_links(state: list[Row], periods: list[Period], links: list[Link], day: str) -> Iterator[Link]:
    """Yield what a state says beyond the links known: parts of a commune, and parts that are communes again."""
    communes = {period.code for period in periods if period.kind is Kind.COMMUNE and period.end == END}
    inside = {(link.before, link.after) for link in links if link.event is Event.MERGED}
    inside -= {(link.after, link.before) for link in links if link.event is Event.DETACHED}
    again = {row["code"] for row in state if row["type"] == "commune-actuelle"} - communes
    yield from (Link(after, before, Event.DETACHED, day) for before, after in sorted(inside) if before in again)
    for row in state:
        if row["type"] == "arrondissement-municipal":
            yield Link(row["code"], row["commune"], Event.MERGED, BEGINNING)
        parts = row.get("anciensCodes", []) if row["type"] == "commune-actuelle" else [row["code"]]
        holder = row["code"] if row["type"] == "commune-actuelle" else row.get("chefLieu")
        for part in parts:
            if holder and part != holder and (part, holder) not in inside and not part.startswith(_MAYOTTE):
                yield Link(part, holder, Event.MERGED, day)


def _brought_up_to(state: list[Row], periods: list[Period], day: str) -> list[Period]:
    """Return the periods with those closed that the state no longer has, and those opened that are new in it."""
    now: dict[Key, str] = {(row["code"], _KINDS[row["type"]]): row["nom"] for row in state}
    seen = {period.code for period in periods}
    kept: list[Period] = []
    for period in periods:
        key = (period.code, period.kind)
        if period.end == END and now.get(key) != period.name:
            kept.append(replace(period, end=day))
        else:
            kept.append(period)
            if period.end == END:
                now.pop(key)
    for (code, kind), name in now.items():
        unseen = code not in seen and (kind is Kind.ARRONDISSEMENT or code[:2] in ("97", "98"))
        kept.append(Period(code, kind, name, _SINCE.get(code, FIRST_DAY if unseen else day)))
    return kept


if __name__ == "__main__":
    main()

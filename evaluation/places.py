"""Where an invented population is born: everywhere before hospitals, since then in the hospital towns."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from analyzers.places import department_of
from evaluation.names import Draw, text_lines

_HOSPITALS_SINCE = 1955
_BORN_IN_HOSPITAL_TOWN = 0.93
_PERSONS_PER_HOSPITAL_TOWN = 90_000
_WITH_ARRONDISSEMENTS = {"13055", "69123", "75056"}
COMMUNES_FILE = "communes_2026.csv.gz"


@dataclass(frozen=True, slots=True)
class Commune:
    code: str
    label: str
    persons: int

    @property
    def department(self) -> str:
        return department_of(self.code)


class Places:
    """Communes by weight: `birth` draws one, `near` another of the same département."""

    def __init__(self, communes: Iterable[Commune]) -> None:
        self.communes = {commune.code: commune for commune in communes}
        self._everywhere = Draw({c.code: c.persons + 1.0 for c in self.communes.values()})
        by_department: dict[str, list[Commune]] = defaultdict(list)
        for commune in self.communes.values():
            by_department[commune.department].append(commune)
        self._of_department = {
            department: Draw({c.code: c.persons + 1.0 for c in found}) for department, found in by_department.items()
        }
        self._hospitals = {department: Draw(_hospital_towns(found)) for department, found in by_department.items()}

    def home(self, chance: Random) -> Commune:
        return self.communes[self._everywhere.one(chance)]

    def birth(self, chance: Random, home: Commune, year: int) -> Commune:
        """Return where a child of a family that lives at `home` is born."""
        if year < _HOSPITALS_SINCE:
            return home
        if chance.random() < _BORN_IN_HOSPITAL_TOWN:
            return self.communes[self._hospitals[home.department].one(chance)]
        return home

    def near(self, chance: Random, commune: Commune) -> Commune:
        return self.communes[self._of_department[commune.department].one(chance)]


def _hospital_towns(communes: list[Commune]) -> Mapping[str, float]:
    persons = sum(commune.persons for commune in communes)
    count = max(2, persons // _PERSONS_PER_HOSPITAL_TOWN)
    largest = sorted(communes, key=lambda commune: (-commune.persons, commune.code))[:count]
    return {commune.code: commune.persons + 1.0 for commune in largest}


def invented_places(per_department: int = 30) -> Places:
    """Return communes that bear their code as a name: 95 départements, a few towns and many villages each."""
    departments = [f"{number:02d}" for number in range(1, 96) if number != 20]
    return Places(
        Commune(f"{department}{number + 1:03d}", f"VILLE {department} {number + 1:03d}", 60_000 // (number + 1))
        for department in departments
        for number in range(per_department)
    )


def places_of_file(path: Path) -> Places:
    """Read the communes of today with their population, Paris, Lyon and Marseille by arrondissement."""
    return Places(_communes(path))


def _communes(path: Path) -> Iterator[Commune]:
    for row in csv.DictReader(text_lines(path)):
        kind, code = row["type"], row["code"]
        if kind in ("commune-actuelle", "arrondissement-municipal") and code not in _WITH_ARRONDISSEMENTS:
            yield Commune(code, row["nom"], int(row["population"] or 0))

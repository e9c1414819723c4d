"""Write an invented DSN file of any length, the register that it is asked of, and the truth of each individual."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import BinaryIO

import orjson

from analyzers.fold import fold_letters
from evaluation.declarations import TRAITS_ONLY, Declarations, Mix
from evaluation.dsn_blocks import Employer, Rubric, declaration, envelope, individual, siren
from evaluation.places import Places
from evaluation.population import NEVER_REGISTERED, Population

REGISTER_FILE, DSN_FILE, TRUTH_FILE = "register.ndjson.gz", "payroll.dsn", "truth.ndjson"
PAYROLL = Mix(
    "payroll",
    absent=0.005,
    with_number=0.98,
    shares={
        **{kind: share * 0.035 for kind, share in TRAITS_ONLY.shares.items()},
        "as_registered": 0.977,
        "number_with_failing_key": 0.001,
        "number_of_another": 0.0005,
        "number_of_a_parent": 0.0005,
    },
)
"""98 % with a number, about 3 % with some error: a slip, a usage name, somebody else's number, no registration."""
_SIZES = (1, 2, 3, 5, 8, 13, 20, 40, 90, 250)
_ESTABLISHMENTS_OF_A_COMPANY = 3
_DECLARED_TWICE = 0.03
_FASTEST = 1
_LAST_OF_LATIN = "\u00ff"


@dataclass(frozen=True, slots=True)
class InventedDsn:
    """The files written, and how many individuals the DSN file holds."""

    register: Path
    dsn: Path
    truth: Path
    individuals: int


@dataclass(slots=True)
class _Writer:
    """Writes rubrics and counts them; `establishment` begins a declaration."""

    file: BinaryIO
    truth: BinaryIO
    chance: Random
    rubrics: int = 0
    declarations: int = 0
    individuals: int = 0
    employer: Employer = field(default_factory=lambda: Employer(siren(0), "00011"))
    room: int = 0

    def write(self, rubrics: list[Rubric]) -> None:
        text = "".join(f"{rubric},'{value}'\r\n" for rubric, value in rubrics)
        self.file.write("".join(map(_in_latin, text)).encode("latin-1"))
        self.rubrics += len(rubrics)

    def establishment(self) -> None:
        company, place = divmod(self.declarations, _ESTABLISHMENTS_OF_A_COMPANY)
        self.declarations += 1
        self.employer = Employer(siren(company + 1), f"{place + 1:04d}1")
        self.room = self.chance.choice(_SIZES)
        self.write(declaration(self.employer, self.declarations))

    def person(self, rubrics: list[Rubric], kind: str, truth: str | None, matricule: str) -> None:
        said = {
            "line": self.rubrics + 1,
            "declaration": self.declarations,
            "siret": self.employer.siret,
            "matricule": matricule,
            "kind": kind,
            "truth": truth,
        }
        self.truth.write(orjson.dumps(said) + b"\n")
        self.write(rubrics)
        self.individuals += 1
        self.room -= 1

    def end(self) -> None:
        total = self.rubrics + 2
        self.write([("S90.G00.90.001", str(total)), ("S90.G00.90.002", str(self.declarations))])


def _in_latin(character: str) -> str:
    """The ligature of Œuilly is no character of the file: payroll software writes two letters."""
    return character if character <= _LAST_OF_LATIN else fold_letters(character)


def invent_dsn(
    folder: Path,
    population: Population,
    places: Places,
    persons: int,
    individuals: int,
    seed: int,
    progress: Callable[[int], None] = lambda individuals: None,
) -> InventedDsn:
    """Write about `persons` registered persons and about `individuals` blocks S21.G00.30 about them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / REGISTER_FILE, folder / DSN_FILE, folder / TRUTH_FILE
    declarations, chance = Declarations(PAYROLL, places, seed), Random(f"dsn/{seed}")
    everybody = persons / (1 - NEVER_REGISTERED)
    once = individuals / (1 + _DECLARED_TWICE)
    share = once * (1 - PAYROLL.absent) / persons
    share_of_absent = once * PAYROLL.absent / (everybody * NEVER_REGISTERED)
    with gzip.open(paths[0], "wb", _FASTEST) as register, paths[1].open("wb") as file, paths[2].open("wb") as truth:
        writer = _Writer(file, truth, chance)
        writer.write(envelope(siren(0)))
        for family in population.families(round(everybody)):
            for person in family.persons:
                if person.registered:
                    register.write(orjson.dumps(person.record) + b"\n")
            for person, labelled in declarations.of_persons(family, share, share_of_absent):
                if writer.room <= 0:
                    writer.establishment()
                matricule = f"{writer.individuals + 1:07d}"
                rubrics = individual(labelled.query, person, writer.employer, matricule, chance)
                writer.person(rubrics, labelled.kind, labelled.truth, matricule)
                if chance.random() < _DECLARED_TWICE:
                    writer.establishment()
                    writer.person(rubrics, labelled.kind, labelled.truth, matricule)
            progress(writer.individuals)
        writer.end()
    return InventedDsn(*paths, writer.individuals)

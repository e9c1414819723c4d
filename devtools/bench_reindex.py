"""A register read anew in another edition of the nomenclature while it is served, and who is found by which place name.

    python -m devtools.bench_reindex --names FOLDER [--identities 100000] [--since 2024] [--until 2026] [--throttle N]
        [--calls 20] [--folder build/bench-reindex]

`FOLDER` holds names, and the communes of the official files. Persons of communes that changed between both years, and
of former colonies, are added to an invented population. The register is built in the first edition and served; calls
come at a fixed rate, before, during and after `sngi index reindex`, each timed from when it was due: exit 1 where one
failed. The engine is what SNGI_ENGINE and SNGI_OPENSEARCH_URL say.
"""

import argparse
import asyncio
import gzip
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from rich.console import Console
from rich.table import Table

from devtools.bench_engines import build_index, environment_of
from devtools.serving import running_service
from devtools.yearly_zips import YearlyZips
from evaluation.declarations import TRAITS_ONLY
from evaluation.invent import Invented, invent
from evaluation.population import Population
from evaluation.sources import open_sources
from identification.bulk import answer_all, batches_of
from identification.cascade import Identifier
from identification.questions import read_question
from loadtest.plans import Plan, steady
from loadtest.results import PassLine
from loadtest.run import Asking, Promises, unit_calls
from nomenclature.locating import edition_named
from retrieval.settings import EngineSettings, open_engine

_SEED = 9
_COLONIES = {
    "HAUTE VOLTA": "BURKINA FASO",
    "DAHOMEY": "BENIN",
    "SOUDAN FRANCAIS": "MALI",
    "OUBANGUI CHARI": "REPUBLIQUE CENTRAFRICAINE",
    "CONGO BELGE": "REPUBLIQUE DEMOCRATIQUE DU CONGO",
    "CEYLAN": "SRI LANKA",
}
_QUESTIONS = 2_000
_MOST_MOVED = 3_000
_STAGE_S = 15.0
_SNGI = str(Path(sys.executable).with_name("sngi"))
Place = dict[str, str]
console = Console(width=150)


@dataclass(frozen=True, slots=True)
class Moved:
    """A registered person born where the name or the code changed, and the place as one may declare it."""

    record: dict[str, Any]
    places: dict[str, Place]

    def question(self, place: Place, is_thin: bool) -> dict[str, Any]:
        """Return what is asked: surname, year and place, or given name and month as well."""
        born = self.record["birth_date"]
        thin = {"birth_name": self.record["birth_name"], "birth_date": born[:4], "birth_place": place}
        return thin if is_thin else thin | {"given_names": self.record["given_names"][:1], "birth_date": born[:7]}


def moved_persons(zips: YearlyZips, since: int, until: int, population: Population, count: int) -> list[Moved]:
    """Return so many persons, of communes that merged, of some with a new name, and of former colonies, in turn."""
    changes = zips.changes(since, until)
    merged = [row for row in changes if row["COM_AV"] != row["COM_AP"]]
    renamed = [row for row in changes if row["COM_AV"] == row["COM_AP"]]
    chance, colonies = random.Random(_SEED), list(_COLONIES.items())
    born_here = (
        person.record
        for family in population.families(20 * count)
        for person in family.persons
        if person.birthplace and person.year < 1960
    )
    moved: list[Moved] = []
    for number, record in enumerate(islice(born_here, count)):
        if number % 3 == 2:
            then, now = chance.choice(colonies)
            recorded = {"label": then}
            places = {"colony's name": {"label": then}, "present country's name": {"label": now}}
        else:
            row = chance.choice((merged, renamed)[number % 3])
            recorded = {"code": row["COM_AV"], "label": row["LIBELLE_AV"]}
            department = row["COM_AP"][:2]
            places = {
                "old name": {"label": row["LIBELLE_AV"], "department": department},
                "new name": {"label": row["LIBELLE_AP"], "department": department},
            }
            if row["COM_AV"] != row["COM_AP"]:
                places |= {"old code": {"code": row["COM_AV"]}, "new code": {"code": row["COM_AP"]}}
        own = {name: value for name, value in record.items() if name not in ("nir", "nir_status", "former_nirs")}
        group = "renamed" if number % 3 == 1 else "merged" if number % 3 == 0 else "colony"
        named = {f"{group}: {case}": place for case, place in places.items()}
        moved.append(Moved(own | {"id": f"MOVED{number}", "birth_place": recorded}, named))
    return moved


async def build_register(settings: EngineSettings, edition: str, register: Path) -> None:
    engine = open_engine(settings)
    try:
        figures = await build_index(engine, register, edition_named(settings.data_dir, edition))
        console.print(f"{figures['identities']:,} identities built in {edition}")
    finally:
        await engine.close()


async def recalls(settings: EngineSettings, moved: Sequence[Moved]) -> dict[str, Counter[str]]:
    """Return for each case, with much and with little said, how many persons are found, missed, mistaken."""
    engine = open_engine(settings)
    identifier, found = Identifier(engine, data_dir=settings.data_dir), dict[str, Counter[str]]()
    try:
        for is_thin, said in ((False, "name, given name, month"), (True, "surname, year")):
            asked = [
                (f"{case} | {said}", person.record["id"], person.question(place, is_thin))
                for person in moved
                for case, place in person.places.items()
            ]
            for batch in batches_of(asked):
                answers = await answer_all(identifier, [read_question(question) for _, _, question in batch])
                for (case, truth, _), answer in zip(batch, answers, strict=True):
                    end = (
                        "missed" if answer.identity is None else "found" if answer.identity["id"] == truth else "WRONG"
                    )
                    found.setdefault(case, Counter())[end] += 1
        return found
    finally:
        await engine.close()


def print_recalls(before: dict[str, Counter[str]], after: dict[str, Counter[str]]) -> None:
    table = Table("place declared as", "beside it", "persons", "found before", "after", "wrong before", "after")
    for case in before:
        place, said = case.split(" | ")
        persons = before[case].total()
        shares = (f"{ends['found'] / persons:.1%}" for ends in (before[case], after[case]))
        table.add_row(
            place, said, f"{persons:,}", *shares, *(f"{ends['WRONG']}" for ends in (before[case], after[case]))
        )
    console.print(table)


def serve_and_reindex(
    asking: Asking, calls: float, command: Sequence[str], environment: dict[str, str]
) -> tuple[float, bool]:
    """Ask before, during and after the command; return its seconds, and whether every promise was kept."""
    unit = steady(calls)
    promises: Promises = {"unit": PassLine()}
    asking.stage("warming", [Plan("unit", unit, _STAGE_S)])
    before = asking.stage("before", [Plan("unit", unit, 2 * _STAGE_S)], promises)
    started = time.perf_counter()
    during = asking.stage_beside("during", [Plan("unit", unit, _STAGE_S)], command, environment, promises)
    seconds = time.perf_counter() - started
    after = asking.stage("after", [Plan("unit", unit, 2 * _STAGE_S)], promises)
    return seconds, not any(stage.missed for stage in (before, during, after))


def run(arguments: argparse.Namespace) -> bool:
    """Return whether every promise was kept: no error, nobody taken for somebody else."""
    folder: Path = arguments.folder
    settings = EngineSettings(data_dir=folder / "data", alias="benchreindex")
    zips = YearlyZips(next(arguments.names.rglob("mvtcommune_2025.csv.gz")).parent)
    editions = {year: f"cog-{year}" for year in (arguments.since, arguments.until)}
    folder.mkdir(parents=True, exist_ok=True)
    environment = environment_of(settings)
    for year in editions:
        command = [_SNGI, "cog", "import", str(zips.write(year, folder))]
        subprocess.run(command, env=os.environ | environment, check=True)
    names, places = open_sources(arguments.names, _SEED)
    sizes = arguments.identities, min(_QUESTIONS, arguments.identities // 4)
    invented = invent(folder, Population(names, places, _SEED), places, [TRAITS_ONLY], *sizes, _SEED)
    moved = moved_persons(
        zips,
        arguments.since,
        arguments.until,
        Population(names, places, _SEED + 1),
        min(arguments.identities // 50, _MOST_MOVED),
    )
    add_to_register(invented, moved)
    asyncio.run(build_register(settings, editions[arguments.since], invented.register))
    before = asyncio.run(recalls(settings, moved))
    questions = unit_calls(invented.questions[TRAITS_ONLY.name], _QUESTIONS)
    command = [
        _SNGI,
        "index",
        "reindex",
        "--nomenclature",
        editions[arguments.until],
        "--workers",
        str(arguments.workers),
    ]
    command += ["--throttle", str(arguments.throttle)] if arguments.throttle else []
    with running_service(environment, workers=1) as url:
        asking = Asking(url, {"unit": questions}, np.random.default_rng(_SEED), [])
        seconds, is_kept = serve_and_reindex(asking, arguments.calls, command, environment)
    console.print(f"reindex: {seconds:,.0f} s, {arguments.identities / seconds:,.0f} identities a second")
    print_recalls(before, asyncio.run(recalls(settings, moved)))
    return is_kept


def add_to_register(invented: Invented, moved: Sequence[Moved]) -> None:
    with gzip.open(invented.register, "ab", 1) as register:
        register.writelines(orjson.dumps(person.record) + b"\n" for person in moved)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--names", type=Path, required=True, help="folder of name, place and official files")
    parser.add_argument("--identities", type=int, default=100_000)
    parser.add_argument("--since", type=int, default=2024)
    parser.add_argument("--until", type=int, default=2026)
    parser.add_argument("--throttle", type=int, help="identities a second")
    parser.add_argument("--workers", type=int, default=1, help="processes of the reindex")
    parser.add_argument("--calls", type=float, default=20.0, help="a second")
    parser.add_argument("--folder", type=Path, default=Path("build/bench-reindex"))
    sys.exit(0 if run(parser.parse_args()) else 1)


if __name__ == "__main__":
    main()

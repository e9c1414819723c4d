"""The payroll commands: a DSN file identified, and one invented to try it with."""

import os
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.progress import count_progress, lines_progress
from dsn.codes import severity_of, wording
from dsn.records import Totals
from dsn.report import PAGE
from dsn.run import DsnFile, report_on
from evaluation.dsn_files import InventedDsn, invent_dsn
from evaluation.population import Population
from evaluation.sources import open_sources
from identification.bulk import Others
from identification.cascade import Identifier

SEVERITY_COLOURS = {"INFO": "green", "NON_BLOQUANT": "yellow", "BLOQUANT": "red"}


@dataclass(frozen=True, slots=True)
class DsnWish:
    """What to invent: a register of so many persons, and so many individuals declared."""

    persons: int
    individuals: int
    seed: int
    names: Path | None


async def identify_dsn(
    identifier: Identifier, path: str, folder: Path, console: Console, others: Others | None
) -> Totals:
    """Write the report of a DSN file into a folder.

    Raises:
        FileBroken, NotADsn: there is nothing to read.
        IndexNotReady, IncompatibleBuild: nothing can be asked.
    """
    with DsnFile(path) as file, lines_progress(console, "Identifying", file, "individuals") as progress:
        return await report_on(file, _readable(Path(path).name), folder, identifier, progress, others)


def _readable(name: str) -> str:
    """A name that is not in UTF-8, as old archives give them, can be written neither in JSON nor on a page."""
    return os.fsencode(name).decode("utf-8", "replace")


def print_totals(console: Console, totals: Totals, folder: Path) -> None:
    texts = wording()
    table = Table("outcome", "", "severity", "individuals", "share", box=None)
    for outcome, count in totals.outcomes.items():
        severity = severity_of(outcome)
        table.add_row(
            outcome,
            texts["outcomes"][outcome]["label"],
            f"[{SEVERITY_COLOURS[severity]}]{severity}[/]",
            f"{count:,}",
            f"{count / totals.individuals:.2%}",
        )
    console.print(table)
    console.print(
        f"{totals.individuals:,} individuals in {totals.declarations:,} declarations, {totals.asked:,} asked; "
        f"{totals.to_act_on:,} to act on, {sum(one.count for one in totals.findings):,} findings",
        highlight=False,
    )
    console.print(escape(str(folder / PAGE)), highlight=False)


def invent_dsn_files(wish: DsnWish, folder: Path, console: Console) -> InventedDsn:
    """Write the files of an invented DSN.

    Raises:
        MissingFile: the folder of names lacks a file.
    """
    names, places = open_sources(wish.names, wish.seed)
    population = Population(names, places, wish.seed)
    with count_progress(console, "Inventing", wish.individuals) as progress:
        return invent_dsn(folder, population, places, wish.persons, wish.individuals, wish.seed, progress)

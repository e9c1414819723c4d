"""The evaluation command: how right the identification is, on a register of one's own or an invented one."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from rich.console import Console
from rich.table import Table

from cli.progress import count_progress
from evaluation.declarations import TRAITS_ONLY, WITH_NUMBER, WITH_PARENTS
from evaluation.evaluate import built_aside, evaluate
from evaluation.figures import Figures, Rate
from evaluation.invent import Invented, invent
from evaluation.population import ALL_AGES, NEVER_REGISTERED, Population
from evaluation.report import render
from evaluation.sources import open_sources
from retrieval.settings import EngineSettings

REPORT, FIGURES = "report.html", "figures.json"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to invent: so many persons and questions of each mix, of all years or of one."""

    persons: int
    questions: int
    seed: int
    born_in: int | None
    names: Path | None


async def evaluate_invented(
    wish: Wish, settings: EngineSettings, output: Path, workers: int, console: Console
) -> list[Figures]:
    """Invent a register and questions, ask them, and write the report.

    Raises:
        MissingFile: the folder of names lacks a file.
        BuildFailed: the register cannot be indexed.
    """
    names, places = open_sources(wish.names, wish.seed)
    years = (wish.born_in, wish.born_in) if wish.born_in else ALL_AGES
    kind = f"everybody born in {wish.born_in}" if wish.born_in else "persons of all ages"
    mixes = (TRAITS_ONLY, WITH_NUMBER, WITH_PARENTS)
    with TemporaryDirectory(prefix="sngi-evaluation-") as folder:
        population = Population(names, places, wish.seed, years)
        with count_progress(console, "Inventing", round(wish.persons / (1 - NEVER_REGISTERED))) as progress:
            invented = invent(
                Path(folder), population, places, mixes, wish.persons, wish.questions, wish.seed, progress
            )
        own = settings.model_copy(update={"data_dir": Path(folder)})
        titles = {mix.name: f"{kind}, {mix.name} ({names.source} names)" for mix in mixes}
        return await _evaluate_all(invented, titles, own, output, workers, console, wish)


async def _evaluate_all(
    invented: Invented,
    titles: dict[str, str],
    settings: EngineSettings,
    output: Path,
    workers: int,
    console: Console,
    wish: Wish,
) -> list[Figures]:
    with count_progress(console, "Indexing", wish.persons) as indexing:
        async with built_aside(settings, invented.register, workers, indexing) as built:
            indexing(wish.persons)
            found = []
            for mix, questions in invented.questions.items():
                with count_progress(console, f"Asking {mix}", wish.questions) as asking:
                    found.append(await evaluate(built, questions, titles[mix], wish.seed, workers, progress=asking))
                write_report(found, output)
    return found


async def evaluate_files(
    register: Path,
    questions: Path,
    settings: EngineSettings,
    output: Path,
    workers: int,
    console: Console,
) -> list[Figures]:
    """Index a register file aside, ask the labelled questions of another, and write the report.

    Raises:
        BuildFailed, SourceBroken: the register cannot be indexed.
        NotALabelledQuestion: a line of the second file is something else.
    """
    with count_progress(console, "Indexing", None) as indexing:
        async with built_aside(settings, register, workers, indexing) as built:
            with count_progress(console, "Asking", None) as asking:
                found = [await evaluate(built, questions, questions.name, None, workers, progress=asking)]
    write_report(found, output)
    return found


def write_report(found: list[Figures], output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    (output / FIGURES).write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    (output / REPORT).write_text(render(found), encoding="utf-8")


def print_figures(console: Console, found: list[Figures], output: Path) -> None:
    table = Table("", "questions", "right", "wrong", "missed", "among candidates", "calibration error", "a second")
    for figures in found:
        table.add_row(
            figures.title,
            f"{figures.questions:,}",
            f"{figures.total.outcomes['right']:,}",
            _counted(figures.total.wrong),
            f"{figures.registered.missed.rate:.2%}",
            f"{figures.registered.among_candidates.rate:.2%}",
            f"{figures.calibration_error:.4f}",
            f"{figures.a_second:,.0f}",
        )
    console.print(table)
    console.print(f"{output / REPORT} and {output / FIGURES}", highlight=False)


def _counted(wrong: Rate) -> str:
    return f"{wrong.count:,} (at most {wrong.upper:.1e})"

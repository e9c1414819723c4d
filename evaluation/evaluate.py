"""Evaluate the identification: a register, labelled questions, and all that a report says of them."""

import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter

from evaluation import keys, measuring
from evaluation.figures import Figures, Row
from evaluation.invent import read_labelled
from evaluation.running import Result, run
from indexer.lines import LineSource
from indexer.rebuild import build
from indexer.records import LONGEST_LINE_BYTES
from indexer.sources import read_source
from indexer.tables import TableMap
from nomenclature.locating import EditionInUse, edition_in_use
from retrieval.settings import EngineSettings, open_engine
from scoring.model import load_model

_RECORDS_KEPT = 20_000
_QUESTIONS_LOOKED_AT = 1_000
_SOURCE = "evaluation"
Progress = Callable[[int], None]


def no_progress(done: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Built:
    """A register in an index of its own, beside what is served: removed when the evaluation ends."""

    settings: EngineSettings
    register: Path
    index: str
    identities: int
    edition: EditionInUse


@asynccontextmanager
async def built_aside(
    settings: EngineSettings,
    register: Path,
    workers: int,
    progress: Progress = no_progress,
) -> AsyncIterator[Built]:
    """Index a register under an alias of its own and remove it afterwards.

    Raises:
        BuildFailed, SourceBroken: the register cannot be indexed.
    """
    own = settings.model_copy(update={"alias": f"evaluation{secrets.token_hex(4)}"})
    engine, edition = open_engine(own), edition_in_use(own.data_dir)
    try:
        with LineSource(str(register), LONGEST_LINE_BYTES) as lines:
            report = await build(
                engine,
                read_source(lines, "ndjson", TableMap()),
                source_format=_SOURCE,
                workers=workers,
                edition=edition,
                progress=progress,
            )
        yield Built(own, register, report.index, report.identities, edition)
    finally:
        for found in await engine.list():
            await engine.drop(found.index)
        await engine.close()


async def evaluate(
    built: Built,
    questions: Path,
    title: str,
    seed: int | None,
    workers: int,
    progress: Progress = no_progress,
) -> Figures:
    """Ask every labelled question and return the figures."""
    started = perf_counter()
    results = list(run(built.settings, read_labelled(questions), workers, progress))
    seconds = perf_counter() - started
    sample = keys.sample_of(read_labelled(questions), _RECORDS_KEPT)
    register = keys.Register.read(_lines(built.register), frozenset(str(labelled.truth) for labelled in sample))
    engine = open_engine(built.settings)
    try:
        families = await keys.family_recall(engine, built.index, register, sample, built.edition.locator())
    finally:
        await engine.close()
    total = measuring.row("all", results)
    registered = measuring.row("registered", [result for result in results if result.registered])
    bins, error = measuring.reliability(results)
    blocks, quantiles = measuring.candidates(results)
    return Figures(
        title=title,
        register=built.register.name,
        identities=built.identities,
        engine=built.settings.engine_name,
        model=load_model().version,
        seed=seed,
        questions=len(results),
        a_second=len(results) / seconds,
        mix=_shares(result.kind for result in results),
        total=total,
        registered=registered,
        absent=measuring.row("absent", [result for result in results if not result.registered]),
        by_class=measuring.rows(results, lambda result: result.kind),
        by_origin=measuring.rows(results, lambda result: result.origin),
        by_age=_by_name(measuring.rows(results, _decade)),
        baseline=keys.baseline(register, read_labelled(questions)),
        thresholds=measuring.thresholds(results),
        reliability=bins,
        calibration_error=error,
        margins_right=measuring.margins(results, right=True),
        margins_wrong=measuring.margins(results, right=False),
        candidates=blocks,
        candidates_quantiles=quantiles,
        paths=dict(Counter(result.path for result in results).most_common()),
        families=families,
        goals=measuring.goals(total, registered, error, _mostly_with_number(questions)),
    )


def _mostly_with_number(questions: Path) -> bool:
    """Say which budgets hold, by the first questions."""
    first = list(islice(read_labelled(questions), _QUESTIONS_LOOKED_AT))
    return sum("nir" in labelled.query for labelled in first) * 2 > len(first)


def _lines(register: Path) -> Iterator[bytes]:
    with LineSource(str(register), LONGEST_LINE_BYTES) as lines:
        yield from (line.data for line in lines if line.data)


def _decade(result: Result) -> str:
    return f"born {result.born // 10 * 10}-{result.born // 10 * 10 + 9}"


def _by_name(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: row.group))


def _shares(kinds: Iterable[str]) -> dict[str, float]:
    counts = Counter(kinds)
    return {kind: count / counts.total() for kind, count in counts.most_common()}

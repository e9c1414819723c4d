"""Rates of the payroll channel on an invented file: reading, questions, these identified alone, the whole channel.

python -m devtools.bench_dsn [--individuals 20000] [--persons 20000]

Rates are individuals per second of CPU of one process, in the embedded engine.
"""

import argparse
import asyncio
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dsn.individual import Individual
from dsn.questions import declared
from dsn.run import DsnFile, report_on
from evaluation.dsn_files import InventedDsn, invent_dsn
from evaluation.population import Population
from evaluation.sources import open_sources
from identification.bulk import batches_of
from identification.cascade import Identifier
from identification.questions import read_question
from indexer.lines import LineSource
from indexer.rebuild import build
from indexer.records import LONGEST_LINE_BYTES
from indexer.sources import read_source
from indexer.tables import TableMap
from retrieval.embedded import EmbeddedEngine

_SEED = 7
_BATCH = 500


@contextmanager
def rate(what: str, count: int) -> Iterator[None]:
    started = time.process_time()
    yield
    print(f"{what:24} {count / (time.process_time() - started):>9,.0f} a second")


def measure_reading(invented: InventedDsn) -> list[dict[str, Any]]:
    """Print the rates of reading, and return the questions of the file."""
    with DsnFile(str(invented.dsn)) as file, rate("read", invented.individuals):
        assert sum(isinstance(entry, Individual) for entry in file.reader) == invented.individuals
    with DsnFile(str(invented.dsn)) as file:
        individuals = [entry for entry in file.reader if isinstance(entry, Individual)]
    with rate("rubrics to questions", invented.individuals):
        return [declared(individual).question for individual in individuals]


async def measure(folder: Path, individuals: int, persons: int) -> None:
    names, places = open_sources(None, _SEED)
    invented = invent_dsn(folder, Population(names, places, _SEED), places, persons, individuals, _SEED)
    print(f"{invented.individuals:,} individuals, {invented.dsn.stat().st_size:,} bytes")
    questions = measure_reading(invented)
    engine = EmbeddedEngine(folder)
    with LineSource(str(invented.register), LONGEST_LINE_BYTES) as lines:
        await build(engine, read_source(lines, "ndjson", TableMap()), source_format="bench")
    identifier = Identifier(engine)
    await identifier.served()
    with rate("questions identified", len(questions)):
        for batch in batches_of(questions, _BATCH):
            await identifier.identify([read_question(question) for question in batch])
    with DsnFile(str(invented.dsn)) as file, rate("the whole channel", invented.individuals):
        await report_on(file, invented.dsn.name, folder / "report", Identifier(engine))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB, the questions included")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--individuals", type=int, default=20_000)
    parser.add_argument("--persons", type=int, default=20_000)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), arguments.individuals, arguments.persons))


if __name__ == "__main__":
    main()

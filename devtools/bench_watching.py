"""What metrics cost a question: processor time of the cascade with nobody watching, and with every metric written.

    python -m devtools.bench_watching [--identities 20000] [--questions 10000] [--rounds 7]

The two alternate, batch by batch in turn, so that a busy machine burdens both alike; the figure is the median of the
rounds. Beside it, what the observer and the counting take alone, at their fastest: the difference that a quiet machine
would show. Metrics are written as several workers write them, into files that they share. Garbage is collected between
the rounds: a collection takes longer than many batches, and would fall on one of the two by chance.
"""

import argparse
import asyncio
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rich.console import Console

from devtools.invented import invent
from identification.cascade import Finding, Identifier
from identification.observing import BatchSeen, Lap
from identification.questions import Asked, read_line
from indexer.lines import Line
from indexer.rebuild import build
from indexer.sources import read_source
from indexer.tables import TableMap
from retrieval.embedded import EmbeddedEngine
from retrieval.observed import ObservedRetrieval, Search

if TYPE_CHECKING:
    from api.metrics import Metrics

Way = Callable[[Sequence[Asked]], Awaitable[None]]


async def bench(folder: Path, identities: int, questions: int, rounds: int, out: Console) -> None:
    from api.metrics import Metrics  # reads PROMETHEUS_MULTIPROC_DIR as it is imported

    register, kinds = invent(identities, questions)
    engine, metrics = EmbeddedEngine(folder), Metrics()
    lines_of_register = (Line(number, line) for number, line in enumerate(register, 1))
    await build(engine, read_source(lines_of_register, "ndjson", TableMap()), source_format="bench")
    alone = Identifier(engine)
    watched = Identifier(ObservedRetrieval(engine, metrics), observer=metrics)

    async def unseen(batch: Sequence[Asked]) -> None:
        _to_json(await alone.find(batch))

    async def seen(batch: Sequence[Asked]) -> None:
        findings = await watched.find(batch)
        metrics.answered("/v1/identify/stream", findings, [finding.answer for finding in findings])
        _to_json(findings)

    for name, lines in zip(("with a number", "without"), kinds, strict=True):
        for size in (1, 100, 1_000):
            asked = [read_line(line) for line in lines][: max(50 * size, 400)]
            batches = [asked[start : start + size] for start in range(0, len(asked), size)]
            spent = [await _round(batches, (unseen, seen)) for _ in range(rounds + 1)][1:]
            before, after = (statistics.median(found[which] for found in spent) / len(asked) * 1e6 for which in (0, 1))
            out.print(
                f"{name:14} batches of {size:5,}: {before:6.1f} µs a question unwatched, {after:6.1f} watched, "
                f"{after / before - 1:+.1%}; alone {_alone(metrics, await alone.find(asked[:size])):.2f} µs",
                highlight=False,
            )


async def _round(batches: Sequence[Sequence[Asked]], ways: Sequence[Way]) -> list[float]:
    """Return the processor seconds of each way over all batches."""
    spent = [0.0] * len(ways)
    gc.collect()
    gc.disable()
    for turn, batch in enumerate(batches):
        for which in range(len(ways)) if turn % 2 else reversed(range(len(ways))):
            started = time.process_time()
            await ways[which](batch)
            spent[which] += time.process_time() - started
    gc.enable()
    return spent


def _alone(metrics: "Metrics", findings: Sequence[Finding]) -> float:
    """Return the microseconds a question of all that is done for one batch that goes through every step."""
    answers, fastest = [finding.answer for finding in findings], float("inf")
    for _ in range(200):
        started = time.process_time()
        seen = BatchSeen(len(findings))
        with metrics.batch(seen):
            for step in get_args(Lap):
                seen.lap(step)
        for search in (*get_args(Search), "position"):
            with metrics.search(search):
                pass
        metrics.answered("/v1/identify/stream", findings, answers)
        fastest = min(fastest, time.process_time() - started)
    return fastest / len(findings) * 1e6


def _to_json(findings: Sequence[Finding]) -> None:
    for finding in findings:
        finding.answer.to_json()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--identities", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as shared:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
        asyncio.run(bench(Path(folder), options.identities, options.questions, options.rounds, Console()))


if __name__ == "__main__":
    main()

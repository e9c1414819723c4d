"""Build and batch rates on invented identities, both engines side by side in one run.

    python -m devtools.bench_engines [--identities 200000] [--questions 10000]

Questions have the slips of the published mix without absent persons.

The baseline is the bare key join: the same keys asked of the engine in the same batches, nothing read or scored.
"""

import argparse
import asyncio
import os
import secrets
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from analyzers.keys import families_of, keys_of, query_traits
from devtools.opensearch_server import OpenSearchServer
from evaluation.declarations import TRAITS_ONLY, Declarations, Mix
from evaluation.names import invented_names
from evaluation.places import invented_places
from evaluation.population import Population
from identification.cascade import Identifier
from identification.questions import Asked, read_line
from indexer.lines import Line
from indexer.rebuild import build
from indexer.sources import read_source
from indexer.tables import TableMap
from retrieval.embedded import EmbeddedEngine
from retrieval.opensearch import OpenSearchEngine
from retrieval.protocol import Engine
from scoring.model import load_model

_BATCH = 200


async def measure(
    engine: Engine, register: list[bytes], with_number: list[bytes], without: list[bytes]
) -> dict[str, str]:
    started = time.perf_counter()
    report = await build(
        engine,
        engine.alias,
        read_source((Line(number, line) for number, line in enumerate(register, 1)), "ndjson", TableMap()),
        model=load_model().version,
        source_format="bench",
        now=lambda: datetime.now(UTC),
        short_id=secrets.token_hex(3),
    )
    figures = {
        "identities built a second": f"{len(register) / (time.perf_counter() - started):,.0f}",
        "bytes per identity": f"{report.size_bytes / report.identities:,.0f}",
        "hot keys": f"{report.hot_keys:,}",
    }
    identifier = Identifier(engine)
    for name, lines in (("with number", with_number), ("without number", without)):
        asked = [read_line(line) for line in lines]
        bare = await _rate(asked, lambda batch: _join(engine, report.index, batch))
        outcomes: Counter[str] = Counter()

        async def identify(batch: list[Asked], outcomes: Counter[str] = outcomes) -> None:
            for answer in await identifier.identify(batch):
                right = answer.identity is not None and answer.identity["id"] == answer.reference
                outcomes[answer.outcome if answer.identity is None else "right" if right else "wrong"] += 1

        rate = await _rate(asked, identify)
        figures[f"{name}: identified a second"] = f"{rate:,.0f}"
        figures[f"{name}: bare key join a second"] = f"{bare:,.0f} ({rate / bare:.2f} of it)"
        figures[f"{name}: outcomes"] = ", ".join(f"{outcome} {count:,}" for outcome, count in outcomes.most_common())
    return figures


async def _join(engine: Engine, index: str, batch: list[Asked]) -> None:
    queries = [asked.query for asked in batch if asked.query]
    keys = {key for query in queries for key in keys_of(query_traits(query), families_of("tight"))}
    await engine.holders(index, "keys", sorted(keys))


async def _rate(asked: list[Asked], work: Any) -> float:
    rest, started = iter(asked), time.perf_counter()
    while batch := list(islice(rest, _BATCH)):
        await work(batch)
    return len(asked) / (time.perf_counter() - started)


def invent(identities: int, questions: int) -> tuple[list[bytes], list[list[bytes]]]:
    """Return register lines, and questions about registered persons with their number and without."""
    places = invented_places()
    families = list(Population(invented_names(1), places, 1).families(identities))
    register = [orjson.dumps(person.record) for family in families for person in family.persons]
    asked = []
    for with_number in (1.0, 0.0):
        mix = Mix(f"bench {with_number}", absent=0.0, with_number=with_number, shares=TRAITS_ONLY.shares)
        declarations = Declarations(mix, places, 1)
        chosen = families[:: max(1, len(families) // questions)][:questions]
        labelled = [declarations.about(family.persons[0], family) for family in chosen]
        asked.append(
            [
                orjson.dumps(one.query | {"reference": family.persons[0].record["id"]})
                for one, family in zip(labelled, chosen, strict=True)
            ]
        )
    return register, asked


async def run(identities: int, questions: int, url: str) -> None:
    register, asked = invent(identities, questions)
    figures: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        alias = f"bench{secrets.token_hex(3)}"
        engines: dict[str, Engine] = {
            "embedded": EmbeddedEngine(Path(folder), alias),
            "opensearch": OpenSearchEngine(url, alias),
        }
        for name, engine in engines.items():
            figures[name] = await measure(engine, register, asked[0], asked[1])
            for found in await engine.list():
                await engine.drop(found.index)
            await engine.close()
    table = Table("", *figures, title=f"{identities:,} invented identities, {len(asked[0]):,} questions")
    for row in figures["embedded"]:
        table.add_row(row, *(columns[row] for columns in figures.values()))
    Console(width=150).print(table)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--identities", type=int, default=200_000)
    parser.add_argument("--questions", type=int, default=10_000)
    arguments = parser.parse_args()
    url = os.environ.get("SNGI_OPENSEARCH_URL")
    if url:
        asyncio.run(run(arguments.identities, arguments.questions, url))
        return
    with OpenSearchServer() as server:
        asyncio.run(run(arguments.identities, arguments.questions, server.url))


if __name__ == "__main__":
    main()

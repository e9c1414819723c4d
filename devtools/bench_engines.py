"""How fast, how large: both engines and two baselines side by side in one run, on invented identities.

    python -m devtools.bench_engines [--identities 200000] [--questions 20000] [--names FOLDER] [--engine NAME]
        [--without-fuzzy]

Payroll lines (98 % with number, 3 % with some error) and the published mix without numbers, asked in process, on all
cores, and through HTTP by clients that stream. The baselines: the bare key join, which is the same tight keys asked
of the engine in the same batches, nothing read nor scored; and what one would write first, an OpenSearch index of names
and dates asked by fuzzy `bool` queries in `_msearch`.
"""

import argparse
import asyncio
import gzip
import json
import os
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import orjson
from opensearchpy import AsyncOpenSearch
from rich.console import Console
from rich.table import Table

from analyzers.keys import families_of, keys_of, query_traits
from devtools.opensearch_server import OpenSearchServer
from devtools.serving import running_service
from evaluation.declarations import PAYROLL, TRAITS_ONLY, Labelled
from evaluation.invent import Invented, invent, read_labelled
from evaluation.population import Population
from evaluation.sources import open_sources
from identification.bulk import Identifiers, answer_all, batches_of, of_this_process
from identification.cascade import Identifier
from identification.questions import read_question
from indexer.lines import LineSource
from indexer.rebuild import build
from indexer.records import LONGEST_LINE_BYTES
from indexer.sources import read_source
from indexer.tables import TableMap
from nomenclature.locating import EditionInUse
from retrieval.protocol import Engine
from retrieval.settings import EngineSettings, open_engine

_SEED = 5
_CORES = os.cpu_count() or 1
_FEW_STREAMS, _MANY_STREAMS = 4 * _CORES, 16 * _CORES
_UNIT_CALLS = 500
_WARMING = 1_000
_BATCH = 200
_FUZZY_QUESTIONS = 1_000
_FUZZY_BATCH = 50
Figures = dict[str, dict[str, float]]


async def build_index(engine: Engine, register: Path, edition: EditionInUse | None = None) -> dict[str, float]:
    started = time.perf_counter()
    with LineSource(str(register), LONGEST_LINE_BYTES) as lines:
        source = read_source(lines, "ndjson", TableMap())
        report = await build(engine, source, source_format="bench", workers=_CORES, edition=edition)
    seconds = time.perf_counter() - started
    return {
        "identities": report.identities,
        "built a second": report.identities / seconds,
        "bytes per identity": report.size_bytes / report.identities,
        "hot keys": report.hot_keys,
    }


async def measure_mix(
    settings: EngineSettings, engine: Engine, questions: list[Labelled], url: str
) -> dict[str, float]:
    at = await engine.current()
    identifier = Identifier(engine, data_dir=settings.data_dir)
    await identifier.identify([read_question(labelled.query) for labelled in questions[:_WARMING]])

    async def join(batch: list[Labelled]) -> None:
        queries = [asked for labelled in batch if (asked := read_question(labelled.query).query)]
        keys = {key for query in queries for key in keys_of(query_traits(query), families_of("tight"))}
        await engine.holders(at, "keys", sorted(keys))

    async def identify(batch: list[Labelled]) -> None:
        await identifier.identify([read_question(labelled.query) for labelled in batch])

    bare = await _rate(questions, join)
    one = await _rate(questions, identify)
    with Identifiers(settings, _CORES) as identifiers:
        list(identifiers.map(answer_batch, [questions[:_WARMING]] * (2 * _CORES)))  # each process opens what it needs
        started = time.perf_counter()
        done = sum(identifiers.map(answer_batch, batches_of(questions)))
        all_cores = done / (time.perf_counter() - started)
    half = len(questions) // 2
    first, many_streams = await _streamed(url, questions[:half], _MANY_STREAMS)
    second, few_streams = await _streamed(url, questions[half:], _FEW_STREAMS)
    return {
        "bare key join, one process": bare,
        "identified a second, one process": one,
        "share of the bare join": one / bare,
        "identified a second, all cores": all_cores,
        f"identified a second, HTTP, {_MANY_STREAMS} streams": many_streams,
        f"identified a second, HTTP, {_FEW_STREAMS} streams": few_streams,
        **_right_and_wrong(questions, [*first, *second]),
    }


def answer_batch(batch: list[Labelled]) -> int:
    runner, identifier = of_this_process()
    return len(runner.run(answer_all(identifier, [read_question(labelled.query) for labelled in batch])))


async def _rate(questions: list[Labelled], work: Callable[[list[Labelled]], Awaitable[None]]) -> float:
    started = time.perf_counter()
    for batch in batches_of(questions, _BATCH):
        await work(batch)
    return len(questions) / (time.perf_counter() - started)


async def _streamed(url: str, questions: list[Labelled], streams: int) -> tuple[list[bytes], float]:
    """Send a part over each of several connections; return all answers in order, and how many came a second.

    Workers take connections as they come: of few, one worker often has most, and ends last.
    """
    parts = [questions[first::streams] for first in range(streams)]
    bodies = [[orjson.dumps(one.query) + b"\n" for one in part] for part in parts]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        started = time.perf_counter()
        replies = await asyncio.gather(*(_stream(session, url, body) for body in bodies))
        seconds = time.perf_counter() - started
    return [replies[place % streams][place // streams] for place in range(len(questions))], len(questions) / seconds


async def _stream(session: aiohttp.ClientSession, url: str, lines: Sequence[bytes]) -> list[bytes]:
    async def body() -> AsyncIterator[bytes]:
        for part in batches_of(lines, _BATCH):
            yield b"".join(part)

    async with session.post(f"{url}/v1/identify/stream", data=body()) as reply:
        reply.raise_for_status()
        return (await reply.read()).splitlines()


def _right_and_wrong(questions: Sequence[Labelled], answers: Sequence[bytes]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for labelled, line in zip(questions, answers, strict=True):
        identity = orjson.loads(line)["identity"]
        counts["right" if identity and identity["id"] == labelled.truth else "wrong" if identity else "refused"] += 1
        counts["missed"] += labelled.truth is not None and identity is None
    registered = sum(labelled.truth is not None for labelled in questions)
    return {"wrong": counts["wrong"], "missed, % of the registered": 100 * counts["missed"] / max(registered, 1)}


async def unit_calls(url: str, questions: list[Labelled]) -> dict[str, float]:
    """One call at a time over one connection, nothing else asked: milliseconds."""
    took_ms = []
    async with aiohttp.ClientSession() as session:
        for labelled in questions[:_UNIT_CALLS]:
            started = time.perf_counter()
            async with session.post(f"{url}/v1/identify", data=orjson.dumps(labelled.query)) as reply:
                await reply.read()
            took_ms.append(1_000 * (time.perf_counter() - started))
    return {f"unit call, p{share} ms": float(np.percentile(took_ms, share)) for share in (50, 99)}


async def fuzzy_baseline(url: str, register: Path, questions: list[Labelled]) -> dict[str, float]:
    """What one would write first: names as text, the date as keyword, one fuzzy `bool` query a question."""
    client, index = AsyncOpenSearch(hosts=[url], timeout=120), f"first-{secrets.token_hex(3)}"
    properties = {"birth_name": {"type": "text"}, "given_names": {"type": "text"}, "birth_date": {"type": "keyword"}}
    await client.indices.create(
        index=index, body={"settings": {"number_of_replicas": 0}, "mappings": {"properties": properties}}
    )
    try:
        with gzip.open(register) as lines:
            for batch in batches_of(lines, 5_000):
                people = (orjson.loads(line) for line in batch)
                kept = [{name: person.get(name) for name in properties} for person in people]
                body = "".join(f'{{"index":{{}}}}\n{orjson.dumps(person).decode()}\n' for person in kept)
                await client.bulk(index=index, body=body)
        await client.indices.forcemerge(index=index, params={"max_num_segments": 1, "request_timeout": 600})
        started = time.perf_counter()
        for asked in batches_of(questions[:_FUZZY_QUESTIONS], _FUZZY_BATCH):
            body = "".join(f"{{}}\n{json.dumps(_fuzzy(labelled.query))}\n" for labelled in asked)
            await client.msearch(index=index, body=body)
        return {"fuzzy bool queries a second": min(len(questions), _FUZZY_QUESTIONS) / (time.perf_counter() - started)}
    finally:
        await client.indices.delete(index=index)
        await client.close()


def _fuzzy(question: dict[str, Any]) -> dict[str, Any]:
    given = " ".join(question.get("given_names") or ())
    should: list[dict[str, Any]] = [
        {"match": {field: {"query": text, "fuzziness": "AUTO"}}}
        for field, text in (("birth_name", question.get("birth_name")), ("given_names", given))
        if text
    ]
    if question.get("birth_date"):
        should.append({"term": {"birth_date": question["birth_date"]}})
    return {"query": {"bool": {"should": should, "minimum_should_match": 2}}, "size": 5, "_source": False}


def environment_of(settings: EngineSettings) -> dict[str, str]:
    return {
        "SNGI_ENGINE": settings.engine_name,
        "SNGI_OPENSEARCH_URL": settings.opensearch_url.get_secret_value() if settings.opensearch_url else "",
        "SNGI_DATA_DIR": str(settings.data_dir),
        "SNGI_ALIAS": settings.alias,
    }


async def measure(settings: EngineSettings, invented: Invented, mixes: dict[str, list[Labelled]]) -> Figures:
    engine = open_engine(settings)
    try:
        figures = {"build": await build_index(engine, invented.register)}
        with running_service(environment_of(settings), _CORES) as url:
            for name, questions in mixes.items():
                figures[name] = await measure_mix(settings, engine, questions, url)
                figures[name] |= await unit_calls(url, questions)
        return figures
    finally:
        await drop_all(engine)


async def build_under(settings: EngineSettings, register: Path) -> dict[str, float]:
    """As `build_index`, by an engine that is closed again: other processes will ask."""
    engine = open_engine(settings)
    try:
        return await build_index(engine, register)
    finally:
        await engine.close()


async def drop_under(settings: EngineSettings) -> None:
    await drop_all(open_engine(settings))


async def drop_all(engine: Engine) -> None:
    """Drop every build of the alias, and close the engine."""
    for found in await engine.list():
        await engine.drop(found.index)
    await engine.close()


def invent_mixes(
    folder: Path, identities: int, questions: int, files: Path | None
) -> tuple[Invented, dict[str, list[Labelled]]]:
    """Invent a register, and as many questions of either mix; names are of these files, or made up."""
    names, places = open_sources(files, _SEED)
    population = Population(names, places, _SEED)
    invented = invent(folder, population, places, [PAYROLL, TRAITS_ONLY], identities, questions, _SEED)
    return invented, {mix: list(islice(read_labelled(path), questions)) for mix, path in invented.questions.items()}


@contextmanager
def opensearch() -> Iterator[str]:
    """Yield the URL that SNGI_OPENSEARCH_URL names, or that of a server started for so long."""
    url = os.environ.get("SNGI_OPENSEARCH_URL")
    if url:
        yield url
    else:
        with OpenSearchServer(heap="2g") as server:
            yield server.url


async def run(arguments: argparse.Namespace, server: str) -> dict[str, Figures]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        invented, mixes = invent_mixes(folder, arguments.identities, arguments.questions, arguments.names)
        alias = f"bench{secrets.token_hex(3)}"
        engines = {
            "embedded": EngineSettings(engine="embedded", data_dir=folder, alias=alias),
            "opensearch": EngineSettings(engine="opensearch", opensearch_url=server, data_dir=folder, alias=alias),
        }
        wanted = arguments.engine or list(engines)
        found = {engine: await measure(engines[engine], invented, mixes) for engine in wanted}
        if "opensearch" in wanted and not arguments.without_fuzzy:
            found["opensearch"]["baseline"] = await fuzzy_baseline(server, invented.register, mixes[TRAITS_ONLY.name])
        return found


def print_figures(found: dict[str, Figures]) -> None:
    table = Table("", "", *found, title="Speed and size")
    rows = {(part, figure): None for figures in found.values() for part, row in figures.items() for figure in row}
    for part, figure in rows:
        values = (figures.get(part, {}).get(figure) for figures in found.values())
        table.add_row(part, figure, *("" if value is None else f"{value:,.4g}" for value in values))
    Console(width=150).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--identities", type=int, default=200_000)
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--names", type=Path, help="folder of name and place files; else made up")
    parser.add_argument("--engine", action="append", choices=["embedded", "opensearch"], help="default: both")
    parser.add_argument("--without-fuzzy", action="store_true", help="leave out the fuzzy baseline and its index")
    parser.add_argument("--output", type=Path, default=Path("bench.json"))
    arguments = parser.parse_args()
    with opensearch() as url:
        found = asyncio.run(run(arguments, url))
    arguments.output.write_text(json.dumps(found, indent=1))
    print_figures(found)


if __name__ == "__main__":
    main()

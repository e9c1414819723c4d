"""How large a batch, and how many under way: questions a second of one process, over a grid of both.

    python -m devtools.bench_batches [--identities 200000] [--questions 4000] [--names FOLDER] [--engine NAME]

The grid is gone through several times, and the best of each cell is kept: other work on the machine only takes away.
"""

import argparse
import asyncio
import secrets
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import product
from pathlib import Path

from rich.console import Console
from rich.table import Table

from devtools.bench_engines import build_index, drop_all, invent_mixes, opensearch
from identification.bulk import batches_of
from identification.cascade import Identifier
from identification.questions import Asked, read_question
from retrieval.settings import EngineSettings, open_engine

_SIZES = (25, 50, 100, 200, 400, 800)
_UNDER_WAY = (1, 2, 3, 4)
_ROUNDS = 3
Grid = dict[tuple[int, int], float]


async def rate(identifier: Identifier, questions: Sequence[Asked], size: int, under_way: int) -> float:
    room = asyncio.Semaphore(under_way)

    async def identify(batch: list[Asked]) -> None:
        async with room:
            await identifier.identify(batch)

    started = time.perf_counter()
    await asyncio.gather(*map(identify, batches_of(questions, size)))
    return len(questions) / (time.perf_counter() - started)


async def grid_of(identifier: Identifier, questions: Sequence[Asked]) -> Grid:
    await identifier.identify(questions)  # from here on names are known
    best: Grid = {}
    for _, size, under_way in product(range(_ROUNDS), _SIZES, _UNDER_WAY):
        found = await rate(identifier, questions, size, under_way)
        best[size, under_way] = max(found, best.get((size, under_way), 0.0))
    return best


async def run(arguments: argparse.Namespace, server: str | None) -> dict[str, Grid]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        invented, mixes = invent_mixes(folder, arguments.identities, arguments.questions, arguments.names)
        alias = f"bench{secrets.token_hex(3)}"
        engine = open_engine(
            EngineSettings(engine=arguments.engine, opensearch_url=server, data_dir=folder, alias=alias)
        )
        try:
            await build_index(engine, invented.register)
            identifier = Identifier(engine, data_dir=folder)
            return {
                mix: await grid_of(identifier, [read_question(labelled.query) for labelled in questions])
                for mix, questions in mixes.items()
            }
        finally:
            await drop_all(engine)


def print_grid(mix: str, grid: Grid) -> None:
    table = Table("batches of", *(f"{under_way} under way" for under_way in _UNDER_WAY), title=mix)
    for size in _SIZES:
        table.add_row(str(size), *(f"{grid[size, under_way]:,.0f}" for under_way in _UNDER_WAY))
    Console(width=100).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--identities", type=int, default=200_000)
    parser.add_argument("--questions", type=int, default=4_000)
    parser.add_argument("--names", type=Path, help="folder of name and place files; else made up")
    parser.add_argument("--engine", choices=["embedded", "opensearch"], default="opensearch")
    arguments = parser.parse_args()
    with opensearch() if arguments.engine == "opensearch" else nullcontext() as url:
        grids = asyncio.run(run(arguments, url))
    for mix, grid in grids.items():
        print_grid(mix, grid)


if __name__ == "__main__":
    main()

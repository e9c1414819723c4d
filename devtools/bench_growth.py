"""What a larger register costs: the same mixes asked of several in turn, so that a machine that changes does for all.

    python -m devtools.bench_growth [--identities 100000 1000000] [--questions 15000] [--names FOLDER]

All registers are built on one OpenSearch. One process for each asks a part and rests while the others ask theirs:
first with names that are new to it, then all once more. Processor time is that of the process and of OpenSearch
meanwhile.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from opensearchpy import OpenSearch
from rich.console import Console
from rich.table import Table

from devtools.bench_engines import answer_batch, build_under, drop_under, invent_mixes, opensearch
from evaluation.declarations import Labelled
from identification.bulk import Identifiers, batches_of
from retrieval.settings import EngineSettings

_TURN = 1_500
_COUNTED_ANEW_AFTER_S = 1.1
"""OpenSearch says for a second what processor time it had taken."""
_WARMING = 1_000
_ROUNDS = ("names new", "names known")


class Cost(NamedTuple):
    """Of one question, in microseconds: processor time of the process and of OpenSearch, and the clock."""

    process: float
    server: float
    clock: float

    @property
    def processor(self) -> float:
        return self.process + self.server


@dataclass(frozen=True)
class Asking:
    """A register in its index, the process that asks it, and the questions of each mix."""

    identities: int
    identifiers: Identifiers
    mixes: dict[str, list[Labelled]]

    def ask(self, questions: list[Labelled], client: OpenSearch) -> Cost:
        """Ask these; nobody else has asked since the last ones were answered."""
        server, started = _server_seconds(client), time.perf_counter()
        (process,) = self.identifiers.map(timed, [questions])
        clock = time.perf_counter() - started
        time.sleep(max(0.0, _COUNTED_ANEW_AFTER_S - clock))
        server = _server_seconds(client) - server
        return Cost(*(1e6 * seconds / len(questions) for seconds in (process, server, clock)))


def timed(questions: list[Labelled]) -> float:
    """Answer questions in a process of `Identifiers`; return the seconds of its processor time."""
    started = time.process_time()
    for batch in batches_of(questions):
        answer_batch(batch)
    return time.process_time() - started


def _server_seconds(client: OpenSearch) -> float:
    nodes: dict[str, Any] = client.nodes.stats(metric="process")["nodes"]
    return float(sum(node["process"]["cpu"]["total_in_millis"] for node in nodes.values()) / 1000)


def in_turn(askings: Sequence[Asking], mix: str, client: OpenSearch) -> list[Cost]:
    """Return the mean cost of a question for each register; every other time the last one begins."""
    costs: list[list[Cost]] = [[] for _ in askings]
    parts = zip(*(batches_of(asking.mixes[mix], _TURN) for asking in askings), strict=False)
    for number, of_each in enumerate(parts):
        turns = list(zip(askings, of_each, costs, strict=True))
        for asking, part, its_costs in turns if number % 2 else reversed(turns):
            its_costs.append(asking.ask(part, client))
    return [Cost(*map(mean, zip(*its_costs, strict=True))) for its_costs in costs]


def run(arguments: argparse.Namespace, url: str) -> dict[str, dict[int, dict[str, float]]]:
    client = OpenSearch(url)
    with ExitStack() as stack:
        askings = []
        for identities in arguments.identities:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            settings = EngineSettings(
                engine="opensearch", opensearch_url=url, data_dir=folder, alias=f"growth{identities}"
            )
            invented, mixes = invent_mixes(folder, identities, arguments.questions, arguments.names)
            stack.callback(lambda settings: asyncio.run(drop_under(settings)), settings)
            built = asyncio.run(build_under(settings, invented.register))
            identifiers = stack.enter_context(Identifiers(settings, 1))
            askings.append(Asking(int(built["identities"]), identifiers, mixes))
        found = {}
        for mix in askings[0].mixes:
            for asking in askings:
                asking.ask(asking.mixes[mix][-_WARMING:], client)
            for names in _ROUNDS:
                costs = in_turn(askings, mix, client)
                found[f"{mix}, {names}"] = {
                    asking.identities: cost._asdict() | {"processor": cost.processor}
                    for asking, cost in zip(askings, costs, strict=True)
                }
        return found


def print_costs(found: dict[str, dict[int, dict[str, float]]]) -> None:
    sizes = list(next(iter(found.values())))
    table = Table("µs a question", "", *(f"{size:,}" for size in sizes), *(f"times {sizes[0]:,}" for _ in sizes[1:]))
    for asked, costs in found.items():
        first = costs[sizes[0]]
        for what in first:
            times = (f"{costs[size][what] / first[what]:.2f}" for size in sizes[1:])
            table.add_row(asked, what, *(f"{costs[size][what]:,.0f}" for size in sizes), *times)
    Console(width=150).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--identities", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=15_000)
    parser.add_argument("--names", type=Path, help="folder of name and place files; else made up")
    parser.add_argument("--output", type=Path, default=Path("growth.json"))
    arguments = parser.parse_args()
    with opensearch() as url:
        found = run(arguments, url)
    arguments.output.write_text(json.dumps(found, indent=1))
    print_costs(found)


if __name__ == "__main__":
    main()

"""How many changes a second, alone and while another process identifies, and how long until one is visible.

    python -m devtools.bench_changes [--identities 20000] [--changes 20000]

Each change is an upsert of a registered person. The other process answers questions without number all the while.
"""

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from devtools.bench_engines import drop_all
from devtools.invented import invent
from devtools.opensearch_server import OpenSearchServer
from identification.cascade import Identifier
from identification.questions import read_line
from indexer.lines import Line
from indexer.updating import update
from retrieval.protocol import Engine
from retrieval.settings import EngineSettings, open_engine


def _changes(register: list[bytes], first: int, count: int) -> list[Line]:
    lines = (register[number % len(register)] for number in range(count))
    return [
        Line(number, b'{"seq": %d, "op": "upsert", "record": %b}' % (first + number, line))
        for number, line in enumerate(lines)
    ]


async def _until_visible(engine: Engine, reader: Engine, line: Line, revision: int) -> float:
    """Return the seconds from the start of an update of one change to its being seen by another reader."""
    started = time.perf_counter()
    updating = asyncio.create_task(update(engine, [line]))
    while (await reader.current()).revision < revision:
        await asyncio.sleep(0.01)
    seen = time.perf_counter() - started
    await updating
    return seen


async def measure(engine: Engine, reader: Engine, register: list[bytes], questions: Path, count: int) -> None:
    started = time.perf_counter()
    await update(engine, _changes(register, 1, count))
    print(f"  alone: {count / (time.perf_counter() - started):,.0f} changes a second", flush=True)
    print(
        f"  visible after {await _until_visible(engine, reader, _changes(register, count + 1, 1)[0], count + 1):.2f} s"
    )
    command = [sys.executable, "-m", "devtools.bench_changes", "--ask", str(questions)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        asking.stdout.readline()
        started = time.perf_counter()
        await update(engine, _changes(register, count + 2, count))
        rate = count / (time.perf_counter() - started)
        told, _ = asking.communicate("stop")
    print(f"  while another process identifies: {rate:,.0f} changes a second, {told.strip()}", flush=True)


async def ask(questions: Path) -> None:
    """Answer the questions over and over until standard input has something to say."""
    engine = open_engine(EngineSettings())
    identifier = Identifier(engine)
    asked = [read_line(line) for line in questions.read_bytes().splitlines()]
    print("ready", flush=True)
    told = asyncio.create_task(asyncio.to_thread(sys.stdin.read, 1))
    revisions: set[int | None] = set()
    done, started = 0, time.perf_counter()
    while not told.done():
        rest = iter(asked)
        while (batch := list(islice(rest, 200))) and not told.done():
            revisions.update(answer.revision for answer in await identifier.identify(batch))
            done += len(batch)
            await asyncio.sleep(0)  # an engine in process never waits: the order to stop must get through
    print(f"{done / (time.perf_counter() - started):,.0f} answers a second at {len(revisions)} revisions")
    await engine.close()


async def run(identities: int, changes: int, url: str) -> None:
    register, asked = invent(identities, 5_000)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "register.ndjson")
        file.write_bytes(b"\n".join(register))
        questions = Path(folder, "questions.ndjson")
        questions.write_bytes(b"\n".join(asked[1]))
        os.environ |= {"SNGI_DATA_DIR": folder, "SNGI_OPENSEARCH_URL": url}
        for name in ("embedded", "opensearch"):
            os.environ |= {"SNGI_ENGINE": name, "SNGI_ALIAS": f"bench{secrets.token_hex(3)}"}
            subprocess.run([sys.executable, "-m", "cli.main", "index", "build", str(file)], check=True)
            print(f"{name}, {len(register):,} identities", flush=True)
            engine, reader = open_engine(EngineSettings()), open_engine(EngineSettings())
            await measure(engine, reader, register, questions, changes)
            await drop_all(engine)
            await reader.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--identities", type=int, default=20_000)
    parser.add_argument("--changes", type=int, default=20_000)
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask:
        asyncio.run(ask(arguments.ask))
        return
    url = os.environ.get("SNGI_OPENSEARCH_URL")
    if url:
        asyncio.run(run(arguments.identities, arguments.changes, url))
        return
    with OpenSearchServer() as server:
        asyncio.run(run(arguments.identities, arguments.changes, server.url))


if __name__ == "__main__":
    main()

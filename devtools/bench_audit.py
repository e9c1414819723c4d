"""What access rights and the audit cost an answer, in batches of 1,000 through the HTTP application, without a network.

    python -m devtools.bench_audit [--identities 20000] [--questions 10000] [--rounds 3]

Off and on alternate, so that a busy machine burdens both alike; the best round of each is shown, with the part that
`released` takes (visible fields, probing, audit on the disk) measured alone on findings that are there.
"""

import argparse
import asyncio
import tempfile
import time
from datetime import date
from pathlib import Path

import httpx2 as httpx
import orjson
from rich.console import Console

from api.access import LOCAL, Call
from api.app import create_app
from api.control import control_of
from api.keys import key_entry, new_key
from api.metrics import Metrics
from api.release import released
from api.settings import ApiSettings
from api.watching import Seen
from audit.settings import AuditSettings
from devtools.invented import invent
from identification.cascade import Identifier
from identification.questions import read_line
from indexer.lines import Line
from indexer.rebuild import build
from indexer.sources import read_source
from indexer.tables import TableMap
from retrieval.embedded import EmbeddedEngine
from retrieval.settings import EngineSettings

_BATCH = 1_000
_ORGANISM = """[organisms.bench]
label = "Bench"
rights = ["bulk"]
purposes = ["paie"]
fields = ["nir", "birth_name", "given_names", "birth_date"]
per_second = 1e9
per_day = 1000000000
"""


async def bench(folder: Path, identities: int, questions: int, rounds: int, out: Console) -> None:
    register, (with_number, _) = invent(identities, questions)
    lines = (Line(number, line) for number, line in enumerate(register, 1))
    await build(EmbeddedEngine(folder), read_source(lines, "ndjson", TableMap()), source_format="bench")
    key, organisms = new_key(), folder / "bench.toml"
    organisms.write_text(_ORGANISM + key_entry("bench", key, date(2100, 1, 1)))
    bodies = [
        b'{"queries":[' + b",".join(with_number[start : start + _BATCH]) + b"]}"
        for start in range(0, len(with_number), _BATCH)
    ]
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, settings in (("off", ApiSettings()), ("on", ApiSettings(organisms=organisms))):
            seconds = await _rate(folder, settings, key, bodies)
            best[name] = min(best.get(name, seconds), seconds)
    for name, seconds in best.items():
        out.print(f"access control and audit {name}: {len(with_number) / seconds:,.0f} answers a second")
    await _release_alone(folder, organisms, with_number, out)


async def _rate(folder: Path, settings: ApiSettings, key: str, bodies: list[bytes]) -> float:
    """Return the seconds that all bodies take, after one that warms up."""
    app = create_app(EngineSettings(data_dir=folder, engine="embedded", opensearch_url=None), settings)
    how = {"Authorization": f"Bearer {key}", "X-Purpose": "paie"}
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://bench") as http,
    ):
        await http.post("/v1/identify/batch", content=bodies[0], headers=how)
        started = time.perf_counter()
        for body in bodies:
            reply = await http.post("/v1/identify/batch", content=body, headers=how)
            reply.raise_for_status()
        return time.perf_counter() - started


async def _release_alone(folder: Path, organisms: Path, lines: list[bytes], out: Console) -> None:
    identifier = Identifier(EmbeddedEngine(folder))
    findings = await identifier.find([read_line(line) for line in lines[:_BATCH]])
    async with control_of(ApiSettings(organisms=organisms), AuditSettings(), folder) as control:
        assert control is not None
        known = next(iter(control.organisms.current().keys.values())).organism
        seen = Seen(Metrics())
        calls = {"off": Call(LOCAL, "bench", seen), "on": Call(known, "bench", seen, "paie", control=control)}
        for name, call in calls.items():
            seconds = []
            for _ in range(20):
                started = time.perf_counter()
                await released(call, findings)
                seconds.append(time.perf_counter() - started)
            out.print(f"released alone, {name}: {min(seconds) / len(findings) * 1e6:.1f} µs an answer")
        started, one = time.perf_counter(), findings[:1]
        for _ in range(100):
            await released(calls["on"], one)
        out.print(f"one answer alone: {(time.perf_counter() - started) * 10:.2f} ms; 200 at once: ", end="")
        started = time.perf_counter()
        await asyncio.gather(*(released(calls["on"], one) for _ in range(200)))
        out.print(f"{(time.perf_counter() - started) * 1e3:.1f} ms together")
    size = sum(file.stat().st_size for file in (folder / "audit").iterdir())
    consulted = sum(
        len(orjson.loads(line).get("consultations", ()))
        for file in (folder / "audit").iterdir()
        for line in file.read_bytes().splitlines()
    )
    out.print(f"{size / consulted:.0f} bytes of audit an answer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--identities", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(bench(Path(folder), options.identities, options.questions, options.rounds, Console()))


if __name__ == "__main__":
    main()

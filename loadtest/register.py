"""An invented register, built and ready to be served, with questions about it."""

import asyncio
import secrets
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from devtools.bench_engines import build_index
from evaluation.declarations import PAYROLL, TRAITS_ONLY
from evaluation.invent import invent
from evaluation.population import Population
from evaluation.sources import open_sources
from retrieval.settings import EngineSettings, open_engine

_SEED = 7
_QUESTIONS = 20_000


@dataclass(frozen=True, slots=True)
class Ready:
    """The engine that serves the register, and two files of labelled questions."""

    settings: EngineSettings
    unit: Path
    payroll: Path

    def remove(self) -> None:
        asyncio.run(_remove(self.settings))


def ready_register(folder: Path, identities: int, console: Console) -> Ready:
    names, places = open_sources(None, _SEED)
    console.print(f"inventing {identities:,} persons")
    sizes = identities, min(_QUESTIONS, identities // 2)
    invented = invent(folder, Population(names, places, _SEED), places, [PAYROLL, TRAITS_ONLY], *sizes, _SEED)
    settings = EngineSettings(data_dir=folder / "data", alias=f"load{secrets.token_hex(3)}")
    figures = asyncio.run(_build(settings, invented.register))
    console.print(f"{figures['identities']:,.0f} identities, {figures['built a second']:,.0f} built a second")
    return Ready(settings, invented.questions[TRAITS_ONLY.name], invented.questions[PAYROLL.name])


async def _build(settings: EngineSettings, register: Path) -> dict[str, float]:
    engine = open_engine(settings)
    try:
        return await build_index(engine, register)
    finally:
        await engine.close()


async def _remove(settings: EngineSettings) -> None:
    engine = open_engine(settings)
    for found in await engine.list():
        await engine.drop(found.index)
    await engine.close()

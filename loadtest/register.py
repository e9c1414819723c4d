"""An invented register, built and ready to be served, with questions about it."""

import asyncio
import secrets
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from devtools.bench_engines import build_under, drop_under
from evaluation.declarations import PAYROLL, TRAITS_ONLY
from evaluation.invent import invent
from evaluation.population import Population
from evaluation.sources import open_sources
from retrieval.settings import EngineSettings

_SEED = 7
_QUESTIONS = 20_000


@dataclass(frozen=True, slots=True)
class Ready:
    """The engine that serves the register, and two files of labelled questions."""

    settings: EngineSettings
    unit: Path
    payroll: Path

    def remove(self) -> None:
        asyncio.run(drop_under(self.settings))


def ready_register(folder: Path, identities: int, console: Console) -> Ready:
    names, places = open_sources(None, _SEED)
    console.print(f"inventing {identities:,} persons")
    sizes = identities, min(_QUESTIONS, identities // 2)
    invented = invent(folder, Population(names, places, _SEED), places, [PAYROLL, TRAITS_ONLY], *sizes, _SEED)
    settings = EngineSettings(data_dir=folder / "data", alias=f"load{secrets.token_hex(3)}")
    figures = asyncio.run(build_under(settings, invented.register))
    console.print(f"{figures['identities']:,.0f} identities, {figures['built a second']:,.0f} built a second")
    return Ready(settings, invented.questions[TRAITS_ONLY.name], invented.questions[PAYROLL.name])

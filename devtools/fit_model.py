"""Count how true pairs agree at each level, and keep the figures beside the model.

    python -m devtools.fit_model [--names FOLDER] [--persons 100000] [--questions 20000]

Two registers, one of all ages and one of a single year, and the training mix of questions: what it prints is what
`scoring/data/model.toml` is rounded from.
"""

import argparse
import asyncio
import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from evaluation.declarations import TRAINING
from evaluation.evaluate import built_aside
from evaluation.fitting import level_shares
from evaluation.invent import invent, read_labelled
from evaluation.population import ALL_AGES, Population
from evaluation.running import Result, run
from evaluation.sources import open_sources
from retrieval.settings import EngineSettings
from scoring.model import load_model

KEPT = Path(__file__).parent.parent / "scoring" / "data" / "fitted.json"
_SEED = 1
_REGISTERS = {"all ages": ALL_AGES, "one year": (1970, 1970)}


async def results_of(born: tuple[int, int], names: Path | None, persons: int, questions: int) -> list[Result]:
    found, places = open_sources(names, _SEED)
    with TemporaryDirectory() as folder:
        population = Population(found, places, _SEED, born)
        invented = invent(Path(folder), population, places, [TRAINING], persons, questions, _SEED)
        settings = EngineSettings(engine="embedded", data_dir=Path(folder))
        workers = os.cpu_count() or 1
        async with built_aside(settings, invented.register, workers) as built:
            return list(run(built.settings, read_labelled(invented.questions[TRAINING.name]), workers))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=Path)
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=20_000)
    arguments = parser.parse_args()
    results = [
        result
        for born in _REGISTERS.values()
        for result in asyncio.run(results_of(born, arguments.names, arguments.persons, arguments.questions))
    ]
    kept = {
        "model": load_model().version,
        "mix": TRAINING.name,
        "seed": _SEED,
        "registers": list(_REGISTERS),
        "persons": arguments.persons,
        "questions": len(results),
        "outcomes": dict(Counter(result.outcome for result in results).most_common()),
        "true_pairs": level_shares(results),
    }
    KEPT.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2) + b"\n")
    print(KEPT.read_text("utf-8"))


if __name__ == "__main__":
    main()

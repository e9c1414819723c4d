"""Load, from the first call to past what the service can answer: capacity, seventy per cent of it, and three times it.

    python -m loadtest.run [--url URL --unit FILE --payroll FILE] [--identities 50000] [--workers 2] [--output FOLDER]
        [--reindex cog_ensemble_2026_csv.zip] [--soak MINUTES]

Without a URL, a register is invented, built for the embedded engine (or for OpenSearch, where SNGI_OPENSEARCH_URL says
so), and served by this machine, which the client shares. Exits 1 when a promise is missed. With --reindex, all is read
anew in the edition of a yearly zip of the nomenclature while a mix at a third of the capacity is asked; with --soak,
the last stage is that mix for so many minutes.
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from threading import Event, Thread

import numpy as np
import orjson
import psutil
from rich.console import Console

from devtools.bench_engines import environment_of
from devtools.serving import running_service
from evaluation.invent import read_labelled
from loadtest.plans import Asked, Called, Kind, Plan, arrivals, drawn, ramp, steady
from loadtest.register import ready_register
from loadtest.report import print_stages, write_report
from loadtest.results import PassLine, Result, Stage, result_of
from nomenclature.official import read_ensemble

_QUESTIONS_A_BATCH = 200
_UNIT_STEPS = (10, 25, 50, 100, 150, 200, 300, 400, 600, 800)
_BATCH_STEPS = (1, 2, 4, 6, 8, 12, 16, 24)
_SATURATED = 0.9
_UNIT_P99_MS = 200.0
_LEAST_OF_PEAK = 0.9
_REINDEX_STAGE_S = 15.0
_MEMORY_EVERY_S = 5.0
_REINDEXED_A_SECOND = 2_000
console = Console(stderr=True, width=170)
Promises = Mapping[Kind, PassLine]


@dataclass(slots=True)
class Asking:
    """Where to call, and what may be asked."""

    url: str
    calls: dict[Kind, Sequence[Asked]]
    random: np.random.Generator
    series: list[tuple[str, list[Called]]]

    def stage(self, name: str, plans: Sequence[Plan], promises: Promises | None = None) -> Stage:
        """Make the calls of a stage, and judge them."""
        return self._judged(name, plans, self._called(plans), max(plan.seconds for plan in plans), promises or {})

    def stage_beside(
        self,
        name: str,
        plans: Sequence[Plan],
        command: Sequence[str],
        environment: Mapping[str, str],
        promises: Promises,
    ) -> Stage:
        """Make the calls of a stage again and again while a command runs, and judge them together."""
        each, called, rounds = max(plan.seconds for plan in plans), list[Called](), 0
        with subprocess.Popen(command, env=os.environ | dict(environment)) as process:
            while process.poll() is None:
                called += [replace(call, due_s=call.due_s + rounds * each) for call in self._called(plans)]
                rounds += 1
        if process.returncode:
            raise SystemExit(f"a command failed: {process.returncode}")
        return self._judged(name, plans, called, rounds * each, promises)

    def _called(self, plans: Sequence[Plan]) -> list[Called]:
        return call_all(self.url, {plan.kind: list(self._due(plan)) for plan in plans})

    def _judged(
        self, name: str, plans: Sequence[Plan], called: list[Called], seconds: float, promises: Promises
    ) -> Stage:
        self.series.append((name, called))
        results: dict[Kind, Result] = {plan.kind: result_of(name, plan.kind, called, seconds) for plan in plans}
        missed = [f"{kind}: {words}" for kind, line in promises.items() for words in line.missed(results[kind])]
        stage = Stage(name, seconds, results, missed)
        print_stages(console, [stage])
        return stage

    def _due(self, plan: Plan) -> Iterator[tuple[float, Asked]]:
        return zip(arrivals(plan, self.random), drawn(self.calls[plan.kind], self.random), strict=False)


@dataclass(frozen=True, slots=True)
class Reindex:
    """The command that reads everything anew in another edition."""

    command: Sequence[str]
    environment: Mapping[str, str]


def reindex_in(edition: Path, environment: Mapping[str, str]) -> Reindex:
    """Import an edition beside the service and return how to reindex in it."""
    sngi = [sys.executable, "-m", "cli.main"]
    subprocess.run([*sngi, "cog", "import", str(edition)], env=os.environ | dict(environment), check=True)
    options = (
        "--nomenclature",
        read_ensemble(edition, lambda rows: None).edition.name,
        "--throttle",
        str(_REINDEXED_A_SECOND),
        "--workers",
        "1",
    )
    return Reindex([*sngi, "index", "reindex", *options], environment)


def call_all(url: str, plans: Mapping[Kind, Sequence[tuple[float, Asked]]]) -> list[Called]:
    """Make the calls of each plan from a process of their own."""
    client = [sys.executable, "-m", "loadtest.calls"]
    done = subprocess.run(client, input=pickle.dumps((url, plans)), stdout=subprocess.PIPE, check=True)
    called: list[Called] = pickle.loads(done.stdout)
    return called


def find_capacity(asking: Asking, kind: Kind, steps: Sequence[float], seconds: float) -> tuple[list[Stage], float]:
    """Raise the load until a step is no longer answered; return the steps and the most that was served, in calls."""
    stages: list[Stage] = []
    each = 1 if kind == "unit" else _QUESTIONS_A_BATCH
    for calls_a_second in steps:
        stage = asking.stage(f"{kind} {calls_a_second}/s", [Plan(kind, steady(calls_a_second), seconds)])
        stages.append(stage)
        if stage.results[kind].served < _SATURATED * stage.results[kind].offered:
            break
    return stages, max(stage.results[kind].served for stage in stages) / each


def run(asking: Asking, seconds: float, reindex: Reindex | None, soak_minutes: float) -> list[Stage]:
    """Make the calls of all stages.

    Batches come first: until some thousand questions were asked, an engine that compiles as it goes answers half.
    """
    asking.stage("warming", [Plan("unit", steady(20), 10), Plan("batch", steady(4), 10)])
    batches, batch_peak = find_capacity(asking, "batch", _BATCH_STEPS, seconds)
    units, unit_peak = find_capacity(asking, "unit", _UNIT_STEPS, seconds)
    stages = [*batches, *units]
    in_time = PassLine(p99_ms=_UNIT_P99_MS)
    stages.append(
        asking.stage("70 % of unit capacity", [Plan("unit", steady(0.7 * unit_peak), 2 * seconds)], {"unit": in_time})
    )
    stages.append(
        asking.stage(
            "the 5th: batches rise to 80 %, portals ask",
            [
                Plan("batch", ramp(0.8 * batch_peak, seconds / 2), 2 * seconds),
                Plan("unit", steady(0.05 * unit_peak), 2 * seconds),
            ],
            {"unit": in_time, "batch": PassLine()},
        )
    )
    least = _LEAST_OF_PEAK * batch_peak * _QUESTIONS_A_BATCH
    stages.append(
        asking.stage(
            "three times the capacity in batches, portals ask",
            [
                Plan("batch", steady(3 * batch_peak), 2 * seconds),
                Plan("unit", steady(0.05 * unit_peak), 2 * seconds),
            ],
            {"unit": in_time, "batch": PassLine(least_served=least)},
        )
    )
    stages.append(
        asking.stage(
            "three times the capacity in unit calls",
            [Plan("unit", steady(3 * unit_peak), 2 * seconds)],
            {"unit": PassLine(p99_ms=2 * _UNIT_P99_MS, least_served=_LEAST_OF_PEAK * unit_peak)},
        )
    )

    def mix(seconds: float) -> list[Plan]:
        return [Plan("batch", steady(batch_peak / 3), seconds), Plan("unit", steady(unit_peak / 10), seconds)]

    promises: Promises = {"unit": in_time, "batch": PassLine()}
    if reindex:
        stages.append(
            asking.stage_beside(
                "a reindex in the middle", mix(_REINDEX_STAGE_S), reindex.command, reindex.environment, promises
            )
        )
    if soak_minutes:
        stages.append(asking.stage("soak", mix(60 * soak_minutes), promises))
    return stages


def unit_calls(questions: Path, most: int) -> list[Asked]:
    return [Asked(orjson.dumps(query), [truth]) for query, truth in islice(_labelled(questions), most)]


def batch_calls(questions: Path, most: int) -> list[Asked]:
    labelled = _labelled(questions)
    calls: list[Asked] = []
    while len(calls) < most and (part := list(islice(labelled, _QUESTIONS_A_BATCH))):
        body = orjson.dumps({"queries": [query for query, _ in part]})
        calls.append(Asked(body, [truth for _, truth in part]))
    return calls


def _labelled(path: Path) -> Iterator[tuple[dict[str, object], str | None]]:
    for labelled in read_labelled(path):
        yield dict(labelled.query), labelled.truth


class MemoryCurve:
    """Megabytes resident, of the service that this process started, by second; while the context lasts."""

    def __init__(self) -> None:
        self.curve: list[tuple[float, float]] = []
        self._ended = Event()
        self._thread = Thread(target=self._watch)

    def __enter__(self) -> "MemoryCurve":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def summary(self) -> str:
        """Say what it was at each eighth of the time."""
        places = np.linspace(0, len(self.curve) - 1, 9).astype(int)
        return ", ".join(f"{self.curve[place][1]:,.0f}" for place in places)

    def _watch(self) -> None:
        started = time.monotonic()
        while True:
            self.curve.append((time.monotonic() - started, service_mb()))
            if self._ended.wait(_MEMORY_EVERY_S):
                return


def service_mb() -> float:
    """The processes of `sngi serve` that this one started: a command or the client may end while we look."""
    megabytes = 0.0
    for process in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if "serve" in process.cmdline():
                processes = (process, *process.children(recursive=True))
                megabytes += sum(one.memory_info().rss for one in processes) / 1e6
    return megabytes


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", help="a service that runs; else one is started here")
    parser.add_argument("--unit", type=Path, help="labelled questions of agents and portals, for --url")
    parser.add_argument("--payroll", type=Path, help="labelled questions of payroll, for --url")
    parser.add_argument("--identities", type=int, default=50_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8.0, help="of a step")
    parser.add_argument("--reindex", type=Path, help="yearly zip of the nomenclature")
    parser.add_argument("--soak", type=float, default=0.0, help="minutes")
    parser.add_argument("--output", type=Path, default=Path("load-report"))
    arguments = parser.parse_args()
    if arguments.url and arguments.reindex:
        parser.error("--reindex needs a service that is started here")
    with ExitStack() as stack:
        url, unit, payroll, reindex = arguments.url, arguments.unit, arguments.payroll, None
        if not url:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            ready = ready_register(folder, arguments.identities, console)
            stack.callback(ready.remove)
            unit, payroll = ready.unit, ready.payroll
            environment = environment_of(ready.settings)
            url = stack.enter_context(running_service(environment, arguments.workers))
            reindex = reindex_in(arguments.reindex, environment) if arguments.reindex else None
        calls: dict[Kind, Sequence[Asked]] = {"unit": unit_calls(unit, 5_000), "batch": batch_calls(payroll, 100)}
        asking = Asking(url, calls, np.random.default_rng(7), [])
        memory = stack.enter_context(MemoryCurve())
        stages = run(asking, arguments.seconds, reindex, arguments.soak)
    arguments.output.mkdir(parents=True, exist_ok=True)
    figures = {"stages": [asdict(stage) for stage in stages], "memory_mb": memory.curve, "workers": arguments.workers}
    (arguments.output / "load.json").write_text(json.dumps(figures, indent=1))
    write_report(arguments.output / "load.png", stages, asking.series, memory.curve)
    console.print(f"report: {arguments.output}/load.png and load.json; memory of the service, MB: {memory.summary()}")
    sys.exit(1 if any(stage.missed for stage in stages) else 0)


if __name__ == "__main__":
    main()

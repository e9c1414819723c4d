"""The payroll channel on an invented file, by command and by HTTP: rate, memory over time, outcomes against the truth.

python -m devtools.bench_dsn [--individuals 20000] [--persons 20000] [--engine embedded|opensearch] [--workers N]
    [--names FOLDER] [--folder build/bench-dsn]

The baseline is `sngi identify` on the questions that the channel asks: everybody declared again is left out. Files of a
folder are invented and indexed once. Memory is the resident memory of every process, added up: pages that they share,
the mapped index above all, are counted once for each. A person is recognised by the number in force; of those who have
none it cannot be told.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import orjson
import psutil
from matplotlib.figure import Figure

from devtools.opensearch_server import OpenSearchServer
from devtools.serving import running_service
from dsn.channel import Memory
from dsn.codes import NIR
from dsn.individual import Individual
from dsn.questions import declared
from dsn.report import OUTCOMES
from dsn.run import DsnFile
from evaluation.dsn_files import DSN_FILE, REGISTER_FILE, TRUTH_FILE
from identification.bulk import batches_of
from indexer.lines import LineSource
from indexer.records import LONGEST_LINE_BYTES

_IDENTIFIED = ("IDENTIFIE", "IDENTIFIE_AVEC_ECARTS", "NIR_RECTIFIE", "NIA")
_SNGI = (str(Path(sys.executable).with_name("sngi")),)
QUESTIONS_FILE = "questions.ndjson"
_SAMPLED_EVERY_S = 0.5
_SAID_EVERY_S = 10.0
_NUMBER_CHARACTERS = 13


@dataclass(slots=True)
class Curve:
    """Resident bytes by second, of the command with its processes and of OpenSearch."""

    seconds: list[float] = field(default_factory=list)
    command: list[int] = field(default_factory=list)
    server: list[int] = field(default_factory=list)
    processes: int = 0


def measure_reading(dsn: Path) -> int:
    """Print the rates of this process for reading, without and with questions; return the number of individuals."""
    for what, asks in (("read", False), ("read, to questions", True)):
        count, started = 0, time.process_time()
        with DsnFile(str(dsn)) as file:
            for batch in batches_of(entry for entry in file.reader if isinstance(entry, Individual)):
                count += len(batch)
                if asks:
                    for individual in batch:
                        declared(individual)
        print(f"{what:20} {count / (time.process_time() - started):>9,.0f} a second of CPU")
    return count


def resident(process: psutil.Process) -> tuple[int, int]:
    """Return the bytes of a process and of those that it started, and how many they are."""
    sizes: list[int] = []
    with suppress(psutil.NoSuchProcess):  # ended while we looked
        sizes.extend(one.memory_info().rss for one in (process, *process.children(recursive=True)))
    return sum(sizes), len(sizes)


class Done:
    """Counts the individuals in a report that is being written, without reading anything twice."""

    def __init__(self, report: Path) -> None:
        self._report, self._read, self.individuals = report, 0, 0

    def look(self) -> int:
        for outcomes in self._report.glob(f".part-*/{OUTCOMES}"):
            with outcomes.open("rb") as file:
                file.seek(self._read)
                new = file.read()
            self._read += len(new)
            self.individuals += new.count(b"\n")
        return self.individuals


def watch(command: subprocess.Popen[bytes], server: psutil.Process | None, report: Path) -> Curve:
    """Sample the memory until the command ends, and say how far it is."""
    curve, done, process = Curve(), Done(report), psutil.Process(command.pid)
    started, said = time.perf_counter(), 0.0
    while command.poll() is None:
        now = time.perf_counter() - started
        bytes_, processes = resident(process)
        curve.seconds.append(now)
        curve.command.append(bytes_)
        curve.server.append(resident(server)[0] if server else 0)
        curve.processes = max(curve.processes, processes)
        if now - said >= _SAID_EVERY_S:
            said = now
            print(f"{now:7,.0f} s {done.look():>12,} individuals {bytes_ / 1e6:>8,.0f} MB", flush=True)
        time.sleep(_SAMPLED_EVERY_S)
    if command.returncode:
        raise SystemExit(f"sngi dsn identify failed: {command.returncode}")
    return curve


def draw(curve: Curve, path: Path) -> None:
    figure = Figure((9, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(curve.seconds, [size / 1e6 for size in curve.command], label=f"the command, {curve.processes} processes")
    if any(curve.server):
        axes.plot(curve.seconds, [size / 1e6 for size in curve.server], label="OpenSearch")
    axes.set(xlabel="seconds", ylabel="resident MB, shared pages counted for each process", ylim=(0, None))
    axes.legend()
    figure.savefig(path, dpi=110)


def numbers_of(register: Path) -> dict[str, str | None]:
    """Return the number in force of each registered person by identifier."""
    with LineSource(str(register), LONGEST_LINE_BYTES) as lines:
        records = (json.loads(line.data) for line in lines if line.data)
        return {record["id"]: record.get("nir") for record in records}


def ends(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield for each individual the kind of its declaration, and how it ended."""
    numbers = numbers_of(folder / REGISTER_FILE)
    with (folder / TRUTH_FILE).open("rb") as truths, (folder / "report" / OUTCOMES).open("rb") as outcomes:
        for truth_line, outcome_line in zip(truths, outcomes, strict=True):
            truth, outcome = json.loads(truth_line), json.loads(outcome_line)
            assert truth["line"] == outcome["line"]
            person = truth["truth"]
            yield truth["kind"], _end(outcome, person is not None, numbers[person] if person else None)


def _end(outcome: dict[str, Any], is_registered: bool, number: str | None) -> str:
    if outcome["outcome"] not in _IDENTIFIED:
        return "missed" if is_registered else "rightly refused"
    if is_registered and number is None:
        return "no number"
    known = next((gap["register"] for gap in outcome["gaps"] if gap["rubric"] == NIR), outcome["nir"])
    is_right = is_registered and (known or "").replace(" ", "")[:_NUMBER_CHARACTERS] == number
    return "right" if is_right else "WRONG"


def print_ends(folder: Path) -> None:
    counts: dict[str, Counter[str]] = {}
    for kind, end in ends(folder):
        counts.setdefault(kind, Counter())[end] += 1
    counts["all"] = sum(counts.values(), Counter())
    names = ("right", "WRONG", "missed", "rightly refused", "no number")
    print(f"{'':28}" + "".join(f"{name:>17}" for name in names))
    for kind, ended in sorted(counts.items(), key=lambda pair: pair[1].total()):
        print(f"{kind:28}" + "".join(f"{ended[name]:>17,}" for name in names))


@dataclass(frozen=True, slots=True)
class Bench:
    """One folder of invented files, and how the commands are run on it."""

    folder: Path
    workers: int
    environment: dict[str, str]
    server: psutil.Process | None

    def command(self, *words: str) -> None:
        subprocess.run([*_SNGI, *words], env=self.environment, check=True)

    def identify_file(self, individuals: int) -> float:
        """Print what the command takes, and return its seconds."""
        report = self.folder / "report"
        words = ("dsn", "identify", str(self.folder / DSN_FILE), "-o", str(report), "--workers", str(self.workers))
        started = time.perf_counter()
        with subprocess.Popen([*_SNGI, *words], env=self.environment) as process:
            curve = watch(process, self.server, report)
        seconds = time.perf_counter() - started
        print(f"command: {individuals:,} individuals in {seconds:,.0f} s, {individuals / seconds:,.0f} a second")
        peak, peak_of_server = max(curve.command) / 1e6, max(curve.server) / 1e6
        print(f"peak {peak:,.0f} MB in {curve.processes} processes, {peak_of_server:,.0f} MB of OpenSearch")
        draw(curve, self.folder / "memory.png")
        return seconds

    def identify_questions(self) -> float:
        """Return the seconds that `sngi identify` takes for the same questions."""
        questions, answers = self.folder / QUESTIONS_FILE, self.folder / "answers.ndjson"
        started = time.perf_counter()
        self.command("identify", str(questions), "-o", str(answers), "--workers", str(self.workers))
        return time.perf_counter() - started

    def send_file(self, individuals: int) -> float:
        """Send the file to a service with as many processes, and return the seconds until its job is done."""
        serving = self.environment | {"SNGI_API_DSN_WORKERS": str(self.workers)}
        with running_service(serving, workers=1) as url, httpx.Client(base_url=url, timeout=600) as http:
            started = time.perf_counter()
            with (self.folder / DSN_FILE).open("rb") as body:
                job = http.post("/v1/dsn", content=body).raise_for_status().json()
            received = time.perf_counter() - started
            while job["state"] in ("queued", "running"):
                time.sleep(_SAMPLED_EVERY_S)
                job = http.get(f"/v1/dsn/{job['id']}").raise_for_status().json()
            seconds = time.perf_counter() - started
        if job["state"] != "done" or job["individuals"] != individuals:
            raise SystemExit(f"the job ended otherwise: {job['state']}, {job['individuals']} individuals")
        print(
            f"HTTP: received in {received:,.0f} s, done after {seconds:,.0f} s, {individuals / seconds:,.0f} a second"
        )
        return seconds


def write_questions(folder: Path) -> int:
    """Write the questions that the channel asks, and return how many they are."""
    memory, count = Memory(), 0
    with DsnFile(str(folder / DSN_FILE)) as file, (folder / QUESTIONS_FILE).open("wb") as questions:
        for individual in file.reader:
            if isinstance(individual, Individual):
                one = declared(individual)
                if memory.get(one.key) is None:
                    memory.put(one.key)
                    questions.write(orjson.dumps(one.question) + b"\n")
                    count += 1
    return count


def run(arguments: argparse.Namespace, folder: Path, server: OpenSearchServer | None) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SNGI_")}
    environment |= {"SNGI_DATA_DIR": str(folder / "data"), "SNGI_ENGINE": arguments.engine}
    if server:
        environment["SNGI_OPENSEARCH_URL"] = server.url
    bench = Bench(folder, arguments.workers, environment, psutil.Process(server.pid) if server else None)
    if not (folder / DSN_FILE).exists():
        wish = ("--individuals", str(arguments.individuals), "--persons", str(arguments.persons))
        names = ("--names", str(arguments.names)) if arguments.names else ()
        bench.command("dsn", "invent", str(folder), *wish, *names)
    if server or not (folder / "data").exists():
        bench.command("index", "build", str(folder / REGISTER_FILE))
    individuals, questions = measure_reading(folder / DSN_FILE), write_questions(folder)
    baseline = bench.identify_questions()
    print(f"baseline: {questions:,} questions in {baseline:,.0f} s, {questions / baseline:,.0f} a second", flush=True)
    for seconds in (bench.identify_file(individuals), bench.send_file(individuals)):
        print(f"the channel takes {seconds / baseline:.2f} times as long as its questions", flush=True)
    print_ends(folder)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--individuals", type=int, default=20_000)
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--engine", choices=["embedded", "opensearch"], default="embedded")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--names", type=Path, help="folder of name and place files; else made up")
    parser.add_argument("--folder", type=Path, default=Path("build/bench-dsn"))
    arguments = parser.parse_args()
    with ExitStack() as stack:
        server = stack.enter_context(OpenSearchServer(heap="2g")) if arguments.engine == "opensearch" else None
        run(arguments, arguments.folder, server)


if __name__ == "__main__":
    main()

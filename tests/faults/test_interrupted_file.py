"""`sngi identify` stopped in the middle of a file, in every way: what is there stands, and --resume makes it whole."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.identifying import Counts, identify_file
from cli.resuming import OtherQuestions, kept_of, passed_over
from identification.cascade import Identifier
from identification.questions import LONGEST_LINE_BYTES, read_line
from indexer.lines import LineSource
from indexer.tables import TableMap
from retrieval.embedded import EmbeddedEngine
from retrieval.settings import EngineSettings
from tests.conftest import build_lines, demo_lines
from tests.faults.conftest import LONG

PEOPLE = (
    {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"},
    {"birth_name": "ZYGOMAR", "given_names": ["Yann"], "birth_date": "1956-03-04"},
    {"given_names": ["Yann"]},
)
QUESTIONS = 7_000
ALONE = 4_000
"""So many are answered before other processes are started."""
END_S = 30.0

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("interrupted")


@pytest.fixture(scope="module")
def questions(folder: Path) -> Path:
    path = folder / "questions.ndjson"
    lines = [orjson.dumps(PEOPLE[n % len(PEOPLE)] | {"reference": str(n)}) for n in range(QUESTIONS)]
    lines[5_000] = b"{"
    path.write_bytes(b"\n".join(lines))
    return path


@pytest.fixture(scope="module")
def start(folder: Path) -> Iterator[Start]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNGI_")}
    started: list[subprocess.Popen[bytes]] = []

    def start_one(*arguments: object, stdin: int | None = None) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "cli.main", *map(str, arguments)]
        environment = kept | {"SNGI_DATA_DIR": str(folder)}
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env=environment, stdin=stdin, stderr=pipe, start_new_session=True)
        started.append(process)
        return process

    yield start_one
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def whole(folder: Path, questions: Path, start: Start) -> bytes:
    """What a run that nobody stops makes of the questions."""
    asyncio.run(build_lines(EmbeddedEngine(folder), demo_lines()))
    output = folder / "whole.ndjson"
    assert start("identify", questions, "-o", output, "--workers", 1).wait(300) == 0
    answers = output.read_bytes()
    assert answers.count(b"\n") == QUESTIONS
    return answers


def ctrl_c(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGINT)


def terminate(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()


def kill(process: "subprocess.Popen[bytes]") -> None:
    process.kill()


def kill_a_worker(process: "subprocess.Popen[bytes]") -> None:
    workers = (child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline()))
    next(workers).kill()


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        (terminate, b"stopped: the same command with --resume"),
        (kill, b""),
        pytest.param(ctrl_c, b"stopped: the same command with --resume", marks=LONG),
        pytest.param(kill_a_worker, b"a process that shares the work was killed", marks=LONG),
    ],
)
def test_a_run_that_is_stopped_and_resumed_gives_the_bytes_of_one_that_was_not(
    stop: Callable[["subprocess.Popen[bytes]"], None],
    said: bytes,
    whole: bytes,
    questions: Path,
    start: Start,
    tmp_path: Path,
) -> None:
    output = tmp_path / "answers.ndjson"
    process = start("identify", questions, "--workers", 2, "-o", output)
    beyond = len(b"".join(whole.splitlines(keepends=True)[: ALONE + 1]))
    while not output.exists() or output.stat().st_size < beyond:
        assert process.poll() is None
        time.sleep(0.001)
    stop(process)
    _, errors = process.communicate(timeout=END_S)
    assert process.returncode not in (0, 2)
    assert said in errors and b"Traceback" not in errors
    left = output.read_bytes()
    assert ALONE < left.count(b"\n") < QUESTIONS
    assert whole.startswith(left)
    assert stop is kill or left.endswith(b"\n")
    resumed = start("identify", questions, "--workers", 1, "-o", output, "--resume")
    _, errors = resumed.communicate(timeout=300)
    assert (resumed.returncode, b"answers were there before" in errors) == (0, True)
    assert output.read_bytes() == whole


def test_a_run_that_waits_for_its_input_is_stopped_too(whole: bytes, start: Start, tmp_path: Path) -> None:
    output = tmp_path / "answers.ndjson"
    process = start("identify", "-", "-o", output, stdin=subprocess.PIPE)
    while not output.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    assert process.wait(END_S) == 1


async def answer(engine: EmbeddedEngine, questions: Path, output: Path, resume: bool) -> Counts:
    identifier, settings = Identifier(engine), EngineSettings()
    with LineSource(str(questions), LONGEST_LINE_BYTES) as lines:
        return await identify_file(identifier, settings, lines, str(output), "ndjson", TableMap(), resume=resume)


async def test_failed_answers_are_asked_again(whole: bytes, folder: Path, questions: Path, tmp_path: Path) -> None:
    output, lines = tmp_path / "answers.ndjson", whole.splitlines(keepends=True)
    failed = b'{"reference":"6990","outcome":"failed"}\n'
    output.write_bytes(b"".join([*lines[:6_990], failed, *lines[6_991:]]))
    counts = await answer(EmbeddedEngine(folder), questions, output, resume=True)
    assert (counts.kept, counts.outcomes.total()) == (6_990, QUESTIONS - 6_990)
    assert output.read_bytes() == whole


async def test_answers_to_other_questions_are_left_alone(whole: bytes, folder: Path, tmp_path: Path) -> None:
    output, other = tmp_path / "answers.ndjson", tmp_path / "other.ndjson"
    output.write_bytes(whole)
    other.write_bytes(b'{"reference": "else", "birth_name": "LE GOFF"}\n' * (QUESTIONS + 1))
    with pytest.raises(OtherQuestions):
        await answer(EmbeddedEngine(folder), other, output, resume=True)
    assert output.read_bytes() == whole


ANSWERS = [b'{"reference":"%d","outcome":"identified","identity":{"birth_name":"\\"outcome\\":\\"failed\\""}}\n' % n
           for n in range(5)]  # fmt: skip


@given(cut=st.integers(0, sum(map(len, ANSWERS))))
def test_wherever_the_answers_are_cut_off_the_next_question_is_the_first_without_one(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "answers.ndjson"
    path.write_bytes(b"".join(ANSWERS)[:cut])
    kept = kept_of(path)
    questions = iter([lambda n=n: read_line(b'{"reference":"%d"}' % n) for n in range(6)])
    assert b"".join(ANSWERS[: kept.answers]) == path.read_bytes()[: kept.size_bytes]
    assert kept.answers == path.read_bytes().count(b"\n")
    assert next(passed_over(kept, questions))().reference == str(kept.answers)


def test_more_answers_than_questions_are_answers_to_others(tmp_path: Path) -> None:
    path = tmp_path / "answers.ndjson"
    path.write_bytes(b"".join(ANSWERS))
    with pytest.raises(OtherQuestions):
        passed_over(kept_of(path), iter([]))

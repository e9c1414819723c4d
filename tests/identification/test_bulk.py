"""Batches in several processes: in order, no further ahead than is under way, and nothing outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from functools import partial
from pathlib import Path

import psutil
import pytest

from identification.bulk import Identifiers, ProcessLost, in_order
from identification.cascade import Identifier
from retrieval.embedded import EmbeddedEngine
from retrieval.settings import EngineSettings

_PATIENCE_S = 180
_PARENT = """
import time
from pathlib import Path
from identification.bulk import Identifiers
from retrieval.settings import EngineSettings

if __name__ == "__main__":
    with Identifiers(EngineSettings(data_dir=Path("{data_dir}"), engine="embedded", opensearch_url=None), 1) as pool:
        print(*pool.map(len, [[1]]), flush=True)
        time.sleep({patience})
"""


async def _count(identifier: Identifier, batch: list[int]) -> tuple[int, int]:
    return sum(batch), os.getpid()


def _others(data_dir: Path) -> partial[Identifiers]:
    return partial(Identifiers, EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None), 2)


async def test_the_first_batches_are_answered_here_and_the_rest_elsewhere_in_order(data_dir: Path) -> None:
    identifier = Identifier(EmbeddedEngine(data_dir))
    batches = [[number] for number in range(40)]
    found = [one async for one in in_order(identifier, _count, batches, _others(data_dir))]
    assert [total for total, _ in found] == list(range(40))
    assert {process for _, process in found[:10]} == {os.getpid()}
    assert os.getpid() not in {process for _, process in found[10:]}


async def test_a_process_that_is_killed_while_nobody_waits_for_it_is_said_to_be_lost(data_dir: Path) -> None:
    batches = [[number] for number in range(100)]
    async with aclosing(in_order(Identifier(EmbeddedEngine(data_dir)), _count, batches, _others(data_dir))) as answers:
        async for _, process in answers:
            if process != os.getpid():
                break
        os.kill(process, signal.SIGKILL)
        deadline = time.monotonic() + _PATIENCE_S
        while psutil.pid_exists(process):  # until the pool, in a thread of its own, saw it end
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with pytest.raises(ProcessLost):
            _ = [one async for one in answers]


async def test_no_more_is_read_than_is_under_way(data_dir: Path) -> None:
    read: list[int] = []

    def batches() -> Iterator[list[int]]:
        for number in range(1_000):
            read.append(number)
            yield [number]

    async with aclosing(
        in_order(Identifier(EmbeddedEngine(data_dir)), _count, batches(), _others(data_dir))
    ) as answers:
        done = 0
        async for _ in answers:
            done += 1
            assert len(read) - done <= 2 * 3
            if done == 50:
                break


def test_processes_end_with_a_parent_that_is_killed(data_dir: Path, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT.format(data_dir=data_dir, patience=_PATIENCE_S))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"1\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert children
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + _PATIENCE_S
        while any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children):
            assert time.monotonic() < deadline
            time.sleep(0.05)

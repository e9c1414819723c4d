"""A process of ours is killed: what it had acknowledged is there, and the next one goes on without anybody's help."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2 as httpx
import orjson
import psutil

from api.keys import new_key
from audit.keys import read_keys
from audit.verification import verify
from identification.bulk import answer_all
from identification.cascade import Identifier
from identification.questions import read_question
from retrieval.protocol import Engine
from tests.api.organism_files import headers, organism, write
from tests.conftest import Environment, build_lines, demo_lines, opened
from tests.faults.conftest import IS_LONG, LONG
from tests.serving import served, wait_for

QUESTION = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}
CALLERS = 3
KILLS = 5 if IS_LONG else 1


async def answers(engine: Engine) -> list[bytes]:
    asked = [read_question(QUESTION), read_question(QUESTION | {"birth_name": "ZYGOMAR"})]
    return [answer.to_json() for answer in await answer_all(Identifier(engine), asked)]


async def test_a_build_killed_at_any_moment_changes_no_answer_and_the_next_one_is_served(kept: Environment) -> None:
    engine, chance = opened(kept), random.Random(11)
    first = (await build_lines(engine, demo_lines())).index
    healthy = await answers(engine)
    for _ in range(KILLS):
        with index_build(kept) as process:
            before = len(await engine.list())
            while len(await engine.list()) == before:
                assert process.poll() is None
                await asyncio.sleep(0.02)
            await asyncio.to_thread(send, process, chance.randrange(6_000))
            assert await answers(engine) == healthy
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert await answers(engine) == healthy
    left = [found.index for found in await engine.list() if not found.meta.complete]
    assert len(left) == KILLS
    with index_build(kept) as process:
        await asyncio.to_thread(send, process, 1_000)
    assert process.returncode == 0
    assert await engine.served() not in (first, *left)
    for index in left:
        await engine.drop(index)
    assert orjson.loads((await answers(engine))[0])["outcome"] == "identified"
    await engine.close()


@contextmanager
def index_build(kept: Environment) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a build that reads from a pipe, and wait for its end when the pipe was closed."""
    command = [sys.executable, "-m", "cli.main", "index", "build", "-"]
    nothing = subprocess.DEVNULL
    with subprocess.Popen(
        command, env=os.environ | kept, stdin=subprocess.PIPE, stdout=nothing, stderr=nothing
    ) as process:
        yield process


def send(process: "subprocess.Popen[bytes]", people: int) -> None:
    assert process.stdin
    invented = [orjson.dumps({"id": f"K{number}", "birth_name": f"MOREL{number % 700}"}) for number in range(people)]
    process.stdin.write(b"\n".join([*demo_lines(), *invented, b""]))
    process.stdin.flush()


async def test_every_answer_that_left_a_killed_service_is_in_the_audit(data_dir: Path, tmp_path: Path) -> None:
    key, chance = new_key(), random.Random(12)
    write(data_dir, organism(), keys={"caisse-a": key})
    received: Counter[str] = Counter()

    async def ask(url: httpx.URL) -> None:
        async with httpx.AsyncClient(base_url=url, headers=headers(key), timeout=60) as http:
            with suppress(httpx.TransportError):
                while True:
                    received[(await http.post("/v1/identify", json=QUESTION)).json()["outcome"]] += 1

    for kill in range(KILLS):
        with served(tmp_path, SNGI_DATA_DIR=str(data_dir)) as service:
            asking = [asyncio.create_task(ask(service.http.base_url)) for _ in range(CALLERS)]
            while received.total() < (kill + 1) * 50:
                await asyncio.sleep(chance.random() / 10)
            service.process.kill()
            await asyncio.gather(*asking)
    verified = verify(data_dir / "audit", read_keys(data_dir / "audit.key"))
    print(
        f"{received.total()} answers received, {verified.consultations} in the audit, {len(verified.torn)} torn lines"
    )
    assert received.keys() == {"identified"}
    assert received.total() <= verified.consultations <= received.total() + KILLS * CALLERS
    assert verified.findings == []
    assert len(verified.unclosed) == KILLS


def test_a_worker_that_is_slow_to_start_is_waited_for(data_dir: Path, tmp_path: Path) -> None:
    """As on a machine that is busy: killed and started anew after a few seconds, it would never have started."""
    (tmp_path / "sitecustomize.py").write_text("import sys, time; time.sleep(6 * ('spawn_main' in str(sys.orig_argv)))")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    with served(tmp_path, workers=2, SNGI_DATA_DIR=str(data_dir), PYTHONPATH=path) as service:
        wait_for(lambda: service.log.read_bytes().count(b"Application startup complete") == 2)
        assert b"died" not in service.log.read_bytes()
        children = psutil.Process(service.process.pid).children()
        next(child for child in children if "spawn_main" in " ".join(child.cmdline())).kill()
        wait_for(lambda: b"died" in service.log.read_bytes())
        service.process.terminate()
        assert service.process.wait(30) == 0


@LONG
def test_workers_end_with_the_process_that_started_them_so_that_another_can_take_the_port(
    data_dir: Path, tmp_path: Path
) -> None:
    with served(tmp_path, workers=2, SNGI_DATA_DIR=str(data_dir)) as service:
        workers = psutil.Process(service.process.pid).children(recursive=True)
        service.process.kill()
        gone, alive = psutil.wait_procs(workers, timeout=30)
        for left in alive:
            left.kill()
    assert gone and not alive

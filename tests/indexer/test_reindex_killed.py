"""A reindex killed anywhere goes on where it was, ends as one that was not killed, and readers notice nothing."""

import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from threading import Event, Thread
from typing import Any

import orjson
import pytest

from indexer.reindexing import ReindexReport
from indexer.updating import update
from mappings.build import BuildMeta
from nomenclature.locating import EditionInUse
from retrieval.embedded import EmbeddedEngine
from retrieval.protocol import Engine
from tests.conftest import Environment, build_lines, opened
from tests.indexer.test_reindexing import FARGEAU, LAVAU, MERGED, imported, read_again, register_of
from tests.indexer.test_updating import lines_of
from tests.serving import served, wait_for

PERSONS = 2_100
"""More than two parts of a build."""


@pytest.fixture
def before(tmp_path: Path) -> EditionInUse:
    return imported(tmp_path, "2027")


@pytest.fixture
def after(tmp_path: Path, before: EditionInUse) -> EditionInUse:
    return imported(tmp_path, "2028", MERGED)


def invented(number: int) -> dict[str, Any]:
    names = ("TANGUY", "QUEMENER", "ABGRALL", "LE BRIS", "KERDONCUFF", "MORVAN", "PRIGENT")
    place = {"code": (FARGEAU, LAVAU, "2B033")[number % 3]}
    date = f"{1930 + number % 70}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
    nir = f"1{30 + number % 69:02d}{number % 12 + 1:02d}99{number % 1000:03d}{number // 1000 + 1:03d}"
    return {"id": f"X{number}", "nir": nir, "birth_name": names[number % 7], "birth_date": date, "birth_place": place}


def register() -> list[bytes]:
    return [orjson.dumps(invented(number)) for number in range(PERSONS)]


async def made(engine: Engine) -> tuple[dict[str, Any], bytes, BuildMeta]:
    """Return all that a build holds."""
    index = await engine.served()
    return await register_of(engine), bytes(await engine.statistics(index)), await engine.meta(index)


async def made_at_once(folder: Path, before: EditionInUse, after: EditionInUse) -> tuple[dict[str, Any], bytes]:
    """Return what a run that nobody kills makes of the same register."""
    whole = EmbeddedEngine(folder, "whole")
    await build_lines(whole, register(), edition=before)
    await read_again(whole, after)
    there, statistics, _ = await made(whole)
    return there, statistics


# After any step


class Killed(BaseException):
    """Nobody catches it, and nothing is done after it."""


class Mortal:
    """An engine that does so many steps of a build, and dies before the next or right after it."""

    _STEPS = ("create", "add", "keep", "reopen", "remove", "freeze", "put_statistics", "set_meta", "swap", "drop")

    def __init__(self, engine: Engine, steps: int, after_it: bool) -> None:
        self._engine, self._left, self._after_it = engine, steps, after_it

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._engine, name)
        return self._dying(found) if name in self._STEPS else found

    def _dying(self, step: Any) -> Any:
        async def done(*arguments: Any) -> Any:
            self._left -= 1
            if self._left < 0 and not self._after_it:
                raise Killed
            result = await step(*arguments)
            if self._left < 0:
                raise Killed
            return result

        return done


@pytest.mark.parametrize("after_it", [False, True])
async def test_killed_at_each_step_in_turn_it_ends_as_one_that_was_not(
    kept: Environment, before: EditionInUse, after: EditionInUse, after_it: bool
) -> None:
    expected = await made_at_once(before.data_dir, before, after)
    engine = opened(kept)
    await build_lines(engine, register(), edition=before)
    old, deaths, resumed = await engine.served(), 0, 0
    while True:
        mortal: Any = Mortal(run := opened(kept), deaths, after_it)
        try:
            report: ReindexReport = await read_again(mortal, after, checkpoint_every_s=0)
            resumed = max(resumed, report.resumed)
            break
        except Killed:
            deaths += 1
        finally:
            await run.close()
        served = await engine.served()
        assert (await engine.meta(served)).complete
        assert served == old or (await engine.meta(served)).nomenclature == "cog-2028"
        assert len([found for found in await engine.list() if found.index != old]) <= 1
    there, statistics, meta = await made(engine)
    assert ((there, statistics), meta.identities, meta.complete) == (expected, PERSONS, True)
    assert deaths >= 5
    assert not (before.data_dir / f"{engine.alias}.reindex").exists()
    await engine.close()


async def test_changes_while_it_lay_killed_are_in_the_new_build(
    kept: Environment, before: EditionInUse, after: EditionInUse
) -> None:
    folder = before.data_dir
    engine, run = opened(kept), opened(kept)
    await build_lines(engine, register(), edition=before)
    dying: Any = Mortal(run, 4, after_it=True)  # created, a part, a checkpoint, a part and another
    with pytest.raises(Killed):
        await read_again(dying, after, checkpoint_every_s=0)
    await run.close()
    gone = [f"X{number}" for number in range(0, PERSONS, 40)]
    deleted: list[dict[str, Any]] = [{"op": "delete", "id": id_} for id_ in gone]
    changed: list[dict[str, Any]] = [
        {"op": "upsert", "record": invented(number) | {"sex": "M"}} for number in range(1, PERSONS, 50)
    ]
    new = {"op": "upsert", "record": invented(PERSONS)}
    await update(
        engine,
        lines_of(*({"seq": seq} | change for seq, change in enumerate([*deleted, *changed, new], 1))),
        data_dir=folder,
    )
    report = await read_again(engine, after)
    found = await register_of(engine)
    assert 0 < report.resumed < PERSONS
    assert found.keys() == {f"X{number}" for number in range(PERSONS + 1)} - set(gone)
    assert {id_ for id_ in found if found[id_].sex} == {str(change["record"]["id"]) for change in changed} - set(gone)
    assert (await engine.position(await engine.served())).revision == len(deleted) + len(changed) + 1
    await engine.close()


async def test_what_is_left_of_other_work_is_removed_and_that_work_started_over(
    engine: Engine, before: EditionInUse, after: EditionInUse
) -> None:
    await build_lines(engine, register()[:50], edition=before)
    dying: Any = Mortal(engine, 3, after_it=True)
    with pytest.raises(Killed):
        await read_again(dying, after, checkpoint_every_s=0)
    (left,) = [found.index for found in await engine.list() if not found.meta.complete]
    later = imported(before.data_dir, "2029", MERGED)
    report = await read_again(engine, later)
    assert (report.resumed, report.dropped) == (0, (left,))
    assert (await engine.meta(await engine.served())).nomenclature == "cog-2029"


# A process, at any moment, and readers over HTTP


def started(settings: Environment, *arguments: str) -> subprocess.Popen[bytes]:
    command, pipe = [sys.executable, "-m", "cli.main", *arguments], subprocess.PIPE
    return subprocess.Popen(command, env=os.environ | settings, stdout=pipe, stderr=pipe)


class Reader(Thread):
    """Asks a service the same questions again and again, and keeps each different reply by what it says to be of."""

    def __init__(self, url: str, people: list[dict[str, Any]]) -> None:
        super().__init__()
        queries = [{name: value for name, value in person.items() if name != "id"} for person in people]
        body = orjson.dumps({"queries": queries})
        self._request = urllib.request.Request(f"{url}/v1/identify/batch", body, {"Content-Type": "application/json"})
        self._stopped = Event()
        self.replies: set[bytes] = set()
        self.last = b""
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            while not self._stopped.is_set():
                with urllib.request.urlopen(self._request, timeout=60) as reply:
                    self.last = reply.read()
                self.replies.add(self.last)
                time.sleep(0.02)
        except Exception as error:  # shown by the test
            self.error = error

    def has_seen(self, index: str) -> bool:
        """Say whether its last reply is of this index. An error ends it, and is to be shown."""
        return self.error is not None or index.encode() in self.last

    def stop(self) -> list[list[dict[str, Any]]]:
        self._stopped.set()
        self.join()
        return [orjson.loads(said)["answers"] for said in self.replies]


async def test_readers_notice_nothing_of_a_process_killed_at_any_moment(
    kept: Environment, before: EditionInUse, after: EditionInUse, tmp_path: Path
) -> None:
    engine, folder, chance = opened(kept), before.data_dir, random.Random(5)
    expected = await made_at_once(folder, before, after)
    first = (await build_lines(engine, register(), edition=before)).index
    checkpoint = folder / f"{kept['SNGI_ALIAS']}.reindex"
    people = [invented(number) | {"birth_place": {"code": LAVAU}} for number in range(0, PERSONS, 100)]
    reindex = ("index", "reindex", "--workers", "1", "--checkpoint", "0.1", "--throttle")
    settings: dict[str, Any] = dict(kept)
    with served(tmp_path, **settings) as service:
        wait_for(lambda: service.http.get("/health/ready").status_code == 200)
        readers = [Reader(str(service.http.base_url), people) for _ in range(2)]
        for reader in readers:
            reader.start()
        wait_for(lambda: all(reader.has_seen(first) for reader in readers))
        killed = 0
        for _ in range(2):
            process, seen = started(kept, *reindex, "500"), checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
            while process.poll() is None and not (checkpoint.exists() and checkpoint.stat().st_mtime_ns > seen):
                time.sleep(0.01)
            time.sleep(chance.random() * 0.5)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
            process.communicate()
        listed, _ = started(kept, "index", "list").communicate()
        left = [found for found in await engine.list() if not found.meta.complete]
        assert listed.count(b"unfinished") == len(left) <= 1
        process = started(kept, *reindex, "2000")
        stdout, stderr = process.communicate()
        last = await engine.served()
        wait_for(lambda: all(reader.has_seen(last) for reader in readers))
        replies = [answers for reader in readers for answers in reader.stop()]
    assert (process.returncode, stderr, [reader.error for reader in readers]) == (0, b"", [None, None])
    assert b"resumed" in stdout or b"already" in stdout
    assert killed >= 1
    assert {frozenset(answer["index"] for answer in answers) for answers in replies} == {
        frozenset({first}),
        frozenset({last}),
    }
    assert len({orjson.dumps(answers) for answers in replies}) == 2
    for answers in replies:
        assert [answer["identity"]["id"] for answer in answers] == [person["id"] for person in people]
    there, statistics, _ = await made(engine)
    assert (there, statistics) == expected
    await engine.close()

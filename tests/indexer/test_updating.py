"""Changes into a served index, on both engines: what is found, what the revision says, what a kill leaves."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from identification.cascade import Identifier
from identification.questions import read_question
from indexer.lines import Line
from indexer.rebuild import rollback
from indexer.updating import TooManyRefused, UpdateReport, update
from retrieval.embedded import EmbeddedEngine
from retrieval.protocol import AnotherUpdate, Engine, EngineUnavailable
from tests.conftest import Environment, build_lines, demo_lines, opened

YANN, PATRICK = "1560399999101", "1700599999301"


def patrick(**traits: Any) -> dict[str, Any]:
    return {
        "id": "N1",
        "nir": PATRICK,
        "birth_name": "QUEMENER",
        "given_names": ["PATRICK"],
        "birth_date": "1970-05-09",
    } | traits


def upsert(seq: int, **traits: Any) -> dict[str, Any]:
    return {"seq": seq, "op": "upsert", "record": patrick(**traits)}


def lines_of(*changes: dict[str, Any] | bytes) -> list[Line]:
    whole = [change if isinstance(change, bytes) else orjson.dumps(change) for change in changes]
    return [Line(number, line) for number, line in enumerate(whole, 1)]


async def do(engine: Engine, *changes: dict[str, Any] | bytes) -> UpdateReport:
    return await update(engine, lines_of(*changes))


async def holder(engine: Engine, number: str) -> tuple[str | None, int | None]:
    """Return who is identified by a number and the person's own name, and at which revision."""
    name = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}
    other = {"birth_name": "QUEMENER", "given_names": ["Patrick"], "birth_date": "1970-05-09"}
    asked = read_question({"nir": number} | (name if number == YANN else other))
    (answer,) = await Identifier(engine).identify([asked])
    return (answer.identity["id"] if answer.identity else None), answer.revision


async def test_a_change_is_seen_by_the_next_question_and_the_answer_says_up_to_which(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    assert await holder(engine, PATRICK) == (None, 0)
    report = await do(engine, upsert(1), upsert(5))
    assert (report.done, report.revision) == ({"upsert": 2}, 5)
    assert await holder(engine, PATRICK) == ("N1", 5)
    await do(engine, {"seq": 6, "op": "delete", "id": "N1"})
    assert await holder(engine, PATRICK) == (None, 6)


async def test_who_is_merged_away_is_found_under_the_old_number_at_the_survivor(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    await do(engine, upsert(1), upsert(2, id="N2", nir="1700599999302"))
    await do(engine, {"seq": 3, "op": "merge", "id": "N1", "into": "N2"})
    assert await holder(engine, PATRICK) == ("N2", 3)
    await do(engine, upsert(4, id="N2", nir="1700599999302", usage_names=["LE BRIS"]))
    assert await holder(engine, PATRICK) == ("N2", 4)
    report = await do(engine, upsert(5), {"seq": 6, "op": "merge", "id": "N2", "into": "N1"})
    assert report.refusals.by_reason == {"id: merged into another identity": 1, "into: a cycle of merges": 1}


async def test_the_same_file_again_is_skipped_and_says_again_what_was_refused(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    changes = upsert(1), {"seq": 2, "op": "merge", "id": "N1", "into": "absent"}, b"?", upsert(3, nir=None), upsert(3)
    first, again = await do(engine, *changes), await do(engine, *changes)
    reasons = {"into: no such identity": [2], "not a JSON document in UTF-8": [3]}
    assert (first.done.total(), first.skipped, first.refusals.numbers) == (2, 1, reasons)
    assert (again.done.total(), again.skipped, again.refusals.numbers) == (0, 3, reasons)
    assert await holder(engine, PATRICK) != ("N1", 0)


async def test_a_change_that_comes_after_later_ones_is_refused_not_lost(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    report = await do(engine, upsert(1), upsert(4), upsert(3), upsert(4))
    assert (report.done.total(), report.skipped) == (2, 1)
    assert report.refusals.numbers == {"seq: a later change came before": [3]}
    late = await do(engine, upsert(2), upsert(5))
    assert (late.done.total(), late.refusals.numbers) == (1, {"seq: a later change came before": [1]})


async def test_a_file_that_is_no_file_of_changes_stops_and_changes_nothing(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    with pytest.raises(TooManyRefused):
        await do(engine, *(demo_lines() * 5))
    assert await holder(engine, YANN) == ("P001", 0)


async def test_a_source_older_than_the_changes_is_built_with_those_it_does_not_hold(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    await do(engine, upsert(1), {"seq": 2, "op": "delete", "id": "P001"})
    await build_lines(engine, demo_lines(), revision=0)
    assert (await holder(engine, PATRICK), await holder(engine, YANN)) == (("N1", 2), (None, 2))
    await build_lines(engine, demo_lines(), revision=1)
    assert await holder(engine, PATRICK) == (None, 2)
    assert (await do(engine, upsert(1))).skipped == 1


class ChangedMeanwhile:
    """An engine whose register changes during its first wide searches."""

    def __init__(self, engine: Engine, *changes: dict[str, Any]) -> None:
        self._engine, self._pending = engine, list(changes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def wide(self, at: Any, searches: Any, limit: int) -> Any:
        if self._pending:
            await do(self._engine, self._pending.pop(0))
        return await self._engine.wide(at, searches, limit)


async def test_a_batch_during_which_the_register_changes_is_asked_again(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    nobody = {"birth_name": "ZZYZX", "given_names": ["IDA"], "birth_date": "1901-01-01"}
    changing = ChangedMeanwhile(engine, upsert(1), upsert(2, nir=None))
    answers = await Identifier(changing).identify([read_question(nobody)] * 3)
    assert [answer.revision for answer in answers] == [2, 2, 2]


async def test_a_register_that_always_changes_gives_no_answer_that_it_could_not_stand_by(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    nobody = {"birth_name": "ZZYZX", "given_names": ["IDA"], "birth_date": "1901-01-01"}
    changing = ChangedMeanwhile(engine, *(upsert(seq) for seq in range(1, 50)))
    with pytest.raises(EngineUnavailable):
        await Identifier(changing).identify([read_question(nobody)])


def started(settings: Environment, file: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli.main", "index", "update", file, "--max-errors", "100000"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=os.environ | settings, stdin=pipe, stdout=pipe, stderr=pipe)


def done(settings: Environment, *changes: dict[str, Any]) -> tuple[int, str, str]:
    process = started(settings, "-")
    stdout, stderr = process.communicate(b"\n".join(map(orjson.dumps, changes)), timeout=120)
    return process.returncode, stdout.decode(), stderr.decode()


async def test_a_build_replays_what_came_after_its_start_and_so_does_a_rollback(kept: Environment) -> None:
    engine = opened(kept)
    second = {"id": "N2", "nir": "1700599999302"}
    first_build = (await build_lines(engine, demo_lines())).index
    await do(engine, upsert(1), upsert(2, **second))
    codes: list[int] = []

    def change_meanwhile(_: int) -> None:
        codes.append(done(kept, {"seq": 3, "op": "merge", "id": "N1", "into": "N2"})[0])

    source = [*demo_lines(), orjson.dumps(patrick()), orjson.dumps(patrick(**second))]
    second_build = (await build_lines(engine, source, progress=change_meanwhile)).index
    assert (codes, (await engine.meta(second_build)).revision) == ([0], 2)
    assert await holder(engine, PATRICK) == ("N2", 3)
    await do(engine, {"seq": 4, "op": "delete", "id": "P001"})
    assert await rollback(engine) == first_build
    assert (await holder(engine, PATRICK), await holder(engine, YANN)) == (("N2", 4), (None, 4))
    await engine.close()


async def test_a_pipe_that_waits_is_done_within_seconds_and_seen_by_another_process(kept: Environment) -> None:
    engine = opened(kept)
    await build_lines(engine, demo_lines())
    process = started(kept, "-")
    assert process.stdin is not None
    process.stdin.write(orjson.dumps(upsert(1)) + b"\n")
    process.stdin.flush()
    until = time.monotonic() + 60
    while (seen := await holder(engine, PATRICK)) != ("N1", 1) and time.monotonic() < until:
        await asyncio.sleep(0.1)
    process.terminate()
    _, stderr = process.communicate(timeout=60)
    assert (seen, process.returncode, stderr) == (("N1", 1), 1, b"stopped\n")
    await engine.close()


async def test_the_command_counts_what_it_did_and_fails_where_something_was_refused(kept: Environment) -> None:
    engine = opened(kept)
    await build_lines(engine, demo_lines())
    code, told, _ = done(kept, upsert(1), {"seq": 2, "op": "delete", "id": "P001"})
    assert (code, "done        2 (upsert 1, delete 1, merge 0)" in told, "revision    2" in told) == (0, True, True)
    code, told, why = done(kept, upsert(1), {"seq": 3, "op": "merge", "id": "QUIDAM", "into": "N1"})
    assert (code, "skipped     1" in told, "id: no such identity: line 2" in why) == (1, True, True)
    assert "QUIDAM" not in told + why
    await engine.close()


async def test_a_second_update_of_the_embedded_engine_is_told_to_wait(tmp_path: Path) -> None:
    one, other = EmbeddedEngine(tmp_path), EmbeddedEngine(tmp_path)
    await build_lines(one, demo_lines())
    with one.journal.held(), pytest.raises(AnotherUpdate):
        await do(other, upsert(1))
    assert (await do(other, upsert(1))).revision == 1


# Killed anywhere


def many_changes(count: int, chance: random.Random) -> list[bytes]:
    """Changes of some persons again and again: merges and deletions of whoever there is, refused ones among them."""
    changes = []
    for seq in range(1, count + 1):
        one, other = f"M{chance.randrange(count // 5)}", f"M{chance.randrange(count // 5)}"
        nir = f"18001{chance.randrange(10**5):05d}{chance.randrange(1, 999):03d}"
        change: dict[str, Any] = {"op": "upsert", "record": {"id": one, "nir": nir, "birth_name": f"NOM {nir[5:9]}"}}
        draw = chance.random()
        if draw < 0.15:
            change = {"op": "merge", "id": one, "into": other}
        elif draw < 0.25:
            change = {"op": "delete", "id": one}
        changes.append(orjson.dumps({"seq": seq} | change))
    return changes


async def register_of(settings: Environment, ids: list[str]) -> tuple[list[str], int]:
    engine = opened(settings)
    index, revision = (position := await engine.current()).index, position.revision
    payloads = sorted(await engine.payloads(index, ids))
    await engine.close()
    return payloads, revision


async def test_an_update_killed_again_and_again_ends_as_one_that_was_not(kept: Environment, tmp_path: Path) -> None:
    chance = random.Random(3)
    changes = many_changes(6_000, chance)
    ids = [f"M{number}" for number in range(1_200)]
    whole = EmbeddedEngine(tmp_path / "whole")
    await build_lines(whole, demo_lines())
    await update(whole, [Line(number, line) for number, line in enumerate(changes, 1)], most_refused=len(changes))
    expected = sorted(await whole.payloads((await whole.current()).index, ids))
    engine = opened(kept)
    await build_lines(engine, demo_lines())
    file = tmp_path / "changes.ndjson"
    file.write_bytes(b"\n".join(changes))
    killed = 0
    for _ in range(40):
        process = started(kept, str(file))
        before = (await engine.current()).revision
        while process.poll() is None and (await engine.current()).revision == before:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.15)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.communicate()
        if (await engine.current()).revision == len(changes):
            break
    await engine.close()
    command = [sys.executable, "-m", "cli.main", "index", "update", str(file), "--max-errors", str(len(changes))]
    assert subprocess.run(command, env=os.environ | kept, capture_output=True, check=False).returncode == 1
    assert await register_of(kept, ids) == (expected, len(changes))
    assert killed >= 2

"""A new edition reaches a served register: what moves, what stays, what is refused, and what a kill leaves."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from analyzers.identity import Record
from indexer.rebuild import BuildFailed, rollback
from indexer.reindexing import AnotherReindex, Finished, ReindexReport, ServedMeanwhile, only_one, reindex
from indexer.updating import update
from mappings.payload import decode_record
from nomenclature.editions import EditionFolder
from nomenclature.locating import EditionInUse, edition_named
from nomenclature.official import read_ensemble
from retrieval.embedded import EmbeddedEngine
from retrieval.protocol import Engine
from tests.conftest import build_lines, demo_lines
from tests.indexer.test_updating import lines_of, upsert
from tests.nomenclature.official_zip import COMMUNES, EVENTS, HISTORY, official_zip

FARGEAU, LAVAU = "89344", "89220"
MERGED = {
    "v_commune_depuis_1943.csv": HISTORY.replace(
        "Saint-Fargeau,1943-01-01,\n", "Saint-Fargeau,1943-01-01,2028-01-01\n"
    ),
    "v_commune_{year}.csv": COMMUNES.replace(
        "COM,89344,27,89,89D,891,0,SAINT FARGEAU,Saint-Fargeau,Saint-Fargeau,,\n", ""
    ),
    "v_mvt_commune_{year}.csv": EVENTS + "32,2028-01-01,COM,89344,0,,,Saint-Fargeau,COM,89220,0,,,Lavau\n",
}
"""Saint-Fargeau goes into Lavau in 2028."""


def imported(folder: Path, year: str, tables: dict[str, str] | None = None) -> EditionInUse:
    EditionFolder(folder).save(read_ensemble(official_zip(folder, year, tables), lambda rows: None).edition)
    return edition_named(folder, f"cog-{year}")


@pytest.fixture
def before(tmp_path: Path) -> EditionInUse:
    return imported(tmp_path, "2027")


@pytest.fixture
def after(tmp_path: Path, before: EditionInUse) -> EditionInUse:
    return imported(tmp_path, "2028", MERGED)


def born_in(place: dict[str, str], id_: str = "F1", **traits: Any) -> bytes:
    person = {"birth_name": "TANGUY", "given_names": ["AZENOR"], "birth_date": "1971-05-06", "birth_place": place}
    return orjson.dumps({"id": id_} | person | traits)


async def approved(_: Finished) -> None:
    return None


async def read_again(
    engine: Engine, edition: EditionInUse, approve: Callable[[Finished], Awaitable[None]] = approved, **more: Any
) -> ReindexReport:
    return await reindex(engine, edition, approve=approve, **more)


async def register_of(engine: Engine) -> dict[str, Record]:
    index = await engine.served()
    return {
        record.id: record
        async for part in engine.every_payload(await engine.position(index))
        for record in map(decode_record, part)
    }


async def test_a_commune_that_went_into_another_is_read_so_and_all_else_stays(
    engine: Engine, before: EditionInUse, after: EditionInUse
) -> None:
    former = orjson.loads(born_in({"code": "2B033"}, "F3")) | {"former_birth_places": [{"code": FARGEAU}]}
    lines = [born_in({"code": FARGEAU, "label": "SAINT-FARGEAU"}), born_in({"code": LAVAU}, "F2"), orjson.dumps(former)]
    await build_lines(engine, [*demo_lines(), *lines], edition=before)
    old = await register_of(engine)
    report = await read_again(engine, after)
    new = await register_of(engine)
    assert (report.identities, report.touched) == (len(old), 2)
    assert {id_ for id_ in old if old[id_] != new[id_]} == {"F1", "F3"}
    assert new["F1"].birth_place is not None
    assert new["F1"].birth_place.lineage == (FARGEAU, LAVAU)
    assert (await engine.meta(await engine.served())).nomenclature == "cog-2028"
    assert replace(new["F1"], birth_place=None) == replace(old["F1"], birth_place=None)


async def test_the_build_is_the_one_that_the_source_itself_would_give(
    engine: Engine, before: EditionInUse, after: EditionInUse
) -> None:
    lines = [*demo_lines(), born_in({"code": FARGEAU}), born_in({"label": "Saint-Fargeau", "country": "FR"}, "F2")]
    await build_lines(engine, lines, edition=before)
    await read_again(engine, after, workers=2)
    there, statistics = await register_of(engine), bytes(await engine.statistics(await engine.served()))
    await build_lines(engine, lines, edition=after)
    assert await register_of(engine) == there
    assert bytes(await engine.statistics(await engine.served())) == statistics


async def test_changes_before_and_during_the_run_are_in_the_new_build(
    engine: Engine, before: EditionInUse, after: EditionInUse
) -> None:
    await build_lines(engine, demo_lines(), edition=before)
    folder = before.data_dir
    await update(engine, lines_of(upsert(1), upsert(2, id="N2", nir="1700599999302")), data_dir=folder)

    async def change_meanwhile(finished: Finished) -> None:
        place = {"birth_place": {"code": FARGEAU}}
        late = upsert(4, id="N3", nir="1700599999303", **place)
        await update(engine, lines_of({"seq": 3, "op": "delete", "id": "N1"}, late), data_dir=folder)

    await read_again(engine, after, change_meanwhile)
    found = await register_of(engine)
    assert {"N1", "N2", "N3"} & found.keys() == {"N2", "N3"}
    assert found["N3"].birth_place is not None
    assert found["N3"].birth_place.lineage == (FARGEAU, LAVAU)
    assert (await engine.position(await engine.served())).revision == 4


async def test_a_second_run_has_nothing_to_do_and_a_rollback_serves_the_old_edition(
    engine: Engine, before: EditionInUse, after: EditionInUse
) -> None:
    await build_lines(engine, [born_in({"code": FARGEAU})], edition=before)
    old = await register_of(engine)
    assert (await read_again(engine, after)).new is not None
    assert (await read_again(engine, after)).new is None
    assert len(await engine.list()) == 2
    await rollback(engine, before.data_dir)
    assert await register_of(engine) == old
    assert (await read_again(engine, after)).new is not None
    assert len(await engine.list()) == 3


async def test_a_build_that_is_not_approved_changes_nothing_and_leaves_nothing(
    engine: Engine, before: EditionInUse, after: EditionInUse
) -> None:
    await build_lines(engine, demo_lines(), edition=before)
    builds = await engine.list()

    async def refused(_: Finished) -> None:
        raise BuildFailed("no")

    with pytest.raises(BuildFailed):
        await read_again(engine, after, refused)
    assert await engine.list() == builds


async def test_a_build_that_others_served_meanwhile_is_not_replaced(
    engine: Engine, before: EditionInUse, after: EditionInUse
) -> None:
    await build_lines(engine, demo_lines(), edition=before)

    async def overtaken(_: Finished) -> None:
        await build_lines(engine, demo_lines()[:5], edition=before)

    with pytest.raises(ServedMeanwhile):
        await read_again(engine, after, overtaken)
    assert len(await register_of(engine)) == 5


async def test_the_sample_holds_what_moves_and_others(
    engine: Engine, before: EditionInUse, after: EditionInUse
) -> None:
    many = [orjson.dumps({"id": f"X{number}", "birth_place": {"code": LAVAU}}) for number in range(1_500)]
    moving = [orjson.dumps({"id": f"Y{number}", "birth_place": {"code": FARGEAU}}) for number in range(3)]
    await build_lines(engine, many + moving, edition=before)
    seen: list[Finished] = []

    async def look(finished: Finished) -> None:
        seen.append(finished)

    await read_again(engine, after, look)
    ids = [record.id for record in seen[0].sample]
    assert {"Y0", "Y1", "Y2"} <= set(ids)
    assert 500 <= len(ids) == len(set(ids)) <= 503


async def test_a_throttled_run_keeps_its_pace(before: EditionInUse, after: EditionInUse) -> None:
    engine = EmbeddedEngine(before.data_dir)
    await build_lines(engine, [orjson.dumps({"id": f"X{number}"}) for number in range(100)], edition=before)
    started = time.monotonic()
    await read_again(engine, after, throttle=100)
    assert time.monotonic() - started >= 0.99


def test_a_second_run_at_the_same_time_is_told_to_wait(tmp_path: Path) -> None:
    with only_one(tmp_path, "a"), only_one(tmp_path, "b"), pytest.raises(AnotherReindex):
        with only_one(tmp_path, "a"):
            pass


# As a process


def started(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli.main", "index", "reindex", "--workers", "1", *options]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNGI_")}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=kept | {"SNGI_DATA_DIR": str(folder)}, stdout=pipe, stderr=pipe)


async def test_the_report_says_what_differs_by_id_alone(before: EditionInUse, after: EditionInUse) -> None:
    folder = before.data_dir
    engine = EmbeddedEngine(folder)
    await build_lines(engine, [*demo_lines(), born_in({"code": FARGEAU, "label": "SAINT-FARGEAU"})], edition=before)
    process = started(folder, "--nomenclature", "cog-2028", "--report", str(folder / "told.json"))
    stdout, stderr = await asyncio.to_thread(process.communicate)
    assert (process.returncode, stderr) == (0, b"")
    told = orjson.loads((folder / "told.json").read_bytes())
    assert (told["touched"], told["asked"], told["mistaken"], told["lost"]) == (1, len(demo_lines()) + 1, 0, 0)
    written = stdout.decode() + orjson.dumps(told).decode()
    assert not any(name in written for name in ("TANGUY", "AZENOR", "FARGEAU", "1971", "LE GOFF"))
    assert "cog-2027 → cog-2028" in stdout.decode()

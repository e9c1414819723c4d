"""A journal that forgets what every build has: what still works, and what is told that it cannot."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from indexer.checkpoints import Checkpoints
from indexer.cutting import Cut, cut_journal
from indexer.rebuild import drop, rollback
from indexer.replaying import JournalCut
from indexer.updating import update
from mappings.build import BuildMeta
from mappings.naming import index_name, journal_name
from retrieval.embedded import EmbeddedEngine
from retrieval.protocol import AnotherUpdate, Engine
from tests.conftest import build_lines, demo_lines
from tests.indexer.test_updating import PATRICK, YANN, do, holder, lines_of, upsert


async def test_what_a_build_lacks_is_kept_for_it(engine: Engine) -> None:
    first = (await build_lines(engine, demo_lines())).index
    await do(engine, upsert(1))
    second = (await build_lines(engine, demo_lines(), revision=0)).index
    await do(engine, upsert(2, usage_names=["LE BRIS"]))
    assert await cut_journal(engine) == Cut(1, 1, first)
    assert await rollback(engine) == first
    assert await holder(engine, PATRICK) == ("N1", 2)
    assert await cut_journal(engine) == Cut(2, 1, None)
    await drop(engine, second)
    assert await cut_journal(engine) == Cut(2, 0, None)


async def test_changes_that_were_cut_are_skipped_when_they_are_sent_again_and_later_ones_are_done(
    engine: Engine,
) -> None:
    await build_lines(engine, demo_lines())
    await do(engine, upsert(1), {"seq": 3, "op": "delete", "id": "QUIDAM"})
    await do(engine, upsert(5), upsert(7))
    assert (await cut_journal(engine)).batches == 2
    for seq in (5, 1, 3, 7, 6):
        report = await do(engine, upsert(seq))
        assert (report.skipped, report.refusals.count) == (1, 0)
    report = await do(engine, upsert(1), upsert(7), {"seq": 8, "op": "delete", "id": "P001"})
    assert (report.skipped, report.done) == (2, {"delete": 1})
    assert await holder(engine, YANN) == (None, 8)


async def test_who_became_whom_is_known_after_a_cut(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    await do(engine, upsert(1), upsert(2, id="N2", nir="1700599999302"))
    await do(engine, {"seq": 3, "op": "merge", "id": "N1", "into": "N2"})
    await cut_journal(engine)
    report = await do(engine, upsert(4), {"seq": 5, "op": "merge", "id": "N2", "into": "N1"})
    assert report.refusals.by_reason == {"id: merged into another identity": 1, "into: a cycle of merges": 1}


async def test_a_source_older_than_the_cut_is_refused_before_anything_is_built(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    await do(engine, upsert(1), upsert(2))
    await cut_journal(engine)
    before = await engine.list()
    with pytest.raises(JournalCut, match="up to change 2"):
        await build_lines(engine, demo_lines(), revision=1)
    assert await engine.list() == before
    await build_lines(engine, demo_lines(), revision=2)
    assert await holder(engine, PATRICK) == (None, 2)


async def test_a_build_that_the_cut_made_useless_does_not_stay_to_be_gone_on_with(
    engine: Engine, tmp_path: Path
) -> None:
    old = (await build_lines(engine, demo_lines())).index
    await do(engine, upsert(1), upsert(2))
    await cut_journal(engine)
    with pytest.raises(JournalCut):
        await build_lines(engine, demo_lines(), revision=1, checkpoints=Checkpoints(tmp_path / "kept", old, 0))
    assert [found.index for found in await engine.list()] == [old]


async def test_a_build_killed_before_it_had_an_index_keeps_nobody_from_cutting(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path)
    await build_lines(engine, demo_lines())
    await do(engine, upsert(1))
    killed = index_name(engine.alias, date(2026, 1, 1), "0000ff")
    await engine.create(killed, BuildMeta(created_at="", model="", source="", revision=0))
    (engine._terms_path(killed) / "meta.json").unlink()
    assert await cut_journal(EmbeddedEngine(tmp_path)) == Cut(0, 0, killed)


async def test_without_any_build_nothing_is_cut(engine: Engine) -> None:
    assert await cut_journal(engine) == Cut(0, 0, None)


async def test_the_embedded_journal_is_not_cut_while_it_is_written(tmp_path: Path) -> None:
    one, other = EmbeddedEngine(tmp_path), EmbeddedEngine(tmp_path)
    with one.journal.held(), pytest.raises(AnotherUpdate):
        await cut_journal(other)


async def test_nothing_of_a_person_is_left_in_the_file_of_a_journal_that_was_cut(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path)
    await build_lines(engine, demo_lines())
    await update(engine, lines_of(upsert(1), {"seq": 2, "op": "delete", "id": "N1"}), data_dir=tmp_path)
    journal = tmp_path / "indexes" / journal_name(engine.alias)
    size = stored(journal)
    assert PATRICK.encode() in journal.read_bytes()
    await cut_journal(engine)
    assert stored(journal) < size
    assert PATRICK.encode() not in journal.read_bytes()


def stored(journal: Path) -> int:
    """Return the bytes of all changes."""
    with sqlite3.connect(journal) as connection:
        (size,) = connection.execute("SELECT sum(length(changes)) FROM batches").fetchone()
    connection.close()
    return int(size)

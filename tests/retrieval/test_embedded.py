"""What only the embedded engine can do wrong: its files."""

import shutil
import sys
from pathlib import Path

import pytest

from retrieval.embedded import EmbeddedEngine
from retrieval.protocol import Position
from tests.conftest import build_lines, demo_lines


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_build_that_another_process_drops_is_let_go_at_the_next_question(tmp_path: Path) -> None:
    engine, other = EmbeddedEngine(tmp_path), EmbeddedEngine(tmp_path)
    first = (await build_lines(other, demo_lines())).index
    await engine.current()
    assert is_open(first)
    await build_lines(other, demo_lines())
    await engine.current()
    await other.drop(first)
    await engine.current()
    assert not is_open(first)


async def test_a_change_killed_before_its_commit_leaves_nothing_that_hinders_the_next(tmp_path: Path) -> None:
    """The removals of a commit are files named by its number, which the next attempt takes again."""
    engine = EmbeddedEngine(tmp_path / "data")
    index = (await build_lines(engine, demo_lines())).index
    committed, files = tmp_path / "committed", tmp_path / "data" / "indexes" / index / "terms"
    shutil.copytree(files, committed)
    await engine.change(index, {"P001": None}, 1)
    shutil.copytree(committed, files, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".managed.json"))
    assert list(files.glob("*.del"))
    assert (await engine.current(), len(await engine.payloads(index, ["P001"]))) == (Position(index, 0), 1)
    await engine.change(index, {"P001": None}, 1)
    assert (await engine.current(), await engine.payloads(index, ["P001"])) == (Position(index, 1), [])


def is_open(index: str) -> bool:
    return f"/{index}/" in Path("/proc/self/maps").read_text()

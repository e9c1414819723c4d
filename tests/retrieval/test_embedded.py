"""What only the embedded engine can do wrong: its files."""

import sys
from pathlib import Path

import pytest

from retrieval.embedded import EmbeddedEngine
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


def is_open(index: str) -> bool:
    return f"/{index}/" in Path("/proc/self/maps").read_text()

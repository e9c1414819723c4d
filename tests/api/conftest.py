"""The demo register, served by the embedded engine."""

from pathlib import Path

import pytest

from retrieval.embedded import EmbeddedEngine
from tests.conftest import build_lines, demo_lines


@pytest.fixture
async def data_dir(tmp_path: Path) -> Path:
    await build_lines(EmbeddedEngine(tmp_path), demo_lines())
    return tmp_path

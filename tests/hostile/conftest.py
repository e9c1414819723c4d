"""The demo register, indexed once for all attacks."""

import asyncio
from pathlib import Path

import pytest

from retrieval.embedded import EmbeddedEngine
from tests.conftest import build_lines, demo_lines


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the embedded engine serves the demo register."""
    folder = tmp_path_factory.mktemp("demo")
    asyncio.run(build_lines(EmbeddedEngine(folder), demo_lines()))
    return folder

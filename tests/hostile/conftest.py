"""The demo register, copied once for all attacks."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def demo_folder(demo_register: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the embedded engine serves the demo register."""
    return Path(shutil.copytree(demo_register, tmp_path_factory.mktemp("attacked") / "data"))

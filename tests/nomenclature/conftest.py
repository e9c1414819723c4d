"""The bundled edition, opened once."""

from pathlib import Path

import pytest

from nomenclature.editions import BUNDLED, EditionFolder
from nomenclature.nomenclature import Nomenclature


@pytest.fixture(scope="session")
def places() -> Nomenclature:
    return Nomenclature(EditionFolder(Path("nowhere")).open(BUNDLED))

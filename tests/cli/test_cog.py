"""The `sngi cog` commands, run as a user runs them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nomenclature.editions import BUNDLED, FOLDER
from tests.nomenclature.official_zip import HISTORY, official_zip

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def cog(tmp_path: Path) -> Run:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNGI_")}
    environment = kept | {"SNGI_DATA_DIR": str(tmp_path / "data")}

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "cli.main", "cog", *arguments]
        return subprocess.run(command, capture_output=True, env=environment, timeout=120, check=False)

    return run


def test_an_edition_is_imported_listed_and_compared(cog: Run, tmp_path: Path) -> None:
    imported = cog("import", str(official_zip(tmp_path, "2027")))
    assert (imported.returncode, imported.stderr) == (0, b"")
    assert b"cog-2027" in imported.stdout
    listed = cog("list").stdout.decode().splitlines()[1:]
    assert [line.split()[:2] for line in listed] == [["cog-2027", "yes"], [BUNDLED, "34,969"]]
    later = HISTORY.replace("Châlons-en-Champagne,1998-01-04,\n", "Châlons,1998-01-04,\n")
    cog("import", str(official_zip(tmp_path, "2028", {"v_commune_depuis_1943.csv": later})))
    compared = cog("diff", "cog-2027", "cog-2028").stdout.decode()
    assert "51108  Châlons-en-Champagne → Châlons" in compared
    assert "touched           1" in compared
    assert compared.endswith("  51108\n")


def test_defects_are_said_with_their_place(cog: Run, tmp_path: Path) -> None:
    broken = HISTORY + "COM,51999,0,X,X,X,1943-01-01,1980-01-01\n"
    imported = cog("import", str(official_zip(tmp_path, "2027", {"v_commune_depuis_1943.csv": broken})))
    assert imported.returncode == 0
    assert b"communes that ended without a successor: 51999 1980-01-01" in imported.stderr


def test_an_unsound_or_unreadable_file_fails_and_leaves_nothing(cog: Run, tmp_path: Path) -> None:
    broken = HISTORY + "".join(f"COM,519{n},0,X,X,X,1943-01-01,1980-01-01\n" for n in range(10, 90))
    unsound = cog("import", str(official_zip(tmp_path, "2027", {"v_commune_depuis_1943.csv": broken})))
    no_zip = tmp_path / "no.zip"
    no_zip.write_bytes(b"no")
    assert [unsound.returncode, cog("import", str(no_zip)).returncode] == [1, 1]
    assert b"is not kept" in unsound.stderr
    assert not (tmp_path / "data" / FOLDER).exists()


def test_misuse_is_told_from_failure(cog: Run) -> None:
    assert cog("import", "nowhere.zip").returncode == 2
    unknown = cog("diff", BUNDLED, "cog-1789")
    assert (unknown.returncode, b"cog-1789" in unknown.stderr) == (1, True)

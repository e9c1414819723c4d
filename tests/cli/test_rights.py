"""Keys and the audit, by the commands, and a service that listens with them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.keys import new_key
from audit.lines import day_files
from tests.api.organism_files import headers, organism, write
from tests.serving import Served, served

Run = Callable[..., subprocess.CompletedProcess[str]]
NUMBER = "156039999910112"
QUESTION = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}


@pytest.fixture
def environment(data_dir: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNGI_")}
    return kept | {"SNGI_DATA_DIR": str(data_dir)}


@pytest.fixture
def sngi(environment: dict[str, str]) -> Run:
    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli.main", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, env=environment, text=True, check=False)

    return run


@pytest.fixture
def key(data_dir: Path) -> str:
    key = new_key()
    write(data_dir, organism(), keys={"caisse-a": key})
    return key


@pytest.fixture
def service(data_dir: Path, tmp_path: Path, key: str) -> Iterator[Served]:
    """Two workers on every address of this machine: with a file of organisms that is allowed."""
    with served(tmp_path, workers=2, host="0.0.0.0", SNGI_DATA_DIR=str(data_dir)) as service:
        yield service


def test_a_key_is_shown_once_and_added_to_those_that_are_there(data_dir: Path, sngi: Run, key: str) -> None:
    done = sngi("key", "new", "caisse-a", "--days", "30")
    shown, file = done.stdout.strip(), (data_dir / "organisms.toml").read_text()
    assert done.returncode == 0
    assert file.count("[[organisms.caisse-a.keys]]") == 2
    assert shown != key
    assert shown.startswith("sngi_") and shown not in file and shown.split("_")[1] in file


def test_a_key_of_an_organism_without_rights_is_refused(data_dir: Path, sngi: Run, key: str) -> None:
    before = (data_dir / "organisms.toml").read_text()
    done = sngi("key", "new", "caisse-z")
    assert (done.returncode, done.stdout) == (1, "")
    assert "names no organism" in done.stderr
    assert (data_dir / "organisms.toml").read_text() == before


def test_several_workers_are_audited_verified_together_and_asked_about_a_person(
    service: Served, key: str, sngi: Run, data_dir: Path, tmp_path: Path
) -> None:
    assert service.http.post("/v1/identify", json=QUESTION).status_code == 401
    for _ in range(20):
        with_own_connection = headers(key) | {"Connection": "close"}
        answer = service.http.post("/v1/identify", json=QUESTION, headers=with_own_connection)
        assert answer.json()["outcome"] == "identified"
    verified = sngi("audit", "verify", "--marks", str(tmp_path / "marks"))
    assert (verified.returncode, "20 consultations: sound" in verified.stdout) == (0, True)
    who = sngi("audit", "who", stdin=f"{NUMBER}\n")
    assert who.stdout.count("caisse-a") == 20
    assert NUMBER[:13] not in who.stdout
    assert "nobody" in sngi("audit", "who", stdin="2841199999102").stdout
    file = day_files(data_dir / "audit")[0].path
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]))
    cut = sngi("audit", "verify", "--marks", str(tmp_path / "marks"))
    assert (cut.returncode, "has lost lines" in cut.stderr) == (1, True)


@pytest.mark.parametrize("asked", ["", "156039999910113", "SECRET"])
def test_what_is_no_number_is_misuse_and_is_not_quoted(sngi: Run, key: str, data_dir: Path, asked: str) -> None:
    (data_dir / "audit.key").write_text("ab" * 32 + "\n")
    done = sngi("audit", "who", stdin=asked)
    assert done.returncode == 2
    assert not asked or asked not in done.stderr


def test_a_purge_keeps_what_is_within_its_retention(sngi: Run, data_dir: Path) -> None:
    (data_dir / "audit.key").write_text("ab" * 32 + "\n")
    (data_dir / "audit").mkdir()
    old = data_dir / "audit" / "2020-01-01.0a0b0c0d.jsonl"
    old.write_text("{}\n")
    assert sngi("audit", "purge", "--years", "7").returncode == 2
    doubted = sngi("audit", "purge", "--years", "1")
    assert (doubted.returncode, "--clock-is-right" in doubted.stderr, old.exists()) == (1, True, True)
    assert "1 files removed" in sngi("audit", "purge", "--years", "1", "--clock-is-right").stdout
    assert not old.exists()
    assert sngi("audit", "verify").returncode == 0


def test_a_service_does_not_start_with_a_file_of_organisms_that_it_cannot_read(sngi: Run, data_dir: Path) -> None:
    (data_dir / "organisms.toml").write_text("x")
    done = sngi("serve", "--host", "0.0.0.0")
    assert (done.returncode, "organisms.toml" in done.stderr.replace("\n", "")) == (2, True)

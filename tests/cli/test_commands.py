"""The commands, run as a user runs them: in a process of their own."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import demo_lines
from tests.dsn_files import demo_dsn

Run = Callable[..., subprocess.CompletedProcess[bytes]]
QUESTION = (
    b'{"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04", "birth_place": {"label": "Brest"}}'
)


@pytest.fixture
def sngi(tmp_path: Path) -> Run:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNGI_")}
    environment = kept | {"SNGI_DATA_DIR": str(tmp_path / "data")}

    def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "cli.main", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, env=environment, timeout=120, check=False)

    return run


@pytest.fixture
def register(tmp_path: Path) -> str:
    path = tmp_path / "register.ndjson"
    path.write_bytes(b"\n".join(demo_lines()))
    return str(path)


@pytest.fixture
def served(demo_register: Path, tmp_path: Path) -> Path:
    """The data folder of the commands, with the demo register served."""
    return Path(shutil.copytree(demo_register, tmp_path / "data"))


def index_names(listed: bytes) -> list[str]:
    return [line.split()[0] for line in listed.decode().splitlines()[1:] if line.strip()]


def test_build_list_rollback_and_drop(sngi: Run, register: str) -> None:
    assert sngi("index", "build", register).returncode == 0
    (first,) = index_names(sngi("index", "list").stdout)
    assert sngi("index", "build", register).returncode == 0
    second = next(name for name in index_names(sngi("index", "list").stdout) if name != first)
    assert sngi("index", "drop", second).returncode == 1
    assert first.encode() in sngi("index", "rollback").stdout
    assert sngi("index", "drop", second).returncode == 0
    assert index_names(sngi("index", "list").stdout) == [first]
    assert sngi("index", "rollback").returncode == 1


def test_the_journal_is_cut_and_keeps_what_an_older_build_lacks(sngi: Run, register: str) -> None:
    sngi("index", "build", register)
    (first,) = index_names(sngi("index", "list").stdout)
    sngi("index", "update", "-", stdin=b'{"seq": 1, "op": "delete", "id": "P002"}')
    sngi("index", "build", register, "--revision", "0")
    sngi("index", "update", "-", stdin=b'{"seq": 2, "op": "delete", "id": "P003"}')
    told = sngi("index", "cut-journal").stdout.decode().splitlines()
    assert told == ["cut up to   1, in 1 batches now", f"later ones  kept for {first}: drop it to cut further"]
    assert sngi("index", "drop", first).returncode == 0
    assert sngi("index", "cut-journal").stdout.decode().splitlines() == ["cut up to   2, in 1 batches now"]
    refused = sngi("index", "build", register, "--revision", "1")
    assert refused.returncode == 1
    assert b"the journal was cut up to change 2" in refused.stderr


def test_answers_come_in_the_order_of_the_questions_from_and_to_pipes(sngi: Run, served: Path) -> None:
    lines = [QUESTION, b"{", b'{"nmae": "x"}', b"\xff\xfe", b'{"birth_name": "' + b"A" * 10_000_000 + b'"}', QUESTION]
    done = sngi("identify", "-", stdin=gzip.compress(b"\n".join(lines)))
    outcomes = [json.loads(line)["outcome"] for line in done.stdout.splitlines()]
    assert outcomes == ["identified", "invalid", "invalid", "invalid", "invalid", "identified"]
    assert done.returncode == 0


def test_a_truncated_gzip_answers_what_was_read_and_fails(sngi: Run, served: Path) -> None:
    questions = b"\n".join(QUESTION[:-1] + b', "reference": "%d"}' % number for number in range(3000))
    done = sngi("identify", "-", stdin=gzip.compress(questions)[:-20])
    assert done.returncode == 1
    assert b"cut short" in done.stderr
    assert len(done.stdout.splitlines()) > 0


def test_a_truncated_register_leaves_the_served_index_untouched_and_no_orphan(
    sngi: Run, served: Path, tmp_path: Path
) -> None:
    before = index_names(sngi("index", "list").stdout)
    broken = tmp_path / "broken.gz"
    broken.write_bytes(gzip.compress(b"\n".join(demo_lines()))[:-30])
    assert sngi("index", "build", str(broken)).returncode == 1
    assert index_names(sngi("index", "list").stdout) == before
    assert len(list((tmp_path / "data/indexes").glob("identities-*"))) == 1


def test_refused_lines_are_reported_by_number_and_reason_without_values(sngi: Run, register: str) -> None:
    lines = [
        *demo_lines(),
        b'{"id": "P001"}',
        b'{"id": "X1", "birth_date": "1956-02-30"}',
        b'{"id": "X2", "nom": "QUIDAM"}',
    ]
    done = sngi("index", "build", "-", stdin=b"\n".join(lines))
    report = done.stderr.decode()
    assert done.returncode == 0
    for expected in ("id: repeated: line 29", "birth_date: impossible date: line 30", "unknown field: line 31"):
        assert expected in report
    assert "QUIDAM" not in report
    assert "1956-02-30" not in report


def test_too_many_refused_lines_stop_the_build(sngi: Run, served: Path) -> None:
    before = sngi("index", "list").stdout
    done = sngi("index", "build", "-", "--max-errors", "2", stdin=b"\n".join([*demo_lines(), b"?", b"?", b"?"]))
    assert done.returncode == 1
    assert b"3 of 31 lines" in done.stderr
    assert sngi("index", "list").stdout == before


def test_questions_before_any_build_fail_clearly(sngi: Run) -> None:
    done = sngi("identify", "-", stdin=QUESTION)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"points at no index" in done.stderr


def test_a_csv_with_a_map_is_answered(sngi: Run, served: Path, tmp_path: Path) -> None:
    table = tmp_path / "map.toml"
    columns = 'birth_name = "Nom"\ngiven_names = "Prénom"\nbirth_date = "Né le"\n"birth_place.label" = "À"\n'
    table.write_text('separator = ";"\ndate_format = "DD/MM/YYYY"\n[columns]\n' + columns)
    rows = "Nom;Prénom;Né le;À\nLE GOFF;Yann;04/03/1956;Brest\nLE GOFF\n".encode()
    done = sngi("identify", "-", "--format", "csv", "--map", str(table), stdin=rows)
    assert [json.loads(line)["outcome"] for line in done.stdout.splitlines()] == ["identified", "invalid"]


def test_an_explanation_names_each_candidate(sngi: Run, served: Path) -> None:
    done = sngi("explain", "-", stdin=QUESTION)
    assert done.returncode == 0
    assert b"P001" in done.stdout
    assert sngi("explain", "{").returncode == 2


def test_the_demo_shows_its_declarations_twice_alike(sngi: Run) -> None:
    first, second = sngi("demo"), sngi("demo")
    assert first.returncode == second.returncode == 0
    assert b"11 of 16 identified" in second.stdout
    assert b"IDENTIFIE_AVEC_ECARTS" in second.stdout
    assert len(index_names(sngi("index", "list").stdout)) == 1


def test_an_invented_dsn_is_identified_into_a_report(sngi: Run, tmp_path: Path) -> None:
    done = sngi("dsn", "invent", str(tmp_path / "in"), "--individuals", "300", "--persons", "500")
    assert done.returncode == 0
    missing = sngi("dsn", "identify", str(tmp_path / "in/payroll.dsn"), "-o", str(tmp_path / "out"))
    assert (missing.returncode, b"points at no index" in missing.stderr) == (1, True)
    sngi("index", "build", str(tmp_path / "in/register.ndjson.gz"))
    whole = (tmp_path / "in/payroll.dsn").read_bytes()
    done = sngi("dsn", "identify", "-", "-o", str(tmp_path / "out"), stdin=gzip.compress(whole))
    assert (done.returncode, b"IDENTIFIE" in done.stdout) == (0, True)
    truth = [json.loads(line) for line in (tmp_path / "in/truth.ndjson").read_bytes().splitlines()]
    outcomes = [json.loads(line) for line in (tmp_path / "out/outcomes.jsonl").read_bytes().splitlines()]
    assert [one["line"] for one in outcomes] == [one["line"] for one in truth]
    wrong_ones = [one["outcome"] for one, said in zip(outcomes, truth, strict=True) if said["truth"] is None]
    assert not {"IDENTIFIE", "NIR_RECTIFIE"} & set(wrong_ones)


def test_a_file_whose_name_is_not_in_utf_8_has_its_report(sngi: Run, served: Path, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"f\xe9vrier.dsn")
    file.write_bytes(demo_dsn())
    done = sngi("dsn", "identify", str(file), "-o", str(tmp_path / "out"))
    assert done.returncode == 0
    assert json.loads((tmp_path / "out/totals.json").read_bytes())["file"] == "f\ufffdvrier.dsn"


def test_a_damaged_or_foreign_file_fails_clearly(sngi: Run, served: Path, register: str, tmp_path: Path) -> None:
    cut = sngi("dsn", "identify", "-", "-o", str(tmp_path / "out"), stdin=gzip.compress(demo_dsn())[:-20])
    assert (cut.returncode, b"damaged after line" in cut.stderr) == (1, True)
    assert (tmp_path / "out/report.html").is_file()
    foreign = sngi("dsn", "identify", register, "-o", str(tmp_path / "other"))
    assert (foreign.returncode, b"no line of this file is a rubric" in foreign.stderr) == (1, True)
    absent = sngi("dsn", "identify", str(tmp_path / "absent"), "-o", str(tmp_path / "other"))
    assert (absent.returncode, b"cannot be read" in absent.stderr) == (1, True)
    assert sngi("dsn", "identify", register).returncode == 2


def test_without_access_control_only_loopback_is_served(sngi: Run) -> None:
    done = sngi("serve", "--host", "0.0.0.0")
    assert done.returncode == 2
    assert b"access control is off" in done.stderr


def test_a_bad_setting_stops_the_start() -> None:
    command = [sys.executable, "-m", "cli.main", "index", "list"]
    done = subprocess.run(command, env=os.environ | {"SNGI_ENGINE": "lucene"}, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"engine" in done.stderr

"""Files that are small, and ask for much: memory, time, depth, or what is not theirs."""

import gzip
import resource
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from api.organisms import BadOrganisms, read_organisms
from dsn.lines import unzipped
from dsn.reader import Reader
from identification.questions import read_line, read_question
from indexer.lines import LineSource
from indexer.sources import read_source
from indexer.tables import BadTable, TableMap, read_map
from nomenclature.official import NotAnEnsemble, read_ensemble
from tests.hostile.readers import TABLE, lines, zipped
from tests.nomenclature.official_zip import COMMUNES, TABLES

_CHUNK = bytes(1 << 20)


def grown_mb(work: Callable[[], object]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def bomb(folder: Path, megabytes: int, line: bytes = b"") -> Path:
    path = folder / "bomb.gz"
    with gzip.open(path, "wb", 9) as file:
        for _ in range(megabytes):
            file.write(line * (len(_CHUNK) // len(line)) if line else _CHUNK)
    return path


def test_a_gzip_register_of_one_endless_line_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = bomb(tmp_path, 500)

    def read() -> None:
        with LineSource(str(path), 1_000_000) as found:
            assert [line.data for line in found] == [None]

    assert grown_mb(read) < 30


def test_a_gzip_payroll_file_that_grows_as_no_text_does_is_given_up(tmp_path: Path) -> None:
    path = bomb(tmp_path, 300)

    def read() -> None:
        with path.open("rb") as file:
            reader = Reader(unzipped(file))
            assert list(reader) == []
            assert str(reader.broken) == "the gzip file grows as no text does"

    assert grown_mb(read) < 30


def packed(folder: Path, content: bytes) -> Path:
    path = folder / "cog_ensemble_2025_csv.zip"
    path.write_bytes(content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(NotAnEnsemble) as refused:
        read_ensemble(path, lambda rows: None)
    return str(refused.value)


def test_a_zip_of_a_table_of_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("v_commune_2025.csv", "w") as member:
            for _ in range(200):
                member.write(_CHUNK)
    assert grown_mb(lambda: refusal(path)) < 30


def test_a_zip_of_many_tables_of_one_name_is_counted_as_a_whole(tmp_path: Path) -> None:
    rows = COMMUNES.splitlines()[0] + "\n" + "COM,\n" * 4_000_000
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = packed(tmp_path, zipped([("v_commune_2025.csv", rows)] * 3))
    del rows
    started = time.thread_time()
    assert "rows" in refusal(path)
    assert grown_mb(lambda: refusal(path)) < 1_500
    assert time.thread_time() - started < 60


def _lying(content: bytes, said: int) -> bytes:
    """Change the sizes that the zip says of its first file, in both places."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        true = archive.infolist()[0].file_size.to_bytes(4, "little")
    return content.replace(true, said.to_bytes(4, "little"))


@pytest.mark.parametrize("said", [0, 1, 0xFFFFFFF0])
def test_a_zip_that_lies_about_sizes_is_refused(tmp_path: Path, said: int) -> None:
    assert refusal(packed(tmp_path, _lying(zipped(TABLES.items()), said)))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_in_another_way_is_refused(tmp_path: Path, method: int) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("v_commune_2025.csv", COMMUNES)
    assert "another way" in refusal(path)


def test_no_name_in_a_zip_leads_out_of_it(tmp_path: Path) -> None:
    """Nothing is unpacked to the disk: a path in a name is no part of what is looked at."""
    tables = [(f"../../{name}", text) for name, text in TABLES.items()] + [("/etc/v_commune_2025.csv/..", "x")]
    folder = tmp_path / "in"
    folder.mkdir()
    assert read_ensemble(packed(folder, zipped(tables)), lambda rows: None).edition.name == "cog-2025"
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "cog_ensemble_2025_csv.zip"]


ENDLESS = {
    "a list in a list": "x = " + "[" * 5_000,
    "a table in a table": "x = " + "{a=" * 5_000,
    "a number of digits": "x = " + "9" * 10_000,
    "a name of names": "a." * 5_000 + "a = 1",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_a_toml_file_without_end_is_refused_as_any_other(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(BadTable):
        read_map(path)
    with pytest.raises(BadOrganisms):
        read_organisms(text)


ENCODINGS = ("utf-16", "utf-32", "hex", "zip", "bz2", "rot13", "undefined", "idna", "punycode", "utf-9", "\0", "")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_map_names_an_encoding_of_text_by_lines(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "map.toml"
    path.write_bytes(b"encoding = " + orjson.dumps(encoding))
    with pytest.raises(BadTable):
        read_map(path)


@pytest.mark.parametrize("line", [b"1,+2AA-", b"1,\\ud800", b"1,\\N{x", b"1,~{\xff", b"1,\x1b$B\xff", b"1,+"])
@pytest.mark.parametrize("encoding", ["utf-7", "unicode_escape", "hz", "iso2022_jp", "cp1252", "big5"])
def test_what_an_encoding_cannot_say_is_a_row_that_cannot_be_read(encoding: str, line: bytes) -> None:
    for _, read in read_source(lines(b"id,birth_name\n" + line), "csv", TableMap(encoding=encoding)):
        try:
            str(read().birth_name).encode()
        except Exception as refused:
            assert type(refused).__name__ == "UnreadableRecord"


@pytest.mark.parametrize("said", ["5", '["id"]', "true", "{}"])
def test_a_map_of_other_types_is_refused(tmp_path: Path, said: str) -> None:
    path = tmp_path / "map.toml"
    for field in ("separator", "encoding", "date_format", "numbered", "columns", "split"):
        path.write_text(f"{field} = {said}")
        with suppress(BadTable):
            list(read_source(lines(TABLE), "csv", read_map(path)))


JSON_BOMBS: dict[str, bytes] = {
    "depth": b"[" * 400_000 + b"]" * 400_000,
    "depth of objects": b'{"birth_place":' * 60_000 + b"1" + b"}" * 60_000,
    "a huge number": b'{"sex": ' + b"9" * 900_000 + b"}",
    "a huge exponent": b'{"sex": 1e999999}',
    "not a number": b'{"sex": NaN}',
    "infinity": b'{"sex": -Infinity}',
    "half a surrogate": b'{"birth_name": "\\ud800"}',
    "surrogates in UTF-8": b'{"birth_name": "\xed\xa0\x80"}',
    "UTF-16": '{"birth_name": "A"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"birth_name": "A"}',
    "gzip": gzip.compress(b'{"birth_name": "A"}'),
    "many unknown fields": orjson.dumps({f"x{number}": 0 for number in range(70_000)}),
    "many wrong items": orjson.dumps({"given_names": [0] * 300_000}),
    "many parents": orjson.dumps({"parents": [{}] * 200_000}),
    "long keys": orjson.dumps({"A" * 900_000: 1}),
}


@pytest.mark.parametrize("bomb", JSON_BOMBS.values(), ids=JSON_BOMBS)
def test_a_question_that_is_none_is_answered_shortly_and_soon(bomb: bytes) -> None:
    started = time.thread_time()
    asked = read_line(bomb)
    assert asked.errors
    assert time.thread_time() - started < 0.5
    assert len(orjson.dumps(asked.errors)) < 12_000


@pytest.mark.parametrize(
    ("twice", "read"),
    [(b'{"birth_name": "A", "birth_name": "BREL"}', "BREL"), (b'{"birth_name": "BREL", "birth_n\\u0061me": "A"}', "A")],
)
def test_of_a_field_that_is_said_twice_the_last_is_read(twice: bytes, read: str) -> None:
    query = read_line(twice).query
    assert query is not None and query.birth_name is not None
    assert query.birth_name.text == read


ODD_TEXTS = (
    "\0",
    "\x1b[31m",
    "\u202e",
    "\u200b",
    "\u0301" * 300,
    "\U0001f600" * 300,
    "\ufeff",
    "\ufffe",
    "A\0B",
    "\r\nX",
)


@pytest.mark.parametrize("text", ODD_TEXTS, ids=ascii)
@pytest.mark.parametrize("field", ["reference", "nir", "birth_name", "given_names", "birth_date", "sex"])
def test_odd_signs_are_used_or_ignored_and_never_fail(field: str, text: str) -> None:
    question: dict[str, Any] = {field: text[:64], "birth_place": {"label": text, "code": text[:100]}}
    assert read_question(question).query is not None

"""Lines of a file: numbered, bounded, from plain or gzip files, and never silently cut."""

import gzip
import io
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.lines import Line, LineSource, SourceBroken


def lines_of(path: Path, longest: int = 100) -> list[Line]:
    with LineSource(str(path), longest) as source:
        return list(source)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    return path


READ = [
    ("nothing", b"", []),
    ("one line", b"a\n", [b"a"]),
    ("no final newline", b"a\nb", [b"a", b"b"]),
    ("carriage returns", b"a\r\nb\r\n", [b"a", b"b"]),
    ("carriage return at the end", b"a\r\nb\r", [b"a", b"b"]),
    ("blank lines keep their number", b"\na\n\n\nb\n", [b"", b"a", b"", b"", b"b"]),
    ("bytes of no encoding", b"\xff\xfe\n\xe9\n", [b"\xff\xfe", b"\xe9"]),
    ("spaces are kept", b"  a \n", [b"  a "]),
    ("a zero byte", b"a\0b\n", [b"a\0b"]),
]


@pytest.mark.parametrize(("data", "lines"), [row[1:] for row in READ], ids=[row[0] for row in READ])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_lines_are_read_so(tmp_path: Path, data: bytes, lines: list[bytes], packed: bool) -> None:
    path = written(tmp_path, gzip.compress(data) if packed else data)
    assert lines_of(path) == [Line(number, line) for number, line in enumerate(lines, start=1)]


def test_gzip_files_joined_end_to_end_are_one_file(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"a\nb") + gzip.compress(b"c\nd\n"))
    assert [line.data for line in lines_of(path)] == [b"a", b"bc", b"d"]


TOO_LONG = [
    ("by one", b"12345678901\nnext\n", [None, b"next"]),
    ("by a little", b"123456789012\nnext\n", [None, b"next"]),
    ("by more than the newline", b"1234567890123\nnext\n", [None, b"next"]),
    ("by far", b"x" * 3_000_000 + b"\nnext\n", [None, b"next"]),
    ("at the end", b"first\n12345678901", [b"first", None]),
    ("twice", b"x" * 50 + b"\n" + b"y" * 50 + b"\nnext", [None, None, b"next"]),
    ("not, with its newline", b"1234567890\nnext\n", [b"1234567890", b"next"]),
    ("not, with both ends of line", b"1234567890\r\nnext\r\n", [b"1234567890", b"next"]),
    ("not, at the end", b"1234567890", [b"1234567890"]),
]


@pytest.mark.parametrize(("data", "lines"), [row[1:] for row in TOO_LONG], ids=[row[0] for row in TOO_LONG])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_line_longer_than_allowed_is_none_and_the_next_one_is_whole(
    tmp_path: Path, data: bytes, lines: list[bytes | None], packed: bool
) -> None:
    path = written(tmp_path, gzip.compress(data) if packed else data)
    assert lines_of(path, longest=10) == [Line(number, line) for number, line in enumerate(lines, start=1)]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.binary(max_size=30)), st.sampled_from([b"\n", b"\r\n"]), st.integers(1, 20))
def test_any_file_gives_its_lines_in_order(tmp_path: Path, parts: list[bytes], end: bytes, longest: int) -> None:
    parts = [part.replace(b"\n", b"").rstrip(b"\r") for part in parts]
    data = b"".join(part + end for part in parts)
    if data.startswith(b"\x1f\x8b"):
        return
    expected = [part if len(part) <= longest else None for part in parts]
    assert [line.data for line in lines_of(written(tmp_path, data), longest)] == expected


def test_a_gzip_file_cut_anywhere_is_broken(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(b"line %d\n" % number for number in range(1000)))
    for length in range(2, len(packed), 7):
        with pytest.raises(SourceBroken):
            lines_of(written(tmp_path, packed[:length]))


def test_the_lines_before_the_break_are_read(tmp_path: Path) -> None:
    whole = [b"line %d" % number for number in range(100_000)]
    packed = gzip.compress(b"\n".join(whole))
    read: list[bytes | None] = []
    with LineSource(str(written(tmp_path, packed[: len(packed) // 2])), 100) as source, pytest.raises(SourceBroken):
        for line in source:
            read.append(line.data)  # noqa: PERF401  what was read before the break counts
    assert 1000 < len(read) < len(whole)
    assert read == whole[: len(read)]


DAMAGES = [
    ("a wrong checksum", lambda packed: packed[:-8] + b"\0\0\0\0" + packed[-4:]),
    ("a wrong length", lambda packed: packed[:-4] + b"\0\0\0\0"),
    ("a damaged block", lambda packed: packed[:20] + b"\xff" * 20 + packed[40:]),
    ("an unknown method", lambda packed: packed[:2] + b"\x09" + packed[3:]),
    ("something after the end", lambda packed: packed + b"more"),
]


@pytest.mark.parametrize("damage", [row[1] for row in DAMAGES], ids=[row[0] for row in DAMAGES])
def test_a_damaged_gzip_file_is_broken(tmp_path: Path, damage: object) -> None:
    packed = gzip.compress(b"".join(b"line %d\n" % number for number in range(1000)))
    with pytest.raises(SourceBroken) as broken:
        lines_of(written(tmp_path, damage(packed)))  # type: ignore[operator]
    assert isinstance(broken.value.__cause__, (EOFError, zlib.error, OSError))


def test_a_file_that_does_not_exist_is_broken(tmp_path: Path) -> None:
    with pytest.raises(SourceBroken):
        LineSource(str(tmp_path / "missing"), 100)


def test_a_folder_is_broken(tmp_path: Path) -> None:
    with pytest.raises(SourceBroken):
        LineSource(str(tmp_path), 100)


def test_how_far_the_file_is_read_grows_to_its_size(tmp_path: Path) -> None:
    path = written(tmp_path, b"line\n" * 500_000)
    with LineSource(str(path), 100) as source:
        assert source.size_bytes == 2_500_000
        lines = iter(source)
        next(lines)
        early = source.bytes_read
        assert sum(1 for _ in lines) == 499_999
        assert early < source.bytes_read == source.size_bytes


def test_standard_input_is_read_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(b"a\nb\n")))))
    with LineSource("-", 100) as source:
        assert source.size_bytes is None
        assert [line.data for line in source] == [b"a", b"b"]

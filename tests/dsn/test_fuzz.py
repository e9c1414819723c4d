"""Whatever becomes of a file, the reader neither fails nor loses anybody."""

import io
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from dsn.individual import Individual
from dsn.lines import split_rubric
from dsn.reader import Reader
from tests.dsn_files import CLAIRE, YANN, as_bytes, demo_dsn, lines

FILES = (as_bytes(lines(YANN, CLAIRE)), as_bytes(lines(YANN, CLAIRE, between=()), "\n"), demo_dsn())
_INDIVIDUAL = b"S21.G00.30"


class Trickle:
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._stream, self._size = io.BytesIO(data), size

    def read1(self, _: int, /) -> bytes:
        return self._stream.read(self._size)


def _cut(data: bytes, chance: Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _shuffle(data: bytes, chance: Random) -> bytes:
    text = data.splitlines(keepends=True)
    chance.shuffle(text)
    return b"".join(text)


def _swap(data: bytes, chance: Random) -> bytes:
    text = data.splitlines(keepends=True)
    if len(text) > 1:
        at = chance.randrange(len(text) - 1)
        text[at : at + 2] = reversed(text[at : at + 2])
    return b"".join(text)


def _repeat(data: bytes, chance: Random) -> bytes:
    text = data.splitlines(keepends=True)
    start = chance.randrange(len(text) + 1)
    return b"".join(text[:start] + text[max(0, start - chance.randrange(20)) :])


def _drop(data: bytes, chance: Random) -> bytes:
    text = data.splitlines(keepends=True)
    return b"".join(line for line in text if chance.random() > 0.1)


def _noise(data: bytes, chance: Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        if damaged:
            damaged[chance.randrange(len(damaged))] = chance.choice(b"\0\r\n',.S9 \xc3\xe9\xff")
    return bytes(damaged)


def _recode(data: bytes, chance: Random) -> bytes:
    return data.decode("latin-1").encode(chance.choice(("utf-8", "utf-8-sig", "utf-16")))


def _unquote(data: bytes, chance: Random) -> bytes:
    return data.replace(b"'", chance.choice((b"", b'"', b" ")), chance.randrange(1, 30))


damaged_files = st.builds(
    lambda data, ways, seed: _apply(data, ways, Random(seed)),
    st.sampled_from(FILES),
    st.lists(st.sampled_from((_cut, _shuffle, _swap, _repeat, _drop, _noise, _recode, _unquote)), max_size=4),
    st.integers(0, 1 << 30),
)


def _apply(data: bytes, ways: list[object], chance: Random) -> bytes:
    for way in ways:
        assert callable(way)
        data = way(data, chance)
    return data


def _individuals(reader: Reader) -> list[Individual]:
    return [entry for entry in reader if isinstance(entry, Individual)]


@settings(max_examples=400)
@given(damaged_files | st.binary(max_size=400))
def test_every_readable_line_of_an_individual_belongs_to_exactly_one_that_comes_out(data: bytes) -> None:
    reader = Reader(io.BytesIO(data))
    found = _individuals(reader)
    rubrics = [split_rubric(line) for line in data.removeprefix(b"\xef\xbb\xbf").splitlines()]
    filled = sum(bool(rubric and rubric[0] == _INDIVIDUAL and rubric[2].strip()) for rubric in rubrics)
    assert sum(len(one.rubrics) for one in found) == filled
    assert reader.individuals == len(found)
    assert reader.structure.rubrics == sum(rubric is not None for rubric in rubrics)
    assert [one.line for one in found] == sorted({one.line for one in found})


@settings(max_examples=300)
@given(damaged_files, st.integers(1, 70))
def test_the_pieces_in_which_a_file_arrives_change_nothing(data: bytes, size: int) -> None:
    whole, trickled = Reader(io.BytesIO(data)), Reader(Trickle(data, size))
    assert _individuals(whole) == _individuals(trickled)
    assert whole.findings == trickled.findings


@settings(max_examples=300)
@given(
    st.sampled_from(FILES),
    st.lists(st.sampled_from((_cut, _shuffle, _swap, _repeat, _drop, _unquote)), max_size=3),
    st.integers(0, 1 << 30),
)
def test_blocks_read_whole_are_read_as_line_by_line(data: bytes, ways: list[object], seed: int) -> None:
    """CR alone as the end of lines sends the whole file the long way."""
    data = _apply(data, ways, Random(seed)).replace(b"\r\n", b"\n")
    short, long = Reader(io.BytesIO(data)), Reader(io.BytesIO(data.replace(b"\n", b"\r")))
    assert _individuals(short) == _individuals(long)
    assert short.findings == long.findings

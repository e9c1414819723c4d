"""A DSN file as lines, and a line as a rubric: streamed, of bounded length, whatever ends the lines."""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from typing import Protocol

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 18
LONGEST_LINE_BYTES = 10_000
_MOST_GROWTH, _ANY_GROWTH_BYTES = 200, 100_000_000
"""Declarations grow 10 to 50 times; zeros grow 1,000 times, and a job of terabytes keeps the others waiting."""
BOM = b"\xef\xbb\xbf"

_REST = rb"\d{3},'.{0,%d}'\r?\n" % (LONGEST_LINE_BYTES - 17)
RUN = re.compile(
    rb"^(?:(S(?:10\.G00\.\d\d|20\.G00\.05|21\.G00\.(?:06|11|30|31)|90\.G00\.90)\.)"
    + _REST
    + rb"(?:\1"
    + _REST
    + rb")*+"
    rb"|(?:S(?!10|20\.G00\.05|21\.G00\.(?:06|11|30|31)|90)\d\d\.G\d\d\.\d\d\." + _REST + rb")++)",
    re.M,
)
"""Lines written as they must be: of one block that is read, its name the group; or of blocks that nobody reads."""
_LOOSE = re.compile(rb"[\s\"']*(S\d\d\.G\d\d\.\d\d)\.(\d{3})\s*[,;=:]?\s*(.*)", re.DOTALL | re.IGNORECASE)
_BLOCK = re.compile(rb"S\d\d\.G\d\d\.\d\d")
_QUOTES = b"'\"`\x91\x92\xb4"

Rubric = tuple[bytes, bytes, bytes, bool]
"""Block, number in the block, raw value, and whether the line is written as it must be."""


class Stream(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class FileBroken(Exception):
    """The file cannot be read to its end. What was read before is good."""


class _Unzipped:
    """What a gzip stream holds, as long as it grows no more than text does."""

    def __init__(self, raw: io.BufferedReader) -> None:
        self._raw, self._stream, self._given = raw, gzip.GzipFile(fileobj=raw), 0

    def read1(self, size: int, /) -> bytes:
        data = self._stream.read1(size)
        self._given += len(data)
        is_long = self._given > _ANY_GROWTH_BYTES and self._raw.seekable()
        if is_long and self._given > _MOST_GROWTH * self._raw.tell():
            raise FileBroken("the gzip file grows as no text does")
        return data


def unzipped(stream: io.BufferedReader) -> Stream:
    """Return the stream itself, or what its gzip content holds."""
    zipped = stream.peek(2)[:2] == _GZIP_MAGIC
    return _Unzipped(stream) if zipped else stream


def chunks_of_lines(stream: Stream) -> Iterator[bytes]:
    """Yield the file in pieces of whole lines, the last one closed where it is not.

    LF, CRLF and CR end a line. Of a line longer than allowed, what is more than that may be left out.

    Raises:
        FileBroken: the gzip content is damaged or cut short, or the disk fails.
    """
    rest = b""
    while data := _read(stream):
        data = rest + data
        cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
        rest = data[cut:]
        if cut:
            yield data[:cut]
        if len(rest) > LONGEST_LINE_BYTES + 1:
            rest = rest[: LONGEST_LINE_BYTES + 1] + (b"\r" if rest.endswith(b"\r") else b"")
    if rest:
        yield rest.rstrip(b"\r") + b"\n"


def lines_of(data: bytes) -> list[bytes]:
    """Return lines without their ends, one that is too long cut to one byte more than allowed."""
    return [line[: LONGEST_LINE_BYTES + 1] for line in data.splitlines()]


def _read(stream: Stream) -> bytes:
    try:
        return stream.read1(_CHUNK_BYTES)  # what a damaged gzip gave before its damage is kept
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileBroken("the gzip file is damaged or cut short") from error
    except OSError as error:
        raise FileBroken(f"the file cannot be read: {error.strerror}") from error


def split_rubric(line: bytes) -> Rubric | None:
    """Return the rubric of a line, read with forgiveness; None where no rubric can be told.

    The value stands between the first and the last apostrophe, so that inner ones survive.
    """
    if line[14:16] == b",'" and line[-1:] == b"'" and line[10:11] == b"." and line[11:14].isdigit():
        block = line[:10]
        if _BLOCK.fullmatch(block):
            return block, line[11:14], line[16:-1], True
    loose = _LOOSE.fullmatch(line.replace(b"\0", b""))
    if loose is None or len(line) > LONGEST_LINE_BYTES:
        return None
    block, number, value = loose.groups()
    return block.upper(), number, _unquoted(value), False


def _unquoted(value: bytes) -> bytes:
    value = value.strip()
    for quote in (b"\xe2\x80\x98", b"\xe2\x80\x99"):
        value = value.removeprefix(quote).removesuffix(quote)
    start = 1 if value[:1] and value[:1] in _QUOTES else 0
    end = len(value) - 1 if len(value) > start and value[-1:] in _QUOTES else len(value)
    return value[start:end].strip()


def decode(raw: bytes) -> tuple[str, bool]:
    """Return a value as text, and whether it is in ISO-8859-1 as it must be.

    UTF-8 is told by its form, which ISO-8859-1 text of names never has by chance; what remains is read with the
    letters that Windows adds to ISO-8859-1, such as the ligature of CŒUR.
    """
    if raw.isascii():
        return raw.decode("ascii"), True
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    try:
        return raw.decode("cp1252"), not any("\x80" <= sign <= "\x9f" for sign in text)
    except UnicodeDecodeError:
        return text, False

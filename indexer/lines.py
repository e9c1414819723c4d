"""Lines of a file, plain or gzip, or of standard input: streamed, of bounded length, numbered."""

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Self

_GZIP_MAGIC = b"\x1f\x8b"
_BUFFER_BYTES = 1 << 20


class SourceBroken(Exception):
    """The file cannot be read to its end."""


class Line(NamedTuple):
    """One line without its end; `data` is None where it was longer than allowed."""

    number: int
    data: bytes | None


class LineSource:
    """Opens a path, or `-` for standard input, or takes what is open, and yields its lines.

    Args:
        longest_bytes: a longer line is passed over in bounded memory and yielded as None.
    Raises:
        SourceBroken: there is no such file, or its gzip stream is damaged or cut short.
    """

    def __init__(self, source: str | io.BufferedReader, longest_bytes: int) -> None:
        self._longest = longest_bytes
        self._closing = ExitStack()
        self.size_bytes: int | None = None
        if isinstance(source, io.BufferedReader):
            self._raw = source
        elif source == "-":
            self._raw = _standard_input()
        else:
            self._raw = self._closing.enter_context(_opened(Path(source)))
            self.size_bytes = Path(source).stat().st_size if Path(source).is_file() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def bytes_read(self) -> int:
        """How far the file is read, before decompression; 0 for a pipe."""
        return self._raw.tell() if self._raw.seekable() else 0

    def __iter__(self) -> Iterator[Line]:
        try:
            zipped = self._raw.peek(2)[:2] == _GZIP_MAGIC
            yield from self._lines(gzip.GzipFile(fileobj=self._raw) if zipped else self._raw)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise SourceBroken("the gzip file is damaged or cut short") from error
        except OSError as error:
            raise SourceBroken(f"the file cannot be read: {error.strerror}") from error

    def _lines(self, stream: io.BufferedReader | gzip.GzipFile) -> Iterator[Line]:
        number, most = 0, self._longest + len(b"\r\n")
        while data := stream.readline(most):
            number += 1
            complete = data.endswith(b"\n") or len(data) < most
            line = data.rstrip(b"\r\n")
            yield Line(number, line if complete and len(line) <= self._longest else None)
            while not complete and (rest := stream.readline(_BUFFER_BYTES)):
                complete = rest.endswith(b"\n")


def _opened(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise SourceBroken(f"cannot open {path}: {error.strerror}") from error


def _standard_input() -> io.BufferedReader:
    assert isinstance(sys.stdin.buffer, io.BufferedReader)
    return sys.stdin.buffer

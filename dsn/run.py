"""One file into one report: read, identify, write; the report appears whole or not at all."""

import io
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack, aclosing
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

from dsn.channel import Channel, Outcome
from dsn.lines import FileBroken, unzipped
from dsn.reader import Reader
from dsn.records import Totals
from dsn.report import ReportWriter
from identification.bulk import Others
from identification.cascade import Identifier

Progress = Callable[[int], None]


class NotADsn(Exception):
    """No line of the file is a rubric of a DSN."""

    def __init__(self) -> None:
        super().__init__("no line of this file is a rubric of a DSN")


def no_progress(individuals: int) -> None:
    """Say nothing."""


class DsnFile:
    """A DSN file opened, plain or gzip; `-` is standard input.

    `bytes_read` of `size_bytes` says how far it is read, before decompression; of a pipe nothing is known.

    Raises:
        FileBroken: there is no such file.
    """

    def __init__(self, path: str) -> None:
        self._closing = ExitStack()
        try:
            self._raw = _standard_input() if path == "-" else self._closing.enter_context(Path(path).open("rb"))
        except OSError as error:
            raise FileBroken(f"the file cannot be read: {error.strerror}") from error
        self.size_bytes = Path(path).stat().st_size if path != "-" and Path(path).is_file() else None
        self.reader = Reader(unzipped(self._raw))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def bytes_read(self) -> int:
        return self._raw.tell() if self._raw.seekable() else 0


def _standard_input() -> io.BufferedReader:
    assert isinstance(sys.stdin.buffer, io.BufferedReader)
    return sys.stdin.buffer


async def report_on(
    file: DsnFile,
    name: str,
    folder: Path,
    identifier: Identifier,
    progress: Progress = no_progress,
    others: Others | None = None,
) -> Totals:
    """Identify everybody in a file and write the report into a folder.

    `others` share the work of a long file; the report has the same bytes without them.
    `progress` is called after each batch with the number of individuals done; what it raises stops the work, and
    then nothing is left behind.

    Raises:
        NotADsn: nothing of the file can be read.
        IndexNotReady, IncompatibleBuild: nothing can be asked.
    """
    served = (await identifier.served()).stamp
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        aside = Path(mkdtemp(prefix=".part-", dir=folder))
        stack.callback(shutil.rmtree, aside)
        with ReportWriter(aside, name, file.reader) as report:
            channel, done = Channel(identifier, others), 0
            async with aclosing(channel.outcomes(file.reader)) as batches:
                async for entries in batches:
                    for entry in entries:
                        report.add(entry)
                    done += sum(isinstance(entry, Outcome) for entry in entries)
                    progress(done)
            if not file.reader.structure.rubrics:
                raise NotADsn
            totals = report.finish(channel.asked, served)
        for written in aside.iterdir():
            written.replace(folder / written.name)
    return totals

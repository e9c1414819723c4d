"""What the service does with changes that come over HTTP: as `sngi index update`, in an event loop of its own."""

import asyncio
import io
from collections.abc import Iterator

from api.changes import BodyBroken, Changed, RefusedLines, TooManyChangesRefused
from indexer.lines import LineSource, SourceBroken
from indexer.records import LONGEST_LINE_BYTES
from indexer.updating import TooManyRefused, UpdateReport, update
from retrieval.settings import EngineSettings, open_engine


class Changing:
    """Applies the changes of one body after the other; answers meanwhile come from the engine of the service."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings

    def __call__(self, body: Iterator[bytes], most_refused: int) -> Changed:
        try:
            return _changed(asyncio.run(self._update(body, most_refused)))
        except TooManyRefused as error:
            raise TooManyChangesRefused(_changed(error.report)) from error
        except SourceBroken as error:
            raise BodyBroken(str(error)) from error

    async def _update(self, body: Iterator[bytes], most_refused: int) -> UpdateReport:
        engine = open_engine(self._settings)
        try:
            with LineSource(io.BufferedReader(_Body(body)), LONGEST_LINE_BYTES) as lines:
                return await update(engine, lines, data_dir=self._settings.data_dir, most_refused=most_refused)
        finally:
            await engine.close()


class _Body(io.RawIOBase):
    """Parts of a body as a file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._rest = parts, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # BufferedReader gives a view
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = part
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _changed(report: UpdateReport) -> Changed:
    refusals = report.refusals
    return Changed(
        report.index,
        report.revision,
        refusals.lines,
        {op: report.done[op] for op in ("upsert", "delete", "merge")},
        report.skipped,
        tuple(
            RefusedLines(reason, count, tuple(refusals.numbers[reason]))
            for reason, count in refusals.by_reason.most_common()
        ),
    )

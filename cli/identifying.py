"""A file of questions into a file of answers: in order, in bounded memory, on all cores, whatever the engine does."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from cli.resuming import NOTHING_KEPT, Kept, kept_of, passed_over
from identification.bulk import Unread, answer_all, batches_of, in_order, others_of
from identification.cascade import Identifier
from identification.questions import invalid, read_line, read_question
from indexer.lines import Line, SourceBroken
from indexer.tables import QUERY_COLUMNS, BadTable, TableMap, read_table
from retrieval.settings import EngineSettings


@dataclass(slots=True)
class Counts:
    """Of the questions asked now; `kept` are answers of an earlier run."""

    kept: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers to a batch, one a line, and how often each outcome occurs."""

    lines: bytes
    outcomes: Counter[str]


async def identify_file(
    identifier: Identifier,
    settings: EngineSettings,
    lines: Iterable[Line],
    output: str,
    format_: str,
    table: TableMap,
    workers: int = 1,
    resume: bool = False,
    progress: Callable[[int], None] = lambda answered: None,
) -> Counts:
    """Answer every line in its place; one that cannot be read gives an `invalid` answer, a lost engine `failed` ones.

    Stopped by a signal it says so, and the answers end with a whole one.

    Args:
        resume: keep the answers that the file has, up to the first that is cut off or `failed`, and go on there.
    Raises:
        IndexNotReady, IncompatibleBuild, OtherQuestions: before anything is written.
        BadTable, SourceBroken: the file cannot be read to its end; what was read is answered.
    """
    await identifier.served()
    kept = kept_of(Path(output)) if resume else NOTHING_KEPT
    counts, started = Counts(kept.answers), time.perf_counter()
    questions = Questions(_from_csv(lines, table) if format_ == "csv" else _from_ndjson(lines))
    unread = passed_over(kept, iter(questions))
    answers = in_order(identifier, _answered, batches_of(unread), others_of(settings, workers))
    with _opened(output, kept) as file:
        try:
            async with aclosing(answers):
                async for answered in answers:
                    file.write(answered.lines)
                    counts.outcomes.update(answered.outcomes)
                    progress(counts.outcomes.total())
        except (KeyboardInterrupt, asyncio.CancelledError):
            counts.is_stopped = True
    counts.seconds = time.perf_counter() - started
    if questions.broken is not None:
        raise questions.broken
    return counts


async def _answered(identifier: Identifier, batch: list[Unread]) -> Answered:
    answers = await answer_all(identifier, [read() for read in batch])
    lines = b"".join(answer.to_json() + b"\n" for answer in answers)
    return Answered(lines, Counter(answer.outcome for answer in answers))


class Questions:
    """The questions of a file. One that breaks off ends early, and its error is kept: what was read is answered."""

    def __init__(self, questions: Iterator[Unread]) -> None:
        self._questions = questions
        self.broken: BadTable | SourceBroken | None = None

    def __iter__(self) -> Iterator[Unread]:
        try:
            yield from self._questions
        except (BadTable, SourceBroken) as error:
            self.broken = error


def _from_ndjson(lines: Iterable[Line]) -> Iterator[Unread]:
    for _, data in lines:
        if data is None:
            yield partial(invalid, "too_long")
        elif data.strip():
            yield partial(read_line, data)


def _from_csv(lines: Iterable[Line], table: TableMap) -> Iterator[Unread]:
    for row in read_table(lines, table, QUERY_COLUMNS):
        yield partial(invalid, "unreadable_row") if row.data is None else partial(read_question, row.data)


@contextmanager
def _opened(output: str, kept: Kept) -> Iterator[BinaryIO]:
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with Path(output).open("r+b" if kept.answers else "wb") as file:
            file.truncate(kept.size_bytes)
            file.seek(kept.size_bytes)
            yield file

"""A file of questions into a file of answers: in order, in bounded memory, whatever happens to the engine."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from identification.answers import Answer, failed_answer
from identification.cascade import Identifier
from identification.questions import Asked, invalid, read_line, read_question
from indexer.lines import Line, SourceBroken
from indexer.tables import QUERY_COLUMNS, BadTable, TableMap, read_table
from retrieval.protocol import EngineError, EngineUnavailable, IndexGone

_BATCH = 200


@dataclass(slots=True)
class Counts:
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


async def identify_file(
    identifier: Identifier,
    lines: Iterable[Line],
    output: str,
    format_: str,
    table: TableMap,
    progress: Callable[[int], None],
) -> Counts:
    """Answer every line in its place; one that cannot be read gives an `invalid` answer, a lost engine `failed` ones.

    Raises:
        IndexNotReady, IncompatibleBuild: before anything is written.
        BadTable, SourceBroken: the file cannot be read to its end; what was read is answered.
    """
    await identifier.served()
    counts, started = Counts(), time.perf_counter()
    questions = _from_csv(lines, table) if format_ == "csv" else _from_ndjson(lines)
    with _opened(output) as answers:
        for batch in _batches(questions):
            for answer in await _answer(identifier, batch):
                answers.write(answer.to_json() + b"\n")
                counts.outcomes[answer.outcome] += 1
            progress(counts.outcomes.total())
    counts.seconds = time.perf_counter() - started
    return counts


async def _answer(identifier: Identifier, batch: Sequence[Asked]) -> Sequence[Answer]:
    try:
        return await identifier.identify(batch)
    except (EngineUnavailable, EngineError, IndexGone):
        return [failed_answer(asked, identifier.model.version) for asked in batch]


def _batches(questions: Iterator[Asked]) -> Iterator[list[Asked]]:
    """Yield full batches; a file that breaks off gives the questions read before, then its error."""
    broken: BadTable | SourceBroken | None = None
    while True:
        batch: list[Asked] = []
        try:
            for asked in islice(questions, _BATCH):
                batch.append(asked)  # noqa: PERF402  # what was read before a break is kept
        except (BadTable, SourceBroken) as error:
            broken = error
        if batch:
            yield batch
        if broken is not None:
            raise broken
        if not batch:
            return


def _from_ndjson(lines: Iterable[Line]) -> Iterator[Asked]:
    for _, data in lines:
        if data is None:
            yield invalid("too_long")
        elif data.strip():
            yield read_line(data)


def _from_csv(lines: Iterable[Line], table: TableMap) -> Iterator[Asked]:
    for row in read_table(lines, table, QUERY_COLUMNS):
        yield read_question(row.data) if row.data is not None else invalid("unreadable_row")


@contextmanager
def _opened(output: str) -> Iterator[BinaryIO]:
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with Path(output).open("wb") as file:
            yield file

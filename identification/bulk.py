"""Questions by the batch, however many: answered in their order, on one core or on all of them, in bounded memory."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar

from identification.answers import Answer, failed_answer
from identification.cascade import Identifier
from identification.questions import Asked
from retrieval.protocol import EngineError, EngineUnavailable, IndexGone
from retrieval.settings import EngineSettings, open_engine

BATCH = 400
_ASKED_TOGETHER = 200
_BATCHES_AHEAD = 2
"""For each process, beside the one that it answers."""
T = TypeVar("T")
R = TypeVar("R")
Unread = Callable[[], Asked]
"""What reads one question; it can be sent to another process."""


async def answer_all(identifier: Identifier, asked: Sequence[Asked]) -> Sequence[Answer]:
    """Answer each question in its place; a lost engine gives `failed` answers, to be asked again.

    Parts of a batch are under way together: the engine searches for one while another is scored.
    """
    parts = await asyncio.gather(*(_answer(identifier, part) for part in batches_of(asked, _ASKED_TOGETHER)))
    return [answer for part in parts for answer in part]


async def _answer(identifier: Identifier, asked: Sequence[Asked]) -> Sequence[Answer]:
    try:
        return await identifier.identify(asked)
    except (EngineUnavailable, EngineError, IndexGone):
        return [failed_answer(one, identifier.model.version) for one in asked]


class Identifiers:
    """Processes that keep an identifier each. To be closed, or used as a context.

    Args:
        workers: how many processes.
    """

    def __init__(self, settings: EngineSettings, workers: int) -> None:
        self._most_under_way = workers * (1 + _BATCHES_AHEAD)
        self._pool = ProcessPoolExecutor(workers, get_context("spawn"), _open, (settings,))

    def __enter__(self) -> "Identifiers":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def map(self, work: Callable[[list[T]], R], batches: Iterable[list[T]]) -> Iterator[R]:
        """Yield what `work` makes of each batch, in order; no more batches are read than are under way.

        Args:
            work: a function of a module; it finds the identifier of its process by `of_this_process`.
        """
        under_way: deque[Future[R]] = deque()
        for batch in batches:
            under_way.append(self._pool.submit(work, batch))
            if len(under_way) >= self._most_under_way:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


_kept: list[tuple[asyncio.Runner, Identifier]] = []


def _open(settings: EngineSettings) -> None:
    _kept.append((asyncio.Runner(), Identifier(open_engine(settings), data_dir=settings.data_dir)))


def of_this_process() -> tuple[asyncio.Runner, Identifier]:
    """Return the identifier of a process of `Identifiers`, and the loop on which it runs."""
    return _kept[0]


def batches_of(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch

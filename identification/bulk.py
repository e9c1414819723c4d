"""Questions by the batch, however many: answered in their order, on one core or on all of them, in bounded memory."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar

from identification.answers import Answer
from identification.cascade import Identifier
from identification.questions import Asked
from identification.together import together
from retrieval.settings import EngineSettings, open_engine

BATCH = 400
_ASKED_TOGETHER = 200
_BATCHES_AHEAD = 2
"""For each process, beside the one that it answers."""
_BATCHES_ANSWERED_HERE = 10
"""A short file is answered before other processes would have started."""
T = TypeVar("T")
R = TypeVar("R")
Unread = Callable[[], Asked]
"""What reads one question; it can be sent to another process."""


async def answer_all(identifier: Identifier, asked: Sequence[Asked]) -> Sequence[Answer]:
    """Answer each question in its place; a lost engine gives `failed` answers, to be asked again.

    Parts of a batch are under way together: the engine searches for one while another is scored.
    """
    async with together() as begun:
        parts = [begun.create_task(identifier.find_or_fail(part)) for part in batches_of(asked, _ASKED_TOGETHER)]
    return [finding.answer for part in parts for finding in part.result()]


class ProcessLost(Exception):
    """One of the processes that share the work was killed."""

    def __init__(self) -> None:
        super().__init__("a process that shares the work was killed, perhaps for want of memory")


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
        return (answered.result() for answered in self.submit_all(work, batches))

    def submit_all(self, work: Callable[[list[T]], R], batches: Iterable[list[T]]) -> Iterator[Future[R]]:
        """As `map`, for a caller who waits in another way."""
        under_way: deque[Future[R]] = deque()
        for batch in batches:
            under_way.append(self._pool.submit(work, batch))
            if len(under_way) >= self._most_under_way:
                yield under_way.popleft()
        yield from under_way


Others = Callable[[], Identifiers]


def others_of(settings: EngineSettings, workers: int) -> Others | None:
    """Return what opens the processes that share the work with this one; None where it works alone."""
    return partial(Identifiers, settings, workers) if workers > 1 else None


async def in_order(
    identifier: Identifier,
    work: Callable[[Identifier, list[T]], Awaitable[R]],
    batches: Iterable[list[T]],
    others: Others | None,
) -> AsyncGenerator[R, None]:
    """Yield what `work` makes of each batch, in order: the first ones here, what is more in other processes.

    Args:
        work: a function of a module, to be named in another process.
        batches: read as the work goes on, no further than what is under way.
    Raises:
        ProcessLost: after what was done before.
    """
    coming = iter(batches)
    for batch in islice(coming, _BATCHES_ANSWERED_HERE if others else None):
        yield await work(identifier, batch)
    more = next(coming, None)
    if others and more is not None:
        with others() as identifiers:
            try:
                for answered in identifiers.submit_all(partial(_work_here, work), chain([more], coming)):
                    yield await asyncio.wrap_future(answered)
            except BrokenProcessPool as error:  # where a batch is awaited, or the next one is sent
                raise ProcessLost from error


def _work_here(work: Callable[[Identifier, list[T]], Awaitable[R]], batch: list[T]) -> R:
    runner, identifier = of_this_process()

    async def worked() -> R:
        return await work(identifier, batch)

    return runner.run(worked())


_kept: list[tuple[asyncio.Runner, Identifier]] = []


def _open(settings: EngineSettings) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C comes to all processes, and the parent ends this one
    Thread(target=_end_with_parent, daemon=True).start()
    _kept.append((asyncio.Runner(), Identifier(open_engine(settings), data_dir=settings.data_dir)))


def _end_with_parent() -> None:
    """A parent that is killed tells nobody, and its pool would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def of_this_process() -> tuple[asyncio.Runner, Identifier]:
    """Return the identifier of a process of `Identifiers`, and the loop on which it runs."""
    return _kept[0]


def batches_of(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch

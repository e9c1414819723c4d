"""Questions that come one at a time, from many: those that wait at one moment are searched together.

A question that comes alone is asked at once. While searches are under way the next ones wait, and go together when
one of these ends: the more is asked, the more questions share a search, and the less each costs. Whom a question meets
in its batch changes no answer.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field

from identification.cascade import Finding, Identifier, let_others_go
from identification.questions import Asked
from mappings.build import IncompatibleBuild
from retrieval.protocol import EngineUnavailable, IndexGone, IndexNotReady

_MOST_TOGETHER = 16
"""A question waits for all that is compared for those beside it."""
_MOST_UNDER_WAY = 2
_NOTHING_CAN_BE_ASKED = (EngineUnavailable, IndexGone, IndexNotReady, IncompatibleBuild)


class Unanswered(Exception):
    """What asked for this question ended, and nobody says why: a library that broke, or the end of the service."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A question, where its caller waits for what is found, and the context in which it was asked."""

    asked: Asked
    finding: asyncio.Future[Finding]
    context: Context = field(default_factory=copy_context)

    @property
    def is_given_up(self) -> bool:
        return self.finding.cancelled()

    def has(self, finding: Finding) -> None:
        if not self.finding.done():
            self.finding.set_result(finding)

    def failed(self, error: Exception) -> None:
        if not self.finding.done():
            self.finding.set_exception(error)


class Gatherer:
    """Asks an identifier for callers who have one question each. To be closed before its engine."""

    def __init__(self, identifier: Identifier) -> None:
        self._identifier = identifier
        self._waiting: deque[_Waiting] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def find(self, asked: Asked) -> Finding:
        """Answer a question, and say how. Raises Unanswered, and what `Identifier.find` raises."""
        if self._is_closed:
            raise Unanswered
        loop = asyncio.get_running_loop()
        waiting = _Waiting(asked, loop.create_future())
        self._waiting.append(waiting)
        loop.call_soon(self._begin)  # with all who come at this moment
        return await waiting.finding

    async def close(self) -> None:
        """End what is under way; whoever waits is told `Unanswered`."""
        self._is_closed = True
        while self._waiting:
            self._waiting.popleft().failed(Unanswered())
        tasks = tuple(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self) -> None:
        while len(self._under_way) < _MOST_UNDER_WAY and not self._is_closed and (batch := self._next_batch()):
            task = asyncio.create_task(self._answer(batch), context=batch[0].context)
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < _MOST_TOGETHER:
            waiting = self._waiting.popleft()
            if not waiting.is_given_up:
                batch.append(waiting)
        return batch

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # was told to the callers: asyncio would print it, with what it may quote
        self._begin()

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        """Tell each what was found, or why nothing was; what breaks on one question is told to its caller alone."""
        try:
            findings = await self._identifier.find([waiting.asked for waiting in batch], let_others_go())
            for waiting, finding in zip(batch, findings, strict=True):
                waiting.has(finding)
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, _NOTHING_CAN_BE_ASKED):
                await self._answer_each(batch)
            else:
                for waiting in batch:
                    waiting.failed(error)
        finally:
            for waiting in batch:
                waiting.failed(Unanswered())

    async def _answer_each(self, batch: Sequence[_Waiting]) -> None:
        for waiting in batch:
            if not waiting.is_given_up:
                await asyncio.create_task(self._answer([waiting]), context=waiting.context)

"""Questions that come one at a time, from many: those that wait at one moment are searched together.

A question that comes alone is asked at once. While searches are under way the next ones wait, and go together when
one of these ends: the more is asked, the more questions share a search, and the less each costs. Whom a question meets
in its batch changes no answer.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from identification.cascade import Finding, Identifier, let_others_go
from identification.questions import Asked
from mappings.build import IncompatibleBuild
from retrieval.protocol import EngineError, EngineUnavailable, IndexGone, IndexNotReady

_MOST_TOGETHER = 16
"""A question waits for all that is compared for those beside it: some 5 ms for so many."""
_MOST_UNDER_WAY = 2
_NOTHING_CAN_BE_ASKED = (EngineUnavailable, EngineError, IndexGone, IndexNotReady, IncompatibleBuild)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A question, and where its caller waits for what is found."""

    asked: Asked
    finding: asyncio.Future[Finding]

    @property
    def is_given_up(self) -> bool:
        return self.finding.cancelled()

    def has(self, finding: Finding) -> None:
        if not self.is_given_up:
            self.finding.set_result(finding)

    def failed(self, error: Exception) -> None:
        if not self.is_given_up:
            self.finding.set_exception(error)


class Gatherer:
    """Asks an identifier for callers who have one question each."""

    def __init__(self, identifier: Identifier) -> None:
        self._identifier = identifier
        self._waiting: deque[_Waiting] = deque()
        self._under_way: set[asyncio.Task[None]] = set()

    async def find(self, asked: Asked) -> Finding:
        """Answer a question, and say how. Raises what `Identifier.find` raises."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(asked, loop.create_future())
        self._waiting.append(waiting)
        loop.call_soon(self._begin)  # with all who come at this moment
        return await waiting.finding

    def _begin(self) -> None:
        while self._waiting and len(self._under_way) < _MOST_UNDER_WAY:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_TOGETHER))]
            task = asyncio.create_task(self._answer([waiting for waiting in batch if not waiting.is_given_up]))
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        """Tell each what was found, or why nothing was; what breaks on one question is told to its caller alone."""
        try:
            findings = await self._identifier.find([waiting.asked for waiting in batch], let_others_go())
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, _NOTHING_CAN_BE_ASKED):
                for waiting in batch:
                    await self._answer([waiting])
                return
            for waiting in batch:
                waiting.failed(error)
        else:
            for waiting, finding in zip(batch, findings, strict=True):
                waiting.has(finding)

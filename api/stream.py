"""`POST /v1/identify/stream`: questions and answers as lines, both at once, however many.

No more is read of a client than it takes of the answers: memory stays bounded, and a client that stops reading stops
being read. Questions that have arrived are answered at once, two batches at a time: the engine searches for one while
the other is scored. A service that is told to end reads no more, answers what it has read, and ends the answers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import structlog
from fastapi import Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from api.access import BulkCall, Call
from api.connections import LEAVING
from api.lanes import Lanes
from api.quota import TooMany, worth
from api.release import released
from api.schemas import NDJSON
from audit.ledger import AuditUnavailable
from identification.cascade import Finding, Identifier
from identification.questions import LONGEST_LINE_BYTES, Asked, invalid, read_line

BATCH = 100
"""Questions answered together: their scoring holds the event loop for some 30 ms at most."""
_BATCHES_UNDER_WAY = 2
T = TypeVar("T")
R = TypeVar("R")
log = structlog.get_logger()


async def identify_stream(request: Request, call: BulkCall) -> Response:
    identifier: Identifier = request.app.state.identifier
    await identifier.served()
    pause_s: float = request.app.state.settings.stream_pause_s
    lanes: Lanes = request.app.state.lanes
    leaving: asyncio.Event = getattr(request.state, LEAVING, None) or asyncio.Event()
    return AnswerStream(lambda receive: _answered(identifier, lanes, call, batches(receive, pause_s, leaving)))


class AnswerStream(Response):
    """A response that is written while its request is read: nothing else may listen to the client meanwhile."""

    def __init__(self, answer: Callable[[Receive], AsyncIterator[bytes]]) -> None:
        super().__init__(media_type=NDJSON)
        del self.headers["content-length"]
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for part in self._answer(receive):
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except ClientDisconnect:
            log.info("stream_left_by_client")
        except TimeoutError:
            log.info("stream_left_idle")


def _log_failure(error: Exception) -> None:
    log.warning("search_failed", error=type(error).__name__)


async def _answered(
    identifier: Identifier, lanes: Lanes, call: Call, batches: AsyncIterator[Sequence[Asked]]
) -> AsyncIterator[bytes]:
    """Yield the answers of each batch. A quota used up, or an audit that cannot be written, ends the stream."""

    async def find(batch: Sequence[Asked]) -> list[Finding]:
        await call.admit(sum(map(worth, batch)), patiently=True)
        await lanes.begin_part()
        return await identifier.find_or_fail(batch, _log_failure)

    try:
        async for findings in overlapping(find, batches, _BATCHES_UNDER_WAY):
            yield b"".join(line + b"\n" for line in await released(call, findings))
    except (TooMany, AuditUnavailable) as error:
        log.warning("stream_ended_early", error=type(error).__name__)
        raise


async def overlapping(
    work: Callable[[T], Coroutine[None, None, R]], items: AsyncIterator[T], most: int
) -> AsyncIterator[R]:
    """Yield what `work` makes of each item, in order, `most` items under way at once; one more is read meanwhile."""
    begun: asyncio.Queue[asyncio.Task[R] | None] = asyncio.Queue()
    room = asyncio.Semaphore(most)

    async def begin() -> None:
        try:
            async for item in items:
                await room.acquire()
                begun.put_nowait(asyncio.create_task(work(item)))
        finally:
            begun.put_nowait(None)

    beginning = asyncio.create_task(begin())
    try:
        while (task := await begun.get()) is not None:
            yield await task
            room.release()
        await beginning
    finally:
        left: list[asyncio.Task[Any]] = [beginning, *(task for task in _drained(begun) if task)]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _drained(queue: asyncio.Queue[T]) -> Iterator[T]:
    while not queue.empty():
        yield queue.get_nowait()


async def batches(receive: Receive, pause_s: float, leaving: asyncio.Event) -> AsyncIterator[Sequence[Asked]]:
    """Yield the questions that arrive together, `BATCH` at most; blank lines say nothing.

    Once `leaving` is set no more is read: a line that has begun is not one, and will be asked again.

    Raises:
        TimeoutError: nothing came for so long: what came before is answered first.
    """
    lines = Lines(LONGEST_LINE_BYTES)
    more = True
    while more:
        async with asyncio.timeout(pause_s):
            message = await _unless(leaving, receive)
        if message is None:
            log.info("stream_ended_by_shutdown")
            return
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        more = message.get("more_body", False)
        found = lines.feed(message.get("body", b"")) + ([] if more else lines.end())
        asked = [invalid("too_long") if line is None else read_line(line) for line in found if line is None or line]
        for start in range(0, len(asked), BATCH):
            yield asked[start : start + BATCH]


async def _unless(leaving: asyncio.Event, receive: Receive) -> Message | None:
    if leaving.is_set():
        return None
    reading, told = asyncio.ensure_future(receive()), asyncio.create_task(leaving.wait())
    try:
        await asyncio.wait((reading, told), return_when=asyncio.FIRST_COMPLETED)
        return reading.result() if reading.done() else None
    finally:
        reading.cancel()
        told.cancel()


class Lines:
    """Cuts what arrives into lines; one that is longer than allowed is passed over and given as None."""

    def __init__(self, longest_bytes: int) -> None:
        self._longest = longest_bytes
        self._begun = bytearray()
        self._passing_over = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """Return the lines that these bytes end, without white space around them."""
        *ended, begun = data.split(b"\n")
        lines = [self._line(part) for part in ended]
        self._add(begun)
        return lines

    def end(self) -> list[bytes | None]:
        """Return the last line where nothing ends it."""
        return [self._line(b"")] if self._begun or self._passing_over else []

    def _line(self, rest: bytes) -> bytes | None:
        self._add(rest)
        line = None if self._passing_over else bytes(self._begun).strip()
        self._begun.clear()
        self._passing_over = False
        return line

    def _add(self, part: bytes) -> None:
        self._passing_over = self._passing_over or len(self._begun) + len(part) > self._longest
        if self._passing_over:
            self._begun.clear()
        else:
            self._begun += part

"""Who waits for whom when more is asked than one process can answer.

One event loop scores for everybody. Calls of one question come first: a part of a batch or of a stream begins when none
of them is under way, or after a moment, and lets them pass again and again while it is scored. Each lane has room for a
few calls and a short queue; what would wait too long is refused at once with 429, before its body is read into memory,
so that at three times the capacity the service still answers as much as it can and answers it in time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from math import ceil

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from api.problems import too_many_problem
from api.quota import TooMany

_RETRY_AT_MOST_S = 30
_RECENT = 0.05
"""The weight of the last call in the time that calls are said to take."""


class Busy(TooMany):
    """No room in a lane in time."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s, "The service is busy.")


@dataclass(frozen=True, slots=True)
class Room:
    """How many calls of a lane are served at once, how many may wait for that, and how long each may wait."""

    at_once: int
    most_waiting: int
    patience_s: float


class Turn:
    """A call that has a place in a lane. While it waits for its client to send on, it is not at work."""

    def __init__(self, lane: "Lane") -> None:
        self._lane = lane
        self.is_at_work = True

    def receiving(self, receive: Receive) -> Receive:
        """Return how the body of the call is read."""
        more = True

        async def received() -> Message:
            nonlocal more
            if not more:
                return await receive()
            self._set_at_work(False)
            try:
                message = await receive()
            finally:
                self._set_at_work(True)
            more = message["type"] == "http.request" and message.get("more_body", False)
            return message

        return received

    def _set_at_work(self, is_at_work: bool) -> None:
        self.is_at_work = is_at_work
        self._lane.note()


class Lane:
    """Calls of one kind in one process."""

    def __init__(self, name: str, room: Room, metrics: Metrics) -> None:
        self.name = name
        self.waiting = 0
        self._announced = 0
        self._turns = set[Turn]()
        self._counted_waiting = metrics.calls_waiting.labels(name)
        self._counted_refused = metrics.calls_refused.labels(name)
        self._room = room
        self._places = asyncio.Semaphore(room.at_once)
        self._seconds_each = 0.0
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def served(self) -> int:
        return len(self._turns)

    @property
    def is_full(self) -> bool:
        """Whether one more call could not even stand in line, once those are there that were announced."""
        return self.served + self.waiting + self._announced >= self._room.at_once + self._room.most_waiting

    def announce(self) -> None:
        """Note a call whose task is about to start: of many that come in one moment each has to see those before it."""
        self._announced += 1
        asyncio.get_running_loop().call_soon(self._announced_is_here)

    def busy(self) -> Busy:
        """Return what refuses a call: when it may come again."""
        seconds = self._seconds_each * (1 + self.waiting / self._room.at_once)
        return Busy(max(1, min(ceil(seconds), _RETRY_AT_MOST_S)))

    def count_refused(self, calls: int) -> None:
        self._counted_refused.inc(calls)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Hold a place while a call is served. Raises Busy where there is none in time."""
        turn = await self._enter()
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            yield turn
        finally:
            self._seconds_each += _RECENT * (loop.time() - started - self._seconds_each)
            self._turns.remove(turn)
            self._places.release()
            self.note()

    async def until_empty(self, patience_s: float) -> None:
        """Wait until no call is at work or in line, or until patience ends."""
        if not self._empty.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    while not self._empty.is_set():  # a call may have come between the empty lane and our turn
                        await self._empty.wait()

    async def _enter(self) -> Turn:
        if self.is_full:
            raise self.busy()
        self._wait(1)
        try:
            async with asyncio.timeout(self._room.patience_s):
                await asyncio.sleep(0)  # all that have arrived stand in line before one is served
                await self._places.acquire()
        except TimeoutError:
            raise self.busy() from None
        else:
            turn = Turn(self)
            self._turns.add(turn)
            return turn
        finally:
            self._wait(-1)

    def _wait(self, more: int) -> None:
        self.waiting += more
        self._counted_waiting.set(self.waiting)
        self.note()

    def note(self) -> None:
        """Tell whoever waits for an empty lane, after a change."""
        if self.waiting or any(turn.is_at_work for turn in self._turns):
            self._empty.clear()
        else:
            self._empty.set()

    def _announced_is_here(self) -> None:
        self._announced -= 1


UNIT = Room(at_once=32, most_waiting=8, patience_s=0.1)
"""Questions at work are searched together, so many may be: of few, each would be searched alone."""
BATCHES = Room(at_once=2, most_waiting=16, patience_s=10.0)
STREAMS = Room(at_once=32, most_waiting=0, patience_s=0.1)
_UNIT_CALLS_FIRST_S = 0.25
"""How long a part of a batch lets calls of one question pass, before it and in it; longer, and these alone could keep
it from its turn and from its end."""
_GIVES_WAY_S = 0.02
"""The same for each few questions of a part that has begun."""


class Lanes:
    """The lanes of one process."""

    def __init__(self, metrics: Metrics, unit: Room = UNIT, batches: Room = BATCHES, streams: Room = STREAMS) -> None:
        self.unit = Lane("unit", unit, metrics)
        self.batches = Lane("batch", batches, metrics)
        self.streams = Lane("stream", streams, metrics)
        self.of_path: Mapping[str, Lane] = {
            "/v1/identify": self.unit,
            "/v1/verify": self.unit,
            "/v1/explain": self.unit,
            "/v1/places": self.unit,
            "/v1/identify/batch": self.batches,
            "/v1/identify/stream": self.streams,
        }

    async def begin_part(self) -> None:
        """Wait for the moment to begin a part of a batch or of a stream."""
        await asyncio.sleep(0)  # calls that have arrived meanwhile are seen first
        await self.unit.until_empty(_UNIT_CALLS_FIRST_S)

    def giving_way(self) -> Callable[[], Awaitable[None]]:
        """Return what lets calls of one question pass in the middle of one part: for so long at a time, and in all."""
        left_s = _UNIT_CALLS_FIRST_S
        loop = asyncio.get_running_loop()

        async def give_way() -> None:
            nonlocal left_s
            await asyncio.sleep(0)
            began = loop.time()
            if left_s > 0:
                await self.unit.until_empty(min(left_s, _GIVES_WAY_S))
            left_s -= loop.time() - began

        return give_way


class InLanes:
    """ASGI middleware: each call in its lane. Most that find it full were refused at the door, as they are here."""

    def __init__(self, app: ASGIApp, lanes: Lanes) -> None:
        self._app, self._lanes = app, lanes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = self._lanes.of_path.get(scope["path"]) if scope["type"] == "http" else None
        if lane is None:
            await self._app(scope, receive, send)
            return
        try:
            async with lane.turn() as turn:
                await self._app(scope, turn.receiving(receive), send)
        except Busy as busy:
            lane.count_refused(1)
            if lane is not self._lanes.streams:
                await _pass_over(receive)
            await too_many_problem(busy)(scope, receive, send)


async def _pass_over(receive: Receive) -> None:
    """Let a client finish its request, so that it reads the refusal rather than meets a closed connection."""
    more = True
    while more:
        message: Message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)

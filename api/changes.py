"""`POST /v1/changes`: changes of the register as lines, done as `sngi index update` does those of a file.

Who may write is told by the engine: of two updates at once, of services or commands, one is told to wait.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Protocol

import orjson
import structlog
from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from api.access import AdminCall, Call
from api.problems import RETRY_AFTER, problem
from api.schemas import changes_responses, stream_body
from retrieval.protocol import AnotherUpdate

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RefusedLines:
    """Lines refused for one reason: how many, and the numbers of the first ones."""

    reason: str
    count: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of the lines. `done` counts changes by what they do, `skipped` those that had been done before."""

    index: str
    revision: int
    lines: int
    done: Mapping[str, int]
    skipped: int
    refused: tuple[RefusedLines, ...]

    def counts(self) -> dict[str, int]:
        refused = sum(one.count for one in self.refused)
        return {**self.done, "skipped": self.skipped, "refused": refused, "revision": self.revision}


class TooManyChangesRefused(Exception):
    """What was sent does not look like changes of this register; what came before is done."""

    def __init__(self, changed: Changed) -> None:
        super().__init__("too many changes are refused")
        self.changed = changed


class BodyBroken(OSError):
    """The body ended before its end, or cannot be read to it."""


class ApplyChanges(Protocol):
    """Does the changes of a body to the served index, in whatever thread it is called.

    Raises:
        AnotherUpdate: another one is under way.
        TooManyChangesRefused
        BodyBroken: what came before is done.
    """

    def __call__(self, body: Iterator[bytes], most_refused: int) -> Changed: ...


def add_change_route(app: FastAPI, apply_changes: ApplyChanges) -> None:
    async def changes(
        request: Request,
        call: AdminCall,
        max_errors: Annotated[int, Query(ge=0, description="Refused changes allowed; past it the update stops.")] = 100,
    ) -> Response:
        await call.admit(1)
        await call.audit(())  # before: whoever changes the register leaves a trace, however it ends
        body = _from_here(request.stream())
        try:
            changed = await asyncio.to_thread(apply_changes, body, max_errors)
        except TooManyChangesRefused as refused:
            return await _refused(call, "Too many changes are refused: the update stopped.", refused.changed)
        except AnotherUpdate:
            return problem(409, "Another update is under way: send the same changes again.", RETRY_AFTER)
        except BodyBroken:
            log.warning("changes_broken_off")
            return problem(422, "The body cannot be read to its end: what came before is done.")
        if changed.refused:
            return await _refused(call, "Some changes are refused; the others are done.", changed)
        await _tell(call, changed)
        return Response(orjson.dumps(changed), media_type="application/json")

    app.post(
        "/v1/changes",
        summary="Changes of the register, one a line, plain or gzip; the same body can be sent again",
        responses=changes_responses(),
        openapi_extra=stream_body(),
    )(changes)


async def _refused(call: Call, title: str, changed: Changed) -> Response:
    await _tell(call, changed)
    return problem(422, title, **asdict(changed))


async def _tell(call: Call, changed: Changed) -> None:
    log.info("changes_done", **changed.counts())
    await call.audit((), changes=changed.counts())


def _from_here(stream: AsyncIterator[bytes]) -> Iterator[bytes]:
    """Give the parts of a body that arrives in this event loop to another thread, no faster than it takes them."""
    loop = asyncio.get_running_loop()

    async def next_part() -> bytes | None:
        return await anext(stream, None)

    def parts() -> Iterator[bytes]:
        try:
            while (part := asyncio.run_coroutine_threadsafe(next_part(), loop).result()) is not None:
                yield part
        except ClientDisconnect as error:
            raise BodyBroken("the client went away") from error

    return parts()

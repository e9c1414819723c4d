"""Questions that come one at a time are searched together, and each has the answer that it has alone."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

import pytest

from cli.demo import read_declarations
from identification.cascade import Finding, GiveWay, Identifier
from identification.gathering import Gatherer, Unanswered
from identification.questions import Asked, read_question
from retrieval.embedded import EmbeddedEngine
from retrieval.protocol import Engine, EngineError, EngineUnavailable
from tests.conftest import build_lines, demo_lines

CALLER: ContextVar[str | None] = ContextVar("caller", default=None)
POISON = Asked(reference="poison")


def questions() -> list[Asked]:
    return [read_question(declaration["query"]) for declaration in read_declarations()]


class Watched(Identifier):
    """An identifier that notes its batches, and is held until the test lets it go; one question breaks it."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(EmbeddedEngine(data_dir))
        self.batches: list[list[str | None]] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.failure: BaseException | None = None
        self.breaks: type[Exception] = ZeroDivisionError
        self.callers: list[str | None] = []

    async def find(self, asked: Sequence[Asked], give_way: GiveWay | None = None) -> list[Finding]:
        self.batches.append([one.reference for one in asked])
        self.callers.append(CALLER.get())
        await self.goes_on.wait()
        if self.failure:
            raise self.failure
        if POISON in asked:
            raise self.breaks
        return await super().find(asked, give_way)


@pytest.fixture
def identifier(data_dir: Path) -> Watched:
    return Watched(data_dir)


@pytest.fixture
def gatherer(identifier: Watched) -> Gatherer:
    return Gatherer(identifier)


async def all_have_begun() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_each_has_the_answer_that_it_has_alone(engine: Engine) -> None:
    await build_lines(engine, demo_lines())
    identifier, asked = Identifier(engine), questions()
    alone = [(await identifier.identify([one]))[0].to_json() for one in asked]
    gatherer = Gatherer(identifier)
    findings = await asyncio.gather(*(gatherer.find(one) for one in asked))
    assert [finding.answer.to_json() for finding in findings] == alone


async def test_a_question_that_comes_alone_is_asked_alone(gatherer: Gatherer, identifier: Watched) -> None:
    for one in questions()[:3]:
        await gatherer.find(one)
    assert [len(batch) for batch in identifier.batches] == [1, 1, 1]


async def test_those_that_come_while_searches_are_under_way_are_asked_together(
    gatherer: Gatherer, identifier: Watched
) -> None:
    asked = [one for one in questions() if one.query][:12]
    identifier.goes_on.clear()
    calls = []
    for one in asked:
        calls.append(asyncio.create_task(gatherer.find(one)))
        await all_have_begun()
    assert [len(batch) for batch in identifier.batches] == [1, 1]
    identifier.goes_on.set()
    findings = await asyncio.gather(*calls)
    assert [len(batch) for batch in identifier.batches] == [1, 1, 10]
    assert [finding.asked.reference for finding in findings] == [one.reference for one in asked]


async def test_no_batch_is_longer_than_a_caller_would_wait_for(gatherer: Gatherer, identifier: Watched) -> None:
    await asyncio.gather(*(gatherer.find(questions()[0]) for _ in range(100)))
    assert max(len(batch) for batch in identifier.batches) == 16
    assert sum(len(batch) for batch in identifier.batches) == 100


async def test_a_lost_engine_is_told_to_all_and_not_asked_again_for_each(
    gatherer: Gatherer, identifier: Watched
) -> None:
    identifier.failure = EngineUnavailable("lost")
    failures = await asyncio.gather(*(gatherer.find(questions()[0]) for _ in range(9)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [EngineUnavailable] * 9
    assert len(identifier.batches) == 1
    identifier.failure = None
    assert (await gatherer.find(questions()[0])).answer.outcome == "identified"


class Panic(BaseException):
    """As a library raises that is not written in Python."""


async def test_nobody_is_left_waiting_where_a_library_breaks(gatherer: Gatherer, identifier: Watched) -> None:
    identifier.failure = Panic()
    async with asyncio.timeout(30):
        found = await asyncio.gather(*(gatherer.find(questions()[0]) for _ in range(40)), return_exceptions=True)
    assert [type(failure) for failure in found] == [Unanswered] * 40
    identifier.failure = None
    assert (await gatherer.find(questions()[0])).answer.outcome == "identified"


async def test_the_end_of_the_service_ends_what_is_under_way_and_asks_nothing_more(
    gatherer: Gatherer, identifier: Watched
) -> None:
    identifier.goes_on.clear()
    calls = []
    for one in questions()[:6]:
        calls.append(asyncio.create_task(gatherer.find(one)))
        await all_have_begun()
    await gatherer.close()
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(failure) for failure in found] == [Unanswered] * 6
    assert len(identifier.batches) == 2
    with pytest.raises(Unanswered):
        await gatherer.find(questions()[0])


async def test_a_batch_is_asked_in_the_context_of_its_first_caller(gatherer: Gatherer, identifier: Watched) -> None:
    async def call(one: Asked) -> None:
        CALLER.set(one.reference)
        await gatherer.find(one)

    asked = [replace(questions()[0], reference=str(number)) for number in range(40)]
    await asyncio.gather(*(asyncio.create_task(call(one)) for one in asked))
    assert len(identifier.batches) > 2
    assert identifier.callers == [batch[0] for batch in identifier.batches]


async def test_those_who_left_are_asked_for_no_more(gatherer: Gatherer, identifier: Watched) -> None:
    identifier.goes_on.clear()
    calls = []
    for one in questions()[:4]:
        calls.append(asyncio.create_task(gatherer.find(one)))
        await all_have_begun()
    for call in calls[2:]:
        call.cancel()
    identifier.goes_on.set()
    await asyncio.gather(*calls, return_exceptions=True)
    await all_have_begun()
    assert [len(batch) for batch in identifier.batches] == [1, 1]


@pytest.mark.parametrize("error", [ZeroDivisionError, EngineError])
async def test_what_breaks_on_one_question_is_told_to_its_caller_alone(
    gatherer: Gatherer, identifier: Watched, error: type[Exception]
) -> None:
    identifier.breaks = error
    asked = [questions()[0], POISON, questions()[1]]
    first, broken, last = await asyncio.gather(*(gatherer.find(one) for one in asked), return_exceptions=True)
    assert isinstance(broken, error)
    assert [found.asked.reference for found in (first, last) if isinstance(found, Finding)] == [
        asked[0].reference,
        asked[2].reference,
    ]


async def test_a_caller_who_leaves_takes_no_answer_from_the_others(gatherer: Gatherer, identifier: Watched) -> None:
    identifier.goes_on.clear()
    calls = [asyncio.create_task(gatherer.find(one)) for one in questions()[:4]]
    await all_have_begun()
    late = [asyncio.create_task(gatherer.find(one)) for one in questions()[:4]]
    await all_have_begun()
    waiting = asyncio.create_task(gatherer.find(questions()[0]))
    await all_have_begun()
    for call in (calls[1], late[2], waiting):
        call.cancel()
    identifier.goes_on.set()
    found = await asyncio.gather(*calls, *late, waiting, return_exceptions=True)
    assert sum(isinstance(one, Finding) for one in found) == 6
    assert sum(isinstance(one, asyncio.CancelledError) for one in found) == 3

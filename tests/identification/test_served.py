"""What a process keeps of the build that is served."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from identification.cascade import Identifier
from identification.pinned import Pinned
from identification.questions import read_question
from mappings.build import BuildMeta, IncompatibleBuild
from retrieval.protocol import Engine, EngineUnavailable, IndexGone, Position, TermField, WideSearch
from tests.conftest import OpenEngine, build_lines, demo_lines


class Counting(Pinned):
    """The searches of an engine, and how often statistics were asked of it."""

    loads = 0

    async def statistics(self, index: str) -> bytes | memoryview:
        self.loads += 1
        return await super().statistics(index)


async def test_questions_that_come_at_once_to_a_new_build_load_it_once(open_engine: OpenEngine, tmp_path: Path) -> None:
    engine = open_engine("opensearch")
    counting = Counting(engine, (await build_lines(engine, demo_lines())).index)
    identifier = Identifier(counting, data_dir=tmp_path)
    builds = await asyncio.gather(*(identifier.served() for _ in range(10)))
    assert {build.index for build in builds} == {await engine.served()}
    assert counting.loads == 1


class SlowToOpen(Pinned):
    """The searches of an engine, whose second build takes as long to open as the test wishes, or cannot be read."""

    is_readable = True

    def __init__(self, engine: Engine, first: str, second: str) -> None:
        super().__init__(engine, first)
        self._second = second
        self.opens = asyncio.Event()

    def swap(self) -> None:
        self._index = self._second

    async def meta(self, index: str) -> BuildMeta:
        if index == self._second:
            await self.opens.wait()
            if not self.is_readable:
                raise IncompatibleBuild(index, ("nomenclature",))
        return await super().meta(index)


@pytest.fixture
async def slow(engine: Engine) -> SlowToOpen:
    first = (await build_lines(engine, demo_lines())).index
    return SlowToOpen(engine, first, (await build_lines(engine, demo_lines())).index)


async def indexes(identifier: Identifier, calls: int = 4) -> set[str | None]:
    asked = [read_question({"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"})]
    found = await asyncio.gather(*(identifier.identify(asked) for _ in range(calls)))
    assert {answers[0].outcome for answers in found} == {"identified"}
    return {answers[0].index for answers in found}


async def test_the_last_build_answers_until_the_new_one_is_loaded(slow: SlowToOpen, tmp_path: Path) -> None:
    identifier = Identifier(slow, data_dir=tmp_path)
    first = await slow.served()
    assert await indexes(identifier) == {first}
    slow.swap()
    async with asyncio.timeout(30):
        for _ in range(3):
            assert await indexes(identifier) == {first}
    slow.opens.set()
    async with asyncio.timeout(30):
        while await indexes(identifier) == {first}:
            await asyncio.sleep(0.05)
    assert await indexes(identifier) == {await slow.served()} != {first}


async def test_a_build_that_cannot_be_read_is_not_hidden_by_the_last_one(slow: SlowToOpen, tmp_path: Path) -> None:
    identifier = Identifier(slow, data_dir=tmp_path)
    first = await slow.served()
    assert await indexes(identifier) == {first}
    slow.swap()
    slow.is_readable = False
    assert await indexes(identifier) == {first}
    slow.opens.set()
    with pytest.raises(IncompatibleBuild):
        async with asyncio.timeout(30):
            while True:
                await identifier.served()
                await asyncio.sleep(0.01)
    slow.opens.clear()
    loading_again = asyncio.create_task(identifier.served())
    await asyncio.sleep(0.5)
    assert not loading_again.done()
    slow.opens.set()
    with pytest.raises(IncompatibleBuild):
        await loading_again


async def test_where_the_last_build_is_gone_the_new_one_is_waited_for(
    slow: SlowToOpen, engine: Engine, tmp_path: Path
) -> None:
    identifier = Identifier(slow, data_dir=tmp_path)
    first = await slow.served()
    assert await indexes(identifier) == {first}
    slow.swap()
    assert await indexes(identifier) == {first}
    await engine.drop(first)
    with pytest.raises(IndexGone):
        await engine.position(first)
    waiting = asyncio.create_task(indexes(identifier))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    slow.opens.set()
    assert await waiting == {await slow.served()}


class HalfLost(Pinned):
    """The searches of an engine of which those by keys fail while the wide ones are still waiting."""

    wide_is_waiting = False

    async def holders(self, at: Position, field: TermField, terms: Sequence[str]) -> list[str]:
        await asyncio.sleep(0.01)
        if not self.wide_is_waiting:
            return await super().holders(at, field, terms)
        raise EngineUnavailable("lost")

    async def wide(self, at: Position, searches: Sequence[WideSearch], limit: int) -> list[list[str] | None]:
        self.wide_is_waiting = True
        await asyncio.sleep(60)
        return []


async def test_a_search_that_fails_leaves_no_other_one_behind(engine: Engine, tmp_path: Path) -> None:
    half_lost = HalfLost(engine, (await build_lines(engine, demo_lines())).index)
    nobody = {"birth_name": "ZZYZX", "given_names": ["IDA"], "birth_date": "1901-01-01"}
    with pytest.raises(EngineUnavailable):
        await Identifier(half_lost, data_dir=tmp_path).identify([read_question(nobody)])
    assert half_lost.wide_is_waiting
    assert asyncio.all_tasks() == {asyncio.current_task()}

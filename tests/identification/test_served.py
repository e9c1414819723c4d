"""What a process keeps of the build that is served."""

import asyncio
from pathlib import Path

from identification.cascade import Identifier
from identification.pinned import Pinned
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

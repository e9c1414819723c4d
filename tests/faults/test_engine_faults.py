"""OpenSearch dies, freezes, fills its disk or swaps in the middle of batches: healthy answers or `failed` ones."""

import asyncio
import time
from collections.abc import Sequence

import orjson
import pytest

from devtools.opensearch_server import OpenSearchServer
from identification.cascade import Identifier
from indexer.lines import Line
from indexer.updating import update
from retrieval.opensearch import OpenSearchEngine
from retrieval.protocol import EngineUnavailable, Position, TermField
from tests.conftest import build_lines, demo_lines
from tests.faults.conftest import (
    BUDGET_S,
    Register,
    answers,
    back_within,
    batches_without_end,
    check_whole_or_failed,
    frozen,
    is_failed,
    set_index,
    until,
)

FAST_S = 0.1


async def fails_in_s(identifier: Identifier) -> float:
    began = time.monotonic()
    with pytest.raises(EngineUnavailable):
        await identifier.served()
    return time.monotonic() - began


async def test_a_killed_engine_gives_failed_answers_at_once_and_the_same_answers_when_it_is_back(
    server: OpenSearchServer, register: Register
) -> None:
    identifier = register.identifier()
    async with batches_without_end(identifier) as found:
        await until(found, 3)
        await asyncio.to_thread(server.kill)
        killed_at = len(found)
        await until(found, killed_at + 6)
        assert min([await fails_in_s(identifier) for _ in range(5)]) < FAST_S
        await asyncio.to_thread(server.start)
        took_s = await back_within(30, lambda: register.is_whole(identifier))
    print(f"back {took_s:.2f} s after the engine, {len(found)} batches")
    assert any(map(is_failed, found[killed_at + 1]))
    for batch in found:
        check_whole_or_failed(batch, register.healthy)


async def test_a_frozen_engine_costs_one_time_budget_and_then_nothing_until_it_goes_on(
    server: OpenSearchServer, register: Register
) -> None:
    register.budget_s = BUDGET_S
    identifier = register.identifier()
    await back_within(30, lambda: register.is_whole(identifier))
    with frozen(server):
        slow = [await fails_in_s(identifier) for _ in range(3)]
        fast = min([await fails_in_s(identifier) for _ in range(5)])
        found = await answers(identifier)
        print(f"first calls {slow}, then {fast:.4f} s")
        assert max(slow) < 2 * BUDGET_S
        assert fast < FAST_S
        assert all(map(is_failed, found))
    took_s = await back_within(30, lambda: register.is_whole(identifier))
    print(f"back {took_s:.2f} s after SIGCONT")


async def test_a_full_disk_stops_no_answer_and_a_change_waits_until_there_is_room(
    register: Register,
) -> None:
    """The block is the one that OpenSearch sets at the flood-stage watermark."""
    identifier = register.identifier()
    index = (await identifier.served()).index
    writer = register.engine()
    set_index(register.url, index, {"index.blocks.read_only_allow_delete": True})
    change = orjson.dumps({"seq": 1, "op": "upsert", "record": {"id": "F001", "birth_name": "TREMBLE"}})
    changing = asyncio.create_task(update(writer, [Line(1, change)]))
    try:
        for _ in range(5):
            assert await answers(identifier) == register.healthy
        assert not changing.done(), changing
    finally:
        set_index(register.url, index, {"index.blocks.read_only_allow_delete": None})
    report = await asyncio.wait_for(changing, 60)
    assert report.done["upsert"] == 1
    assert (await identifier.served()).revision == report.revision > 0


async def test_a_swap_during_batches_gives_the_answers_of_one_build_or_of_the_other(register: Register) -> None:
    identifier, builder = register.identifier(), register.engine()
    old = (await identifier.served()).index
    async with batches_without_end(identifier) as found:
        await until(found, 2)
        await build_lines(builder, demo_lines())
        await builder.drop(old)
        await until(found, len(found) + 3)
    healthy_after = await answers(identifier)
    for batch in found:
        assert check_whole_or_failed(batch, register.healthy, healthy_after)
    assert found[0] == register.healthy != healthy_after == found[-1]


class DroppedAfterSearch(OpenSearchEngine):
    """Another build is served right after the first search, and the old one is dropped."""

    is_swapped = False

    async def holders(self, at: Position, field: TermField, terms: Sequence[str]) -> list[str]:
        found = await super().holders(at, field, terms)
        if not self.is_swapped:
            self.is_swapped = True
            await build_lines(self, demo_lines())
            await self.drop(at.index)
        return found


async def test_a_build_dropped_right_after_its_search_fails_no_answer(register: Register) -> None:
    engine = DroppedAfterSearch(register.url, register.alias)
    register.opened.append(engine)
    old = await engine.served()
    found = await answers(Identifier(engine))
    assert old != await engine.served()
    assert not any(map(is_failed, found))

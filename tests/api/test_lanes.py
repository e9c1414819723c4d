"""More is asked than can be answered: what is begun is answered in time, the rest is refused at once."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from api.lanes import Busy, Lane, Lanes, Room


async def served(lane: Lane, seconds: float, done: list[str], name: str) -> None:
    async with lane.turn():
        await asyncio.sleep(seconds)
        done.append(name)


async def test_calls_are_served_in_the_order_in_which_they_came() -> None:
    lane, done = Lane(Room(at_once=1, most_waiting=5, patience_s=5)), list[str]()
    await asyncio.gather(*(served(lane, 0.001, done, name) for name in "abcde"))
    assert done == list("abcde")


async def test_no_more_than_its_room_is_served_at_once() -> None:
    lane, most = Lane(Room(at_once=3, most_waiting=50, patience_s=5)), 0

    async def call() -> None:
        nonlocal most
        async with lane.turn():
            most = max(most, lane.served)
            await asyncio.sleep(0.001)

    await asyncio.gather(*(call() for _ in range(30)))
    assert most == 3
    assert (lane.served, lane.waiting) == (0, 0)


async def test_a_call_beyond_the_queue_is_refused_at_once() -> None:
    lane = Lane(Room(at_once=1, most_waiting=1, patience_s=60))
    async with lane.turn():
        waiting = asyncio.create_task(served(lane, 0, [], "waits"))
        await asyncio.sleep(0)
        async with asyncio.timeout(1):
            with pytest.raises(Busy) as refused:
                await lane.turn().__aenter__()
        assert 1 <= refused.value.retry_after_s <= 30
    await waiting


async def test_a_call_that_waited_too_long_is_refused_and_leaves_no_trace() -> None:
    lane = Lane(Room(at_once=1, most_waiting=9, patience_s=0.01))
    async with lane.turn():
        with pytest.raises(Busy):
            await lane.turn().__aenter__()
        assert (lane.served, lane.waiting) == (1, 0)
    async with lane.turn():
        assert lane.served == 1


async def test_a_call_that_breaks_or_is_cancelled_gives_its_place_back() -> None:
    lane = Lane(Room(at_once=1, most_waiting=9, patience_s=1))
    with pytest.raises(ValueError, match="broke"):
        async with lane.turn():
            raise ValueError("broke")
    async with lane.turn():
        waiting = asyncio.create_task(served(lane, 0, [], "waits"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert (lane.served, lane.waiting) == (0, 0)
    await lane.until_empty(0)


async def test_the_time_to_come_back_grows_with_what_waits() -> None:
    lane = Lane(Room(at_once=1, most_waiting=40, patience_s=5))
    for _ in range(3):
        await served(lane, 0.3, [], "slow")
    async with AsyncExitStack() as calls:
        await calls.enter_async_context(lane.turn())
        waiting = [asyncio.create_task(served(lane, 0, [], "waits")) for _ in range(40)]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refused:
            await lane.turn().__aenter__()
        assert refused.value.retry_after_s > 1
    await asyncio.gather(*waiting)


async def test_a_part_of_a_batch_begins_after_the_calls_of_one_question() -> None:
    lanes, order = Lanes(), list[str]()

    async def part() -> None:
        await lanes.begin_part()
        order.append("part")

    async with lanes.unit.turn():
        begun = asyncio.create_task(part())
        await asyncio.sleep(0.01)
        order.append("call")
    await begun
    assert order == ["call", "part"]


async def test_calls_of_one_question_cannot_keep_a_batch_from_its_turn() -> None:
    lanes = Lanes()
    async with lanes.unit.turn(), asyncio.timeout(5):
        await lanes.begin_part()

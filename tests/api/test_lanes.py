"""More is asked than can be answered: what is begun is answered in time, the rest is refused at once."""

import asyncio
import re
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from api.app import create_app
from api.lanes import BATCHES, Busy, Lane, Lanes, Room
from api.metrics import Metrics
from api.settings import ApiSettings
from identification.cascade import Identifier
from identification.questions import read_question
from retrieval.embedded import EmbeddedEngine
from retrieval.settings import EngineSettings


def lane_of(room: Room) -> Lane:
    return Lane("test", room, Metrics())


async def served(lane: Lane, seconds: float, done: list[str], name: str) -> None:
    async with lane.turn():
        await asyncio.sleep(seconds)
        done.append(name)


async def test_calls_are_served_in_the_order_in_which_they_came() -> None:
    lane, done = lane_of(Room(at_once=1, most_waiting=5, patience_s=5)), list[str]()
    await asyncio.gather(*(served(lane, 0.001, done, name) for name in "abcde"))
    assert done == list("abcde")


async def test_no_more_than_its_room_is_served_at_once() -> None:
    lane, most = lane_of(Room(at_once=3, most_waiting=50, patience_s=5)), 0

    async def call() -> None:
        nonlocal most
        async with lane.turn():
            most = max(most, lane.served)
            await asyncio.sleep(0.001)

    await asyncio.gather(*(call() for _ in range(30)))
    assert most == 3
    assert (lane.served, lane.waiting) == (0, 0)


async def test_a_call_beyond_the_queue_is_refused_at_once() -> None:
    lane = lane_of(Room(at_once=1, most_waiting=1, patience_s=60))
    async with lane.turn():
        waiting = asyncio.create_task(served(lane, 0, [], "waits"))
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            with pytest.raises(Busy) as refused:
                await lane.turn().__aenter__()
        assert 1 <= refused.value.retry_after_s <= 30
    await waiting


async def test_a_call_that_waited_too_long_is_refused_and_leaves_no_trace() -> None:
    lane = lane_of(Room(at_once=1, most_waiting=9, patience_s=0.01))
    async with lane.turn():
        with pytest.raises(Busy):
            await lane.turn().__aenter__()
        assert (lane.served, lane.waiting) == (1, 0)
    async with lane.turn():
        assert lane.served == 1


async def test_a_call_that_breaks_or_is_cancelled_gives_its_place_back() -> None:
    lane = lane_of(Room(at_once=1, most_waiting=9, patience_s=1))
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
    lane = lane_of(Room(at_once=1, most_waiting=40, patience_s=5))
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
    lanes, order = Lanes(Metrics()), list[str]()

    async def part() -> None:
        await lanes.begin_part()
        order.append("part")

    async with lanes.unit.turn():
        begun = asyncio.create_task(part())
        await asyncio.sleep(0.01)
        order.append("call")
    await begun
    assert order == ["call", "part"]


async def test_a_batch_under_way_lets_a_call_of_one_question_pass(data_dir: Path) -> None:
    lanes, order = Lanes(Metrics()), list[str]()
    identifier = Identifier(EmbeddedEngine(data_dir), giving_way=lanes.giving_way)
    await identifier.identify([read_question(QUESTION)])

    async def ask(name: str, questions: int) -> None:
        await identifier.identify([read_question(QUESTION)] * questions)
        order.append(name)

    batches = [asyncio.create_task(ask("batch", 400)) for _ in range(2)]
    await asyncio.sleep(0)
    async with lanes.unit.turn():
        await ask("call", 1)
    await asyncio.gather(*batches)
    assert order == ["call", "batch", "batch"]


async def test_calls_of_one_question_cannot_keep_a_batch_under_way_from_its_end(data_dir: Path) -> None:
    lanes = Lanes(Metrics())
    identifier = Identifier(EmbeddedEngine(data_dir), giving_way=lanes.giving_way)
    async with lanes.unit.turn(), asyncio.timeout(60):
        assert len(await identifier.identify([read_question(QUESTION)] * 100)) == 100


async def test_a_batch_gives_way_for_a_moment_in_all_however_long_it_is() -> None:
    lanes = Lanes(Metrics())
    async with lanes.unit.turn(), asyncio.timeout(30):
        give_way = lanes.giving_way()
        for _ in range(10_000):
            await give_way()


async def test_a_client_that_sends_its_question_slowly_keeps_no_batch_from_its_turn() -> None:
    lanes, sent = Lanes(Metrics()), asyncio.Event()

    async def slow_client() -> Message:
        await sent.wait()
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async with lanes.unit.turn() as turn:
        reading = asyncio.ensure_future(turn.receiving(slow_client)())
        await asyncio.sleep(0)
        assert await is_found_empty(lanes.unit, 30)
        sent.set()
        await reading
        assert not await is_found_empty(lanes.unit, 0.1)


async def test_a_lane_that_filled_again_before_one_who_waits_had_its_turn_is_not_empty() -> None:
    lane, leave = lane_of(Room(at_once=1, most_waiting=9, patience_s=60)), asyncio.Event()

    async def call() -> None:
        async with lane.turn():
            await leave.wait()

    first = asyncio.create_task(call())
    await asyncio.sleep(0.01)
    waiting = asyncio.create_task(lane.until_empty(60))
    await asyncio.sleep(0)
    second = asyncio.create_task(call())
    lane._empty.set()
    lane.note()
    await asyncio.sleep(0.01)
    assert not waiting.done()
    leave.set()
    await asyncio.gather(first, second, waiting)


async def is_found_empty(lane: Lane, patience_s: float) -> bool:
    """Say whether it was before patience ended."""
    began = time.monotonic()
    await lane.until_empty(patience_s)
    return time.monotonic() - began < patience_s


async def test_calls_of_one_question_cannot_keep_a_batch_from_its_turn() -> None:
    lanes = Lanes(Metrics())
    async with lanes.unit.turn(), asyncio.timeout(30):
        await lanes.begin_part()


QUESTION = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}
NO_ROOM = Room(at_once=1, most_waiting=0, patience_s=0.05)


@pytest.mark.parametrize(
    ("path", "body", "lane"),
    [
        ("/v1/identify", QUESTION, "unit"),
        ("/v1/explain", QUESTION, "unit"),
        ("/v1/identify/batch", {"queries": [QUESTION]}, "batch"),
        ("/v1/identify/stream", QUESTION, "stream"),
    ],
)
async def test_a_busy_service_refuses_one_lane_and_serves_the_others(
    data_dir: Path, path: str, body: dict[str, object], lane: str
) -> None:
    app = create_app(EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None), ApiSettings())
    lanes = Lanes(app.state.metrics, NO_ROOM, NO_ROOM, NO_ROOM)
    app.state.lanes.of_path = lanes.of_path
    async with app.router.lifespan_context(app), lanes.of_path[path].turn(), local_client(app) as http:
        refused = await http.post(path, json=body)
        assert (refused.status_code, int(refused.headers["retry-after"])) == (429, 1)
        assert refused.headers["content-type"] == "application/problem+json"
        others = {"/v1/identify": QUESTION, "/v1/identify/batch": {"queries": [QUESTION]}}
        for other, question in others.items():
            if lanes.of_path[other] is not lanes.of_path[path]:
                assert (await http.post(other, json=question)).status_code == 200
        assert (await http.get("/health/live")).status_code == 200
        scraped = (await http.get("/metrics")).text
    assert f'sngi_calls_refused_total{{lane="{lane}"}} 1.0' in scraped


async def test_calls_of_one_question_pass_while_batches_flood(data_dir: Path) -> None:
    app = create_app(EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None), ApiSettings())
    patient = Lane("batch", replace(BATCHES, patience_s=600), app.state.metrics)
    app.state.lanes.of_path |= {"/v1/identify/batch": patient}
    statuses, alone_before_floods = Counter[int](), list[bool]()
    async with app.router.lifespan_context(app), local_client(app) as http:
        await http.post("/v1/identify", json=QUESTION)

        async def flood() -> None:
            statuses[(await http.post("/v1/identify/batch", json={"queries": [QUESTION] * 300})).status_code] += 1

        floods = [asyncio.create_task(flood()) for _ in range(40)]
        for _ in range(10):
            assert (await http.post("/v1/identify", json=QUESTION)).status_code == 200
            alone_before_floods.append(any(not task.done() for task in floods))
        await asyncio.gather(*floods)
    assert all(alone_before_floods)
    assert set(statuses) == {200, 429}
    assert statuses[200] >= 18


async def test_calls_that_come_at_one_moment_share_their_searches_and_each_has_its_answer(data_dir: Path) -> None:
    app = create_app(EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None), ApiSettings())
    questions = [QUESTION | {"reference": str(number)} for number in range(20)]
    async with app.router.lifespan_context(app), local_client(app) as http:
        replies = await asyncio.gather(*(http.post("/v1/identify", json=question) for question in questions))
        scraped = (await http.get("/metrics")).text
    assert [reply.json()["reference"] for reply in replies] == [question["reference"] for question in questions]
    assert {reply.json()["outcome"] for reply in replies} == {"identified"}
    (batches,) = re.findall(r"sngi_batch_questions_count (\d+)", scraped)
    assert int(batches) < len(questions)


def local_client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60)


async def test_calls_that_never_wait_for_anything_stand_in_line_all_the_same() -> None:
    lane, done = lane_of(Room(at_once=2, most_waiting=5, patience_s=0.02)), Counter[str]()

    async def call() -> None:
        try:
            async with lane.turn():
                time.sleep(0.005)  # scoring: the event loop is held
            done["served"] += 1
        except Busy:
            done["refused"] += 1

    await asyncio.gather(*(call() for _ in range(100)))
    assert 2 <= done["served"] <= 7
    assert done.total() == 100

"""A stream of questions and answers: in order, both ways at once, in bounded memory."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.settings import ApiSettings
from api.stream import Lines, overlapping
from identification.questions import LONGEST_LINE_BYTES
from retrieval.settings import EngineSettings
from tests.serving import chunk, listening_here

QUESTION = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}


def app_of(data_dir: Path) -> FastAPI:
    return create_app(EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None), ApiSettings())


@pytest.fixture
def client(data_dir: Path) -> Iterator[TestClient]:
    with TestClient(app_of(data_dir), raise_server_exceptions=False) as http:
        yield http


def test_answers_are_those_of_unit_calls_in_the_order_of_the_lines(client: TestClient) -> None:
    second = {"birth_name": "MOREAU", "given_names": ["Julie"], "birth_date": "1992-04-17"}
    lines = [orjson.dumps(question) for question in (QUESTION, second)] * 150
    alone = [client.post("/v1/identify", content=line).content for line in lines[:2]]
    reply = client.post("/v1/identify/stream", content=b"\n".join(lines))
    assert reply.headers["content-type"] == "application/x-ndjson"
    assert reply.content.splitlines() == alone * 150


def test_what_cannot_be_read_is_answered_in_its_place(client: TestClient) -> None:
    too_long = b'{"birth_name": "' + b"A" * LONGEST_LINE_BYTES + b'"}'
    lines = [orjson.dumps(QUESTION), b"{", b"", too_long, b'{"oops": 1}', b"  ", orjson.dumps(QUESTION)]
    answers = [
        orjson.loads(line) for line in client.post("/v1/identify/stream", content=b"\r\n".join(lines)).iter_lines()
    ]
    assert [answer["outcome"] for answer in answers] == ["identified", *["invalid"] * 3, "identified"]
    assert [answer["errors"][0]["code"] for answer in answers[1:4]] == ["not_json", "too_long", "unknown_field"]


def test_an_empty_stream_has_no_answer(client: TestClient) -> None:
    reply = client.post("/v1/identify/stream", content=b"")
    assert (reply.status_code, reply.content) == (200, b"")


def test_without_an_index_a_stream_is_refused_before_it_begins(tmp_path: Path) -> None:
    with TestClient(app_of(tmp_path), raise_server_exceptions=False) as http:
        assert http.post("/v1/identify/stream", content=orjson.dumps(QUESTION)).status_code == 503


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5), st.integers(1, 12))
def test_lines_are_the_same_however_they_arrive(data: bytes, cuts: list[int], longest: int) -> None:
    whole, parts = Lines(longest), Lines(longest)
    at = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    together = whole.feed(data) + whole.end()
    apart = [line for start, end in pairwise(at) for line in parts.feed(data[start:end])] + parts.end()
    assert together == apart
    expected = data.split(b"\n") if not data.endswith(b"\n") else data.split(b"\n")[:-1]
    assert together == [None if len(line) > longest else line.strip() for line in expected if data]


async def test_no_more_is_begun_than_what_may_be_under_way() -> None:
    read = begun = 0

    async def endless() -> AsyncIterator[int]:
        nonlocal read
        while True:
            read += 1
            yield read

    async def work(item: int) -> int:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0.001 * (item % 3))
        return item

    results = overlapping(work, endless(), most=2)
    for taken in range(1, 20):
        assert await anext(results) == taken
        await asyncio.sleep(0.002)
        assert begun <= taken + 2
        assert read <= taken + 3
    await results.aclose()  # type: ignore[attr-defined]  # an asynchronous generator


async def test_two_batches_are_under_way_at_once() -> None:
    both = asyncio.Barrier(2)

    async def two() -> AsyncIterator[int]:
        yield 1
        yield 2

    async def work(item: int) -> int:
        async with asyncio.timeout(30):
            await both.wait()
        return item

    assert [item async for item in overlapping(work, two(), most=2)] == [1, 2]


@pytest.mark.parametrize("breaks", ["the reading", "the work"])
async def test_what_breaks_comes_after_the_results_before_it_and_nothing_is_left_running(breaks: str) -> None:
    async def three() -> AsyncIterator[int]:
        yield 1
        yield 2
        if breaks == "the reading":
            raise ValueError
        yield 3

    async def work(item: int) -> int:
        await asyncio.sleep(0.001)
        if item == 3:
            raise ValueError
        return item

    results = overlapping(work, three(), most=2)
    assert [await anext(results), await anext(results)] == [1, 2]
    with pytest.raises(ValueError):
        await anext(results)
    assert len(asyncio.all_tasks()) == 1


@pytest.fixture
def port(data_dir: Path) -> Iterator[int]:
    """A real server on a port of its own."""
    with listening_here(app_of(data_dir), log_level="error") as port:
        yield port


START = b"POST /v1/identify/stream HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_an_answer_comes_before_the_next_question_is_asked(port: int) -> None:
    line = orjson.dumps(QUESTION) + b"\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(START)
        for _ in range(3):
            client.sendall(chunk(line))
            received = b""
            while b'"identified"' not in received:
                received += client.recv(65_536)
        client.sendall(chunk(b""))


def test_a_client_that_stops_reading_stops_being_read_and_others_are_served(port: int) -> None:
    part = chunk((orjson.dumps(QUESTION) + b"\n") * 500)
    with socket.create_connection(("127.0.0.1", port), timeout=3) as client:
        client.sendall(START)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 200_000_000:
                client.sendall(part)
                sent += len(part)
        assert sent < 100_000_000
        with socket.create_connection(("127.0.0.1", port), timeout=20) as other:
            other.sendall(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200 OK" in other.recv(1_000)

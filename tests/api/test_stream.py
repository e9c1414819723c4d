"""A stream of questions and answers: in order, both ways at once, in bounded memory."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.settings import ApiSettings
from api.stream import Lines, read_ahead
from identification.questions import LONGEST_LINE_BYTES, Asked
from retrieval.settings import EngineSettings

QUESTION = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}


def app_of(data_dir: Path) -> object:
    return create_app(EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None), ApiSettings())


@pytest.fixture
def client(data_dir: Path) -> Iterator[TestClient]:
    with TestClient(app_of(data_dir), raise_server_exceptions=False) as http:  # type: ignore[arg-type]
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
    with TestClient(app_of(tmp_path), raise_server_exceptions=False) as http:  # type: ignore[arg-type]
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


async def test_no_more_is_read_ahead_than_a_few_batches() -> None:
    read = 0

    async def endless() -> AsyncIterator[Sequence[Asked]]:
        nonlocal read
        while True:
            read += 1
            yield [Asked()]

    ahead = read_ahead(endless())
    for taken in range(1, 20):
        await anext(ahead)
        await asyncio.sleep(0)
        assert read <= taken + 4
    await ahead.aclose()  # type: ignore[attr-defined]  # an asynchronous generator


@pytest.fixture
def port(data_dir: Path) -> Iterator[int]:
    """A real server on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = uvicorn.Config(app_of(data_dir), port=port, log_level="error")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield port
    server.should_exit = True
    thread.join()


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


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

"""The service, in a process of its own, without its engine and when it is told to end."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from devtools.opensearch_server import OpenSearchServer
from devtools.serving import free_port
from tests.faults.conftest import BUDGET_S, Register, back_within, questions
from tests.faults.proxy import network_to
from tests.serving import Served, chunk, served

LINES = [orjson.dumps(question | {"reference": str(number)}) for number, question in enumerate(questions())]


def settings(register: Register, url: str, folder: Path) -> dict[str, Any]:
    return {
        "SNGI_OPENSEARCH_URL": url,
        "SNGI_ALIAS": register.alias,
        "SNGI_DATA_DIR": str(folder),
        "SNGI_SEARCH_TIMEOUT_S": str(BUDGET_S),
    }


async def status(service: Served, path: str) -> int:
    return int((await asyncio.to_thread(service.http.get, path)).status_code)


async def test_the_service_starts_without_its_engine_and_becomes_ready_by_itself(
    register: Register, tmp_path: Path
) -> None:
    with (
        free_port() as port,
        served(tmp_path, **settings(register, f"http://127.0.0.1:{port}", tmp_path)) as service,
    ):
        assert await status(service, "/health/live") == 200
        assert await status(service, "/health/ready") == 503
        for path, body in (("identify", LINES[0]), ("identify/batch", b'{"queries":[%b]}' % LINES[0])):
            reply = await asyncio.to_thread(service.http.post, f"/v1/{path}", content=body)
            assert (reply.status_code, reply.headers["Retry-After"]) == (503, "2")
        async with network_to(register.url, port) as network:

            async def is_ready() -> bool:
                return await status(service, "/health/ready") == 200

            await back_within(30, is_ready)
            reply = await asyncio.to_thread(service.http.post, "/v1/identify", content=LINES[0])
            assert reply.json() == orjson.loads(register.healthy[0]) | {"reference": "0"}
            network.silent = True
            assert await status(service, "/health/ready") == 503
            network.silent = False
            await back_within(30, is_ready)


def begin_stream(service: Served) -> socket.socket:
    connection = socket.create_connection((service.http.base_url.host, service.http.base_url.port), timeout=20)
    connection.sendall(
        b"POST /v1/identify/stream HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        b"content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    return connection


def read_until(connection: socket.socket, enough: Callable[[bytes], bool]) -> bytes:
    received = b""
    while not enough(received):
        data = connection.recv(65_536)
        assert data, received[-300:]
        received += data
    return received


def answered(received: bytes) -> list[str]:
    """Return the references of the answers of a chunked reply."""
    return [orjson.loads(line)["reference"] for line in received.split(b"\n") if line.startswith(b"{")]


async def test_a_stream_told_to_end_answers_what_it_read_and_ends(register: Register, tmp_path: Path) -> None:
    """Half of a line has come when SIGTERM does: it has no answer, and every line before it has one."""
    async with network_to(register.url) as network:

        async def asked_more_than(before: int) -> bool:
            return network.asked_bytes > before

        with served(tmp_path, **settings(register, network.url, tmp_path)) as service:
            with await asyncio.to_thread(begin_stream, service) as connection:
                await asyncio.to_thread(connection.sendall, chunk(LINES[0] + b"\n"))
                first = await asyncio.to_thread(read_until, connection, lambda data: b'"reference":"0"' in data)
                network.delay_s, asked_before = 0.3, network.asked_bytes
                await asyncio.to_thread(connection.sendall, chunk(b"\n".join(LINES[1:]) + b"\n" + LINES[0][:20]))
                await back_within(30, lambda: asked_more_than(asked_before))
                os.kill(service.process.pid, signal.SIGTERM)
                told = time.monotonic()
                rest = await asyncio.to_thread(read_until, connection, lambda data: data.endswith(b"0\r\n\r\n"))
                print(f"ended {time.monotonic() - told:.2f} s after SIGTERM")
                assert connection.recv(1) == b""
            assert answered(first + rest) == [str(number) for number in range(len(LINES))]
            assert b'"failed"' not in first + rest
            assert await asyncio.to_thread(service.process.wait, 20) == 0


async def test_a_client_that_goes_on_sending_gets_every_answer_up_to_the_end(
    register: Register, tmp_path: Path
) -> None:
    with served(tmp_path, **settings(register, register.url, tmp_path)) as service:
        with await asyncio.to_thread(begin_stream, service) as connection:

            def send_without_end() -> int:
                sent = 0
                try:
                    while True:
                        connection.sendall(chunk(LINES[sent % len(LINES)] + b"\n"))
                        sent += 1
                except OSError:
                    return sent

            sending = asyncio.create_task(asyncio.to_thread(send_without_end))
            first = await asyncio.to_thread(read_until, connection, lambda data: data.count(b"\n{") > 300)
            os.kill(service.process.pid, signal.SIGTERM)
            rest = await asyncio.to_thread(read_until, connection, lambda data: data.endswith(b"0\r\n\r\n"))
            connection.shutdown(socket.SHUT_RDWR)
            sent = await sending
        references = answered(first + rest)
        print(f"{sent} lines sent, {len(references)} answered")
        assert references == [str(number % len(LINES)) for number in range(len(references))]
        assert 300 < len(references) <= sent
        assert await asyncio.to_thread(service.process.wait, 20) == 0


async def test_a_frozen_engine_is_said_with_503_at_once_and_readiness_comes_back(
    server: OpenSearchServer, register: Register, tmp_path: Path
) -> None:
    with served(tmp_path, **settings(register, register.url, tmp_path)) as service:
        assert await status(service, "/health/ready") == 200
        os.kill(server.pid, signal.SIGSTOP)
        try:
            times = []
            for _ in range(5):
                began = time.monotonic()
                reply = await asyncio.to_thread(service.http.post, "/v1/identify", content=LINES[0])
                times.append(time.monotonic() - began)
                assert (reply.status_code, reply.headers["Retry-After"]) == (503, "2")
            assert max(times) < 2 * BUDGET_S
            assert min(times) < BUDGET_S / 6
        finally:
            os.kill(server.pid, signal.SIGCONT)

        async def is_ready() -> bool:
            return await status(service, "/health/ready") == 200

        await back_within(30, is_ready)

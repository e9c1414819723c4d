"""SIGTERM while calls are under way: what was accepted is answered, also where the client is slow."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import orjson
import pytest

from api.connections import GRACE_S, LINGER_S
from tests.faults.conftest import questions
from tests.serving import Served, chunk, served

QUESTIONS = [question | {"reference": str(number)} for number, question in enumerate(questions())]
LINES = [orjson.dumps(question) for question in QUESTIONS]
READ_BYTES, READ_PAUSE_S = 16_384, 0.01
"""How fast the client reads: some 1.6 MB a second, less than the service answers."""
SMALL_WINDOW_BYTES = 32_768
BOTH = pytest.mark.parametrize("workers", [1, 2])


@contextmanager
def connected(service: Served) -> Iterator[socket.socket]:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW_BYTES)
        connection.settimeout(GRACE_S)
        connection.connect((service.http.base_url.host, service.http.base_url.port))
        yield connection


@dataclass
class SlowClient:
    """Sends lines without end, and reads the answers slower than they are found."""

    connection: socket.socket
    sent: int = 0
    received: bytearray = field(default_factory=bytearray)

    def send(self) -> None:
        try:
            while True:
                self.connection.sendall(chunk(LINES[self.sent % len(LINES)] + b"\n"))
                self.sent += 1
        except OSError:
            return

    def read(self, most: int | None = None) -> None:
        """Read to the end of the connection, or until so many bytes are there."""
        while most is None or len(self.received) < most:
            data = self.connection.recv(READ_BYTES)
            if not data:
                return
            self.received += data
            time.sleep(READ_PAUSE_S)

    @property
    def answers(self) -> list[bytes]:
        return [line for line in bytes(self.received).split(b"\n") if line.startswith(b"{")]


@contextmanager
def slow_stream(service: Served) -> Iterator[SlowClient]:
    with connected(service) as connection:
        connection.sendall(
            b"POST /v1/identify/stream HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        client = SlowClient(connection)
        sending = Thread(target=client.send)
        sending.start()
        try:
            yield client
        finally:
            with suppress(OSError):  # the service has closed it
                connection.shutdown(socket.SHUT_RDWR)
            sending.join()


@contextmanager
def half_sent(service: Served, path: str, body: bytes) -> Iterator["HalfSent"]:
    with connected(service) as connection:
        yield HalfSent(connection, path, body)


class HalfSent:
    """A call of which the service has the first half."""

    def __init__(self, connection: socket.socket, path: str, body: bytes) -> None:
        head = b"POST %b HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: %d\r\n\r\n"
        connection.sendall(head % (path.encode(), len(body)))
        assert connection.recv(READ_BYTES).startswith(b"HTTP/1.1 100 ")  # the body is waited for
        connection.sendall(body[: len(body) // 2])
        self._connection, self._rest = connection, body[len(body) // 2 :]

    def finish(self) -> tuple[int, bytes]:
        """Send the other half, and return the status and the body of the answer once the connection ends."""
        self._connection.sendall(self._rest)
        reply = b"".join(iter(lambda: self._connection.recv(READ_BYTES), b""))
        head, _, body = reply.partition(b"\r\n\r\n")
        return int(head.split()[1]), body


def end(service: Served) -> None:
    """Send SIGTERM, and wait until nobody can connect any more."""
    os.kill(service.process.pid, signal.SIGTERM)
    told = time.monotonic()
    while time.monotonic() < told + GRACE_S / 2:
        try:
            with connected(service):
                time.sleep(0.02)
        except ConnectionRefusedError:
            return
    raise AssertionError("the service still listens")


@BOTH
def test_a_client_that_sends_on_and_reads_slowly_has_every_answer_and_resumes_at_the_next_line(
    data_dir: Path, tmp_path: Path, workers: int
) -> None:
    with served(tmp_path, workers, SNGI_DATA_DIR=str(data_dir)) as service:
        whole = service.http.post("/v1/identify/stream", content=b"\n".join(LINES)).content.splitlines()
        with slow_stream(service) as client:
            client.read(400_000)
            end(service)
            told = time.monotonic()
            client.read()
            took_s = time.monotonic() - told
        assert client.received.endswith(b"\r\n0\r\n\r\n")
        assert service.process.wait(GRACE_S) == 0
    print(f"ended {took_s:.2f} s after nobody could connect, {client.sent} sent, {len(client.answers)} answered")
    assert took_s < GRACE_S
    assert client.answers == [whole[number % len(LINES)] for number in range(len(client.answers))]
    assert len(client.answers) <= client.sent
    first = len(client.answers) % len(LINES)
    with served(tmp_path, workers, SNGI_DATA_DIR=str(data_dir)) as service:
        rest = service.http.post("/v1/identify/stream", content=b"\n".join(LINES[first:])).content.splitlines()
    assert rest == whole[first:]


@BOTH
def test_a_client_that_has_every_answer_and_never_stops_sending_does_not_hold_the_service(
    data_dir: Path, tmp_path: Path, workers: int
) -> None:
    with served(tmp_path, workers, SNGI_DATA_DIR=str(data_dir)) as service, slow_stream(service) as client:
        client.read(1)
        end(service)
        told = time.monotonic()
        client.read()
        assert client.received.endswith(b"\r\n0\r\n\r\n")
        assert service.process.wait(GRACE_S) == 0
        assert time.monotonic() - told < LINGER_S + GRACE_S / 2


@BOTH
def test_a_question_a_batch_and_a_payroll_file_under_way_are_answered(
    data_dir: Path, tmp_path: Path, workers: int
) -> None:
    bodies = {
        "/v1/identify": LINES[0],
        "/v1/identify/batch": orjson.dumps({"queries": QUESTIONS}),
        "/v1/dsn": b"S10.G00.00.001,'x'\n",
    }
    with served(tmp_path, workers, SNGI_DATA_DIR=str(data_dir)) as service, ExitStack() as open_calls:
        calls = {path: open_calls.enter_context(half_sent(service, path, body)) for path, body in bodies.items()}
        end(service)
        answers = {path: call.finish() for path, call in calls.items()}
        assert service.process.wait(GRACE_S) == 0
    assert [status for status, _ in answers.values()] == [200, 200, 202]
    references = [answer["reference"] for answer in orjson.loads(answers["/v1/identify/batch"][1])["answers"]]
    assert references == [question["reference"] for question in QUESTIONS]

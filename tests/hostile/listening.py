"""The service as it listens: a real uvicorn with the protocol of `sngi serve`, and raw bytes sent to it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.app import create_app
from api.connections import BoundedProtocol
from api.settings import ApiSettings
from audit.settings import AuditSettings
from retrieval.settings import EngineSettings
from tests.serving import listening_here

_PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Listening:
    port: int

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE_S)

    def answer_to(self, *parts: bytes) -> bytes:
        """Send bytes and return all that comes until the service closes; a reset counts as a close."""
        with self.connect() as connection:
            try:
                for part in parts:
                    connection.sendall(part)
            except (ConnectionResetError, BrokenPipeError):
                pass
            return read_to_end(connection)

    def status_of(self, *parts: bytes) -> int:
        return int(self.answer_to(*parts).split(b" ", 2)[1])


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    try:
        while data := connection.recv(65_536):
            received += data
    except ConnectionResetError:
        pass
    return received


def post(path: bytes, body: bytes, *headers: bytes, host: bytes = b"127.0.0.1") -> bytes:
    """Return a whole request after which the connection is closed."""
    length = b"content-length: %d" % len(body)
    lines = [b"POST %b HTTP/1.1" % path, b"host: " + host, length, b"connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@contextmanager
def listening(data_dir: Path, **options: Any) -> Iterator[Listening]:
    engine = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    app = create_app(engine, ApiSettings(**options), AuditSettings())
    with listening_here(app, http=BoundedProtocol, log_level="critical", access_log=False) as port:
        yield Listening(port)

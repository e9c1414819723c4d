"""The service as it is run: in processes of its own, as operators do, or behind a real uvicorn in this one."""

import logging
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import uvicorn
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from devtools.serving import free_port

_START_TIMEOUT_S = 180
_END_TIMEOUT_S = 60
_PATIENCE_S = 180


@dataclass(frozen=True)
class Served:
    """A service under way: where it listens, what it writes, and its first process."""

    http: httpx.Client
    log: Path
    process: "subprocess.Popen[bytes]"


def wait_for(is_so: Callable[[], object]) -> None:
    """Wait for what comes by itself: another process, or thread, may be slower than who looks for what it does."""
    deadline = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.02)


@contextmanager
def served(folder: Path, workers: int = 1, host: str = "127.0.0.1", **environment: str) -> Iterator[Served]:
    """Run `sngi serve` on a free port until the test is done; `folder` gets its log."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SNGI_", "OTEL_"))}
    log = folder / "serve.log"
    with free_port() as port:
        options = ("--host", host, "--port", str(port), "--workers", str(workers))
        command = [sys.executable, "-m", "cli.main", "serve", *options]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=kept | environment)
        try:
            _wait_until_it_lives(f"http://127.0.0.1:{port}/health/live", process, log)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
                yield Served(http, log, process)
        finally:
            process.terminate()
            process.wait(_END_TIMEOUT_S)


def _wait_until_it_lives(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (OSError, urllib.error.URLError):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


@contextmanager
def listening_here(app: FastAPI, **options: Any) -> Iterator[int]:
    """Let an application listen in a thread, and give its port; `options` are of uvicorn."""
    told = logging.getLogger("uvicorn.error")
    level = told.level
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, **options))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + _START_TIMEOUT_S
        while not server.started:
            assert thread.is_alive() and time.monotonic() < until, "the service did not start"
            time.sleep(0.01)
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(_START_TIMEOUT_S)
        told.setLevel(level)  # what uvicorn sets is of the process, and would stay for later tests


def chunk(data: bytes) -> bytes:
    """Return a part of a body whose length was not said before."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return the values of a scrape by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }

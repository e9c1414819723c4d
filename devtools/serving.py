"""The HTTP service in processes of its own, for benchmarks."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_START_TIMEOUT_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_service(environment: Mapping[str, str], workers: int) -> Iterator[str]:
    """Run `sngi serve` on a free port, and give its address once it listens.

    Args:
        environment: its settings, beside those of this process.
    """
    port = free_port()
    command = [sys.executable, "-c", "from cli.main import app; app()", "serve", "--port", str(port)]
    silent = subprocess.DEVNULL
    service = subprocess.Popen(
        [*command, "--workers", str(workers)], env=os.environ | dict(environment), stdout=silent, stderr=silent
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        service.terminate()
        service.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the service did not start")

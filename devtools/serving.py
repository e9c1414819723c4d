"""The HTTP service in processes of its own, for benchmarks."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_START_TIMEOUT_S = 60


@contextmanager
def free_port() -> Iterator[int]:
    """Give a port that nobody else is given until the end: a server takes seconds to listen on it.

    Bound and silent it is refused to connections, and to every socket but one that asks for it by its number and may
    reuse addresses, as servers do.
    """
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        port = int(kept.getsockname()[1])
        if sys.platform != "linux":  # elsewhere even such a server is refused
            kept.close()
        yield port


@contextmanager
def running_service(environment: Mapping[str, str], workers: int) -> Iterator[str]:
    """Run `sngi serve` on a free port, and give its address once it listens.

    Args:
        environment: its settings, beside those of this process.
    """
    with free_port() as port:
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

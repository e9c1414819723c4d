"""One OpenSearch for all processes of a test run, which are given aliases of their own."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from devtools.opensearch_server import OpenSearchServer


@contextmanager
def shared_server(folder: Path) -> Iterator[str]:
    """Give the address of a server: who comes first starts it, and stops it once the others are done or gone.

    Args:
        folder: one that all processes of the run know.
    """
    address = folder / "opensearch.url"
    with (folder / "opensearch.door").open("a") as door, (folder / "opensearch.users").open("a") as users:
        fcntl.flock(door, fcntl.LOCK_EX)
        if address.exists():
            fcntl.flock(users, fcntl.LOCK_SH)
            fcntl.flock(door, fcntl.LOCK_UN)
            yield address.read_text()
            return
        with OpenSearchServer(is_brief=True) as server:
            address.write_text(server.url)
            fcntl.flock(door, fcntl.LOCK_UN)
            try:
                yield server.url
            finally:
                _close(door, users)
                address.unlink()


def _close(door: IO[str], users: IO[str]) -> None:
    """Return when nobody uses the server any more, nor can begin to."""
    while True:
        fcntl.flock(door, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            fcntl.flock(door, fcntl.LOCK_UN)
            time.sleep(0.1)

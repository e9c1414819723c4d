"""The journal of the embedded engine: one SQLite file beside the builds."""

import fcntl
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from retrieval.protocol import AnotherUpdate, Batch, EngineError

_TABLE = """
CREATE TABLE IF NOT EXISTS batches (
    number INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, changes BLOB NOT NULL, ties BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS batches_last ON batches (last);
CREATE INDEX IF NOT EXISTS batches_tied ON batches (number) WHERE ties != x'';
"""
_BATCHES = "SELECT number, first, last, changes, ties FROM batches "


class FileJournal:
    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        """The lock goes with the process that holds it, however it ends."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(f"{self._path.name}.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AnotherUpdate("another process is changing this register: try again when it is done") from error
            yield

    async def newest(self) -> Batch | None:
        return self._first(_BATCHES + "ORDER BY number DESC LIMIT 1")

    async def after(self, revision: int) -> Batch | None:
        return self._first(_BATCHES + "WHERE last > ? ORDER BY last LIMIT 1", revision)

    async def append(self, batch: Batch) -> None:
        row = (batch.number, batch.first, batch.last, batch.changes, batch.ties)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._connected() as connection:
            try:
                connection.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError as error:
                raise AnotherUpdate(
                    "another process changed this register meanwhile: run the same file again"
                ) from error

    async def ties(self) -> Sequence[bytes]:
        if not self._path.exists():
            return []
        with self._connected() as connection:
            found = connection.execute("SELECT ties FROM batches WHERE ties != x'' ORDER BY number")
            return [ties for (ties,) in found]

    async def cut(self, revision: int) -> int:
        if not self._path.exists():
            return 0
        with self._connected() as connection:
            cut = connection.execute(
                "UPDATE batches SET changes = x'' WHERE last <= ? AND changes != x''", (revision,)
            ).rowcount
        with self._connected() as connection:
            connection.execute("VACUUM")  # gives the room back, and overwrites what was forgotten
        return cut

    def _first(self, query: str, *values: int) -> Batch | None:
        if not self._path.exists():
            return None
        with self._connected() as connection:
            row = connection.execute(query, values).fetchone()
        return Batch(*row) if row else None

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """Give a connection; what is done is written to the disk at the end."""
        try:
            connection = sqlite3.connect(self._path)
            try:
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript(_TABLE)
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise EngineError(f"the journal {self._path.name!r} cannot be used: {type(error).__name__}") from error

"""One chain of audit lines, written by one process: each append is on the disk when it returns."""

import os
import secrets
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path

import orjson

from audit.keys import AuditKey
from audit.lines import START, DayFile, Fields, Kind, Mark, day_files, file_name, mark_of, sealed

_TAIL_BYTES = 65_536


class Chain:
    """Not for two threads at once. `now` is in UTC.

    A new file opens with the marks of the chains that others write: to remove the end of a chain, or all of it, those
    who came after must be removed too. Where the clock was set back to an earlier day another chain begins: the file of
    a day is written once.
    """

    def __init__(self, folder: Path, key: AuditKey, now: Callable[[], datetime]) -> None:
        self._folder, self._key, self._now = folder, key, now
        self._begin()
        self._day: date | None = None
        self._last_day = date.min
        self._file: int | None = None
        self._size, self._is_dirty = 0, False

    def append(self, kind: Kind, lines: Iterable[Fields]) -> None:
        """Write lines, and return when the disk has them.

        Raises:
            OSError: none of the lines is in the audit; the next append may succeed.
        """
        now = self._now()
        if now.date() < self._last_day:
            self._begin()
        if now.date() != self._day:
            self._open(now)
        self._write(kind, lines, now)

    def close(self) -> None:
        """Write the last line; a chain without it was killed, or cut."""
        if self._file is not None:
            self.append("closed", [{}])
            os.close(self._file)
            self._file = None

    def _begin(self) -> None:
        self.id = secrets.token_hex(4)
        self._sequence, self._digest = 0, START

    def _open(self, now: datetime) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        witnessed = last_marks(self._folder, now.date(), but=self.id)
        path = self._folder / file_name(now.date(), self.id)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        if self._file is not None:
            os.close(self._file)
        self._file, self._size, self._is_dirty, self._day = file, 0, False, None
        self._last_day = now.date()
        self._write("opened", [{"key_id": self._key.id, "previous": self._digest, "witnessed": witnessed}], now)
        _sync_folder(self._folder)
        self._day = now.date()

    def _write(self, kind: Kind, items: Iterable[Fields], now: datetime) -> None:
        sequence, digest, lines = self._sequence, self._digest, bytearray()
        at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for fields in items:
            body = orjson.dumps({"chain": self.id, "sequence": sequence, "at": at, "kind": kind} | fields)
            digest = self._key.link(digest, body)
            lines += sealed(body, digest) + b"\n"
            sequence += 1
        self._store(lines)
        self._sequence, self._digest = sequence, digest

    def _store(self, lines: bytearray) -> None:
        """Add to the file and wait for the disk. What a failed attempt left behind is cut off before the next one."""
        assert self._file is not None
        if self._is_dirty:
            os.ftruncate(self._file, self._size)
        self._is_dirty = True
        written = 0
        while written < len(lines):
            written += os.pwrite(self._file, memoryview(lines)[written:], self._size + written)
        os.fdatasync(self._file)
        self._size += len(lines)
        self._is_dirty = False


def last_marks(folder: Path, today: date, but: str = "") -> list[Mark]:
    """Return the last line of each chain that wrote today or on the last day before; what is witnessed is on the disk.

    Older chains were witnessed by these.
    """
    files = [file for file in day_files(folder) if file.chain != but]
    earlier = max((file.day for file in files if file.day < today), default=None)
    latest = {file.chain: file for file in files if file.day == earlier or file.day >= today}
    return [mark for file in latest.values() if (mark := last_mark(file))]


def last_mark(day_file: DayFile) -> Mark | None:
    """Return the last whole line of a file, once the disk has it; None where there is none."""
    with day_file.path.open("rb") as file:
        os.fsync(file.fileno())
        size = file.seek(0, os.SEEK_END)
        wanted = _TAIL_BYTES
        while True:
            start = max(0, size - wanted)
            file.seek(start)
            whole, _, _ = file.read(size - start).rpartition(b"\n")
            if start == 0 or b"\n" in whole:
                return mark_of(whole.rpartition(b"\n")[2])
            wanted *= 4


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

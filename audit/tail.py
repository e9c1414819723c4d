"""The end of the audit, checked in little time: the last lines of the newest files, each against the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from audit.keys import AuditKey
from audit.lines import DayFile, day_files, fields_of, unsealed

_NEWEST_FILES = 8
_TAIL_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Tail:
    """`broken` are files of which a line near the end does not follow from the one before; `last` is the last time."""

    files: int
    broken: tuple[str, ...]
    last: datetime | None


def read_tail(folder: Path, keys: Sequence[AuditKey]) -> Tail:
    """Check the newest files. What is older, removed or cut off only `audit.verification` finds."""
    files = day_files(folder)[-_NEWEST_FILES:]
    by_id = {key.id: key for key in keys}
    broken = tuple(file.path.name for file in files if not _is_linked(file, by_id))
    times = [at for file in files if (at := _last_time(file))]
    return Tail(len(files), broken, max(times, default=None))


def _is_linked(file: DayFile, keys: dict[str, AuditKey]) -> bool:
    lines = _last_lines(file)
    with file.path.open("rb") as opened:
        key = keys.get(str(fields_of(opened.readline().rstrip(b"\n")).get("key_id")))
    if key is None:
        return False
    previous = ""
    for line in lines:
        parts = unsealed(line)
        if parts is None or (previous and key.link(previous, parts[0]) != parts[1]):
            return False
        previous = parts[1]
    return True


def _last_time(file: DayFile) -> datetime | None:
    lines = _last_lines(file)
    at = fields_of(lines[-1]).get("at") if lines else None
    return datetime.fromisoformat(at) if isinstance(at, str) else None


def _last_lines(file: DayFile) -> list[bytes]:
    """Return the whole lines at the end of a file; a part of a line is what a killed process left."""
    with file.path.open("rb") as opened:
        size = opened.seek(0, 2)
        start = max(0, size - _TAIL_BYTES)
        opened.seek(start)
        lines = opened.read().split(b"\n")
    return lines[1 if start else 0 : -1]

"""Jobs on disk: the upload, the state and the report of each, under one folder named by the digest of the upload.

Nothing is held in memory, so a job survives the process; what is written is whole or absent, and gone after some days.
"""

import asyncio
import fcntl
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

import orjson

from dsn.private import create_file, make_folder, write_file
from dsn.report import TOTALS

State = Literal["queued", "running", "done", "failed"]
FailureReason = Literal["not_a_dsn", "register_unavailable", "disk", "process_lost", "unexpected"]

_JOB = re.compile(r"[0-9a-f]{64}")
_DAY_S = 86_400


class TooLong(Exception):
    """The upload is longer than allowed."""


class NothingSent(Exception):
    """The upload is empty."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a caller may know of a job. `individuals` and `bytes_read` of `size_bytes` say how far it is.

    `starts` is how often it was begun by a process that then was lost, or has it still.
    """

    id: str
    state: State
    size_bytes: int
    bytes_read: int = 0
    individuals: int = 0
    reason: FailureReason | None = None
    totals: dict[str, Any] | None = None
    starts: int = 0


class JobStore:
    """Jobs under a folder. Several processes may share it.

    Args:
        kept_days: how long a job is kept after the last change of its state.
        clock: seconds since 1970.
    """

    def __init__(self, root: Path, kept_days: float = 30, clock: Callable[[], float] = time.time) -> None:
        self._root, self._kept_s, self._clock = root, kept_days * _DAY_S, clock

    async def receive(self, chunks: AsyncIterator[bytes], most_bytes: int) -> tuple[Job, bool]:
        """Store an upload as it comes and return its job, and whether there is anything to do for it.

        The same content is the same job: one that is done stays done and is kept from now on, one that failed is
        queued again.

        Raises:
            TooLong, NothingSent: nothing is kept.
        """
        incoming = make_folder(make_folder(self._root) / "incoming")
        part, digest, size = incoming / token_hex(16), sha256(), 0
        try:
            with create_file(part) as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > most_bytes:
                        raise TooLong
                    digest.update(chunk)
                    file.write(chunk)
                await asyncio.to_thread(os.fsync, file.fileno())
            if not size:
                raise NothingSent
            return self._admit(digest.hexdigest(), part, size)
        finally:
            part.unlink(missing_ok=True)

    def _admit(self, job_id: str, part: Path, size: int) -> tuple[Job, bool]:
        known = self.get(job_id)
        if known and known.state != "failed":
            (self._root / job_id / "state.json").touch()
            return known, known.state != "done"
        make_folder(self._root / job_id)
        part.replace(self.upload(job_id))
        job = Job(job_id, "queued", size)
        self.put(job)
        return job, True

    def get(self, job_id: str) -> Job | None:
        """Return a job, with its totals when it is done; None where there is none, or nothing left of it."""
        if not _JOB.fullmatch(job_id):
            return None
        try:
            return Job(**orjson.loads((self._root / job_id / "state.json").read_bytes()))
        except (FileNotFoundError, orjson.JSONDecodeError):  # a machine that lost its power may leave an empty file
            return None

    def put(self, job: Job) -> None:
        path = self._root / job.id / "state.json"
        beside = path.with_name(f"state.{token_hex(4)}.tmp")
        write_file(beside, orjson.dumps(job))
        beside.replace(path)

    def give_to(self, job_id: str, owner: str) -> None:
        """Let an organism see a job: it sent the file. The same file sent by two is the job of both."""
        owners = make_folder(self._root / job_id / "owners")
        (owners / owner).touch(mode=0o600)

    def is_of(self, job_id: str, owner: str) -> bool:
        return (self._root / job_id / "owners" / owner).exists()

    def upload(self, job_id: str) -> Path:
        return self._root / job_id / "upload"

    def report(self, job_id: str) -> Path:
        return self._root / job_id / "report"

    def forget_report(self, job_id: str) -> None:
        """Remove what an earlier run of a job wrote, or began to write."""
        shutil.rmtree(self.report(job_id), ignore_errors=True)

    def totals(self, job_id: str) -> dict[str, Any]:
        totals: dict[str, Any] = orjson.loads((self.report(job_id) / TOTALS).read_bytes())
        return totals

    def unfinished(self) -> list[str]:
        """Return the jobs that were queued or under way when the processes that knew them ended, the oldest first."""
        jobs = [self.get(folder.name) for folder in sorted(self._folders(), key=_changed_at)]
        return [job.id for job in jobs if job and job.state in ("queued", "running")]

    def purge(self) -> int:
        """Remove jobs kept for long enough, and uploads that a process left when it ended; return how many jobs.

        A job under way is left alone, and so is an upload of the last day: somebody may be about to need it.
        """
        for part in (self._root / "incoming").glob("*"):
            self._remove_upload(part)
        for folder in self._folders():
            job = self.get(folder.name)
            if job and job.state in ("done", "failed"):
                self._remove_upload(self.upload(job.id))
        return sum(self._remove_old(folder) for folder in self._folders())

    def _remove_upload(self, upload: Path) -> None:
        if self._clock() - _changed_at(upload) > _DAY_S:
            upload.unlink(missing_ok=True)

    def _remove_old(self, folder: Path) -> bool:
        if not self._is_old(folder):  # not even held for a moment: who is about to run it would pass it over
            return False
        with self.held(folder.name) as is_ours:
            is_old = is_ours and self._is_old(folder)
            if is_old:
                shutil.rmtree(folder, ignore_errors=True)
            return is_old

    def _is_old(self, folder: Path) -> bool:
        return self._clock() - _state_changed_at(folder) > self._kept_s

    def _folders(self) -> list[Path]:
        if not self._root.is_dir():
            return []
        return [folder for folder in self._root.iterdir() if _JOB.fullmatch(folder.name)]

    @contextmanager
    def held(self, job_id: str) -> Iterator[bool]:
        """Hold a job against other processes. The end of a process lets go.

        Yields False where one of them has it, or there is no such job any more.
        """
        try:
            file = create_file(self._root / job_id / "lock")
        except FileNotFoundError:
            yield False
            return
        with file as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


def _changed_at(path: Path) -> float:
    """Return when a file or folder was written, in seconds since 1970; infinity where it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _state_changed_at(folder: Path) -> float:
    """Return when the state of a job was written; of a folder without one, when that was made."""
    state = folder / "state.json"
    return _changed_at(state if state.exists() else folder)

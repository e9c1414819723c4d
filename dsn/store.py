"""Jobs on disk: the upload, the state and the report of each, under one folder named by the digest of the upload.

Nothing is held in memory, so a job survives the process; what is written is whole or absent.
"""

import asyncio
import fcntl
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

import orjson

from dsn.report import TOTALS

State = Literal["queued", "running", "done", "failed"]
FailureReason = Literal["not_a_dsn", "register_unavailable", "disk", "unexpected"]

_JOB = re.compile(r"[0-9a-f]{64}")
_ABANDONED_S = 86_400


class TooLong(Exception):
    """The upload is longer than allowed."""


class NothingSent(Exception):
    """The upload is empty."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a caller may know of a job. `individuals` and `bytes_read` of `size_bytes` say how far it is."""

    id: str
    state: State
    size_bytes: int
    bytes_read: int = 0
    individuals: int = 0
    reason: FailureReason | None = None
    totals: dict[str, Any] | None = None


class JobStore:
    """Jobs under a folder. Several processes may share it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def receive(self, chunks: AsyncIterator[bytes], most_bytes: int) -> tuple[Job, bool]:
        """Store an upload as it comes and return its job, and whether there is anything to do for it.

        The same content is the same job: one that is done stays done, one that failed is queued again.

        Raises:
            TooLong, NothingSent: nothing is kept.
        """
        incoming = self._root / "incoming"
        incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        part, digest, size = incoming / token_hex(16), sha256(), 0
        try:
            with part.open("wb") as file:
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
            return known, known.state != "done"
        folder = self._root / job_id
        folder.mkdir(mode=0o700, exist_ok=True)
        part.replace(self.upload(job_id))
        job = Job(job_id, "queued", size)
        self.put(job)
        return job, True

    def get(self, job_id: str) -> Job | None:
        """Return a job, with its totals when it is done; None where there is none of this name."""
        if not _JOB.fullmatch(job_id):
            return None
        try:
            return Job(**orjson.loads((self._root / job_id / "state.json").read_bytes()))
        except FileNotFoundError:
            return None

    def put(self, job: Job) -> None:
        path = self._root / job.id / "state.json"
        beside = path.with_name(f"state.{token_hex(4)}.tmp")
        beside.write_bytes(orjson.dumps(job))
        beside.replace(path)

    def give_to(self, job_id: str, owner: str) -> None:
        """Let an organism see a job: it sent the file. The same file sent by two is the job of both."""
        owners = self._root / job_id / "owners"
        owners.mkdir(mode=0o700, exist_ok=True)
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
        if not self._root.is_dir():
            return []
        folders = [folder for folder in self._root.iterdir() if _JOB.fullmatch(folder.name)]
        jobs = [self.get(folder.name) for folder in sorted(folders, key=lambda folder: folder.stat().st_mtime)]
        return [job.id for job in jobs if job and job.state in ("queued", "running")]

    def sweep(self) -> None:
        """Remove uploads that broke off when a process ended."""
        for part in (self._root / "incoming").glob("*"):
            if time.time() - part.stat().st_mtime > _ABANDONED_S:
                part.unlink(missing_ok=True)

    @contextmanager
    def held(self, job_id: str) -> Iterator[bool]:
        """Hold a job against other processes; yields False where one of them has it. The end of a process lets go."""
        with (self._root / job_id / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

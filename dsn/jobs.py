"""Jobs one after the other in a thread of their own, so that no call of the service waits for a batch."""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import structlog

from dsn.lines import FileBroken
from dsn.private import make_folder
from dsn.run import DsnFile, NotADsn, report_on
from dsn.store import FailureReason, Job, JobStore
from identification.bulk import Others
from identification.cascade import Identifier
from identification.observing import Observer
from mappings.build import IncompatibleBuild
from retrieval.protocol import EngineError, EngineUnavailable, IndexGone, IndexNotReady, Retrieval

_TIDIED_EVERY_S = 3600
_MOST_STARTS = 3
"""A file whose process was lost so often is not tried again: it may be the cause, and others wait behind it."""
_UNAVAILABLE = (IndexNotReady, IncompatibleBuild, IndexGone, EngineUnavailable, EngineError)
log = structlog.get_logger()


class _Stopped(Exception):
    """The service ends: the job is left as it is, and run again at the next start."""


class JobRunner:
    """Runs the jobs of a store, and removes those that were kept for long enough, at the start and every hour.

    A job that the end of the service interrupts keeps its state and is run again from its upload: at the start,
    or within an hour where another process left it. One whose processes are killed again and again has failed.

    Args:
        open_engine: called in the thread of the jobs, once for each.
        data_dir: where the editions of the nomenclature are.
        others: processes that share the work of a long file, opened for each.
        told: told of each job that has ended, in the thread of the jobs.
    """

    def __init__(
        self,
        store: JobStore,
        open_engine: Callable[[], Retrieval],
        data_dir: Path,
        observer: Observer | None = None,
        others: Others | None = None,
        told: Callable[[Job], None] = lambda job: None,
    ) -> None:
        self.store = store
        self._told = told
        self._others = others
        self._observer = observer
        self._data_dir = data_dir
        self._open_engine = open_engine
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._threads = (
            threading.Thread(target=self._work, name="dsn-jobs", daemon=True),
            threading.Thread(target=self._tidy_hourly, name="dsn-tidy", daemon=True),
        )

    def start(self) -> None:
        """Begin, with what an earlier process left unfinished."""
        self._purge()
        self._take_up()
        for thread in self._threads:
            thread.start()

    def submit(self, job_id: str) -> None:
        self._waiting.put(job_id)

    def stop(self) -> None:
        """End after the batch under way."""
        self._stopping.set()
        self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _take_up(self) -> None:
        """Queue what is unfinished; at its turn, what ended since or another process holds is passed over."""
        for job_id in self.store.unfinished():
            self._waiting.put(job_id)

    def _tidy_hourly(self) -> None:
        """What was passed over may have been left since, by a process that ended while this one ran."""
        while not self._stopping.wait(_TIDIED_EVERY_S):
            self._purge()
            with suppress(OSError):  # what cannot be read now may be in an hour
                self._take_up()

    def _purge(self) -> None:
        try:
            purged = self.store.purge()
        except OSError as error:  # what cannot be removed now may be in an hour
            log.error("dsn_purge_failed", error=type(error).__name__)
            return
        if purged:
            log.info("dsn_jobs_purged", jobs=purged)

    def _work(self) -> None:
        while (job_id := self._waiting.get()) is not None and not self._stopping.is_set():
            try:
                with self.store.held(job_id) as is_ours:
                    job = self.store.get(job_id)
                    if is_ours and job and job.state in ("queued", "running"):
                        self._run(job)
            except _Stopped:
                log.info("dsn_job_interrupted")
            except Exception as error:  # the outermost frame of the thread: one bad job must not stop the others
                log.error("dsn_job_lost", error=type(error).__name__)

    def _run(self, job: Job) -> None:
        log.info("dsn_job_started", size_bytes=job.size_bytes, starts=job.starts)
        if job.starts >= _MOST_STARTS:
            self._end(replace(job, state="failed", reason="process_lost"))
            return
        begun = replace(job, starts=job.starts + 1)
        try:
            self.store.put(begun)
            ended = asyncio.run(self._identify(begun))
        except _Stopped:
            self.store.put(replace(job, state="running"))
            raise
        except Exception as error:
            ended = replace(job, state="failed", reason=_reason_of(error))
        self._end(ended)

    def _end(self, ended: Job) -> None:
        self._told(ended)
        upload = self.store.upload(ended.id)
        if ended.state == "failed":  # once that is known the file may be sent again, and what is there is the new one
            upload.unlink(missing_ok=True)
            self.store.put(ended)
        else:
            self.store.put(ended)
            upload.unlink(missing_ok=True)
        log.info("dsn_job_ended", state=ended.state, reason=ended.reason, individuals=ended.individuals)

    async def _identify(self, job: Job) -> Job:
        self.store.forget_report(job.id)
        engine = self._open_engine()
        identifier = Identifier(engine, data_dir=self._data_dir, observer=self._observer)
        try:
            with DsnFile(str(self.store.upload(job.id))) as file:

                def progress(individuals: int) -> None:
                    if self._stopping.is_set():
                        raise _Stopped
                    running = replace(job, state="running", individuals=individuals, bytes_read=file.bytes_read)
                    self.store.put(running)

                folder = make_folder(self.store.report(job.id))
                totals = await report_on(file, job.id[:12], folder, identifier, progress, self._others)
        finally:
            await engine.close()
        if totals.outcomes.get("NON_TRAITE"):
            return replace(job, state="failed", reason="register_unavailable", individuals=totals.individuals)
        return replace(
            job,
            state="done",
            bytes_read=job.size_bytes,
            individuals=totals.individuals,
            totals=self.store.totals(job.id),
        )


def _reason_of(error: Exception) -> FailureReason:
    if isinstance(error, NotADsn):
        return "not_a_dsn"
    if isinstance(error, _UNAVAILABLE):
        return "register_unavailable"
    if isinstance(error, OSError | FileBroken):
        return "disk"
    log.error("dsn_job_failed", error=type(error).__name__)
    return "unexpected"

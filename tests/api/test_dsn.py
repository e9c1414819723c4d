"""Payroll declarations over HTTP: sent, followed, fetched, and taken up again after a restart."""

import asyncio
import gzip
import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from dsn.jobs import JobRunner
from dsn.store import Job, JobStore
from identification.bulk import Identifiers
from retrieval.embedded import EmbeddedEngine
from retrieval.protocol import Engine, Retrieval
from retrieval.settings import EngineSettings
from tests.dsn_files import CLAIRE, YANN, as_bytes, demo_dsn, lines
from tests.serving import wait_for

_PATIENCE_S = 180
NO_DSN = b"id;nom\n1;MARTIN\n"


@contextmanager
def service(data_dir: Path, **options: Any) -> Iterator[TestClient]:
    settings = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    with TestClient(create_app(settings, ApiSettings(**options)), raise_server_exceptions=False) as http:
        yield http


@pytest.fixture
def client(data_dir: Path) -> Iterator[TestClient]:
    with service(data_dir, most_dsn_bytes=100_000) as http:
        yield http


def ended(http: TestClient, job_id: str) -> dict[str, Any]:
    job: dict[str, Any] = {}

    def has_ended() -> bool:
        job.update(http.get(f"/v1/dsn/{job_id}").json())
        return job["state"] in ("done", "failed")

    wait_for(has_ended)
    return job


def test_a_file_is_identified_and_its_report_fetched_in_each_form(client: TestClient) -> None:
    sent = client.post("/v1/dsn", content=demo_dsn())
    job = ended(client, sent.json()["id"])
    assert (sent.status_code, sent.headers["location"]) == (202, f"/v1/dsn/{job['id']}")
    assert job["id"] == sha256(demo_dsn()).hexdigest()
    assert (job["state"], job["individuals"], job["totals"]["to_act_on"]) == ("done", 10, 9)
    assert job["bytes_read"] == job["size_bytes"] == len(demo_dsn())
    path = f"/v1/dsn/{job['id']}/report"
    page = client.get(path)
    assert page.headers["content-type"].startswith("text/html")
    assert "Bilan d’identification" in page.text
    outcomes = client.get(path, params={"format": "jsonl"}).content.splitlines()
    assert [orjson.loads(line)["matricule"] for line in outcomes] == [f"{number:04d}" for number in range(1, 11)]
    assert client.get(path, params={"format": "totals"}).json() == job["totals"]
    assert len(client.get(path, params={"format": "crm121"}).content.splitlines()) == 8
    assert len(client.get(path, params={"format": "declarations"}).content.splitlines()) == 2
    assert client.get(path, params={"format": "pdf"}).status_code == 422


def test_the_same_file_sent_twice_is_one_job_and_its_upload_is_not_kept(client: TestClient, data_dir: Path) -> None:
    job = ended(client, client.post("/v1/dsn", content=demo_dsn()).json()["id"])
    again = client.post("/v1/dsn", content=demo_dsn())
    assert (again.status_code, again.json()) == (200, job)
    wait_for(lambda: not (data_dir / "dsn" / job["id"] / "upload").exists())
    kept = {path.name for path in (data_dir / "dsn" / job["id"]).iterdir()}
    assert kept == {"state.json", "report", "lock"}
    assert list((data_dir / "dsn" / "incoming").iterdir()) == []


def test_a_gzip_is_read_as_what_it_holds(client: TestClient) -> None:
    job = ended(client, client.post("/v1/dsn", content=gzip.compress(demo_dsn())).json()["id"])
    assert (job["state"], job["individuals"]) == ("done", 10)


def test_what_is_no_dsn_fails_with_its_reason_and_may_be_sent_again(client: TestClient, data_dir: Path) -> None:
    sent = client.post("/v1/dsn", content=NO_DSN).json()
    assert ended(client, sent["id"])["reason"] == "not_a_dsn"
    report = client.get(f"/v1/dsn/{sent['id']}/report")
    assert (report.status_code, report.json()["reason"]) == (409, "not_a_dsn")
    assert not (data_dir / "dsn" / sent["id"] / "upload").exists()
    assert client.post("/v1/dsn", content=NO_DSN).status_code == 202


class SentAgainAtOnce(JobStore):
    """A store to which a file is sent again in the moment in which its failure is known."""

    has_failed = False

    def put(self, job: Job) -> None:
        super().put(job)
        if job.state == "failed":
            self.has_failed = True
            asyncio.run(_stored(self, NO_DSN))


async def test_a_file_that_is_sent_again_as_soon_as_it_failed_is_not_removed_with_the_first_one(data_dir: Path) -> None:
    store = SentAgainAtOnce(data_dir / "dsn")
    job = await _stored(store, NO_DSN)
    runner = JobRunner(store, lambda: EmbeddedEngine(data_dir), data_dir)
    runner.start()
    wait_for(lambda: store.has_failed)
    runner.stop()
    assert store.get(job.id) == job
    assert store.upload(job.id).read_bytes() == NO_DSN


def test_a_file_that_is_empty_or_too_long_is_refused_and_leaves_nothing(client: TestClient, data_dir: Path) -> None:
    assert client.post("/v1/dsn", content=b"").status_code == 422
    assert client.post("/v1/dsn", content=b"x" * 100_001).status_code == 413
    assert [path.name for path in (data_dir / "dsn").iterdir()] == ["incoming"]
    assert list((data_dir / "dsn" / "incoming").iterdir()) == []


@pytest.mark.parametrize("name", ["0" * 64, "..", "%2e%2e%2fincoming", "A" * 64, "incoming"])
def test_a_job_that_nobody_knows_is_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/v1/dsn/{name}").status_code == 404
    assert client.get(f"/v1/dsn/{name}/report").status_code == 404


def test_without_an_index_a_job_fails_and_runs_when_it_is_sent_again(tmp_path: Path, data_dir: Path) -> None:
    with service(tmp_path / "empty") as http:
        job = ended(http, http.post("/v1/dsn", content=demo_dsn()).json()["id"])
        assert (job["state"], job["reason"]) == ("failed", "register_unavailable")
        (data_dir / "indexes").rename(tmp_path / "empty" / "indexes")
        for alias in data_dir.glob("*.json"):
            alias.rename(tmp_path / "empty" / alias.name)
        again = http.post("/v1/dsn", content=demo_dsn())
        assert again.status_code == 202
        assert ended(http, job["id"])["state"] == "done"


class SlowEngine(EmbeddedEngine):
    """An engine that waits, at its first search, until the jobs are told to end."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.asked, self.told = threading.Event(), threading.Event()

    async def holders(self, at: Any, field: Any, terms: Any) -> list[str]:
        self.asked.set()
        assert self.told.wait(_PATIENCE_S)
        return await super().holders(at, field, terms)


def _begun(store: JobStore, data_dir: Path) -> JobRunner:
    """Return a runner whose first job has come to its first search, and goes on when it is told to end."""
    engine = SlowEngine(data_dir)
    runner = JobRunner(store, lambda: engine, data_dir)
    engine.told = runner._stopping
    runner.start()
    assert engine.asked.wait(_PATIENCE_S)
    return runner


async def _stored(store: JobStore, data: bytes) -> Job:
    async def chunks() -> Any:
        yield data

    job, _ = await store.receive(chunks(), 10_000_000)
    return job


async def test_a_job_that_the_end_of_the_service_interrupts_is_taken_up_again(data_dir: Path) -> None:
    many = [YANN | {"019": str(number)} for number in range(600)] + [CLAIRE] * 600
    store = JobStore(data_dir / "dsn")
    job = await _stored(store, as_bytes(lines(*many)))
    _begun(store, data_dir).stop()
    left = store.get(job.id)
    assert left is not None
    assert left.state in ("queued", "running")
    assert list(store.report(job.id).iterdir()) == []
    with service(data_dir) as http:
        done = ended(http, job.id)
        assert (done["state"], done["individuals"]) == ("done", 1200)


async def test_a_job_whose_process_was_killed_runs_again_and_nothing_of_the_first_run_remains(data_dir: Path) -> None:
    store = JobStore(data_dir / "dsn")
    job = await _stored(store, demo_dsn())
    store.put(replace(job, state="running", individuals=5))
    (store.report(job.id) / ".part-killed").mkdir(parents=True)
    with service(data_dir) as http:
        assert ended(http, job.id)["state"] == "done"
    assert all(path.is_file() for path in store.report(job.id).iterdir())


async def test_a_job_that_kills_each_process_that_has_it_fails_and_may_be_sent_again(data_dir: Path) -> None:
    store = JobStore(data_dir / "dsn")
    job = await _stored(store, demo_dsn())
    for _ in range(3):
        assert _killed_at_its_first_batch(data_dir) == -signal.SIGKILL
    with service(data_dir) as http:
        failed = ended(http, job.id)
        assert (failed["state"], failed["reason"]) == ("failed", "process_lost")
        http.post("/v1/dsn", content=demo_dsn())
        assert ended(http, job.id)["state"] == "done"


def _killed_at_its_first_batch(data_dir: Path) -> int | None:
    """Run the jobs in a process that is killed where it first asks the engine, and return how it ended."""
    process = multiprocessing.get_context("spawn").Process(target=_run_with_deadly_engine, args=(data_dir,))
    process.start()
    process.join(_PATIENCE_S)
    return process.exitcode


def _run_with_deadly_engine(data_dir: Path) -> None:
    def killed() -> Retrieval:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    JobRunner(JobStore(data_dir / "dsn"), killed, data_dir).start()
    time.sleep(_PATIENCE_S)


async def test_a_job_that_the_end_of_the_service_interrupts_does_not_count_as_lost(data_dir: Path) -> None:
    store = JobStore(data_dir / "dsn")
    job = await _stored(store, demo_dsn())
    for _ in range(4):
        runner = _begun(store, data_dir)
        begun = store.get(job.id)
        runner.stop()
        left = store.get(job.id)
        assert begun is not None and left is not None
        assert (begun.starts, left.state, left.starts) == (1, "running", 0)


async def test_a_job_on_several_processes_is_interrupted_and_taken_up_again(data_dir: Path) -> None:
    many = as_bytes(lines(*(YANN | {"002": f"LE GOFF {number // 100}"} for number in range(12 * 500))))
    settings = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    opened = threading.Event()

    def others() -> Identifiers:
        opened.set()
        assert runner._stopping.wait(_PATIENCE_S)
        return Identifiers(settings, 2)

    store = JobStore(data_dir / "dsn")
    job = await _stored(store, many)
    runner = JobRunner(store, lambda: EmbeddedEngine(data_dir), data_dir, others=others)
    runner.start()
    assert opened.wait(_PATIENCE_S)
    runner.stop()
    left = store.get(job.id)
    assert left is not None
    assert left.state == "running"
    with service(data_dir, dsn_workers=2) as http:
        done = ended(http, job.id)
        assert (done["state"], done["individuals"], done["totals"]["asked"]) == ("done", 6000, 60)
        assert _counted(http, "individuals", "outcome") == done["totals"]["outcomes"]
        assert _counted(http, "files", "state") == {"done": 1}


def _counted(http: TestClient, what: str, label: str) -> dict[str, float]:
    """What the metrics say of payroll, whichever processes identified."""
    lines = re.findall(rf'^sngi_payroll_{what}_total{{{label}="(\w+)"}} (\S+)', http.get("/metrics").text, re.MULTILINE)
    return {value: float(count) for value, count in lines}


async def test_a_state_that_a_loss_of_power_emptied_stops_no_start_and_the_file_may_be_sent_again(
    data_dir: Path,
) -> None:
    job = await _stored(JobStore(data_dir / "dsn"), demo_dsn())
    (data_dir / "dsn" / job.id / "state.json").write_bytes(b"")
    with service(data_dir) as http:
        assert http.get(f"/v1/dsn/{job.id}").status_code == 404
        assert http.post("/v1/dsn", content=demo_dsn()).status_code == 202
        assert ended(http, job.id)["state"] == "done"


def _later(days: float) -> Callable[[], float]:
    return lambda: time.time() + days * 86_400


def test_a_job_is_not_found_once_it_was_kept_for_long_enough(client: TestClient, data_dir: Path) -> None:
    job = ended(client, client.post("/v1/dsn", content=demo_dsn()).json()["id"])
    assert JobStore(data_dir / "dsn", 30, _later(29.9)).purge() == 0
    assert client.get(f"/v1/dsn/{job['id']}/report").status_code == 200
    wait_for(lambda: JobStore(data_dir / "dsn", 30, _later(30.1)).purge() == 1)
    assert client.get(f"/v1/dsn/{job['id']}").status_code == 404
    assert client.get(f"/v1/dsn/{job['id']}/report").status_code == 404
    assert [path.name for path in (data_dir / "dsn").iterdir()] == ["incoming"]
    assert client.post("/v1/dsn", content=demo_dsn()).status_code == 202


def test_a_file_that_is_sent_again_is_kept_from_then_on(client: TestClient, data_dir: Path) -> None:
    job = ended(client, client.post("/v1/dsn", content=demo_dsn()).json()["id"])
    long_ago = time.time() - 29 * 86_400
    os.utime(data_dir / "dsn" / job["id"] / "state.json", (long_ago, long_ago))
    assert client.post("/v1/dsn", content=demo_dsn()).status_code == 200
    assert JobStore(data_dir / "dsn", 30, _later(2)).purge() == 0


def test_what_is_too_old_is_removed_when_the_service_starts(data_dir: Path) -> None:
    with service(data_dir) as http:
        job = ended(http, http.post("/v1/dsn", content=demo_dsn()).json()["id"])
    long_ago = time.time() - 2 * 86_400
    os.utime(data_dir / "dsn" / job["id"] / "state.json", (long_ago, long_ago))
    with service(data_dir, dsn_kept_days=1) as http:
        assert http.get(f"/v1/dsn/{job['id']}").status_code == 404


async def test_what_is_too_old_is_removed_every_hour(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsn.jobs._TIDIED_EVERY_S", 0.02)
    days = [0.0]
    store = JobStore(data_dir / "dsn", 30, lambda: time.time() + days[0] * 86_400)
    job = await _stored(store, demo_dsn())
    store.put(replace(job, state="failed"))
    runner = JobRunner(store, lambda: EmbeddedEngine(data_dir), data_dir)
    runner.start()
    time.sleep(0.1)
    assert store.get(job.id) is not None
    days[0] = 31
    wait_for(lambda: store.get(job.id) is None)
    runner.stop()


async def test_a_purge_leaves_a_job_under_way_alone_and_removes_uploads_that_were_left(data_dir: Path) -> None:
    store = JobStore(data_dir / "dsn", 30, _later(31))
    job = await _stored(store, demo_dsn())
    left = data_dir / "dsn" / "incoming" / "left"
    left.write_bytes(b"")
    with store.held(job.id):
        assert store.purge() == 0
    assert store.upload(job.id).exists()
    assert not left.exists()
    done = replace(job, state="done")
    store.put(done)
    assert JobStore(data_dir / "dsn", 30, _later(2)).purge() == 0
    assert (store.get(job.id), store.upload(job.id).exists()) == (done, False)


async def test_a_purge_never_holds_a_job_that_is_to_be_kept(data_dir: Path) -> None:
    store = JobStore(data_dir / "dsn", 30)
    job = await _stored(store, demo_dsn())
    assert store.purge() == 0
    assert not (data_dir / "dsn" / job.id / "lock").exists()


def test_what_is_kept_is_for_the_account_of_the_service_only(client: TestClient, data_dir: Path) -> None:
    ended(client, client.post("/v1/dsn", content=demo_dsn()).json()["id"])
    ended(client, client.post("/v1/dsn", content=b"MARTIN").json()["id"])
    kept = [data_dir / "dsn", *(data_dir / "dsn").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in kept if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in kept if path.is_dir()} == {0o700}


async def test_a_job_that_another_process_holds_is_left_to_it(data_dir: Path) -> None:
    store = JobStore(data_dir / "dsn")
    job = await _stored(store, demo_dsn())
    opened: list[Engine] = []

    def open_one() -> Engine:
        opened.append(EmbeddedEngine(data_dir))
        return opened[-1]

    with store.held(job.id) as is_ours:
        assert is_ours
        runner = JobRunner(store, open_one, data_dir)
        runner.start()
        time.sleep(0.2)
        runner.stop()
    assert (store.get(job.id), opened) == (job, [])


async def test_a_job_that_another_process_leaves_unfinished_is_taken_up_without_a_restart(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsn.jobs._TIDIED_EVERY_S", 0.05)
    store = JobStore(data_dir / "dsn")
    job = await _stored(store, demo_dsn())
    runner = JobRunner(store, lambda: EmbeddedEngine(data_dir), data_dir)
    with store.held(job.id):
        runner.start()
        time.sleep(0.2)
    wait_for(lambda: (left := store.get(job.id)) and left.state == "done")
    runner.stop()


def test_no_personal_value_of_a_file_reaches_the_logs(client: TestClient, capfd: pytest.CaptureFixture[str]) -> None:
    with structlog.testing.capture_logs() as events:
        ended(client, client.post("/v1/dsn", content=demo_dsn()).json()["id"])
        ended(client, client.post("/v1/dsn", content=b"MARTIN").json()["id"])
    written = f"{events} {capfd.readouterr()}".upper()
    assert "DSN_JOB_ENDED" in written
    for value in ("GOFF", "YANN", "1956", "15603", "BREST", "MARTIN", "123456782"):
        assert value not in written

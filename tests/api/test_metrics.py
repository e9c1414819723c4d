"""Metrics: what was asked is counted, by all workers together, for those who may see it, and of nobody."""

import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from api.app import create_app
from api.keys import new_key
from api.metrics import BatchHistogram, Metrics, kind_of
from identification.cascade import Identifier
from identification.questions import read_question
from retrieval.embedded import EmbeddedEngine
from retrieval.observed import ObservedRetrieval
from retrieval.protocol import EngineBusy, EngineError, Moved
from retrieval.settings import EngineSettings
from tests.api.organism_files import headers, organism, service, write
from tests.conftest import build_lines
from tests.identification.test_situations import crowd
from tests.serving import Served, samples, served, wait_for

QUESTION = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}
NUMBER = QUESTION | {"nir": "156039999910112"}
TWINS = {"birth_name": "MOREAU", "birth_date": "1992-04-17"}
NOBODY = {"birth_name": "ZWINGLI", "given_names": ["Ottokar"], "birth_date": "1931-02-03"}


def scraped(http: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    reply = http.get("/metrics")
    assert reply.status_code == 200
    return samples(reply.text)


def test_answers_are_counted_by_endpoint_outcome_and_path(data_dir: Path) -> None:
    with service(data_dir) as http:
        http.post("/v1/identify", json=NUMBER)
        http.post("/v1/identify", json={"birth_name": 1})
        http.post("/v1/identify/batch", json={"queries": [QUESTION, NOBODY, {"oops": 1}]})
        http.post("/v1/identify/stream", content=orjson.dumps(QUESTION))
        http.post("/v1/explain", json=QUESTION)
        http.post("/v1/verify", json={"nir": "156039999910112", "birth_name": "LE GOFF"})
        found = scraped(http)
    answers = {
        (labels["endpoint"], labels["outcome"], labels["path"]): value
        for (name, pairs), value in found.items()
        if name == "sngi_answers_total" and (labels := dict(pairs))
    }
    assert answers == {
        ("/v1/identify", "identified", "nir"): 1,
        ("/v1/identify", "invalid", "none"): 1,
        ("/v1/identify/batch", "identified", "keys"): 1,
        ("/v1/identify/batch", "not_found", "wide"): 1,
        ("/v1/identify/batch", "invalid", "none"): 1,
        ("/v1/identify/stream", "identified", "keys"): 1,
        ("/v1/explain", "identified", "keys"): 1,
        ("/v1/verify", "confirmed", "none"): 1,
    }
    assert found["sngi_requests_total", (("endpoint", "/v1/identify"), ("status", "422"))] == 1


def test_confidence_margin_and_candidates_are_distributions_of_the_questions(data_dir: Path) -> None:
    with service(data_dir) as http:
        http.post("/v1/identify/batch", json={"queries": [NUMBER, QUESTION, TWINS, {"oops": 1}]})
        found = scraped(http)
    assert found["sngi_candidates_count", ()] == 3
    assert found["sngi_candidates_sum", ()] == 4
    assert found["sngi_confidence_count", ()] == 3
    assert found["sngi_confidence_bucket", (("le", "0.98"),)] == 1
    assert (found["sngi_margin_bits_count", ()], found["sngi_batch_questions_sum", ()]) == (1, 4)
    assert found["sngi_reasons_total", (("reason", "possible_duplicate"),)] == 1


def batches_by_step(http: TestClient) -> dict[str, float]:
    counted = "sngi_step_seconds_count"
    return {dict(labels)["step"]: value for (name, labels), value in scraped(http).items() if name == counted}


def test_only_the_steps_that_a_batch_came_to_are_timed(data_dir: Path) -> None:
    with service(data_dir) as http:
        http.post("/v1/identify", json=NUMBER)
        steps = {
            dict(labels)["step"]: n for (name, labels), n in scraped(http).items() if name == "sngi_step_seconds_count"
        }
        assert steps == {"read": 1, "nir": 1, "keys": 0, "loose": 0, "wide": 0, "score": 1, "answer": 1}
        http.post("/v1/identify", json=NOBODY)
        steps = {
            dict(labels)["step"]: n for (name, labels), n in scraped(http).items() if name == "sngi_step_seconds_count"
        }
        assert steps == {"read": 2, "nir": 2, "keys": 1, "loose": 1, "wide": 1, "score": 2, "answer": 2}


async def test_blocks_that_were_left_out_or_cut_off_are_counted(tmp_path: Path) -> None:
    engine, metrics = EmbeddedEngine(tmp_path), Metrics()
    await build_lines(engine, crowd())
    identifier = Identifier(ObservedRetrieval(engine, metrics), observer=metrics)
    hot = {"given_names": ["Marie"], "birth_date": "1950-01-01", "birth_name": "MARTIN", "sex": "F"}
    await identifier.identify([read_question(hot)])
    assert metrics.registry.get_sample_value("sngi_hot_keys_left_out_total") > 0  # type: ignore[operator]


def test_the_index_is_described_as_it_is_at_the_scrape(data_dir: Path) -> None:
    with service(data_dir) as http:
        found = scraped(http)
        assert (found["sngi_index_served", ()], found["sngi_index_identities", ()]) == (1, 28)
        assert (found["sngi_index_revision", ()], found["sngi_index_vintage_year", ()]) == (0, 2026)
        assert 0 <= time.time() - found["sngi_index_built_timestamp_seconds", ()] < 600
        (data_dir / "indexes" / "identities.json").unlink()
        assert [name for name, _ in scraped(http) if name.startswith("sngi_index")] == ["sngi_index_served"]


def test_failures_of_the_engine_are_counted_by_kind() -> None:
    unreachable = EngineSettings(engine="opensearch", opensearch_url=SecretStr("http://127.0.0.1:9"))
    with TestClient(create_app(unreachable)) as http:
        assert http.post("/v1/identify", json=QUESTION).status_code == 503
        found = scraped(http)
    labels = (("kind", "EngineUnavailable"), ("search", "position"))
    assert found["sngi_engine_errors_total", labels] >= 1
    assert found["sngi_index_served", ()] == 0
    assert [kind_of(error) for error in (EngineBusy(), EngineError(), ValueError())] == [
        "EngineBusy",
        "EngineError",
        "other",
    ]


def test_a_search_that_the_register_overtook_is_no_failure_of_the_engine() -> None:
    metrics = Metrics()
    with pytest.raises(Moved), metrics.search("keys"):
        raise Moved
    assert not [sample for metric in metrics.engine_errors.collect() for sample in metric.samples]


def test_many_values_at_once_are_counted_as_one_by_one() -> None:
    one, many = CollectorRegistry(), CollectorRegistry()
    single = Histogram("sizes", "Sizes.", buckets=(0, 1, 5), registry=one)
    values = [0, 0.5, 1, 1.5, 5, 7, 0]
    for value in values:
        single.observe(value)
    BatchHistogram("sizes", "Sizes.", buckets=(0, 1, 5), registry=many).observe_all(values)
    names = ("sizes_sum", "sizes_count")
    for bound in ("0.0", "1.0", "5.0", "+Inf"):
        expected = one.get_sample_value("sizes_bucket", {"le": bound})
        assert many.get_sample_value("sizes_bucket", {"le": bound}) == expected
    assert [many.get_sample_value(name) for name in names] == [one.get_sample_value(name) for name in names]


def test_metrics_need_their_right_and_no_purpose(data_dir: Path) -> None:
    scraper, user = new_key(), new_key()
    write(
        data_dir,
        organism("supervision", rights='["metrics"]'),
        organism("caisse-a", rights='["identify", "bulk", "admin"]'),
        keys={"supervision": scraper, "caisse-a": user},
    )
    with service(data_dir) as http:
        assert http.get("/metrics", headers={"Authorization": f"Bearer {scraper}"}).status_code == 200
        assert http.post("/v1/identify", json=QUESTION, headers=headers(scraper)).status_code == 403
        assert http.get("/v1/index", headers=headers(scraper)).status_code == 403
        assert http.get("/metrics", headers=headers(user)).status_code == 403
        assert http.get("/metrics").status_code == 401


def test_without_access_control_metrics_stay_on_the_machine(data_dir: Path) -> None:
    settings = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    for host, status in (("127.0.0.1", 200), ("192.0.2.1", 403)):
        with TestClient(create_app(settings), base_url=f"http://{host}") as http:
            assert http.get("/metrics").status_code == status


def test_every_label_is_one_of_a_few_words(data_dir: Path) -> None:
    with service(data_dir) as http:
        for path in ("/v1/LE GOFF", "/v1/dsn/156039999910112", "/metrics/1956"):
            http.get(path)
        http.request("GOFF", "/v1/identify")
        endpoints = {dict(labels)["endpoint"] for (name, labels) in scraped(http) if name == "sngi_requests_total"}
    assert endpoints == {"none", "/v1/dsn/{job_id}", "/v1/identify"}


@pytest.fixture
def settings(data_dir: Path) -> dict[str, Any]:
    return {"SNGI_DATA_DIR": str(data_dir)}


def test_the_workers_of_a_service_count_together_and_the_dead_are_in_flight_no_more(
    data_dir: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    answers = ("sngi_answers_total", answered("/v1/identify", "identified", "keys"))
    with served(tmp_path, workers=2, **settings) as service:
        wait_for(lambda: len(workers(service)) == 2)
        for _ in range(40):
            with_own_connection = {"Connection": "close"}
            assert service.http.post("/v1/identify", json=QUESTION, headers=with_own_connection).status_code == 200
        assert {scraped_anew(service)[answers] for _ in range(20)} == {40}
        only_the_scrape_is_in_flight(service)
        os.kill(workers(service).pop(), signal.SIGKILL)
        only_the_scrape_is_in_flight(service)
        assert scraped_anew(service)[answers] == 40


def workers(service: Served) -> set[int]:
    """Return the processes that have begun to answer."""
    return {int(pid) for pid in re.findall(rb"Started server process \[(\d+)\]", service.log.read_bytes())}


def scraped_anew(service: Served) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return the samples that any of the workers may tell."""
    return samples(service.http.get("/metrics", headers={"Connection": "close"}).text)


def only_the_scrape_is_in_flight(service: Served) -> None:
    """Whoever has read an answer is faster now and then than the worker that notes that it has left."""
    wait_for(lambda: scraped_anew(service)["sngi_requests_in_flight", ()] == 1)


def answered(endpoint: str, outcome: str, path: str) -> tuple[tuple[str, str], ...]:
    return (("endpoint", endpoint), ("outcome", outcome), ("path", path))


def test_one_worker_counts_too_and_nothing_is_left_behind(
    data_dir: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    folders = tmp_path / "temporary"
    folders.mkdir()
    with served(tmp_path, **settings, TMPDIR=str(folders)) as service:
        service.http.post("/v1/identify", json=NUMBER)
        families = {family.name for family in text_string_to_metric_families(service.http.get("/metrics").text)}
        assert {"sngi_answers", "sngi_step_seconds", "sngi_index_served"} <= families
        assert list(folders.iterdir())
    assert service.process.returncode == 0
    assert not list(folders.iterdir())

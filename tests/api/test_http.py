"""The HTTP service, on the demo register of the embedded engine."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from fastapi.testclient import TestClient
from pydantic import SecretStr

from api.app import create_app
from api.settings import ApiSettings
from retrieval.settings import EngineSettings

QUESTION = {
    "reference": "row-1",
    "birth_name": "LE GOFF",
    "given_names": ["Yann"],
    "birth_date": "1956-03-04",
    "birth_place": {"label": "Brest", "department": "29"},
}


@pytest.fixture
def client(data_dir: Path) -> Iterator[TestClient]:
    settings = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    with TestClient(create_app(settings, ApiSettings(most_body_bytes=100_000)), raise_server_exceptions=False) as http:
        yield http


def test_a_question_has_one_answer(client: TestClient) -> None:
    answer = client.post("/v1/identify", json=QUESTION).json()
    assert (answer["outcome"], answer["identity"]["id"], answer["reference"]) == ("identified", "P001", "row-1")


def test_a_batch_answers_in_order_with_the_bytes_of_unit_calls(client: TestClient) -> None:
    second = {"birth_name": "MOREAU", "given_names": ["Julie"], "birth_date": "1992-04-17"}
    alone = [client.post("/v1/identify", content=orjson.dumps(question)).content for question in (QUESTION, second)]
    batch = client.post("/v1/identify/batch", json={"queries": [QUESTION, second]}).content
    assert batch == b'{"answers":[' + b",".join(alone) + b"]}"


def test_a_bad_query_in_a_batch_is_an_invalid_answer_in_its_place(client: TestClient) -> None:
    answers = client.post("/v1/identify/batch", json={"queries": [{"oops": "x"}, QUESTION, 3]}).json()["answers"]
    assert [answer["outcome"] for answer in answers] == ["invalid", "identified", "invalid"]
    assert answers[0]["errors"][0] | {"message": ""} == {"field": "oops", "code": "unknown_field", "message": ""}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "not_json"),
        (b"", "not_json"),
        (b"[]", "not_an_object"),
        (b'{"birth_name": "\xff\xfe"}', "not_json"),
        (b'{"birth_name": 12}', "wrong_type"),
        (b'{"birth_nmae": "SECRETNAME"}', "unknown_field"),
        (b'{"reference": "r"}', "nothing_given"),
        (b"{}", "nothing_given"),
        (b'{"birth_name": "' + b"A" * 301 + b'"}', "too_long"),
        (b'{"birth_name": "A", "channel": "SECRETNAME"}', "unknown_value"),
        (b'{"birth_place": {"code": 75056}}', "wrong_type"),
        (b"[" * 50_000, "not_json"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/identify", "/v1/explain"])
def test_an_unreadable_question_is_a_problem_that_quotes_nothing(
    client: TestClient, path: str, body: bytes, code: str
) -> None:
    reply = client.post(path, content=body)
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert reply.json()["errors"][0]["code"] == code
    assert "SECRETNAME" not in reply.text


@pytest.mark.parametrize(
    ("trait", "field", "code"),
    [
        ({"nir": "1 56 03 99999 101 13"}, "nir", "nir_key"),
        ({"nir": "15603"}, "nir", "nir_length"),
        ({"nir": "1561499999101"}, "nir", "nir_format"),
        ({"nir": "1123456789ABCDEF"}, "nir", "ntt"),
        ({"former": {"birth_date": "1956-02-30"}}, "former.birth_date", "impossible_date"),
        ({"usage_name": "SANS NOM"}, "usage_name", "no_name"),
        ({"sex": "Q"}, "sex", "unknown_sex"),
        ({"birth_place": {"code": "?", "label": "Brest"}}, "birth_place.code", "place_code"),
    ],
)
def test_an_unusable_value_is_left_out_and_the_rest_is_used(
    client: TestClient, trait: dict[str, Any], field: str, code: str
) -> None:
    answer = client.post("/v1/identify", json=QUESTION | trait).json()
    assert answer["outcome"] == "identified"
    assert {"field": field, "code": code} in answer["ignored"]


def test_a_body_too_large_is_refused(client: TestClient) -> None:
    assert client.post("/v1/identify", content=b" " * 100_001).status_code == 413


def test_more_than_a_thousand_queries_are_refused(client: TestClient) -> None:
    reply = client.post("/v1/identify/batch", json={"queries": [{}] * 1001})
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "too_long")


def test_an_empty_batch_has_no_answer(client: TestClient) -> None:
    assert client.post("/v1/identify/batch", json={"queries": []}).json() == {"answers": []}


def test_the_index_says_what_is_served(client: TestClient) -> None:
    served = client.get("/v1/index").json()
    assert (served["alias"], served["identities"], served["revision"]) == ("identities", 28, 0)
    assert served["index"].startswith("identities-")


def test_the_service_is_live_and_ready(client: TestClient) -> None:
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 200


def test_without_an_index_the_service_is_live_but_not_ready(tmp_path: Path) -> None:
    settings = EngineSettings(data_dir=tmp_path, engine="embedded", opensearch_url=None)
    with TestClient(create_app(settings)) as http:
        assert http.get("/health/live").status_code == 200
        for reply in (http.get("/health/ready"), http.post("/v1/identify", json=QUESTION), http.get("/v1/index")):
            assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")


def test_an_engine_that_cannot_be_reached_is_a_503() -> None:
    unreachable = EngineSettings(engine="opensearch", opensearch_url=SecretStr("http://127.0.0.1:9"))
    with TestClient(create_app(unreachable)) as http:
        assert http.post("/v1/identify", json=QUESTION).status_code == 503
        assert http.get("/health/ready").status_code == 503


def test_a_path_or_method_that_does_not_exist_is_a_problem(client: TestClient) -> None:
    for reply, status in ((client.get("/nowhere"), 404), (client.get("/v1/identify"), 405)):
        assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")


def test_every_example_of_the_openapi_is_answered_by_the_demo_register(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    posts = {path: methods["post"] for path, methods in schema["paths"].items() if "post" in methods}
    of_the_register = {"/v1/identify", "/v1/identify/batch", "/v1/explain", "/v1/verify"}
    assert set(posts) == {*of_the_register, "/v1/places", "/v1/dsn", "/v1/identify/stream"}
    for path, operation in ((path, posts[path]) for path in of_the_register):
        example = operation["requestBody"]["content"]["application/json"]["example"]
        reply = client.post(path, json=example)
        assert reply.status_code == 200
        assert '"P001"' in reply.text


def test_every_reference_of_the_openapi_exists(client: TestClient) -> None:
    reply = client.get("/openapi.json")
    schemas = reply.json()["components"]["schemas"]
    references = {part.split('"')[0] for part in reply.text.split("#/components/schemas/")[1:]}
    assert references <= set(schemas)


@pytest.mark.parametrize("body", [{}, {"nir": 1, "birth_name": "A"}, {"nir": "1", "birth_name": "A", "x": 1}, []])
def test_a_verification_needs_both_keys_and_nothing_else(client: TestClient, body: Any) -> None:
    assert client.post("/v1/verify", json=body).status_code == 422


def test_no_personal_value_reaches_the_logs(
    client: TestClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        client.post("/v1/identify", json=QUESTION | {"nir": "156039999910112"})
        client.post("/v1/identify", json=QUESTION | {"channel": "QUIMPERLE"})
    written = f"{events} {caplog.text} {capfd.readouterr()}".upper()
    assert "REQUEST_ANSWERED" in written
    for value in ("GOFF", "YANN", "1956", "15603", "BREST", "QUIMPERLE"):
        assert value not in written

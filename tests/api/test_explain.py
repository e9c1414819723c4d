"""`POST /v1/explain`: the answer of `/v1/identify`, and everything that led to it."""

from collections.abc import Iterator
from math import floor
from pathlib import Path

import orjson
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from retrieval.settings import EngineSettings

IDENTIFIED = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}
AMBIGUOUS = {"birth_name": "QUESNEL", "birth_date": "1990-05-12", "birth_place": {"label": "Rouen"}}
VETOED = {"birth_name": "FONTENAY", "given_names": ["Edmond"], "birth_date": "1958-11-11"}
NOBODY = {"birth_name": "ZWINGELSTEIN", "given_names": ["Odilon"], "birth_date": "1938-02-02"}
TOO_LITTLE = {"birth_name": "MARTIN"}


@pytest.fixture
def client(data_dir: Path) -> Iterator[TestClient]:
    settings = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    with TestClient(create_app(settings), raise_server_exceptions=False) as http:
        yield http


@pytest.mark.parametrize("question", [IDENTIFIED, AMBIGUOUS, VETOED, NOBODY, TOO_LITTLE])
def test_it_answers_as_identify_does(client: TestClient, question: dict[str, object]) -> None:
    explanation = client.post("/v1/explain", json=question).json()
    assert explanation["answer"] == client.post("/v1/identify", json=question).json()


@pytest.mark.parametrize("question", [IDENTIFIED, AMBIGUOUS, VETOED])
def test_its_numbers_make_the_confidence(client: TestClient, question: dict[str, object]) -> None:
    explanation = client.post("/v1/explain", json=question).json()
    own = 2 ** sum(step["bits"] for step in explanation["candidates"][0]["waterfall"])
    confidence = own / (own + sum(2 ** rival["bits"] for rival in explanation["against"]))
    assert floor(confidence * 1_000_000) / 1_000_000 == explanation["answer"]["confidence"]


def test_an_identified_answer_needs_nothing(client: TestClient) -> None:
    explanation = client.post("/v1/explain", json=IDENTIFIED).json()
    assert [explanation[field] for field in ("would_identify", "separating", "note")] == [[], [], None]
    assert all(condition["holds"] for condition in explanation["conditions"])


def test_it_says_what_would_tell_twins_apart(client: TestClient) -> None:
    explanation = client.post("/v1/explain", json=AMBIGUOUS).json()
    assert explanation["separating"] == ["nir", "given_names"]
    found = {tuple(item["criteria"]): item["confidence"] for item in explanation["would_identify"]}
    assert set(found) == {("nir",), ("given_names",)}
    assert all(confidence >= 0.99 for confidence in found.values())
    assert explanation["note"] == "about P009 only, the best candidate: nobody else was looked for"


def test_it_says_why_a_candidate_is_vetoed(client: TestClient) -> None:
    explanation = client.post("/v1/explain", json=VETOED).json()
    assert "vetoed: none of its given names was said" in explanation["candidates"][0]["verdict"]
    assert [item["criteria"] for item in explanation["would_identify"]] == [["given_names"]]


@pytest.mark.parametrize("question", [NOBODY, TOO_LITTLE])
def test_nobody_is_explained_too(client: TestClient, question: dict[str, object]) -> None:
    explanation = client.post("/v1/explain", json=question).json()
    assert (explanation["candidates"], explanation["against"], explanation["would_identify"]) == ([], [], [])
    assert explanation["note"]


def test_the_same_question_has_the_same_bytes(client: TestClient) -> None:
    body = orjson.dumps(AMBIGUOUS)
    assert client.post("/v1/explain", content=body).content == client.post("/v1/explain", content=body).content


def test_the_openapi_knows_every_field(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    explanation = client.post("/v1/explain", json=AMBIGUOUS).json()
    for model, value in (
        ("Explanation", explanation),
        ("ExplainedCandidate", explanation["candidates"][0]),
        ("WaterfallStep", explanation["candidates"][0]["waterfall"][0]),
        ("Rival", explanation["against"][0]),
        ("Condition", explanation["conditions"][0]),
        ("Alternative", explanation["would_identify"][0]),
    ):
        assert set(schemas[model]["properties"]) == set(value)

"""Places over HTTP: the real service, on an empty data folder."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient

from api.app import create_app
from nomenclature.editions import BUNDLED, FOLDER, EditionFolder
from nomenclature.official import read_ensemble
from retrieval.settings import EngineSettings
from tests.nomenclature.official_zip import official_zip


def service(data_dir: Path) -> TestClient:
    settings = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    return TestClient(create_app(settings), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with service(tmp_path_factory.mktemp("data")) as http:
        yield http


def test_a_label_has_its_places_with_their_codes_of_then(client: TestClient) -> None:
    asked = {"label": "Évry", "date": "1950-03-04", "department": "91"}
    assert client.post("/v1/places", json=asked).json() == {
        "nomenclature": BUNDLED,
        "candidates": [
            {
                "code": "78228",
                "name": "Évry",
                "kind": "COM",
                "start": "1965-06-30",
                "end": "1968-01-01",
                "department": "78",
                "lineage": ["78228", "91228"],
                "match": "exact",
                "in_period": False,
            }
        ],
    }


def test_an_unknown_label_has_no_place(client: TestClient) -> None:
    assert client.post("/v1/places", json={"label": "Nulle Part"}).json()["candidates"] == []


def test_homonyms_are_all_answered(client: TestClient) -> None:
    found = client.post("/v1/places", json={"label": "ST DENIS"}).json()["candidates"]
    assert {"93066", "97411"} <= {row["code"] for row in found}


REFUSED = [
    ([], "", "not_an_object"),
    ({}, "label", "wrong_type"),
    ({"label": 3}, "label", "wrong_type"),
    ({"label": "x" * 301}, "label", "too_long"),
    ({"label": "Brest", "town": "x"}, "town", "unknown_field"),
    ({"label": "Brest", "date": "1956-13-40"}, "date", "unknown_value"),
    ({"label": "Brest", "department": "Finistère"}, "department", "wrong_type"),
    ({"label": "Brest", "country": "Atlantide"}, "country", "unknown_value"),
]


@pytest.mark.parametrize(("body", "field", "code"), REFUSED)
def test_a_body_that_cannot_be_read_is_refused_field_by_field(
    client: TestClient, body: Any, field: str, code: str
) -> None:
    refused = client.post("/v1/places", json=body)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [(field, code)]
    assert "Finistère" not in refused.text and "Atlantide" not in refused.text


def test_no_place_is_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as events:
        client.post("/v1/places", json={"label": "Quimperlé", "date": "1956-03-04"})
    assert "Quimperlé" not in f"{events}{caplog.text}"


def test_the_example_of_the_schema_has_a_place(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    content = schema["paths"]["/v1/places"]["post"]["requestBody"]["content"]["application/json"]
    assert {"PlaceLabel", "Places", "PlaceCandidate"} <= set(schema["components"]["schemas"])
    found = client.post("/v1/places", json=content["example"]).json()["candidates"]
    assert [row["lineage"] for row in found] == [["75066", "93066"]]


def test_an_imported_edition_of_the_latest_vintage_answers(tmp_path: Path) -> None:
    EditionFolder(tmp_path).save(read_ensemble(official_zip(tmp_path, "2027"), lambda _: None).edition)
    with service(tmp_path) as http:
        assert http.post("/v1/places", json={"label": "Bastia"}).json()["nomenclature"] == "cog-2027"


def test_a_damaged_edition_is_a_503_that_says_so(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "cog-2027.json.gz").write_bytes(b"damaged")
    with service(tmp_path) as http:
        refused = http.post("/v1/places", json={"label": "Bastia"})
    assert (refused.status_code, refused.json()["title"]) == (503, "The nomenclature in use cannot be read.")

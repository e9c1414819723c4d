"""Access rights: nothing is answered to whom it is not for, on any route."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api.access import OPEN_PATHS, Unguarded, refuse_unguarded
from api.app import create_app
from api.keys import key_entry, new_key
from api.organisms import BadOrganisms, Right, read_organisms
from api.settings import ApiSettings
from retrieval.settings import EngineSettings
from tests.api.organism_files import FAR, caller, headers, organism, service, write

QUESTION = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}
REFUSED = {"birth_name": "FONTENAY", "given_names": ["Edmond"], "birth_date": "1958-11-11"}
VERIFICATION = {"nir": "156039999910112", "birth_name": "LE GOFF"}
CALLS: dict[str, tuple[str, Any, str | None]] = {
    "/v1/identify": ("POST", QUESTION, "identify"),
    "/v1/identify/batch": ("POST", {"queries": [QUESTION]}, "bulk"),
    "/v1/identify/stream": ("POST", QUESTION, "bulk"),
    "/v1/explain": ("POST", QUESTION, "explain"),
    "/v1/verify": ("POST", VERIFICATION, "verify"),
    "/v1/places": ("POST", {"label": "Brest"}, None),
    "/v1/dsn": ("POST", {}, "bulk"),
    "/v1/dsn/{job_id}": ("GET", None, "bulk"),
    "/v1/dsn/{job_id}/report": ("GET", None, "bulk"),
    "/v1/index": ("GET", None, "admin"),
    "/metrics": ("GET", None, "metrics"),
    "/v1/changes": ("POST", {"seq": 1, "op": "delete", "id": "P001"}, "admin"),
}
"""A call that would be answered, and the right that it needs, of every guarded route."""


@pytest.fixture
def key(data_dir: Path) -> str:
    key = new_key()
    write(data_dir, organism(), keys={"caisse-a": key})
    return key


@pytest.fixture
def client(data_dir: Path, key: str) -> Iterator[TestClient]:
    with service(data_dir) as http:
        yield http


def test_every_route_is_guarded_or_open_to_all_and_is_tried_here(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    refuse_unguarded(app)
    assert {route.path for route in app.routes if isinstance(route, APIRoute)} - OPEN_PATHS == set(CALLS)


def test_an_application_with_a_route_that_nobody_guards_does_not_start() -> None:
    async def everybody() -> None: ...

    app = FastAPI()
    app.get("/v1/everybody")(everybody)
    with pytest.raises(Unguarded, match="/v1/everybody"):
        refuse_unguarded(app)


@pytest.mark.parametrize("presented", [None, "", "Basic x", "Bearer x", "Bearer sngi_00000000_x"])
def test_without_a_key_no_route_answers(client: TestClient, presented: str | None) -> None:
    how = {"X-Purpose": "droits"} | ({"Authorization": presented} if presented is not None else {})
    for path, (method, body, _) in CALLS.items():
        refused = client.request(method, path, json=body, headers=how)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer"), path
        assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", CALLS)
def test_each_route_needs_its_right_and_no_other(data_dir: Path, path: str) -> None:
    method, body, right = CALLS[path]
    others = [name for name in get_args(Right) if name != right]
    with caller(data_dir, rights=str(others).replace("'", '"')) as http:
        assert http.request(method, path, json=body).status_code == (200 if right is None else 403)
    with caller(data_dir, rights=f'["{right}"]' if right else "[]") as http:
        assert http.request(method, path, json=body).status_code in (200, 202, 404)


@pytest.mark.parametrize("purpose", [None, "", "autre", "droits,paie"])
def test_a_purpose_of_the_organism_is_needed(client: TestClient, key: str, purpose: str | None) -> None:
    how = {"Authorization": f"Bearer {key}"} | ({"X-Purpose": purpose} if purpose is not None else {})
    assert client.post("/v1/identify", json=QUESTION, headers=how).status_code == 403


def test_a_key_with_another_end_is_refused(client: TestClient, key: str) -> None:
    assert client.get("/v1/index", headers=headers(key)).status_code == 200
    assert client.get("/v1/index", headers=headers(key[:-1] + ("A" if key[-1] != "A" else "B"))).status_code == 401


def test_keys_rotate_without_a_restart_and_two_are_valid_at_once(client: TestClient, key: str, data_dir: Path) -> None:
    file, new = data_dir / "organisms.toml", new_key()

    def statuses() -> list[int]:
        return [client.get("/v1/index", headers=headers(text)).status_code for text in (key, new)]

    assert statuses() == [200, 401]
    file.write_text(file.read_text() + key_entry("caisse-a", new, FAR))
    assert statuses() == [200, 200]
    file.write_text(organism() + key_entry("caisse-a", new, FAR))
    assert statuses() == [401, 200]
    file.write_text("not toml")
    with structlog.testing.capture_logs() as events:
        assert statuses() == [401, 200]
    assert [event["event"] for event in events if event["log_level"] == "error"] == ["organisms_unreadable"]


def test_a_key_ends_on_its_day() -> None:
    key = new_key()
    directory = read_organisms(organism() + key_entry("caisse-a", key, date(2026, 3, 4)))
    assert directory.by_key(key, date(2026, 3, 3)) is not None
    assert directory.by_key(key, date(2026, 3, 4)) is None


def test_the_file_holds_no_key(data_dir: Path, key: str) -> None:
    assert key.split("_")[2] not in (data_dir / "organisms.toml").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "x",
        organism(rights='["everything"]'),
        organism(fields='["address"]'),
        organism(per_second=0),
        organism(more='unknown = "SECRET"'),
        organism(name='"a/../b"'),
        organism().replace("per_day", "# per_day"),
        organism(more='subjects = ["CN=a"]') + organism(name="caisse-b", more='subjects = ["CN=a"]'),
    ],
)
def test_a_file_that_says_something_wrong_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(BadOrganisms) as refused:
        read_organisms(text)
    assert "SECRET" not in str(refused.value)


def test_a_service_does_not_start_without_the_file_that_it_was_told(tmp_path: Path) -> None:
    with pytest.raises(BadOrganisms), service(tmp_path, organisms=tmp_path / "missing.toml"):
        pass


@pytest.mark.parametrize(
    ("proxy", "subjects", "status"),
    [
        ("testclient", ["CN=caisse-a"], 200),
        ("testclient", ["CN=other"], 401),
        ("testclient", ["CN=caisse-a", "CN=other"], 401),
        ("192.0.2.1", ["CN=caisse-a"], 401),
    ],
)
def test_a_header_says_who_calls_only_from_a_trusted_proxy(
    data_dir: Path, proxy: str, subjects: list[str], status: int
) -> None:
    write(data_dir, organism(more='subjects = ["CN=caisse-a"]'), keys={})
    with service(data_dir, trusted_header="X-Client-Subject", trusted_proxies=frozenset((proxy,))) as http:
        how = [("X-Purpose", "droits"), *(("X-Client-Subject", subject) for subject in subjects)]
        assert http.get("/v1/index", headers=how).status_code == status


def test_a_trusted_header_needs_a_trusted_proxy() -> None:
    with pytest.raises(ValueError, match="go together"):
        ApiSettings(trusted_header="X-Client-Subject")


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("[::1]", 200), ("192.0.2.1", 403)])
def test_without_access_control_only_loopback_is_answered(data_dir: Path, address: str, status: int) -> None:
    settings = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    with TestClient(create_app(settings, ApiSettings()), base_url=f"http://{address}") as http:
        assert http.post("/v1/identify", json=QUESTION).status_code == status


def test_only_the_visible_fields_are_shown_wherever_an_identity_is(data_dir: Path) -> None:
    with caller(data_dir, fields='["sex", "birth_name"]') as http:
        expected = {"sex": "M", "birth_name": "LE GOFF"}
        assert http.post("/v1/identify", json=QUESTION).json()["identity"] == expected
        batch = http.post("/v1/identify/batch", json={"queries": [QUESTION]}).json()
        assert batch["answers"][0]["identity"] == expected
        assert http.post("/v1/verify", json=VERIFICATION).json()["identity"] == expected
        explained = http.post("/v1/explain", json=REFUSED)
        assert {field for one in explained.json()["candidates"] for field in one["identity"]} == {"sex", "birth_name"}
        assert "P0" not in explained.text


def test_evidence_on_a_refused_candidate_needs_the_right_to_explain(data_dir: Path) -> None:
    with caller(data_dir, rights='["identify", "bulk"]') as http:
        refused = http.post("/v1/identify", json=REFUSED).json()
        assert (refused["outcome"], refused["evidence"], refused["divergences"]) == ("too_distant", [], [])
        assert http.post("/v1/identify/batch", json={"queries": [REFUSED]}).json()["answers"] == [refused]
        assert http.post("/v1/identify", json=QUESTION).json()["evidence"]
    with caller(data_dir) as http:
        assert http.post("/v1/identify", json=REFUSED).json()["evidence"]


def test_a_verification_that_fails_is_the_same_whichever_key_failed(data_dir: Path) -> None:
    with caller(data_dir) as http:
        wrong_name = http.post("/v1/verify", json=VERIFICATION | {"birth_name": "ZWINGELSTEIN"})
        wrong_number = http.post("/v1/verify", json=VERIFICATION | {"nir": "1560399999777"})
        assert wrong_name.content == wrong_number.content


def test_the_rate_and_the_day_of_an_organism_end(data_dir: Path) -> None:
    with caller(data_dir, per_second=0.01, per_day=5) as http:
        assert http.post("/v1/identify/batch", json={"queries": [QUESTION] * 6}).status_code == 429
        assert http.post("/v1/identify/batch", json={"queries": [QUESTION] * 4}).status_code == 200
        refused = http.post("/v1/identify", json=QUESTION)
        assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
        assert 1 <= int(refused.headers["retry-after"]) <= 400


def test_a_job_is_seen_by_who_sent_it_only(data_dir: Path) -> None:
    one, other = new_key(), new_key()
    write(data_dir, organism(), organism("caisse-b"), keys={"caisse-a": one, "caisse-b": other})
    with service(data_dir) as http:
        job = http.post("/v1/dsn", content=b"x", headers=headers(one)).json()["id"]
        assert http.get(f"/v1/dsn/{job}", headers=headers(one)).status_code == 200
        assert http.get(f"/v1/dsn/{job}", headers=headers(other)).status_code == 404
        assert http.get(f"/v1/dsn/{job}/report", headers=headers(other)).status_code == 404


def test_refusals_are_logged_without_what_was_presented(client: TestClient) -> None:
    with structlog.testing.capture_logs() as events:
        client.post("/v1/identify", json=QUESTION, headers=headers("sngi_0000aaaa_SECRET", "SECRET"))
    assert [event["reason"] for event in events if event["event"] == "access_refused"] == ["unknown_caller"]
    assert "SECRET" not in str(events)

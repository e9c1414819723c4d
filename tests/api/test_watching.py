"""One line a request, and never a person: not in the log, the metrics, or the body of an error."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from identification.cascade import Finding
from identification.gathering import Gatherer
from identification.questions import Asked
from retrieval.embedded import EmbeddedEngine
from retrieval.settings import EngineSettings
from tests.api.organism_files import service
from tests.conftest import build_lines
from tests.serving import Served, served

PERSON = {
    "reference": "DOSSIER-QXJ",
    "nir": "2 91 05 99999 047 20",
    "birth_name": "ZZQUIVERNE",
    "usage_name": "KERPLOUZVIC",
    "given_names": ["Oulrikane"],
    "birth_date": "1991-05-17",
    "birth_place": {"label": "PLOUZVENEGEN", "department": "29"},
    "parents": [{"birth_name": "VROMBISQUE", "given_names": ["Athanulf"]}],
}
VALUES = (
    "QXJ",
    "2910599",
    "2 91 05",
    "99999047",
    "ZZQUIV",
    "KERPLOUZ",
    "OULRIK",
    "1991-",
    "PLOUZV",
    "VROMBIS",
    "ATHANULF",
)
RECORD = {
    "id": "QXJ1",
    "nir": "2910599999047",
    "sex": "F",
    "birth_name": "ZZQUIVERNE",
    "given_names": ["Oulrikane"],
    "birth_date": "1991-05-17",
    "birth_place": {"code": "29019"},
}
UNREADABLE = [
    b'{"birth_name": "ZZQUIVERNE", "birth_date": ',
    b'{"birth_name": "ZZQUIVERNE", "OULRIKANE": 1}',
    b'{"birth_name": {"ZZQUIVERNE": "1991-05-17"}}',
    b'{"birth_name": "ZZQUIVERNE", "channel": "PLOUZVENEGEN"}',
    b'"ZZQUIVERNE"',
    b'{"birth_name": "\xff\xfeZZQUIVERNE"}',
    b'{"birth_name": "' + b"ZZQUIVERNE" * 100 + b'"}',
]


def everything_asked(http: Any) -> list[str]:
    """Ask about a person in every way, readable or not, and return the bodies of the refusals."""
    replies = [http.post("/v1/identify", json=PERSON), http.post("/v1/explain", json=PERSON)]
    replies += [http.post(path, content=body) for path in ("/v1/identify", "/v1/explain") for body in UNREADABLE]
    replies += [http.post("/v1/identify/batch", content=b'{"queries": [' + body + b"]}") for body in UNREADABLE]
    replies.append(http.post("/v1/identify/batch", json={"queries": [PERSON, {"ZZQUIVERNE": 1}]}))
    replies.append(http.post("/v1/identify/batch", json={"ZZQUIVERNE": [PERSON]}))
    replies.append(http.post("/v1/identify/stream", content=b"\n".join([orjson.dumps(PERSON), *UNREADABLE])))
    replies.append(http.post("/v1/verify", json={"nir": PERSON["nir"], "birth_name": "ZZQUIVERNE"}))
    replies.append(http.post("/v1/verify", json={"nir": 291059999904720, "ZZQUIVERNE": "1991-05-17"}))
    replies.append(http.post("/v1/places", json={"label": "PLOUZVENEGEN", "date": "1991-05-17"}))
    replies.append(http.post("/v1/places", json={"label": "PLOUZVENEGEN", "date": "1991-99-99", "country": "ZZQUIV"}))
    replies.append(http.post("/v1/dsn", content=b"S21.G00.30.001,'2910599999047'\nS21.G00.30.002,'ZZQUIVERNE'\n"))
    replies.append(http.get("/v1/dsn/ZZQUIVERNE"))
    replies.append(http.request("ZZQUIVERNE", "/v1/identify"))
    replies.append(http.get("/v1/identify/ZZQUIVERNE", params={"nir": "2910599999047"}))
    replies.append(http.get("/health/live", headers={"X-Agent": "ZZQUIVERNE", "X-Request-Id": "2910599999047"}))
    replies.append(http.get("/metrics", headers={"traceparent": "2910599999047", "tracestate": "n=ZZQUIVERNE"}))
    return [reply.text for reply in replies if reply.status_code >= 400] + [str(reply.headers) for reply in replies]


def assert_nobody(*texts: str) -> None:
    for text in texts:
        for value in VALUES:
            assert value not in text.upper()


def events(service: Served) -> list[dict[str, Any]]:
    """Return what the service wrote, every line as JSON but those of the command before it starts."""
    lines = service.log.read_text().splitlines()
    return [orjson.loads(line) for line in lines if not line.startswith(("access control", "listening"))]


@pytest.mark.parametrize("engine", ["there", "not reachable"])
async def test_no_value_of_a_person_reaches_logs_metrics_or_errors(tmp_path: Path, engine: str) -> None:
    await build_lines(EmbeddedEngine(tmp_path), [orjson.dumps(RECORD)])
    how: dict[str, Any] = {"SNGI_DATA_DIR": str(tmp_path)}
    if engine == "not reachable":
        how |= {"SNGI_OPENSEARCH_URL": "http://127.0.0.1:9"}
    with served(tmp_path, **how) as service:
        refusals = everything_asked(service.http)
        metrics = service.http.get("/metrics").text
    assert len(refusals) > 20
    assert_nobody(*refusals, metrics, service.log.read_text())
    told = [event for event in events(service) if event["event"] == "request_answered"]
    first = next(event for event in told if event["endpoint"] == "/v1/identify")
    assert (first["status"], first["outcomes"]) == ((200, {"identified": 1}) if engine == "there" else (503, {}))


def test_each_request_is_one_line_with_what_was_answered(data_dir: Path) -> None:
    question = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}
    with service(data_dir) as http, structlog.testing.capture_logs() as events:
        http.post("/v1/identify/batch", json={"queries": [question, {"oops": 1}, question]})
        replied = http.post("/v1/identify", content=b"{")
        http.get("/nowhere")
    told = [event for event in events if event["event"] == "request_answered"]
    assert [(e["endpoint"], e["status"], e["questions"], e["outcomes"]) for e in told] == [
        ("/v1/identify/batch", 200, 3, {"identified": 2, "invalid": 1}),
        ("/v1/identify", 422, 0, {}),
        ("none", 404, 0, {}),
    ]
    assert len(replied.headers["x-request-id"]) == 16


class Broken:
    """An identifier that fails as nobody expects, with a message that quotes the question."""

    async def find(self, asked: Sequence[Asked], *_: object) -> list[Finding]:
        raise ValueError(f"cannot digest {PERSON}")

    find_or_fail = find

    async def served(self) -> None: ...


@pytest.mark.parametrize(("path", "status"), [("/v1/identify", 500), ("/v1/identify/stream", 200)])
def test_an_error_that_nobody_expected_is_told_by_its_type_and_place(
    data_dir: Path, path: str, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    app = create_app(settings)
    with (
        TestClient(app, raise_server_exceptions=False) as http,
        structlog.testing.capture_logs() as events,
    ):
        assert isinstance(http.app, FastAPI)
        http.app.state.identifier = Broken()
        http.app.state.gatherer = Gatherer(Broken())  # type: ignore[arg-type]
        reply = http.post(path, json=PERSON)
    assert reply.status_code == status
    assert_nobody(reply.text, str(events), str(capfd.readouterr()))
    (error,) = [event for event in events if event["event"] == "unexpected_error"]
    assert error["error"] == "ValueError"
    assert error["at"][-1].startswith("tests.api.test_watching:")
    assert [event["status"] for event in events if event["event"] == "request_answered"] == [status]

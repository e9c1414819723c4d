"""Changes over HTTP, on both engines: as the command does them, one at a time, safe to send again."""

import asyncio
import gzip
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.keys import new_key
from api.settings import ApiSettings
from audit.settings import AuditSettings
from cli.changing import Changing
from retrieval.settings import EngineSettings
from tests.api.organism_files import headers, organism, write
from tests.api.test_audited import audited
from tests.conftest import Environment, build_lines, demo_lines, opened
from tests.hostile.listening import read_to_end
from tests.indexer.test_updating import PATRICK, done, holder, patrick, upsert
from tests.serving import chunk, listening_here, wait_for

LATE = {"id": "N2", "nir": "1700599999302"}


def ndjson(*changes: dict[str, Any] | bytes) -> bytes:
    return b"\n".join(change if isinstance(change, bytes) else orjson.dumps(change) for change in changes)


def app_of(settings: Environment) -> FastAPI:
    said: dict[str, Any] = {name.removeprefix("SNGI_").lower(): value for name, value in settings.items()}
    engine = EngineSettings(**said)
    return create_app(engine, ApiSettings(body_timeout_s=600), AuditSettings(), apply_changes=Changing(engine))


@pytest.fixture
async def registered(kept: Environment) -> Environment:
    engine = opened(kept)
    await build_lines(engine, demo_lines())
    await engine.close()
    return kept


@pytest.fixture
def client(registered: Environment) -> Iterator[TestClient]:
    """An administrator of a service with access control."""
    key = new_key()
    write(Path(registered["SNGI_DATA_DIR"]), organism(rights='["admin", "identify"]'), keys={"caisse-a": key})
    with TestClient(app_of(registered), raise_server_exceptions=False) as http:
        http.headers.update(headers(key))
        yield http


def test_what_was_done_is_counted_and_seen_by_the_next_question(client: TestClient) -> None:
    reply = client.post("/v1/changes", content=ndjson(upsert(1), b"", {"seq": 2, "op": "delete", "id": "P001"}))
    told = reply.json()
    assert (reply.status_code, told["revision"], told["lines"], told["skipped"], told["refused"]) == (200, 2, 3, 0, [])
    assert told["done"] == {"upsert": 1, "delete": 1, "merge": 0}
    answer = client.post("/v1/identify", json={"nir": PATRICK, "birth_name": "QUEMENER", "given_names": ["Patrick"]})
    assert (answer.json()["identity"]["id"], answer.json()["revision"]) == ("N1", 2)
    again = client.post("/v1/changes", content=gzip.compress(ndjson(upsert(1)))).json()
    assert (again["skipped"], again["done"]["upsert"], again["revision"]) == (1, 0, 2)


def test_what_is_refused_is_said_by_line_and_quotes_nobody(client: TestClient) -> None:
    merge = {"seq": 2, "op": "merge", "id": "QUIDAM", "into": "N1"}
    strange = {"seq": 3, "op": "upsert", "record": patrick(birth_date="12 mai QUIDAM")}
    reply = client.post("/v1/changes", content=ndjson(upsert(1), merge, strange, b"QUIDAM"))
    told = reply.json()
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert (told["status"], told["done"]["upsert"], told["revision"]) == (422, 1, 3)
    assert sorted(one["lines"] for one in told["refused"]) == [[2], [3], [4]]
    assert {"reason": "id: no such identity", "count": 1, "lines": [2]} in told["refused"]
    assert "QUIDAM" not in reply.text


def test_what_is_no_file_of_changes_stops_and_changes_nothing(client: TestClient) -> None:
    reply = client.post("/v1/changes", params={"max_errors": 3}, content=ndjson(*demo_lines()))
    assert (reply.status_code, reply.json()["revision"], sum(reply.json()["done"].values())) == (422, 0, 0)
    assert client.post("/v1/changes", params={"max_errors": -1}, content=b"").status_code == 422
    assert client.post("/v1/changes", content=gzip.compress(ndjson(upsert(1)))[:-9]).status_code == 422


def test_the_audit_says_who_changed_how_much_and_no_trait(client: TestClient, registered: Environment) -> None:
    client.post("/v1/changes", content=ndjson(upsert(1), b"?"), headers={"X-Agent": "agent-7"})
    before, after = audited(folder := Path(registered["SNGI_DATA_DIR"]))
    assert "changes" not in before
    assert {line["operation"] for line in (before, after)} == {"/v1/changes"}
    assert (after["agent"], after["purpose"], after["organism"]) == ("agent-7", "droits", "caisse-a")
    counts = {"upsert": 1, "delete": 0, "merge": 0, "skipped": 0, "refused": 1, "revision": 1}
    assert after["changes"] == counts
    written = b"".join(file.read_bytes() for file in (folder / "audit").glob("*.jsonl"))
    assert not [value for value in (b"QUEMENER", b"N1", PATRICK.encode()) if value in written]


def test_without_an_index_there_is_nothing_to_change(kept: Environment) -> None:
    with TestClient(app_of(kept), raise_server_exceptions=False) as http:
        assert http.post("/v1/changes", content=ndjson(upsert(1))).status_code == 503


def test_openapi_tells_the_route(client: TestClient) -> None:
    told = client.get("/openapi.json").json()["paths"]["/v1/changes"]["post"]
    assert {"200", "401", "403", "409", "422", "503"} <= told["responses"].keys()
    assert "application/x-ndjson" in told["requestBody"]["content"]


# Over a real connection


def served(settings: Environment) -> AbstractContextManager[int]:
    return listening_here(app_of(settings), log_level="error")


START = b"POST /v1/changes HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


async def seen(settings: Environment) -> tuple[str | None, int | None]:
    engine = opened(settings)
    try:
        return await holder(engine, PATRICK)
    finally:
        await engine.close()


async def until_seen(settings: Environment, revision: int) -> None:
    async with asyncio.timeout(60):
        while await seen(settings) != ("N1", revision):
            await asyncio.sleep(0.1)


async def test_of_a_body_that_breaks_off_the_whole_lines_are_done_and_it_can_be_sent_again(
    registered: Environment,
) -> None:
    whole = ndjson(upsert(1), upsert(2, **LATE)) + b"\n"
    with served(registered) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            client.sendall(START + chunk(whole + orjson.dumps(upsert(3))[:40]))
            await until_seen(registered, 2)
        body = whole + orjson.dumps(upsert(3, nir=None))
        request = b"POST /v1/changes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        replies = list[bytes]()

        def is_done() -> bool:
            """Not while the first one is still ending."""
            with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
                client.sendall(request % len(body) + body)
                replies.append(read_to_end(client))
            return b" 409 " not in replies[-1].split(b"\r\n")[0]

        wait_for(is_done)
    told = orjson.loads(replies[-1].split(b"\r\n\r\n", 1)[1])
    assert (told["skipped"], told["done"]["upsert"], told["revision"]) == (2, 1, 3)


async def test_of_two_updates_at_once_one_is_told_to_wait_and_nothing_is_lost(registered: Environment) -> None:
    with served(registered) as port, socket.create_connection(("127.0.0.1", port), timeout=60) as first:
        first.sendall(START + chunk(ndjson(upsert(1)) + b"\n"))
        await until_seen(registered, 1)
        code, _, why = done(registered, upsert(2, **LATE))
        first.sendall(chunk(ndjson(upsert(3)) + b"\n") + chunk(b""))
        reply = first.recv(65_536)
        assert (code, b" 409 " in reply.split(b"\r\n")[0]) in {(1, False), (0, True)}
        assert code == 0 or "another process" in why
        with socket.create_connection(("127.0.0.1", port), timeout=60) as again:
            again.sendall(START + chunk(ndjson(upsert(4))) + chunk(b""))
            assert b" 200 " in again.recv(65_536).split(b"\r\n")[0]
    assert (await seen(registered))[1] == 4

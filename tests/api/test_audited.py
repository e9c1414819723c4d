"""What the audit holds after each operation of the real service, and what a service does that cannot write it."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from audit.keys import AuditKey, read_keys
from audit.lines import day_files
from audit.verification import verify
from tests.api.organism_files import caller
from tests.api.test_access import QUESTION, REFUSED, VERIFICATION
from tests.dsn_files import demo_dsn
from tests.serving import wait_for

YANN = "1560399999101"
PERSONAL = ("GOFF", "YANN", "1956-", YANN, "FONTENAY", "1958-")


def audited(data_dir: Path) -> list[dict[str, Any]]:
    lines = [line for file in day_files(data_dir / "audit") for line in file.path.read_bytes().splitlines()]
    return [data for line in lines if (data := orjson.loads(line))["kind"] == "call"]


def key_of(data_dir: Path) -> AuditKey:
    return read_keys(data_dir / "audit.key")[0]


def test_each_consultation_is_audited_before_the_answer_is_there(data_dir: Path) -> None:
    with caller(data_dir) as http:
        key = None
        for path, body, outcome in (
            ("/v1/identify", QUESTION | {"nir": YANN}, "identified"),
            ("/v1/explain", QUESTION | {"nir": YANN}, "identified"),
            ("/v1/verify", VERIFICATION, "confirmed"),
        ):
            assert http.post(path, json=body, headers={"X-Agent": "agent-7"}).status_code == 200
            line = audited(data_dir)[-1]
            key = key or key_of(data_dir).number(YANN)
            assert (line["operation"], line["organism"], line["purpose"]) == (path, "caisse-a", "droits")
            assert line["agent"] == "agent-7"
            (consultation,) = line["consultations"]
            assert (consultation["outcome"], consultation["asked"]) == (outcome, key)
            assert key in consultation["records"]
        assert verify(data_dir / "audit", [key_of(data_dir)]).findings == []
    assert verify(data_dir / "audit", [key_of(data_dir)]).unclosed == []


def test_a_batch_is_one_line_of_all_its_questions_in_order(data_dir: Path) -> None:
    with caller(data_dir) as http:
        http.post("/v1/identify/batch", json={"queries": [QUESTION, {"oops": 1}, REFUSED]})
    (line,) = audited(data_dir)
    consultations = line["consultations"]
    assert [item["outcome"] for item in consultations] == ["identified", "invalid", "too_distant"]
    assert consultations[0]["records"] == [key_of(data_dir).number(YANN)]


def test_a_refused_candidate_is_consulted_only_by_who_sees_its_evidence(data_dir: Path) -> None:
    for rights, seen in (('["identify"]', 0), ('["identify", "explain"]', 1)):
        with caller(data_dir, rights=rights) as http:
            http.post("/v1/identify", json=REFUSED)
        consultations = audited(data_dir)[-1]["consultations"]
        assert len(consultations[0]["records"]) == seen
        for file in day_files(data_dir / "audit"):
            file.path.unlink()


def test_no_trait_and_no_number_is_in_the_audit(data_dir: Path) -> None:
    with caller(data_dir) as http:
        http.post("/v1/identify", json=QUESTION | {"nir": YANN, "reference": "YANN-1"})
        http.post("/v1/explain", json=REFUSED)
        http.post("/v1/verify", json=VERIFICATION)
    written = b"".join(file.path.read_bytes() for file in day_files(data_dir / "audit")).decode().upper()
    assert "IDENTIFIED" in written
    assert not [value for value in PERSONAL if value in written]


def test_a_report_is_a_consultation_of_each_individual_every_time_it_is_fetched(data_dir: Path) -> None:
    with caller(data_dir) as http:
        path = f"/v1/dsn/{http.post('/v1/dsn', content=demo_dsn()).json()['id']}"
        wait_for(lambda: http.get(path).json()["state"] == "done")
        assert http.get(f"{path}/report", params={"format": "totals"}).status_code == 200
        assert audited(data_dir) == []
        for _ in range(2):
            assert http.get(f"{path}/report", params={"format": "jsonl"}).status_code == 200
    lines = audited(data_dir)
    assert [len(line["consultations"]) for line in lines] == [10, 10]
    assert key_of(data_dir).number(YANN) in str(lines[0]["consultations"])


def test_who_may_not_see_what_a_report_shows_does_not_get_it(data_dir: Path) -> None:
    with caller(data_dir, fields='["birth_name"]') as http:
        path = f"/v1/dsn/{http.post('/v1/dsn', content=demo_dsn()).json()['id']}"
        wait_for(lambda: http.get(path).json()["state"] == "done")
        assert http.get(f"{path}/report", params={"format": "crm121"}).status_code == 403
        assert http.get(f"{path}/report", params={"format": "declarations"}).status_code == 200


def test_when_the_audit_cannot_be_written_nothing_is_answered(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with caller(data_dir) as http:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", full)
            for path, body in (
                ("/v1/identify", QUESTION),
                ("/v1/identify/batch", {"queries": [QUESTION]}),
                ("/v1/explain", QUESTION),
                ("/v1/verify", VERIFICATION),
            ):
                refused = http.post(path, json=body)
                assert (refused.status_code, "GOFF" in refused.text) == (503, False)
        assert http.post("/v1/identify", json=QUESTION).status_code == 200
    assert len(audited(data_dir)) == 1

"""Things are broken one by one on a real installation, and the doctor says which, in words, and what to do."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx2 as httpx
import orjson
import pytest
from pydantic import SecretStr

from api.keys import key_entry, new_key
from api.settings import ApiSettings
from audit.settings import AuditSettings
from cli.checkup import machine, register
from cli.checkup.findings import Finding
from cli.doctor import examine, exit_code
from mappings.naming import journal_name
from nomenclature.editions import EditionFolder, bundled
from retrieval.cluster import Cluster
from retrieval.embedded import EmbeddedEngine
from retrieval.opensearch import OpenSearchEngine
from retrieval.protocol import Batch
from retrieval.settings import EngineSettings, open_engine
from tests.api.organism_files import caller, organism, write
from tests.conftest import build_lines, demo_lines, random_alias, remove_all, remove_journal

QUESTION = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}
Examined = dict[str, str]


async def found(
    data_dir: Path, now: datetime | None = None, api: ApiSettings | None = None, **engine: object
) -> list[Finding]:
    settings = EngineSettings(**({"data_dir": data_dir, "engine": "embedded", "opensearch_url": None} | engine))  # type: ignore[arg-type]
    opened = open_engine(settings)
    try:
        return await examine(opened, settings, api or ApiSettings(), AuditSettings(), now or datetime.now(UTC))
    finally:
        await opened.close()


async def wrong_in(data_dir: Path, **options: object) -> Examined:
    """Return what is wrong, by subject, with what to do; every finding has something to do."""
    findings = await found(data_dir, **options)  # type: ignore[arg-type]
    assert all(finding.to_do for finding in findings if finding.state != "fine")
    return {item.subject: f"{item.said} → {item.to_do}" for item in findings if item.state == "wrong"}


async def noticed_in(data_dir: Path, **options: object) -> Examined:
    findings = await found(data_dir, **options)  # type: ignore[arg-type]
    assert exit_code(findings) == 0
    return {item.subject: f"{item.said} → {item.to_do}" for item in findings if item.state == "notice"}


def served_folder(data_dir: Path) -> Path:
    return data_dir / "indexes" / str(json.loads((data_dir / "indexes" / "identities.json").read_bytes())["index"])


def change_meta(data_dir: Path, **changes: object) -> None:
    file = served_folder(data_dir) / "meta.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | changes))


async def test_of_a_sound_installation_nothing_is_wrong(data_dir: Path) -> None:
    findings = await found(data_dir)
    assert exit_code(findings) == 0
    assert {finding.subject for finding in findings} >= {
        "versions", "data folder", "engine", "served build", "statistics", "search", "journal", "nomenclature",
        "disk", "memory", "access", "audit", "clock",
    }  # fmt: skip


async def test_without_a_folder_there_is_nothing_to_write_in(tmp_path: Path) -> None:
    said = await wrong_in(tmp_path / "nowhere")
    assert "is not there → name it in SNGI_DATA_DIR" in said["data folder"]


async def test_without_a_build_it_says_how_to_make_one(tmp_path: Path) -> None:
    said = await wrong_in(tmp_path)
    assert said == {"served build": "the alias identities points at nothing → build one: sngi index build SOURCE"}


def lose_the_build(data_dir: Path) -> None:
    served_folder(data_dir).rename(data_dir / "elsewhere")


def lose_the_terms(data_dir: Path) -> None:
    (served_folder(data_dir) / "terms").rename(data_dir / "elsewhere")


def damage_the_terms(data_dir: Path) -> None:
    (served_folder(data_dir) / "terms" / "meta.json").write_bytes(b"{")


def damage_the_alias(data_dir: Path) -> None:
    (data_dir / "indexes" / "identities.json").write_bytes(b"{")


def damage_the_description(data_dir: Path) -> None:
    (served_folder(data_dir) / "meta.json").write_bytes(b"{")


def change_the_statistics(data_dir: Path) -> None:
    file = served_folder(data_dir) / "statistics.bin"
    file.write_bytes(file.read_bytes()[:-1] + b"\x07")


def lose_the_statistics(data_dir: Path) -> None:
    (served_folder(data_dir) / "statistics.bin").unlink()


def leave_it_unfinished(data_dir: Path) -> None:
    change_meta(data_dir, complete=False)


def come_from_another_version(data_dir: Path) -> None:
    meta = json.loads((served_folder(data_dir) / "meta.json").read_bytes())
    change_meta(data_dir, versions=meta["versions"] | {"keys": "0"})


def lose_the_edition(data_dir: Path) -> None:
    change_meta(data_dir, nomenclature="cog-2031", nomenclature_digest="0" * 16)


def change_the_edition(data_dir: Path) -> None:
    change_meta(data_dir, nomenclature_digest="0" * 16)


def damage_the_journal(data_dir: Path) -> None:
    (data_dir / "indexes" / journal_name("identities")).write_bytes(b"no database" * 200)


BROKEN: list[tuple[Callable[[Path], None], str, str]] = [
    (lose_the_build, "served build", "is served and not there"),
    (damage_the_alias, "served build", "the file that says which it is is damaged"),
    (damage_the_description, "served build", "the description of a build cannot be read"),
    (leave_it_unfinished, "served build", "differs from this version in: completeness"),
    (come_from_another_version, "served build", "differs from this version in: keys"),
    (lose_the_terms, "search", "the served build does not answer: there is no index"),
    (damage_the_terms, "search", "the served build does not answer: index"),
    (change_the_statistics, "statistics", "the digest differs"),
    (lose_the_statistics, "statistics", "they cannot be read: IndexGone"),
    (lose_the_edition, "nomenclature", "the index was built with cog-2031: no edition is called"),
    (change_the_edition, "nomenclature", "is not the one that was asked for"),
    (damage_the_journal, "journal", "the journal 'identities.journal' cannot be used"),
]


@pytest.mark.parametrize(("damage", "subject", "words"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
async def test_what_is_broken_in_the_register_is_said_in_words(
    data_dir: Path, damage: Callable[[Path], None], subject: str, words: str
) -> None:
    damage(data_dir)
    assert words in (await wrong_in(data_dir))[subject]


async def test_changes_that_the_index_does_not_hold_are_missed(data_dir: Path) -> None:
    await EmbeddedEngine(data_dir).journal.append(Batch(1, 1, 7, b"", b""))
    said = await wrong_in(data_dir)
    assert said == {
        "journal": "it holds changes up to 7, the served index only up to 0 → "
        "run the last sngi index update again: what was done is skipped"
    }


async def test_a_build_that_was_never_finished_is_noticed(data_dir: Path) -> None:
    lines, engine = demo_lines(), EmbeddedEngine(data_dir)
    first = await engine.served()
    await build_lines(engine, lines)
    change_meta(data_dir, complete=False)
    unfinished = await engine.served()
    await engine.swap(first)
    assert f"{unfinished} was never finished → sngi index drop {unfinished}" in (await noticed_in(data_dir))["builds"]


async def test_an_index_of_other_weights_is_noticed(data_dir: Path) -> None:
    change_meta(data_dir, model="other")
    assert "built with the weights other" in (await noticed_in(data_dir))["model"]


async def test_a_newer_edition_than_that_of_the_index_is_noticed(data_dir: Path) -> None:
    EditionFolder(data_dir).save(replace(bundled(), name="cog-2031"))
    said = (await noticed_in(data_dir))["nomenclature"]
    assert said == "cog-2031 is in use, the index was built with bundled-2026 → sngi index reindex"


async def test_a_service_that_is_open_to_all_is_wrong(data_dir: Path) -> None:
    said = await wrong_in(data_dir, api=ApiSettings(open=True))
    assert "SNGI_API_OPEN is on and there is no file of organisms" in said["access"]


async def test_an_organism_that_cannot_ask_any_more_is_named(data_dir: Path) -> None:
    now = datetime.now(UTC)
    today = now.date()
    file = data_dir / "organisms.toml"
    for expires, words in (
        (today, "the last key of caisse-a expired on"),
        (None, "caisse-a has no key and no subject"),
    ):
        file.write_text(organism() + (key_entry("caisse-a", new_key(), expires) if expires else ""))
        assert words in (await wrong_in(data_dir, now=now))["access"]
    file.write_text(organism() + key_entry("caisse-a", new_key(), today + timedelta(days=20)))
    assert "the last key of caisse-a expires on" in (await noticed_in(data_dir, now=now))["access"]
    file.write_text(file.read_text() + key_entry("caisse-a", new_key(), date(2100, 1, 1)))
    assert "access" not in await noticed_in(data_dir, now=now)


async def test_a_file_of_organisms_that_cannot_be_used_is_wrong(data_dir: Path) -> None:
    (data_dir / "organisms.toml").write_text("x")
    assert "not TOML" in (await wrong_in(data_dir))["access"]


async def test_a_file_of_organisms_that_others_can_write_is_wrong(data_dir: Path) -> None:
    write(data_dir, organism(), keys={"caisse-a": new_key()})
    (data_dir / "organisms.toml").chmod(0o666)
    assert "others than its owner can write" in (await wrong_in(data_dir))["access"]


@pytest.fixture
def audited(data_dir: Path) -> Path:
    """A folder in which a service with access control has answered and ended."""
    with caller(data_dir) as http:
        for _ in range(3):
            assert http.post("/v1/identify", json=QUESTION).status_code == 200
    return data_dir


async def test_an_audit_that_is_whole_is_fine(audited: Path) -> None:
    assert await wrong_in(audited) == {}


async def test_a_line_of_the_audit_that_was_changed_is_found(audited: Path) -> None:
    (file,) = (audited / "audit").iterdir()
    file.write_bytes(file.read_bytes().replace(b'"identified"', b'"not_found!"', 1))
    said = (await wrong_in(audited))["audit"]
    assert f"the last lines of {file.name} do not follow from each other" in said


async def test_an_audit_without_its_key_is_wrong(audited: Path) -> None:
    (audited / "audit.key").unlink()
    assert "the audit keys cannot be read" in (await wrong_in(audited))["audit"]


async def test_an_audit_key_that_others_can_read_is_wrong(audited: Path) -> None:
    (audited / "audit.key").chmod(0o644)
    assert "others than its owner can read" in (await wrong_in(audited))["audit"]


async def test_an_audit_that_cannot_be_written_is_wrong(audited: Path) -> None:
    lines = audited / "audit"
    lines.rename(audited / "moved")
    lines.write_bytes(b"")  # root may write into any folder, but not into a file
    assert "cannot be written: nothing is answered" in (await wrong_in(audited))["audit"]


async def test_a_clock_that_goes_back_is_wrong(audited: Path) -> None:
    said = await wrong_in(audited, now=datetime.now(UTC) - timedelta(days=3))
    assert "and the served build was at" in said["clock"]


def test_a_disk_without_room_for_a_second_build_is_wrong() -> None:
    finding = machine.check_disk(free_bytes=5 << 30, index_bytes=8 << 30)
    assert (finding.state, finding.said) == ("wrong", "5.0 GiB free, a build beside the served one needs 9.6 GiB")
    assert machine.check_disk(free_bytes=10 << 30, index_bytes=8 << 30).state == "fine"


def test_an_index_larger_than_the_memory_is_noticed() -> None:
    assert machine.check_memory(total_bytes=16 << 30, index_bytes=30 << 30).state == "notice"
    assert machine.check_memory(total_bytes=64 << 30, index_bytes=30 << 30).state == "fine"


async def test_an_engine_that_is_down_is_said_and_the_rest_is_looked_at(data_dir: Path) -> None:
    url = SecretStr("http://user:secret@127.0.0.1:9")
    said = await wrong_in(data_dir, engine="opensearch", opensearch_url=url)
    assert said == {"engine": "opensearch: the engine cannot be reached → start it, or correct SNGI_OPENSEARCH_URL"}


async def test_settings_that_someone_changed_on_the_index_are_found(opensearch_url: str, tmp_path: Path) -> None:
    alias = random_alias()
    engine = OpenSearchEngine(opensearch_url, alias)
    index = (await build_lines(engine, demo_lines())).index
    how = {"engine": "opensearch", "opensearch_url": SecretStr(opensearch_url), "alias": alias}
    try:
        assert await wrong_in(tmp_path, **how) == {}
        await change_settings(
            opensearch_url, index, {"index.refresh_interval": "1s", "index.requests.cache.enable": True}
        )
        findings = await found(tmp_path, **how)  # type: ignore[arg-type]
        said = {item.state: item.said for item in findings if item.subject == "index settings"}
        assert said == {
            "wrong": "refresh_interval is 1s, not -1",
            "notice": "index.requests.cache.enable was changed",
        }
        await change_settings(opensearch_url, index, {"index.refresh_interval": "-1", "index.blocks.write": True})
        assert "index.blocks.write is set → changes are refused" in (await wrong_in(tmp_path, **how))["index settings"]
        await change_settings(opensearch_url, index, {"index.blocks.write": None})
    finally:
        await remove_all(engine)
        remove_journal(opensearch_url, alias)


async def change_settings(url: str, index: str, settings: dict[str, object]) -> None:
    async with httpx.AsyncClient() as http:
        (await http.put(f"{url}/{index}/_settings", json=settings)).raise_for_status()


def test_a_cluster_that_lost_data_or_is_too_old_is_said() -> None:
    def state(status: str, version: str) -> str:
        (finding,) = register.check_cluster(Cluster("opensearch", version, status, 0, 0))
        return finding.state

    assert [state("red", "3.8.0"), state("green", "2.19.1"), state("yellow", "3.8.0")] == ["wrong", "notice", "fine"]


def test_the_command_says_it_to_people_and_to_programs_and_exits_1_when_something_is_wrong(data_dir: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNGI_")}

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "cli.main", "doctor", *arguments]
        environment = kept | {"SNGI_DATA_DIR": str(data_dir)}
        return subprocess.run(command, capture_output=True, env=environment, timeout=180, check=False)

    sound = run()
    assert (sound.returncode, sound.stdout.decode().splitlines()[-1]) == (0, "nothing is wrong")
    change_the_statistics(data_dir)
    assert run().returncode == 1
    assert b"WRONG  statistics" in run().stdout
    findings = orjson.loads(run("--json").stdout)
    assert {(item["subject"], item["state"]) for item in findings} >= {("statistics", "wrong"), ("search", "fine")}

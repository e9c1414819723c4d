"""A cluster behind TLS and credentials: reached with the right ones, refused with others; no secret is ever said."""

import logging
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme
from pydantic import SecretStr, ValidationError

from retrieval.cluster import state_of
from retrieval.opensearch import OpenSearchEngine
from retrieval.opensearch_access import Access, BadAccess, access_to
from retrieval.protocol import EngineError
from retrieval.settings import EngineSettings, open_engine
from tests.conftest import build_lines, demo_lines, random_alias, remove_all
from tests.retrieval.tls_proxy import API_KEY, BASIC, PASSWORD, USER, secured

WRONG = "wr0ng-s3cret"


@dataclass(frozen=True, slots=True)
class Cluster:
    url: str
    ca: Path


@pytest.fixture
async def cluster(opensearch_url: str, tmp_path: Path) -> AsyncIterator[Cluster]:
    authority = trustme.CA()
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca)
    async with secured(opensearch_url, authority, BASIC, f"ApiKey {API_KEY}") as url:
        yield Cluster(url, ca)


def settings_of(cluster: Cluster, **more: object) -> EngineSettings:
    fields = {"engine": "opensearch", "opensearch_url": cluster.url, "opensearch_ca": cluster.ca} | more
    return EngineSettings.model_validate(fields | {"alias": random_alias()})


async def test_a_register_is_built_and_served_as_a_user_over_tls(cluster: Cluster, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n", "utf-8")
    engine = open_engine(settings_of(cluster, opensearch_user=USER, opensearch_password_file=secret))
    built = await build_lines(engine, demo_lines())
    assert (built.identities, await engine.served()) == (28, built.index)
    await remove_all(engine)


async def test_the_state_of_the_cluster_is_asked_with_the_same_credentials(cluster: Cluster) -> None:
    access = settings_of(cluster, opensearch_user=USER, opensearch_password=PASSWORD).opensearch_access()
    assert (await state_of(access, index=None)).distribution == "opensearch"


async def test_an_api_key_and_credentials_in_the_url_are_accepted(cluster: Cluster) -> None:
    user_in_url = cluster.url.replace("//", f"//{USER}:{quote(PASSWORD, safe='')}@")
    for options in ({"opensearch_api_key": API_KEY}, {"opensearch_url": user_in_url}):
        engine = open_engine(settings_of(cluster, **options))
        assert await engine.list() == []
        await engine.close()


async def failure(settings: EngineSettings) -> EngineError:
    engine = open_engine(settings)
    with pytest.raises(EngineError) as caught:
        await engine.served()
    assert WRONG not in repr(engine._client)  # type: ignore[attr-defined]
    await engine.close()
    return caught.value


async def test_a_wrong_secret_is_refused_and_said_nowhere(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    in_url = cluster.url.replace("//", f"//{USER}:{WRONG}@")
    ways = (
        {"opensearch_user": USER, "opensearch_password": WRONG},
        {"opensearch_api_key": WRONG},
        {"opensearch_url": in_url},
    )
    for options in ways:
        settings = settings_of(cluster, **options)
        error = await failure(settings)
        assert str(error) == "the engine does not accept the credentials"
        assert WRONG not in f"{settings!r} {settings} {settings.opensearch_access()!r}"
    basic = b64encode(f"{USER}:{WRONG}".encode()).decode()
    assert "401" in caplog.text
    assert WRONG not in caplog.text and basic not in caplog.text


@pytest.mark.parametrize("trusted", ["another authority", "the system"])
async def test_a_certificate_of_nobody_who_is_believed_is_refused(
    cluster: Cluster, tmp_path: Path, trusted: str
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    ca = other if trusted == "another authority" else None
    error = await failure(settings_of(cluster, opensearch_ca=ca, opensearch_user=USER, opensearch_password=WRONG))
    assert str(error) == "the certificate of the engine is not one of those that are believed"


async def test_a_certificate_of_another_name_is_refused(cluster: Cluster) -> None:
    elsewhere = cluster.url.replace("localhost", "127.0.0.1")
    error = await failure(settings_of(cluster, opensearch_url=elsewhere, opensearch_api_key=WRONG))
    assert "certificate" in str(error)


CONTRADICTIONS: dict[str, dict[str, object]] = {
    "a user without password": {"opensearch_user": USER},
    "a password without user": {"opensearch_password": WRONG},
    "a user in two places": {"opensearch_url": f"https://a:{WRONG}@h", "opensearch_user": USER},
    "a user and an API key": {
        "opensearch_user": USER,
        "opensearch_password": WRONG,
        "opensearch_api_key": WRONG,
    },
    "a secret twice": {"opensearch_api_key": WRONG, "opensearch_api_key_file": "/dev/null"},
    "a file that is not there": {"opensearch_api_key_file": "/nowhere/secret"},
    "a secret in the open": {"opensearch_url": "http://elsewhere:9200", "opensearch_api_key": WRONG},
    "a secret in the open, in the URL": {"opensearch_url": f"http://a:{WRONG}@elsewhere:9200"},
    "certificates without TLS": {"opensearch_url": "http://h:9200", "opensearch_ca": "/dev/null"},
    "no URL": {"opensearch_url": f"{WRONG}"},
    "no port": {"opensearch_url": f"https://a:{WRONG}@h:port"},
}


@pytest.mark.parametrize("fields", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_settings_that_contradict_or_endanger_a_secret_stop_the_start(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refusal:
        EngineSettings.model_validate({"opensearch_url": "https://h"} | fields)
    assert WRONG not in f"{refusal.value} {refusal.value!r}"


def test_the_command_says_a_bad_setting_without_its_value(tmp_path: Path) -> None:
    """Secrets come by the environment or a file: no option of the command takes one."""
    secret = {"SNGI_OPENSEARCH_URL": f"http://a:{WRONG}@elsewhere:9200"}
    command = [sys.executable, "-m", "cli.main", "index", "list"]
    done = subprocess.run(command, env=os.environ | secret, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 2
    assert "https" in done.stderr
    assert WRONG not in done.stdout + done.stderr


def test_an_access_shows_no_secret() -> None:
    shown = repr(access_to(f"https://a:{WRONG}@h")) + repr(Access(("https://h",), api_key=WRONG))
    assert WRONG not in shown
    with pytest.raises(BadAccess):
        OpenSearchEngine(f"ftp://a:{WRONG}@h")
    assert WRONG not in repr(SecretStr(WRONG))

"""Fixtures: a real OpenSearch, each engine under an alias of its own, and the demo register indexed in both."""

import asyncio
import os
import secrets
import shutil
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from indexer.lines import Line
from indexer.rebuild import BuildReport, build
from indexer.sources import read_source
from indexer.tables import TableMap
from mappings.naming import journal_name
from retrieval.embedded import EmbeddedEngine
from retrieval.opensearch import OpenSearchEngine
from retrieval.protocol import Engine, IndexGone
from retrieval.settings import EngineSettings
from retrieval.settings import open_engine as open_by_settings
from tests.shared_server import shared_server

REFERENCE = Path(os.environ.get("SNGI_REFERENCE_DIR", Path(__file__).parents[2] / "shared" / "reference"))
ENGINES = ("embedded", "opensearch")
PATIENT_S = 60.0
"""How long a search may take where no test is about that: on a busy machine too, nothing is given up for being slow."""

settings.register_profile("sngi", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sngi")  # what a law says does not depend on how busy the machine is


@pytest.fixture(scope="session")
def reference() -> Path:
    """Name files to check with; they are no part of the project."""
    if not REFERENCE.is_dir():
        pytest.skip("no reference data: set SNGI_REFERENCE_DIR")
    return REFERENCE


@pytest.fixture(scope="session")
def opensearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server that SNGI_OPENSEARCH_URL names, else one started from pip alone. Without any, tests fail."""
    given = os.environ.get("SNGI_OPENSEARCH_URL")
    if given:
        yield given
        return
    own = tmp_path_factory.getbasetemp()
    with shared_server(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) as url:
        yield url


def random_alias() -> str:
    return f"test{secrets.token_hex(4)}"


async def build_lines(engine: Engine, lines: list[bytes], **options: Any) -> BuildReport:
    numbered = [Line(number, line) for number, line in enumerate(lines, start=1)]
    return await build(engine, read_source(numbered, "ndjson", TableMap()), source_format="ndjson", **options)


async def remove_all(engine: Engine) -> None:
    try:
        builds = await engine.list()
    except IndexGone:
        builds = []
    for found in builds:
        await engine.drop(found.index)
    await engine.close()


OpenEngine = Callable[[str], Engine]


@pytest.fixture
async def open_engine(opensearch_url: str, tmp_path: Path) -> AsyncIterator[OpenEngine]:
    """Open an engine by name, under an alias that nobody else has; its builds are removed at the end."""
    opened: list[Engine] = []

    def open_one(name: str) -> Engine:
        alias = random_alias()
        engine: Engine = (
            EmbeddedEngine(tmp_path, alias)
            if name == "embedded"
            else OpenSearchEngine(opensearch_url, alias, search_timeout_s=PATIENT_S)
        )
        opened.append(engine)
        return engine

    yield open_one
    for engine in opened:
        await remove_all(engine)
        if isinstance(engine, OpenSearchEngine):
            remove_journal(opensearch_url, engine.alias)


def remove_journal(url: str, alias: str) -> None:
    target = f"{url}/{journal_name(alias)}?ignore_unavailable=true"
    with urllib.request.urlopen(urllib.request.Request(target, method="DELETE"), timeout=120):
        pass


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, open_engine: OpenEngine) -> Engine:
    return open_engine(request.param)


Environment = dict[str, str]


@pytest.fixture(params=ENGINES)
async def kept(request: pytest.FixtureRequest, opensearch_url: str, tmp_path: Path) -> AsyncIterator[Environment]:
    """The settings of a register that other processes change."""
    alias = random_alias()
    settings = {"SNGI_DATA_DIR": str(tmp_path), "SNGI_ALIAS": alias, "SNGI_ENGINE": request.param}
    settings |= {"SNGI_OPENSEARCH_URL": opensearch_url, "SNGI_SEARCH_TIMEOUT_S": str(PATIENT_S)}
    yield settings
    await remove_all(opened(settings))
    remove_journal(opensearch_url, alias)


def opened(settings: Environment) -> Engine:
    said: dict[str, Any] = {name.removeprefix("SNGI_").lower(): value for name, value in settings.items()}
    return open_by_settings(EngineSettings(**said))


def demo_lines() -> list[bytes]:
    return files("cli.data").joinpath("demo_register.ndjson").read_bytes().splitlines()


@pytest.fixture(scope="session")
def demo_register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo register as the embedded engine keeps it, to be copied: a service writes beside it."""
    folder = tmp_path_factory.mktemp("demo")
    asyncio.run(build_lines(EmbeddedEngine(folder), demo_lines()))
    return folder


@pytest.fixture
def data_dir(demo_register: Path, tmp_path: Path) -> Path:
    """A folder in which the embedded engine serves the demo register."""
    return Path(shutil.copytree(demo_register, tmp_path, dirs_exist_ok=True))

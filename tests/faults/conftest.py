"""An OpenSearch that may be hurt: of its own, with the demo register, and questions whose healthy answers are known."""

import asyncio
import os
import signal
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from devtools.opensearch_server import OpenSearchServer
from identification.bulk import answer_all
from identification.cascade import Identifier
from identification.questions import read_question
from retrieval.opensearch import OpenSearchEngine
from tests.conftest import build_lines, demo_lines, random_alias, remove_all

IS_LONG = "SNGI_LONG_FAULTS" in os.environ
LONG = pytest.mark.skipif(not IS_LONG, reason="make faults")
BUDGET_S = 3.0
"""How long a search may take where a test is about that; two of these are too much."""
PATIENT_S = 15.0
"""How long it may take in the others: also on a busy machine nothing is given up for being slow."""


@pytest.fixture(scope="session")
def server() -> Iterator[OpenSearchServer]:
    with OpenSearchServer(heap="512m", is_brief=True) as server:
        yield server


def questions() -> list[dict[str, Any]]:
    """Every person of the demo register: by number, by traits, with a slip, and with a name that nobody has."""
    asked: list[dict[str, Any]] = []
    for line in demo_lines():
        record = orjson.loads(line)
        traits = {name: record[name] for name in ("birth_name", "given_names", "birth_date") if record.get(name)}
        asked.append(traits | ({"nir": record["nir"]} if record.get("nir") else {}))
        asked.append(traits)
        asked.append(traits | {"birth_name": (record.get("birth_name") or "SANS")[:-1] + "X"})
        asked.append(traits | {"birth_name": "ZYGOMAR"})
    return asked


@dataclass
class Register:
    """One alias of the server, and what a healthy engine answers to `questions`."""

    url: str
    alias: str
    healthy: list[bytes] = field(default_factory=list)
    opened: list[OpenSearchEngine] = field(default_factory=list)
    budget_s: float = PATIENT_S

    def engine(self, url: str | None = None) -> OpenSearchEngine:
        """Return an engine that is closed at the end of the test."""
        self.opened.append(OpenSearchEngine(url or self.url, self.alias, search_timeout_s=self.budget_s))
        return self.opened[-1]

    def identifier(self, url: str | None = None) -> Identifier:
        return Identifier(self.engine(url))

    async def is_whole(self, identifier: Identifier) -> bool:
        return check_whole_or_failed(await answers(identifier), self.healthy)


def send(method: str, url: str, body: Any = None) -> Any:
    request = urllib.request.Request(url, orjson.dumps(body), {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return orjson.loads(reply.read())


def set_index(url: str, index: str, settings: dict[str, object]) -> None:
    send("PUT", f"{url}/{index}/_settings", settings)


async def answers(identifier: Identifier) -> list[bytes]:
    asked = [read_question(question) for question in questions()]
    return [orjson.dumps(answer) for answer in await answer_all(identifier, asked)]


def is_failed(answer: bytes) -> bool:
    return bool(orjson.loads(answer)["outcome"] == "failed")


def check_whole_or_failed(found: list[bytes], *healthy: list[bytes]) -> bool:
    """Say whether all were answered; each is one of its healthy answers byte for byte, or failed."""
    assert len(found) == len(healthy[0])
    for position, answer in enumerate(found):
        assert is_failed(answer) or answer in [known[position] for known in healthy]
    return not any(map(is_failed, found))


@contextmanager
def frozen(server: OpenSearchServer) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@asynccontextmanager
async def batches_without_end(identifier: Identifier) -> AsyncIterator[list[list[bytes]]]:
    """Ask all questions again and again beside the test; the list grows."""
    found: list[list[bytes]] = []

    async def ask() -> None:
        while True:
            found.append(await answers(identifier))

    asking = asyncio.create_task(ask())
    try:
        yield found
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert asking.cancelled(), asking.exception()


async def until(found: list[list[bytes]], count: int) -> None:
    async with asyncio.timeout(60):
        while len(found) < count:
            await asyncio.sleep(0.01)


async def back_within(limit_s: float, works: Callable[[], Awaitable[bool]]) -> float:
    """Ask until it works, and return the seconds that it took."""
    began = time.monotonic()
    while not await works():
        assert time.monotonic() - began < limit_s, "the service did not come back"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@pytest.fixture
async def register(server: OpenSearchServer) -> AsyncIterator[Register]:
    register = Register(server.url, random_alias())
    await build_lines(register.engine(), demo_lines())
    register.healthy = await answers(register.identifier())
    assert {orjson.loads(answer)["outcome"] for answer in register.healthy} > {"identified", "not_found"}
    yield register
    for opened in register.opened:
        await opened.close()
    await remove_all(OpenSearchEngine(server.url, register.alias))

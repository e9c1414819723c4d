"""The server stops in the middle of a build or of a batch: a clear error, nothing lost, nothing half-served."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from cli.identifying import identify_file
from devtools.opensearch_server import OpenSearchServer
from identification.cascade import Identifier
from indexer.lines import Line
from indexer.rebuild import build
from indexer.sources import Unread, read_source
from indexer.tables import TableMap
from retrieval.opensearch import OpenSearchEngine
from retrieval.protocol import EngineUnavailable
from retrieval.settings import EngineSettings
from tests.conftest import build_lines, demo_lines

QUESTION = {"given_names": ["Yann"], "birth_name": "LE GOFF", "birth_date": "1956-03-04"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OpenSearchServer]:
    with OpenSearchServer(tmp_path / "server", heap="512m", is_brief=True) as server:
        yield server


def people(server: OpenSearchServer, stop_after: int) -> Iterator[Unread]:
    lines = (Line(n, orjson.dumps({"id": f"p{n}", "birth_name": "MOREL"})) for n in range(6_000))
    for number, read in read_source(lines, "ndjson", TableMap()):
        if number == stop_after:
            server.stop()
        yield number, read


async def test_a_server_that_stops_during_a_build_serves_the_build_before(server: OpenSearchServer) -> None:
    engine = OpenSearchEngine(server.url, "lost")
    served = (await build_lines(engine, demo_lines())).index
    with pytest.raises(EngineUnavailable) as failure:
        await build(engine, people(server, stop_after=3_500), source_format="ndjson")
    assert "index drop" in failure.value.__notes__[0]
    server.start()
    assert await engine.served() == served
    unfinished = [found.index for found in await engine.list() if not found.meta.complete]
    for index in unfinished:
        await engine.drop(index)
    assert [found.index for found in await engine.list()] == [served]
    await engine.close()


async def test_a_server_that_stops_during_a_batch_gives_failed_answers_in_their_places(
    server: OpenSearchServer, tmp_path: Path
) -> None:
    engine = OpenSearchEngine(server.url, "lost")
    await build_lines(engine, demo_lines())

    def lines() -> Iterator[Line]:
        for number in range(1_200):
            if number == 600:
                server.stop()
            yield Line(number, orjson.dumps(QUESTION | {"reference": str(number)}) if number % 50 else b"{")

    output = tmp_path / "answers.ndjson"
    counts = await identify_file(Identifier(engine), EngineSettings(), lines(), str(output), "ndjson", TableMap())
    answers = [orjson.loads(line) for line in output.read_bytes().splitlines()]
    assert [answer["reference"] for answer in answers if answer["outcome"] != "invalid"] == [
        str(number) for number in range(1_200) if number % 50
    ]
    assert {answer["outcome"] for answer in answers[800:]} == {"failed", "invalid"}
    assert {answer["outcome"] for answer in answers[:400]} == {"identified", "invalid"}
    assert (len(answers), counts.outcomes["invalid"]) == (1_200, 24)
    await engine.close()

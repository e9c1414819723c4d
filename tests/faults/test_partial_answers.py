"""A search that not every shard answered is an error, whatever kind of reply says so."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from devtools.opensearch_server import OpenSearchServer
from retrieval.opensearch import OpenSearchEngine
from retrieval.protocol import EngineUnavailable, Moved, Position, WideSearch
from tests.conftest import random_alias
from tests.faults.conftest import Register, send, set_index

Ask = Callable[[OpenSearchEngine, str], Coroutine[Any, Any, object]]


async def read_all(engine: OpenSearchEngine, index: str) -> object:
    return [part async for part in engine.every_payload(await engine.position(index))]


async def search(engine: OpenSearchEngine, index: str) -> None:
    with suppress(Moved):  # this index says no revision
        await engine.holders(Position(index, 0), "keys", ["x"])


async def search_together(engine: OpenSearchEngine, index: str) -> None:
    with suppress(Moved):
        await engine.wide(Position(index, 0), [WideSearch(fr2=("x",), pairs=("x",))], 10)


KINDS: dict[str, Ask] = {
    "search": search,
    "msearch": search_together,
    "counting msearch": lambda engine, index: engine.holders_count(index, ["x"]),
    "count": lambda engine, index: engine._again(engine._client.count, index=index),
    "scroll": read_all,
}


@pytest.fixture
def half_an_index(server: OpenSearchServer) -> str:
    """Two shards on a node that may hold one: the other has no living copy."""
    index = f"{random_alias()}-half"
    body = {
        "settings": {"number_of_shards": 2, "number_of_replicas": 0, "routing.allocation.total_shards_per_node": 1},
        "mappings": {"properties": {"keys": {"type": "keyword"}, "payload": {"type": "keyword"}}},
    }
    send("PUT", f"{server.url}/{index}?wait_for_active_shards=0", body)
    send("GET", f"{server.url}/_cluster/health/{index}?wait_for_active_shards=1&timeout=30s")
    return index


def test_opensearch_itself_says_of_a_lost_shard_that_none_failed(server: OpenSearchServer, half_an_index: str) -> None:
    """Why the successful shards are counted."""
    reply = send("POST", f"{server.url}/{half_an_index}/_search", {"query": {"match_all": {}}})
    assert (reply["_shards"]["total"], reply["_shards"]["successful"], reply["_shards"]["failed"]) == (2, 1, 0)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_lost_shard_is_an_error(kind: str, server: OpenSearchServer, half_an_index: str) -> None:
    engine = OpenSearchEngine(server.url, "half", search_timeout_s=1.0)
    try:
        with pytest.raises(EngineUnavailable):
            await KINDS[kind](engine, half_an_index)
    finally:
        await engine.close()
        send("DELETE", f"{server.url}/{half_an_index}")


class HealedMeanwhile(OpenSearchEngine):
    """The lost shard is there again before the engine is asked a second time."""

    url = ""
    failures = 0

    async def _ask(self, call: Any, **arguments: Any) -> Any:
        try:
            return await super()._ask(call, **arguments)
        except EngineUnavailable:
            self.failures += 1
            await asyncio.to_thread(heal, self.url, arguments["index"])
            raise


def heal(url: str, index: str) -> None:
    set_index(url, index, {"index.routing.allocation.total_shards_per_node": 2})
    send("GET", f"{url}/_cluster/health/{index}?wait_for_active_shards=2&timeout=30s")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "scroll"])
async def test_a_shard_that_is_back_in_a_moment_costs_no_answer(
    kind: str, server: OpenSearchServer, half_an_index: str
) -> None:
    """So is a build that is being dropped: a moment of 503 before it is gone."""
    engine = HealedMeanwhile(server.url, "half", search_timeout_s=60.0)
    engine.url = server.url
    try:
        await KINDS[kind](engine, half_an_index)
        assert engine.failures == 1
    finally:
        await engine.close()
        send("DELETE", f"{server.url}/{half_an_index}")


async def test_a_search_that_ended_early_is_an_error(register: Register) -> None:
    """Nothing here asks for that; a proxy or a setting of the cluster may."""
    engine = register.engine()
    index = await engine.served()
    assert await engine._search(index, {"query": {"match_all": {}}})
    with pytest.raises(EngineUnavailable):
        await engine._search(index, {"query": {"match_all": {}}, "terminate_after": 1})


async def test_identities_are_not_all_read_from_a_copy_that_may_lack_changes_seen_on_another(
    register: Register,
) -> None:
    engine = register.engine()
    seen_elsewhere = replace(await engine.current(), copy=-1)
    with pytest.raises(EngineUnavailable, match="another copy"):
        await anext(engine.every_payload(seen_elsewhere))

"""A network between the service and OpenSearch that is slow, silent or cut in the middle of a reply."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from devtools.serving import free_port
from retrieval.opensearch import OpenSearchEngine
from retrieval.protocol import EngineUnavailable
from tests.conftest import random_alias
from tests.faults.conftest import (
    BUDGET_S,
    Register,
    answers,
    back_within,
    check_whole_or_failed,
    is_failed,
    send,
)
from tests.faults.proxy import network_to

Ask = Callable[[OpenSearchEngine, str, object], Coroutine[Any, Any, object]]
SLOW = {"script": {"source": "double x = 0; for (int i = 0; i < 30000; i++) { x += Math.sin(i) } return Math.abs(x)"}}


async def test_a_slow_network_gives_the_same_answers(register: Register) -> None:
    async with network_to(register.url) as network:
        identifier = register.identifier(network.url)
        network.delay_s = 0.1
        assert await answers(identifier) == register.healthy


async def test_a_silent_network_is_given_up_after_one_time_budget(register: Register) -> None:
    register.budget_s = BUDGET_S
    async with network_to(register.url) as network:
        identifier = register.identifier(network.url)
        await back_within(30, lambda: register.is_whole(identifier))
        network.silent = True
        began = time.monotonic()
        assert all(map(is_failed, await answers(identifier)))
        assert time.monotonic() - began < 2 * BUDGET_S
        network.silent = False
        await back_within(30, lambda: register.is_whole(identifier))


async def test_wherever_a_reply_is_cut_an_answer_is_the_same_or_failed(register: Register) -> None:
    """Cuts run through the status line, the headers, the body, and the reply after some that came whole."""
    whole = failed = 0
    async with network_to(register.url) as network:
        for cut in (0, 5, 60, 200, 800, 3_000, 12_000, 50_000):
            identifier = register.identifier(network.url)
            network.cut_after_bytes = None
            assert await answers(identifier) == register.healthy
            network.cut_after_bytes = cut
            found = await answers(identifier)
            if check_whole_or_failed(found, register.healthy):
                whole += 1
            else:
                failed += 1
        network.cut_after_bytes = None
        await back_within(30, lambda: register.is_whole(identifier))
    print(f"{network.cuts} cuts: {whole} batches whole, {failed} failed")
    assert network.cuts >= 8
    assert whole and failed


async def test_a_connection_cut_once_is_not_seen_by_the_caller(register: Register) -> None:
    async with network_to(register.url) as network:
        identifier = register.identifier(network.url)
        assert await answers(identifier) == register.healthy
        network.cut_after_bytes = 0
        cuts_before = network.cuts

        async def heal() -> bool:
            if network.cuts > cuts_before:
                network.cut_after_bytes = None
            return network.cut_after_bytes is None

        healing = asyncio.create_task(back_within(30, heal))
        assert await answers(identifier) == register.healthy
        await healing


async def test_an_engine_whose_port_is_closed_is_found_when_it_opens(register: Register) -> None:
    with free_port() as port:
        identifier = register.identifier(f"http://127.0.0.1:{port}")
        for _ in range(4):
            with pytest.raises(EngineUnavailable):
                await identifier.served()
        async with network_to(register.url, port):
            await back_within(30, lambda: register.is_whole(identifier))


@pytest.mark.parametrize("ask", [OpenSearchEngine._search, lambda engine, index, body: engine._msearch(index, [body])])
async def test_a_search_that_its_caller_gave_up_does_not_go_on_in_the_engine(register: Register, ask: Ask) -> None:
    """Even behind a proxy that keeps its own connections to the engine."""
    register.budget_s = BUDGET_S
    index = f"{random_alias()}-slow"
    send("PUT", f"{register.url}/{index}", {"settings": {"number_of_replicas": 0}})
    documents = '{"create":{}}\n{}\n' * 40_000  # half a minute of work, looked at again every few hundred documents
    await register.engine()._client.bulk(
        index=index, body=documents, params={"refresh": "true", "request_timeout": 120}
    )
    async with network_to(register.url) as network:
        network.hides_departures = True
        slow: object = {"query": {"script_score": {"query": {"match_all": {}}, **SLOW}}}
        asking = asyncio.create_task(ask(register.engine(network.url), index, slow))
        while (is_unseen := await nobody_searches(register, index)) and not asking.done():
            await asyncio.sleep(0.01)
        assert not is_unseen
        with pytest.raises(EngineUnavailable):
            await asking
        await back_within(10, lambda: nobody_searches(register, index))
    send("DELETE", f"{register.url}/{index}")


def searches_of(register: Register, index: str) -> list[object]:
    nodes = send("GET", f"{register.url}/_tasks?actions=indices:data/read/search*&detailed=true")["nodes"].values()
    return [task for node in nodes for task in node["tasks"].values() if index in task["description"]]


async def nobody_searches(register: Register, index: str) -> bool:
    return not await asyncio.to_thread(searches_of, register, index)

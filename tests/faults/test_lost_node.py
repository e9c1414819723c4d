"""One of several OpenSearch nodes is killed, the one with the primary of all that is served."""

import time
from collections.abc import AsyncIterator, Awaitable, Iterator

import orjson
import pytest

from devtools.opensearch_cluster import OpenSearchCluster
from indexer.lines import Line
from indexer.updating import update
from retrieval.opensearch_way import COPIES
from tests.conftest import build_lines, demo_lines, random_alias, remove_all, remove_journal
from tests.faults.conftest import (
    BUDGET_S,
    Register,
    answers,
    back_within,
    batches_without_end,
    check_whole_or_failed,
    frozen,
    until,
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[OpenSearchCluster]:
    with OpenSearchCluster(is_brief=True) as cluster:
        yield cluster


def change(seq: int, name: str) -> list[Line]:
    return [Line(1, orjson.dumps({"seq": seq, "op": "upsert", "record": {"id": f"F{seq}", "birth_name": name}}))]


@pytest.fixture
async def register(cluster: OpenSearchCluster) -> AsyncIterator[Register]:
    """A register with its primary on the node that will leave, and a copy on another."""
    register = Register(",".join(cluster.urls().values()), random_alias())
    on_leaving = {"index.routing.allocation.include.process": "leaves", "index.routing.rebalance.enable": "none"}
    apart = f"{register.alias}-apart"
    template = {"index_patterns": [f"{register.alias}*"], "template": {"settings": on_leaving}}
    cluster.ask("PUT", f"/_index_template/{apart}", template)
    engine = register.engine()
    await build_lines(engine, demo_lines())
    await update(engine, change(1, "TREMBLE"))
    everywhere = {"index.routing.allocation.include.process": None, "index.auto_expand_replicas": "0-1"}
    cluster.ask("PUT", f"/{register.alias}*/_settings", everywhere)
    cluster.wait_for("wait_for_status=green")
    register.healthy = await answers(register.identifier())
    yield register
    cluster.ask("DELETE", f"/_index_template/{apart}")
    for opened in register.opened:
        await opened.close()
    remaining = Register(cluster.stays.url, register.alias).engine()
    await remove_all(remaining)
    remove_journal(cluster.stays.url, register.alias)


def nodes_of_primaries(cluster: OpenSearchCluster, alias: str) -> dict[str, str]:
    """Return for each index the process that holds its primary."""
    state = cluster.ask("GET", f"/_cluster/state/routing_table/{alias}*")
    nodes = cluster.ask("GET", "/_nodes")["nodes"]
    return {
        index: nodes[copy["node"]]["attributes"]["process"]
        for index, table in state["routing_table"]["indices"].items()
        for copy in table["shards"]["0"]
        if copy["primary"]
    }


def test_of_two_copies_each_is_asked_by_one_of_the_preferences(cluster: OpenSearchCluster, register: Register) -> None:
    asked = [
        cluster.ask("GET", f"/{register.alias}/_search_shards?preference={preference}")["shards"][0][0]["node"]
        for preference in COPIES
    ]
    assert len(set(asked)) == 2


async def test_a_node_that_hangs_with_a_copy_costs_each_process_one_answer_that_is_late(
    cluster: OpenSearchCluster, register: Register
) -> None:
    """Whichever node and whichever copy are asked first. The cluster itself notices after half a minute or more."""
    register.budget_s = 10.0
    an_attempt_s = register.budget_s / 5
    identifiers = [register.identifier() for _ in range(4)]
    for identifier in identifiers:
        assert await register.is_whole(identifier)
    with frozen(cluster.leaves):
        for identifier in identifiers:
            firsts = [await timed(register.is_whole(identifier)) for _ in range(3)]
            print(" ".join(f"{'whole' if is_whole else 'failed'} {seconds:.2f} s" for is_whole, seconds in firsts))
            assert [is_whole for is_whole, _ in firsts] == [True] * 3
            assert [seconds < an_attempt_s for _, seconds in firsts[1:]] == [True] * 2
    cluster.wait_for("wait_for_nodes=3")


async def timed(work: Awaitable[bool]) -> tuple[bool, float]:
    began = time.monotonic()
    return await work, time.monotonic() - began


async def test_a_lost_node_costs_no_answer_no_change_and_nobody_is_needed(
    cluster: OpenSearchCluster, register: Register
) -> None:
    register.budget_s = BUDGET_S
    identifier = register.identifier()
    index = (await identifier.served()).index
    assert nodes_of_primaries(cluster, register.alias)[index] == "leaves"
    async with batches_without_end(identifier) as found:
        await until(found, 3)
        cluster.leaves.kill()
        took_s = await back_within(30, lambda: register.is_whole(identifier))
        await until(found, len(found) + 3)
    failed = sum(not check_whole_or_failed(batch, register.healthy) for batch in found)
    print(f"{len(found)} batches, {failed} with failed answers; whole again after {took_s:.2f} s")
    await identifier.served()
    after = await update(register.engine(), change(2, "TREMBLAY"))
    assert (after.done["upsert"], after.revision) == (1, 2)
    assert (await register.identifier().served()).revision == 2
    cluster.leaves.start()
    cluster.wait_for("wait_for_nodes=3")
    cluster.wait_for("wait_for_status=green")
    assert set(nodes_of_primaries(cluster, register.alias).values()) == {"stays"}

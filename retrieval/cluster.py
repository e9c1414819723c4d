"""What an OpenSearch server says of itself and of one index: for those who run it, never for a question."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import NotFoundError, OpenSearchException

from retrieval.opensearch_access import Access
from retrieval.protocol import EngineUnavailable

_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Cluster:
    """`status` is green, yellow or red; bytes are those of the node that has least."""

    distribution: str
    version: str
    status: str
    free_disk_bytes: int
    memory_bytes: int
    index_settings: Mapping[str, str] = field(default_factory=dict)


async def state_of(access: Access, index: str | None) -> Cluster:
    """Return the state of a cluster and the settings of an index, by their flat names.

    Raises:
        EngineUnavailable: the server does not answer, or not as OpenSearch does.
    """
    async with _client(access) as client:
        info, health = await client.info(), await client.cluster.health()
        nodes = (await client.nodes.stats(metric="os,fs"))["nodes"].values()
        return Cluster(
            distribution=str(info["version"].get("distribution", "unknown")),
            version=str(info["version"]["number"]),
            status=str(health["status"]),
            free_disk_bytes=min(int(node["fs"]["total"]["available_in_bytes"]) for node in nodes),
            memory_bytes=min(int(node["os"]["mem"]["total_in_bytes"]) for node in nodes),
            index_settings=await _settings(client, index) if index else {},
        )


async def _settings(client: AsyncOpenSearch, index: str) -> Mapping[str, str]:
    try:
        found: Any = await client.indices.get_settings(index=index, params={"flat_settings": "true"})
    except NotFoundError:
        return {}
    return {name: str(value) for name, value in found[index]["settings"].items()}


@asynccontextmanager
async def _client(access: Access) -> AsyncIterator[AsyncOpenSearch]:
    client = AsyncOpenSearch(**access.client_options(), timeout=_TIMEOUT_S, max_retries=0)
    try:
        yield client
    except (OpenSearchException, KeyError, TypeError, ValueError) as error:
        raise EngineUnavailable(f"the engine does not answer as OpenSearch does: {type(error).__name__}") from error
    finally:
        await client.close()

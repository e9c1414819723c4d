"""The journal in OpenSearch: one small index beside the builds, a document for each batch, its number the `_id`."""

import base64
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from opensearchpy import AsyncOpenSearch

from retrieval.protocol import Batch, IndexGone

Call = Callable[..., Awaitable[Any]]
_PAGE = 100
_NUMBER = {"type": "long"}
_STORED = {"type": "binary"}
_MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {
        "number": _NUMBER,
        "first": _NUMBER,
        "last": _NUMBER,
        "tied": {"type": "boolean"},
        "changes": _STORED,
        "ties": _STORED,
        "cut": {"type": "boolean"},
    },
}
_SETTINGS = {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}}


class IndexJournal:
    """
    Args:
        once, again: ask the client once, or until it answers, its errors translated.
    """

    def __init__(self, client: AsyncOpenSearch, once: Call, again: Call, name: str) -> None:
        self._client, self._once, self._again, self._name = client, once, again, name

    def held(self) -> AbstractContextManager[None]:
        """Nobody is kept away: of two writers the one that finds its number taken gives up."""
        return nullcontext()

    async def newest(self) -> Batch | None:
        return _first(await self._search({"match_all": {}}, 1, "desc"))

    async def after(self, revision: int) -> Batch | None:
        return _first(await self._search({"range": {"last": {"gt": revision}}}, 1))

    async def append(self, batch: Batch) -> None:
        if batch.number == 1 and not await self._exists():
            body = {"settings": _SETTINGS, "mappings": _MAPPING}
            await self._once(self._client.indices.create, index=self._name, body=body)
        document = {
            "number": batch.number,
            "first": batch.first,
            "last": batch.last,
            "tied": bool(batch.ties),
            "changes": base64.b64encode(batch.changes).decode(),
            "ties": base64.b64encode(batch.ties).decode(),
        }
        params = {"refresh": "true"}
        await self._once(self._client.create, index=self._name, id=str(batch.number), body=document, params=params)

    async def ties(self) -> Sequence[bytes]:
        found: list[bytes] = []
        number = 0
        while True:
            tied = {"bool": {"filter": [{"term": {"tied": True}}, {"range": {"number": {"gt": number}}}]}}
            hits = await self._search(tied, _PAGE, parts=["number", "ties"])
            found += [base64.b64decode(hit["ties"]) for hit in hits]
            if len(hits) < _PAGE:
                return found
            number = hits[-1]["number"]

    async def cut(self, revision: int) -> int:
        """A batch without its changes takes the place of the whole one: done again, it is the same."""
        if not await self._exists():
            return 0
        body = {"properties": {"cut": _MAPPING["properties"]["cut"]}}  # a journal of an earlier version lacks it
        await self._once(self._client.indices.put_mapping, index=self._name, body=body)
        count = number = 0
        while True:
            range_ = [{"range": {"last": {"lte": revision}}}, {"range": {"number": {"gt": number}}}]
            whole = {"bool": {"filter": range_, "must_not": {"term": {"cut": True}}}}
            hits = await self._search(whole, _PAGE, parts={"excludes": ["changes"]})
            for hit in hits:
                body = hit | {"changes": "", "cut": True}
                await self._once(self._client.index, index=self._name, id=str(hit["number"]), body=body)
            count += len(hits)
            if len(hits) < _PAGE:
                break
            number = hits[-1]["number"]
        await self._rewrite()
        return count

    async def _rewrite(self) -> None:
        """Each time: a cut that was killed may have left old documents, and merges keep what is not yet safe."""
        forced = {"force": "true"}
        await self._once(self._client.indices.flush, index=self._name, params=forced)
        await self._once(self._client.indices.forcemerge, index=self._name, params={"max_num_segments": 1})
        await self._once(self._client.indices.refresh, index=self._name)
        await self._once(self._client.indices.flush, index=self._name, params=forced)

    async def _exists(self) -> bool:
        return bool(await self._again(self._client.indices.exists, index=self._name))

    async def _search(self, query: Any, size: int, order: str = "asc", parts: Any = True) -> list[Any]:
        """Return the stored documents of the batches; none where there is no journal yet."""
        body = {"query": query, "size": size, "sort": [{"number": order}], "_source": parts}
        try:
            reply = await self._again(self._client.search, index=self._name, body=body)
        except IndexGone:
            return []
        return [hit["_source"] for hit in reply["hits"]["hits"]]


def _first(hits: Sequence[Any]) -> Batch | None:
    for hit in hits:
        changes, ties = base64.b64decode(hit["changes"]), base64.b64decode(hit["ties"])
        return Batch(hit["number"], hit["first"], hit["last"], changes, ties)
    return None

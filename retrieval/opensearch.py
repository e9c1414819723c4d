"""The production engine: OpenSearch, through opensearch-py's asynchronous client.

Every error of the client is translated here. A retry happens only where asking twice changes nothing: searches, and
bulk writes, which are by `_id`; all attempts of a search together have the time of one, each on another way where one
leads nowhere (`retrieval.opensearch_way`). An engine that has stopped answering is left alone for a moment
(`retrieval.breaker`). A reply of only some shards is an error.
"""

import base64
import logging
import math
import re
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import ConflictError, NotFoundError, OpenSearchException, TransportError
from opensearchpy.exceptions import ConnectionError as LostConnection
from opensearchpy.serializer import JSONSerializer
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    stop_before_delay,
    wait_exponential_jitter,
)

from mappings import fields
from mappings.build import BuildMeta
from mappings.document import Document
from mappings.mapping import (
    SERVED_SETTINGS,
    STATISTICS_MAPPING,
    STATISTICS_SETTINGS,
    identity_mapping,
    identity_settings,
)
from mappings.naming import DEFAULT_ALIAS, is_statistics, journal_name, statistics_name
from retrieval.breaker import Breaker
from retrieval.opensearch_access import Access, access_to
from retrieval.opensearch_journal import IndexJournal
from retrieval.opensearch_way import Way
from retrieval.protocol import (
    AnotherUpdate,
    Build,
    EngineBusy,
    EngineError,
    EngineUnavailable,
    IndexGone,
    IndexNotReady,
    Journal,
    Moved,
    Position,
    TermField,
    WideSearch,
)
from retrieval.queries import (
    every_payload_query,
    holders_count_query,
    holders_query,
    payloads_query,
    revision_query,
    wide_query,
)
from retrieval.terms import ask_in_parts

_MOST_HITS = 10_000
_MOST_HOLDERS = _MOST_HITS - 1
"""Beside the document that says the revision."""
_PART_READ = 1_000
_SCROLL_KEPT = "10m"
_TOO_MUCH = 429
_TRY_LATER = frozenset({_TOO_MUCH, 502, 503, 504})
_CONFLICT = 409
_REFUSALS: Mapping[str | int, str] = {
    401: "the engine does not accept the credentials",
    403: "the engine does not allow this to the credentials",
}
_KIND = re.compile(r"[a-z_]{1,60}")
_REVISION_ID = "revision".ljust(300, ".")
"""Longer than the id of any identity."""
_STATISTICS_CHUNK_BYTES = 600_000
_COUNTS_A_SEARCH = 200
_LEAST_TIMEOUT_S = 0.01
_GIVEN_UP_LATER_S = 0.2
_A_PART = 0.2
"""Of several nodes one that hangs takes so much of the time of a search; the last attempt has the rest."""
_MOST_ATTEMPTS = 4
_BRIEF, _PATIENT = stop_after_attempt(_MOST_ATTEMPTS), stop_after_delay(60)


class _Orjson(JSONSerializer):
    def loads(self, s: str | bytes) -> Any:
        return orjson.loads(s)

    def dumps(self, data: Any) -> Any:
        return data if isinstance(data, str | bytes) else orjson.dumps(data).decode()


def encode_for_opensearch(document: Document) -> bytes:
    """Return the two lines of a bulk request. Sent twice, the document stays as it was: its version too."""
    body = {
        fields.KEYS: document.keys,
        fields.NIRS: document.nirs,
        fields.NAMES: [name.text for name in document.names],
        fields.SLIPS: document.slips,
        fields.PAIRS: document.pairs,
    }
    filled = {fields.PAYLOAD: document.payload} | {name: values for name, values in body.items() if values}
    return orjson.dumps({"create": {"_id": document.id}}) + b"\n" + orjson.dumps(filled) + b"\n"


class OpenSearchEngine:
    """One OpenSearch cluster. An engine asks one copy of an index while that answers: each shows a change in its turn.

    Args:
        access: how it is reached; a URL alone where that says all.
        search_timeout_s: how long one search may take, all attempts together, before the engine counts as unavailable.
        write_timeout_s: the same for a bulk write, a merge, or the creation of an index.
    """

    def __init__(
        self,
        access: Access | str,
        alias: str = DEFAULT_ALIAS,
        search_timeout_s: float = 10.0,
        write_timeout_s: float = 600.0,
    ) -> None:
        reached = access_to(access) if isinstance(access, str) else access
        _keep_bodies_from_logs()
        self.alias = alias
        self.encode: Callable[[Document], bytes] = encode_for_opensearch
        self._search_timeout_s = search_timeout_s
        self._write_timeout_s = write_timeout_s
        self._breaker = Breaker()
        self._attempt_timeout_s = search_timeout_s * (_A_PART if len(reached.urls) > 1 else 1)
        self._way = Way(len(reached.urls))
        self._client = AsyncOpenSearch(
            **reached.client_options(),
            timeout=search_timeout_s,
            max_retries=0,
            selector_class=lambda _: self._way,
            serializer=_Orjson(),
            http_compress=False,
        )
        self.journal: Journal = IndexJournal(self._client, self._once, self._again, journal_name(alias))

    async def close(self) -> None:
        await self._client.close()

    # Retrieval

    async def served(self) -> str:
        try:
            aliased = await self._again(self._client.indices.get_alias, name=self.alias)
        except IndexGone as error:
            raise IndexNotReady(self.alias) from error
        return str(next(iter(aliased)))

    async def current(self) -> Position:
        """One search says both: the alias leads it to one index, and the revision is a document of that index."""
        copy = self._way.number
        try:
            reply = await self._search(self.alias, revision_query())
        except IndexGone as error:
            raise IndexNotReady(self.alias) from error
        _, seen = _seen(reply)
        index, revision = seen or (await self.served(), 0)
        return Position(index, revision, copy, is_served=True)

    async def position(self, index: str) -> Position:
        copy = self._way.number
        _, seen = _seen(await self._search(index, revision_query()))
        _, revision = seen or (index, 0)  # an index of an earlier version says nothing
        return Position(index, revision, copy)

    async def meta(self, index: str) -> BuildMeta:
        mapping = await self._again(self._client.indices.get_mapping, index=index)
        return BuildMeta.from_dict(mapping[index]["mappings"]["_meta"])

    async def statistics(self, index: str) -> bytes | memoryview:
        chunks: list[bytes] = []
        more = 1
        while more:
            found = await self._again(self._client.get, index=statistics_name(index), id=str(len(chunks)))
            chunks.append(base64.b64decode(found["_source"]["data"]))
            more = found["_source"]["more"]
        return b"".join(chunks)

    async def holders(self, at: Position, field: TermField, terms: Sequence[str]) -> list[str]:
        async def ask(part: Sequence[str]) -> list[str]:
            reply = await self._search(self._searched(at), holders_query(field, part, _MOST_HITS))
            return self._found(reply, at, _MOST_HOLDERS)

        return await ask_in_parts(ask, terms, _MOST_HOLDERS)

    def _searched(self, at: Position) -> str:
        """The alias itself, where that leads to the index: a search says if it leads to another one by now."""
        return self.alias if at.is_served else at.index

    def _found(self, reply: Any, at: Position, limit: int) -> list[str]:
        """Return what was found. Of a reply that is full, the document that says the revision may be left out."""
        payloads, seen = _seen(reply)
        is_where_it_was = seen == (at.index, at.revision) or (seen is None and len(payloads) > limit)
        if not is_where_it_was or self._way.number != at.copy:
            raise Moved
        return payloads

    async def _search(self, index: str, body: Any) -> Any:
        return await self._again(self._search_copy, index=index, body=body)

    async def _search_copy(self, index: str, body: Any, params: dict[str, Any]) -> Any:
        params |= {"allow_partial_search_results": "false", "preference": self._way.preference} | _given_up_with(params)
        return await self._client.search(index=index, body=body, params=params)

    async def wide(self, at: Position, searches: Sequence[WideSearch], limit: int) -> list[list[str] | None]:
        bodies = [wide_query(search, limit + 2) for search in searches if search.is_asked]
        replies = iter(await self._msearch(self._searched(at), bodies))
        answers: list[list[str] | None] = []
        for search in searches:
            payloads = self._found(next(replies), at, limit) if search.is_asked else []
            answers.append(payloads if len(payloads) <= limit else None)
        return answers

    async def _msearch(self, index: str, bodies: Sequence[Any]) -> list[Any]:
        if not bodies:
            return []
        encoded = [orjson.dumps(body) for body in bodies]
        reply = await self._again(self._msearch_copy, index=index, bodies=encoded)
        return list(reply["responses"])

    async def _msearch_copy(self, index: str, bodies: Sequence[bytes], params: dict[str, Any]) -> Any:
        said = {"allow_partial_search_results": False, "preference": self._way.preference}
        header = orjson.dumps(said | _given_up_with(params))
        payload = b"".join(b"%b\n%b\n" % (header, body) for body in bodies)
        return await self._client.msearch(index=index, body=payload.decode(), params=params)

    # Builds

    async def create(self, index: str, meta: BuildMeta) -> None:
        body = {"settings": identity_settings(), "mappings": identity_mapping(meta.to_dict())}
        await self._once(self._client.indices.create, index=index, body=body)
        await self.add(index, [_encode_revision(meta.revision)])

    async def add(self, index: str, encoded: Sequence[bytes]) -> None:
        if encoded:
            await self._bulk(index, b"".join(encoded).decode())

    async def _bulk(self, index: str, payload: str) -> None:
        ends = time.monotonic() + self._write_timeout_s
        out_of_time = stop_before_delay(self._write_timeout_s)
        with self._breaker.call():
            async for attempt in _retrying(lambda state: out_of_time(state) or _gives_up_writing(state)):
                with attempt:
                    params = _time_left(ends) | {"_source": "false"}
                    reply = await self._ask(self._client.bulk, index=index, body=payload, params=params)
                    _check_bulk(reply)

    async def keep(self, index: str) -> None:
        await self._once(self._client.indices.flush, index=index)

    async def reopen(self, index: str) -> None:
        await self._once(self._client.indices.refresh, index=index)

    async def remove(self, index: str, ids: Sequence[str]) -> None:
        lines = [orjson.dumps({"delete": {"_id": id_}}) + b"\n" for id_ in ids]
        await self.add(index, lines)

    async def freeze(self, index: str) -> int:
        await self._once(self._client.indices.refresh, index=index)
        await self._commit(index)
        await self._once(self._client.indices.forcemerge, index=index, params={"max_num_segments": 1})
        await self._once(self._client.indices.refresh, index=index)
        await self._commit(index)  # lets go of the files that were merged
        await self._once(self._client.indices.put_settings, index=index, body=SERVED_SETTINGS)
        return int((await self._again(self._client.count, index=index))["count"]) - 1  # the revision is no identity

    async def _commit(self, index: str) -> None:
        """Forced: it knows that the operations before it are safe, and lets go of what was kept for them."""
        await self._once(self._client.indices.flush, index=index, params={"force": "true"})

    async def payloads(self, index: str, ids: Sequence[str]) -> list[str]:
        parts = [ids[start : start + _MOST_HITS] for start in range(0, len(ids), _MOST_HITS)]
        return [payload for part in parts for payload in _payloads(await self._search(index, payloads_query(part)))]

    async def every_payload(self, since: Position) -> AsyncGenerator[list[str]]:
        """A scroll: asked twice it would pass over a part, so it is not tried again."""
        body, params = every_payload_query(_PART_READ), {"scroll": _SCROLL_KEPT}
        reply = await self._once(self._search_copy, index=since.index, body=body, params=params)
        total, read = reply["hits"]["total"]["value"], 0
        try:
            if self._way.number != since.copy:
                raise EngineUnavailable("another copy of the index is asked than before: run it again")
            while payloads := _payloads(reply):
                read += len(payloads)
                yield payloads
                more = {"scroll_id": reply["_scroll_id"], "scroll": _SCROLL_KEPT}
                reply = await self._once(self._client.scroll, body=more)
        finally:
            await self._once(self._client.clear_scroll, body={"scroll_id": [reply["_scroll_id"]]})
        if read != total:
            raise EngineError(f"{read} of {total} identities of index {since.index!r} could be read")

    async def change(self, index: str, changed: Mapping[str, bytes | None], revision: int) -> None:
        """Nothing of it is seen before the refresh, and of one shard all at once.

        Each document has the revision as its version: a writer that was overtaken changes nothing any more.
        """
        lines = [_change_lines(id_, encoded, revision) for id_, encoded in changed.items()]
        lines.append(_change_lines(_REVISION_ID, _encode_revision(revision), revision))
        await self._bulk(index, b"".join(lines).decode())
        await self._once(self._client.indices.refresh, index=index)

    async def holders_count(self, index: str, keys: Sequence[str]) -> Mapping[str, int]:
        counts: dict[str, int] = {}
        for start in range(0, len(keys), _COUNTS_A_SEARCH):
            part = keys[start : start + _COUNTS_A_SEARCH]
            replies = await self._msearch(index, [holders_count_query(key) for key in part])
            counts |= {key: reply["hits"]["total"]["value"] for key, reply in zip(part, replies, strict=True)}
        return counts

    async def put_statistics(self, index: str, data: bytes) -> None:
        companion = statistics_name(index)
        body = {"settings": STATISTICS_SETTINGS, "mappings": STATISTICS_MAPPING}
        await self._once(self._client.indices.delete, index=companion, params={"ignore_unavailable": "true"})
        await self._once(self._client.indices.create, index=companion, body=body)
        starts = range(0, len(data), _STATISTICS_CHUNK_BYTES)
        for number, start in enumerate(starts):
            chunk = base64.b64encode(data[start : start + _STATISTICS_CHUNK_BYTES]).decode()
            more = len(starts) - number - 1
            document = {"data": chunk, "more": more}
            await self._once(self._client.index, index=companion, id=str(number), body=document)

    async def set_meta(self, index: str, meta: BuildMeta) -> None:
        await self._once(self._client.indices.put_mapping, index=index, body={"_meta": meta.to_dict()})

    async def swap(self, index: str) -> None:
        actions = [
            {"remove": {"index": f"{self.alias}-*", "alias": self.alias, "must_exist": False}},
            {"add": {"index": index, "alias": self.alias}},
        ]
        await self._once(self._client.indices.update_aliases, body={"actions": actions})

    async def list(self) -> list[Build]:
        pattern = f"{self.alias}-*"
        mappings = await self._again(self._client.indices.get_mapping, index=pattern)
        stats = await self._again(self._client.indices.stats, index=pattern, metric="store")
        try:
            served = await self.served()
        except IndexNotReady:
            served = ""
        builds = []
        for index, body in mappings.items():
            if not is_statistics(index):
                meta = BuildMeta.from_dict(body["mappings"]["_meta"])
                size = sum(_store_bytes(stats, name) for name in (index, statistics_name(index)))
                builds.append(Build(index, meta, index == served, size))
        return sorted(builds, key=lambda build: build.meta.created_at, reverse=True)

    async def drop(self, index: str) -> None:
        if not index.startswith(f"{self.alias}-") or any(sign in index for sign in "*,?"):
            raise IndexGone(index)
        await self._once(self._client.indices.delete, index=index)
        await self._once(
            self._client.indices.delete, index=statistics_name(index), params={"ignore_unavailable": "true"}
        )

    # The client, its errors translated

    async def _once(self, call: Any, **arguments: Any) -> Any:
        with self._breaker.call():
            return await self._ask(call, **arguments)

    async def _again(self, call: Any, **arguments: Any) -> Any:
        """Ask until there is an answer, in the time that one search has."""
        ends = time.monotonic() + self._search_timeout_s
        with self._breaker.call():
            async for attempt in _retrying(stop_before_delay(self._search_timeout_s) | _BRIEF):
                is_last = attempt.retry_state.attempt_number == _MOST_ATTEMPTS
                with attempt:
                    params = _time_left(ends, math.inf if is_last else self._attempt_timeout_s)
                    params |= arguments.get("params", {})
                    reply = await self._ask(call, **arguments | {"params": params})
        return reply

    async def _ask(self, call: Any, **arguments: Any) -> Any:
        index = str(arguments.get("index", self.alias))
        if call.__self__ is self._client.indices or call == self._client.bulk:
            arguments["params"] = {"request_timeout": self._write_timeout_s} | arguments.get("params", {})
        with self._way.tried():
            async with _translated(index):
                reply = await call(**arguments)
            _check(reply, index)
        return reply


def _keep_bodies_from_logs() -> None:
    """Below a warning the client logs what is sent and answered: names, numbers, and what a proxy says of a secret."""
    for name in ("opensearch", "opensearchpy.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _gives_up_writing(state: RetryCallState) -> bool:
    """A server short of memory refuses bulk writes until it has collected its garbage: a long build waits for it."""
    busy = state.outcome is not None and isinstance(state.outcome.exception(), EngineBusy)
    return _PATIENT(state) if busy else _BRIEF(state)


def _time_left(ends: float, at_most_s: float = math.inf) -> dict[str, Any]:
    return {"request_timeout": min(max(ends - time.monotonic(), _LEAST_TIMEOUT_S), at_most_s)}


def _given_up_with(params: Mapping[str, Any]) -> dict[str, str]:
    """Tell the engine when nobody waits for a search any more, a little later: the caller is the one that gives up."""
    if "request_timeout" not in params:
        return {}
    return {"cancel_after_time_interval": f"{math.ceil(1_000 * (params['request_timeout'] + _GIVEN_UP_LATER_S))}ms"}


def _retrying(stop: Callable[[RetryCallState], bool]) -> AsyncRetrying:
    return AsyncRetrying(
        retry=retry_if_exception_type(EngineUnavailable),
        stop=stop,
        wait=wait_exponential_jitter(multiplier=0.1, max=2.0, jitter=0.1),
        reraise=True,
    )


@asynccontextmanager
async def _translated(index: str) -> AsyncIterator[None]:
    """The messages of the client may quote what was sent: only the status goes on."""
    try:
        yield
    except NotFoundError as error:
        raise IndexGone(index) from error
    except LostConnection as error:
        if isinstance(error.info, aiohttp.ClientSSLError | ssl.SSLError):
            raise EngineError("the certificate of the engine is not one of those that are believed") from error
        raise EngineUnavailable("the engine cannot be reached") from error
    except ConflictError as error:
        raise AnotherUpdate("another process changed this register meanwhile: run the same file again") from error
    except TransportError as error:
        if error.status_code in _TRY_LATER:
            raise _try_later(error.status_code) from error
        raise EngineError(_REFUSALS.get(error.status_code) or _answered(error)) from error
    except OpenSearchException as error:
        raise EngineError(f"the client failed: {type(error).__name__}") from error


def _try_later(status: str | int) -> EngineUnavailable:
    kind = EngineBusy if status == _TOO_MUCH else EngineUnavailable
    return kind(f"the engine answers {status}")


def _answered(error: TransportError) -> str:
    """The kind of an error of OpenSearch is said; the rest of it, or the page of a proxy, may quote what was sent."""
    try:
        kind = str(orjson.loads(error.error)["error"]["type"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        kind = ""
    return f"the engine answers {error.status_code}: {kind if _KIND.fullmatch(kind) else 'no kind of error'}"


def _encode_revision(revision: int) -> bytes:
    body = {fields.KEYS: fields.REVISION_KEY, fields.PAYLOAD: str(revision)}
    return orjson.dumps({"index": {"_id": _REVISION_ID}}) + b"\n" + orjson.dumps(body) + b"\n"


def _change_lines(id_: str, encoded: bytes | None, revision: int) -> bytes:
    action = {"_id": id_, "version": revision, "version_type": "external_gte"}
    if encoded is None:
        return orjson.dumps({"delete": action}) + b"\n"
    return orjson.dumps({"index": action}) + b"\n" + encoded.split(b"\n")[1] + b"\n"


def _payloads(reply: Any) -> list[str]:
    return [hit["fields"][fields.PAYLOAD][0] for hit in reply["hits"]["hits"]]


def _seen(reply: Any) -> tuple[list[str], tuple[str, int] | None]:
    """Return the payloads of identities, and the index and revision that the search saw; None where it says nothing.

    A revision is a bare number; the payload of an identity has the signs that separate its fields.
    """
    payloads, seen = [], None
    for hit in reply["hits"]["hits"]:
        payload = hit["fields"][fields.PAYLOAD][0]
        if payload.isdecimal():
            seen = hit["_index"], int(payload)
        else:
            payloads.append(payload)
    return payloads, seen


def _store_bytes(stats: Any, index: str) -> int:
    return int(stats["indices"].get(index, {}).get("total", {}).get("store", {}).get("size_in_bytes", 0))


def _check(reply: Any, index: str) -> None:
    """Several searches in one request have a status each."""
    if not isinstance(reply, dict):
        return
    for response in reply.get("responses", ()):
        _check_status(response, index)
        _check_whole(response)
    _check_whole(reply)


def _check_status(response: dict[str, Any], index: str) -> None:
    """A build that is just dropped answers 503 for a moment, then 404."""
    if "error" not in response:
        return
    status = response["status"]
    if status in _TRY_LATER:
        raise _try_later(status)
    raise IndexGone(index) if status == 404 else EngineError(f"a search failed with status {status}")


def _check_whole(reply: dict[str, Any]) -> None:
    """A shard without a living copy is no failed shard to OpenSearch: it is only missing among the successful ones.

    A write or a refresh counts copies, and one node has fewer than are wanted: only searches must have all.
    """
    shards = reply.get("_shards", {})
    searched = "hits" in reply or "count" in reply
    missing = searched and shards.get("successful") != shards.get("total")
    if reply.get("timed_out") or reply.get("terminated_early") or shards.get("failed") or missing:
        raise EngineUnavailable("a shard failed or ran out of time: no partial answer is given")


def _check_bulk(reply: Any) -> None:
    """The bulk API answers 200 even when documents failed; each item has its own status.

    A conflict is no failure: the document holds a later change already, or was created by the same request before.
    """
    if not reply["errors"]:
        return
    items = [done for item in reply["items"] for done in item.values()]
    statuses = [done["status"] for done in items if "error" in done and done["status"] != _CONFLICT]
    if not statuses:
        return
    if all(status in _TRY_LATER for status in statuses):
        raise EngineBusy("the engine refuses documents for now")
    raise EngineError(f"the engine refused {len(statuses)} documents, the first with status {statuses[0]}")

"""The embedded engine: tantivy, in process, on disk under the data directory. No server, one machine.

indexes/identities.json                     which build is served
indexes/identities-20250301-a1b2c3/         one build: meta.json, statistics.bin, terms/ (tantivy)
indexes/identities.journal                  every change since the first
"""

import asyncio
import json
import mmap
import os
import shutil
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Literal

import orjson
import tantivy
from tantivy import Occur, Query

from mappings import fields
from mappings.build import BuildMeta
from mappings.document import Document, analysed
from mappings.naming import DEFAULT_ALIAS, journal_name
from mappings.payload import id_in
from retrieval.embedded_journal import FileJournal
from retrieval.protocol import (
    Build,
    EngineBusy,
    EngineError,
    IndexGone,
    IndexNotReady,
    Journal,
    Moved,
    Position,
    TermField,
    WideSearch,
)
from retrieval.terms import ask_in_parts

_WRITER_HEAP_BYTES = 256_000_000
_WRITER_THREADS = 2
_CHANGES_HEAP_BYTES = 50_000_000
_PATIENCE_S = 10.0
_LOOK_AGAIN_S = 0.05
_MOST_HITS = 10_000
_PART_READ = 1_000
_INDEXED: Literal["basic"] = "basic"

_NAMES_FR2 = f"{fields.NAMES}_{fields.FR2}"
_NAMES_SKXS = f"{fields.NAMES}_{fields.SKXS}"
_TERM_FIELDS = (
    fields.ID,
    fields.KEYS,
    fields.NIRS,
    _NAMES_FR2,
    _NAMES_SKXS,
    fields.SLIPS,
    fields.PAIRS,
)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in _TERM_FIELDS:
        builder.add_text_field(field, tokenizer_name="raw", index_option=_INDEXED)
    builder.add_bytes_field(fields.PAYLOAD, stored=True, indexed=False)
    return builder.build()


def encode_for_tantivy(document: Document) -> bytes:
    """Return one document in JSON: read in tantivy, it costs a third of one made value by value."""
    return orjson.dumps(
        {
            fields.ID: document.id,
            fields.KEYS: document.keys,
            fields.NIRS: document.nirs,
            _NAMES_FR2: analysed(document.names, fields.FR2),
            _NAMES_SKXS: analysed(document.names, fields.SKXS),
            fields.SLIPS: document.slips,
            fields.PAIRS: document.pairs,
            fields.PAYLOAD: b64encode(document.payload.encode()).decode(),
        }
    )


def _encode_revision(revision: int) -> str:
    payload = b64encode(str(revision).encode()).decode()
    return orjson.dumps({fields.KEYS: fields.REVISION_KEY, fields.PAYLOAD: payload}).decode()


_OTHERS_OPEN = 1
"""While a new build is loaded the last one answers: both are asked in turn."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """An index as it was at one commit: its searches see nothing newer. `stamp` tells the file of that commit."""

    searcher: tantivy.Searcher
    revision: int
    stamp: tuple[int, int]


class EmbeddedEngine:
    def __init__(self, data_dir: Path, alias: str = DEFAULT_ALIAS) -> None:
        self._root = data_dir / "indexes"
        self.alias = alias
        self.encode: Callable[[Document], bytes] = encode_for_tantivy
        self._schema = _schema()
        self.journal: Journal = FileJournal(self._root / journal_name(alias))
        self._opened: dict[str, _Opened] = {}
        self._writers: dict[str, tantivy.IndexWriter] = {}

    # Retrieval

    async def served(self) -> str:
        try:
            return str(json.loads(self._alias_file.read_bytes())["index"])
        except FileNotFoundError as error:
            raise IndexNotReady(self.alias) from error

    async def current(self) -> Position:
        index = await self.served()
        self._let_go_of_dropped()
        return await self.position(index)

    def _let_go_of_dropped(self) -> None:
        """Another process dropped them: their files take room on the disk as long as they are open."""
        if len(self._opened) > 1:
            self._opened = {name: opened for name, opened in self._opened.items() if self._terms_path(name).is_dir()}

    async def meta(self, index: str) -> BuildMeta:
        try:
            return BuildMeta.from_dict(json.loads((self._root / index / "meta.json").read_bytes()))
        except FileNotFoundError as error:
            raise IndexGone(index) from error

    async def statistics(self, index: str) -> bytes | memoryview:
        try:
            with (self._root / index / "statistics.bin").open("rb") as file:
                return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except FileNotFoundError as error:
            raise IndexGone(index) from error

    async def holders(self, at: Position, field: TermField, terms: Sequence[str]) -> list[str]:
        searcher = self._searcher(at)

        async def ask(part: Sequence[str]) -> list[str]:
            query = _any(self._term(field, term) for term in part)
            return self._payloads(searcher, query, _MOST_HITS)

        return await ask_in_parts(ask, terms, _MOST_HITS)

    async def wide(self, at: Position, searches: Sequence[WideSearch], limit: int) -> list[list[str] | None]:
        searcher = self._searcher(at)
        answers: list[list[str] | None] = []
        for search in searches:
            found = self._payloads(searcher, _wide_query(self._schema, search), limit + 1) if search.is_asked else []
            answers.append(found if len(found) <= limit else None)
        return answers

    def _payloads(self, searcher: tantivy.Searcher, query: Query, limit: int) -> list[str]:
        hits = searcher.search(query, limit=limit, count=False).hits
        return [_payload(searcher.doc(address)) for _, address in hits]

    def _searcher(self, at: Position) -> tantivy.Searcher:
        opened = self._opened.get(at.index) or self._opened_anew(at.index)
        if opened.revision != at.revision:
            raise Moved
        return opened.searcher

    def _opened_anew(self, index: str) -> _Opened:
        """Open at the last commit. The stamp is taken first: a commit meanwhile is then noticed next time."""
        stamp = self._stamp(index)
        searcher = self._open(index).searcher()
        said = self._payloads(searcher, self._term(fields.KEYS, fields.REVISION_KEY), 1)
        opened = _Opened(searcher, int(said[0]) if said else 0, stamp)  # an index of an earlier version says nothing
        others = {name: other for name, other in self._opened.items() if name != index}
        self._opened = dict(islice(reversed(others.items()), _OTHERS_OPEN)) | {index: opened}
        return opened

    def _stamp(self, index: str) -> tuple[int, int]:
        """Every commit puts another file in the place of this one."""
        try:
            found = (self._terms_path(index) / "meta.json").stat()
        except FileNotFoundError as error:
            raise IndexGone(index) from error
        return found.st_ino, found.st_mtime_ns

    def _term(self, field: str, value: str) -> Query:
        return Query.term_query(self._schema, field, value, _INDEXED)

    def _open(self, index: str) -> tantivy.Index:
        path = self._terms_path(index)
        if not path.is_dir():
            raise IndexGone(index)
        try:
            return tantivy.Index.open(str(path))
        except ValueError as error:
            raise EngineError(f"index {index!r} cannot be opened") from error

    async def close(self) -> None:
        self._opened.clear()
        self._writers.clear()

    # Builds

    async def create(self, index: str, meta: BuildMeta) -> None:
        path = self._terms_path(index)
        path.mkdir(parents=True)
        await self.set_meta(index, meta)
        built = tantivy.Index(self._schema, path=str(path))
        self._writers[index] = built.writer(_WRITER_HEAP_BYTES, _WRITER_THREADS)
        self._writers[index].add_json(_encode_revision(meta.revision))

    async def add(self, index: str, encoded: Sequence[bytes]) -> None:
        writer = self._writers[index]
        try:
            for document in encoded:
                writer.add_json(document.decode())
        except ValueError as error:
            raise EngineError(f"index {index!r} refuses documents") from error

    async def keep(self, index: str) -> None:
        try:
            self._writers[index].commit()
        except ValueError as error:
            raise EngineError(f"index {index!r} could not be written") from error

    async def reopen(self, index: str) -> None:
        try:
            self._writers[index] = _writer_of(self._open(index), _WRITER_HEAP_BYTES, _WRITER_THREADS)
        except ValueError as error:
            raise EngineError(f"index {index!r} cannot be written") from error

    async def remove(self, index: str, ids: Sequence[str]) -> None:
        for id_ in ids:
            self._writers[index].delete_documents_by_term(fields.ID, id_)

    async def freeze(self, index: str) -> int:
        writer = self._writers.pop(index)
        try:
            writer.commit()
            writer.wait_merging_threads()
        except ValueError as error:
            raise EngineError(f"index {index!r} could not be written") from error
        return self._open(index).searcher().num_docs - 1  # the revision is no identity

    async def position(self, index: str) -> Position:
        opened = self._opened.get(index)
        if opened is None or opened.stamp != self._stamp(index):
            opened = self._opened_anew(index)
        return Position(index, opened.revision)

    async def payloads(self, index: str, ids: Sequence[str]) -> list[str]:
        searcher = self._searcher(await self.position(index))
        return [payload for id_ in ids for payload in self._payloads(searcher, self._term(fields.ID, id_), 1)]

    async def every_payload(self, since: Position) -> AsyncGenerator[list[str]]:
        """Walk the stored documents; of a part, those are left out that no search finds any more: they were removed."""
        searcher, read = self._open(since.index).searcher(), 0
        for segment in range(searcher.num_segments):
            for part in _stored(searcher, segment):
                alive = self._addresses(searcher, filter(None, map(id_in, part.values())))
                payloads = [payload for address, payload in part.items() if address in alive]
                read += len(payloads)
                yield payloads
        if read != searcher.num_docs - 1:
            raise EngineError(f"{read} of {searcher.num_docs - 1} identities of index {since.index!r} could be read")

    def _addresses(self, searcher: tantivy.Searcher, ids: Iterable[str]) -> set[tuple[int, int]]:
        query = _any(self._term(fields.ID, id_) for id_ in ids)
        hits = searcher.search(query, limit=_PART_READ, count=False).hits
        return {(address.segment_ord, address.doc) for _, address in hits}

    async def change(self, index: str, changed: Mapping[str, bytes | None], revision: int) -> None:
        async with self._writer(index) as writer:
            for id_, encoded in changed.items():
                writer.delete_documents_by_term(fields.ID, id_)
                if encoded is not None:
                    writer.add_json(encoded.decode())
            writer.delete_documents_by_term(fields.KEYS, fields.REVISION_KEY)
            writer.add_json(_encode_revision(revision))
            writer.commit()

    @asynccontextmanager
    async def _writer(self, index: str) -> AsyncIterator[tantivy.IndexWriter]:
        """Give the one writer that a finished build may have, of all processes; wait for it if need be."""
        opened, deadline = self._open(index), time.monotonic() + _PATIENCE_S
        while True:
            try:
                writer = _writer_of(opened, _CHANGES_HEAP_BYTES, 1)
                break
            except ValueError as error:
                if "LockBusy" not in str(error):
                    raise EngineError(f"index {index!r} cannot be written") from error
                if time.monotonic() > deadline:
                    raise EngineBusy(f"another process writes to index {index!r}") from error
            await asyncio.sleep(_LOOK_AGAIN_S)
        try:
            yield writer
        except ValueError as error:
            raise EngineError(f"index {index!r} refuses changes") from error
        finally:
            writer.wait_merging_threads()

    async def holders_count(self, index: str, keys: Sequence[str]) -> Mapping[str, int]:
        searcher = self._searcher(await self.position(index))
        found = {key: searcher.search(self._term(fields.KEYS, key), limit=1) for key in keys}
        return {key: int(result.count) for key, result in found.items()}  # type: ignore[attr-defined]  # not in the stub

    async def put_statistics(self, index: str, data: bytes) -> None:
        _write_whole(self._root / index / "statistics.bin", data)

    async def set_meta(self, index: str, meta: BuildMeta) -> None:
        _write_whole(self._root / index / "meta.json", json.dumps(meta.to_dict(), indent=1).encode())

    async def swap(self, index: str) -> None:
        if not (self._root / index).is_dir():
            raise IndexGone(index)
        _write_whole(self._alias_file, json.dumps({"index": index}).encode())

    async def list(self) -> list[Build]:
        try:
            served = await self.served()
        except IndexNotReady:
            served = ""
        builds = []
        for meta_file in sorted(self._root.glob(f"{self.alias}-*/meta.json"), reverse=True):
            folder = meta_file.parent
            size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            builds.append(Build(folder.name, await self.meta(folder.name), folder.name == served, size))
        return sorted(builds, key=lambda build: build.meta.created_at, reverse=True)

    async def drop(self, index: str) -> None:
        folder = self._root / index
        if not (index.startswith(f"{self.alias}-") and folder.is_dir() and folder.parent == self._root):
            raise IndexGone(index)
        self._writers.pop(index, None)
        self._opened.pop(index, None)
        shutil.rmtree(folder)

    def _terms_path(self, index: str) -> Path:
        return self._root / index / "terms"

    @property
    def _alias_file(self) -> Path:
        return self._root / f"{self.alias}.json"


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside, then rename: a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _writer_of(opened: tantivy.Index, heap_bytes: int, threads: int) -> tantivy.IndexWriter:
    """Open for writing, without the files of a commit that was killed: the next one would take their names again."""
    writer = opened.writer(heap_bytes, threads)
    writer.garbage_collect_files()
    return writer


def _payload(document: tantivy.Document) -> str:
    data = document.get_first(fields.PAYLOAD)
    assert isinstance(data, bytes)
    return data.decode()


def _stored(searcher: tantivy.Searcher, segment: int) -> Iterator[dict[tuple[int, int], str]]:
    """Yield the payloads of a segment by address, removed ones too: the end is where no document is."""
    part: dict[tuple[int, int], str] = {}
    for number in count():
        try:
            document = searcher.doc(tantivy.DocAddress(segment, number))
        except ValueError:
            break
        part[segment, number] = _payload(document)
        if len(part) == _PART_READ:
            yield part
            part = {}
    if part:
        yield part


def _wide_query(schema: tantivy.Schema, search: WideSearch) -> Query:
    """The twin of `retrieval.queries.wide_query`, in the terms of tantivy."""
    terms = {_NAMES_FR2: search.fr2, _NAMES_SKXS: search.skxs, fields.SLIPS: search.slips, fields.KEYS: search.keys}
    near = [query for field, values in terms.items() for query in _terms(schema, field, values)]
    beside = (_every(_any(_terms(schema, *terms)) for terms in held) for held in search.beside)
    return _every([_any(near), _any(beside)])


def _terms(schema: tantivy.Schema, field: str, values: Iterable[str]) -> list[Query]:
    return [Query.term_query(schema, field, value, _INDEXED) for value in values]


def _any(queries: Iterable[Query]) -> Query:
    """Several times faster than a set of terms, which tantivy looks up by walking its dictionary."""
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _every(queries: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries])

"""Put a source behind the alias: build aside, check, swap; keep the previous build for a rollback."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from analyzers.identity import Record
from indexer.counting import HOT_KEY_HOLDERS, CloseNames, HotKeys, SeenIds
from indexer.records import UnreadableRecord
from indexer.sources import Read
from mappings.build import BuildMeta
from mappings.document import Document, document_of
from mappings.naming import index_name
from retrieval.protocol import Engine, EngineError, EngineUnavailable, IndexGone
from scoring.statistics import Census, digest_of

_BATCH = 1_000
_IN_FLIGHT = 2
_LEAST_ERRORS_ALLOWED = 100
_ERROR_SHARE_ALLOWED = 0.01
_NUMBERS_REPORTED = 10
_SAMPLE_CHECKED = 20


class BuildFailed(Exception):
    """The build was given up; what was served before is served still."""


class TooManyErrors(BuildFailed):
    def __init__(self, refusals: "Refusals") -> None:
        super().__init__(f"{refusals.count} of {refusals.lines} lines cannot be read: the build stops")
        self.refusals = refusals


class NothingToServe(Exception):
    """No other build can be served."""


class BuildIsServed(Exception):
    """A build that is served cannot be dropped."""


@dataclass(slots=True)
class Refusals:
    """The lines that were refused: how many, why, and the first numbers of each reason."""

    most: int | None = None
    lines: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)
    numbers: dict[str, list[int]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return self.by_reason.total()

    def add(self, number: int, reason: str) -> None:
        self.by_reason[reason] += 1
        numbers = self.numbers.setdefault(reason, [])
        if len(numbers) < _NUMBERS_REPORTED:
            numbers.append(number)
        if self.most is not None and self.count > self.most:
            raise TooManyErrors(self)

    def check(self) -> None:
        """Raise where the whole file had too many: 1 % of its lines, at least 100, unless a limit was set."""
        allowed = max(_LEAST_ERRORS_ALLOWED, int(self.lines * _ERROR_SHARE_ALLOWED)) if self.most is None else self.most
        if self.count > allowed:
            raise TooManyErrors(self)


@dataclass(frozen=True, slots=True)
class BuildReport:
    index: str
    identities: int
    refusals: Refusals
    hot_keys: int
    size_bytes: int


async def build(
    engine: Engine,
    alias: str,
    source: Iterable[Read],
    *,
    model: str,
    source_format: str,
    now: Callable[[], datetime],
    short_id: str,
    most_errors: int | None = None,
    progress: Callable[[int], None] = lambda lines: None,
) -> BuildReport:
    """Build an index of the source and put it behind the alias.

    Args:
        model, source_format: the version of the weights and the kind of the source, kept for the record.
        short_id: tells apart two builds of one day.
        most_errors: refused lines from which the build stops; by default 1 % of the lines, at least 100.
        progress: called with the number of lines read.
    Raises:
        BuildFailed: the build is incomplete or has too many refused lines; it was removed, nothing changed.
    """
    index = index_name(alias, now().date(), short_id)
    meta = BuildMeta(created_at=_iso(now()), model=model, source=source_format)
    refusals = Refusals(most_errors)
    await engine.create(index, meta)
    try:
        counted = await _fill(engine, index, source, refusals, progress)
        refusals.check()
        meta, hot_keys = await _finish(engine, index, meta, counted, refusals)
    except BaseException as error:
        await _remove(engine, index, error)
        raise
    meta = meta.evolve(served_at=_iso(now()))
    await engine.set_meta(index, meta)
    await engine.swap(index)  # outside the try: a swap that timed out may have succeeded, so nothing is deleted
    size = next((found.size_bytes for found in await engine.list() if found.index == index), 0)
    return BuildReport(index, meta.identities, refusals, hot_keys, size)


async def _remove(engine: Engine, index: str, error: BaseException) -> None:
    """Remove a failed build; where the engine is lost as well, say what remains rather than hide the first error."""
    try:
        await asyncio.shield(engine.drop(index))
    except (EngineUnavailable, EngineError, IndexGone):
        error.add_note(f"{index} could not be removed: it is not served, `sngi index drop` removes it")


@dataclass(slots=True)
class _Counted:
    census: Census = field(default_factory=Census)
    hot_keys: HotKeys = field(default_factory=HotKeys)
    close_names: CloseNames = field(default_factory=CloseNames)
    close_given_names: CloseNames = field(default_factory=CloseNames)
    sample: list[Document] = field(default_factory=list)

    def add(self, record: Record, document: Document) -> None:
        self.census.add(record)
        if record.birth_name:
            self.close_names.add(record.id, record.birth_name.joined)
        if record.given_names:
            self.close_given_names.add(record.id, record.given_names[0].joined)
        if len(self.sample) < _SAMPLE_CHECKED:
            self.sample.append(document)

    def statistics(self, hot_keys: set[str]) -> bytes:
        (name1, name2), (given1, given2) = self.close_names.shares(), self.close_given_names.shares()
        slips = {"name1": name1, "name2": name2, "given1": given1, "given2": given2}
        return self.census.finish(slips, hot_keys).to_bytes()


async def _fill(
    engine: Engine, index: str, source: Iterable[Read], refusals: Refusals, progress: Callable[[int], None]
) -> _Counted:
    """Send the documents in batches, a few under way at once so that engine and Python work at the same time."""
    counted, seen = _Counted(), SeenIds()
    reads = iter(source)
    under_way: deque[asyncio.Task[None]] = deque()
    try:
        while batch := list(islice(reads, _BATCH)):
            documents = list(_documents(batch, seen, counted, refusals))
            progress(refusals.lines)
            if len(under_way) == _IN_FLIGHT:
                await under_way.popleft()
            under_way.append(asyncio.create_task(engine.add(index, documents)))
            await asyncio.sleep(0)  # lets the request leave while the next documents are made
        while under_way:
            await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
    return counted


def _documents(batch: list[Read], seen: SeenIds, counted: _Counted, refusals: Refusals) -> Iterator[Document]:
    read: list[tuple[int, Record]] = []
    for number, found in batch:
        refusals.lines += 1
        if isinstance(found, UnreadableRecord):
            refusals.add(number, found.reason)
        else:
            read.append((number, found))
    repeated = seen.repeated([record.id for _, record in read])
    keys: list[str] = []
    for position, (number, record) in enumerate(read):
        if position in repeated:
            refusals.add(number, "id: repeated")
            continue
        document = document_of(record)
        counted.add(record, document)
        keys += document.keys
        yield document
    counted.hot_keys.add(keys)


async def _finish(
    engine: Engine, index: str, meta: BuildMeta, counted: _Counted, refusals: Refusals
) -> tuple[BuildMeta, int]:
    """Check that every document is there and found by its keys, and give the build its statistics."""
    sent = counted.census.identities
    indexed = await engine.freeze(index)
    if indexed != sent:
        raise BuildFailed(f"{indexed} of {sent} identities are in the index")
    holders = await engine.holders_count(index, counted.hot_keys.suspects())
    hot_keys = {key for key, count in holders.items() if count > HOT_KEY_HOLDERS}
    await _check_sample(engine, index, counted.sample, hot_keys)
    data = counted.statistics(hot_keys)
    await engine.put_statistics(index, data)
    meta = meta.evolve(identities=indexed, refused=refusals.count, statistics_digest=digest_of(data), complete=True)
    return meta, len(hot_keys)


async def _check_sample(engine: Engine, index: str, sample: list[Document], hot_keys: set[str]) -> None:
    for document in sample:
        keys = [key for key in document.keys if key not in hot_keys]
        if keys and document.payload not in await engine.holders(index, "keys", keys):
            raise BuildFailed("an identity is not found by its own keys")


async def rollback(engine: Engine, now: Callable[[], datetime]) -> str:
    """Serve again the build that was served before this one, and return its name.

    Raises:
        NothingToServe: there is no other build.
        IncompatibleBuild: that build was made by another version of the code.
    """
    others = [found for found in await engine.list() if found.meta.served_at and not found.served]
    if not others:
        raise NothingToServe("no earlier build to serve")
    previous = max(others, key=lambda found: found.meta.served_at or "")
    previous.meta.check(previous.index)
    await engine.set_meta(previous.index, previous.meta.evolve(served_at=_iso(now())))
    await engine.swap(previous.index)
    return previous.index


async def drop(engine: Engine, index: str) -> None:
    """Remove a build.

    Raises:
        BuildIsServed: it is behind the alias.
        IndexGone: there is no such build.
    """
    if index in {found.index for found in await engine.list() if found.served}:
        raise BuildIsServed(f"{index} is served: roll back or build another first")
    await engine.drop(index)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")

"""Put a source behind the alias: build aside, check, swap; keep the previous build for a rollback."""

import asyncio
import secrets
import sys
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from indexer.checkpoints import Checkpoint, Checkpoints
from indexer.counted import Counted
from indexer.counting import HOT_KEY_HOLDERS, SeenIds
from indexer.preparing import Prepared, prepare
from indexer.replaying import JournalCut, catch_up, check_reach, replay
from indexer.sources import Unread
from mappings.build import BuildMeta
from mappings.document import Document
from mappings.naming import index_name
from nomenclature.locating import EditionInUse, bundled_edition
from retrieval.protocol import Engine, EngineError, EngineUnavailable, IndexGone, IndexNotReady
from scoring.model import load_model
from scoring.statistics import digest_of

_PART = 1_000
_IN_FLIGHT = 2
_PARTS_PREPARED_HERE = 10
_PARTS_AHEAD = 2
Source = Iterable[Unread] | AsyncIterable[Unread]
PreparePart = Callable[[list[Unread]], Prepared]
Approve = Callable[[str], Awaitable[None]]
_LEAST_ERRORS_ALLOWED = 100
_ERROR_SHARE_ALLOWED = 0.01
_NUMBERS_REPORTED = 10
_SHORT_ID_BYTES = 3
"""Random ones, which tell apart two builds of one day."""


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
    source: Source,
    *,
    source_format: str,
    revision: int | None = None,
    most_errors: int | None = None,
    workers: int = 1,
    edition: EditionInUse | None = None,
    approve: Approve | None = None,
    checkpoints: Checkpoints | None = None,
    resumed: Checkpoint | None = None,
    progress: Callable[[int], None] = lambda lines: None,
) -> BuildReport:
    """Build an index of the source and put it behind the alias, with the changes that the source does not hold.

    Args:
        source_format: the kind of the source, kept for the record.
        revision: the last change that the source holds; by default the last one known when the build starts.
        most_errors: refused lines from which the build stops; by default 1 % of the lines, at least 100.
        workers: processes that prepare documents, once a source proves long.
        edition: in which places are located; by default the bundled one.
        approve: asked about the finished build, by its name, before it is served; what it raises ends the build.
        checkpoints: where the build keeps how far it is; one that stops for another reason than its own failure is then
            left for another run.
        resumed: how far an earlier run came, whose build goes on; the source gives what that one lacks.
        progress: called with the number of lines read.
    Raises:
        BuildFailed: the build is incomplete or has too many refused lines; it was removed, nothing changed.
        JournalCut: the source is older than what the journal still holds; the build was removed, nothing changed.
    """
    edition = edition or bundled_edition()
    counted = resumed.counted if resumed else Counted()
    refusals = Refusals(most_errors, counted.census.identities)
    if resumed:
        index, meta = resumed.index, await engine.meta(resumed.index)
    else:
        revision = await _newest_change(engine) if revision is None else revision
        started = datetime.now(UTC)
        index = index_name(engine.alias, started.date(), secrets.token_hex(_SHORT_ID_BYTES))
        meta = BuildMeta(
            created_at=_iso(started),
            model=load_model().version,
            source=source_format,
            nomenclature=edition.name,
            nomenclature_digest=edition.digest,
            revision=revision,
        )
        await engine.create(index, meta)
    async with _removed_in_failure(engine, index, checkpoints):
        await check_reach(engine, meta.revision)  # now that a cut would see this build
        prepare_part = partial(prepare, engine.encode, edition)
        await _fill(engine, index, source, prepare_part, counted, refusals, workers, checkpoints, progress)
        refusals.check()
        meta, hot_keys = await _finish(engine, index, meta, counted, refusals)
        await engine.set_meta(index, meta)
    await serve_finished(engine, index, edition, approve=approve, checkpoints=checkpoints)
    size = next((found.size_bytes for found in await engine.list() if found.index == index), 0)
    return BuildReport(index, meta.identities, refusals, hot_keys, size)


async def serve_finished(
    engine: Engine,
    index: str,
    edition: EditionInUse,
    *,
    approve: Approve | None = None,
    checkpoints: Checkpoints | None = None,
) -> None:
    """Bring a finished build up to date and put it behind the alias, once it is approved.

    Raises:
        BuildFailed: it is not approved; it was removed, nothing changed.
    """
    async with _removed_in_failure(engine, index, checkpoints):
        await replay(engine, index, edition.data_dir)
        if approve:
            await approve(index)
            await replay(engine, index, edition.data_dir)
    await _mark_served(engine, index)
    await engine.swap(index)  # outside the block: a swap that timed out may have succeeded, so nothing is deleted
    await catch_up(engine, edition.data_dir)  # a change may have come between the replay and the swap
    if checkpoints:
        checkpoints.remove()


@asynccontextmanager
async def _removed_in_failure(engine: Engine, index: str, checkpoints: Checkpoints | None) -> AsyncIterator[None]:
    """Remove a build that failed. One with checkpoints that was only stopped, or lost its engine, can go on later."""
    try:
        yield
    except BaseException as error:
        if checkpoints is None or isinstance(error, BuildFailed | JournalCut):
            await _remove(engine, index, error)
        else:
            error.add_note(f"{index} is left unfinished: the same command goes on with it")
        raise


async def _newest_change(engine: Engine) -> int:
    newest = await engine.journal.newest()
    try:
        served = (await engine.position(await engine.served())).revision
    except IndexNotReady:
        served = 0
    return max(newest.last if newest else 0, served)


async def _remove(engine: Engine, index: str, error: BaseException) -> None:
    """Remove a failed build; where the engine is lost as well, say what remains rather than hide the first error."""
    try:
        await asyncio.shield(engine.drop(index))
    except (EngineUnavailable, EngineError, IndexGone):
        error.add_note(f"{index} could not be removed: it is not served, `sngi index drop` removes it")


async def _fill(
    engine: Engine,
    index: str,
    source: Source,
    prepare_part: PreparePart,
    counted: Counted,
    refusals: Refusals,
    workers: int,
    checkpoints: Checkpoints | None,
    progress: Callable[[int], None],
) -> None:
    """Send the documents part by part, a few under way at once so that engine and Python work at the same time."""
    under_way: deque[asyncio.Task[None]] = deque()

    async def arrived(most_under_way: int) -> None:
        while len(under_way) > most_under_way:
            await under_way.popleft()

    try:
        async with aclosing(_prepared(prepare_part, source, workers)) as parts:
            async for part, prepared in parts:
                prepared = _without_repeated(prepare_part, part, prepared, counted.seen, refusals)
                counted.add(prepared)
                refusals.lines += len(part)
                for number, reason in prepared.refused:
                    refusals.add(number, reason)
                progress(refusals.lines)
                await arrived(_IN_FLIGHT - 1)
                under_way.append(asyncio.create_task(engine.add(index, prepared.encoded)))
                await asyncio.sleep(0)  # lets the request leave while the next documents are made
                if checkpoints and checkpoints.is_due():
                    await arrived(0)
                    await _keep(engine, index, counted, checkpoints)
        await arrived(0)
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
    if checkpoints:
        await _keep(engine, index, counted, checkpoints)


async def _keep(engine: Engine, index: str, counted: Counted, checkpoints: Checkpoints) -> None:
    """The documents first: what a checkpoint counts is in the engine for good."""
    await engine.keep(index)
    checkpoints.save(index, counted)


async def _prepared(
    prepare_part: PreparePart, source: Source, workers: int
) -> AsyncGenerator[tuple[list[Unread], Prepared]]:
    """Yield each part of the source prepared, in order: the first ones here, the others by `workers` processes."""
    async with aclosing(_parts(source)) as parts:
        for _ in range(_PARTS_PREPARED_HERE if workers > 1 else sys.maxsize):
            part: list[Unread] = await anext(parts, [])
            if not part:
                return
            yield part, prepare_part(part)
        async with aclosing(_prepared_by_others(prepare_part, parts, workers)) as others:
            async for prepared in others:
                yield prepared


async def _prepared_by_others(
    prepare_part: PreparePart, parts: AsyncGenerator[list[Unread]], workers: int
) -> AsyncGenerator[tuple[list[Unread], Prepared]]:
    loop = asyncio.get_running_loop()
    under_way: deque[tuple[list[Unread], asyncio.Future[Prepared]]] = deque()
    part: list[Unread]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        try:
            while (part := await anext(parts, [])) or under_way:
                if part:
                    under_way.append((part, loop.run_in_executor(pool, prepare_part, part)))
                if not part or len(under_way) > workers * _PARTS_AHEAD:
                    first, future = under_way.popleft()
                    yield first, await future
        finally:
            for _, future in under_way:
                future.cancel()


async def _parts(source: Source) -> AsyncGenerator[list[Unread]]:
    """Yield a source by parts, none of them empty."""
    if isinstance(source, AsyncIterable):
        part: list[Unread] = []
        async for line in source:
            part.append(line)
            if len(part) == _PART:
                yield part
                part = []
        if part:
            yield part
        return
    unread = iter(source)
    while part := list(islice(unread, _PART)):
        yield part


def _without_repeated(
    prepare_part: PreparePart, part: list[Unread], prepared: Prepared, seen: SeenIds, refusals: Refusals
) -> Prepared:
    """Return the part prepared again without the lines whose id came before; nearly always there is none."""
    repeated = {prepared.numbers[position] for position in seen.repeated(prepared.ids)}
    if not repeated:
        return prepared
    for number in sorted(repeated):
        refusals.add(number, "id: repeated")
    return prepare_part([line for line in part if line[0] not in repeated])


async def _finish(
    engine: Engine, index: str, meta: BuildMeta, counted: Counted, refusals: Refusals
) -> tuple[BuildMeta, int]:
    """Check that every document is there and found by its keys, and give the build its statistics."""
    sent = counted.census.identities
    indexed, slip_shares = await asyncio.gather(engine.freeze(index), asyncio.to_thread(counted.slip_shares))
    if indexed != sent:
        raise BuildFailed(f"{indexed} of {sent} identities are in the index")
    holders = await engine.holders_count(index, counted.hot_keys.suspects())
    hot_keys = {key for key, count in holders.items() if count > HOT_KEY_HOLDERS}
    await _check_sample(engine, index, counted.sample, hot_keys)
    data = counted.statistics(slip_shares, hot_keys)
    await engine.put_statistics(index, data)
    meta = meta.evolve(identities=indexed, refused=refusals.count, statistics_digest=digest_of(data), complete=True)
    return meta, len(hot_keys)


async def _check_sample(engine: Engine, index: str, sample: list[Document], hot_keys: set[str]) -> None:
    at = await engine.position(index)
    for document in sample:
        keys = [key for key in document.keys if key not in hot_keys]
        if keys and document.payload not in await engine.holders(at, "keys", keys):
            raise BuildFailed("an identity is not found by its own keys")


async def rollback(engine: Engine, data_dir: Path = Path("data")) -> str:
    """Serve again the build that was served before this one, with all changes since, and return its name.

    Raises:
        NothingToServe: there is no other build.
        IncompatibleBuild: that build was made by another version of the code.
        JournalCut: that build lacks changes which are forgotten.
    """
    others = [found for found in await engine.list() if found.meta.served_at and not found.served]
    if not others:
        raise NothingToServe("no earlier build to serve")
    previous = max(others, key=lambda found: found.meta.served_at or "")
    previous.meta.check(previous.index)
    await replay(engine, previous.index, data_dir)
    await _mark_served(engine, previous.index)
    await engine.swap(previous.index)
    await catch_up(engine, data_dir)
    return previous.index


async def _mark_served(engine: Engine, index: str) -> None:
    """Say that a build is served after all others, even where the clock was set back: a rollback goes by this order."""
    last = max((found.meta.served_at or "" for found in await engine.list()), default="")
    now = datetime.now(UTC)
    after = max(now, datetime.fromisoformat(last) + timedelta(milliseconds=1)) if last else now
    await engine.set_meta(index, (await engine.meta(index)).evolve(served_at=_iso(after)))


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

"""Read the served identities anew in another edition of the nomenclature: their places as written, all else as it is.

It is a build like any other, of which the served index is the source. The next run goes on with what a killed one left.
"""

import fcntl
import random
import time
from asyncio import sleep
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from analyzers.identity import Record
from analyzers.places import as_written
from indexer.checkpoints import Checkpoint, Checkpoints, reopen
from indexer.counting import SeenIds, id_hashes
from indexer.rebuild import BuildFailed, build, serve_finished
from indexer.replaying import catch_up
from indexer.sources import Unread
from mappings.build import code_versions
from mappings.payload import births_in, decode_record, id_in
from nomenclature.locating import EditionInUse, Locator
from retrieval.protocol import Build, Engine, Position
from scoring.model import load_model

SOURCE = "reindex"
_SAMPLED = 500
_SEED = 20_260


class AnotherReindex(Exception):
    """Another process reads the register anew at the same time: one must wait for the other."""


class ServedMeanwhile(BuildFailed):
    """Another build was put behind the alias while this one was made: what it holds would be lost."""

    def __init__(self) -> None:
        super().__init__("another build was served meanwhile: nothing is changed, run it again")


@dataclass(frozen=True, slots=True)
class Finished:
    """A build that waits for its approval, the one it shall replace, and identities of that one to ask both about."""

    old: str
    new: str
    identities: int
    touched: int
    sample: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """`new` is None where the served index is in this edition already.

    `resumed` counts the identities that an earlier run had prepared; `dropped` are builds of such runs that are of no
    use.
    """

    old: str
    new: str | None = None
    identities: int = 0
    touched: int = 0
    resumed: int = 0
    dropped: tuple[str, ...] = ()


async def reindex(
    engine: Engine,
    edition: EditionInUse,
    *,
    approve: Callable[[Finished], Awaitable[None]],
    workers: int = 1,
    throttle: int | None = None,
    checkpoint_every_s: float = 30.0,
    progress: Callable[[int], None] = lambda identities: None,
) -> ReindexReport:
    """Serve the same identities with their places located in another edition.

    Args:
        approve: asked before the new build is served; what it raises ends the build, and nothing has changed.
        throttle: how many identities are prepared a second, at most.
        checkpoint_every_s: how much work a kill may cost, about.
    Raises:
        IndexNotReady: nothing is served yet.
        IncompatibleBuild: another version of the code made what is served: a full rebuild is needed.
        BuildFailed: an identity was lost or became too long, or another build was served meanwhile.
    """
    old = await engine.served()
    meta = await engine.meta(old)
    meta.check(old)
    checkpoints = Checkpoints(edition.data_dir / f"{engine.alias}.reindex", old, checkpoint_every_s)
    resumed, dropped = await _left_behind(engine, checkpoints, edition)
    if (meta.nomenclature, meta.nomenclature_digest) == (edition.name, edition.digest):
        await catch_up(engine, edition.data_dir)
        return ReindexReport(old, dropped=dropped)
    done = resumed.counted.seen if resumed else SeenIds()
    reading = _Reading(edition.locator(), done, throttle)

    async def finished(new: str) -> None:
        if await engine.served() != old:
            raise ServedMeanwhile
        await approve(Finished(old, new, reading.identities, reading.touched, reading.sample()))
        if await engine.served() != old:
            raise ServedMeanwhile

    before_reading = await engine.position(old)  # what comes meanwhile is done again from the journal
    async with aclosing(reading.source(engine, before_reading)) as source:
        if resumed and (await engine.meta(resumed.index)).complete:
            new = resumed.index
            async for _ in source:
                pass  # what is new in the register since comes from the journal
            await serve_finished(engine, new, edition, approve=finished, checkpoints=checkpoints)
        else:
            report = await build(
                engine,
                source,
                source_format=SOURCE,
                revision=before_reading.revision,
                most_errors=0,
                workers=workers,
                edition=edition,
                approve=finished,
                checkpoints=checkpoints,
                resumed=resumed,
                progress=progress,
            )
            new = report.index
    before = resumed.counted.census.identities if resumed else 0
    return ReindexReport(old, new, reading.identities, reading.touched, before, dropped)


@contextmanager
def only_one(data_dir: Path, alias: str) -> Iterator[None]:
    """Keep others on this machine away; the lock goes with the process that holds it, however it ends.

    Raises:
        AnotherReindex: there is one.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / f"{alias}.reindex.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AnotherReindex("another process reads this register anew: try again when it is done") from error
        yield


def read_anew(payload: str) -> Record:
    """Return the stored record with its birth places as they were written."""
    record = decode_record(payload)
    return replace(
        record,
        birth_place=as_written(record.birth_place) if record.birth_place else None,
        former_birth_places=tuple(map(as_written, record.former_birth_places)),
    )


async def _left_behind(
    engine: Engine, checkpoints: Checkpoints, edition: EditionInUse
) -> tuple[Checkpoint | None, tuple[str, ...]]:
    """Return how far an earlier run came with the same work, and the builds of others, which are removed.

    The served build is the one that was served last. One that says later was killed on the way to it.
    """
    builds = await engine.list()
    last = max((found.meta.served_at or "" for found in builds if found.served), default="")
    left = [found for found in builds if not found.served and found.meta.source == SOURCE]
    left = [found for found in left if found.meta.served_at is None or found.meta.served_at > last]
    checkpoint = checkpoints.load() if left else None
    going_on: Checkpoint | None = None
    dropped = []
    for found in left:
        if checkpoint and found.index == checkpoint.index and await _is_of_use(engine, found, checkpoint, edition):
            going_on = checkpoint
        else:
            await engine.drop(found.index)
            dropped.append(found.index)
    if going_on is None:
        checkpoints.remove()
    return going_on, tuple(dropped)


async def _is_of_use(engine: Engine, found: Build, checkpoint: Checkpoint, edition: EditionInUse) -> bool:
    meta = found.meta
    made_by = (meta.versions, meta.model, meta.nomenclature, meta.nomenclature_digest)
    if made_by != (code_versions(), load_model().version, edition.name, edition.digest):
        return False
    return meta.complete or await reopen(engine, checkpoint)


@dataclass(slots=True)
class _Reading:
    """Reads the identities of an index, counts those that move, and keeps a few of both kinds.

    It gives those that are not `done`, at a measured pace.
    """

    locator: Locator
    done: SeenIds
    throttle: int | None
    identities: int = 0
    touched: int = 0
    _moved: list[str] = field(default_factory=list)
    _kept: list[str] = field(default_factory=list)
    _chance: random.Random = field(default_factory=lambda: random.Random(_SEED))

    async def source(self, engine: Engine, since: Position) -> AsyncGenerator[Unread]:
        started, given = time.monotonic(), 0
        async with aclosing(engine.every_payload(since)) as parts:
            async for part in parts:
                for payload, is_done in zip(part, self.done.holds(id_hashes(map(id_in, part))), strict=True):
                    self._count(payload)
                    if is_done:
                        continue
                    given += 1
                    yield self.identities, partial(read_anew, payload)
                    if self.throttle:
                        await sleep(max(0.0, started + given / self.throttle - time.monotonic()))

    def sample(self) -> tuple[Record, ...]:
        """Return identities that moved and others, each once."""
        return tuple(map(decode_record, dict.fromkeys((*self._moved, *self._kept))))

    def _count(self, payload: str) -> None:
        born, places = births_in(payload)
        self.identities += 1
        self._keep(self._kept, payload, self.identities)
        if self.locator.moves(places, born):
            self.touched += 1
            self._keep(self._moved, payload, self.touched)

    def _keep(self, kept: list[str], payload: str, seen: int) -> None:
        """Every payload seen so far has the same chance to be among the kept."""
        if len(kept) < _SAMPLED:
            kept.append(payload)
        elif (place := self._chance.randrange(seen)) < _SAMPLED:
            kept[place] = payload

"""Read the served identities anew in another edition of the nomenclature: their places as written, all else as it is.

It is a build like any other, of which the served index is the source. What a killed one left is removed by the next.
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
from indexer.rebuild import BuildFailed, BuildReport, build
from indexer.replaying import catch_up
from indexer.sources import Unread
from mappings.payload import births_in, decode_record
from nomenclature.locating import EditionInUse, Locator
from retrieval.protocol import Build, Engine

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
    """`build` is None where the served index is in this edition already."""

    old: str
    identities: int = 0
    touched: int = 0
    build: BuildReport | None = None
    dropped: tuple[str, ...] = ()


async def reindex(
    engine: Engine,
    edition: EditionInUse,
    *,
    approve: Callable[[Finished], Awaitable[None]],
    workers: int = 1,
    throttle: int | None = None,
    progress: Callable[[int], None] = lambda identities: None,
) -> ReindexReport:
    """Serve the same identities with their places located in another edition.

    Args:
        approve: asked before the new build is served; what it raises ends the build, and nothing has changed.
        throttle: how many identities are read a second, at most.
    Raises:
        IndexNotReady: nothing is served yet.
        IncompatibleBuild: another version of the code made what is served: a full rebuild is needed.
        BuildFailed: an identity was lost or became too long, or another build was served meanwhile.
    """
    old = await engine.served()
    meta = await engine.meta(old)
    meta.check(old)
    dropped = await _drop_unfinished(engine)
    if (meta.nomenclature, meta.nomenclature_digest) == (edition.name, edition.digest):
        await catch_up(engine, edition.data_dir)
        return ReindexReport(old, dropped=dropped)
    reading = _Reading(edition.locator(), throttle)

    async def finished(new: str) -> None:
        if await engine.served() != old:
            raise ServedMeanwhile
        await approve(Finished(old, new, reading.identities, reading.touched, reading.sample()))
        if await engine.served() != old:
            raise ServedMeanwhile

    revision = await engine.revision(old)  # before the reading: what comes meanwhile is done again from the journal
    async with aclosing(reading.source(engine, old)) as source:
        report = await build(
            engine,
            source,
            source_format=SOURCE,
            revision=revision,
            most_errors=0,
            workers=workers,
            edition=edition,
            approve=finished,
            progress=progress,
        )
    return ReindexReport(old, reading.identities, reading.touched, report, dropped)


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


async def _drop_unfinished(engine: Engine) -> tuple[str, ...]:
    """Remove what killed runs left: builds from here that were never served.

    The served build is the one that was served last. One that says later was killed on the way to it.
    """
    builds = await engine.list()
    last = max((found.meta.served_at or "" for found in builds if found.served), default="")

    def is_left(found: Build) -> bool:
        served_at = found.meta.served_at
        return not found.served and found.meta.source == SOURCE and (served_at is None or served_at > last)

    left = tuple(found.index for found in builds if is_left(found))
    for index in left:
        await engine.drop(index)
    return left


@dataclass(slots=True)
class _Reading:
    """Reads the identities of an index at a measured pace, counts those that move, and keeps a few of both kinds."""

    locator: Locator
    throttle: int | None
    identities: int = 0
    touched: int = 0
    _moved: list[str] = field(default_factory=list)
    _kept: list[str] = field(default_factory=list)
    _chance: random.Random = field(default_factory=lambda: random.Random(_SEED))

    async def source(self, engine: Engine, index: str) -> AsyncGenerator[Unread]:
        started = time.monotonic()
        async with aclosing(engine.every_payload(index)) as parts:
            async for part in parts:
                for payload in part:
                    self._count(payload)
                    yield self.identities, partial(read_anew, payload)
                    if self.throttle:
                        await sleep(max(0.0, started + self.identities / self.throttle - time.monotonic()))

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

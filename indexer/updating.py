"""Changes into the served index: read, checked, kept in the journal, done. Killed anywhere, run the same file again.

A batch goes into the journal first, whole, and from there into the index: so the journal knows what the index will
hold, and what was done twice is as done once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread
from time import monotonic

from indexer.changes import Change, UnreadableChange, from_journal, read_change, to_journal
from indexer.lines import Line
from indexer.merges import Known, Merges, RefusedChange, after, looked_up, resolve
from indexer.rebuild import Refusals
from indexer.replaying import catch_up, known_to
from retrieval.protocol import Batch, Engine

_BATCH = 1_000
_LONGEST_WAIT_S = 1.0
_MOST_REFUSED = 100


@dataclass(slots=True)
class UpdateReport:
    """What became of the lines. `done` counts changes by what they do, `skipped` those that had been done before."""

    refusals: Refusals = field(default_factory=Refusals)
    done: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    index: str = ""
    revision: int = 0


class TooManyRefused(Exception):
    """The file does not look like changes of this register; what came before is done."""

    def __init__(self, report: UpdateReport) -> None:
        self.report, self.refusals = report, report.refusals
        super().__init__(f"{self.refusals.count} of {self.refusals.lines} changes are refused: the update stops")


async def update(
    engine: Engine,
    lines: Iterable[Line],
    *,
    data_dir: Path = Path("data"),
    most_refused: int = _MOST_REFUSED,
    progress: Callable[[int], None] = lambda lines: None,
) -> UpdateReport:
    """Do the changes of a file to the served index.

    Args:
        data_dir: where imported editions of the nomenclature are kept.
        most_refused: refused changes from which the update stops, looked at after each batch.
        progress: called with the number of lines read.
    Raises:
        IndexNotReady, IncompatibleBuild: there is no index that this code could change.
        AnotherUpdate: another process changes this register; what was reported done is done.
        TooManyRefused: nothing of what was accepted is lost.
    """
    report = UpdateReport()
    with engine.journal.held():
        updating = await _opened(engine, data_dir, report)
        async with aclosing(_in_time(lines)) as parts:
            async for part in parts:
                await updating.do(part)
                progress(report.refusals.lines)
                if report.refusals.count > most_refused:
                    break
    report.revision = (await engine.position(report.index)).revision
    if report.refusals.count > most_refused:
        raise TooManyRefused(report)
    return report


async def _opened(engine: Engine, data_dir: Path, report: UpdateReport) -> "_Updating":
    served = await engine.served()
    meta = await engine.meta(served)
    meta.check(served)
    report.index = await catch_up(engine, data_dir)
    merges = Merges()
    for ties in await engine.journal.ties():
        for change in from_journal(ties):
            merges.take(change)
    newest = await engine.journal.newest()
    return _Updating(
        engine, data_dir, report, merges, _Past(engine, newest, meta.revision), newest.number if newest else 0
    )


class _Past:
    """Which changes came before: those of the journal, and those that the source of the served build held."""

    def __init__(self, engine: Engine, newest: Batch | None, base: int) -> None:
        self._engine, self._base = engine, base
        self.newest = max(newest.last if newest else 0, base)
        self._batch: dict[int, Change] = {}
        self._held, self._cut = range(0), range(0)

    async def knows(self, seq: int) -> bool:
        """Of changes that were cut only the range is known: all are taken for done."""
        return seq <= self._base or await self.change(seq) is not None or seq in self._cut

    async def change(self, seq: int) -> Change | None:
        """Return the change of this number from the journal, a batch of which is kept at hand."""
        if seq not in self._held:
            batch = await self._engine.journal.after(seq - 1)
            self._batch = {change.seq: change for change in from_journal(batch.changes)} if batch else {}
            self._held = range(min(seq, batch.first), batch.last + 1) if batch else range(0)
            self._cut = range(batch.first, batch.last + 1) if batch and batch.is_cut else range(0)
        return self._batch.get(seq)


@dataclass(slots=True)
class _Updating:
    """An update under way."""

    engine: Engine
    data_dir: Path
    report: UpdateReport
    merges: Merges
    past: _Past
    batches: int

    async def do(self, part: list[Line]) -> None:
        changes = await self._new_ones(part)
        known = await known_to(self.engine, self.report.index, looked_up(changes.values(), self.merges))
        resolved, tied = [], []
        for number, change in changes.items():
            meant = self._resolved(number, change, known)
            resolved.append(meant)
            if self.merges.ties(meant):
                tied.append(meant)
            self.merges.take(meant)
            known |= after(meant, known)
        if resolved:
            await self._keep_and_do(resolved, to_journal(tied) if tied else b"")
        self.report.done.update(change.op for change in resolved if change.op != "refused")

    async def _new_ones(self, part: list[Line]) -> dict[int, Change]:
        """Return the changes that nobody has seen yet, by line; count those that were done, refuse those too late."""
        new: dict[int, Change] = {}
        seen: set[int] = set()
        for number, data in part:
            self.report.refusals.lines += 1
            if data is not None and not data.strip():
                continue
            change = self._read(number, data)
            if change is None:
                continue
            if change.seq > self.past.newest:
                self.past.newest = change.seq
                seen.add(change.seq)
                new[number] = change
            elif change.seq in seen or await self.past.knows(change.seq):
                await self._again(number, change.seq)
            else:
                self.report.refusals.add(number, "seq: a later change came before")
        return new

    def _read(self, number: int, data: bytes | None) -> Change | None:
        """Return the change; a line that says no more than its number is a refused one."""
        try:
            if data is None:
                raise UnreadableChange("line too long")
            return read_change(data)
        except UnreadableChange as error:
            if error.seq is None:
                self.report.refusals.add(number, error.reason)
                return None
            return Change(error.seq, "refused", reason=error.reason)

    async def _again(self, number: int, seq: int) -> None:
        """Who asks again hears again what was refused."""
        before = await self.past.change(seq)
        if before is not None and before.op == "refused":
            self.report.refusals.add(number, before.reason)
        else:
            self.report.skipped += 1

    def _resolved(self, number: int, change: Change, known: Known) -> Change:
        try:
            meant = change if change.op == "refused" else resolve(change, self.merges, known)
        except RefusedChange as error:
            meant = Change(change.seq, "refused", reason=error.reason)
        if meant.op == "refused":
            self.report.refusals.add(number, meant.reason)
        return meant

    async def _keep_and_do(self, changes: list[Change], ties: bytes) -> None:
        batch = Batch(self.batches + 1, changes[0].seq, changes[-1].seq, to_journal(changes), ties)
        await self.engine.journal.append(batch)
        self.batches += 1
        self.report.index = await catch_up(self.engine, self.data_dir, batch, changes)


async def _in_time(lines: Iterable[Line]) -> AsyncGenerator[list[Line]]:
    """Yield the lines in parts: full ones, and what there is once the first has waited long enough."""
    waiting: Queue[Line | BaseException | None] = Queue(2 * _BATCH)
    left = Event()

    def put(item: Line | BaseException | None) -> None:
        while not left.is_set():
            with suppress(Full):
                waiting.put(item, timeout=_LONGEST_WAIT_S)
                return

    def read() -> None:
        try:
            for line in lines:
                put(line)
                if left.is_set():
                    return
            put(None)
        except BaseException as error:  # raised again where the lines are used
            put(error)

    Thread(target=read, daemon=True).start()
    ended: BaseException | bool = False
    try:
        while not ended:
            part, ended = await asyncio.to_thread(_part, waiting)
            if part:
                yield part
    finally:
        left.set()
    if isinstance(ended, BaseException):
        raise ended


def _part(waiting: "Queue[Line | BaseException | None]") -> tuple[list[Line], BaseException | bool]:
    """Return the next lines, and whether they are the last ones, or what broke off the file after them."""
    part: list[Line] = []
    until = monotonic() + _LONGEST_WAIT_S
    try:
        while len(part) < _BATCH:
            got = waiting.get(timeout=max(0.0, until - monotonic()))
            if not isinstance(got, Line):
                return part, got or True
            part.append(got)
    except Empty:
        pass
    return part, False

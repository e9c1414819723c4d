"""Bring an index up to date with the journal: each batch done by id, in order, and safe to do again."""

from collections.abc import Sequence
from pathlib import Path

from indexer.changes import Change, from_journal
from indexer.merges import Known, Merges, after, looked_up
from mappings.document import document_of
from mappings.payload import decode_record
from nomenclature.locating import EditionInUse, Locator
from retrieval.protocol import Batch, Engine


class JournalCut(Exception):
    """What a build lacks is no longer in the journal."""

    def __init__(self, revision: int, until: int) -> None:
        super().__init__(
            f"the journal was cut up to change {until}: a build or a source that ends at {revision} cannot be brought "
            "up to date any more"
        )


async def catch_up(engine: Engine, data_dir: Path, batch: Batch | None = None, changes: Sequence[Change] = ()) -> str:
    """Bring the served index up to date, another one too if that is served meanwhile, and return its name.

    Args:
        data_dir: where imported editions of the nomenclature are kept.
        batch, changes: what was just added to the journal, so that it need not be read again.
    """
    index = ""
    while index != (served := await engine.served()):
        index = served
        await replay(engine, index, data_dir, batch, changes)
    return index


async def replay(
    engine: Engine, index: str, data_dir: Path, latest: Batch | None = None, changes: Sequence[Change] = ()
) -> int:
    """Do to an index all that the journal holds and it does not, and return its revision then.

    Raises:
        JournalCut: the journal no longer holds all that the index lacks.
        UnknownEdition, UnreadableEdition, WrongEdition: places cannot be located as they are in this index.
    """
    revision = (await engine.position(index)).revision
    meta = await engine.meta(index)
    locator = EditionInUse(data_dir, meta.nomenclature or "", meta.nomenclature_digest or "").locator()
    while latest is None or revision < latest.last:
        batch = await _next(engine, revision)
        if batch is None:
            break
        fresh = latest is not None and batch.number == latest.number
        await _do(engine, index, locator, changes if fresh else from_journal(batch.changes), revision, batch.last)
        revision = batch.last
    return revision


async def check_reach(engine: Engine, revision: int) -> None:
    """
    Raises:
        JournalCut: what has the changes up to this one cannot be brought up to date.
    """
    await _next(engine, revision)


async def _next(engine: Engine, revision: int) -> Batch | None:
    batch = await engine.journal.after(revision)
    if batch is not None and batch.is_cut:
        raise JournalCut(revision, batch.last)
    return batch


async def _do(
    engine: Engine, index: str, locator: Locator, changes: Sequence[Change], revision: int, last: int
) -> None:
    """Do the changes above a revision. Only the last state of each identity is written."""
    new = [change for change in changes if change.seq > revision]
    known = await known_to(engine, index, looked_up(new, Merges()))
    written: Known = {}
    for change in new:
        left = after(change, known)
        known |= left
        written |= left
    encoded = {
        id_: engine.encode(document_of(locator.record(record))) if record else None for id_, record in written.items()
    }
    await engine.change(index, encoded, last)


async def known_to(engine: Engine, index: str, ids: Sequence[str]) -> Known:
    found = [decode_record(payload) for payload in (await engine.payloads(index, ids) if ids else ())]
    return dict.fromkeys(ids) | {record.id: record for record in found}

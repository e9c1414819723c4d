"""How far a long build is, kept in a file, and its build opened again at that point by another run."""

import os
import pickle
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import orjson

from indexer.counted import Counted
from indexer.counting import id_hashes
from mappings.build import code_versions
from mappings.payload import id_in
from retrieval.protocol import Engine

_FORMAT = 1
_SHARE_OF_TIME = 30
"""A checkpoint that takes a second waits for half a minute of work."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was counted of the documents of a build that the engine has for good."""

    index: str
    counted: Counted


@dataclass(slots=True)
class Checkpoints:
    """The file in which a build of what `old` holds keeps how far it is.

    It is as private as the index: counts of names and dates, some names. It is read by nobody but a later run here.

    Args:
        every_s: how long a build works from one checkpoint to the next, at least.
    """

    path: Path
    old: str
    every_s: float
    _next: float = field(init=False)

    def __post_init__(self) -> None:
        self._next = monotonic() + self.every_s

    def is_due(self) -> bool:
        return monotonic() >= self._next

    def save(self, index: str, counted: Counted) -> None:
        """Write beside, then rename: a kill leaves this checkpoint or the one before, whole."""
        started = monotonic()
        beside = self.path.with_name(f"{self.path.name}.tmp")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(orjson.dumps({"old": self.old, "index": index, "written_by": _written_by()}) + b"\n")
            pickle.dump(counted, file, pickle.HIGHEST_PROTOCOL)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        ended = monotonic()
        self._next = ended + max(self.every_s, _SHARE_OF_TIME * (ended - started))

    def load(self) -> Checkpoint | None:
        """Return what this code saved of a build of the same `old`; the file is as trusted as an index beside it."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            told = orjson.loads(file.readline())
            if (told["old"], told["written_by"]) != (self.old, _written_by()):
                return None
            return Checkpoint(told["index"], pickle.load(file))

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def _written_by() -> dict[str, Any]:
    return code_versions() | {"checkpoint": _FORMAT}


async def reopen(engine: Engine, checkpoint: Checkpoint) -> bool:
    """Open a build to be written again as it was at its checkpoint: documents that came after it are taken out.

    Returns:
        False where documents of the checkpoint are missing: the build is of no use.
    """
    await engine.reopen(checkpoint.index)
    found = 0
    async with aclosing(engine.every_payload(await engine.position(checkpoint.index))) as parts:
        async for part in parts:
            ids = list(map(id_in, part))
            held = checkpoint.counted.seen.holds(id_hashes(ids))
            found += sum(held)
            await engine.remove(checkpoint.index, [id_ for id_, is_held in zip(ids, held, strict=True) if not is_held])
    return found == checkpoint.counted.census.identities

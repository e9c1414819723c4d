"""Forget changes that every build has: the journal holds records of persons, and grows with each change."""

from contextlib import suppress
from dataclasses import dataclass

from retrieval.protocol import Build, Engine, IndexGone


@dataclass(frozen=True, slots=True)
class Cut:
    """Up to which change the journal is cut, how many batches lost theirs now, and the build for which later ones stay.

    `kept_for` is None where no build is behind another.
    """

    revision: int
    batches: int
    kept_for: str | None


async def cut_journal(engine: Engine) -> Cut:
    """Cut the journal up to the last change that every build has: the served one, those kept for a rollback, and those
    under way.

    Who became whom is known for good, and which numbers were used; a change sent again is skipped. A source older than
    the cut can no longer be built.

    Raises:
        AnotherUpdate: the register is being changed.
    """
    with engine.journal.held():
        reached = {build.index: await _reached(engine, build) for build in await engine.list()}
        if not reached:
            return Cut(0, 0, None)
        last = min(reached, key=lambda index: reached[index])
        batches = await engine.journal.cut(reached[last])
        return Cut(reached[last], batches, last if reached[last] < max(reached.values()) else None)


async def _reached(engine: Engine, build: Build) -> int:
    """Of a build that was killed before it had an index, the change from which it was to go on."""
    with suppress(IndexGone):
        return max(build.meta.revision, (await engine.position(build.index)).revision)
    return build.meta.revision

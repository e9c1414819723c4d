"""Where candidates come from, and where builds are kept: what each engine can do, and how it fails."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from mappings import fields
from mappings.build import BuildMeta
from mappings.document import Document

TermField = Literal["keys", "nirs"]
NOBODY = "0"
"""A number that nobody has: asked for what a search says beside what it finds."""


class EngineUnavailable(Exception):
    """The engine cannot be reached, or refuses for now. Asking again later may succeed."""


class EngineBusy(EngineUnavailable):
    """The engine has too much to do, or too little memory for the moment."""


class EngineError(Exception):
    """The engine answered something that this code did not expect. The message quotes no document and no query."""


class IndexNotReady(Exception):
    """The alias points at no index yet: a first build has not finished."""

    def __init__(self, alias: str) -> None:
        super().__init__(f"alias {alias!r} points at no index: build one first")
        self.alias = alias


class AnotherUpdate(Exception):
    """Another process changes the register at the same time: one must wait for the other."""


class IndexGone(Exception):
    """The index is not there, or not any more."""

    def __init__(self, index: str) -> None:
        super().__init__(f"there is no index {index!r}")
        self.index = index


class Moved(Exception):
    """A search saw another index, another revision or another copy than those of its position: it is of no use."""


Sides = tuple[tuple[str, ...], ...]
"""Keys of pairs: one of each side has to be held."""
Held = tuple[str, tuple[str, ...]]
"""A field, and terms of which a document has one in it."""


@dataclass(frozen=True, slots=True)
class WideSearch:
    """What is asked for one question of those who share pairs of traits: surnames near the declared ones, or keys.

    A surname is near by the codes of its spans in either phonetic chain, or by a form of one letter less. A document
    answers when a surname is near or it holds one of the `keys`, and it shares one of the `pairs`, or one of each
    side of some of `both`, or one of `dates`, which are keys too; without any of these, nothing is asked.
    """

    fr2: tuple[str, ...] = ()
    skxs: tuple[str, ...] = ()
    slips: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    both: tuple[Sides, ...] = ()
    dates: tuple[str, ...] = ()

    @property
    def beside(self) -> tuple[tuple[Held, ...], ...]:
        """What has to be held besides, in one of these ways: all of it."""
        pairs = [(self.pairs,), *self.both] if self.pairs else self.both
        ways = [tuple((fields.PAIRS, side) for side in sides) for sides in pairs]
        return (*ways, ((fields.KEYS, self.dates),)) if self.dates else tuple(ways)

    @property
    def is_asked(self) -> bool:
        return bool((self.pairs or self.both or self.dates) and (self.fr2 or self.skxs or self.slips or self.keys))


@dataclass(frozen=True, slots=True)
class Position:
    """What is searched: an index, and the number of the last change that its searches see.

    `copy` is another number once another of its copies is asked: each shows a change in its turn. Where it is `served`,
    searches say when another index is put behind the alias, so that a position need not be asked for each time.
    """

    index: str
    revision: int
    copy: int = 0
    is_served: bool = False


class Retrieval(Protocol):
    """The side that answers questions. Every search names a position: nobody mixes two builds, or two revisions."""

    alias: str

    async def served(self) -> str:
        """Return the index behind the alias.

        Raises:
            IndexNotReady: the alias points at nothing.
        """
        ...

    async def current(self) -> Position:
        """Return the index behind the alias and the last change that searches see from now on.

        Raises:
            IndexNotReady: the alias points at nothing.
        """
        ...

    async def position(self, index: str) -> Position:
        """Return the last change that searches of this index see from now on; at first the `revision` of its meta.

        Raises:
            IndexGone
        """
        ...

    async def meta(self, index: str) -> BuildMeta: ...

    async def statistics(self, index: str) -> bytes | memoryview:
        """Return the statistics of a build, as `scoring.statistics` wrote them."""
        ...

    async def holders(self, at: Position, field: TermField, terms: Sequence[str]) -> list[str]:
        """Return the payload of every document that holds at least one of the terms, each once, in any order.

        Raises:
            Moved: something else was searched than this position.
        """
        ...

    async def wide(self, at: Position, searches: Sequence[WideSearch], limit: int) -> list[list[str] | None]:
        """Return the payloads that answer each search, or None where they are more than `limit`.

        Raises:
            Moved: something else was searched than this position.
        """
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Build:
    """One build as an operator sees it."""

    index: str
    meta: BuildMeta
    served: bool
    size_bytes: int


class Builds(Protocol):
    """The side that keeps builds: written once, checked, put behind the alias, changed by id, dropped."""

    async def create(self, index: str, meta: BuildMeta) -> None: ...

    encode: Callable[[Document], bytes]
    """Turns a document into what `add` takes: a function that any process can call."""

    async def add(self, index: str, encoded: Sequence[bytes]) -> None:
        """Add documents to an unfinished build. In OpenSearch, one whose id is there already changes nothing."""
        ...

    async def keep(self, index: str) -> None:
        """Make all that was added so far outlast a kill."""
        ...

    async def reopen(self, index: str) -> None:
        """Write again to a build that another process left unfinished; what that one kept is there."""
        ...

    async def remove(self, index: str, ids: Sequence[str]) -> None:
        """Take documents out of an unfinished build."""
        ...

    async def freeze(self, index: str) -> int:
        """Make everything visible, merge the segments, and return how many identities there are."""
        ...

    async def payloads(self, index: str, ids: Sequence[str]) -> list[str]:
        """Return the payload of every identity of these ids that is there, in any order."""
        ...

    def every_payload(self, since: Position) -> AsyncGenerator[list[str]]:
        """Yield the payload of every identity once, part by part in bounded memory, in any order.

        It is the index of one moment, that of the first part, with all changes up to the position: changes meanwhile
        are not seen.

        Raises:
            IndexGone: it is not there, or not any more.
            EngineUnavailable: another copy is asked since, which may be behind the position.
            EngineError: not all of it could be read.
        """
        ...

    async def change(self, index: str, changed: Mapping[str, bytes | None], revision: int) -> None:
        """Put each document in the place of that of its id, or remove it where there is none.

        All of it becomes visible in one step, the revision with it; done twice it is as done once.

        Raises:
            EngineBusy: another process writes to this index.
        """
        ...

    async def holders_count(self, index: str, keys: Sequence[str]) -> Mapping[str, int]:
        """Return how many documents of a frozen index hold each key."""
        ...

    async def put_statistics(self, index: str, data: bytes) -> None:
        """Keep the statistics of a build, in the place of those that it may have."""
        ...

    async def set_meta(self, index: str, meta: BuildMeta) -> None: ...

    async def swap(self, index: str) -> None:
        """Point the alias at this index and at no other, in one step."""
        ...

    async def list(self) -> list[Build]:
        """Return every build of the alias, the newest first, unfinished ones too."""
        ...

    async def drop(self, index: str) -> None:
        """
        Raises:
            IndexGone: there is no such build.
        """
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that are kept together, whole or not at all. `first` and `last` are the numbers of the outermost ones.

    `ties` are those that say which identity became which; empty where none does. Of a batch that was cut the changes
    are empty: that there were some, and the ties, is known for good.
    """

    number: int
    first: int
    last: int
    changes: bytes
    ties: bytes = b""

    @property
    def is_cut(self) -> bool:
        return not self.changes


class Journal(Protocol):
    """The changes of one alias, in order: with them any build that is not older than the cut is brought up to date."""

    def held(self) -> AbstractContextManager[None]:
        """Keep other writers away, as far as the engine can.

        Raises:
            AnotherUpdate: there is one.
        """
        ...

    async def newest(self) -> Batch | None: ...

    async def after(self, revision: int) -> Batch | None:
        """Return the first batch with a change of a higher number; some of its changes may have lower ones."""
        ...

    async def append(self, batch: Batch) -> None:
        """Keep a batch, durably.

        Raises:
            AnotherUpdate: there is a batch of this number already.
        """
        ...

    async def ties(self) -> Sequence[bytes]:
        """Return the `ties` of all batches that have some, in order."""
        ...

    async def cut(self, revision: int) -> int:
        """Forget the changes of all batches up to this one, their ties apart; return how many batches lost theirs."""
        ...


class Engine(Retrieval, Builds, Protocol):
    """Both sides, and the journal: each engine is one."""

    journal: Journal

"""Where candidates come from, and where builds are kept: what each engine can do, and how it fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mappings.build import BuildMeta
from mappings.document import Document

TermField = Literal["keys", "nirs"]
WIDE_TRAITS = 2
"""Of given name, month, day and place, how many a record found wide by its surname shares at least. The year stands in
only where fewer are said: its records are too many to go through, and in a slice of one year it says nothing.
"""


class EngineUnavailable(Exception):
    """The engine cannot be reached, or refuses for now. Asking again later may succeed."""


class EngineError(Exception):
    """The engine answered something that this code did not expect. The message quotes no document and no query."""


class IndexNotReady(Exception):
    """The alias points at no index yet: a first build has not finished."""

    def __init__(self, alias: str) -> None:
        super().__init__(f"alias {alias!r} points at no index: build one first")
        self.alias = alias


class IndexGone(Exception):
    """The index is not there, or not any more."""

    def __init__(self, index: str) -> None:
        super().__init__(f"there is no index {index!r}")
        self.index = index


@dataclass(frozen=True, slots=True)
class WideSearch:
    """What the analysed fields are asked for one question; empty tuples ask nothing.

    Surnames and given names come joined and as the codes of their spans. A document answers when a surname is near
    and `WIDE_TRAITS` more agree, or a given name is near and the whole date agrees.
    """

    names: tuple[str, ...] = ()
    name_fr2: tuple[str, ...] = ()
    name_skxs: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    given_fr2: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


class Retrieval(Protocol):
    """The side that answers questions. Every call names a concrete index: nobody mixes two builds."""

    alias: str

    async def served(self) -> str:
        """Return the index behind the alias.

        Raises:
            IndexNotReady: the alias points at nothing.
        """
        ...

    async def meta(self, index: str) -> BuildMeta: ...

    async def statistics(self, index: str) -> bytes | memoryview:
        """Return the statistics of a build, as `scoring.statistics` wrote them."""
        ...

    async def holders(self, index: str, field: TermField, terms: Sequence[str]) -> list[str]:
        """Return the payload of every document that holds at least one of the terms, each once, in any order."""
        ...

    async def wide(self, index: str, searches: Sequence[WideSearch], limit: int) -> list[list[str] | None]:
        """Return the payloads that answer each search, or None where they are more than `limit`."""
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
    """The side that keeps builds: written once, checked, put behind the alias, dropped."""

    async def create(self, index: str, meta: BuildMeta) -> None: ...

    async def add(self, index: str, documents: Sequence[Document]) -> None: ...

    async def freeze(self, index: str) -> int:
        """Make everything visible, merge the segments, and return how many documents there are."""
        ...

    async def holders_count(self, index: str, keys: Sequence[str]) -> Mapping[str, int]:
        """Return how many documents of a frozen index hold each key."""
        ...

    async def put_statistics(self, index: str, data: bytes) -> None: ...

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


class Engine(Retrieval, Builds, Protocol):
    """Both sides: each engine is one."""

"""Where candidates come from, and where builds are kept: what each engine can do, and how it fails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mappings.build import BuildMeta
from mappings.document import Document

TermField = Literal["keys", "nirs"]


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


class IndexGone(Exception):
    """The index is not there, or not any more."""

    def __init__(self, index: str) -> None:
        super().__init__(f"there is no index {index!r}")
        self.index = index


@dataclass(frozen=True, slots=True)
class WideSearch:
    """What is asked wide for one question: surnames near the declared ones, beside a pair of other traits.

    A surname is near by the codes of its spans in either phonetic chain, or by a form of one letter less. A document
    answers when a surname is near and it shares one of the `pairs`; without either, nothing is asked.
    """

    fr2: tuple[str, ...] = ()
    skxs: tuple[str, ...] = ()
    slips: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()

    @property
    def is_asked(self) -> bool:
        return bool(self.pairs and (self.fr2 or self.skxs or self.slips))


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

    encode: Callable[[Document], bytes]
    """Turns a document into what `add` takes: a function that any process can call."""

    async def add(self, index: str, encoded: Sequence[bytes]) -> None: ...

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

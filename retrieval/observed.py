"""A retrieval whose searches are watched: how long each takes, and how it fails."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from mappings.build import BuildMeta
from retrieval.protocol import Position, Retrieval, TermField, WideSearch

Search = Literal["position", "nirs", "keys", "wide"]
"""`position` asks which index is served and what its last change is."""


class SearchObserver(Protocol):
    """Whoever watches."""

    def search(self, kind: Search) -> AbstractContextManager[object]:
        """Enclose one search, all attempts included; what it raises passes through."""
        ...


class ObservedRetrieval:
    """Another retrieval, with its answers and its errors."""

    def __init__(self, retrieval: Retrieval, observer: SearchObserver) -> None:
        self.alias = retrieval.alias
        self._retrieval = retrieval
        self._observer = observer

    async def served(self) -> str:
        with self._observer.search("position"):
            return await self._retrieval.served()

    async def current(self) -> Position:
        with self._observer.search("position"):
            return await self._retrieval.current()

    async def position(self, index: str) -> Position:
        with self._observer.search("position"):
            return await self._retrieval.position(index)

    async def meta(self, index: str) -> BuildMeta:
        return await self._retrieval.meta(index)

    async def statistics(self, index: str) -> bytes | memoryview:
        return await self._retrieval.statistics(index)

    async def holders(self, at: Position, field: TermField, terms: Sequence[str]) -> list[str]:
        with self._observer.search(field):
            return await self._retrieval.holders(at, field, terms)

    async def wide(self, at: Position, searches: Sequence[WideSearch], limit: int) -> list[list[str] | None]:
        with self._observer.search("wide"):
            return await self._retrieval.wide(at, searches, limit)

    async def close(self) -> None:
        await self._retrieval.close()

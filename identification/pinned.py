"""One build asked whether or not it is served: for comparing what two builds answer."""

from collections.abc import Sequence

from mappings.build import BuildMeta
from retrieval.protocol import Engine, Position, TermField, WideSearch


class Pinned:
    """The searches of an engine, with a build of our choice in the place of the served one."""

    def __init__(self, engine: Engine, index: str) -> None:
        self.alias = engine.alias
        self._engine, self._index = engine, index

    async def served(self) -> str:
        return self._index

    async def current(self) -> Position:
        return await self._engine.position(self._index)

    async def position(self, index: str) -> Position:
        return await self._engine.position(index)

    async def meta(self, index: str) -> BuildMeta:
        return await self._engine.meta(index)

    async def statistics(self, index: str) -> bytes | memoryview:
        return await self._engine.statistics(index)

    async def holders(self, at: Position, field: TermField, terms: Sequence[str]) -> list[str]:
        return await self._engine.holders(at, field, terms)

    async def wide(self, at: Position, searches: Sequence[WideSearch], limit: int) -> list[list[str] | None]:
        return await self._engine.wide(at, searches, limit)

    async def close(self) -> None:
        await self._engine.close()

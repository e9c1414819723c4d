"""Which node of a cluster a process asks, and which copy of an index: the same ones as long as they answer.

A node that hangs may be the one that is asked, or only hold the copy: nobody can tell. So the other copy is tried
first, then both of the next node.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opensearchpy import Connection, ConnectionSelector

from retrieval.protocol import EngineBusy, EngineUnavailable

COPIES = ("one", "other")
"""Preferences of a search: of two copies OpenSearch asks another one for each of these words, by their hash."""
_ANY = 1_000


class Way(ConnectionSelector):
    """The way that is taken now, by a number that grows with each one that led nowhere; a single node has one way."""

    def __init__(self, nodes: int) -> None:
        super().__init__([])
        self._is_only_one = nodes == 1
        self.number = secrets.randbelow(_ANY)

    @property
    def preference(self) -> str:
        return COPIES[self.number % len(COPIES)]

    def select(self, connections: Sequence[Connection]) -> Connection:  # type: ignore[override]  # the stub says None
        """Return the node of this way, of those that do not refuse connections."""
        nodes = sorted(connections, key=lambda connection: str(connection.host))
        return nodes[self.number // len(COPIES) % len(nodes)]

    @contextmanager
    def tried(self) -> Iterator[None]:
        """Enclose one call. Where nothing answers the next takes another way; of many that fail at once, one does."""
        number = self.number
        try:
            yield
        except EngineBusy:
            raise
        except EngineUnavailable:
            if self.number == number and not self._is_only_one:
                self.number += 1
            raise

"""What those who run the service may see of a batch: how long each step took, never who was asked about."""

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

Lap = Literal["read", "nir", "keys", "loose", "wide", "score", "answer"]
"""`read` locates places and takes traits apart; `nir`, `keys`, `loose` and `wide` make their terms and wait for the
engine; `score` is all comparing and deciding after their replies; `answer` writes the answers. While one batch waits
another of the same process may be scored, and a batch gives way to single questions in the middle of a step: times
of two batches add up to more than the clock."""


class BatchSeen:
    """One batch under way. Its steps follow each other, so a lap is the time since the last one ended."""

    def __init__(self, questions: int) -> None:
        self.questions = questions
        self.seconds: dict[Lap, float] = {}
        self.hot_keys = 0
        """Keys not asked, because too many persons share them."""
        self.truncated = 0
        """Searches of one question that found more than may be looked at."""
        self._since = time.perf_counter()

    def lap(self, name: Lap) -> None:
        now = time.perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now


class Observer(Protocol):
    """Whoever watches. A batch that is asked again is seen again."""

    def batch(self, seen: BatchSeen) -> AbstractContextManager[object]:
        """Enclose the work of a batch; `seen` is filled when it ends."""
        ...


class Unobserved:
    """Nobody watches."""

    def batch(self, seen: BatchSeen) -> AbstractContextManager[object]:
        return nullcontext()

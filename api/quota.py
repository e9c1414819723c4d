"""How much an organism asks: a steady rate and a daily number of questions, counted together by all workers of a host.

One small file an organism holds the count, under a lock that is held for microseconds; it outlives a restart.
"""

import fcntl
import os
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path

from api.organisms import Limits
from identification.questions import Asked

_DAY_S = 86_400
_LETTERS_OF_A_QUESTION = 200
"""Of five persons with two names each: nearly all questions have fewer in all their names."""
_BURST_S = 1.0
_COUNT = struct.Struct("<qqdd")
_NOTHING = _COUNT.pack(0, 0, 0.0, 0.0)


class TooMany(Exception):
    """More was asked than is allowed; `retry_after_s` is when the same call would pass."""

    def __init__(self, retry_after_s: int, title: str) -> None:
        super().__init__(title)
        self.retry_after_s = retry_after_s


def worth(asked: Asked) -> int:
    """Return as how many questions one counts: names of hundreds of words take a hundred times the work."""
    return max(1, ceil(asked.query.letters / _LETTERS_OF_A_QUESTION)) if asked.query else 1


class Quotas:
    """`clock` gives seconds since 1970."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock
        self._files: dict[str, int] = {}

    def spend(self, organism: str, limits: Limits, questions: int, may_overdraw: bool = False) -> None:
        """Count questions before they are asked.

        A call is let in while the organism owes less than a second of its rate, whatever its own size: a batch is paid
        off before the next one. With `may_overdraw`, questions that were asked already are counted in any case.

        Raises:
            TooMany: nothing is counted.
        """
        now = self._clock()
        today = int(now // _DAY_S)
        with self._held(organism) as handle:
            day, spent, owed, at = _COUNT.unpack(os.pread(handle, _COUNT.size, 0) or _NOTHING)
            spent = spent if day == today else 0
            owed = max(0.0, owed - max(0.0, now - at) * limits.per_second)
            wait_s = owed / limits.per_second - _BURST_S
            if not may_overdraw and wait_s > 0:
                raise TooMany(ceil(wait_s), "Too many questions: the rate of this organism is used up.")
            if not may_overdraw and spent + questions > limits.per_day:
                raise TooMany(ceil((today + 1) * _DAY_S - now), "The daily quota of this organism does not allow it.")
            os.pwrite(handle, _COUNT.pack(today, spent + questions, owed + questions, now), 0)

    def close(self) -> None:
        for handle in self._files.values():
            os.close(handle)
        self._files.clear()

    @contextmanager
    def _held(self, organism: str) -> Iterator[int]:
        handle = self._files.get(organism)
        if handle is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._folder / organism, os.O_RDWR | os.O_CREAT, 0o600)
            self._files[organism] = handle
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield handle
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)

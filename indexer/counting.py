"""What a build counts as it passes, in bounded memory: ids seen, keys too common, names a slip of the pen apart."""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from analyzers.keys import KEY_LETTERS
from scoring.comparisons import slips_between
from scoring.statistics import LONGEST_MEASURED

HOT_KEY_HOLDERS = 200
"""A key with more holders is hot: it is never asked, the families that say more are."""


Hashes = NDArray[np.uint64]


def id_hashes(ids: Iterable[str]) -> Hashes:
    return np.frombuffer(b"".join(blake2b(id_.encode(), digest_size=8).digest() for id_ in ids), ">u8").astype(
        np.uint64
    )


class SeenIds:
    """Tells repeated ids by 64-bit hashes, 8 bytes each, in sorted runs that merge as they grow.

    Two different ids of one hash would be told apart by nothing: at 115 million, one such refusal in 2,800 builds,
    reported like every refusal.
    """

    def __init__(self) -> None:
        self._runs: list[Hashes] = []

    def repeated(self, ids: Hashes) -> set[int]:
        """Return the positions of the ids that came before, in this batch or an earlier one, and remember all."""
        distinct, first = np.unique(ids, return_index=True)
        repeated = set(range(len(ids))) - set(first.tolist())
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, distinct), len(run) - 1)
            repeated.update(first[run[at] == distinct].tolist())
        self._remember(distinct)
        return repeated

    def holds(self, ids: Hashes) -> list[bool]:
        """Say of each id whether it was remembered."""
        held = np.zeros(len(ids), dtype=bool)
        for run in self._runs:
            held |= run[np.minimum(np.searchsorted(run, ids), len(run) - 1)] == ids
        return held.tolist()

    def _remember(self, run: Hashes) -> None:
        while self._runs and len(self._runs[-1]) <= len(run):
            run = np.union1d(self._runs.pop(), run)
        if len(run):
            self._runs.append(run)


class HotKeys:
    """Finds every key with more than `HOT_KEY_HOLDERS` holders, without counting each key.

    Keys share counters. Once a counter is half full its keys are followed by name, so a truly hot key is always
    among those followed; the finished index then counts them exactly.
    """

    def __init__(self, cells: int = 1 << 24) -> None:
        self._counters = np.zeros(cells, dtype=np.uint32)
        self._followed: Counter[str] = Counter()

    def add(self, keys: str) -> None:
        """Count the keys of some documents, which come in one text."""
        if not keys:
            return
        cells = _cells(keys, len(self._counters))
        distinct, counts = np.unique(cells, return_counts=True)
        self._counters[distinct] += counts.astype(np.uint32)
        half_full = self._counters[cells] > HOT_KEY_HOLDERS // 2
        starts = (KEY_LETTERS * position for position in np.flatnonzero(half_full).tolist())
        self._followed.update(keys[start : start + KEY_LETTERS] for start in starts)

    def suspects(self) -> list[str]:
        """Return the keys that may be hot: half of the limit at least was seen after they were followed."""
        return sorted(key for key, count in self._followed.items() if count >= HOT_KEY_HOLDERS // 2 - 1)


def _cells(keys: str, size: int) -> NDArray[np.int64]:
    """Keys are hashes already: mixing their bytes is enough, on every machine alike."""
    parts = np.frombuffer(keys.encode(), dtype=np.dtype("<u2")).reshape(-1, KEY_LETTERS // 2)
    words = parts.astype(np.uint64) @ (np.uint64(1) << np.arange(0, 8 * KEY_LETTERS, 16, dtype=np.uint64))
    return ((words * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(24)).astype(np.int64) % size


class CloseNames:
    """Measures how many persons bear a name one or two slips away from a given one, by the length of the name.

    It keeps the names of the persons with the smallest hashes: a sample that no order of the file changes.
    """

    def __init__(self, sample: int = 700) -> None:
        self._sample = sample
        self._kept: list[tuple[int, str]] = []

    def add(self, persons: Hashes, names: Sequence[str]) -> None:
        """Look at persons, by the hashes of their ids, and their names; an empty name is none."""
        is_full = len(self._kept) == self._sample
        near = np.flatnonzero(persons <= -self._kept[0][0]) if is_full else range(len(persons))
        for position in map(int, near):
            entry = (-int(persons[position]), names[position])
            if not names[position]:
                continue
            if len(self._kept) < self._sample:
                heapq.heappush(self._kept, entry)
            elif entry > self._kept[0]:
                heapq.heapreplace(self._kept, entry)

    def shares(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return the shares one slip away and two, each for names of every length, 0 to the longest measured."""
        names = [name for _, name in self._kept]
        persons = Counter(names)
        near: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        pairs: Counter[int] = Counter()
        for name, count in persons.items():
            length = min(len(name), LONGEST_MEASURED)
            pairs[length] += count * (len(names) - count)
            for other, others in persons.items():
                slips = slips_between(name, other) if other != name else None
                if slips:
                    near[slips - 1][length] += count * others
        lengths = range(LONGEST_MEASURED + 1)
        one, two = (tuple(of[n] / pairs[n] if pairs[n] else 0.0 for n in lengths) for of in near)
        return one, two

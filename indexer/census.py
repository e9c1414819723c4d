"""How often each value occurs in a register, counted as its records pass by."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analyzers.dates import PartialDate
from analyzers.identity import Record
from analyzers.names import Name
from analyzers.places import Place
from scoring.statistics import ORIGIN, Statistics, at, country_of_birth, given_names_group, place_values, value_hash

_SETTLED_AT = 1 << 20
_SHARE_OF_AN_ORIGIN = 0.2
_REMEMBERED = 1 << 16
Run = tuple[NDArray[np.uint64], NDArray[np.uint32]]
"""Hashes in their order, each once, and how often each came."""


class HashCounts:
    """How often each hash came: 12 bytes for each distinct one, in sorted runs that merge as they grow."""

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self._unsettled = array("Q")
        self._runs = list(runs)

    def add(self, hashes: Iterable[int]) -> None:
        self._unsettled.extend(hashes)
        if len(self._unsettled) >= _SETTLED_AT:
            self._settle()

    def merge(self, other: "HashCounts") -> None:
        self._remember(other.total())

    def total(self) -> Run:
        """Return all counts as one run, and keep them as such."""
        self._settle()
        while len(self._runs) > 1:
            self._runs.append(_merged(self._runs.pop(), self._runs.pop()))
        return self._runs[0] if self._runs else (np.empty(0, np.uint64), np.empty(0, np.uint32))

    def __getstate__(self) -> list[Run]:
        return [self.total()]

    def __setstate__(self, runs: list[Run]) -> None:
        self.__init__(runs)  # type: ignore[misc]

    def _settle(self) -> None:
        if self._unsettled:
            hashes, counts = np.unique(np.frombuffer(self._unsettled, np.uint64), return_counts=True)
            self._unsettled = array("Q")
            self._remember((hashes, counts.astype(np.uint32)))

    def _remember(self, run: Run) -> None:
        while self._runs and len(self._runs[-1][0]) <= 2 * len(run[0]):
            run = _merged(self._runs.pop(), run)
        if len(run[0]):
            self._runs.append(run)


def _merged(one: Run, other: Run) -> Run:
    hashes, counts = np.concatenate((one[0], other[0])), np.concatenate((one[1], other[1]))
    order = np.argsort(hashes, kind="stable")  # two sorted runs are merged, not sorted anew
    hashes, counts = hashes[order], counts[order]
    first = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))
    return hashes[first], np.add.reduceat(counts, first, dtype=np.uint32) if len(first) else counts


class Census:
    """Counts a register as its records pass by. Memory grows with the distinct values, not with the persons."""

    def __init__(self) -> None:
        self.identities = 0
        self._values = HashCounts()
        self._groups: Counter[str] = Counter()
        self._abroad: Counter[tuple[str, str]] = Counter()
        """How many persons of each surname were born in each country but France."""

    def add(self, record: Record) -> None:
        self.identities += 1
        group = given_names_group(record.sex, record.birth_date.year if record.birth_date else None)
        origin = country_of_birth(record)
        if group:
            self._groups[group] += 1
        if origin:
            self._groups[at(origin)] += 1
            self._abroad.update({(name.joined, origin) for name in record.surnames})
        self._values.add(_hashes(record, group, origin))

    def merge(self, other: "Census") -> None:
        """Count what another census counted, of other persons."""
        self.identities += other.identities
        self._values.merge(other._values)
        self._groups.update(other._groups)
        self._abroad.update(other._abroad)

    def finish(self, slip_shares: Mapping[str, Iterable[float]], hot_keys: Iterable[str]) -> Statistics:
        origins = tuple(sorted(group[1:] for group in self._groups if group.startswith(at(""))))
        hashes, counts = _merged(self._values.total(), self._origins_of_surnames(origins))
        return Statistics(
            identities=self.identities,
            groups=dict(self._groups),
            slip_shares={kind: tuple(shares) for kind, shares in slip_shares.items()},
            origins=origins,
            hot_keys=frozenset(hot_keys),
            hashes=memoryview(array("Q", hashes.tobytes())),
            counts=memoryview(array("I", counts.tobytes())),
        )

    def _origins_of_surnames(self, origins: tuple[str, ...]) -> Run:
        """Return the number of the country for each surname of which one country holds enough of the bearers."""
        numbers = {origin: number for number, origin in enumerate(origins, start=1)}
        most: dict[str, tuple[int, int]] = {}
        for (surname, origin), count in self._abroad.items():
            most[surname] = max(most.get(surname, (0, 0)), (count, -numbers[origin]))
        surnames = list(most)
        hashes, counts = self._values.total()
        bearers = counts[np.searchsorted(hashes, _array(value_hash("name", surname) for surname in surnames))]
        found = {
            value_hash(ORIGIN, surname): -most[surname][1]
            for surname, of_all in zip(surnames, bearers.tolist(), strict=True)
            if most[surname][0] >= _SHARE_OF_AN_ORIGIN * of_all
        }
        return _array(sorted(found)), np.array([found[value] for value in sorted(found)], np.uint32)


def _array(hashes: Iterable[int]) -> NDArray[np.uint64]:
    return np.fromiter(hashes, np.uint64)


def _hashes(record: Record, group: str, origin: str) -> set[int]:
    """Return the hash of each value of a record, once.

    Names go with the country of birth, and default dates are the habit of some: of those who were born abroad they are
    counted once more among the persons of their country.
    """
    hashes: set[int] = set()
    for suffix in ("", at(origin)) if origin else ("",):
        for name in record.surnames:
            hashes.update(_of_surname(name, suffix))
        for names in record.given_name_lists:
            for name in names:
                hashes.update(_of_given_name(name, suffix))
        for date in record.birth_dates:
            hashes.update(_of_date(date, suffix))
    if group:
        for names in record.given_name_lists:
            for name in names:
                hashes.update(_of_given_name_in_group(name, group))
    for place in record.birth_places:
        hashes.update(_of_place(place))
    return hashes


@lru_cache(_REMEMBERED)
def _of_surname(name: Name, suffix: str) -> tuple[int, ...]:
    return (
        value_hash(f"name{suffix}", name.joined),
        value_hash(f"skeleton{suffix}", name.sx),
        *(value_hash(f"part{suffix}", part) for part in {name.joined, name.core, *name.parts}),
        *(value_hash(f"sound{suffix}", code) for code in name.codes),
    )


@lru_cache(_REMEMBERED)
def _of_given_name(name: Name, suffix: str) -> tuple[int, ...]:
    return (
        *(value_hash(f"given{suffix}", form) for form in {name.joined, *name.parts}),
        *(value_hash(f"given_sound{suffix}", code) for code in name.codes),
        value_hash(f"given_skeleton{suffix}", name.sx),
    )


@lru_cache(_REMEMBERED)
def _of_given_name_in_group(name: Name, group: str) -> tuple[int, ...]:
    return tuple(value_hash(f"given:{group}", form) for form in {name.joined, *name.parts})


@lru_cache(_REMEMBERED)
def _of_date(date: PartialDate, suffix: str) -> tuple[int, ...]:
    hashes = [value_hash(f"date{suffix}", str(date))]
    if not suffix:
        hashes.append(value_hash("year", str(date.year)))
    if date.day:
        hashes.append(value_hash(f"day{suffix}", f"{date.month:02d}{date.day:02d}"))
    return tuple(hashes)


@lru_cache(_REMEMBERED)
def _of_place(place: Place) -> tuple[int, ...]:
    return tuple(value_hash(kind, value) for kind, value in place_values(place))

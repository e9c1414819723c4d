"""What a build counted in its register: how often each value occurs, and which keys are too common to ask."""

import json
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from sys import byteorder
from typing import Self

from analyzers.dates import PartialDate
from analyzers.identity import Record
from analyzers.names import Name
from analyzers.places import Place

_HEADER_SIZE = 8
LONGEST_MEASURED = 12
"""Names of this length or more share one figure of closeness."""


def given_names_group(sex: str | None, year: int | None) -> str:
    """The persons among whom a given name is rare or common: one sex, one decade; empty where either is unknown."""
    return f"{sex}{year // 10}" if sex and year else ""


@lru_cache(maxsize=1 << 18)
def _hash(kind: str, value: str) -> int:
    return int.from_bytes(blake2b(f"{kind}\x1f{value}".encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of one register. `hashes` is sorted and lies beside `counts`; both may be views of a mapped file.

    `close_shares[n]` is the share of persons whose surname is one slip of the pen away from a name of n letters.
    """

    identities: int
    groups: Mapping[str, int] = field(default_factory=dict)
    close_shares: tuple[float, ...] = ()
    hot_keys: frozenset[str] = frozenset()
    hashes: memoryview = field(default_factory=lambda: memoryview(b"").cast("Q"))
    counts: memoryview = field(default_factory=lambda: memoryview(b"").cast("I"))

    def count(self, kind: str, value: str) -> int:
        """Return how many identities have this value."""
        wanted = _hash(kind, value)
        position = bisect_left(self.hashes, wanted)
        found = position < len(self.hashes) and self.hashes[position] == wanted
        return self.counts[position] if found else 0

    def close_share(self, letters: int) -> float:
        return self.close_shares[min(letters, len(self.close_shares) - 1)] if self.close_shares else 0.0

    def to_bytes(self) -> bytes:
        header = json.dumps(
            {
                "identities": self.identities,
                "groups": dict(sorted(self.groups.items())),
                "close_shares": self.close_shares,
                "hot_keys": sorted(self.hot_keys),
                "values": len(self.hashes),
                "byteorder": byteorder,
            }
        ).encode()
        header += b" " * (-len(header) % _HEADER_SIZE)
        return len(header).to_bytes(_HEADER_SIZE, "big") + header + self.hashes.tobytes() + self.counts.tobytes()

    @classmethod
    def from_buffer(cls, buffer: bytes | memoryview) -> Self:
        """Read what `to_bytes` wrote, without copying the counts.

        Raises:
            ValueError: the buffer is cut short, or was written on a machine of another byte order.
        """
        view = memoryview(buffer)
        start = _HEADER_SIZE + int.from_bytes(view[:_HEADER_SIZE], "big")
        header = json.loads(bytes(view[_HEADER_SIZE:start]))
        middle, end = start + 8 * header["values"], start + 12 * header["values"]
        if header["byteorder"] != byteorder or len(view) != end:
            raise ValueError("statistics are cut short or of another byte order")
        return cls(
            identities=header["identities"],
            groups=header["groups"],
            close_shares=tuple(header["close_shares"]),
            hot_keys=frozenset(header["hot_keys"]),
            hashes=view[start:middle].cast("Q"),
            counts=view[middle:end].cast("I"),
        )


def digest_of(data: bytes | memoryview) -> str:
    """Return the digest by which a build names its statistics."""
    return blake2b(data, digest_size=16).hexdigest()


class Census:
    """Counts a register as its records pass by. Memory grows with the distinct values, not with the persons."""

    def __init__(self) -> None:
        self.identities = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._groups: Counter[str] = Counter()

    def add(self, record: Record) -> None:
        self.identities += 1
        group = given_names_group(record.sex, record.birth_date.year if record.birth_date else None)
        if group:
            self._groups[group] += 1
        self._counts.update(_values(record, group))

    def finish(self, close_shares: Iterable[float], hot_keys: Iterable[str]) -> Statistics:
        by_hash = sorted((_hash(kind, value), count) for (kind, value), count in self._counts.items())
        return Statistics(
            identities=self.identities,
            groups=dict(self._groups),
            close_shares=tuple(close_shares),
            hot_keys=frozenset(hot_keys),
            hashes=memoryview(array("Q", (value for value, _ in by_hash))),
            counts=memoryview(array("I", (count for _, count in by_hash))),
        )


def _values(record: Record, group: str) -> set[tuple[str, str]]:
    """Return each value of a record once, with its kind."""
    values: set[tuple[str, str]] = set()
    for name in record.surnames:
        values.update(_surname_values(name))
    for names in record.given_name_lists:
        for name in names:
            values.update(_given_name_values(name, group))
    for date in record.birth_dates:
        values.update(_date_values(date))
    for place in record.birth_places:
        values.update(place_values(place))
    return values


def _surname_values(name: Name) -> Iterable[tuple[str, str]]:
    yield "name", name.joined
    yield "skeleton", name.sx
    yield from (("part", part) for part in {name.joined, name.core, *name.parts})
    yield from (("sound", code) for code in name.codes)


def _given_name_values(name: Name, group: str) -> Iterable[tuple[str, str]]:
    for form in {name.joined, *name.parts}:
        yield "given", form
        if group:
            yield f"given:{group}", form
    yield from (("given_sound", code) for code in name.codes)


def _date_values(date: PartialDate) -> Iterable[tuple[str, str]]:
    yield "date", str(date)
    yield "year", str(date.year)


def place_values(place: Place) -> Iterable[tuple[str, str]]:
    """Yield what is counted of a place, the most precise first: each kind is the level that agrees on it."""
    for kind, value in (
        ("commune", place.commune),
        ("label", place.town),
        ("department", place.department),
        ("nation", place.nation),
    ):
        if value:
            yield kind, value

"""What a build counted in its register: how often each value occurs, and which keys are too common to ask."""

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from sys import byteorder
from typing import Self

from analyzers.identity import Record
from analyzers.places import FRANCE, Place

_HEADER_SIZE = 8
_AT = "@"
ORIGIN = "origin"
LONGEST_MEASURED = 12
"""Names of this length or more share one figure of closeness."""


def given_names_group(sex: str | None, year: int | None) -> str:
    """The persons among whom a given name is rare or common: one sex, one decade; empty where either is unknown."""
    return f"{sex}{year // 10}" if sex and year else ""


@lru_cache(maxsize=1 << 18)
def value_hash(kind: str, value: str) -> int:
    """Return the 64 bits under which a value is counted."""
    return int.from_bytes(blake2b(f"{kind}\x1f{value}".encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of one register. `hashes` is sorted and lies beside `counts`; both may be views of a mapped file.

    `slip_shares["name1"][n]` is the share of persons whose surname is one slip of the pen away from a name of n
    letters; "name2" for two slips, "given1" and "given2" for given names. `origins` are the countries of birth other
    than France.
    """

    identities: int
    groups: Mapping[str, int] = field(default_factory=dict)
    slip_shares: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    origins: tuple[str, ...] = ()
    hot_keys: frozenset[str] = frozenset()
    hashes: memoryview = field(default_factory=lambda: memoryview(b"").cast("Q"))
    counts: memoryview = field(default_factory=lambda: memoryview(b"").cast("I"))

    def count(self, kind: str, value: str) -> int:
        """Return how many identities have this value."""
        wanted = value_hash(kind, value)
        position = bisect_left(self.hashes, wanted)
        found = position < len(self.hashes) and self.hashes[position] == wanted
        return self.counts[position] if found else 0

    def slip_share(self, kind: str, letters: int) -> float:
        """Return the share of persons whose name is so many slips away, 0 where it was not measured."""
        shares = self.slip_shares.get(kind)
        return shares[min(letters, len(shares) - 1)] if shares else 0.0

    def origin_of(self, surname: str) -> str:
        """Return the country where many bearers of a surname were born; empty where hardly any was born abroad."""
        number = self.count(ORIGIN, surname)
        return self.origins[number - 1] if number else ""

    def to_bytes(self) -> bytes:
        header = json.dumps(
            {
                "identities": self.identities,
                "groups": dict(sorted(self.groups.items())),
                "slip_shares": self.slip_shares,
                "origins": self.origins,
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
            slip_shares={kind: tuple(shares) for kind, shares in header["slip_shares"].items()},
            origins=tuple(header["origins"]),
            hot_keys=frozenset(header["hot_keys"]),
            hashes=view[start:middle].cast("Q"),
            counts=view[middle:end].cast("I"),
        )


def digest_of(data: bytes | memoryview) -> str:
    """Return the digest by which a build names its statistics."""
    return blake2b(data, digest_size=16).hexdigest()


def at(origin: str) -> str:
    """Return the suffix of the kinds that are counted among the persons born in one country."""
    return f"{_AT}{origin}"


def country_of_birth(record: Record) -> str:
    """Return the country of a person born abroad; empty for France, or where it is not known."""
    return foreign_country(record.birth_place)


def foreign_country(place: Place | None) -> str:
    """Return the country of a place abroad; empty for France, or where it is not known."""
    return place.nation if place and place.nation and place.nation != FRANCE else ""


def place_values(place: Place) -> Iterable[tuple[str, str]]:
    """Yield what is counted of a place, the most precise first: each kind is the level that agrees on it."""
    yield from (("commune", code) for code in place.lineage)
    for kind, value in (("label", place.town), ("department", place.department), ("nation", place.nation)):
        if value:
            yield kind, value

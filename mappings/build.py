"""What a build says of itself, and whether this code can serve it."""

from dataclasses import asdict, dataclass, field, replace
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any, Self

from analyzers.keys import KEY_VERSION
from mappings.payload import PAYLOAD_VERSION

SCHEMA_VERSION = "2"
STATISTICS_VERSION = "3"
_TABLES = ("countries.json", "fold.tsv", "names.json", "phonetics.json")


class IncompatibleBuild(Exception):
    """The build was made by code whose tables, keys or formats differ: it cannot be asked by this process."""

    def __init__(self, index: str, differing: tuple[str, ...]) -> None:
        super().__init__(
            f"index {index!r} differs from this version in: {', '.join(differing)}; a full rebuild is needed"
        )
        self.index = index
        self.differing = differing


@cache
def code_versions() -> dict[str, str]:
    """Return the versions that a build and the code that asks it must share."""
    tables = {
        f"table:{name}": blake2b(files("analyzers.data").joinpath(name).read_bytes(), digest_size=6).hexdigest()
        for name in _TABLES
    }
    return {
        "schema": SCHEMA_VERSION,
        "keys": KEY_VERSION,
        "payload": PAYLOAD_VERSION,
        "statistics": STATISTICS_VERSION,
        **tables,
    }


@dataclass(frozen=True, slots=True)
class BuildMeta:
    """The `_meta` of a build. Times are ISO 8601 in UTC; `served_at` is the last time that the alias came to it.

    `revision` is the last change that its source held already; the index itself says which it holds by now.
    """

    created_at: str
    model: str
    source: str = ""
    versions: dict[str, str] = field(default_factory=code_versions)
    identities: int = 0
    refused: int = 0
    revision: int = 0
    nomenclature: str | None = None
    nomenclature_digest: str | None = None
    statistics_digest: str | None = None
    complete: bool = False
    served_at: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        known = {name: value for name, value in data.items() if name in cls.__dataclass_fields__}
        return cls(**known)

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def differing(self) -> tuple[str, ...]:
        """Return what keeps this code from reading the build; nothing when it can."""
        ours = code_versions()
        names = sorted(name for name in ours.keys() | self.versions.keys() if ours.get(name) != self.versions.get(name))
        return tuple(names) if self.complete else (*names, "completeness")

    def check(self, index: str) -> None:
        """
        Raises:
            IncompatibleBuild: this code does not read that build, or the build was never finished.
        """
        differing = self.differing()
        if differing:
            raise IncompatibleBuild(index, differing)

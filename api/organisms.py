"""Who may ask what: the organisms, read from a TOML file that operators review, again whenever it changes."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hmac import compare_digest
from pathlib import Path
from typing import Annotated, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.keys import digest_of, id_of
from api.visible import IdentityField

Right = Literal["identify", "verify", "explain", "bulk", "admin", "metrics"]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
log = structlog.get_logger()


class BadOrganisms(Exception):
    """The file of organisms cannot be used; the message says where, and quotes no value."""


class _Door(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Key(_Door):
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    expires: date


class _Organism(_Door):
    label: str
    rights: frozenset[Right]
    purposes: Annotated[frozenset[_Name], Field(min_length=1)]
    fields: frozenset[IdentityField] = frozenset()
    per_second: Annotated[float, Field(gt=0)]
    per_day: Annotated[int, Field(ge=0)]
    keys: tuple[_Key, ...] = ()
    subjects: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = ()


class _File(_Door):
    organisms: Mapping[_Name, _Organism]


@dataclass(frozen=True, slots=True)
class Limits:
    """Questions: a steady rate, and how many a day (UTC)."""

    per_second: float
    per_day: int


@dataclass(frozen=True, slots=True)
class Organism:
    """What an organism may do and see. `limits` is None for the local caller of a service without access control."""

    name: str
    rights: frozenset[Right]
    purposes: frozenset[str]
    fields: frozenset[IdentityField]
    limits: Limits | None


@dataclass(frozen=True, slots=True)
class Identified:
    """An organism, and the key that said so; None where a proxy vouched for it."""

    organism: Organism
    key: str | None = None


@dataclass(frozen=True, slots=True)
class _KnownKey:
    digest: str
    expires: date
    organism: Organism


@dataclass(frozen=True, slots=True)
class Directory:
    """The organisms of one version of the file."""

    keys: Mapping[str, _KnownKey]
    subjects: Mapping[str, Organism]
    names: frozenset[str]

    def by_key(self, text: str, today: date) -> Identified | None:
        """Return the organism of a key that is in force; None for any other text, without saying why."""
        key_id = id_of(text)
        known = self.keys.get(key_id)
        if known is None or not compare_digest(known.digest, digest_of(text)):
            return None
        return Identified(known.organism, key_id) if today < known.expires else None


def read_organisms(text: str) -> Directory:
    """Read the file.

    Raises:
        BadOrganisms: it is no TOML, a field is wrong or missing, or two organisms share a key or a subject.
    """
    try:
        file = _File.model_validate(tomllib.loads(text))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise BadOrganisms("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in found)) from error
    except (ValueError, RecursionError) as error:
        said = error if isinstance(error, tomllib.TOMLDecodeError) else "a number or a nesting without end"
        raise BadOrganisms(f"not TOML: {said}") from error
    keys, subjects = dict[str, _KnownKey](), dict[str, Organism]()
    for name, item in file.organisms.items():
        limits = Limits(item.per_second, item.per_day)
        organism = Organism(name, item.rights, item.purposes, item.fields, limits)
        new_keys = {key.id: _KnownKey(key.digest, key.expires, organism) for key in item.keys}
        new_subjects = dict.fromkeys(item.subjects, organism)
        if len(new_keys) < len(item.keys) or keys.keys() & new_keys.keys() or subjects.keys() & new_subjects.keys():
            raise BadOrganisms(f"organisms.{name}: a key or a subject that stands elsewhere too")
        keys |= new_keys
        subjects |= new_subjects
    return Directory(keys, subjects, frozenset(file.organisms))


class Organisms:
    """The file, read again when it changes: a key is replaced by adding the new one, then removing the old one.

    A file that becomes unreadable changes nothing, and the log says so: an outage would not make it safer.
    """

    def __init__(self, path: Path) -> None:
        """Raises BadOrganisms: a service does not start with a file that it cannot use."""
        self._path = path
        self._seen = self._state()
        self._directory = self._read()

    def current(self) -> Directory:
        state = self._state()
        if state != self._seen:
            self._seen = state
            try:
                self._directory = self._read()
                log.info("organisms_reloaded", organisms=len(self._directory.names))
            except BadOrganisms as error:
                log.error("organisms_unreadable", reason=str(error))
        return self._directory

    def by_key(self, text: str) -> Identified | None:
        return self.current().by_key(text, datetime.now(UTC).date())

    def by_subject(self, subject: str) -> Identified | None:
        organism = self.current().subjects.get(subject)
        return Identified(organism) if organism else None

    def _state(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    def _read(self) -> Directory:
        try:
            return read_organisms(self._path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise BadOrganisms(f"the file of organisms cannot be read: {type(error).__name__}") from error

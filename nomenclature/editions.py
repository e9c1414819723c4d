"""Editions as files: one compact gzip JSON each, the bundled one in the package, imported ones in a folder."""

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from nomenclature.facts import with_facts
from nomenclature.values import Alias, Department, Edition, Event, Kind, Link, Period

FOLDER = "nomenclature"
BUNDLED = "bundled-2026"
_FORMAT = 1
_SUFFIX = ".json.gz"
_NAME = re.compile(r"[a-z]{1,20}-\d{4}", re.ASCII)


class UnreadableEdition(Exception):
    """The file holds no edition that this version reads."""


class UnknownEdition(Exception):
    """No edition has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no edition is called {name!r}")


@dataclass(frozen=True, slots=True)
class Stored:
    """An edition that can be opened: its name, and whether it is the one in use."""

    name: str
    in_use: bool


def dump(edition: Edition) -> bytes:
    """Return the edition as gzip JSON, the same bytes for the same edition."""
    data = {
        "format": _FORMAT,
        "name": edition.name,
        "vintage": edition.vintage,
        "source": edition.source,
        "periods": [[row.code, row.kind, row.name, row.start, row.end] for row in edition.periods],
        "links": [[row.before, row.after, row.event, row.on] for row in edition.links],
        "aliases": [[row.code, row.name, row.is_town] for row in edition.aliases],
        "departments": [[row.code, row.name, row.end] for row in edition.departments],
        "codes": edition.codes,
    }
    return gzip.compress(orjson.dumps(data), 9, mtime=0)


def load(content: bytes) -> Edition:
    """Return the edition of these bytes.

    Raises:
        UnreadableEdition: damaged, or written by another version.
    """
    try:
        data: dict[str, Any] = orjson.loads(gzip.decompress(content))
        if data["format"] != _FORMAT:
            raise UnreadableEdition("written by another version: import it again")
        return Edition(
            name=data["name"],
            vintage=data["vintage"],
            source=data["source"],
            periods=tuple(Period(code, Kind(kind), *rest) for code, kind, *rest in data["periods"]),
            links=tuple(Link(before, after, Event(event), on) for before, after, event, on in data["links"]),
            aliases=tuple(Alias(*row) for row in data["aliases"]),
            departments=tuple(Department(*row) for row in data["departments"]),
            codes=tuple((other, cog) for other, cog in data["codes"]),
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise UnreadableEdition("damaged: import it again") from error


def digest(edition: Edition) -> str:
    """Return 16 hexadecimal characters that are the same for the same contents, whatever the name and source."""
    body = [edition.periods, edition.links, edition.aliases, edition.departments, edition.codes]
    return blake2b(orjson.dumps([sorted(map(repr, rows)) for rows in body]), digest_size=8).hexdigest()


class EditionFolder:
    """The bundled edition, and those imported into `data_dir/nomenclature`."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def list(self) -> list[Stored]:
        """Return the editions, the latest vintage first, which is in use; of one vintage the official file is."""
        names = sorted([*self._imported(), BUNDLED], key=lambda name: (name[-4:], name != BUNDLED, name), reverse=True)
        return [Stored(name, place == 0) for place, name in enumerate(names)]

    def open(self, name: str | None = None) -> Edition:
        """Return the edition of this name, by default the one in use, with the facts that no file of communes says.

        Raises:
            UnknownEdition: no edition has the name.
            UnreadableEdition: its file is damaged or of another version.
        """
        name = name or self.list()[0].name
        if name == BUNDLED:
            return with_facts(bundled())
        if not _NAME.fullmatch(name) or not self._path(name).is_file():
            raise UnknownEdition(name)
        return with_facts(load(self._path(name).read_bytes()))

    def save(self, edition: Edition) -> None:
        """Store the edition under its name; one of that name is replaced, at once or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = self._folder / f".{edition.name}.new"
        aside.write_bytes(dump(edition))
        aside.replace(self._path(edition.name))

    def _imported(self) -> Iterator[str]:
        if self._folder.is_dir():
            yield from (
                path.name.removesuffix(_SUFFIX)
                for path in self._folder.glob(f"*{_SUFFIX}")
                if _NAME.fullmatch(path.name.removesuffix(_SUFFIX))
            )

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"


def bundled() -> Edition:
    """Return the communes that come with the package, without the facts of the tables."""
    return load(files("nomenclature.data").joinpath(f"communes{_SUFFIX}").read_bytes())

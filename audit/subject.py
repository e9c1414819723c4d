"""Who consulted this person? The lines about a number, for the right of access."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from audit.keys import AuditKey
from audit.lines import day_files


@dataclass(frozen=True, slots=True)
class Access:
    """One consultation. `shown`: the record was shown; otherwise its number was only asked about."""

    at: str
    organism: str
    key: str | None
    agent: str | None
    purpose: str
    operation: str
    outcome: str
    shown: bool


class DamagedLine(Exception):
    """A line about the person cannot be read: the audit must be verified."""


def hashes_of(keys: Sequence[AuditKey], numbers: Sequence[str], identifiers: Sequence[str]) -> frozenset[str]:
    """Return all the hashes under which a person may be audited, by any key of the audit."""
    return frozenset(
        hashed for key in keys for hashed in (*map(key.number, numbers), *map(key.identifier, identifiers))
    )


def accesses(folder: Path, hashes: frozenset[str]) -> Iterator[Access]:
    """Yield the consultations of a person, file by file, the oldest day first.

    Raises:
        DamagedLine
    """
    wanted = [hashed.encode() for hashed in hashes]
    for day_file in day_files(folder):
        with day_file.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n") and any(hashed in line for hashed in wanted):
                    try:
                        yield from _of_line(line, hashes)
                    except (ValueError, KeyError, TypeError) as error:
                        raise DamagedLine(f"{day_file.path.name} line {number} cannot be read") from error


def _of_line(line: bytes, hashes: frozenset[str]) -> Iterator[Access]:
    data = orjson.loads(line)
    for consultation in data.get("consultations", ()):
        shown = not hashes.isdisjoint(consultation["records"])
        if shown or consultation["asked"] in hashes:
            yield Access(
                at=data["at"],
                organism=data["organism"],
                key=data["key"],
                agent=data["agent"],
                purpose=data["purpose"],
                operation=data["operation"],
                outcome=consultation["outcome"],
                shown=shown,
            )

"""What the audit holds: the values, and the form of a line and of a file's name.

A file is `2026-03-04.3f9a12bc.jsonl`: one day of one chain. A chain is what one process wrote, over as many days as it
ran. Every line is JSON whose last field is its digest, over the digest of the line before it and its own other bytes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import orjson

from audit.keys import DIGEST_CHARACTERS

Kind = Literal["opened", "call", "purged", "closed"]
Fields = dict[str, Any]
"""What a line says beside its place in the chain."""
START = "0" * DIGEST_CHARACTERS
"""The digest before the first line of a chain."""

_FILE = re.compile(r"(\d{4}-\d\d-\d\d)\.([0-9a-f]{8})\.jsonl")
_BEFORE_DIGEST, _AFTER_DIGEST = b',"digest":"', b'"}'
_SUFFIX_BYTES = len(_BEFORE_DIGEST) + DIGEST_CHARACTERS + len(_AFTER_DIGEST)


@dataclass(frozen=True, slots=True)
class Consultation:
    """One question: its outcome, the hash of the number that was asked about, the hashes of the records shown."""

    outcome: str
    asked: str | None = None
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditedCall:
    """Who asked, why, by which operation, and what came of it.

    `alerts` counts what looked like probing, `changes` what was done to the register.
    """

    organism: str
    key: str | None
    agent: str | None
    purpose: str
    operation: str
    consultations: tuple[Consultation, ...]
    alerts: Mapping[str, int] | None = None
    changes: Mapping[str, int] | None = None

    def fields(self) -> Fields:
        fields: Fields = {
            "organism": self.organism,
            "key": self.key,
            "agent": self.agent,
            "purpose": self.purpose,
            "operation": self.operation,
            "consultations": self.consultations,
        }
        counts = {"alerts": self.alerts, "changes": self.changes}
        return fields | {name: value for name, value in counts.items() if value}


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of a chain, by its place and digest."""

    chain: str
    sequence: int
    digest: str


@dataclass(frozen=True, slots=True, order=True)
class DayFile:
    """One file, ordered by day."""

    day: date
    chain: str
    path: Path


def day_files(folder: Path) -> list[DayFile]:
    """Return the files of an audit, the oldest first; none where there is no folder."""
    if not folder.is_dir():
        return []
    named = ((path, _FILE.fullmatch(path.name)) for path in folder.iterdir())
    return sorted(DayFile(date.fromisoformat(match[1]), match[2], path) for path, match in named if match)


def file_name(day: date, chain: str) -> str:
    return f"{day.isoformat()}.{chain}.jsonl"


def sealed(body: bytes, digest: str) -> bytes:
    """Return the line of a JSON object and its digest, without its end."""
    return body[:-1] + _BEFORE_DIGEST + digest.encode() + _AFTER_DIGEST


def unsealed(line: bytes) -> tuple[bytes, str] | None:
    """Return the JSON object of a line and its digest; None where it is not built so."""
    cut = len(line) - _SUFFIX_BYTES
    suffix = line[cut:]
    if cut < 1 or not (suffix.startswith(_BEFORE_DIGEST) and suffix.endswith(_AFTER_DIGEST)):
        return None
    digest = suffix[len(_BEFORE_DIGEST) : -len(_AFTER_DIGEST)]
    return line[:cut] + b"}", digest.decode("ascii", "replace")


def fields_of(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line, empty where there is none."""
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return data if isinstance(data, dict) else {}


def mark_of(line: bytes) -> Mark | None:
    """Return the place of a line in its chain; None where it cannot be read."""
    try:
        data: Any = orjson.loads(line)
        return Mark(str(data["chain"]), int(data["sequence"]), str(data["digest"]))
    except (ValueError, KeyError, TypeError):
        return None

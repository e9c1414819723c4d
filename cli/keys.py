"""The `sngi key` command: a key for an organism, shown once and kept as a digest."""

import os
from datetime import date
from pathlib import Path
from secrets import token_hex

from api.keys import key_entry, new_key
from api.organisms import BadOrganisms, read_organisms


class UnknownOrganism(Exception):
    """The file of organisms does not name it: its rights must be written first."""


def add_key(file: Path, organism: str, expires: date) -> str:
    """Add a key to the file of organisms and return its text; the keys that the organism has stay valid.

    Raises:
        UnknownOrganism, BadOrganisms: nothing is written.
        OSError: the file cannot be read or written.
    """
    text = file.read_text("utf-8")
    if organism not in read_organisms(text).names:
        raise UnknownOrganism(f"{file.name} names no organism {organism!r}: write its rights first")
    key = new_key()
    changed = text.rstrip("\n") + "\n" + key_entry(organism, key, expires)
    try:
        read_organisms(changed)
    except BadOrganisms as error:
        raise BadOrganisms("the keys of this organism are not written as [[organisms.NAME.keys]] tables") from error
    _replace(file, changed)
    return key


def _replace(file: Path, text: str) -> None:
    """Write a file anew, whole or not at all, with the rights that it has."""
    beside = file.with_name(f"{file.name}.{token_hex(4)}.tmp")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as new:
            os.fchmod(new.fileno(), file.stat().st_mode & 0o777)
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)

"""The secret of the audit: it makes the hash of a number one-way, and a chain impossible to write anew.

A plain digest would not do for numbers: there are few enough of them to try all.
"""

import os
import re
import secrets
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from analyzers.nir import nir_term

_KEY = re.compile(r"[0-9a-f]{64}")
_SUBJECT_BYTES, _DIGEST_BYTES, _ID_BYTES = 16, 32, 4
DIGEST_CHARACTERS = 2 * _DIGEST_BYTES


class UnreadableKeys(Exception):
    """The file of the audit keys is no list of keys. The message never quotes it."""


@dataclass(frozen=True, slots=True)
class AuditKey:
    """One secret of 32 bytes; each use has its own personalisation, so that no hash serves for another."""

    secret: bytes

    @property
    def id(self) -> str:
        """What a chain says of its key, in 8 hexadecimal digits."""
        return self._hash(b"", b"sngi-key-id", _ID_BYTES)

    def number(self, nir: str) -> str:
        """Return the hash of a number, 32 hexadecimal digits. Corsica's 2A, 2B and 20 are one, as in the index."""
        return self._hash(b"n" + nir_term(nir).encode(), b"sngi-subject", _SUBJECT_BYTES)

    def identifier(self, record_id: str) -> str:
        """Return the hash of a record's own identifier, for a person without a number."""
        return self._hash(b"i" + record_id.encode(), b"sngi-subject", _SUBJECT_BYTES)

    def record(self, nir: str | None, record_id: str) -> str:
        """Return the hash under which a record is audited: of its number in force, else of its identifier."""
        return self.number(nir) if nir else self.identifier(record_id)

    def link(self, previous: str, body: bytes) -> str:
        """Return the digest of a line that follows the line of digest `previous`, 64 hexadecimal digits."""
        return self._hash(previous.encode() + body, b"sngi-chain", _DIGEST_BYTES)

    def _hash(self, text: bytes, use: bytes, size: int) -> str:
        return blake2b(text, digest_size=size, key=self.secret, person=use).hexdigest()


def read_keys(file: Path) -> list[AuditKey]:
    """Return the keys of a file, one a line: the first writes, all of them verify and look up.

    Raises:
        UnreadableKeys: the file is missing, or a line is not 64 hexadecimal digits.
    """
    try:
        lines = file.read_text("ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableKeys(f"the audit keys cannot be read: {type(error).__name__}") from error
    if not lines or not all(_KEY.fullmatch(line) for line in lines):
        raise UnreadableKeys("the audit keys are lines of 64 hexadecimal digits")
    return [AuditKey(bytes.fromhex(line)) for line in lines]


def keys_made_if_missing(file: Path) -> list[AuditKey]:
    """Return the keys of a file, made with one new key where there is none. Raises UnreadableKeys.

    Several processes may start at once: one of them makes the file, and it is whole when the others see it.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f"{file.name}.{secrets.token_hex(4)}.tmp")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_hex(32) + "\n")
            new.flush()
            os.fsync(new.fileno())
        try:
            os.link(beside, file)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return read_keys(file)

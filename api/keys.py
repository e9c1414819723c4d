"""The keys of organisms: made, and kept as digests only.

A key is 256 random bits, so nobody can try them all, and a plain BLAKE2b digest is enough at rest: a slow hash protects
secrets that people choose. A key names itself, so its digest is found without a search and compared in constant time.
"""

from datetime import date
from hashlib import blake2b
from secrets import token_hex, token_urlsafe

_PREFIX = "sngi"


def new_key() -> str:
    """Return the text of a new key: `sngi_`, its identifier in 8 hexadecimal digits, `_`, 32 random bytes in base64."""
    return f"{_PREFIX}_{token_hex(4)}_{token_urlsafe(32)}"


def id_of(key: str) -> str:
    """Return the identifier that a text claims, empty where it is not built like a key."""
    prefix, _, rest = key.partition("_")
    return rest.partition("_")[0] if prefix == _PREFIX else ""


def digest_of(key: str) -> str:
    """Return the digest of a key, 64 hexadecimal digits."""
    return blake2b(key.encode(errors="replace"), digest_size=32, person=b"sngi-key").hexdigest()


def key_entry(organism: str, key: str, expires: date) -> str:
    """Return what a file of organisms says of a key, as TOML; valid at the end of any such file."""
    return (
        f"\n[[organisms.{organism}.keys]]\n"
        f'id = "{id_of(key)}"\ndigest = "{digest_of(key)}"\nexpires = {expires.isoformat()}\n'
    )

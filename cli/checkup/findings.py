"""One thing looked at: how it is, in words, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["fine", "notice", "wrong"]
"""`notice` is worth knowing, and nothing fails by it."""

_STEP = 1024


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    state: State
    said: str
    to_do: str | None = None


def fine(subject: str, said: str) -> Finding:
    return Finding(subject, "fine", said)


def notice(subject: str, said: str, to_do: str) -> Finding:
    return Finding(subject, "notice", said, to_do)


def wrong(subject: str, said: str, to_do: str) -> Finding:
    return Finding(subject, "wrong", said, to_do)


def size_in_words(size: float) -> str:
    """Return a number of bytes as a person says it: 3.2 GiB."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < _STEP:
            return f"{size:.0f} {unit}"
        size /= _STEP
    return f"{size:.1f} GiB"

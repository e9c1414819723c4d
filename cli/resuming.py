"""A file of answers that was not finished: what of it stands, and with which question to go on.

Answers are in the order of the questions, one a line: to count them is to know where to go on. Those to come may be of
another build or revision; each answer says of which it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson

from identification.bulk import Unread

_FAILED = b'"outcome":"failed"'
"""In JSON no value can hold these bytes: its quotes would be escaped."""


class OtherQuestions(Exception):
    """The answers of the file are not those of these questions."""

    def __init__(self) -> None:
        super().__init__("the answers that are there are not those of these questions: nothing was changed")


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answers of a file, and the last of them; `size_bytes` is where they end."""

    answers: int = 0
    size_bytes: int = 0
    last: bytes = b""


NOTHING_KEPT = Kept()


def kept_of(path: Path) -> Kept:
    """Return the answers before the first that is cut off, `failed` or not there."""
    answers, size, last = 0, 0, b""
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                if _FAILED in line or not line.endswith(b"\n"):
                    break
                answers, size, last = answers + 1, size + len(line), line
    return Kept(answers, size, last)


def passed_over(kept: Kept, questions: Iterator[Unread]) -> Iterator[Unread]:
    """Return the questions that are not answered yet.

    Raises:
        OtherQuestions: there are fewer than answers, or the last one that was answered had another reference.
    """
    if kept.answers:
        read = next(islice(questions, kept.answers - 1, None), None)
        if read is None or read().reference != _reference_of(kept.last):
            raise OtherQuestions
    return questions


def _reference_of(answer: bytes) -> object:
    try:
        return orjson.loads(answer)["reference"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise OtherQuestions from error

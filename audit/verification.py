"""Is the audit whole? Every line is checked against the one before it, and every chain against those that saw it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from audit.keys import AuditKey
from audit.lines import START, DayFile, Mark, day_files, fields_of, mark_of, unsealed

Code = Literal["not_a_line", "digest", "sequence", "not_opened", "unknown_key", "start_missing", "end_missing"]
_MOST_FINDINGS = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where: `line` counts from 1, 0 is the whole file or chain."""

    where: str
    line: int
    code: Code


@dataclass(slots=True)
class Verified:
    """What was read. `unclosed` chains run still, were killed, or lost their end; `marks` are the last lines.

    `torn` files end in a part of a line: a process was killed as it wrote, and that answer never left.
    """

    files: int = 0
    lines: int = 0
    consultations: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)

    def find(self, where: str, line: int, code: Code) -> None:
        if len(self.findings) < _MOST_FINDINGS:
            self.findings.append(Finding(where, line, code))


@dataclass(slots=True)
class _Purged:
    """What purges say that they removed: for each chain, its last line that is gone."""

    until: dict[str, Mark] = field(default_factory=dict)

    def add(self, marks: Iterable[dict[str, Any]]) -> None:
        for item in marks:
            mark = Mark(item["chain"], item["sequence"], item["digest"])
            known = self.until.get(mark.chain)
            if known is None or known.sequence < mark.sequence:
                self.until[mark.chain] = mark

    def covers(self, mark: Mark) -> bool:
        gone = self.until.get(mark.chain)
        return gone is not None and gone.sequence >= mark.sequence


@dataclass(slots=True)
class _Start:
    """A chain whose first lines are not there: right only if a purge says so."""

    file: DayFile
    sequence: int
    previous: str


def verify(folder: Path, keys: Sequence[AuditKey], kept_marks: Iterable[Mark] = ()) -> Verified:
    """Read the whole audit, a line at a time.

    Args:
        kept_marks: last lines of an earlier verification, kept where whoever can write the audit cannot write.
    """
    verified, purged, starts = Verified(), _Purged(), list[_Start]()
    files = day_files(folder)
    wanted = _wanted(files, kept_marks)
    by_id = {key.id: key for key in keys}
    for chain in dict.fromkeys(file.chain for file in files):
        of_chain = [file for file in files if file.chain == chain]
        _ChainReader(chain, by_id, wanted, verified, purged, starts).read(of_chain)
    for start in starts:
        gone = purged.until.get(start.file.chain)
        if gone is None or (gone.sequence + 1, gone.digest) != (start.sequence, start.previous):
            verified.find(start.file.path.name, 1, "start_missing")
    for mark in sorted({mark.chain: mark for mark in wanted if not purged.covers(mark)}.values(), key=str):
        verified.find(mark.chain, 0, "end_missing")
    return verified


def _wanted(files: Iterable[DayFile], kept: Iterable[Mark]) -> set[Mark]:
    """Return the lines that must be there, because a later file or an earlier verification saw them."""
    wanted = set(kept)
    for day_file in files:
        with day_file.path.open("rb") as file:
            witnessed = fields_of(file.readline()).get("witnessed")
        if isinstance(witnessed, list):
            wanted |= {mark for item in witnessed if (mark := mark_of(orjson.dumps(item)))}
    return wanted


@dataclass(slots=True)
class _ChainReader:
    chain: str
    keys: dict[str, AuditKey]
    wanted: set[Mark]
    verified: Verified
    purged: _Purged
    starts: list[_Start]
    expected: int | None = None
    previous: str = START
    key: AuditKey | None = None
    is_closed: bool = False

    def read(self, files: list[DayFile]) -> None:
        for day_file in files:
            self.verified.files += 1
            with day_file.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    self._line(day_file, number, line)
        if self.expected is not None:
            self.verified.marks[self.chain] = Mark(self.chain, self.expected - 1, self.previous)
        if not self.is_closed:
            self.verified.unclosed.append(self.chain)

    def _line(self, file: DayFile, number: int, line: bytes) -> None:
        if not line.endswith(b"\n"):
            self.verified.torn.append(file.path.name)
            return
        parts = unsealed(line[:-1])
        data = fields_of(parts[0]) if parts else {}
        if parts is None or not data:
            self.verified.find(file.path.name, number, "not_a_line")
            self.expected = None if self.expected is None else self.expected + 1
            return
        body, digest = parts
        if number == 1:
            self._opening(file, data)
        if self._is_linked(file, number, body, digest, data):
            self._count(data)
        self.is_closed = data.get("kind") == "closed"

    def _opening(self, file: DayFile, data: dict[str, Any]) -> None:
        if data.get("kind") != "opened" or not isinstance(data.get("sequence"), int):
            self.verified.find(file.path.name, 1, "not_opened")
            return
        self.key = self.keys.get(str(data.get("key_id")))
        if self.key is None:
            self.verified.find(file.path.name, 1, "unknown_key")
        if self.expected is None:
            self.expected, self.previous = data["sequence"], str(data.get("previous"))
            if (self.expected, self.previous) != (0, START):
                self.starts.append(_Start(file, data["sequence"], self.previous))

    def _is_linked(self, file: DayFile, number: int, body: bytes, digest: str, data: dict[str, Any]) -> bool:
        """Check a line against the digest that stands in the line before: one wrong line is one finding or two."""
        is_linked = self.key is not None and self.key.link(self.previous, body) == digest
        if self.key and not is_linked:
            self.verified.find(file.path.name, number, "digest")
        is_in_place = (data.get("chain"), data.get("sequence")) == (self.chain, self.expected)
        if not is_in_place or str(data.get("at"))[:10] != file.day.isoformat():
            self.verified.find(file.path.name, number, "sequence")
        sequence = data.get("sequence")
        self.expected = sequence + 1 if isinstance(sequence, int) else None
        self.previous = digest
        if self.expected is not None:
            self.wanted.discard(Mark(self.chain, self.expected - 1, digest))
        return is_linked

    def _count(self, data: dict[str, Any]) -> None:
        self.verified.lines += 1
        if data.get("kind") == "purged":
            self.purged.add(data.get("files", []))
        for consultation in data.get("consultations", ()):
            self.verified.consultations += 1
            self.verified.outcomes[str(consultation.get("outcome"))] += 1

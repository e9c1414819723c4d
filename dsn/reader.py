"""Individuals of a DSN file, one by one, in memory that does not grow with the file.

An individual begins where a S21.G00.30 begins, and where a rubric number does not rise within it: two blocks side by
side. A block in disorder is thus read as several incomplete individuals, never as one with somebody else's number.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from dsn.codes import Finding, FindingCode
from dsn.findings import Findings
from dsn.individual import Declaration, Establishment, Individual, Rubrics, text_of
from dsn.lines import BOM, LONGEST_LINE_BYTES, RUN, FileBroken, Stream, chunks_of_lines, decode, lines_of, split_rubric
from dsn.structure import Structure

_DECLARATION, _COMPANY, _ESTABLISHMENT = b"S20.G00.05", b"S21.G00.06", b"S21.G00.11"
_INDIVIDUAL, _CHANGE, _END = b"S21.G00.30", b"S21.G00.31", b"S90.G00.90"
_UNREAD = b"other"
"""Any of the blocks between those that are read."""
_COLLECTED = frozenset((_DECLARATION, _COMPANY, _ESTABLISHMENT, _INDIVIDUAL, _CHANGE, _END))
_CONTEXT = frozenset((_DECLARATION, _COMPANY, _ESTABLISHMENT, _END))
_BLANK = re.compile(rb",'\s*'\s")
_NUMBERS_REMEMBERED = 100_000
_CHANGES_KEPT = 20
_FINDINGS_KEPT = 100
"""Of one individual, whatever stands between its rubrics."""
_NOWHERE = Declaration(0, 0)

Entry = Establishment | Individual


class Reader:
    """Reads one file: iterate it once, then ask `findings`, `lines`, `individuals` and `broken`.

    Yields each establishment when its individuals begin, and each individual once. Whatever the file holds, every
    readable line of a S21.G00.30 belongs to exactly one individual that is yielded.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.findings = Findings()
        self.structure = Structure(self.findings)
        self.lines = 0
        self.individuals = 0
        self.broken: FileBroken | None = None
        self._block = self._last = b""
        self._values: Rubrics = {}
        self._totals: Rubrics = {}
        self._start = self._totals_line = 0
        self._declaration = _NOWHERE
        self._establishment = Establishment(_NOWHERE, 0)
        self._individual: Individual | None = None
        self._numbers: dict[int, None] = {}
        self._ready: list[Entry] = []

    def __iter__(self) -> Iterator[Entry]:
        try:
            for data in chunks_of_lines(self._stream):
                self._read(data if self.lines else self._without_bom(data))
                yield from self._ready
                self._ready.clear()
        except FileBroken as error:
            self.broken = error
        self._close_block()
        self._close_individual()
        yield from self._ready
        self.structure.end(self._totals, self._totals_line, self.lines)

    def _without_bom(self, data: bytes) -> bytes:
        if data.startswith(BOM):
            self.findings.add(Finding("ENCODAGE", 1))
        return data.removeprefix(BOM)

    def _read(self, data: bytes) -> None:
        """Read some lines: those that are written as they must be by the block, the others one by one."""
        at = 0
        if data.count(b"\r") != data.count(b"\r\n"):
            self._read_lines(data)  # CR alone ends some line: the runs would not see it
            return
        for run in RUN.finditer(data):
            if run.start() > at:
                self._read_lines(data[at : run.start()])
            at = run.end()
            self._read_run(run[1][:-1] if run[1] else _UNREAD, run[0])
        self._read_lines(data[at:])

    def _read_run(self, block: bytes, text: bytes) -> None:
        """Read lines of one block. Only a whole block without anything to report takes the short way."""
        if block not in _COLLECTED:
            if block != self._block:
                self._enter(block, self.lines + 1)
            count = text.count(b"\n")
        else:
            lines = text.splitlines()
            values = {line[11:14]: line[16:-1] for line in lines}
            in_order = len(values) == len(lines) and list(values) == sorted(values)
            nothing_blank = not _BLANK.search(text)
            if block == self._block or not (in_order and nothing_blank and text.isascii()):
                self._read_lines(text)
                return
            self._enter(block, self.lines + 1, values)
            count, self._last = len(lines), lines[-1][11:14]
        self.lines += count
        self.structure.rubrics += count

    def _read_lines(self, data: bytes) -> None:
        for line in lines_of(data):
            self.lines += 1
            rubric = split_rubric(line)
            if rubric:
                self.structure.rubrics += 1
                self._take(*rubric)
            else:
                self._unreadable(line)

    def _take(self, block: bytes, sub: bytes, value: bytes, well_written: bool) -> None:
        """Take any rubric: it may begin a block, be blank, or not be written as it must."""
        if block != self._block or (sub <= self._last and block in _COLLECTED):
            self._enter(block, self.lines)
        self._last = sub
        if not well_written:
            self._found("GUILLEMETS", self.lines, block, sub)
        if block not in _COLLECTED:
            return
        if not value.strip():
            self._found("RUBRIQUE_VIDE", self.lines, block, sub)
            return
        if not decode(value)[1]:
            self._found("ENCODAGE", self.lines, block, sub)
        self._values[sub] = value

    def _enter(self, block: bytes, line: int, values: Rubrics | None = None) -> None:
        if self._block in _CONTEXT:
            self._close_block()
        self.structure.enter(block, line)
        self._block, self._last, self._values, self._start = block, b"", values or {}, line
        if block == _UNREAD:
            return
        if block == _INDIVIDUAL:
            self._close_individual()
            self._individual = Individual(line, self._establishment, self._values)
        elif block == _CHANGE and self._individual and len(self._individual.changes) < _CHANGES_KEPT:
            self._individual.changes.append(self._values)
        elif block in _COLLECTED and block != _CHANGE:
            self._close_individual()

    def _close_block(self) -> None:
        """What a block says of its declaration or establishment is known when it ends."""
        block, values = self._block, self._values
        if block == _DECLARATION:
            rank = self.structure.declarations
            self._declaration = Declaration(
                rank, self._start, text_of(values, b"001"), text_of(values, b"002"), _month(text_of(values, b"005"))
            )
            self._establishment = Establishment(self._declaration, self._start)
            self._numbers.clear()
        elif block == _COMPANY:
            self._declaration = replace(self._declaration, siren=_digits(text_of(values, b"001"), 9))
            self._establishment = Establishment(self._declaration, self._start)
        elif block == _ESTABLISHMENT:
            siren, nic = self._declaration.siren, _digits(text_of(values, b"001"), 5)
            siret = f"{siren}{nic}" if siren and nic else siren
            self._establishment = Establishment(self._declaration, self._start, siret)
            self._ready.append(self._establishment)
        elif block == _END:
            self._totals, self._totals_line = values, self._start

    def _close_individual(self) -> None:
        if self._individual:
            self._see_number(self._individual)
            self._ready.append(self._individual)
            self.individuals += 1
            self._individual = None

    def _see_number(self, individual: Individual) -> None:
        """A number is declared once in a declaration; the last ones are remembered, enough for any employer."""
        value = individual.rubrics.get(b"001")
        if value is None:
            return
        number = hash(value)
        if number in self._numbers:
            self._found("NIR_EN_DOUBLE", individual.line, _INDIVIDUAL, b"001")
        self._numbers[number] = None
        if len(self._numbers) > _NUMBERS_REMEMBERED:
            del self._numbers[next(iter(self._numbers))]

    def _unreadable(self, line: bytes) -> None:
        if len(line) > LONGEST_LINE_BYTES:
            self._found("LIGNE_TROP_LONGUE", self.lines)
        elif line.strip(b" \t\0\x1a"):
            self._found("LIGNE_ILLISIBLE", self.lines)

    def _found(self, code: FindingCode, line: int, block: bytes | None = None, sub: bytes | None = None) -> None:
        """Report a finding, to the individual as well where it stands in one of its blocks."""
        rubric = f"{block.decode()}.{sub.decode()}" if block and sub else None
        finding = Finding(code, line, rubric)
        self.findings.add(finding)
        individual = self._individual if self._is_of_an_individual(block or self._block) else None
        if individual and len(individual.findings) < _FINDINGS_KEPT:
            individual.findings.append(finding)

    @staticmethod
    def _is_of_an_individual(block: bytes) -> bool:
        return block in (_INDIVIDUAL, _CHANGE)


def _month(date: str | None) -> str | None:
    """Return the month of a `01MMAAAA` as `AAAA-MM`; None where it is something else."""
    return f"{date[4:]}-{date[2:4]}" if date and len(date) == 8 and date.isdigit() and date.isascii() else None


def _digits(text: str | None, count: int) -> str | None:
    return text if text and len(text) == count and text.isascii() and text.isdigit() else None

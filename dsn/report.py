"""The report of one file, written as the outcomes come: nothing of it grows with the file but what is on disk."""

from collections import Counter, OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

import orjson

from dsn.channel import Outcome
from dsn.codes import OutcomeCode, Severity
from dsn.individual import Declaration, Establishment
from dsn.page import Kept, render
from dsn.private import create_file, write_file
from dsn.reader import Reader
from dsn.records import FindingTotals, Totals, UnitTotals, crm121_line, individual_line
from identification.answers import Served

OUTCOMES, DECLARATIONS, CRM121 = "outcomes.jsonl", "declarations.jsonl", "crm121.jsonl"
TOTALS, PAGE = "totals.json", "report.html"
_EMPLOYEES_REMEMBERED = 100_000


@dataclass(slots=True)
class _Employees:
    """Counts the persons that employers tell apart: one with a NTT first and a NIR later is one.

    Exact as long as the same person does not come again more than `_EMPLOYEES_REMEMBERED` persons later.
    """

    count: int = 0
    _last: OrderedDict[bytes, None] = field(default_factory=OrderedDict)

    def see(self, key: bytes) -> None:
        if key not in self._last:
            self.count += 1
            self._last[key] = None
            if len(self._last) > _EMPLOYEES_REMEMBERED:
                self._last.popitem(last=False)
        else:
            self._last.move_to_end(key)


class ReportWriter:
    """Writes the files of a report into a folder: add entries in their order, then `finish`."""

    def __init__(self, folder: Path, file: str, reader: Reader) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._file, self._reader = folder, file, reader
        self._closing = ExitStack()
        self._outcomes, self._declarations, self._crm121 = (
            self._closing.enter_context(create_file(folder / name)) for name in (OUTCOMES, DECLARATIONS, CRM121)
        )
        self._kept = Kept()
        self._counts: Counter[OutcomeCode] = Counter()
        self._severities: Counter[Severity] = Counter()
        self._employees = _Employees()
        self._establishments = self._to_act_on = 0
        self._establishment: Establishment | None = None
        self._units: list[UnitTotals] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def add(self, entry: Establishment | Outcome) -> None:
        if isinstance(entry, Establishment):
            self._move_to(entry)
            return
        establishment = entry.individual.establishment
        self._move_to(establishment)
        line = individual_line(entry)
        self._outcomes.write(orjson.dumps(line) + b"\n")
        crm = crm121_line(line, establishment)
        if crm:
            self._crm121.write(orjson.dumps(crm) + b"\n")
        for unit in self._units:
            unit.count(line)
        self._counts[line.outcome] += 1
        self._severities[line.severity] += 1
        self._to_act_on += bool(line.actions)
        self._employees.see(entry.declared.employee)
        self._kept.individual(line)
        for finding in entry.declared.findings:
            self._reader.findings.add(finding)

    def finish(self, asked: int, served: Served) -> Totals:
        """Write the totals and the page. The reader must have been read to its end."""
        self._close_units()
        reader = self._reader
        totals = Totals(
            file=self._file,
            complete=reader.broken is None,
            lines=reader.lines,
            rubrics=reader.structure.rubrics,
            declarations=reader.structure.declarations,
            establishments=self._establishments,
            individuals=self._counts.total(),
            employees=self._employees.count,
            asked=asked,
            to_act_on=self._to_act_on,
            severities=dict(self._severities.most_common()),
            outcomes=dict(self._counts.most_common()),
            findings=tuple(
                FindingTotals(code, count, tuple(reader.findings.first[code]))
                for code, count in reader.findings.most_common()
            ),
            model=served.model,
            index=served.index,
        )
        write_file(self._folder / TOTALS, orjson.dumps(totals, option=orjson.OPT_INDENT_2))
        write_file(self._folder / PAGE, render(totals, self._kept).encode("utf-8"))
        return totals

    def _move_to(self, establishment: Establishment) -> None:
        """Close the totals of what comes before, and open those of this establishment."""
        if establishment is self._establishment:
            return
        declaration = establishment.declaration
        if self._units and self._units[0].declaration == declaration.rank:
            self._close(self._units.pop())
        else:
            self._close_units()
            self._units = [_unit("declaration", declaration, None)]
        self._units.append(_unit("establishment", declaration, establishment.siret))
        self._establishment = establishment
        self._establishments += 1

    def _close_units(self) -> None:
        while self._units:
            self._close(self._units.pop())

    def _close(self, unit: UnitTotals) -> None:
        self._declarations.write(orjson.dumps(unit) + b"\n")
        if unit.kind == "establishment":
            self._kept.establishment(unit)


def _unit(kind: Literal["establishment", "declaration"], declaration: Declaration, siret: str | None) -> UnitTotals:
    return UnitTotals(kind, declaration.rank, siret, declaration.siren, declaration.nature, declaration.month)

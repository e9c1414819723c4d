"""The report as one HTML page in French that needs nothing beside it, of bounded size whatever the file."""

import re
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TypeVar

from jinja2 import Environment, StrictUndefined

from dsn.codes import BIRTH_DATE, NIR, severity_of, wording
from dsn.records import IndividualLine, Totals, UnitTotals

_MOST_INDIVIDUALS = 300
_MOST_ESTABLISHMENTS = 100
_THIN_SPACE = "\u202f"
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)

_Kind = TypeVar("_Kind")


@dataclass(slots=True)
class Kept:
    """What the page shows of the lines of a report: the first of each kind, no more than a page can bear.

    `blocking` and `others` are individuals of whom something is to be done; of establishments, those with anomalies
    come first.
    """

    blocking: list[IndividualLine] = field(default_factory=list)
    others: list[IndividualLine] = field(default_factory=list)
    with_anomalies: list[UnitTotals] = field(default_factory=list)
    without: list[UnitTotals] = field(default_factory=list)

    def individual(self, line: IndividualLine) -> None:
        if line.actions:
            _keep(self.blocking if line.severity == "BLOQUANT" else self.others, line, _MOST_INDIVIDUALS)

    def establishment(self, unit: UnitTotals) -> None:
        _keep(self.with_anomalies if unit.to_act_on else self.without, unit, _MOST_ESTABLISHMENTS)

    @property
    def establishments(self) -> list[UnitTotals]:
        return (self.with_anomalies + self.without)[:_MOST_ESTABLISHMENTS]


def _keep(kept: list[_Kind], one: _Kind, most: int) -> None:
    if len(kept) < most:
        kept.append(one)


def render(totals: Totals, kept: Kept) -> str:
    """Return the page. The same totals and lines give the same page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": _number, "share": _share, "value": _value, "month": _month, "siret": _siret}
    environment.globals |= {"texts": wording(), "severity_of": severity_of}
    page = environment.from_string(files("dsn.data").joinpath("report.html.j2").read_text("utf-8"))
    blocking = totals.severities.get("BLOQUANT", 0)
    return page.render(
        totals=totals,
        sections=(
            ("bloquants", "Anomalies bloquantes", kept.blocking, blocking),
            ("non-bloquants", "Écarts et demandes non bloquants", kept.others, totals.to_act_on - blocking),
        ),
        establishments=kept.establishments,
    )


def _number(count: int) -> str:
    return f"{count:,}".replace(",", _THIN_SPACE)


def _share(count: int, of: int) -> str:
    percent = 100 * count / of if of else 0.0
    decimals = 1 if percent >= 1 or percent == 0 else 2
    text = f"{percent:.{decimals}f}".replace(".", ",")
    return f"{'< 0,01' if count and text == '0,00' else text}\u00a0%"


def _value(text: str | None, rubric: str) -> str:
    """Write a declared or registered value as a payroll office reads it."""
    if text is None:
        return "—"
    date = _ISO_DATE.fullmatch(text) if rubric == BIRTH_DATE else None
    if date:
        return "/".join(part for part in reversed(date.groups()) if part != "00")
    if rubric == NIR and len(text) == 13:
        return "\u00a0".join((text[0], text[1:3], text[3:5], text[5:7], text[7:10], text[10:]))
    return text


def _month(text: str | None) -> str:
    return "/".join(reversed(text.split("-"))) if text else "—"


def _siret(text: str | None) -> str:
    return "\u00a0".join(filter(None, (text[:3], text[3:6], text[6:9], text[9:]))) if text else "—"

"""What the report writes: one line per individual, per establishment and declaration, per gap, and totals.

The order of the fields is the order in which they are written. The JSON Schema of these types is published in
`docs/dsn-report.schema.json`.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, with_config

from dsn.channel import Outcome
from dsn.codes import ESSENTIAL, Finding, FindingCode, OutcomeCode, Reason, Severity
from dsn.individual import Establishment
from dsn.verdicts import Gap, actions_for

_MONTHLY = "01"
_EXACT = ConfigDict(extra="forbid")


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class IndividualLine:
    """One individual of the file, in its order: `line` is that of its first rubric; who it is as it was declared."""

    line: int
    declaration: int
    siret: str | None
    matricule: str | None
    nir: str | None
    birth_name: str | None
    given_names: str | None
    birth_date: str | None
    outcome: OutcomeCode
    severity: Severity
    reason: Reason | None
    rubrics: tuple[str, ...]
    gaps: tuple[Gap, ...]
    actions: tuple[str, ...]
    findings: tuple[Finding, ...]


@with_config(_EXACT)
@dataclass(slots=True)
class UnitTotals:
    """Totals of one establishment, or of one declaration. `state` is REUSSITE where nobody needs action."""

    kind: Literal["establishment", "declaration"]
    declaration: int
    siret: str | None
    siren: str | None
    nature: str | None
    month: str | None
    individuals: int = 0
    to_act_on: int = 0
    state: Literal["REUSSITE", "ANOMALIES"] = "REUSSITE"
    severities: dict[Severity, int] = field(default_factory=dict)
    outcomes: dict[OutcomeCode, int] = field(default_factory=dict)

    def count(self, line: IndividualLine) -> None:
        self.individuals += 1
        self.outcomes[line.outcome] = self.outcomes.get(line.outcome, 0) + 1
        self.severities[line.severity] = self.severities.get(line.severity, 0) + 1
        if line.actions:
            self.to_act_on += 1
            self.state = "ANOMALIES"


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class FindingTotals:
    """One kind of finding: how often, and where the first ones are."""

    code: FindingCode
    count: int
    first: tuple[Finding, ...]


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class Totals:
    """Totals of the file. `complete`: it was read to its end; `employees`: the persons that employers tell apart."""

    file: str
    complete: bool
    lines: int
    rubrics: int
    declarations: int
    establishments: int
    individuals: int
    employees: int
    asked: int
    to_act_on: int
    severities: dict[Severity, int]
    outcomes: dict[OutcomeCode, int]
    findings: tuple[FindingTotals, ...]
    model: str
    index: str


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class Crm121Line:
    """The view of the CRM Identité (n° 121): number, birth name and birth date only, of monthly declarations."""

    line: int
    declaration: int
    siret: str | None
    matricule: str | None
    status: Literal["ECART", "NON_TROUVE", "CONFUSION_POSSIBLE"]
    gaps: tuple[Gap, ...]
    actions: tuple[str, ...]


def individual_line(outcome: Outcome) -> IndividualLine:
    individual, declared, verdict = outcome.individual, outcome.declared, outcome.verdict
    establishment = individual.establishment
    return IndividualLine(
        line=individual.line,
        declaration=establishment.declaration.rank,
        siret=establishment.siret,
        matricule=individual.text(b"019"),
        nir=declared.number,
        birth_name=declared.name,
        given_names=declared.given_names,
        birth_date=declared.date,
        outcome=verdict.outcome,
        severity=verdict.severity,
        reason=verdict.reason,
        rubrics=verdict.rubrics,
        gaps=verdict.gaps,
        actions=verdict.actions,
        findings=(*individual.findings, *declared.findings),
    )


def crm121_line(line: IndividualLine, establishment: Establishment) -> Crm121Line | None:
    """Return the line of the CRM, None where it has nothing to say."""
    gaps = tuple(gap for gap in line.gaps if gap.rubric in ESSENTIAL)
    unrecognised = line.outcome in ("NON_IDENTIFIE", "AMBIGU", "REJET_FORMAT")
    if establishment.declaration.nature != _MONTHLY or not (gaps or unrecognised):
        return None
    confused = line.outcome == "AMBIGU" or line.reason in ("CONFUSION_POSSIBLE", "CONFLIT_NUMERO")
    status: Literal["ECART", "NON_TROUVE", "CONFUSION_POSSIBLE"] = (
        "ECART" if gaps else "CONFUSION_POSSIBLE" if confused else "NON_TROUVE"
    )
    actions = actions_for(line.outcome, line.reason, gaps)
    return Crm121Line(line.line, line.declaration, line.siret, line.matricule, status, gaps, actions)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of every line that a report writes."""
    kinds: tuple[type, ...] = (IndividualLine, UnitTotals, Totals, Crm121Line)
    definitions: dict[str, Any] = {}
    for kind in kinds:
        model = TypeAdapter(kind).json_schema(mode="serialization")
        definitions |= model.pop("$defs", {})
        definitions[kind.__name__] = model
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bilan d'identification: outcomes.jsonl, declarations.jsonl, totals.json, crm121.jsonl",
        "$defs": definitions,
    }

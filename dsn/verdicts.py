"""From the answer of the register to the outcome of an individual, with what differs and what to do."""

from dataclasses import dataclass

from dsn.codes import (
    BIRTH_DATE,
    BIRTH_NAME,
    ESSENTIAL,
    NIR,
    FindingCode,
    OutcomeCode,
    Reason,
    Severity,
    severity_of,
    wording,
)
from dsn.questions import Declared
from identification.answers import Answer
from scoring.model import Criterion

_RUBRICS: dict[Criterion, str] = {
    "nir": NIR,
    "birth_name": BIRTH_NAME,
    "usage_name": "S21.G00.30.003",
    "given_names": "S21.G00.30.004",
    "sex": "S21.G00.30.005",
    "birth_date": BIRTH_DATE,
    "birth_place": "S21.G00.30.007",
}
_REJECTED: frozenset[FindingCode] = frozenset(
    ("FORMAT_NIR", "FORMAT_DATE", "RUBRIQUE_ABSENTE", "RUBRIQUE_TROP_LONGUE", "NTT_A_LA_PLACE_DU_NIR", "FORMAT_NTT")
)
"""Findings that explain why an individual could not even be looked for."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One rubric that differs from the register.

    The two values stand only for the number, the birth name and the birth date, and `register` only because the
    person is identified. A number that was not declared is a gap as well: `declared` is None.
    """

    rubric: str
    declared: str | None = None
    register: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the register says of an individual. `rubrics` are those at fault, or that would help."""

    outcome: OutcomeCode
    severity: Severity
    reason: Reason | None = None
    rubrics: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    actions: tuple[str, ...] = ()


def verdict(declared: Declared, answer: Answer) -> Verdict:
    if answer.identity is not None:
        return _identified(declared, answer, answer.identity)
    if answer.outcome == "failed":
        return _verdict("NON_TRAITE")
    rejected = tuple(dict.fromkeys(f.rubric for f in declared.findings if f.rubric and f.code in _REJECTED))
    if answer.outcome == "invalid" or (answer.outcome == "insufficient" and rejected):
        return _verdict("REJET_FORMAT", rubrics=rejected or tuple(_RUBRICS[trait] for trait in _named(answer)))
    if answer.outcome == "ambiguous":
        return _verdict("AMBIGU", rubrics=tuple(_RUBRICS[trait] for trait in answer.missing if trait in _RUBRICS))
    return _not_identified(answer)


def _named(answer: Answer) -> tuple[Criterion, ...]:
    """The traits that the errors of an invalid answer name."""
    names = {error.field.split(".")[0] for error in answer.errors}
    return tuple(trait for trait in _RUBRICS if trait in names)


def _not_identified(answer: Answer) -> Verdict:
    if answer.outcome == "insufficient":
        missing = tuple(_RUBRICS[trait] for trait in answer.missing if trait in _RUBRICS)
        return _verdict("NON_IDENTIFIE", "DONNEES_INSUFFISANTES", missing)
    if answer.reason == "number_conflict":
        return _verdict("NON_IDENTIFIE", "CONFLIT_NUMERO", (NIR,))
    if answer.outcome == "too_distant":
        return _verdict("NON_IDENTIFIE", "CONFUSION_POSSIBLE", ESSENTIAL[1:])
    return _verdict("NON_IDENTIFIE", "INTROUVABLE", ESSENTIAL)


def _identified(declared: Declared, answer: Answer, identity: dict[str, object]) -> Verdict:
    gaps = tuple(_gaps(declared, answer, identity))
    rubrics = tuple(gap.rubric for gap in gaps)
    outcome: OutcomeCode = "IDENTIFIE_AVEC_ECARTS" if gaps else "IDENTIFIE"
    if any(gap.rubric == NIR and gap.declared and gap.register for gap in gaps):
        outcome = "NIR_RECTIFIE"
    elif "pending_number" in answer.flags:
        outcome = "NIA"
    reason: Reason | None = "CONFLIT_NUMERO" if answer.nir_declared == "conflict" else None
    return _verdict(outcome, reason, rubrics, gaps)


def _gaps(declared: Declared, answer: Answer, identity: dict[str, object]) -> list[Gap]:
    """Return what differs. A number, birth name or birth date that was not declared, or not usable, differs where the
    register has one; the number of somebody else differs also where the register has none.
    """
    values = {
        "nir": (declared.question.get("nir"), identity["nir"]),
        "birth_name": (declared.name, identity["birth_name"]),
        "birth_date": (declared.date, identity["birth_date"]),
    }
    differing = set(answer.divergences)
    if answer.nir_declared == "conflict" or (identity["nir"] and answer.nir_declared in ("absent", "unusable")):
        differing.add("nir")
    unusable = {ignored.field for ignored in answer.ignored}
    named: tuple[Criterion, ...] = ("birth_name", "birth_date")
    differing.update(
        trait for trait in named if identity[trait] and (trait not in declared.question or trait in unusable)
    )
    gaps = []
    for criterion, rubric in _RUBRICS.items():
        if criterion in differing:
            said, known = values.get(criterion, (None, None))
            gaps.append(Gap(rubric, said, str(known) if known is not None else None))
    return gaps


def _verdict(
    outcome: OutcomeCode,
    reason: Reason | None = None,
    rubrics: tuple[str, ...] = (),
    gaps: tuple[Gap, ...] = (),
) -> Verdict:
    severity = severity_of(outcome)
    if outcome == "NIA" and gaps:
        severity = "NON_BLOQUANT"
    return Verdict(outcome, severity, reason, rubrics, gaps, actions_for(outcome, reason, gaps))


def actions_for(outcome: OutcomeCode, reason: Reason | None, gaps: tuple[Gap, ...]) -> tuple[str, ...]:
    """Say in French what the employer should do, the outcome first, then each gap."""
    texts = wording()
    said = [texts["outcomes"][outcome].get("action"), texts["reasons"][reason]["action"] if reason else None]
    said += [texts["gaps"][gap.rubric] for gap in gaps if gap.rubric != NIR or _is_to_be_taken_over(gap, outcome)]
    return tuple(action for action in said if action)


def _is_to_be_taken_over(gap: Gap, outcome: OutcomeCode) -> bool:
    """The number of the register, where it has one and the outcome did not say so already."""
    return gap.register is not None and outcome != "NIR_RECTIFIE"

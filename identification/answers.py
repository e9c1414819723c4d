"""The answer: what a decision says to the caller, in the words of the contract."""

from dataclasses import dataclass
from typing import Any, Literal

import orjson

from analyzers.identity import Death, Record
from analyzers.places import Place
from identification.questions import Asked, FieldError, Ignored
from scoring.decision import Decision, Outcome, Reason, Step, helpful_traits
from scoring.divergences import divergences
from scoring.model import Criterion
from scoring.score import NIR_AGREES, NIR_LEADS_HERE, Evidence, MatchedAs, Score

NirDeclared = Literal["in_force", "former", "pending", "conflict", "unknown", "unusable", "absent"]
Flag = Literal["deceased", "uncertified", "pending_number"]
_BITS_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. The order of the fields is the order in which they are written."""

    reference: str | None
    outcome: Outcome
    reason: Reason | None = None
    identity: dict[str, Any] | None = None
    confidence: float | None = None
    path: Step | None = None
    matched_as: MatchedAs | None = None
    nir_declared: NirDeclared | None = None
    evidence: tuple[Evidence, ...] = ()
    divergences: tuple[Criterion, ...] = ()
    flags: tuple[Flag, ...] = ()
    missing: tuple[Criterion, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    errors: tuple[FieldError, ...] = ()
    model: str | None = None
    index: str | None = None
    revision: int | None = None

    def to_json(self) -> bytes:
        return orjson.dumps(self)


@dataclass(frozen=True, slots=True)
class Served:
    """What every answer says of the register it came from."""

    model: str
    index: str
    revision: int


def invalid_answer(asked: Asked, model: str) -> Answer:
    return Answer(reference=asked.reference, outcome="invalid", errors=asked.errors, model=model)


def failed_answer(asked: Asked, model: str) -> Answer:
    """The service could not search: the caller may ask again."""
    if asked.errors:
        return invalid_answer(asked, model)
    return Answer(reference=asked.reference, outcome="failed", ignored=asked.ignored, model=model)


def insufficient_answer(asked: Asked, served: Served) -> Answer:
    assert asked.query is not None
    nir: NirDeclared | None = "unusable" if asked.query.nir_unusable else None if asked.query.nir else "absent"
    return Answer(
        reference=asked.reference,
        outcome="insufficient",
        nir_declared=nir,
        missing=helpful_traits(asked.query),
        ignored=asked.ignored,
        model=served.model,
        index=served.index,
        revision=served.revision,
    )


def answer_of(asked: Asked, decision: Decision, path: Step, served: Served) -> Answer:
    assert asked.query is not None
    best = decision.best
    identified = best.record if best and decision.outcome == "identified" else None
    return Answer(
        reference=asked.reference,
        outcome=decision.outcome,
        reason=decision.reason,
        identity=public_record(identified) if identified else None,
        confidence=decision.confidence,
        path=path,
        matched_as=best.matched_as if best else None,
        nir_declared=_nir_declared(asked, decision),
        evidence=public_evidence(best) if best else (),
        divergences=divergences(asked.query, identified) if identified else (),
        flags=_flags(identified) if identified else (),
        missing=helpful_traits(asked.query) if decision.outcome == "ambiguous" else (),
        ignored=asked.ignored,
        model=served.model,
        index=served.index,
        revision=served.revision,
    )


def public_evidence(score: Score) -> tuple[Evidence, ...]:
    return tuple(Evidence(item.criterion, item.level, round(item.bits, _BITS_DECIMALS)) for item in score.evidence)


def _nir_declared(asked: Asked, decision: Decision) -> NirDeclared:
    query = asked.query
    assert query is not None
    if query.nir_unusable:
        return "unusable"
    if query.nir is None:
        return "absent"
    best = decision.best
    level = best.level("nir") if best else None
    if best and level in NIR_AGREES and not best.vetoed:
        if level == "former":
            return "former"
        return "pending" if best.record.nir_status == "pending" else "in_force"
    held = any(score.level("nir") in NIR_LEADS_HERE for score in decision.ranked)
    return "conflict" if held else "unknown"


def _flags(record: Record) -> tuple[Flag, ...]:
    flags: dict[Flag, bool] = {
        "deceased": record.death is not None,
        "uncertified": not record.certified,
        "pending_number": record.nir_status == "pending",
    }
    return tuple(flag for flag, holds in flags.items() if holds)


def public_record(record: Record) -> dict[str, Any]:
    """Return the record as the contract writes it, every field present."""
    return {
        "id": record.id,
        "nir": record.nir,
        "nir_status": record.nir_status,
        "former_nirs": list(record.former_nirs),
        "sex": record.sex,
        "birth_name": record.birth_name.text if record.birth_name else None,
        "usage_names": [name.text for name in record.usage_names],
        "former_birth_names": [name.text for name in record.former_birth_names],
        "given_names": [name.text for name in record.given_names],
        "former_given_names": [[name.text for name in names] for names in record.former_given_names],
        "birth_date": str(record.birth_date) if record.birth_date else None,
        "former_birth_dates": [str(date) for date in record.former_birth_dates],
        "birth_place": _public_place(record.birth_place),
        "former_birth_places": [_public_place(place) for place in record.former_birth_places],
        "death": _public_death(record.death),
        "parents": [
            {
                "birth_name": parent.birth_name.text if parent.birth_name else None,
                "given_names": [name.text for name in parent.given_names],
            }
            for parent in record.parents
        ],
        "certified": record.certified,
    }


def _public_place(place: Place | None) -> dict[str, str | None] | None:
    return {"code": place.code, "label": place.label, "country": place.country} if place else None


def _public_death(death: Death | None) -> dict[str, Any] | None:
    if death is None:
        return None
    date = str(death.date) if death.date else None
    return {"date": date, "place": _public_place(death.place), "certified": death.certified}

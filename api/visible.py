"""What of an answer may leave: the fields of an identity that the organism sees, evidence only with its right."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Literal, get_args

from identification.answers import Answer
from identification.explanation import Explanation
from identification.verification import Verification

IdentityField = Literal[
    "id",
    "nir",
    "nir_status",
    "former_nirs",
    "sex",
    "birth_name",
    "usage_names",
    "former_birth_names",
    "given_names",
    "former_given_names",
    "birth_date",
    "former_birth_dates",
    "birth_place",
    "former_birth_places",
    "death",
    "parents",
    "certified",
]
ALL_FIELDS: frozenset[IdentityField] = frozenset(get_args(IdentityField))
Fields = Collection[IdentityField]


def visible_identity(identity: dict[str, Any] | None, fields: Fields) -> dict[str, Any] | None:
    """Return the fields that may be seen; the others are absent, which is not the same as null."""
    return None if identity is None else {name: value for name, value in identity.items() if name in fields}


def visible_answer(answer: Answer, fields: Fields, may_explain: bool) -> Answer:
    """Return an answer as an organism sees it. Unless identified, evidence is about a person nobody has named."""
    shows_evidence = may_explain or answer.outcome == "identified"
    sees_all = answer.identity is None or answer.identity.keys() <= set(fields)
    if sees_all and (shows_evidence or not (answer.evidence or answer.divergences)):
        return answer
    return replace(
        answer,
        identity=visible_identity(answer.identity, fields),
        evidence=answer.evidence if shows_evidence else (),
        divergences=answer.divergences if shows_evidence else (),
    )


def visible_explanation(explanation: Explanation, fields: Fields) -> Explanation:
    """Return an explanation whose candidates show the visible fields only, their identifiers included."""
    candidates = tuple(
        replace(candidate, identity=visible_identity(candidate.identity, fields) or {})
        for candidate in explanation.candidates
    )
    answer = visible_answer(explanation.answer, fields, may_explain=True)
    if "id" in fields or not candidates:
        return replace(explanation, answer=answer, candidates=candidates)
    best = explanation.candidates[0].identity["id"]
    return replace(
        explanation,
        answer=answer,
        candidates=candidates,
        against=tuple(replace(rival, id=None) for rival in explanation.against),
        note=explanation.note and explanation.note.replace(f"about {best} only", "about the first only"),
    )


def visible_verification(verification: Verification, fields: Fields) -> Verification:
    return replace(verification, identity=visible_identity(verification.identity, fields))

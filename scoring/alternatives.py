"""What would have made the answer unique: traits that, said as the best candidate's record has them, identify it.

Nothing is searched and nothing is weighed in another way: the question is scored and decided again, over the same
candidates, as if it had said more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from analyzers.identity import Query, Record
from analyzers.nir import DeclaredNir
from scoring.decision import Decision, Step, decide
from scoring.model import Criterion
from scoring.score import Score, score
from scoring.weights import Weights

_TRAITS: tuple[Criterion, ...] = (
    *("nir", "birth_date", "birth_name", "given_names"),
    *("birth_place", "usage_name", "parents", "sex"),
)
_MOST_TOGETHER = 2


@dataclass(frozen=True, slots=True)
class Alternative:
    """Traits that would identify the best candidate if they were its own, and how sure the answer would be.

    `corrected` are those of them that the question said otherwise, or not in full.
    """

    criteria: tuple[Criterion, ...]
    corrected: tuple[Criterion, ...]
    confidence: float


def suppose(query: Query, record: Record, traits: Iterable[Criterion]) -> Query:
    """Return the question as if it had said these traits as the record has them; what the record lacks stays as it is.

    What the question knew before a change stays said.
    """
    known: dict[str, Any] = {trait: value for trait in traits if (value := _recorded(record, trait))}
    if "nir" in known:
        known["nir_unusable"] = False
    return replace(query, **known)


def _recorded(record: Record, trait: str) -> Any:
    """Return the official value, else a former one, in the form in which a question says it."""
    match trait:
        case "nir":
            return DeclaredNir(record.nirs[0]) if record.nirs else None
        case "usage_name":
            return next(iter(record.usage_names), None)
        case "given_names":
            return next(iter(record.given_name_lists), ())
        case "birth_date":
            return next(iter(record.birth_dates), None)
        case "birth_place":
            return next(iter(record.birth_places), None)
        case _:
            return getattr(record, trait)


def open_traits(query: Query, candidate: Score, weights: Weights) -> tuple[Criterion, ...]:
    """Return the traits on which the candidate could agree better than it does, and its record knows them."""
    said = _levels(candidate)
    return tuple(
        trait
        for trait in _TRAITS
        if _levels(score(suppose(query, candidate.record, [trait]), candidate.record, weights)) != said
    )


def _levels(candidate: Score) -> list[tuple[str, str]]:
    return [(item.criterion, item.level) for item in candidate.evidence]


def alternatives(query: Query, decision: Decision, step: Step, weights: Weights) -> tuple[Alternative, ...]:
    """Return the fewest traits with which the best candidate would be identified, the surest first.

    Each single trait that suffices; where none does, each pair. Empty when the answer is identified already.
    """
    if decision.best is None or decision.outcome == "identified":
        return ()
    traits = open_traits(query, decision.best, weights)
    for together in range(1, _MOST_TOGETHER + 1):
        decided = (
            (chosen, _decide_again(query, decision, step, chosen, weights)) for chosen in combinations(traits, together)
        )
        found = [_alternative(query, chosen, confidence) for chosen, confidence in decided if confidence is not None]
        if found:
            return tuple(sorted(found, key=lambda alternative: -alternative.confidence))
    return ()


def _decide_again(
    query: Query, decision: Decision, step: Step, traits: Iterable[Criterion], weights: Weights
) -> float | None:
    """Return the confidence with which the best candidate would be identified; None where it would not be."""
    best = decision.ranked[0]
    supposed = suppose(query, best.record, traits)
    alone = [score(supposed, best.record, weights)]
    if _identified(supposed, alone, decision, step, weights) is None:
        return None  # others can only make it less sure: they need not be scored
    others = [score(supposed, other.record, weights) for other in decision.ranked[1:]]
    again = _identified(supposed, [*alone, *others], decision, step, weights)
    return again.confidences[0] if again and again.ranked[0].record.id == best.record.id else None


def _identified(query: Query, scores: list[Score], decision: Decision, step: Step, weights: Weights) -> Decision | None:
    truncated = decision.reason == "truncated"
    again = decide(query, scores, weights.statistics.identities, step, truncated, weights.model)
    return again if again.outcome == "identified" else None


def _alternative(query: Query, traits: tuple[Criterion, ...], confidence: float) -> Alternative:
    corrected = tuple(trait for trait in traits if getattr(query, trait))
    return Alternative(traits, corrected, confidence)


def separating_traits(query: Query, one: Record, other: Record, weights: Weights) -> tuple[Criterion, ...]:
    """Return the traits that would tell two records apart if they were said as one of them has it."""
    return tuple(
        trait
        for trait in _TRAITS
        if any(_separates(query, source, trait, one, other, weights) for source in (one, other))
    )


def _separates(query: Query, source: Record, trait: Criterion, one: Record, other: Record, weights: Weights) -> bool:
    """A value rarer among the persons of one record than of the other does not tell them apart: the level must."""
    supposed = suppose(query, source, [trait])
    (level, bits), (other_level, other_bits) = (
        _worth(score(supposed, record, weights), trait) for record in (one, other)
    )
    return level != other_level and bits != other_bits


def _worth(candidate: Score, trait: Criterion) -> tuple[str | None, float]:
    found = next((item for item in candidate.evidence if item.criterion == trait), None)
    return (found.level, found.bits) if found else (None, 0.0)

"""From scores to an outcome: exactly one identity and how sure it is, or none and the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Literal

from analyzers.identity import Query, Record
from scoring.comparisons import compare_parents
from scoring.model import Criterion, Model
from scoring.posterior import Posterior, posterior
from scoring.score import GIVEN_NAMES_AGREE, NIR_AGREES, NIR_LEADS_HERE, Score

Outcome = Literal["invalid", "failed", "insufficient", "identified", "ambiguous", "too_distant", "not_found"]
Reason = Literal["homonyms", "siblings", "number_conflict", "possible_duplicate", "veto", "truncated"]
Step = Literal["nir", "keys", "wide"]

_HELPFUL: tuple[Criterion, ...] = ("nir", "birth_date", "birth_name", "given_names", "birth_place")


@dataclass(frozen=True, slots=True)
class Decision:
    """`ranked` holds every candidate, the best first, beside its probability in `confidences`."""

    outcome: Outcome
    reason: Reason | None
    ranked: tuple[Score, ...]
    confidences: tuple[float, ...]

    @property
    def best(self) -> Score | None:
        return self.ranked[0] if self.ranked else None

    @property
    def confidence(self) -> float | None:
        return self.confidences[0] if self.confidences else None


def decide(
    query: Query, scores: Sequence[Score], identities: int, step: Step, truncated: bool, model: Model
) -> Decision:
    """Rank the candidates of a question and say what may be answered. The order of `scores` changes nothing."""
    ranked = tuple(sorted(scores, key=lambda score: (-score.bits, score.record.id)))
    if not ranked:
        return Decision("not_found", "truncated" if truncated else None, (), ())
    probabilities = posterior(ranked, identities, query.channel, step, model)
    outcome = _outcome(ranked, probabilities, truncated, model)
    reason = _reason(outcome, ranked, probabilities, truncated)
    return Decision(outcome, reason, ranked, tuple(map(_six_decimals, probabilities.of_candidates)))


def _six_decimals(probability: float) -> float:
    """Round down: a confidence is never said to be higher than it is."""
    return floor(probability * 1_000_000) / 1_000_000


def _outcome(ranked: Sequence[Score], probabilities: Posterior, truncated: bool, model: Model) -> Outcome:
    best, confidence = ranked[0], probabilities.of_candidates[0]
    limits = model.decision
    runner_up = ranked[1].bits if len(ranked) > 1 else float("-inf")
    sure = confidence >= limits.threshold and best.bits - runner_up >= limits.margin_bits
    if sure and not best.vetoed and not truncated and not bears_a_relatives_number(ranked):
        return "identified"
    rivals = _rivals(ranked, model)
    if len(rivals) > 1 and not best.vetoed:
        together = sum(probabilities.of_candidates[: len(rivals)])
        if together >= limits.threshold:
            return "ambiguous"
    return "too_distant" if best.vetoed or confidence >= limits.stands_out else "not_found"


def _rivals(ranked: Sequence[Score], model: Model) -> list[Score]:
    """The candidates within the margin of the best one, itself included."""
    return [score for score in ranked if ranked[0].bits - score.bits < model.decision.margin_bits]


def _reason(outcome: Outcome, ranked: Sequence[Score], probabilities: Posterior, truncated: bool) -> Reason | None:
    best = ranked[0]
    if truncated:
        return "truncated"
    if _speaks_against_its_number(ranked):
        return "number_conflict"
    if best.vetoed:
        return "veto"
    if outcome == "ambiguous":
        return _why_ambiguous(best.record, ranked[1].record)
    if outcome == "too_distant" and probabilities.of_relatives > probabilities.of_others:
        return "siblings"
    return None


def _speaks_against_its_number(ranked: Sequence[Score]) -> bool:
    """The number says one person and the traits another: the holder of the number lost, or is vetoed."""
    best = ranked[0]
    if best.level("nir") in NIR_AGREES:
        return best.vetoed or bears_a_relatives_number(ranked)
    return any(score.level("nir") in NIR_LEADS_HERE for score in ranked)


def bears_a_relatives_number(ranked: Sequence[Score]) -> bool:
    """The number says one person, and another of the same name and birth bears the given name that was said."""
    best = ranked[0]
    if best.level("nir") not in NIR_AGREES or best.level("given_names") in (None, *GIVEN_NAMES_AGREE):
        return False
    return any(
        other.level("given_names") in GIVEN_NAMES_AGREE
        and other.level("birth_name") in ("exact", "part")
        and other.level("birth_date") == "exact"
        for other in ranked[1:]
    )


def _why_ambiguous(one: Record, other: Record) -> Reason:
    """Given names of which one list begins the other are one person's, unless place or parents are another's."""
    if one.birth_date is None or one.birth_date != other.birth_date:
        return "homonyms"
    fewer, more = sorted((_given(one), _given(other)), key=len)
    if more == fewer or (fewer and more[: len(fewer)] == fewer):
        parents = compare_parents(Query(parents=one.parents), other)
        is_one = one.birth_place == other.birth_place and not (parents and parents.level == "different")
        return "possible_duplicate" if is_one else "homonyms"
    return "siblings" if _surname(one) == _surname(other) else "homonyms"


def _given(record: Record) -> tuple[str, ...]:
    return tuple(name.joined for name in record.given_names)


def _surname(record: Record) -> str:
    return record.birth_name.joined if record.birth_name else ""


def helpful_traits(query: Query) -> tuple[Criterion, ...]:
    """Return the traits not said, or not usable, that would help most."""
    said = {
        "nir": query.declared_nirs,
        "birth_date": query.birth_dates,
        "birth_name": query.surnames,
        "given_names": query.given_name_lists,
        "birth_place": query.birth_place,
    }
    return tuple(trait for trait in _HELPFUL if not said[trait])

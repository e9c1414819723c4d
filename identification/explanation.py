"""Why an answer is what it is: what each candidate is worth, what stands against the best, what would have helped.

All bits are binary logarithms of a weight. The best candidate's last total is its own weight, `against` holds those of
everybody else whom the question could mean, and its confidence is the share 2^total / (2^total + Σ 2^against).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from math import log2
from typing import Any, Literal

from identification.answers import Answer, public_evidence, public_record
from identification.cascade import Finding, Identifier
from identification.wording import LEVEL_WORDS, WORDS
from scoring.alternatives import Alternative, alternatives, open_traits, separating_traits
from scoring.decision import Decision, bears_a_relatives_number
from scoring.model import Criterion, Level, Model
from scoring.posterior import relatives_share
from scoring.score import Evidence, Score
from scoring.statistics import Statistics
from scoring.weights import Weights


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """What one criterion adds and the sum so far, in bits. The first step is the prior: the odds before any trait."""

    criterion: Criterion | Literal["prior"]
    level: Level | None
    bits: float
    total: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A criterion on which a candidate is worth more or less than the best one, and by how many bits."""

    criterion: Criterion
    level: Level | None
    level_of_best: Level | None
    bits: float


@dataclass(frozen=True, slots=True)
class Rival:
    """Who else could be meant, to be compared with the last total of the best candidate; `share` is the probability.

    `who`: `runner_up` (its `id`), `other_candidates` together, `not_registered`, `registered_not_found`, or a relative
    of the best candidate by its name in the model.
    """

    who: str
    id: str | None
    bits: float
    share: float


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the conditions that must all hold for `identified`; `margin_bits` is the distance to the runner-up."""

    name: Literal["confidence", "margin_bits", "no_veto", "all_seen"]
    holds: bool
    needed: float | None = None
    found: float | None = None


@dataclass(frozen=True, slots=True)
class ExplainedCandidate:
    """`weaker` and `stronger` hold where it differs from the best one, the largest difference first."""

    identity: dict[str, Any]
    score_bits: float
    confidence: float
    evidence: tuple[Evidence, ...]
    verdict: str
    waterfall: tuple[WaterfallStep, ...]
    weaker: tuple[Difference, ...]
    stronger: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`would_identify`, `separating` and `note` say what is missing; they are about the best candidate only."""

    answer: Answer
    candidates: tuple[ExplainedCandidate, ...] = ()
    against: tuple[Rival, ...] = ()
    conditions: tuple[Condition, ...] = ()
    would_identify: tuple[Alternative, ...] = ()
    separating: tuple[Criterion, ...] = ()
    note: str | None = None


async def explain_served(finding: Finding, identifier: Identifier) -> Explanation:
    """Explain a finding by the counts of the register that it came from; without them if that was replaced meanwhile.

    Raises what `Identifier.served` raises.
    """
    build = await identifier.served()
    return explain(finding, identifier.model, build.statistics if build.index == finding.answer.index else None)


def explain(finding: Finding, model: Model, statistics: Statistics | None = None) -> Explanation:
    """Explain a finding.

    Args:
        statistics: the counts of the register that was asked. Without them, candidates are compared, but there is no
            prior to start from, and nothing can be supposed.
    """
    decision = finding.decision
    if decision is None or not decision.ranked:
        return Explanation(finding.answer, note=_why_nobody(finding.answer))
    conditions = tuple(_conditions(decision, model))
    prior = _prior_bits(finding, model, statistics.identities) if statistics else None
    explanation = Explanation(
        answer=finding.answer,
        candidates=tuple(_candidates(decision, conditions, prior)),
        conditions=conditions,
    )
    if statistics is None or prior is None:
        return replace(explanation, note="the register was replaced meanwhile: ask again for the sums")
    explanation = replace(explanation, against=_against(finding, decision, prior, model))
    return _with_what_is_missing(explanation, finding, decision, Weights(model, statistics))


def _prior_bits(finding: Finding, model: Model, identities: int) -> float:
    """A registered person, drawn from the register at random."""
    return log2((1 - _absent(finding, model)) / max(identities, 1))


def _absent(finding: Finding, model: Model) -> float:
    assert finding.asked.query is not None
    return model.absent[finding.asked.query.channel]


def _candidates(
    decision: Decision, conditions: tuple[Condition, ...], prior: float | None
) -> Iterator[ExplainedCandidate]:
    best = decision.ranked[0]
    for candidate, confidence in zip(decision.ranked, decision.confidences, strict=True):
        weaker = _differences(best, candidate)
        stronger = tuple(replace(item, bits=-item.bits) for item in reversed(weaker) if item.bits < 0)
        weaker = tuple(item for item in weaker if item.bits > 0)
        is_best = candidate is best
        yield ExplainedCandidate(
            identity=public_record(candidate.record),
            score_bits=round(candidate.bits, 2),
            confidence=confidence,
            evidence=public_evidence(candidate),
            verdict=_verdict_of_best(best, conditions) if is_best else _why_lost(best, candidate, weaker, stronger),
            waterfall=_waterfall(candidate, prior) if prior is not None else (),
            weaker=weaker,
            stronger=stronger,
        )


def _waterfall(candidate: Score, prior: float) -> tuple[WaterfallStep, ...]:
    totals = accumulate((item.bits for item in candidate.evidence), initial=prior)
    first = WaterfallStep("prior", None, prior, next(totals))
    return (
        first,
        *(
            WaterfallStep(item.criterion, item.level, item.bits, total)
            for item, total in zip(candidate.evidence, totals, strict=True)
        ),
    )


def _differences(best: Score, other: Score) -> tuple[Difference, ...]:
    """Return what each criterion is worth less for the other one, the most first; negative where it is worth more."""
    of_best, of_other = ({item.criterion: item for item in one.evidence} for one in (best, other))
    found = []
    for criterion in of_best | of_other:
        mine, its = of_best.get(criterion), of_other.get(criterion)
        bits = (mine.bits if mine else 0.0) - (its.bits if its else 0.0)
        found.append(Difference(criterion, its.level if its else None, mine.level if mine else None, bits))
    return tuple(sorted(found, key=lambda item: -item.bits))


def _against(finding: Finding, decision: Decision, prior: float, model: Model) -> tuple[Rival, ...]:
    best, *others = decision.ranked
    weights = [2.0 ** (prior + candidate.bits) for candidate in others]
    absent = _absent(finding, model)
    assert finding.answer.path is not None
    missed = (1 - absent) * (1 - model.recall[finding.answer.path])
    own = 2.0 ** (prior + best.bits)
    rivals: list[tuple[str, str | None, float]] = [
        *([("runner_up", others[0].record.id, weights[0])] if others else []),
        ("other_candidates", None, sum(weights[1:])),
        ("not_registered", None, absent),
        ("registered_not_found", None, missed),
        *((name, None, own * share) for name, share in _relatives(best, absent + missed, model)),
    ]
    total = own + sum(weight for _, _, weight in rivals)
    return tuple(Rival(who, id_, log2(weight), weight / total) for who, id_, weight in rivals if weight > 0)


def _relatives(best: Score, unseen: float, model: Model) -> Iterator[tuple[str, float]]:
    """Yield how much likelier than the candidate each kind of relative is."""
    for relative in model.relatives:
        yield relative.name, relatives_share(best, unseen, replace(model, relatives=(relative,)))


def _conditions(decision: Decision, model: Model) -> Iterator[Condition]:
    best, limits = decision.ranked[0], model.decision
    confidence = decision.confidences[0]
    yield Condition("confidence", confidence >= limits.threshold, limits.threshold, confidence)
    behind = best.bits - decision.ranked[1].bits if len(decision.ranked) > 1 else None
    yield Condition("margin_bits", behind is None or behind >= limits.margin_bits, limits.margin_bits, behind)
    yield Condition("no_veto", not best.vetoed and not bears_a_relatives_number(decision.ranked))
    yield Condition("all_seen", decision.reason != "truncated")


def _with_what_is_missing(
    explanation: Explanation, finding: Finding, decision: Decision, weights: Weights
) -> Explanation:
    """Say which statements would have identified the best candidate, or why none would."""
    query, step = finding.asked.query, finding.answer.path
    assert query is not None
    assert step is not None
    if decision.outcome == "identified":
        return explanation
    best, *others = decision.ranked
    found = alternatives(query, decision, step, weights)
    separating: tuple[Criterion, ...] = ()
    if decision.outcome == "ambiguous":
        separating = separating_traits(query, best.record, others[0].record, weights)
    note = f"about {best.record.id} only, the best candidate: nobody else was looked for"
    if not found:
        why_not = _why_nothing_helps(decision, bool(open_traits(query, best, weights)))
        note = f"{why_not}; {note}"
    return replace(explanation, would_identify=found, separating=separating, note=note)


def _why_nothing_helps(decision: Decision, is_open: bool) -> str:
    if decision.reason == "truncated":
        return "more records answer than can be looked at, whatever else is said of one of them"
    if not is_open:
        return "all that the register knows of the best candidate was said and agrees already"
    return "no trait of the best candidate would be enough, nor any two of them"


def _why_nobody(answer: Answer) -> str | None:
    if answer.outcome == "insufficient":
        return "nothing was searched: even full agreement on what was said could not be sure"
    return "no candidate was found: there is nobody to suppose anything of" if answer.outcome == "not_found" else None


def _verdict_of_best(best: Score, conditions: Iterable[Condition]) -> str:
    failed = [condition for condition in conditions if not condition.holds]
    if not failed:
        return "the person asked about"
    return "the nearest, but " + "; ".join(_why_it_fails(best, condition) for condition in failed)


def _why_it_fails(best: Score, condition: Condition) -> str:
    match condition.name:
        case "confidence":
            return f"sure to {condition.found:.6f} only, where {condition.needed} is needed"
        case "margin_bits":
            return f"the next one is {condition.found:.2f} bits behind, where {condition.needed} are needed"
        case "no_veto":
            return f"vetoed: {_veto(best)}"
        case "all_seen":
            return "more records answer than can be looked at"


def _why_lost(best: Score, other: Score, weaker: tuple[Difference, ...], stronger: tuple[Difference, ...]) -> str:
    """Return sentences: the veto, how far behind, where it is weaker, where it is stronger."""
    sentences = [f"vetoed: {_veto(other)}"] if other.vetoed else []
    if weaker or stronger:
        losses = ", ".join(f"{_stands(item, 'worth less')} (−{item.bits:.1f})" for item in weaker)
        sentences.append(f"{best.bits - other.bits:.1f} bits behind the best one: {losses or 'nowhere weaker'}")
    else:
        sentences.append(
            "as good as the best one in all that was said: only the order of the identifiers puts it behind"
        )
    if stronger:
        gains = ", ".join(f"{_stands(item, 'worth more')} (+{item.bits:.1f})" for item in stronger)
        sentences.append(f"better: {gains}")
    return "; ".join(sentences)


def _veto(candidate: Score) -> str:
    if candidate.level("nir") == "contradicted":
        return "the number is its own, but its birth date is another"
    if not candidate.vetoed:
        return "the number is its own, but another of that name and birth bears the given name that was said"
    return "none of its given names was said, not even by sound, and neither number nor parents speak for it"


def _stands(difference: Difference, worth: str) -> str:
    """Say how a candidate stands on one criterion beside the best one; `worth` is said where both stand alike.

    The same agreement is worth less where the value is more common, or where the number says it already.
    """
    word, level = WORDS[difference.criterion], difference.level
    if level is None:
        return f"{word} silent"
    alike = f" too, but {worth}" if level == difference.level_of_best else ""
    return f"{word} {LEVEL_WORDS.get(level, level)}{alike}"

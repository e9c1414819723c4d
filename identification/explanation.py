"""Why an answer is what it is: every candidate, its evidence, and why it won or lost."""

from dataclasses import dataclass
from typing import Any

from identification.answers import Answer, public_evidence, public_record
from identification.cascade import Finding
from scoring.decision import Decision
from scoring.model import Model
from scoring.score import Evidence, Score


@dataclass(frozen=True, slots=True)
class ExplainedCandidate:
    identity: dict[str, Any]
    score_bits: float
    confidence: float
    evidence: tuple[Evidence, ...]
    verdict: str


@dataclass(frozen=True, slots=True)
class Explanation:
    answer: Answer
    candidates: tuple[ExplainedCandidate, ...]


def explain(finding: Finding, model: Model) -> Explanation:
    decision = finding.decision
    if decision is None:
        return Explanation(finding.answer, ())
    candidates = tuple(
        ExplainedCandidate(
            identity=public_record(candidate.record),
            score_bits=round(candidate.bits, 2),
            confidence=confidence,
            evidence=public_evidence(candidate),
            verdict=_verdict(position, candidate, decision, model),
        )
        for position, (candidate, confidence) in enumerate(zip(decision.ranked, decision.confidences, strict=True))
    )
    return Explanation(finding.answer, candidates)


def _verdict(position: int, candidate: Score, decision: Decision, model: Model) -> str:
    if candidate.vetoed:
        return "refused: its given names, or number and traits together, contradict what was said"
    if position == 0:
        return _verdict_of_best(decision, model)
    behind = decision.ranked[0].bits - candidate.bits
    against = [item.criterion for item in candidate.evidence if item.bits < 0]
    because = f", against it: {', '.join(against)}" if against else ""
    return f"{behind:.1f} bits behind the best{because}"


def _verdict_of_best(decision: Decision, model: Model) -> str:
    if decision.outcome == "identified":
        return "the person asked about"
    if decision.reason == "truncated":
        return "the best found, but more records answer than can be looked at"
    if decision.outcome == "ambiguous":
        return "as good as the next one: which of them cannot be told"
    return f"the nearest, but below the confidence of {model.decision.threshold} from which one is named"

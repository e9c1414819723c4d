"""Ask labelled questions of a register and keep what the figures need of each answer; on all cores."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from evaluation.declarations import Labelled
from identification.bulk import Identifiers, batches_of, of_this_process
from identification.cascade import Finding
from identification.questions import Asked, read_question
from retrieval.settings import EngineSettings


@dataclass(frozen=True, slots=True)
class Result:
    """One labelled question answered.

    `outcome` is `right`, `wrong` or the refusal; `named` whether margin, vetoes and truncation allow the best
    candidate; `levels` how the true record agrees, where it was a candidate.
    """

    kind: str
    origin: str
    born: int
    registered: bool
    outcome: str
    confidence: float
    best_is_right: bool
    named: bool
    path: str
    candidates: int
    margin: float
    among_candidates: bool
    levels: tuple[tuple[str, str], ...] = ()


def run(
    settings: EngineSettings,
    questions: Iterable[Labelled],
    workers: int,
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[Result]:
    """Yield the result of each question, in its order."""
    done = 0
    with Identifiers(settings, workers) as identifiers:
        for results in identifiers.map(_answer, batches_of(questions)):
            yield from results
            done += len(results)
            progress(done)


def _answer(batch: list[Labelled]) -> list[Result]:
    runner, identifier = of_this_process()
    asked = [read_question(labelled.query) for labelled in batch]
    findings = runner.run(identifier.find(asked))
    limits = identifier.model.decision
    return [
        _result(labelled, question, finding, limits.margin_bits)
        for labelled, question, finding in zip(batch, asked, findings, strict=True)
    ]


def _result(labelled: Labelled, question: Asked, finding: Finding, margin_bits: float) -> Result:
    decision, answer = finding.decision, finding.answer
    ranked = decision.ranked if decision else ()
    best = ranked[0] if ranked else None
    margin = best.bits - ranked[1].bits if best and len(ranked) > 1 else float("inf")
    true = next((score for score in ranked if score.record.id == labelled.truth), None)
    outcome = (
        answer.outcome if answer.identity is None else "right" if answer.identity["id"] == labelled.truth else "wrong"
    )
    return Result(
        kind=labelled.kind,
        origin=labelled.origin,
        born=labelled.born,
        registered=labelled.truth is not None,
        outcome=outcome,
        confidence=answer.confidence or 0.0,
        best_is_right=best is not None and best is true,
        named=best is not None and not best.vetoed and margin >= margin_bits and answer.reason != "truncated",
        path=answer.path or "none",
        candidates=len(ranked),
        margin=margin,
        among_candidates=true is not None,
        levels=tuple((item.criterion, item.level) for item in true.evidence) if true else (),
    )

"""Ask labelled questions of a register and keep what the figures need of each answer; on all cores."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context

from evaluation.declarations import Labelled
from identification.cascade import Finding, Identifier
from identification.questions import Asked, read_question
from retrieval.settings import EngineSettings, open_engine
from scoring.model import Model

_BATCH = 200
_IN_FLIGHT_PER_WORKER = 2


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
    model: Model | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[Result]:
    """Yield the result of each question, in its order."""
    batches = _batches(questions)
    done = 0
    with ProcessPoolExecutor(workers, get_context("spawn"), _open, (settings, model)) as pool:
        under_way: deque[Future[list[Result]]] = deque()
        for batch in batches:
            under_way.append(pool.submit(_answer, batch))
            if len(under_way) >= workers * _IN_FLIGHT_PER_WORKER:
                results = under_way.popleft().result()
                yield from results
                done += len(results)
                progress(done)
        for rest in under_way:
            yield from rest.result()


def _batches(questions: Iterable[Labelled]) -> Iterator[list[Labelled]]:
    iterator = iter(questions)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


_worker: dict[str, tuple[asyncio.Runner, Identifier]] = {}


def _open(settings: EngineSettings, model: Model | None) -> None:
    """Open the engine of one worker process, kept for all its batches."""
    _worker["identifier"] = (asyncio.Runner(), Identifier(open_engine(settings), model, settings.data_dir))


def _answer(batch: list[Labelled]) -> list[Result]:
    runner, identifier = _worker["identifier"]
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

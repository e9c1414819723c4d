"""What leaves: answers as the organism may see them, held back when it probes, and audited before a byte goes out."""

from collections import Counter
from collections.abc import Sequence

import orjson

from analyzers.nir import InvalidNir, read_nir
from api.access import Call
from api.probing import Trace, Withheld, trace_of, trace_of_number
from api.quota import TooMany
from api.visible import visible_answer, visible_explanation, visible_verification
from audit.keys import AuditKey
from audit.lines import Consultation
from identification.answers import Answer, failed_answer
from identification.cascade import Finding
from identification.explanation import Explanation
from identification.verification import Verification


async def released(call: Call, findings: Sequence[Finding]) -> list[bytes]:
    """Return the bytes of each answer, in order: all of a batch, or the next few of a stream.

    An answer that is withheld is `failed`: the caller may ask again, later.

    Raises:
        AuditUnavailable: nothing may leave.
    """
    control = call.control
    if control is None:
        answers = [finding.answer for finding in findings]
        call.seen.answered(findings, answers)
        return [answer.to_json() for answer in answers]
    held = [control.watch.judge(call.organism.name, trace_of(finding)) for finding in findings]
    answers = [_answer(call, finding, wait) for finding, wait in zip(findings, held, strict=True)]
    key = control.ledger.key
    consultations = [_consulted(*item, key) for item in zip(findings, answers, held, strict=True)]
    await call.audit(consultations, _alerts(held))
    call.seen.answered(findings, answers)
    return [answer.to_json() for answer in answers]


async def released_one(call: Call, finding: Finding) -> bytes:
    """Return the bytes of an answer that was asked alone. Raises TooMany where it is withheld, AuditUnavailable."""
    control = call.control
    if control is None:
        call.seen.answered([finding], [finding.answer])
        return finding.answer.to_json()
    await _refuse_probing(call, trace_of(finding), _asked(finding, control.ledger.key))
    answer = _answer(call, finding, None)
    await call.audit([_consulted(finding, answer, None, control.ledger.key)])
    call.seen.answered([finding], [answer])
    return answer.to_json()


async def released_explanation(call: Call, finding: Finding, explanation: Explanation) -> bytes:
    """Return the bytes of an explanation: all its candidates are consulted. Raises TooMany, AuditUnavailable."""
    if call.control:
        key = call.control.ledger.key
        await _refuse_probing(call, trace_of(finding), _asked(finding, key))
        records = tuple(key.record(item.identity["nir"], item.identity["id"]) for item in explanation.candidates)
        await call.audit([Consultation(finding.answer.outcome, _asked(finding, key), records)])
        explanation = visible_explanation(explanation, call.organism.fields)
    call.seen.answered([finding], [explanation.answer])
    return orjson.dumps(explanation)


async def released_verification(call: Call, nir: str, birth_name: str, verification: Verification) -> bytes:
    """Return the bytes of a verification. Raises TooMany where it is withheld, AuditUnavailable."""
    if call.control is None:
        call.seen.came_to(verification.result)
        return orjson.dumps(verification)
    body, identity, key = _body(nir), verification.identity, call.control.ledger.key
    asked = key.number(body) if body else None
    if body:
        await _refuse_probing(call, trace_of_number(body, birth_name, refused=identity is None), asked)
    records = (key.record(identity["nir"], identity["id"]),) if identity else ()
    await call.audit([Consultation(verification.result, asked, records)])
    call.seen.came_to(verification.result)
    return orjson.dumps(visible_verification(verification, call.organism.fields))


async def _refuse_probing(call: Call, trace: Trace, asked: str | None) -> None:
    held = call.control.watch.judge(call.organism.name, trace) if call.control else None
    if held:
        await call.audit([Consultation("withheld", asked)], _alerts([held]))
        raise TooMany(held.retry_after_s, "Too many tries that come near each other.")


def _answer(call: Call, finding: Finding, held: Withheld | None) -> Answer:
    if held:
        return failed_answer(finding.asked, finding.answer.model or "")
    return visible_answer(finding.answer, call.organism.fields, call.may("explain"))


def _consulted(finding: Finding, answer: Answer, held: Withheld | None, key: AuditKey) -> Consultation:
    """Say what leaves with an answer: the identity, or the best candidate where its evidence is shown."""
    outcome, identity = "withheld" if held else answer.outcome, finding.answer.identity
    records: tuple[str, ...] = ()
    if answer.identity is not None and identity:
        records = (key.record(identity["nir"], identity["id"]),)
    elif answer.evidence and finding.decision and finding.decision.best:
        best = finding.decision.best.record
        records = (key.record(best.nir, best.id),)
    return Consultation(outcome, _asked(finding, key), records)


def _asked(finding: Finding, key: AuditKey) -> str | None:
    query = finding.asked.query
    return key.number(query.nir.body) if query and query.nir else None


def _alerts(held: Sequence[Withheld | None]) -> dict[str, int] | None:
    return dict(Counter(item.kind for item in held if item)) or None


def _body(nir: str) -> str | None:
    try:
        return read_nir(nir).body
    except InvalidNir:
        return None

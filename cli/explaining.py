"""An explanation as a person would read it."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from identification.explanation import ExplainedCandidate, Explanation

_MOST_SHOWN = 20


def print_explanation(console: Console, explanation: Explanation) -> None:
    answer = explanation.answer
    reason = f" ({answer.reason})" if answer.reason else ""
    console.print(f"[bold]{answer.outcome}[/]{reason}")
    if answer.confidence is not None:
        console.print(f"confidence {answer.confidence:.6f}, settled by {answer.path}", highlight=False)
    for item in answer.ignored:
        console.print(f"left out: {escape(item.field)} ({item.code})", highlight=False)
    if answer.missing:
        console.print(f"would help: {', '.join(answer.missing)}", highlight=False)
    if not explanation.candidates:
        console.print("no candidate")
        return
    table = Table("candidate", "bits", "confidence", "evidence", "why", show_lines=True)
    for candidate in explanation.candidates[:_MOST_SHOWN]:
        table.add_row(
            escape(_person(candidate)),
            f"{candidate.score_bits:.1f}",
            f"{candidate.confidence:.6f}",
            "\n".join(f"{item.criterion} {item.level} {item.bits:+.1f}" for item in candidate.evidence),
            candidate.verdict,
        )
    console.print(table)
    hidden = len(explanation.candidates) - _MOST_SHOWN
    if hidden > 0:
        console.print(f"and {hidden} more, further behind")


def _person(candidate: ExplainedCandidate) -> str:
    identity = candidate.identity
    place = identity["birth_place"] or {}
    lines = [
        f"{identity['id']}  {identity['birth_name'] or '(no surname)'} {' '.join(identity['given_names'])}",
        f"{identity['birth_date'] or 'date unknown'}  {place.get('label') or place.get('code') or ''}",
    ]
    return "\n".join(lines)

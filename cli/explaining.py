"""An explanation as a person would read it."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from identification.explanation import Condition, ExplainedCandidate, Explanation, WaterfallStep
from identification.wording import WORDS
from scoring.alternatives import Alternative
from scoring.model import Criterion

_MOST_DRAWN = 3
_MOST_LISTED = 20
_MOST_ALTERNATIVES = 6
_WIDTH_OF_NUMBERS = 47
_INDENT = 3
_NARROWEST_BAR, _WIDEST_BAR = 20, 60
_WHO = {
    "runner_up": "the next candidate",
    "other_candidates": "all other candidates",
    "not_registered": "somebody not registered",
    "registered_not_found": "somebody registered, not found",
    "twin": "a twin",
    "sibling": "a brother or sister",
    "parent_or_child": "a parent or child",
    "number_lent": "somebody using its number",
}


def print_explanation(console: Console, explanation: Explanation) -> None:
    """Print the answer, the best candidates drawn, the others in a table, and what would have made it unique."""
    _print_answer(console, explanation)
    candidates = explanation.candidates
    drawn = candidates[:_MOST_DRAWN] if explanation.against else ()
    most = max((abs(step.bits) for candidate in drawn for step in candidate.waterfall), default=0.0)
    for rank, candidate in enumerate(drawn, start=1):
        _print_waterfall(console, rank, candidate, most)
        if rank == 1:
            _print_against(console, explanation)
    _print_others(console, candidates[len(drawn) :], len(drawn) + 1)
    _print_what_is_missing(console, explanation)


def _print_answer(console: Console, explanation: Explanation) -> None:
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


def _print_waterfall(console: Console, rank: int, candidate: ExplainedCandidate, most: float) -> None:
    console.print()
    console.print(f"[bold]{rank}. {escape(_person(candidate))}[/]", highlight=False)
    why = f"confidence {candidate.confidence:.6f}: {candidate.verdict}"
    console.print(Padding(Text(why), (0, 0, 0, _INDENT), expand=False))
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 0))
    table.add_column("   criterion", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("bits", justify="right", no_wrap=True)
    table.add_column("total", justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    half = min(_WIDEST_BAR, max(_NARROWEST_BAR, console.width - _WIDTH_OF_NUMBERS)) // 2
    for step, (before, total) in zip(candidate.waterfall, _rounded(candidate.waterfall), strict=True):
        bits = total - before
        bar = _bar(step.bits, most, half)
        table.add_row(f"   {_name(step)}", _level(step), f"{bits:+.2f}", f"{total:+.2f}", bar)
    console.print(table)


def _rounded(steps: Iterable[WaterfallStep]) -> Iterable[tuple[float, float]]:
    """Return the totals before and after each step, rounded, so that what is shown adds up as it is shown."""
    return pairwise([0.0, *(round(step.total, 2) for step in steps)])


def _name(step: WaterfallStep) -> str:
    return "prior" if step.criterion == "prior" else WORDS[step.criterion]


def _level(step: WaterfallStep) -> str:
    return f"1 in {2.0**-step.bits:,.0f}" if step.criterion == "prior" else step.level or ""


def _bar(bits: float, most: float, half: int) -> Text:
    """Return a bar from the middle: for the candidate to the right, against it to the left."""
    halves = round(abs(bits) / most * half * 2) if most else 0
    whole, rest = divmod(halves, 2)
    if bits < 0:
        left = ("▐" * rest + "█" * whole) or "▕"
        return Text.assemble((left.rjust(half), "red"), ("│", "dim"))
    right = ("█" * whole + "▌" * rest) or ("▏" if bits else "")
    return Text.assemble(" " * half, ("│", "dim"), (right, "green"))


def _print_against(console: Console, explanation: Explanation) -> None:
    """Print who else it could be, and what must hold; the shares shown add up to 1 with the confidence."""
    best = explanation.candidates[0]
    console.print(
        "   [dim]what stands against it: a share is 2^bits, divided by the sum of them all[/]", highlight=False
    )
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row("   this candidate", f"{best.waterfall[-1].total:+.2f}", f"{best.confidence:.6f}", style="bold")
    for rival, share in zip(explanation.against, _shares(explanation), strict=True):
        who = f"{_WHO.get(rival.who, rival.who)}{f', {rival.id}' if rival.id else ''}"
        table.add_row(f"   {escape(who)}", f"{rival.bits:+.2f}", f"{share:.6f}")
    console.print(table)
    for condition in explanation.conditions:
        console.print(f"   {_condition(condition)}", highlight=False)


def _shares(explanation: Explanation) -> list[float]:
    """Return the shares of the rivals, rounded so that they make 1 with the confidence, which is rounded down."""
    best, *others = explanation.candidates
    rivals = explanation.against
    _, *sums = accumulate((rival.share for rival in rivals), initial=1 - sum(rival.share for rival in rivals))
    shown = [best.confidence, *(round(total, 6) for total in sums)]
    if rivals[0].who == "runner_up":
        shown[1] = best.confidence + others[0].confidence
    return [after - before for before, after in pairwise(shown)]


def _condition(condition: Condition) -> str:
    mark = "[green]✓[/]" if condition.holds else "[red]✗[/]"
    match condition.name:
        case "confidence":
            return f"{mark} confidence {condition.found:.6f}, needed {condition.needed}"
        case "margin_bits":
            if condition.found is None:
                return f"{mark} no other candidate"
            return f"{mark} the next candidate {condition.found:.2f} bits behind, needed {condition.needed}"
        case "no_veto":
            return f"{mark} no veto"
        case "all_seen":
            return f"{mark} every record that answers was looked at"


def _print_others(console: Console, candidates: Sequence[ExplainedCandidate], first: int) -> None:
    if not candidates:
        return
    console.print()
    table = Table("", "candidate", "total", "confidence", "why it lost", box=None, header_style="dim")
    for rank, candidate in enumerate(candidates[:_MOST_LISTED], start=first):
        total = candidate.waterfall[-1].total if candidate.waterfall else candidate.score_bits
        confidence = f"{candidate.confidence:.6f}"
        table.add_row(f"{rank}.", escape(_person(candidate)), f"{total:+.1f}", confidence, escape(candidate.verdict))
    console.print(table)
    hidden = len(candidates) - _MOST_LISTED
    if hidden > 0:
        console.print(f"and {hidden} more, further behind")


def _print_what_is_missing(console: Console, explanation: Explanation) -> None:
    if explanation.note is None:
        return
    console.print()
    if explanation.separating:
        first, second = (candidate.identity["id"] for candidate in explanation.candidates[:2])
        told = _listed(explanation.separating)
        console.print(f"{escape(first)} and {escape(second)} differ in {told}.", highlight=False)
    _print_alternatives(console, explanation.would_identify)
    console.print(f"[dim]{escape(explanation.note)}[/]", highlight=False)


def _print_alternatives(console: Console, found: Sequence[Alternative]) -> None:
    if not found:
        return
    one_of = " one of" if len(found) > 1 else ""
    console.print(f"[bold]It would be identified with{one_of}:[/]")
    table = Table.grid(padding=(0, 2, 0, 0))
    for alternative in found[:_MOST_ALTERNATIVES]:
        table.add_row(f" • {alternative.confidence:.6f}", _alternative(alternative))
    console.print(table)
    hidden = len(found) - _MOST_ALTERNATIVES
    if hidden > 0:
        console.print(f" • or {hidden} more", highlight=False)


def _alternative(alternative: Alternative) -> str:
    """Say what is to be said in addition, or otherwise than it was."""
    added = [trait for trait in alternative.criteria if trait not in alternative.corrected]
    instead = alternative.corrected
    parts = []
    if added:
        parts.append(f"{_listed(added)}, if {'they are' if _is_plural(added) else 'it is'} the candidate's")
    if instead:
        said = "are meant rather than those" if _is_plural(instead) else "is meant rather than the one"
        parts.append(f"{_listed(instead)}, if the candidate's {said} said")
    return "; and ".join(parts)


def _listed(traits: Iterable[Criterion]) -> str:
    words = [f"the {WORDS[trait]}" for trait in traits]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _is_plural(traits: Sequence[Criterion]) -> bool:
    return len(traits) > 1 or traits[0] in ("given_names", "parents")


def _person(candidate: ExplainedCandidate) -> str:
    identity = candidate.identity
    place = identity["birth_place"] or {}
    name = f"{identity['birth_name'] or '(no surname)'} {' '.join(identity['given_names'])}"
    born = f"{identity['birth_date'] or 'date unknown'} {place.get('label') or place.get('code') or ''}"
    return f"{identity['id']}  {name}  {born}".strip()

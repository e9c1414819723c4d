"""What is wrong with an edition: counted, each with its first examples, which are public codes and dates."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nomenclature.values import END, Edition, Event, Kind, Period

_EXAMPLES = 5
_TOLERATED = 100
"""One defect among so many periods is reported; the official files have a dozen."""
_MUST_NOT_OVERLAP = frozenset({Kind.COMMUNE, Kind.ARRONDISSEMENT})


@dataclass(frozen=True, slots=True)
class Finding:
    """A kind of defect: how often, and where first."""

    what: str
    count: int
    examples: tuple[str, ...]


class UnsoundEdition(Exception):
    """So much is wrong that the edition is not kept. `findings` say what."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        listed = "; ".join(f"{found.count:,} {found.what} ({', '.join(found.examples)})" for found in findings)
        super().__init__(f"the edition is not kept: {listed or 'it has no commune'}")
        self.findings = tuple(findings)


def refuse_unsound(edition: Edition, findings: Sequence[Finding]) -> None:
    """Raise UnsoundEdition when the edition has no commune, or more defects than one in a hundred periods."""
    if not edition.periods or sum(found.count for found in findings) * _TOLERATED > len(edition.periods):
        raise UnsoundEdition(findings)


def check(edition: Edition, parents: Sequence[tuple[str, str]] = (), unusable: Sequence[str] = ()) -> list[Finding]:
    """Return the defects found; none for a sound edition.

    Args:
        parents: the commune that each déléguée, associée or arrondissement names, as (code, parent).
        unusable: rows that could not be read, as "table row number".
    """
    found = {
        "rows that cannot be read": unusable,
        "periods that end before they begin": list(_backwards(edition.periods)),
        "overlapping periods of one commune": list(_overlapping(edition.periods)),
        "links that lead to no commune of that day": list(_leading_nowhere(edition)),
        "communes that ended without a successor": list(_without_successor(edition)),
        "parts whose commune is not in force": list(_orphans(edition.periods, parents)),
    }
    return [Finding(what, len(where), tuple(where[:_EXAMPLES])) for what, where in found.items() if where]


def _backwards(periods: Iterable[Period]) -> Iterator[str]:
    yield from (f"{period.code} {period.start}" for period in periods if period.end <= period.start)


def _overlapping(periods: Iterable[Period]) -> Iterator[str]:
    by_code: dict[str, list[Period]] = defaultdict(list)
    for period in periods:
        if period.kind in _MUST_NOT_OVERLAP:
            by_code[period.code].append(period)
    for code, line in by_code.items():
        line.sort(key=lambda period: period.start)
        yield from (f"{code} {after.start}" for before, after in pairwise(line) if after.start < before.end)


def _leading_nowhere(edition: Edition) -> Iterator[str]:
    by_code: dict[str, list[Period]] = defaultdict(list)
    for period in edition.periods:
        by_code[period.code].append(period)
    for link in edition.links:
        if not any(period.holds_on(link.on, link.on) for period in by_code.get(link.after, ())):
            yield f"{link.before} to {link.after} {link.on}"


def _without_successor(edition: Edition) -> Iterator[str]:
    left = {link.before for link in edition.links if link.event is not Event.DETACHED}
    last: dict[str, str] = {}
    for period in edition.periods:
        if period.kind in _MUST_NOT_OVERLAP:
            last[period.code] = max(period.end, last.get(period.code, ""))
    yield from (f"{code} {end}" for code, end in last.items() if end != END and code not in left)


def _orphans(periods: Iterable[Period], parents: Iterable[tuple[str, str]]) -> Iterator[str]:
    in_force = {period.code for period in periods if period.kind is Kind.COMMUNE and period.end == END}
    yield from (f"{code} in {parent}" for code, parent in parents if parent not in in_force)

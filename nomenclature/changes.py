"""What changed between two editions, and which codes a register has to read anew."""

from dataclasses import dataclass

from nomenclature.nomenclature import Nomenclature
from nomenclature.values import END, Edition, Event, Kind


@dataclass(frozen=True, slots=True)
class Change:
    """One code: its name before and after, or the code into which it went."""

    code: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The communes in force in one edition and not, or otherwise, in the other; each sorted by code."""

    created: tuple[Change, ...]
    abolished: tuple[Change, ...]
    merged: tuple[Change, ...]
    renamed: tuple[Change, ...]
    renumbered: tuple[Change, ...]


def compare_editions(old: Edition, new: Edition) -> Changes:
    before, after = _in_force(old), _in_force(new)
    merged = _merged(new)
    known = {(link.before, link.after) for link in old.links if link.event is Event.RENUMBERED}
    numbers = {(link.before, link.after) for link in new.links if link.event is Event.RENUMBERED}
    renumbered = dict(numbers - known)
    gone, come = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
    return Changes(
        created=tuple(Change(code, "", after[code]) for code in come if code not in renumbered.values()),
        abolished=tuple(Change(code, before[code], "") for code in gone if code not in {*merged, *renumbered}),
        merged=tuple(Change(code, before[code], merged[code]) for code in gone if code in merged),
        renamed=tuple(
            Change(code, before[code], after[code])
            for code in sorted(before.keys() & after.keys())
            if before[code] != after[code]
        ),
        renumbered=tuple(Change(code, code, renumbered[code]) for code in sorted(renumbered)),
    )


def touched_codes(old: Nomenclature, new: Nomenclature) -> frozenset[str]:
    """Return the codes whose lineage or names differ: what is recorded under them is read anew."""

    def differs(code: str) -> bool:
        return old.lineage(code) != new.lineage(code) or old.names(code) != new.names(code)

    return frozenset(filter(differs, old.codes | new.codes))


def _merged(edition: Edition) -> dict[str, str]:
    """Return where the communes went that ended by going into another: the event is of the day they ended."""
    ended = {period.code: period.end for period in edition.periods if period.kind is Kind.COMMUNE}
    merged = (link for link in edition.links if link.event is Event.MERGED and ended.get(link.before) == link.on)
    return {link.before: link.after for link in merged}


def _in_force(edition: Edition) -> dict[str, str]:
    kinds = (Kind.COMMUNE, Kind.ARRONDISSEMENT, Kind.COUNTRY)
    return {period.code: period.name for period in edition.periods if period.end == END and period.kind in kinds}

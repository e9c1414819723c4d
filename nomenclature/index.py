"""Every name of an edition, by the forms under which labels look it up."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile

from analyzers.places import ABROAD, department_of
from nomenclature.facts import dated_prefixes
from nomenclature.labels import Label, read_label, spelt, without_article
from nomenclature.lineages import Lineages
from nomenclature.values import ABROAD_KINDS, Edition, Kind, Period


@dataclass(frozen=True, slots=True)
class Entry:
    """A name of a place: `name` with its article as it compares, the official period, and how good a match it is."""

    name: str
    period: Period
    match: str


class NameIndex:
    """The names of one edition. Communes are found by name, by joined name and by département; countries by name."""

    def __init__(self, edition: Edition, lineages: Lineages) -> None:
        self._lineages = lineages
        self._prefixes: dict[str, set[str]] = defaultdict(set)
        for rule in dated_prefixes():
            for code in lineages.lineage(rule.place):
                self._prefixes[code].add(rule.prefix[:2])
        self.by_name: dict[str, list[Entry]] = defaultdict(list)
        self.by_joined: dict[str, list[Entry]] = defaultdict(list)
        self.arrondissements: dict[tuple[str, int], list[Entry]] = defaultdict(list)
        self.by_beginning: dict[str, list[Entry]] = defaultdict(list)
        self.by_department: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        for label, entry in _entries(edition):
            self._add(label, entry)
        self.countries = dict(edition.codes)
        self.country_codes = {period.code for period in edition.periods if period.kind in ABROAD_KINDS}
        self.departments = {spelt(row.name): row.code for row in edition.departments}

    def beginning_with(self, joined: str) -> list[Entry]:
        """Return the entries whose joined name begins so: a label cut at the length of its field."""
        place = bisect_left(self._sorted, joined)
        names = takewhile(lambda name: name.startswith(joined), islice(self._sorted, place, None))
        return [entry for name in names for entry in self.by_joined[name]]

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.by_joined)

    def _add(self, label: Label, entry: Entry) -> None:
        if label.city and label.number:
            self.arrondissements[label.city, label.number].append(entry)
            return
        self.by_name[label.bare].append(entry)
        joined = label.bare.replace(" ", "")
        self.by_joined[joined].append(entry)
        words = label.bare.split(" ")
        for count in range(1, len(words)):
            self.by_beginning[" ".join(words[:count])].append(entry)
        for department in self.departments_of(entry.period):
            self.by_department[department][joined].append(entry)

    def departments_of(self, period: Period) -> frozenset[str]:
        """Return the départements under which a place may be declared, comparable, overseas also by two characters.

        A place abroad is in 99, and in what its former codes begin with: Algiers was in 91, Dakar in 98.
        """
        numbers = self._lineages.numbers(period.code)
        if period.kind in ABROAD_KINDS:
            return frozenset({ABROAD, *(number[:2] for number in numbers), *self._prefixes[period.code]})
        return frozenset(department_of(number)[:length] for number in numbers for length in (2, 3))


def _entries(edition: Edition) -> Iterator[tuple[Label, Entry]]:
    last: dict[str, Period] = {}
    for period in edition.periods:
        if period.kind not in ABROAD_KINDS or period.code not in last:
            last[period.code] = max(last.get(period.code, period), period, key=lambda row: row.end)
        label = _read_name(period.name, period.kind)
        yield label, Entry(label.name, period, "exact")
    for alias in edition.aliases:
        if alias.code in last:
            label = read_label(alias.name) if alias.is_town else _read_name(alias.name, last[alias.code].kind)
            yield label, Entry(label.name, last[alias.code], "town" if alias.is_town else "admitted")


def _read_name(name: str, kind: Kind) -> Label:
    """Return how a name is looked up: what is in parentheses tells one country from another, CONGO from CONGO."""
    if kind is not Kind.COUNTRY:
        return read_label(name)
    whole = spelt(name)
    return Label(whole, without_article(whole))

"""Every name of an edition, by the forms under which labels look it up."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from analyzers.places import ABROAD, department_of
from nomenclature.labels import Label, read_label, spelt
from nomenclature.lineages import Lineages
from nomenclature.values import Edition, Kind, Period

_ABROAD = frozenset({Kind.COUNTRY, Kind.FORMER})


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
        self.by_name: dict[str, list[Entry]] = defaultdict(list)
        self.by_joined: dict[str, list[Entry]] = defaultdict(list)
        self.arrondissements: dict[tuple[str, int], list[Entry]] = defaultdict(list)
        self.by_department: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        for label, entry in _entries(edition):
            self._add(label, entry)
        self.countries = dict(edition.codes)
        self.country_codes = {period.code for period in edition.periods if period.kind is Kind.COUNTRY}
        self.departments = {spelt(row.name): row.code for row in edition.departments}

    def _add(self, label: Label, entry: Entry) -> None:
        if label.city and label.number:
            self.arrondissements[label.city, label.number].append(entry)
            return
        self.by_name[label.bare].append(entry)
        joined = label.bare.replace(" ", "")
        self.by_joined[joined].append(entry)
        if entry.period.kind not in _ABROAD:
            for code in {department_of(number) for number in self._lineages.numbers(entry.period.code)}:
                self.by_department[code][joined].append(entry)
        else:
            self.by_department[ABROAD][joined].append(entry)


def _entries(edition: Edition) -> Iterator[tuple[Label, Entry]]:
    last: dict[str, Period] = {}
    for period in edition.periods:
        if period.kind not in _ABROAD or period.code not in last:
            last[period.code] = max(last.get(period.code, period), period, key=lambda row: row.end)
        label = read_label(period.name)
        yield label, Entry(label.name, period, "exact")
    for alias in edition.aliases:
        if alias.code in last:
            label = read_label(alias.name)
            yield label, Entry(label.name, last[alias.code], "town" if alias.is_town else "admitted")

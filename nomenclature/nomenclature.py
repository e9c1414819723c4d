"""Which place is this, when, and what else was it called? The questions that one edition answers."""

from collections import defaultdict
from functools import cached_property, lru_cache

from analyzers.dates import PartialDate
from analyzers.places import ABROAD, department_of
from nomenclature.collecting import remembered
from nomenclature.days import days_of
from nomenclature.editions import digest
from nomenclature.facts import dated_prefixes
from nomenclature.index import NameIndex
from nomenclature.lineages import Lineages
from nomenclature.resolution import Resolver
from nomenclature.values import ABROAD_KINDS, END, Candidate, Edition, Kind, Period, Relation

_REMEMBERED = 1 << 16
_IN_FORCE = frozenset({Kind.COMMUNE, Kind.ARRONDISSEMENT, Kind.COUNTRY})


class Nomenclature:
    """One edition, ready to answer. It never changes; build it once and share it.

    Codes are COG codes of five characters: communes with the déléguées, associées and arrondissements municipaux,
    countries, former territories. `on` is the birth date: codes that begin with 91 to 96, and two of Indochina, meant
    other places before. A code that no edition knows is alone in its lineage.
    """

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self._periods: dict[str, list[Period]] = defaultdict(list)
        for period in sorted(edition.periods, key=lambda period: (period.start, period.kind != Kind.COMMUNE)):
            self._periods[period.code].append(period)
        self._known = {*self._periods, *(code for link in edition.links for code in (link.before, link.after))}
        self._lineages = Lineages(edition.links)
        self._lineage = remembered(self._find_lineage, _REMEMBERED)
        self._relation = remembered(self._find_relation, _REMEMBERED)
        resolver = Resolver(NameIndex(edition, self._lineages), self._lineages, self._periods, self._lineage)
        self._resolve = lru_cache(_REMEMBERED)(resolver.resolve)
        self._country = resolver.country

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal characters that change with the contents."""
        return digest(self.edition)

    def resolve(
        self,
        label: str,
        department: str | None = None,
        country: str | None = None,
        on: PartialDate | None = None,
    ) -> tuple[Candidate, ...]:
        """Return the places that a label may mean, the best first; several when it is ambiguous, none when unknown.

        Args:
            label: as declared, in any case and spelling.
            department: two or three characters, former ones too; 99 is abroad. What lies elsewhere is left out.
            country: COG code, ISO alpha-2 or the declarations' own code; another than France gives that country.
            on: the birth date. `code` and `in_period` are as of that date; without one, as of today.
        """
        return self._resolve(label, department, country, on)

    def lineage(self, code: str, on: PartialDate | None = None) -> tuple[str, ...]:
        """Return, sorted, all codes of the place and of those that hold it or have held it.

        An identity recorded under a code and a declaration that names another meet when one code is in the lineage of
        the other: an old number and the new one, a commune and the one into which it went, a town of the USSR
        and the state of today. Two communes that went into a third share it and nothing else: `relation` tells them
        apart. What a place holds is not in its lineage (see `parts`), so that a lineage stays short.
        """
        return self._lineage(code, on)

    def relation(self, code: str, other: str, on: PartialDate | None = None) -> Relation:
        """Return how two codes stand to each other, the nearest that holds; the order of the two changes nothing."""
        return self._relation(code, other, on)

    def parts(self, code: str) -> tuple[str, ...]:
        """Return the codes that have this one in their lineage, itself and its other numbers left out, sorted."""
        return self._lineages.held(code)

    def current(self, code: str) -> tuple[str, ...]:
        """Return the code in force of the place, or those of the places that hold it now; empty when there is none."""
        return self._in_force(code, set())

    def periods(self, code: str) -> tuple[Period, ...]:
        """Return what a code stood for, the oldest first; empty for an unknown one."""
        return tuple(self._periods.get(code, ()))

    def names(self, code: str) -> tuple[str, ...]:
        """Return every name that the place ever had under any of its numbers, the latest first, then admitted ones."""
        numbers = self._lineages.numbers(code)
        periods = sorted(
            (period for number in numbers for period in self._periods.get(number, ())),
            key=lambda period: (period.end, period.start),
            reverse=True,
        )
        official = (period.name for period in periods)
        admitted = (name for number in numbers for name in self._admitted.get(number, ()))
        return tuple(dict.fromkeys((*official, *admitted)))

    def country(self, text: str) -> str | None:
        """Return the COG code of a country given by COG code, ISO alpha-2, a declaration's own code or a name."""
        return self._country(text)

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every code that the edition knows."""
        return frozenset(self._known)

    @cached_property
    def _admitted(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = defaultdict(list)
        for alias in self.edition.aliases:
            if not alias.is_town:
                names[alias.code].append(alias.name)
        return names

    def _find_lineage(self, code: str, on: PartialDate | None = None) -> tuple[str, ...]:
        return tuple(sorted({member for place in self._read(code, on) for member in self._lineages.lineage(place)}))

    def _find_relation(self, code: str, other: str, on: PartialDate | None) -> Relation:
        found = {self._compare(one, two) for one in self._read(code, on) for two in self._read(other, on)}
        return next(relation for relation in Relation if relation in found)

    def _read(self, code: str, on: PartialDate | None) -> tuple[str, ...]:
        """Return the places that a code means for a birth on a day: two when it may be old or today's."""
        last = days_of(on)[1]
        for rule in dated_prefixes():
            if code.startswith(rule.prefix) and code != rule.place and last < rule.before:
                if rule.place[:2] == code[:2] and code not in self._known:
                    return (rule.place,)
                return (code, rule.place) if code in self._periods else (rule.place,)
        return (code,)

    def _compare(self, one: str, two: str) -> Relation:
        if self._lineages.node(one) == self._lineages.node(two):
            return Relation.SAME
        above_one, above_two = self._lineages.above(one), self._lineages.above(two)
        if self._lineages.node(one) in above_two or self._lineages.node(two) in above_one:
            return Relation.PART
        if above_one & above_two:
            return Relation.MERGED
        shared = self._departments(one) & self._departments(two) - {ABROAD}
        if shared:
            return Relation.DEPARTMENT
        return Relation.APART if one in self._known and two in self._known else Relation.UNKNOWN

    def _departments(self, code: str) -> set[str]:
        if self._is_abroad(code):
            return {ABROAD}
        return {department_of(number) for number in self._lineages.numbers(code)}

    def _is_abroad(self, code: str) -> bool:
        """Whether the code is a country's or a former territory's: 91352 is no commune of the Essonne."""
        return any(period.kind in ABROAD_KINDS for period in self._periods.get(code, ()))

    def _in_force(self, code: str, seen: set[str]) -> tuple[str, ...]:
        for number in self._lineages.numbers(code):
            if any(period.end == END and period.kind in _IN_FORCE for period in self._periods.get(number, ())):
                return (number,)
        seen.add(code)
        holders = [holder for holder in self._lineages.holders_now(code) if holder not in seen]
        return tuple(sorted({found for holder in holders for found in self._in_force(holder, seen)}))

"""From a label to the places that it may mean. The first step that finds any ends the search.

A département leaves out what never was in it. A date leaves out nothing, because declarations give today's name for a
birth of then and the other way round: it orders the candidates, and says which code the place had.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from jellyfish import damerau_levenshtein_distance

from analyzers.dates import PartialDate
from analyzers.places import ABROAD
from nomenclature.days import days_of
from nomenclature.index import Entry, NameIndex
from nomenclature.labels import Label, other_readings, read_label, spelt, without_article
from nomenclature.lineages import Lineages
from nomenclature.values import ABROAD_KINDS, Candidate, Kind, Period

FRANCE = frozenset({"FR", "99100"})
_KINDS = {
    Kind.COMMUNE: 0,
    Kind.ARRONDISSEMENT: 0,
    Kind.COUNTRY: 1,
    Kind.FORMER: 1,
    Kind.DELEGATED: 2,
    Kind.ASSOCIATED: 2,
}
_MATCHES = {"exact": 0, "admitted": 1, "town": 2, "partial": 3, "close": 4, "country": 5}
_SLIPS = ((5, 1), (9, 2))
"""From so many letters on, so many slips still are the same name within a département."""
_LONG = 10
"""A label of so many letters may be cut: declarations hold 30 characters at most."""
_CUT = 25
"""A label of so many characters is looked up as the beginning of a name in the whole country."""
_MOST_BEGUN = 5
_SHORTEST_END = 4
"""A country or town at the end of a label has at least so many letters."""
Lineage = Callable[[str], tuple[str, ...]]


class Resolver:
    """The steps, on the names and periods of one edition."""

    def __init__(
        self, index: NameIndex, lineages: Lineages, periods: Mapping[str, Sequence[Period]], lineage: Lineage
    ) -> None:
        self._index = index
        self._lineages = lineages
        self._periods = periods
        self._lineage = lineage

    def resolve(
        self, text: str, department: str | None, country: str | None, on: PartialDate | None
    ) -> tuple[Candidate, ...]:
        label, whole = read_label(text), spelt(text)
        if label.hint and without_article(whole) in self._index.by_name:
            label = Label(whole, without_article(whole))
        where = _prefix(department)
        nation = self.country(country) or (self._nation_named(label.hint) if where in (None, ABROAD) else None)
        if nation and nation not in FRANCE:
            return self._abroad(label, nation, on)
        steps: tuple[Callable[[], list[Entry]], ...] = (
            lambda: self._read(label, where, nation in FRANCE),
            lambda: self._begun(label, where),
            lambda: self._close(label, where),
            lambda: self._otherwise(label, where, nation in FRANCE),
            lambda: self._named_at_the_end(label) if where in (None, ABROAD) and nation is None else [],
        )
        entries = next(filter(None, (step() for step in steps)), [])
        return self._candidates(entries, label, on)

    def _otherwise(self, label: Label, where: str | None, is_france: bool) -> list[Entry]:
        readings = (self._read(other, where, is_france) for other in other_readings(label))
        return [replace(entry, match="partial") for entry in next(filter(None, readings), [])]

    def _read(self, label: Label, where: str | None, is_france: bool) -> list[Entry]:
        """Return the names that the label may be, in the département said or hinted at; a hint may be wrong."""
        hinted = None if where else _prefix(self._index.departments.get(label.hint or "") or _number_of(label.hint))
        found = self._entries(label, hinted, is_france) if hinted else []
        return found or self._entries(label, where, is_france)

    def _begun(self, label: Label, where: str | None) -> list[Entry]:
        """Return the places of which the label is the beginning, BRIVE of Brive-la-Gaillarde, if they are few."""
        found = [entry for entry in self._index.by_beginning.get(label.bare, ()) if self._is_in(entry, where, True)]
        if not found and len(label.bare) >= _CUT:
            near = self._index.beginning_with(label.bare.replace(" ", ""))
            found = [entry for entry in near if self._is_in(entry, where, True)]
        few = len({entry.period.code for entry in found}) <= _MOST_BEGUN
        return [replace(entry, match="partial") for entry in found] if few else []

    def _named_at_the_end(self, label: Label) -> list[Entry]:
        """Return the country, or the town abroad, that the label ends with: SOUK AHRAS, ANNABA; DOUALA CAMEROUN."""
        words = label.name.split(" ")
        ends = [label.hint or "", *(" ".join(words[-count:]) for count in (3, 2, 1) if count < len(words))]
        for end in ends:
            named = self._index.by_name.get(without_article(end), ())
            found = [entry for entry in named if entry.period.kind in ABROAD_KINDS]
            if found and len(end) >= _SHORTEST_END:
                return [replace(entry, match="partial") for entry in found]
        return []

    def country(self, country: str | None) -> str | None:
        """Return the COG code of a country given by any of its codes, or by name; None for an unknown one."""
        text = country.strip().upper() if country else ""
        if text in FRANCE or text in self._index.country_codes:
            return text
        return self._index.countries.get(text) or self._nation_named(spelt(text))

    def _nation_named(self, name: str | None) -> str | None:
        if name in ("FRANCE", "REPUBLIQUE FRANCAISE"):
            return "99100"
        entries = self._index.by_name.get(without_article(name or ""), ())
        countries = (entry for entry in entries if entry.period.kind is Kind.COUNTRY and entry.match != "town")
        return next((entry.period.code for entry in countries), None)

    def _entries(self, label: Label, department: str | None, is_france: bool) -> list[Entry]:
        found = self._index.arrondissements.get((label.city, label.number), []) if label.city and label.number else []
        found = found or self._index.by_name.get(label.city or label.bare, [])
        found = found or self._index.by_joined.get(label.bare.replace(" ", ""), [])
        found = [entry for entry in found if self._is_in(entry, department, is_france)]
        same = [entry for entry in found if entry.name == label.name]
        return same if same and label.name != label.bare else found

    def _is_in(self, entry: Entry, department: str | None, is_france: bool) -> bool:
        if department is None:
            return not (is_france and entry.period.kind is Kind.COUNTRY)
        return department in self._index.departments_of(entry.period)

    def _close(self, label: Label, department: str | None) -> list[Entry]:
        """Return the names of the département that differ by a slip or two, or that the label begins."""
        joined = label.bare.replace(" ", "")
        allowed = max((slips for length, slips in _SLIPS if len(joined) >= length), default=0)
        near: dict[int, list[Entry]] = {}
        for name, entries in self._index.by_department.get(department or "", {}).items():
            if len(joined) >= _LONG and name.startswith(joined):
                near.setdefault(0, []).extend(entries)
            elif abs(len(name) - len(joined)) <= allowed:
                slips = damerau_levenshtein_distance(name, joined)
                if 0 < slips <= allowed:
                    near.setdefault(slips, []).extend(entries)
        best = near[min(near)] if near else []
        return [replace(entry, match="close") for entry in best]

    def _abroad(self, label: Label, nation: str, on: PartialDate | None) -> tuple[Candidate, ...]:
        """Return the country, after the former territory in it that the label names."""
        named = [
            entry
            for entry in self._index.by_name.get(label.bare, [])
            if entry.period.kind in ABROAD_KINDS and nation in self._lineage(entry.period.code)
        ]
        country = [Entry(label.name, period, "country") for period in self._periods.get(nation, ())[-1:]]
        return self._candidates([*named, *country], label, on)

    def _candidates(self, entries: Iterable[Entry], label: Label, on: PartialDate | None) -> tuple[Candidate, ...]:
        """Return one candidate for each place, by its best entry."""
        first, last = days_of(on)
        places: dict[str, tuple[tuple[object, ...], Entry, bool]] = {}
        for entry in entries:
            held = entry.period.holds_on(first, last)
            rank = (
                _MATCHES[entry.match],
                not held,
                _KINDS[entry.period.kind],
                entry.name != label.name,
                entry.period.end,
            )
            node = self._lineages.node(entry.period.code)
            if node not in places or rank < places[node][0]:
                places[node] = (rank, entry, held)
        ordered = sorted(places.values(), key=lambda place: (place[0][:4], place[1].period.code))
        return tuple(self._candidate(entry, held, first, last) for _, entry, held in ordered)

    def _candidate(self, entry: Entry, held: bool, first: str, last: str) -> Candidate:
        period = entry.period
        code = period.code if held else self._code_on(period.code, first, last)
        prefix = code[:3] if code[:2] in ("97", "98") else code[:2]
        return Candidate(
            code=code,
            kind=period.kind,
            name=period.name,
            start=period.start,
            end=period.end,
            department=ABROAD if period.kind in ABROAD_KINDS else prefix,
            lineage=self._lineage(period.code),
            match=entry.match,
            in_period=held,
        )

    def _code_on(self, code: str, first: str, last: str) -> str:
        """Return the number that the place had then; where it had none, the one that goes with the label."""
        for number in self._lineages.numbers(code):
            if any(period.holds_on(first, last) for period in self._periods.get(number, ())):
                return number
        return code


def _prefix(department: str | None) -> str | None:
    """Return the comparable form of a département: 2A and 2B are 20."""
    text = department.strip().upper() if department else ""
    return text.replace("2A", "20").replace("2B", "20") or None


def _number_of(hint: str | None) -> str | None:
    """Return a hint that is the number of a département: SAINT DENIS (974)."""
    hint = (hint or "").replace(" ", "")
    return hint if (hint.isdigit() and len(hint) in (2, 3)) or hint in ("2A", "2B") else None

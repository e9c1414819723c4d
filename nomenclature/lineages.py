"""Which codes are one place, and which places have held which others: a graph of links, read with their dates.

Codes that only changed number are one node. A node is in another during intervals; going up, intervals are cut to
what they share: a commune that left P before P went into Q was never in Q.
"""

from collections import defaultdict
from collections.abc import Iterable

from nomenclature.values import BEGINNING, END, Event, Link

_Held = dict[str, list[tuple[str, str]]]


class Lineages:
    """The links of one edition. All codes are strings of five characters; unknown ones are alone in their lineage."""

    def __init__(self, links: Iterable[Link]) -> None:
        ordered = sorted(links, key=lambda link: (link.on, link.event != Event.DETACHED, link.before, link.after))
        self._node: dict[str, str] = {}
        self._codes: dict[str, tuple[str, ...]] = {}
        self._number(ordered)
        self._holders: dict[str, _Held] = defaultdict(dict)
        for link in ordered:
            self._hold(link)
        self._parts: dict[str, set[str]] = defaultdict(set)
        for node, held in self._holders.items():
            for holder in held:
                self._parts[holder].add(node)
        self._above: dict[str, frozenset[str]] = {}

    def _number(self, links: Iterable[Link]) -> None:
        groups: dict[str, set[str]] = {}
        for link in links:
            if link.event is Event.RENUMBERED:
                joined = groups.get(link.before, {link.before}) | groups.get(link.after, {link.after})
                groups |= dict.fromkeys(joined, joined)
        for code, group in groups.items():
            self._node[code] = min(group)
            self._codes[min(group)] = tuple(sorted(group))

    def _hold(self, link: Link) -> None:
        """Note an interval during which one node is in another; a detachment ends it, or tells of one without start."""
        before, after = self.node(link.before), self.node(link.after)
        if before == after:
            return
        if link.event is Event.MERGED:
            spans = self._holders[before].setdefault(after, [])
            if not spans or spans[-1][1] != END:
                spans.append((link.on, END))
        elif link.event is Event.DETACHED:
            spans = self._holders[after].setdefault(before, [])
            if spans and spans[-1][1] == END:
                spans[-1] = (spans[-1][0], link.on)
            else:
                spans.append((BEGINNING, link.on))

    def node(self, code: str) -> str:
        """Return the one code that stands for all numbers of a place."""
        return self._node.get(code, code)

    def numbers(self, code: str) -> tuple[str, ...]:
        """Return every code that the place had, sorted."""
        return self._codes.get(self.node(code), (code,))

    def above(self, code: str) -> frozenset[str]:
        """Return the nodes that hold the place or have held it, directly or through others at the same time."""
        node = self.node(code)
        if node not in self._above:
            seen: dict[str, list[tuple[str, str]]] = {}
            self._climb(node, BEGINNING, END, seen)
            seen.pop(node, None)
            self._above[node] = frozenset(seen)
        return self._above[node]

    def _climb(self, node: str, start: str, end: str, seen: dict[str, list[tuple[str, str]]]) -> None:
        for holder, spans in self._holders.get(node, {}).items():
            for first, last in spans:
                cut = (max(start, first), min(end, last))
                if cut[0] < cut[1] and cut not in seen.get(holder, ()):
                    seen.setdefault(holder, []).append(cut)
                    self._climb(holder, *cut, seen)

    def lineage(self, code: str) -> tuple[str, ...]:
        """Return the codes of the place, and of all that have held it, sorted."""
        holders = (number for node in self.above(code) for number in self.numbers(node))
        return tuple(sorted({*self.numbers(code), *holders}))

    def held(self, code: str) -> tuple[str, ...]:
        """Return the codes whose lineage has this one, itself and its other numbers left out, sorted."""
        node = self.node(code)
        below: set[str] = set()
        waiting = [node]
        while waiting:
            for part in self._parts.get(waiting.pop(), ()):
                if part not in below and node in self.above(part):
                    below.add(part)
                    waiting.append(part)
        return tuple(sorted({number for part in below - {node} for number in self.numbers(part)}))

    def holders_now(self, code: str) -> tuple[str, ...]:
        """Return one code of each place that holds this one directly and still does."""
        held = self._holders.get(self.node(code), {})
        return tuple(holder for holder, spans in held.items() if spans[-1][1] == END)

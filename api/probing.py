"""Probing: one person described again and again until it fits, or numbers tried beside each other.

What is counted is different questions that were refused, about the same best candidate or under the same ten first
characters of a number, which leave the order number open. Honest callers fail too, on different persons. Past the tries
that are allowed, one more is allowed from time to time, and the others are withheld: a right guess as well as a wrong
one, otherwise guessing would still pay. Each worker process counts its own.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

import structlog

from identification.cascade import Finding

Kind = Literal["person", "neighbours"]
_MOST_GROUPS = 50_000
_NUMBER_WITHOUT_ORDER = 10
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Trace:
    """One question as probing sees it: which question it was, the groups that it belongs to, and whether it failed."""

    question: Hashable
    groups: tuple[tuple[Kind, str], ...]
    refused: bool


@dataclass(frozen=True, slots=True)
class Withheld:
    """An answer that must wait: what it looks like, and in how many seconds the next try is allowed."""

    kind: Kind
    retry_after_s: int


@dataclass(slots=True)
class _Group:
    left: float
    at: float
    asked: set[int] = field(default_factory=set)


def trace_of(finding: Finding) -> Trace:
    best = finding.decision.best if finding.decision else None
    query = finding.asked.query
    groups: list[tuple[Kind, str]] = [("person", best.record.id)] if best else []
    if query and query.nir:
        groups.append(("neighbours", query.nir.body[:_NUMBER_WITHOUT_ORDER]))
    return Trace(query, tuple(groups), finding.answer.outcome != "identified")


def trace_of_number(number: str, birth_name: str, refused: bool) -> Trace:
    """Return the trace of a verification of a number that can be read, without separators."""
    groups: tuple[tuple[Kind, str], ...] = (("person", number), ("neighbours", number[:_NUMBER_WITHOUT_ORDER]))
    return Trace((number, birth_name), groups, refused)


class Watch:
    """Counts the tries of each organism. `clock` gives seconds."""

    def __init__(self, tries: int, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._tries, self._pause_s, self._clock = tries, pause_s, clock
        self._groups: OrderedDict[tuple[str, Kind, str], _Group] = OrderedDict()

    def judge(self, organism: str, trace: Trace) -> Withheld | None:
        """Say whether an answer may leave, and count it when it was refused."""
        now = self._clock()
        groups = [(kind, self._group(organism, kind, value, trace.refused, now)) for kind, value in trace.groups]
        for kind, group in groups:
            if group and group.left < 1 and (trace.refused or kind == "person"):
                return Withheld(kind, ceil((1 - group.left) * self._pause_s))
        if trace.refused:
            for kind, group in groups:
                self._count(organism, kind, group, hash(trace.question))
        return None

    def _group(self, organism: str, kind: Kind, value: str, refused: bool, now: float) -> _Group | None:
        name = (organism, kind, value)
        group = self._groups.get(name)
        if group is None:
            if not refused:
                return None
            group = self._groups[name] = _Group(self._tries, now)
            if len(self._groups) > _MOST_GROUPS:
                self._groups.popitem(last=False)
        self._groups.move_to_end(name)
        group.left = min(self._tries, group.left + (now - group.at) / self._pause_s)
        group.at = now
        if group.left == self._tries:
            group.asked.clear()
        return group

    def _count(self, organism: str, kind: Kind, group: _Group | None, question: int) -> None:
        if group is None or question in group.asked:
            return
        group.asked.add(question)
        group.left -= 1
        if group.left < 1:
            log.warning("probing_suspected", organism=organism, kind=kind, tries=len(group.asked))

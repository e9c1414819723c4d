"""Which identities became which, and what a change means in a register where some did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from analyzers.identity import Record
from indexer.changes import Change
from mappings.document import RecordTooLong, payload_of

Known = dict[str, Record | None]
"""Identities by id, None for one that is not registered; whoever is not in it was not looked up."""


class RefusedChange(Exception):
    """The change can be read and makes no sense in this register."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Merges:
    """Identities merged away, each with the one that it became, and the numbers that survivors got from others."""

    became: dict[str, str] = field(default_factory=dict)
    moved: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def survivor(self, id_: str) -> str:
        """Follow the chain to its end; `resolve` lets no cycle in."""
        while id_ in self.became:
            id_ = self.became[id_]
        return id_

    def ties(self, change: Change) -> bool:
        """Say whether the change ties identities together, or unties them."""
        return change.op == "merge" or (change.op == "delete" and change.id in self.moved)

    def take(self, change: Change) -> None:
        """Remember a change as `resolve` returned it. Who is deleted takes along those that became this person."""
        if change.op == "merge":
            self.became[change.id] = change.into
            self.moved[change.into] = _joined(self.moved.get(change.into, ()), change.numbers)
            self.moved.pop(change.id, None)
        elif change.op == "delete" and change.id in self.moved:
            for absorbed in [one for one in self.became if self.survivor(one) == change.id]:
                del self.became[absorbed]
            del self.moved[change.id]


def looked_up(changes: Iterable[Change], merges: Merges) -> list[str]:
    """Return the ids of whom `resolve` and `after` must know for these changes."""
    named = {id_ for change in changes if change.op == "merge" for id_ in (change.id, change.into)}
    return sorted(named | {merges.survivor(id_) for id_ in named})


def resolve(change: Change, merges: Merges, known: Mapping[str, Record | None]) -> Change:
    """Return what the change means now: who survives, which numbers come along.

    Args:
        known: the identities that `looked_up` named, as all earlier changes left them.
    Raises:
        RefusedChange: the identity became another, merges would go round in a circle, or one is not registered.
    """
    if change.op != "merge":
        if change.id in merges.became:
            raise RefusedChange("id: merged into another identity")
        return replace(change, numbers=merges.moved.get(change.id, ())) if change.op == "upsert" else change
    into = merges.survivor(change.into)
    if into == change.id:
        raise RefusedChange("into: a cycle of merges")
    if change.id in merges.became:
        if merges.survivor(change.id) != into:
            raise RefusedChange("id: merged into another identity")
        return replace(change, into=into)
    absorbed, survivor = known[change.id], known[into]
    if absorbed is None or survivor is None:
        raise RefusedChange(f"{'id' if absorbed is None else 'into'}: no such identity")
    _check_length(with_numbers(survivor, absorbed.nirs))
    return replace(change, into=into, numbers=absorbed.nirs)


def after(change: Change, known: Known) -> dict[str, Record | None]:
    """Return the identities that a resolved change leaves otherwise than before, None for one that is gone.

    Done twice it is as done once, whatever of it was done already: the numbers that move are part of the change.
    """
    if change.op == "upsert":
        assert change.record is not None
        return {change.id: with_numbers(change.record, change.numbers)}
    if change.op == "delete":
        return {change.id: None}
    if change.op == "refused":
        return {}
    absorbed, survivor = known.get(change.id), known.get(change.into)
    gone: dict[str, Record | None] = {change.id: None}
    if survivor is None:
        return gone
    return gone | {change.into: with_numbers(survivor, _joined(change.numbers, absorbed.nirs if absorbed else ()))}


def with_numbers(record: Record, numbers: Iterable[str]) -> Record:
    """Return the record with these numbers among its former ones, where it does not have them yet."""
    new = tuple(number for number in dict.fromkeys(numbers) if number not in record.nirs)
    return replace(record, former_nirs=(*record.former_nirs, *new)) if new else record


def _joined(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))


def _check_length(record: Record) -> None:
    try:
        payload_of(record)
    except RecordTooLong as error:
        raise RefusedChange("into: more numbers than one record holds") from error

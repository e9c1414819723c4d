"""The channel: entries of a DSN file in, outcomes in their order, a batch at a time and in bounded memory.

Only the questions travel to other processes: what is read, remembered and reported stays in this one.
"""

from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from dsn.individual import Establishment, Individual
from dsn.questions import Declared, declared
from dsn.reader import Entry
from dsn.verdicts import Verdict, verdict
from identification.bulk import Others, answer_all, batches_of, in_order
from identification.cascade import Identifier
from identification.questions import read_question

_BATCH = 500
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """One individual and what became of it."""

    individual: Individual
    declared: Declared
    verdict: Verdict


@dataclass(slots=True, eq=False)
class Asking:
    """A question under way or answered: `verdict` is set before anybody who shares the question needs it."""

    verdict: Verdict | None = None


class Memory:
    """The last persons asked about, by the rubrics that describe them: the same ones are asked once."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._asked: OrderedDict[bytes, Asking] = OrderedDict()

    def get(self, key: bytes) -> Asking | None:
        found = self._asked.get(key)
        if found is not None:
            self._asked.move_to_end(key)
        return found

    def put(self, key: bytes) -> Asking:
        self._asked[key] = asking = Asking()
        if len(self._asked) > self._most:
            self._asked.popitem(last=False)
        return asking

    def forget(self, key: bytes) -> None:
        self._asked.pop(key, None)


@dataclass(slots=True)
class _Batch:
    """Entries as they were read, and the questions that are new with them."""

    entries: list[Establishment | tuple[Individual, Declared, Asking]]
    new: list[tuple[Declared, Asking]]


class Channel:
    """Identifies the individuals of one file. `asked` counts the questions, fewer than the individuals.

    Args:
        others: processes that share the work with this one, from a certain length of the file.
    """

    def __init__(
        self,
        identifier: Identifier,
        others: Others | None = None,
        batch: int = _BATCH,
        remembered: int = _REMEMBERED,
    ) -> None:
        self._identifier, self._others = identifier, others
        self._batch = batch
        self._memory = Memory(remembered)
        self._under_way: deque[_Batch] = deque()
        self.asked = 0

    async def outcomes(self, entries: Iterable[Entry]) -> AsyncGenerator[list[Establishment | Outcome], None]:
        """Yield the entries in their order, each individual with its outcome.

        A register that cannot be searched gives `NON_TRAITE`, never silence.

        Raises:
            IndexNotReady, IncompatibleBuild: nothing can be asked.
        """
        answers = in_order(self._identifier, _verdicts, self._questions(entries), self._others)
        async with aclosing(answers):
            async for verdicts in answers:
                yield self._settled(self._under_way.popleft(), verdicts)

    def _questions(self, entries: Iterable[Entry]) -> Iterator[list[Declared]]:
        for read in batches_of(entries, self._batch):
            batch = _Batch([], [])
            for entry in read:
                batch.entries.append(entry if isinstance(entry, Establishment) else self._asking(entry, batch))
            self.asked += len(batch.new)
            self._under_way.append(batch)
            yield [one for one, _ in batch.new]

    def _asking(self, individual: Individual, batch: _Batch) -> tuple[Individual, Declared, Asking]:
        one = declared(individual)
        asking = self._memory.get(one.key)
        if asking is None:
            asking = self._memory.put(one.key)
            batch.new.append((one, asking))
        return individual, one, asking

    def _settled(self, batch: _Batch, verdicts: Sequence[Verdict]) -> list[Establishment | Outcome]:
        for (one, asking), found in zip(batch.new, verdicts, strict=True):
            asking.verdict = found
            if found.outcome == "NON_TRAITE":
                self._memory.forget(one.key)
        return [entry if isinstance(entry, Establishment) else _outcome(*entry) for entry in batch.entries]


def _outcome(individual: Individual, one: Declared, asking: Asking) -> Outcome:
    assert asking.verdict is not None
    return Outcome(individual, one, asking.verdict)


async def _verdicts(identifier: Identifier, batch: list[Declared]) -> list[Verdict]:
    answers = await answer_all(identifier, [read_question(one.question) for one in batch])
    return [verdict(one, answer) for one, answer in zip(batch, answers, strict=True)]

"""The channel: entries of a DSN file in, outcomes in their order, a batch at a time and in bounded memory."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from dsn.individual import Establishment, Individual
from dsn.questions import Declared, declared
from dsn.reader import Entry
from dsn.verdicts import Verdict, verdict
from identification.answers import Answer, failed_answer
from identification.cascade import Identifier
from identification.questions import Asked, read_question
from retrieval.protocol import EngineError, EngineUnavailable, IndexGone

_BATCH = 500
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """One individual and what became of it."""

    individual: Individual
    declared: Declared
    verdict: Verdict


class Memory:
    """The last persons asked about, by the rubrics that describe them: the same ones are asked once."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._verdicts: OrderedDict[bytes, Verdict] = OrderedDict()

    def get(self, key: bytes) -> Verdict | None:
        found = self._verdicts.get(key)
        if found is not None:
            self._verdicts.move_to_end(key)
        return found

    def put(self, key: bytes, found: Verdict) -> None:
        self._verdicts[key] = found
        if len(self._verdicts) > self._most:
            self._verdicts.popitem(last=False)


class Channel:
    """Identifies the individuals of one file. `asked` counts the questions, fewer than the individuals."""

    def __init__(self, identifier: Identifier, batch: int = _BATCH, remembered: int = _REMEMBERED) -> None:
        self._identifier = identifier
        self._batch = batch
        self._memory = Memory(remembered)
        self.asked = 0

    async def outcomes(self, entries: Iterable[Entry]) -> AsyncIterator[list[Establishment | Outcome]]:
        """Yield the entries in their order, each individual with its outcome.

        A register that cannot be searched gives `NON_TRAITE`, never silence.

        Raises:
            IndexNotReady, IncompatibleBuild: nothing can be asked.
        """
        for batch in _batches(iter(entries), self._batch):
            read = [entry if isinstance(entry, Establishment) else (entry, declared(entry)) for entry in batch]
            found = await self._verdicts([pair[1] for pair in read if isinstance(pair, tuple)])
            yield [
                entry if isinstance(entry, Establishment) else Outcome(*entry, found[entry[1].key]) for entry in read
            ]

    async def _verdicts(self, batch: Sequence[Declared]) -> dict[bytes, Verdict]:
        found: dict[bytes, Verdict] = {}
        asking: dict[bytes, Declared] = {}
        for one in batch:
            known = self._memory.get(one.key)
            if known is None:
                asking[one.key] = one
            else:
                found[one.key] = known
        answers = await self._answers([read_question(one.question) for one in asking.values()])
        for (key, one), answer in zip(asking.items(), answers, strict=True):
            found[key] = verdict(one, answer)
            if answer.outcome != "failed":
                self._memory.put(key, found[key])
        self.asked += len(asking)
        return found

    async def _answers(self, asked: Sequence[Asked]) -> Sequence[Answer]:
        if not asked:
            return ()
        try:
            return await self._identifier.identify(asked)
        except (EngineUnavailable, EngineError, IndexGone):
            return [failed_answer(one, self._identifier.model.version) for one in asked]


def _batches(entries: Iterator[Entry], size: int) -> Iterator[list[Entry]]:
    while batch := list(islice(entries, size)):
        yield batch

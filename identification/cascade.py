"""The cascade: number, tight keys, loose keys, wide; each step only for the questions that the last left open.

A batch is one path for one and for many: every step asks the engine once for all open questions, and hands each
candidate to the questions that share a term with it. What a neighbour in the batch asks changes no answer, because a
question sees exactly the records that share its own terms, and a cap belongs to the build or to the question.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from analyzers.identity import Query, Record
from analyzers.keys import (
    FAMILIES_OF_NAMES,
    KeyFamily,
    Said,
    Trait,
    families_of,
    key_numbers,
    key_of,
    numbers_of,
    record_traits,
    said_in,
    said_swapped,
    traits_joined_in,
)
from analyzers.nir import nir_term, same_nir
from identification.answers import Answer, answer_of, failed_answer, insufficient_answer, invalid_answer
from identification.observing import BatchSeen, Lap, Observer, Unobserved
from identification.questions import Asked
from identification.rarity import by_rarity, populations
from identification.served import ServedBuild, ServedBuilds
from identification.together import together
from identification.wide import NOTHING, common_keys_search, wide_search
from mappings.payload import decode_record
from retrieval.protocol import (
    NOBODY,
    EngineError,
    EngineUnavailable,
    IndexGone,
    Moved,
    Retrieval,
    TermField,
    WideSearch,
)
from scoring.bounds import could_be_sure, rivals_by_chance
from scoring.decision import Decision, Step, decide
from scoring.model import Model, load_model
from scoring.score import Score, agrees_fully, bits_short, score
from scoring.weights import Weights

WIDE_LIMIT = 500
"""What a question asks by itself and finds more says nothing: the question is `truncated`, and not settled by that."""
_MOST_ATTEMPTS = 5
_IN_ONE_GO = 16
"""So many questions or records are worked on before others may have the event loop: 2 to 4 ms."""
T = TypeVar("T")
GiveWay = Callable[[], Awaitable[None]]


def let_others_go() -> GiveWay:
    """Everybody who is ready goes first, once."""
    return partial(asyncio.sleep, 0)


@dataclass(slots=True)
class _Batch:
    """What all questions of one batch have in common: the build that is searched for them, and how it goes on."""

    retrieval: Retrieval
    build: ServedBuild
    seen: BatchSeen
    give_way: GiveWay
    has_searched: bool = False
    _worked_on: int = 0
    _records: dict[str, Record] = field(default_factory=dict)

    async def holders(self, field: TermField, terms: Sequence[str]) -> list[str]:
        if not terms:
            return []
        self.has_searched = True
        return await self.retrieval.holders(self.build.position, field, terms)

    async def wide(self, searches: Sequence[WideSearch]) -> list[list[str] | None]:
        if not any(search.is_asked for search in searches):
            return [[] for _ in searches]
        self.has_searched = True
        return await self.retrieval.wide(self.build.position, searches, WIDE_LIMIT)

    def records(self, payloads: Iterable[str]) -> Iterator[Record]:
        """Yield the record of each payload; what a step found before is not decoded again."""
        for payload in payloads:
            record = self._records.get(payload)
            if record is None:
                record = self._records[payload] = decode_record(payload)
            yield record

    async def paced(self, items: Iterable[T]) -> AsyncIterator[T]:
        """Yield items of any step, and give way after each few. A single question is too short for that."""
        for item in items:
            yield item
            self._worked_on += 1
            if self._worked_on % _IN_ONE_GO == 0 and self.seen.questions > 1:
                await self.give_way()


@dataclass(slots=True)
class _Search:
    """One question under way."""

    asked: Asked
    query: Query
    scores: dict[str, Score] = field(default_factory=dict)
    truncated: bool = False
    step: Step = "nir"
    decision: Decision | None = None
    _said: Said | None = None

    @property
    def said(self) -> Said:
        """Made when keys are first asked: what the number settles needs none."""
        if self._said is None:
            self._said = said_in(self.query)
        return self._said

    def see(self, record: Record, build: ServedBuild) -> None:
        if record.id not in self.scores:
            self.scores[record.id] = score(self.query, record, build.weights)

    def decide(self, step: Step, build: ServedBuild) -> Decision:
        self.step = step
        self.decision = decide(
            self.query,
            list(self.scores.values()),
            build.statistics.identities,
            step,
            self.truncated,
            build.weights.model,
        )
        return self.decision


@dataclass(frozen=True, slots=True)
class Finding:
    """One question and all that led to its answer: what an explanation is made of."""

    asked: Asked
    answer: Answer
    decision: Decision | None = None


class Identifier:
    """Answers questions from the served build.

    Args:
        data_dir: where imported editions of the nomenclature are kept.
        observer: is told how long the steps of each batch took.
        giving_way: called for each batch; what it returns is awaited again and again in the middle of it.
    """

    def __init__(
        self,
        retrieval: Retrieval,
        model: Model | None = None,
        data_dir: Path = Path("data"),
        observer: Observer | None = None,
        giving_way: Callable[[], GiveWay] = let_others_go,
    ) -> None:
        self.model = model or load_model()
        self._giving_way = giving_way
        self._observer = observer or Unobserved()
        self._retrieval = retrieval
        self._builds = ServedBuilds(retrieval, self.model, data_dir)

    async def served(self) -> ServedBuild:
        """Return the build behind the alias; raises what `ServedBuilds.current` raises."""
        return await self._builds.current()

    async def identify(self, asked: Sequence[Asked]) -> list[Answer]:
        """Answer each question in its place.

        Raises:
            IndexNotReady, IncompatibleBuild: nothing can be answered by this process.
            EngineUnavailable, EngineError: the search failed, for the whole batch.
        """
        return [finding.answer for finding in await self.find(asked)]

    async def find(self, asked: Sequence[Asked], give_way: GiveWay | None = None) -> list[Finding]:
        """Answer each question, and say how.

        A build dropped meanwhile means that the batch is asked again. So does a change of the register that became
        visible meanwhile: then in two halves, so that a long batch has its answers however often that happens.

        Args:
            give_way: awaited in the middle of this batch, instead of what the identifier has for that.
        """
        try:
            return await self.at_one_moment(partial(self._observed, asked, give_way), is_patient=len(asked) == 1)
        except Moved:
            middle = len(asked) // 2
            return [*await self.find(asked[:middle], give_way), *await self.find(asked[middle:], give_way)]

    async def at_one_moment(self, work: Callable[[ServedBuild], Awaitable[T]], is_patient: bool = True) -> T:
        """Return what `work` makes of the served build, done again where its searches saw something else.

        Raises:
            Moved: it is not patient, and the register changed while it worked.
            and what `identify` raises.
        """
        for attempt in range(_MOST_ATTEMPTS):
            believed = None if attempt else self._builds.believed()
            try:
                return await work(believed or await self._builds.current())
            except Moved:
                self._builds.doubt()
                if not (is_patient or believed):
                    raise
            except IndexGone:
                self._builds.doubt()
                if attempt == _MOST_ATTEMPTS - 1:
                    raise
        raise EngineUnavailable("the register changes faster than a question is asked")

    async def find_or_fail(
        self, asked: Sequence[Asked], failed: Callable[[Exception], None] = lambda _: None
    ) -> list[Finding]:
        """As `find`; a lost engine gives `failed` answers in their places: the caller may ask these again.

        Args:
            failed: told of the error, whose message quotes nothing that was asked.
        """
        try:
            return await self.find(asked)
        except (EngineUnavailable, EngineError, IndexGone) as error:
            failed(error)
            return [Finding(one, failed_answer(one, self.model.version)) for one in asked]

    async def _observed(self, asked: Sequence[Asked], give_way: GiveWay | None, build: ServedBuild) -> list[Finding]:
        seen = BatchSeen(len(asked))
        with self._observer.batch(seen):
            return await self._find(asked, _Batch(self._retrieval, build, seen, give_way or self._giving_way()))

    async def _find(self, asked: Sequence[Asked], batch: _Batch) -> list[Finding]:
        searches = {
            position: _search(question, batch.build.locator.query(question.query))
            async for position, question in batch.paced(enumerate(asked))
            if question.query is not None
        }
        batch.seen.lap("read")
        await self._search(list(searches.values()), batch)
        if searches and not batch.has_searched:
            await batch.holders("nirs", [NOBODY])  # says whether the build is still what it was
        findings = [
            _finding(searches[position], batch.build)
            if position in searches
            else Finding(question, invalid_answer(question, self.model.version))
            async for position, question in batch.paced(enumerate(asked))
        ]
        batch.seen.lap("answer")
        return findings

    async def _search(self, searches: list[_Search], batch: _Batch) -> None:
        """Go from step to step. What could never be sure ends early, and late enough that most need not be asked."""
        remaining = [search for search in searches if not search.query.is_empty]
        remaining = await self._by_number(remaining, batch)
        remaining = await self._by_keys(remaining, _TIGHT, batch)
        remaining = [search for search in remaining if _could_be_sure(search, batch.build)]
        remaining = await self._by_keys(remaining, _LOOSE, batch)
        await self._by_keys(remaining, _WIDE, batch)

    async def _by_number(self, searches: list[_Search], batch: _Batch) -> list[_Search]:
        if not searches:
            return []
        terms_of = {id(search): _nir_terms(search.query) for search in searches}
        payloads = await batch.holders("nirs", sorted({term for terms in terms_of.values() for term in terms}))
        batch.seen.lap("nir")
        holders: dict[str, list[Record]] = {}
        for record in batch.records(payloads):
            for term in {nir_term(nir) for nir in record.nirs}:
                holders.setdefault(term, []).append(record)
        remaining = []
        async for search in batch.paced(searches):
            for term in terms_of[id(search)]:
                for record in holders.get(term, ()):
                    search.see(record, batch.build)
            if not _settled_by_number(search, batch.build):
                remaining.append(search)
        batch.seen.lap("score")
        return remaining

    async def _by_keys(self, searches: list[_Search], step: "_KeyStep", batch: _Batch) -> list[_Search]:
        """Ask the keys of a step for all questions at once, and beside that what each asks by itself.

        Return those that are not settled by what was found.
        """
        if not searches:
            return []
        asking: dict[int, list[_Search]] = {}
        own: list[WideSearch] = []
        async for search in batch.paced(searches):
            numbers, beside_pairs = step.terms_of(search, step.families, batch.build.weights)
            own.append(beside_pairs)
            for number in numbers:
                asking.setdefault(number, []).append(search)
        keys = self._cold_keys(asking, batch)
        async with together() as begun:
            holding = begun.create_task(batch.holders("keys", sorted(set(keys.values()))))
            looking = begun.create_task(batch.wide(own))
        batch.seen.lap(step.lap)
        await self._show(holding.result(), {number: asking[number] for number in keys}, step, batch)
        for search, found in zip(searches, looking.result(), strict=True):
            search.truncated = found is None
            batch.seen.truncated += search.truncated
            async for record in batch.paced(batch.records(found or ())):
                search.see(record, batch.build)
        remaining = [search async for search in batch.paced(searches) if not step.is_settled(search, batch.build)]
        batch.seen.lap("score")
        return remaining

    def _cold_keys(self, numbers: Collection[int], batch: _Batch) -> dict[int, str]:
        """Return the key of each number, but for those that too many persons share: they are asked by nobody."""
        hot = batch.build.statistics.hot_keys
        cold = {number: key for number in numbers if (key := key_of(number)) not in hot}
        batch.seen.hot_keys += len(numbers) - len(cold)
        return cold

    async def _show(
        self, payloads: Iterable[str], asking: Mapping[int, list[_Search]], step: "_KeyStep", batch: _Batch
    ) -> None:
        """Show each question the records that hold one of its keys."""
        async for record in batch.paced(batch.records(payloads)):
            for number in key_numbers(record_traits(record, step.traits), step.families):
                for search in asking.get(number, ()):
                    search.see(record, batch.build)


def _search(asked: Asked, query: Query) -> _Search:
    return _Search(Asked(asked.reference, query, asked.ignored, asked.errors), query)


def _could_be_sure(search: _Search, build: ServedBuild) -> bool:
    """Say whether any record could be identified by what was said; if none, forget what was found."""
    identified = search.decision is not None and search.decision.outcome == "identified"
    if identified or could_be_sure(search.query, build.statistics.identities, build.weights):
        return True
    search.decision = None
    return False


def _finding(search: _Search, build: ServedBuild) -> Finding:
    if search.decision is None:
        return Finding(search.asked, insufficient_answer(search.asked, build.stamp))
    answer = answer_of(search.asked, search.decision, search.step, build.stamp)
    return Finding(search.asked, answer, search.decision)


def _nir_terms(query: Query) -> tuple[str, ...]:
    bodies = (body for nir in query.declared_nirs for body in (nir.repairs or (nir.body,)))
    return tuple(dict.fromkeys(nir_term(body) for body in bodies))


def _settled_by_number(search: _Search, build: ServedBuild) -> bool:
    """The number as declared leads to exactly one record, its traits agree, and nothing contradicts."""
    nir = search.query.nir
    if nir is None or nir.key_failed:
        return False
    holders = [s for s in search.scores.values() if any(same_nir(nir.body, number) for number in s.record.nirs)]
    if len(holders) != 1 or len(search.scores) != 1 or not agrees_fully(holders[0]):
        return False
    return search.decide("nir", build).outcome == "identified"


def _settled_by_keys(search: _Search, build: ServedBuild) -> bool:
    """One is sure, or several are, and hardly any of the records not looked at could come near by chance."""
    decision, limits = search.decide("keys", build), build.weights.model.decision
    if decision.best is None or decision.outcome not in ("identified", "ambiguous"):
        return False
    if not _could_be_sure(search, build):
        return False
    rivals = rivals_by_chance(decision.best.bits - limits.margin_bits, build.statistics.identities)
    return rivals <= limits.unseen_rivals


def _settled_by_tight_keys(search: _Search, build: ServedBuild) -> bool:
    """Besides, nobody agrees better: who shares no tight key has another date, or another name, than was said."""
    if not _settled_by_keys(search, build):
        return False
    assert search.decision is not None
    assert search.decision.best is not None
    return bits_short(search.decision.best, search.query, build.weights) <= build.weights.model.decision.tight_bits


def _decided_at_last(search: _Search, build: ServedBuild) -> bool:
    search.decide("wide", build)
    return True


def _tight(search: _Search, families: Sequence[KeyFamily], weights: Weights) -> tuple[list[int], WideSearch]:
    return key_numbers(numbers_of(search.said), families), NOTHING


def _loose(search: _Search, families: Sequence[KeyFamily], weights: Weights) -> tuple[list[int], WideSearch]:
    """Ask the keys that few share; of the others those that name a person, beside pairs of what else was said."""
    among = populations(search.query.birth_place, weights)
    rare, common = by_rarity(search.said, families, among)
    return rare, common_keys_search(search.query, search.said, common, among)


def _wide(search: _Search, families: Sequence[KeyFamily], weights: Weights) -> tuple[list[int], WideSearch]:
    """Ask for surnames near the declared ones, and for names in each other's place as far as few share them."""
    among = populations(search.query.birth_place, weights)
    swapped, _ = by_rarity(said_swapped(search.query), families, among)
    return swapped, wide_search(search.query, search.said, among)


@dataclass(frozen=True)
class _KeyStep:
    """What a step asks for a question: keys of these families, by their numbers, in one search for all; and a search
    of its own. Then, whether what was found settles the question.
    """

    lap: Lap
    families: tuple[KeyFamily, ...]
    terms_of: Callable[[_Search, Sequence[KeyFamily], Weights], tuple[list[int], WideSearch]]
    is_settled: Callable[[_Search, ServedBuild], bool]

    @cached_property
    def traits(self) -> Collection[Trait]:
        return traits_joined_in(self.families)


_TIGHT = _KeyStep("keys", families_of("tight"), _tight, _settled_by_tight_keys)
_LOOSE = _KeyStep("loose", families_of("loose"), _loose, _settled_by_keys)
_WIDE = _KeyStep("wide", FAMILIES_OF_NAMES, _wide, _decided_at_last)

"""What each key family finds of the registered persons asked about, and what it costs; and a naive baseline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import orjson

from analyzers.fold import fold_letters
from analyzers.identity import Query, Record
from analyzers.keys import FAMILIES, KeyFamily, keys_of, keys_with_family, query_traits, record_traits
from evaluation.declarations import Labelled
from evaluation.figures import FamilyRecall, Row
from evaluation.measuring import row
from evaluation.running import Result
from identification.questions import read_question
from indexer.records import parse_record
from nomenclature.locating import Locator
from retrieval.protocol import Engine

_BLOCKS_COUNTED = 500

Traits = tuple[str, str, str]


@dataclass(slots=True)
class Register:
    """What one pass over a register file keeps: who bears the exact same traits, and the records asked about."""

    holders: dict[Traits, str | None] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)

    @classmethod
    def read(cls, lines: Iterable[bytes], wanted: frozenset[str]) -> "Register":
        """Read register lines; those that are wanted are kept whole."""
        register = cls()
        for line in lines:
            person = orjson.loads(line)
            traits = _exact_traits(person)
            if traits:
                register.holders[traits] = None if traits in register.holders else person["id"]
            if person["id"] in wanted:
                register.records[person["id"]] = parse_record(line)
        return register


def _exact_traits(person: Mapping[str, object]) -> Traits | None:
    """Return normalised surname, first given name and whole date, the key of what one would write first."""
    name, given, born = person.get("birth_name"), person.get("given_names"), person.get("birth_date")
    if not (isinstance(name, str) and isinstance(given, list) and given and isinstance(born, str)):
        return None
    return fold_letters(name), fold_letters(given[0]), born


def baseline(register: Register, questions: Iterable[Labelled]) -> Row:
    """Return how an exact join on normalised surname, first given name and date would have answered."""
    return row("exact name, given name and date", [_joined(register, labelled) for labelled in questions])


def _joined(register: Register, labelled: Labelled) -> Result:
    traits = _exact_traits(labelled.query)
    known = traits is not None and traits in register.holders
    found = register.holders[traits] if traits is not None and known else None
    right = found is not None and found == labelled.truth
    outcome = "right" if right else "wrong" if found else "ambiguous" if known else "not_found"
    return Result(
        kind=labelled.kind,
        origin=labelled.origin,
        born=labelled.born,
        registered=labelled.truth is not None,
        outcome=outcome,
        confidence=1.0 if found else 0.0,
        best_is_right=right,
        named=found is not None,
        path="keys",
        candidates=int(known),
        margin=float("inf"),
        among_candidates=right,
    )


async def family_recall(
    engine: Engine, index: str, register: Register, questions: Iterable[Labelled], locator: Locator
) -> tuple[FamilyRecall, ...]:
    """Return for each key family whether it finds the true record, alone or not, and how large its blocks are."""
    pairs = [
        (locator.query(query), locator.record(register.records[labelled.truth]))
        for labelled in questions
        if labelled.truth in register.records and (query := read_question(labelled.query).query) is not None
    ]
    found_by = [_families_that_find(query, record) for query, record in pairs]
    terms = [keys_with_family(record_traits(record)) for _, record in pairs]
    recalls = []
    for family in FAMILIES:
        keys = [keys_of(query_traits(query), [family]) for query, _ in pairs]
        blocks = await _block_sizes(engine, index, [asked for asked in keys if asked][:_BLOCKS_COUNTED])
        found = [families for families in found_by if family in families]
        recalls.append(
            FamilyRecall(
                family=family.name,
                stage=family.stage,
                asked=sum(bool(asked) for asked in keys),
                found=len(found),
                alone=sum(_is_alone(family, families) for families in found),
                terms=sum(made == family for record in terms for made in record.values()) / max(len(terms), 1),
                mean_block=float(np.mean(blocks)) if blocks else 0.0,
                p99_block=int(np.percentile(blocks, 99)) if blocks else 0,
            )
        )
    return tuple(recalls)


def _families_that_find(query: Query, record: Record) -> frozenset[KeyFamily]:
    shared = keys_with_family(query_traits(query)).items() & keys_with_family(record_traits(record)).items()
    return frozenset(family for _, family in shared)


def _is_alone(family: KeyFamily, found_by: frozenset[KeyFamily]) -> bool:
    """No other family of the same stage or an earlier one finds the record."""
    before = {other for other in found_by if other.stage == "tight" or other.stage == family.stage}
    return before == {family}


async def _block_sizes(engine: Engine, index: str, asked: list[tuple[str, ...]]) -> list[int]:
    """Return how many holders the keys of each question have together, one counted once for each key it shares."""
    counts = await engine.holders_count(index, sorted({key for keys in asked for key in keys}))
    return [sum(counts[key] for key in keys) for keys in asked]


def sample_of(questions: Iterable[Labelled], most: int) -> list[Labelled]:
    """Return the first questions about registered persons."""
    return list(islice((labelled for labelled in questions if labelled.truth is not None), most))

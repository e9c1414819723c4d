"""Score one record against one question: evidence for and against, in bits, and what forbids to accept it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from analyzers.identity import Query, Record
from scoring.comparisons import (
    Agreement,
    best_surname,
    compare_birth_date,
    compare_birth_place,
    compare_given_names,
    compare_nir,
    compare_parents,
    compare_sex,
    names_swapped,
    surname_rank,
)
from scoring.model import Criterion, Level
from scoring.statistics import country_of_birth
from scoring.weights import Weights, groups_of, origin_of

MatchedAs = Literal["birth", "usage", "former", "swapped"]
Agreements = dict[Criterion, Agreement]

SAID_BY_NIR: tuple[Criterion, ...] = ("sex", "birth_date", "birth_place")
NIR_AGREES = ("exact", "former")
NIR_LEADS_HERE = (*NIR_AGREES, "contradicted")
NIR_SAYS_BIRTH = (*NIR_LEADS_HERE, "repaired")
GIVEN_NAMES_AGREE = ("same", "first", "reordered")
_PLACE_AGREES = ("label", "nation")
_OTHER_COMPARISONS: dict[Criterion, Callable[[Query, Record], Agreement | None]] = {
    "sex": compare_sex,
    "birth_date": compare_birth_date,
    "birth_place": compare_birth_place,
    "parents": compare_parents,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    criterion: Criterion
    level: Level
    bits: float


@dataclass(frozen=True, slots=True)
class Score:
    """A candidate and its worth: `bits` is the sum of the evidence; a vetoed candidate is never identified."""

    record: Record
    bits: float
    evidence: tuple[Evidence, ...]
    matched_as: MatchedAs | None
    vetoed: bool

    def level(self, criterion: Criterion) -> Level | None:
        for item in self.evidence:
            if item.criterion == criterion:
                return item.level
        return None


def score(query: Query, record: Record, weights: Weights) -> Score:
    """Weigh the evidence that a question and a record are the same person."""
    agreements: Agreements = {}
    nir = compare_nir(query, record)
    if nir:
        agreements["nir"] = nir
    matched_as = _compare_names(query, record, agreements)
    for criterion, compare in _OTHER_COMPARISONS.items():
        agreement = compare(query, record)
        if agreement:
            agreements[criterion] = agreement
    if _level(agreements, "nir") in (*NIR_AGREES, "repaired") and _level(agreements, "birth_date") == "different":
        agreements["nir"] = Agreement("contradicted")
    evidence = tuple(_evidence(agreements, record, weights))
    return Score(
        record=record,
        bits=sum(item.bits for item in evidence),
        evidence=evidence,
        matched_as=matched_as,
        vetoed=_is_vetoed(agreements),
    )


def _level(agreements: Agreements, criterion: Criterion) -> Level | None:
    agreement = agreements.get(criterion)
    return agreement.level if agreement else None


def repeating(query: Query, number: str | None = None) -> Record:
    """Return a record that says what the question says, and this number."""
    return Record(
        id="",
        nir=number,
        sex=query.sex,
        birth_name=query.birth_name,
        usage_names=(query.usage_name,) if query.usage_name else (),
        given_names=query.given_names,
        birth_date=query.birth_date,
        birth_place=query.birth_place,
        parents=query.parents,
    )


def bits_short(candidate: Score, query: Query, weights: Weights) -> float:
    """Return how much more a record could agree that repeats the question, the number apart."""
    short = 0.0
    for best in score(query, repeating(query), weights).evidence:
        found = next((item for item in candidate.evidence if item.criterion == best.criterion), None)
        if found is None or found.level != best.level:
            short += max(0.0, best.bits - (found.bits if found else 0.0))
    return short


def _compare_names(query: Query, record: Record, agreements: Agreements) -> MatchedAs | None:
    """Compare surnames and given names as declared, or each in the other's place when that explains them."""
    given = compare_given_names(query, record)
    matched_as = _compare_surnames(query, record, agreements)
    surname = agreements.get("birth_name")
    if given and given.level == "different" and surname and surname.level == "different":
        swapped = names_swapped(query, record)
        if swapped:
            agreements["birth_name"], given = swapped
            agreements.pop("usage_name", None)
            matched_as = "swapped"
    if given:
        agreements["given_names"] = given
    return matched_as


def _compare_surnames(query: Query, record: Record, agreements: Agreements) -> MatchedAs | None:
    """Compare each declared surname with each recorded one: the best pair first, the other name with the rest.

    The evidence of the best pair goes under `birth_name`, whichever of the two declared names made it: it is the one
    answer to "does the surname agree". The other name can only confirm or weaken it.
    """
    declared, recorded = list(dict.fromkeys(query.surnames)), list(record.surnames)
    if not declared or not recorded:
        return None
    found = [best_surname(name, recorded) for name in declared]
    first = min(range(len(declared)), key=lambda i: (surname_rank(found[i][0]), i))
    best, position = found[first]
    agreements["birth_name"] = best.tried(len(declared) * len(recorded))
    others, rest = declared[:first] + declared[first + 1 :], recorded[:position] + recorded[position + 1 :]
    if query.usage_name in others and rest and best.level != "different":
        second, _ = best_surname(query.usage_name, rest)
        same_name = query.usage_name.joined == declared[first].joined
        if not same_name:
            agreements["usage_name"] = second
    if best.level == "different":
        return None
    return _kind_of_surname(record, position)


def _kind_of_surname(record: Record, position: int) -> MatchedAs:
    births = 1 if record.birth_name else 0
    if position < births:
        return "birth"
    return "usage" if position < births + len(record.usage_names) else "former"


def _evidence(agreements: Agreements, record: Record, weights: Weights) -> list[Evidence]:
    """Return the worth of each agreement; the country of birth counts once, however many traits go with it."""
    said_by_nir = _level(agreements, "nir") in NIR_SAYS_BIRTH
    groups, origin = groups_of(record), origin_of(record, weights.statistics)
    born_there = origin if country_of_birth(record) else ""
    origins: dict[Criterion, str] = {"given_names": origin, "birth_date": born_there}
    if _level(agreements, "birth_place") in _PLACE_AGREES:
        origins |= {"birth_name": born_there, "usage_name": born_there}
    evidence = []
    for criterion, agreement in agreements.items():
        among = origins.get(criterion, "")
        if criterion == "given_names":  # of two decades, the one where the name is commoner: never too sure
            bits = min(weights.bits(criterion, agreement, group, among) for group in groups)
        elif criterion == "birth_name" and agreement.level == "different":
            bits = weights.bits_of_other_surname(record.sex)
        else:
            bits = weights.bits(criterion, agreement, origin=among)
        if said_by_nir and criterion in SAID_BY_NIR:
            bits = weights.bits_beside_nir(criterion, agreement, bits)
        if criterion == "sex" and "given_names" in agreements:
            bits = min(bits, 0.0)  # a given name says the sex already
        evidence.append(Evidence(criterion, agreement.level, bits))
    return evidence


def _is_vetoed(agreements: Agreements) -> bool:
    """Given names stated on both sides and none shared, unless number or parents speak for the candidate; a number
    whose holder was born another day: lent in the family, or a namesake's.
    """
    nir = _level(agreements, "nir")
    if nir == "contradicted":
        return True
    if _level(agreements, "given_names") != "different":
        return False
    return nir not in NIR_AGREES and _level(agreements, "parents") != "shared"


def agrees_fully(candidate: Score) -> bool:
    """Say whether a number's holder is confirmed by its traits: what lets the number alone end the search.

    The number as declared, the surname at least by sound, the date with its century, one given name equal, and
    nothing that contradicts.
    """
    levels = {item.criterion: item.level for item in candidate.evidence}
    return (
        levels.get("nir") in NIR_AGREES
        and levels.get("birth_name") in ("exact", "part", "phonetic")
        and levels.get("birth_date") in ("exact", "partial")
        and levels.get("given_names") in ("same", "first", "one")
        and "different" not in levels.values()
    )

"""What could still be found: bounds on the score of a record that no key asked so far leads to.

A later step is spared when even the best such record would stay below the best candidate minus the margin; and
nothing is searched at all when a perfect agreement could not be sure.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import product

from analyzers.identity import Query, Record
from analyzers.keys import KeyFamily, Trait, Traits
from scoring.comparisons import Agreement
from scoring.model import Criterion
from scoring.posterior import posterior
from scoring.reach import (
    IMPOSSIBLE,
    Shared,
    most_of_dates,
    most_of_given_names,
    most_of_parents,
    most_of_place,
    most_of_sex,
    most_of_surnames,
    most_of_swapped_names,
)
from scoring.score import SAID_BY_NIR, Evidence, Score
from scoring.statistics import given_names_group, place_values
from scoring.weights import Weights

_TRAITS: tuple[Trait, ...] = ("name", "name_sx", "given", "year", "day", "department", "commune")
_NAMES = frozenset({"name", "name_sx", "given"})
_MostBits = Callable[[Query, Shared, Weights], float]
_DATE_AND_PLACE: tuple[tuple[Shared, _MostBits], ...] = (
    (frozenset({"year", "day"}), most_of_dates),
    (frozenset({"department", "commune"}), most_of_place),
)
_AS_DECLARED: tuple[tuple[Shared, _MostBits], ...] = (
    (frozenset({"name", "name_sx"}), most_of_surnames),
    (frozenset({"given", "year"}), most_of_given_names),
    *_DATE_AND_PLACE,
)
"""What is bounded apart, with the traits on which it turns."""
_SWAPPED = ((frozenset({"year"}), most_of_swapped_names), *_DATE_AND_PLACE)


@lru_cache(maxsize=1 << 10)
def open_patterns(asked: frozenset[Shared], known: Shared) -> tuple[Shared, ...]:
    """Return the largest sets of traits that a record may share with the question and no family asked.

    Args:
        asked: the traits of each family of which every key was asked.
        known: the traits of which the question says something.
    """
    traits = [trait for trait in _TRAITS if trait in known]
    patterns = [
        frozenset(trait for trait, shared in zip(traits, choice, strict=True) if shared)
        for choice in product((True, False), repeat=len(traits))
    ]
    allowed = [pattern for pattern in patterns if not any(family <= pattern for family in asked)]
    return tuple(pattern for pattern in allowed if not any(pattern < other for other in allowed))


@lru_cache(maxsize=1 << 10)
def _cases(asked: frozenset[Shared], known: Shared, kinds: tuple[Shared, ...]) -> frozenset[tuple[Shared, ...]]:
    """Return what open patterns share of each kind of traits, with the year and without.

    To share less may be worth more: who was not born in the same year may be when a given name was rare.
    """
    patterns = (pattern - year for pattern in open_patterns(asked, known) for year in ({"year"}, set()))
    return frozenset(tuple(pattern & kind for kind in kinds) for pattern in patterns)


def most_bits_unseen(query: Query, known: Traits, asked: Iterable[KeyFamily], weights: Weights) -> float:
    """Return the most bits of a record that shares none of the keys asked and does not hold the declared number.

    Args:
        known: the traits of the question.
        asked: the families of which every key of the question was asked.
    """
    said = frozenset(trait for trait in known if any(known[trait]))
    families = frozenset(frozenset(family.traits) for family in asked)
    most = _most_of(_AS_DECLARED, families, said, query, weights)
    if most_of_swapped_names(query, frozenset(), weights) > IMPOSSIBLE:
        most = max(most, _most_of(_SWAPPED, families, said - _NAMES, query, weights))
    return most + most_of_sex(query, weights) + most_of_parents(query, weights)


def _most_of(
    parts: Sequence[tuple[Shared, _MostBits]], asked: frozenset[Shared], said: Shared, query: Query, weights: Weights
) -> float:
    cases = _cases(asked, said, tuple(kind for kind, _ in parts))
    most = [
        {shared: most_bits(query, shared, weights) for shared in set(column)}
        for (_, most_bits), column in zip(parts, zip(*cases, strict=True), strict=True)
    ]
    return max(sum(bits[shared] for bits, shared in zip(most, case, strict=True)) for case in cases)


def best_possible_confidence(query: Query, identities: int, weights: Weights) -> float:
    """Return the confidence of a lone record that agreed exactly with all that was said."""
    evidence = tuple(Evidence(criterion, "exact", bits) for criterion, bits in _perfect_evidence(query, weights))
    lone = Score(Record(id=""), sum(item.bits for item in evidence), evidence, "birth", vetoed=False)
    return posterior([lone], identities, query.channel, "wide", weights.model).of_candidates[0]


def _perfect_evidence(query: Query, weights: Weights) -> list[tuple[Criterion, float]]:
    """Return the bits of each criterion if a record agreed exactly with all that was said."""
    group = given_names_group(query.sex, query.birth_date.year if query.birth_date else None)
    agreements: dict[Criterion, Agreement] = {}
    if query.declared_nirs:
        sound = any(not nir.key_failed for nir in query.declared_nirs)
        agreements["nir"] = Agreement("exact" if sound else "repaired")
    if query.surnames:
        agreements["birth_name"] = Agreement("exact", "name", query.surnames[0].joined)
    if query.usage_name and query.birth_name and query.usage_name != query.birth_name:
        agreements["usage_name"] = Agreement("exact", "name", query.usage_name.joined)
    if query.given_name_lists:
        agreements["given_names"] = Agreement("same", "given", query.given_name_lists[0][0].joined)
    if query.sex and not query.given_name_lists:
        agreements["sex"] = Agreement("same")
    if query.birth_dates:
        agreements["birth_date"] = Agreement("exact", "date", str(query.birth_dates[0]))
    if query.birth_place:
        level, value = next(iter(place_values(query.birth_place)), ("", ""))
        if value:
            agreements["birth_place"] = Agreement(level, level, value)
    if query.parents and query.parents[0].given_names:
        agreements["parents"] = Agreement("shared", "given", query.parents[0].given_names[0].joined)
    bits = {
        criterion: weights.bits(criterion, agreement, group if criterion == "given_names" else "")
        for criterion, agreement in agreements.items()
    }
    if "nir" in bits:
        for criterion in SAID_BY_NIR:
            if criterion in bits:
                bits[criterion] = weights.bits_beside_nir(criterion, agreements[criterion], bits[criterion])
    return list(bits.items())

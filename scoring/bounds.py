"""What could still be found: bounds on the score of a record that no key asked so far leads to.

A later step is spared when even the best such record would stay below the best candidate minus the margin; and
nothing is searched at all when a perfect agreement could not be sure.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import product

from analyzers.dates import PartialDate
from analyzers.identity import Query, Record
from analyzers.keys import KeyFamily, Trait, Traits
from scoring.comparisons import Agreement
from scoring.model import Criterion
from scoring.posterior import relatives_share
from scoring.score import Evidence, Score
from scoring.statistics import given_names_group
from scoring.weights import Weights

_TRAITS: tuple[Trait, ...] = ("name", "given", "year", "day", "department", "commune")
_IN_NO_KEY: tuple[Criterion, ...] = ("usage_name", "sex", "parents")
Asked = frozenset[tuple[str, ...]]


@lru_cache(maxsize=1 << 10)
def open_patterns(asked: Asked, known: frozenset[str]) -> tuple[frozenset[str], ...]:
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
    allowed = [pattern for pattern in patterns if not any(set(family) <= pattern for family in asked)]
    return tuple(pattern for pattern in allowed if not any(pattern < other for other in allowed))


def perfect_evidence(query: Query, weights: Weights, by_number: bool) -> dict[Criterion, float]:
    """Return the bits of each criterion if a record agreed exactly with all that was said.

    Args:
        by_number: the record holds the declared number, which then says date and place already.
    """
    group = given_names_group(query.sex, query.birth_date.year if query.birth_date else None)
    agreements: dict[Criterion, Agreement] = {}
    if by_number and query.declared_nirs:
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
    agreements |= _perfect_place(query)
    if query.parents and query.parents[0].given_names:
        agreements["parents"] = Agreement("shared", "given", query.parents[0].given_names[0].joined)
    bits = {criterion: weights.bits(criterion, agreement, group) for criterion, agreement in agreements.items()}
    if "nir" in bits and agreements["nir"].level == "exact":
        for criterion in ("sex", "birth_date", "birth_place"):
            if criterion in bits:
                bits[criterion] = weights.bits_beside_nir(criterion, agreements[criterion], bits[criterion])
    return bits


def _perfect_place(query: Query) -> dict[Criterion, Agreement]:
    place = query.birth_place
    if place is None:
        return {}
    for level, kind, value in (
        ("commune", "commune", place.commune),
        ("label", "label", place.name),
        ("department", "department", place.department),
        ("nation", "nation", place.nation),
    ):
        if value:
            return {"birth_place": Agreement(level, kind, value)}
    return {}


def best_possible_confidence(query: Query, identities: int, weights: Weights) -> float:
    """Return the confidence of a lone record that agreed exactly with all that was said."""
    model = weights.model
    bits = perfect_evidence(query, weights, by_number=True)
    evidence = tuple(Evidence(criterion, "exact", value) for criterion, value in bits.items())
    absent = model.absent[query.channel]
    unseen = absent + (1 - absent) * (1 - model.recall["wide"])
    lone = Score(Record(id=""), sum(bits.values()), evidence, "birth", vetoed=False)
    weight: float = (1 - absent) * 2.0**lone.bits / max(identities, 1)
    return weight / (weight * (1 + relatives_share(lone, unseen, model)) + unseen)


def most_bits_unseen(query: Query, known: Traits, asked: Iterable[KeyFamily], weights: Weights) -> float:
    """Return the most bits of a record that shares none of the keys asked."""
    perfect = perfect_evidence(query, weights, by_number=False)
    families: Asked = frozenset(family.traits for family in asked if "name_sx" not in family.traits)
    patterns = open_patterns(families, frozenset(trait for trait in _TRAITS if any(known[trait])))
    free = sum(max(0.0, perfect.get(criterion, 0.0)) for criterion in _IN_NO_KEY)
    return free + max(_pattern_bits(pattern, query, perfect, weights) for pattern in patterns)


def _pattern_bits(shared: frozenset[str], query: Query, perfect: Mapping[Criterion, float], weights: Weights) -> float:
    bits = 0.0
    traits: tuple[tuple[Criterion, bool, Callable[[Query, Weights], float]], ...] = (
        ("birth_name", "name" in shared, _most_of_another_surname),
        ("given_names", "given" in shared, _most_of_another_given_name),
        ("birth_date", {"year", "day"} <= shared, _most_of_another_date),
        ("birth_place", "commune" in shared, _most_of_another_commune),
    )
    for criterion, is_shared, most_otherwise in traits:
        if criterion in perfect:
            bits += perfect[criterion] if is_shared else max(0.0, most_otherwise(query, weights))
    return bits


def _most_of_another_surname(query: Query, weights: Weights) -> float:
    skeletons = (Agreement("skeleton", "skeleton", name.sx) for name in query.surnames)
    return max(weights.most_bits_of_a_slip("birth_name"), *(weights.bits("birth_name", same) for same in skeletons))


def _most_of_another_given_name(query: Query, weights: Weights) -> float:
    return weights.most_bits_of_a_slip("given_names")


def _most_of_another_date(query: Query, weights: Weights) -> float:
    """Another full date: its parts unknown, day and month swapped, or one part of three wrong."""
    agreements = [Agreement("near")]
    for date in query.birth_dates:
        agreements.append(Agreement("partial", "year", str(date.year)))
        if date.day:
            agreements.append(Agreement("swapped", "date", str(PartialDate(date.year, date.day, date.month))))
    return max(weights.bits("birth_date", agreement) for agreement in agreements)


def _most_of_another_commune(query: Query, weights: Weights) -> float:
    place = query.birth_place
    if place is None or not place.department:
        return 0.0
    return weights.bits("birth_place", Agreement("department", "department", place.department))

"""What could be found at all: the confidence of a perfect agreement, and the rivals that chance would make.

Nothing is searched when a perfect agreement could not be sure; a later step is spared when hardly any record that
was not looked at could come near the best candidate.
"""

from analyzers.identity import Query, Record
from scoring.comparisons import Agreement
from scoring.model import Criterion
from scoring.posterior import posterior
from scoring.score import SAID_BY_NIR, Evidence, Score
from scoring.statistics import given_names_group, place_values
from scoring.weights import Weights


def rivals_by_chance(bits: float, identities: int) -> float:
    """Return how many other persons of the register, at most, are expected to agree so well by chance.

    The mean of 2^bits over persons who are not the one asked about is 1, so of N persons at most N·2^-bits reach it.
    """
    return float(identities * 2.0**-bits)


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

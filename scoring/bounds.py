"""What could be found at all: the confidence of a perfect agreement, and the rivals that chance would make.

Nothing is searched when a perfect agreement could not be sure; a later step is spared when hardly any record that
was not looked at could come near the best candidate.
"""

from dataclasses import replace

from analyzers.identity import Query, Record
from scoring.posterior import posterior
from scoring.score import score
from scoring.weights import Weights


def rivals_by_chance(bits: float, identities: int) -> float:
    """Return how many other persons of the register, at most, are expected to agree so well by chance.

    The mean of 2^bits over persons who are not the one asked about is 1, so of N persons at most N·2^-bits reach it.
    """
    return float(identities * 2.0**-bits)


def best_possible_confidence(query: Query, identities: int, weights: Weights) -> float:
    """Return the confidence of a lone record that agreed exactly with all that was said."""
    perfect = max((score(query, record, weights) for record in _perfect_records(query)), key=lambda found: found.bits)
    return posterior([perfect], identities, query.channel, "wide", weights.model).of_candidates[0]


def _perfect_records(query: Query) -> list[Record]:
    """Return the records that say what the question says, one for each sex where it says none."""
    numbers = [body for nir in query.declared_nirs for body in (nir.repairs or (nir.body,))]
    known = Record(
        id="",
        nir=numbers[0] if numbers else None,
        birth_name=query.surnames[0] if query.surnames else None,
        usage_names=query.surnames[1:],
        given_names=query.given_name_lists[0] if query.given_name_lists else (),
        birth_date=query.birth_dates[0] if query.birth_dates else None,
        birth_place=query.birth_place,
        parents=query.parents,
    )
    return [replace(known, sex=sex) for sex in ((query.sex,) if query.sex else ("M", "F", None))]

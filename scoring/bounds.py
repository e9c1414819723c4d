"""What could be found at all: the confidence of a perfect agreement, and the rivals that chance would make.

Nothing is searched when a perfect agreement could not be sure; a later step is spared when hardly any record that
was not looked at could come near the best candidate.
"""

from collections.abc import Iterator
from itertools import product

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
    found = (score(query, record, weights) for record in _perfect_records(query))
    return max(posterior([one], identities, query.channel, "wide", weights.model).of_candidates[0] for one in found)


def _perfect_records(query: Query) -> Iterator[Record]:
    """Yield the records that say what the question says: one for each value where it says several or none.

    One name of several may be the rarest, and names and dates are rarer among all persons than among those born in
    one country: so each is known alone as well, and the place is not.
    """
    numbers = [body for nir in query.declared_nirs for body in (nir.repairs or (nir.body,))]
    names = dict.fromkeys(query.surnames)
    surnames = dict.fromkeys([tuple(names), *((name,) for name in names)])
    for nir, known, given, date, place, sex in product(
        dict.fromkeys(numbers) or (None,),
        surnames,
        dict.fromkeys(query.given_name_lists) or ((),),
        dict.fromkeys(query.birth_dates) or (None,),
        dict.fromkeys((query.birth_place, None)),
        (query.sex,) if query.sex else ("M", "F", None),
    ):
        yield Record(
            id="",
            nir=nir,
            sex=sex,
            birth_name=known[0] if known else None,
            usage_names=known[1:],
            given_names=given,
            birth_date=date,
            birth_place=place,
            parents=query.parents,
        )

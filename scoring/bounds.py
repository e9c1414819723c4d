"""What could be found at all: the confidence of a perfect agreement, and the rivals that chance would make.

Nothing is searched when a perfect agreement could not be sure; a later step is spared when hardly any record that
was not looked at could come near the best candidate.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, product

from analyzers.dates import PartialDate
from analyzers.identity import SEXES, Query, Record
from scoring.model import Criterion
from scoring.posterior import posterior
from scoring.score import Evidence, Score, repeating, score
from scoring.weights import Weights


def rivals_by_chance(bits: float, identities: int) -> float:
    """Return how many other persons of the register, at most, are expected to agree so well by chance.

    The mean of 2^bits over persons who are not the one asked about is 1, so of N persons at most N·2^-bits reach it.
    """
    return float(identities * 2.0**-bits)


def could_be_sure(query: Query, identities: int, weights: Weights) -> bool:
    """Say whether a lone record could reach the threshold by agreeing with all that was said."""
    threshold = weights.model.decision.threshold
    return any(confidence >= threshold for confidence in _confidences(query, identities, weights))


def best_possible_confidence(query: Query, identities: int, weights: Weights) -> float:
    """Return the confidence of a lone record that agreed exactly with all that was said, each trait at its most."""
    return max(_confidences(query, identities, weights))


def _confidences(query: Query, identities: int, weights: Weights) -> Iterator[float]:
    """Yield the confidence of the record that repeats the question, then what each number allows at the most."""
    numbers = [body for nir in query.declared_nirs for body in (nir.repairs or (nir.body,))]
    perfect = (_perfect_score(query, number, weights) for number in dict.fromkeys((*numbers, None)))
    for found in chain([score(query, repeating(query, next(iter(numbers), None)), weights)], perfect):
        yield posterior([found], identities, query.channel, "wide", weights.model).of_candidates[0]


def _perfect_score(query: Query, number: str | None, weights: Weights) -> Score:
    best: dict[Criterion, Evidence] = {}
    for record in _agreeing_records(query, number, weights):
        for item in score(query, record, weights).evidence:
            if item.criterion not in best or best[item.criterion].bits < item.bits:
                best[item.criterion] = item
    evidence = tuple(replace(item, bits=max(item.bits, 0.0)) for item in best.values())
    return Score(Record(id=""), sum(item.bits for item in evidence), evidence, None, vetoed=False)


def _agreeing_records(query: Query, number: str | None, weights: Weights) -> Iterator[Record]:
    """Yield records that agree on some of what was said, so that each trait is worth its most in one of them.

    A value is worth most where it is known alone and among all persons: no surname nor place says a country, so the
    place is a former one; sex and decade are any that the question leaves open.
    """
    place = (query.birth_place,) if query.birth_place else ()
    bare = Record(id="", nir=number, former_birth_places=place)
    names = tuple({name.joined: name for name in query.surnames}.values())
    for known in dict.fromkeys([names, *((name,) for name in names)]):
        yield replace(bare, usage_names=known)
    for parent in query.parents:
        yield replace(bare, parents=(parent,))
    dates = dict.fromkeys((*query.birth_dates, None)) if query.birth_dates else (None, *_decades(weights))
    for given, date, sex in product(
        dict.fromkeys(query.given_name_lists) or ((),),
        dates,
        dict.fromkeys((query.sex, None)) if query.sex else ("M", "F", None),
    ):
        yield replace(bare, given_names=given, birth_date=date, sex=sex)


def _decades(weights: Weights) -> list[PartialDate]:
    """Return a year of each decade of the register: in one of them a given name may be rarer than in all."""
    decades = {group[1:] for group in weights.statistics.groups if group[0] in SEXES.values()}
    return [PartialDate(int(decade) * 10) for decade in sorted(decades)]

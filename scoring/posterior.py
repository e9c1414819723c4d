"""From bits to a probability: each candidate against the others, its family, and the persons who are not there."""

from collections.abc import Sequence
from dataclasses import dataclass

from analyzers.identity import Channel
from scoring.model import Model, Relative
from scoring.score import GIVEN_NAMES_AGREE, Score


@dataclass(frozen=True, slots=True)
class Posterior:
    """Probabilities that sum to 1: `of_candidates` in the order of the candidates, the rest shared by the unseen."""

    of_candidates: tuple[float, ...]
    of_relatives: float
    of_others: float


def posterior(candidates: Sequence[Score], identities: int, channel: Channel, step: str, model: Model) -> Posterior:
    """Return the probability that each candidate is the person asked about.

    Args:
        candidates: in a fixed order, the best first.
        identities: the size of the register.
        step: the last step used, of which the recall is known.

    A weight is relative to a person drawn from the register at random: (1-a)·2^bits/N for a candidate, (1-a)(1-r) for
    the registered person whom no step found, a for the person not registered; for the best candidate a relative.
    """
    absent, recall = model.absent[channel], model.recall[step]
    unseen = absent + (1 - absent) * (1 - recall)
    weights = [(1 - absent) * 2.0**candidate.bits / max(identities, 1) for candidate in candidates]
    relatives = weights[0] * relatives_share(candidates[0], unseen, model) if candidates else 0.0
    total = sum(weights) + relatives + unseen
    return Posterior(tuple(weight / total for weight in weights), relatives / total, unseen / total)


def relatives_share(candidate: Score, unseen: float, model: Model) -> float:
    """Return how much likelier than the candidate its relatives are, together."""
    share: float = sum(
        relative.prior * (unseen if relative.only_unseen else 1.0) * 2.0 ** -_own_bits(candidate, relative)
        for relative in model.relatives
        if candidate.level("birth_date") not in relative.never_born
    )
    return share


def _own_bits(candidate: Score, relative: Relative) -> float:
    """The evidence that speaks for the candidate and not for this relative.

    Beside a birth date, another person's number is neither's: without one, it says another birth. Another sex speaks
    for the relative, unless the given names are its own; these say little against a relative who may be a namesake.
    """
    given_agree = candidate.level("given_names") in GIVEN_NAMES_AGREE
    is_dated = candidate.level("birth_date") is not None
    return sum(
        min(item.bits, relative.namesake_bits) if item.criterion == "given_names" else item.bits
        for item in candidate.evidence
        if item.criterion not in relative.shares
        and not (item.criterion == "nir" and item.bits < 0 and is_dated)
        and not (item.criterion == "sex" and given_agree)
    )

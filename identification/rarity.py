"""How many persons of a register share what a question says by chance alone, and which keys that makes too common."""

from collections.abc import Iterable
from math import prod

from analyzers.identity import Query
from analyzers.keys import MOST_GIVEN_NAMES, KeyFamily, Trait
from analyzers.names import Name, analysed_codes
from scoring.weights import Weights

_MONTHS, _DAYS_OF_A_MONTH = 12, 30.4


MOST_BY_CHANCE = 3.0
"""A key that more persons are expected to share by chance tells nobody from the others by itself."""


def rare_enough(query: Query, families: Iterable[KeyFamily], weights: Weights) -> tuple[KeyFamily, ...]:
    """Return the families of which a key is worth asking: who shares more than a common one shares a rarer one too."""
    return tuple(family for family in families if by_chance(query, family, weights) <= MOST_BY_CHANCE)


def by_chance(query: Query, family: KeyFamily, weights: Weights) -> float:
    """Return how many persons are expected to share the traits of a family, were these independent."""
    return weights.statistics.identities * prod(_share(query, trait, weights) for trait in family.traits)


def share_near(surnames: Iterable[Name], weights: Weights) -> float:
    """Return the share of persons whose surname is near one of these, as the wide search understands it."""
    return sum(
        _sum_of_shares("sound", analysed_codes(name.folded, "fr2"), weights)
        + _sum_of_shares("skeleton", analysed_codes(name.folded, "skxs"), weights)
        + weights.statistics.slip_share("name1", len(name.joined))
        for name in dict.fromkeys(surnames)
    )


def _share(query: Query, trait: Trait, weights: Weights) -> float:
    """Return the share of persons who have one of the values of a trait that were said."""
    dates, place = query.birth_dates, query.birth_place
    match trait:
        case "name":
            return _sum_of_shares("sound", (code for name in query.surnames for code in name.codes), weights)
        case "given":
            names = (name for names in query.given_name_lists for name in names[:MOST_GIVEN_NAMES])
            return _sum_of_shares("given_sound", (code for name in names for code in name.codes), weights)
        case "year":
            return _sum_of_shares("year", (str(date.year) for date in dates), weights)
        case "day":
            return _sum_of_shares("day", (f"{date.month:02d}{date.day:02d}" for date in dates if date.day), weights)
        case "month":
            return len(dates) / _MONTHS
        case "day_of_month":
            return len(dates) / _DAYS_OF_A_MONTH
        case "department":
            return _sum_of_shares("department", place.departments if place else (), weights)
        case "commune":
            codes = place.lineage if place else ()
            return _sum_of_shares("commune", codes, weights) or _sum_of_shares("label", _town(query), weights)


def _town(query: Query) -> tuple[str, ...]:
    return (query.birth_place.town,) if query.birth_place and query.birth_place.town else ()


def _sum_of_shares(kind: str, values: Iterable[str], weights: Weights) -> float:
    return sum(weights.share(kind, value) for value in dict.fromkeys(values))

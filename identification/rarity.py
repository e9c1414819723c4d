"""How many persons of a register share what a question says by chance alone, and which keys that makes too common."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

from analyzers.dates import PartialDate
from analyzers.identity import Query
from analyzers.keys import MOST_GIVEN_NAMES, KeyFamily, Trait
from analyzers.names import Name, analysed_codes
from analyzers.places import Place
from scoring.statistics import at, foreign_country
from scoring.weights import Weights

MOST_BY_CHANCE = 3.0
"""A key that more persons are expected to share by chance tells nobody from the others by itself."""
Near = Literal["near_name"]
"""A surname near one of those that were said, as the wide search understands it."""
_MONTHS, _DAYS_OF_A_MONTH = 12, 30.4
_PLACES: frozenset[Trait | Near] = frozenset({"department", "commune"})


@dataclass(frozen=True, slots=True)
class Said:
    """The traits of a question from which keys are made."""

    surnames: Sequence[Name]
    given_name_lists: Sequence[Sequence[Name]]
    dates: Sequence[PartialDate]
    place: Place | None


def said_in(query: Query) -> Said:
    return Said(query.surnames, query.given_name_lists, query.birth_dates, query.birth_place)


def said_swapped(query: Query) -> Said:
    """What is said when surname and given names stand in each other's place."""
    given = [name for names in query.given_name_lists for name in names]
    return Said(given, [query.surnames], query.birth_dates, query.birth_place)


def rare_enough(said: Said, families: Iterable[KeyFamily], weights: Weights) -> tuple[KeyFamily, ...]:
    """Return the families of which a key is worth asking: who shares more than a common one shares a rarer one too."""
    return tuple(family for family in families if by_chance(said, family.traits, weights) <= MOST_BY_CHANCE)


def by_chance(said: Said, traits: Iterable[Trait | Near], weights: Weights) -> float:
    """Return how many persons are expected to share all these traits, were they independent.

    Names and default dates go with a country: of a birth abroad, what those born there share, where that is more.
    """
    traits, statistics = tuple(traits), weights.statistics
    shared = statistics.identities * prod(_share(said, trait, weights) for trait in traits)
    country = foreign_country(said.place)
    if not country:
        return shared
    persons = statistics.groups.get(at(country), 0)
    others = (trait for trait in traits if trait not in _PLACES)
    return max(shared, persons * prod(_share(said, trait, weights, country) for trait in others))


def _share(said: Said, trait: Trait | Near, weights: Weights, country: str = "") -> float:
    """Return the share of persons, or of those born in a country, who have one of the values that were said."""
    match trait:
        case "name":
            return _sum_of_shares("sound", (code for name in said.surnames for code in name.codes), weights, country)
        case "near_name":
            return sum(_share_near(name, weights, country) for name in dict.fromkeys(said.surnames))
        case "given":
            names = (name for names in said.given_name_lists for name in names[:MOST_GIVEN_NAMES])
            return _sum_of_shares("given_sound", (code for name in names for code in name.codes), weights, country)
        case "year":
            return _sum_of_shares("year", (str(date.year) for date in said.dates), weights)
        case "day":
            days = (f"{date.month:02d}{date.day:02d}" for date in said.dates if date.day)
            return _sum_of_shares("day", days, weights, country)
        case "month":
            return len(said.dates) / _MONTHS
        case "day_of_month":
            return len(said.dates) / _DAYS_OF_A_MONTH
        case "department":
            return _sum_of_shares("department", said.place.departments if said.place else (), weights)
        case "commune":
            codes = said.place.lineage if said.place else ()
            towns = (said.place.town,) if said.place and said.place.town else ()
            return _sum_of_shares("commune", codes, weights) or _sum_of_shares("label", towns, weights)


def _share_near(surname: Name, weights: Weights, country: str) -> float:
    return (
        _sum_of_shares("sound", analysed_codes(surname.folded, "fr2"), weights, country)
        + _sum_of_shares("skeleton", analysed_codes(surname.folded, "skxs"), weights, country)
        + weights.statistics.slip_share("name1", len(surname.joined))
    )


def _sum_of_shares(kind: str, values: Iterable[str], weights: Weights, country: str = "") -> float:
    return sum(weights.share(kind, value, country) for value in dict.fromkeys(values))

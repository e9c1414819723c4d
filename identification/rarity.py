"""How many persons of a register share what a question says by chance alone, and which keys that makes too common."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from analyzers.keys import KeyFamily, Said, Trait, few_enough, numbers_of
from analyzers.places import Place, is_code
from scoring.statistics import at, foreign_country
from scoring.weights import Weights

_MONTHS, _DAYS_OF_A_MONTH = 12, 30.4


@dataclass(frozen=True, slots=True)
class Population:
    """Persons among whom a value is as common as its share: all of a register, or those who were born in a country."""

    persons: int
    weights: Weights
    country: str = ""

    def share_of_any(self, trait: Trait, values: Iterable[Any]) -> float:
        """Return the share of those who have one of the values, were nobody to have two."""
        return min(1.0, sum(self.share(trait, value) for value in values))

    def share(self, trait: Trait, value: Any) -> float:
        match trait:
            case "name":
                return self.weights.share("sound", value, self.country)
            case "given":
                return self.weights.share("given_sound", value, self.country)
            case "year" | "vague_year":
                return self.weights.share("year", str(value))
            case "day":
                month, day = value
                return self.weights.share("day", f"{month:02d}{day:02d}", self.country)
            case "month":
                return 1 / _MONTHS
            case "day_of_month":
                return 1 / _DAYS_OF_A_MONTH
            case "department":
                return 1.0 if self.country else self.weights.share("department", value)
            case "commune":
                return self._share_of_place(value)

    def _share_of_place(self, value: str) -> float:
        """Of those born in a country all have its code, and all who were born in its town anywhere were born there."""
        if self.country and is_code(value):
            return 1.0
        persons = self.weights.statistics.identities * self.weights.share(
            "commune" if is_code(value) else "label", value
        )
        return min(1.0, persons / max(self.persons, 1))


def populations(place: Place | None, weights: Weights) -> list[Population]:
    """Return those among whom what is said may be common: names and default dates go with a country of birth."""
    everybody = Population(weights.statistics.identities, weights)
    country = foreign_country(place)
    if not country:
        return [everybody]
    return [everybody, Population(weights.statistics.groups.get(at(country), 0), weights, country)]


def by_rarity(
    said: Said, families: Sequence[KeyFamily], among: Sequence[Population]
) -> tuple[list[int], dict[int, KeyFamily]]:
    """Return the numbers of the keys that few share by chance, and those of common ones with the family of each."""
    traits = numbers_of(said)
    joined = {trait for family in families for trait in family.traits}
    counted = [
        (
            population.persons,
            {
                number: population.share(trait, value)
                for trait in joined
                for number, value in zip(traits[trait], said[trait], strict=True)
            },
        )
        for population in among
    ]
    rare, common = [], {}
    for family in families:
        for numbers in product(*few_enough(family.values_in(traits))):
            number = family.start + sum(numbers)
            if all(
                persons * prod(map(share.__getitem__, numbers)) <= family.most_by_chance for persons, share in counted
            ):
                rare.append(number)
            else:
                common[number] = family
    return rare, common


def by_chance(
    said: Said, family: KeyFamily, among: Sequence[Population], beside: Callable[[Population], float]
) -> float:
    """Return how many persons, at most, are expected to share a key of this family, and what it is asked beside."""
    return max(
        population.persons
        * beside(population)
        * prod(population.share_of_any(trait, said[trait]) for trait in family.traits)
        for population in among
    )

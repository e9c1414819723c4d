"""An invented population, family by family: who is registered, and who exists without being registered.

Nobody here exists. Families share a name and a home, so that twins, siblings, parents and namesakes compete as they
do in life; persons left out of the register are what a declaration may ask about in vain.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Literal

from evaluation.names import Names
from evaluation.origins import DESCENT_SINCE, ORIGINS, Origin
from evaluation.places import Commune, Places

Role = Literal["father", "mother", "child", "twin"]
ALL_AGES = (1930, 2008)
"""First and last year of birth of a register of persons of all ages."""
_MOST_ORDERS = 999
_TWIN_BIRTHS, _TRIPLET_BIRTHS = 0.016, 0.0004
_NAMED_AFTER_THE_FATHER = 0.02
_COMPOUND_SURNAMES = 0.02
NEVER_REGISTERED = 0.08
_PARENTS_KNOWN = 0.5
_USAGE_NAME_KNOWN = 0.7
_NUMBERS_RECOMPOSED, _NUMBERS_PENDING, _NUMBERS_MISSING = 0.004, 0.08, 0.003


@dataclass(slots=True)
class Person:
    """One invented person: `record` is the line of the register; `usage_name` is what she calls herself, if other."""

    record: dict[str, Any]
    role: Role
    origin: Origin
    home: Commune
    birthplace: Commune | None
    registered: bool
    parents: list[dict[str, Any]]
    usage_name: str | None = None

    @property
    def year(self) -> int:
        return int(self.record["birth_date"][:4])


@dataclass(slots=True)
class Family:
    persons: list[Person] = field(default_factory=list)

    def others(self, person: Person) -> list[Person]:
        return [other for other in self.persons if other is not person]


class Population:
    """A seeded source of families: the same seed and tables make the same persons.

    Args:
        born: first and last year of birth; equal for a dense slice, where everyone was born in one year and a family
            is the children of one birth.
    """

    def __init__(self, names: Names, places: Places, seed: int, born: tuple[int, int] = ALL_AGES) -> None:
        self._names, self._places = names, places
        self._first, self._last = born
        self._chance = Random(seed)
        self._orders: Counter[str] = Counter()
        self._made = 0
        self._origins = [origin for origin in ORIGINS for _ in range(round(origin.share * 1000))]

    @property
    def is_dense(self) -> bool:
        return self._first == self._last

    def families(self, persons: int) -> Iterator[Family]:
        """Yield families until they have so many persons, registered or not."""
        while self._made < persons:
            yield self._slice_family() if self.is_dense else self._whole_family()

    def _slice_family(self) -> Family:
        year = self._first
        origin = self._origin(year)
        surname, home = self._surname(origin, year), self._home()
        return Family(self._births(origin, surname, home, year, self._parents(origin, surname, year)))

    def _whole_family(self) -> Family:
        chance = self._chance
        father_year = chance.randint(self._first, self._last)
        mother_year = min(self._last, max(self._first, father_year + chance.randint(-6, 4)))
        origin = self._origin(father_year)
        surname, home = self._surname(origin, father_year), self._home()
        family = Family()
        if chance.random() < 0.95:
            family.persons += self._births(origin, surname, self._home(), father_year, [], "M")[:1]
        maiden = self._surname(origin, mother_year)
        married = surname if chance.random() < 0.75 else None
        family.persons += self._births(origin, maiden, self._home(), mother_year, [], "F", married)[:1]
        for person, role in zip(family.persons[-2:], ("father", "mother")[-len(family.persons) :], strict=True):
            person.role = role  # type: ignore[assignment]  # mypy widens the literals of a tuple slice
        parents = [
            {"birth_name": person.record["birth_name"], "given_names": person.record["given_names"][:1]}
            for person in family.persons
        ]
        father = next((person for person in family.persons if person.role == "father"), None)
        for _ in range(chance.choice((0, 1, 1, 2, 2, 2, 3, 4))):
            year = mother_year + chance.randint(19, 40)
            if year <= self._last:
                family.persons += self._births(_born_here(origin, year), surname, home, year, parents, father=father)
        return family

    def _births(
        self,
        origin: Origin,
        surname: str,
        home: Commune,
        year: int,
        parents: list[dict[str, Any]],
        sex: str | None = None,
        usage_name: str | None = None,
        father: Person | None = None,
    ) -> list[Person]:
        """Return the persons of one birth: mostly one, sometimes twins or triplets."""
        chance, luck = self._chance, self._chance.random()
        count = 3 if luck < _TRIPLET_BIRTHS else 2 if luck < _TWIN_BIRTHS else 1
        born = self._date(origin, year)
        place = None if origin.country else self._places.birth(chance, home, year)
        town = chance.choice(origin.towns) if origin.towns else ""
        persons: list[Person] = []
        for _ in range(count):
            own_sex = sex or chance.choice("MF")
            given = self._given_names(origin, own_sex, year, persons, father)
            record: dict[str, Any] = {
                "id": f"I{self._made:09d}",
                "sex": own_sex,
                "birth_name": surname,
                "given_names": given,
                "birth_date": born,
                "birth_place": _registered_place(place, origin, town),
                **self._number(own_sex, born, place, origin),
            }
            if parents and chance.random() < _PARENTS_KNOWN:
                record["parents"] = parents
            role: Role = "twin" if count > 1 else "child"
            person = Person(record, role, origin, home, place, chance.random() >= NEVER_REGISTERED, parents)
            self._marry(person, usage_name, own_sex, year)
            persons.append(person)
            self._made += 1
        return persons

    def _marry(self, person: Person, usage_name: str | None, sex: str, year: int) -> None:
        if usage_name is None and self.is_dense and sex == "F" and self._chance.random() < 0.45:
            usage_name = self._surname(person.origin, year - 2)
        if usage_name and usage_name != person.record["birth_name"]:
            person.usage_name = usage_name
            if self._chance.random() < _USAGE_NAME_KNOWN:
                person.record["usage_names"] = [usage_name]

    def _origin(self, year: int) -> Origin:
        origin = self._chance.choice(self._origins)
        return ORIGINS[0] if origin.name == "maghreb_born_in_france" and year < DESCENT_SINCE else origin

    def _home(self) -> Commune:
        return self._places.home(self._chance)

    def _surname(self, origin: Origin, year: int) -> str:
        name = self._names.surname(self._chance, origin.name, year)
        luck = self._chance.random()
        if luck < origin.two_surnames:
            return f"{name} {self._names.surname(self._chance, origin.name, year)}"
        if not origin.country and luck > 1 - _COMPOUND_SURNAMES:
            return f"{name}{self._chance.choice('- ')}{self._names.surname(self._chance, origin.name, year)}"
        return name

    def _given_names(
        self, origin: Origin, sex: str, year: int, siblings: list[Person], father: Person | None
    ) -> list[str]:
        """Return one to four names; no two children of one birth share the first."""
        chance = self._chance
        taken = {person.record["given_names"][0] for person in siblings}
        first = self._names.given_name(chance, origin.name, sex, year)
        while first in taken:
            first = self._names.given_name(chance, origin.name, sex, year)
        if father and sex == "M" and not siblings and chance.random() < _NAMED_AFTER_THE_FATHER:
            first = father.record["given_names"][0]
        count = chance.choice((0, 0, 1, 1, 1, 2, 2, 3)) if not origin.country else chance.choice((0, 0, 0, 0, 1))
        older = max(1900, year - chance.choice((0, 30, 55)))
        more = (self._names.given_name(chance, origin.name, sex, older) for _ in range(count))
        return list(dict.fromkeys((first, *more)))

    def _parents(self, origin: Origin, surname: str, year: int) -> list[dict[str, Any]]:
        older = year - 28
        return [
            {
                "birth_name": surname if sex == "M" else self._surname(origin, older),
                "given_names": [self._names.given_name(self._chance, origin.name, sex, older)],
            }
            for sex in "MF"
        ]

    def _date(self, origin: Origin, year: int) -> str:
        chance = self._chance
        if chance.random() < origin.default_date:
            return chance.choice((f"{year}-01-01", f"{year}-01-01", f"{year}-00-00"))
        return (date(year, 1, 1) + timedelta(days=chance.randrange(365))).isoformat()

    def _number(self, sex: str, born: str, place: Commune | None, origin: Origin) -> dict[str, Any]:
        chance = self._chance
        if chance.random() < _NUMBERS_MISSING:
            return {}
        where = place.code if place else str(origin.country)
        nir = self._new_number(sex, born, where)
        if origin.country and chance.random() < _NUMBERS_PENDING:
            return {"nir": nir, "nir_status": "pending"}
        if chance.random() < _NUMBERS_RECOMPOSED:
            return {"nir": nir, "former_nirs": [self._new_number(sex, born, where)]}
        return {"nir": nir}

    def _new_number(self, sex: str, born: str, where: str) -> str:
        """Return a number never given before; a place that gave its 999 orders of a month hands on to the next month
        codes of the civil registry, 31 and after, as numbers of incomplete records do.
        """
        month = born[5:7] if born[5:7] != "00" else "20"
        for code in (month, *map(str, range(31, 43)), *map(str, range(50, 100))):
            prefix = f"{1 if sex == 'M' else 2}{born[2:4]}{code}{where}"
            if self._orders[prefix] < _MOST_ORDERS:
                self._orders[prefix] += 1
                return f"{prefix}{self._orders[prefix]:03d}"
        raise AssertionError("no order is left for this month and place")


def _born_here(origin: Origin, year: int) -> Origin:
    """Children of a family from the Maghreb are born in France and keep its names; of others, take French ones."""
    if origin.name in ("algeria", "morocco", "tunisia", "maghreb_born_in_france") and year >= DESCENT_SINCE:
        return ORIGINS[1]
    return ORIGINS[0]


def _registered_place(place: Commune | None, origin: Origin, town: str) -> dict[str, str]:
    if place:
        return {"code": place.code, "label": place.label}
    return {"code": str(origin.country), "label": town, "country": str(origin.country)}

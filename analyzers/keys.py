"""Composite blocking keys: the same function makes those of a record and of a question.

A key joins traits that a true pair usually shares, so that few other persons share them: one posting list of 1 to 3
documents, whatever the size of the register. Each family is a row of `FAMILIES`. Unknown parts of a date simply make
no key of the families that need them.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import product
from math import prod
from operator import itemgetter
from typing import Literal, NamedTuple, get_args

from analyzers.dates import PartialDate
from analyzers.identity import Query, Record
from analyzers.names import Name
from analyzers.places import Place

KEY_VERSION = "6"
"""Changes with the families, their fields, or the hash: a build of another version cannot be asked."""

Trait = Literal["name", "given", "year", "day", "month", "day_of_month", "department", "commune", "vague_year"]
Stage = Literal["tight", "loose", "wide"]
EVERY_TRAIT: tuple[Trait, ...] = get_args(Trait)
IfCommon = Literal["asked", "beside_pairs", "passed_over"]
"""What becomes of a key that many share by chance: asked all the same, asked beside pairs of other traits, or not."""
Said = Mapping[Trait, tuple[Hashable, ...]]
"""The distinct values of each trait that a record or a question says: codes of sound, parts of dates, COG codes."""
Values = tuple[int, ...]
Traits = Mapping[Trait, Values]
"""The same as numbers of 61 random bits, in the same order."""


def _sums_of_two(start: int, a: Values, b: Values) -> list[int]:
    return [start + one + two for one in a for two in b]


def _sums_of_three(start: int, a: Values, b: Values, c: Values) -> list[int]:
    return [start + one + two + three for one in a for two in b for three in c]


def _sums_of_four(start: int, a: Values, b: Values, c: Values, d: Values) -> list[int]:
    return [start + one + two + three + four for one in a for two in b for three in c for four in d]


_SUMS: Mapping[int, Callable[..., list[int]]] = {2: _sums_of_two, 3: _sums_of_three, 4: _sums_of_four}
"""A loop for each number of traits: half the time of one loop for any."""


@dataclass(frozen=True)
class KeyFamily:
    """Traits joined into one key, and the stage of the cascade that asks it.

    `name` is a surname by FR2 (whole, without particle, each part), `given` a given name by FR2, `year` the birth
    year, `day` month and day, `commune` each COG code of the place through time, a label where no code is known,
    `vague_year` the year of a date whose day is unknown, or the first of January, which often stands for that.
    A key, or a pair beside a surname, is common where more persons than `most_by_chance` are expected to share it.
    """

    name: str
    traits: tuple[Trait, ...]
    stage: Stage
    if_common: IfCommon = "asked"
    most_by_chance: float = 3.0

    @cached_property
    def values_in(self) -> Callable[[Traits], tuple[Values, ...]]:
        """Gives the values of the traits that are joined."""
        return itemgetter(*self.traits)

    @cached_property
    def start(self) -> int:
        """The number of the family itself."""
        return _FAMILY_NUMBERS[self.name]

    @cached_property
    def sums(self) -> Callable[..., list[int]]:
        """Makes the numbers of the keys of a start and of such values."""
        return _SUMS[len(self.traits)]


FAMILIES = (
    KeyFamily("name_date", ("name", "year", "day"), "tight"),
    KeyFamily("name_given_day", ("name", "given", "day"), "tight"),
    KeyFamily("name_given_year", ("name", "given", "year"), "loose", "beside_pairs"),
    KeyFamily("name_given_commune", ("name", "given", "commune"), "loose", "beside_pairs"),
    KeyFamily("given_date_department", ("given", "year", "day", "department"), "loose", "passed_over"),
    KeyFamily("given_date", ("given", "year", "day"), "loose", "passed_over", most_by_chance=0.3),
    KeyFamily("date_commune", ("year", "day", "commune"), "loose", "passed_over", most_by_chance=0.3),
)
FAMILIES_OF_NAMES = tuple(family for family in FAMILIES if {"name", "given"} & set(family.traits))


def _pair(name: str, one: Trait, other: Trait) -> KeyFamily:
    """Of those who share so little beside a surname one is identified only where chance makes hardly any other."""
    return KeyFamily(name, (one, other), "wide", most_by_chance=0.3)


PAIRS = (
    _pair("given_month", "given", "month"),
    _pair("given_day", "given", "day_of_month"),
    _pair("given_department", "given", "department"),
    _pair("month_day", "month", "day_of_month"),
    _pair("month_department", "month", "department"),
    _pair("day_department", "day_of_month", "department"),
)
"""Two traits of four: what a record found wide by a surname that is only near shares besides."""
PAIRS_OF_YEAR = (
    _pair("given_year", "given", "year"),
    _pair("year_department", "year", "department"),
)
"""The year stands in where fewer than two of the four are said; else these are held besides a pair that many share."""
PAIR_OF_VAGUE_YEAR = _pair("given_vague_year", "given", "vague_year")
"""Whoever was born on an unknown day of the year that was said may be the one, whatever day was said."""
PAIRS_INDEXED = (*PAIRS, *PAIRS_OF_YEAR, PAIR_OF_VAGUE_YEAR)
KEY_LETTERS = 6
_NO_SURNAME = ""
"""Persons without a surname meet the questions that say none."""
_REMEMBERED = 1 << 18
MOST_GIVEN_NAMES = 4
"""Given names beyond the fourth make no key: they are hardly ever declared alone."""
MOST_KEYS = 200
"""Keys of one family. Of 20,000 invented persons none has more than 54; names of 75 words would make 300,000."""
_FEW_VALUES = 15
"""So few values of all traits together make no more keys than that of any family: 4 x 4 x 4 x 3 at most."""


def families_of(stage: Stage) -> tuple[KeyFamily, ...]:
    return tuple(family for family in FAMILIES if family.stage == stage)


def record_traits(record: Record, traits: Collection[Trait] = EVERY_TRAIT) -> Traits:
    """Return these traits of a record: it is read for every question that finds it, and most ask by few of them."""
    sources = _Sources(record.surnames, record.given_name_lists, record.birth_dates, record.birth_places)
    return {trait: tuple(map(_NUMBER_OF[trait], dict.fromkeys(_VALUES_OF[trait](sources)))) for trait in traits}


def query_traits(query: Query) -> Traits:
    return numbers_of(said_in(query))


def said_in(query: Query) -> Said:
    return _said(_Sources(query.surnames, query.given_name_lists, query.birth_dates, _places(query)))


def said_swapped(query: Query) -> Said:
    """What a question says whose surname and given names stand in each other's place."""
    given = [name for names in query.given_name_lists for name in names]
    return _said(_Sources(given, [query.surnames], query.birth_dates, _places(query)))


def traits_joined_in(families: Iterable[KeyFamily]) -> frozenset[Trait]:
    return frozenset(trait for family in families for trait in family.traits)


def _places(query: Query) -> Sequence[Place]:
    return (query.birth_place,) if query.birth_place else ()


class _Sources(NamedTuple):
    """What the traits are made of."""

    surnames: Sequence[Name]
    given: Sequence[Sequence[Name]]
    dates: Sequence[PartialDate]
    places: Sequence[Place]


_VALUES_OF: Mapping[Trait, Callable[[_Sources], Iterable[Hashable]]] = {
    "name": lambda of: [code for name in of.surnames for code in name.codes] or [_NO_SURNAME],
    "given": lambda of: [code for names in of.given for name in names[:MOST_GIVEN_NAMES] for code in name.codes],
    "year": lambda of: [date.year for date in of.dates],
    "day": lambda of: [(date.month, date.day) for date in of.dates if date.day],
    "month": lambda of: [date.month for date in of.dates if date.month],
    "day_of_month": lambda of: [date.day for date in of.dates if date.day],
    "department": lambda of: [department for place in of.places for department in place.departments],
    "commune": lambda of: [term for place in of.places for term in place.terms],
    "vague_year": lambda of: [date.year for date in of.dates if _is_vague(date)],
}


def _said(sources: _Sources) -> Said:
    return {trait: tuple(dict.fromkeys(values_of(sources))) for trait, values_of in _VALUES_OF.items()}


def _is_vague(date: PartialDate) -> bool:
    return not date.day or (date.month, date.day) == (1, 1)


def numbers_of(said: Said) -> Traits:
    return {trait: tuple(map(_NUMBER_OF[trait], values)) for trait, values in said.items()}


class _Numbers(dict[object, int]):
    """The numbers of the values of one trait, remembered: each is 61 bits of the hash of its text."""

    def __init__(self, kind: Trait | Literal["family"]) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, value: object) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        digest = blake2b(f"{self._kind}\x1f{value}".encode(), digest_size=8).digest()
        number = self[value] = int.from_bytes(digest, "big") >> 3
        return number


_NUMBER_OF: Mapping[Trait, Callable[[Hashable], int]] = {trait: _Numbers(trait).__getitem__ for trait in EVERY_TRAIT}
_FAMILY_NUMBERS = _Numbers("family")


def pair_families(traits: Traits) -> tuple[KeyFamily, ...]:
    """Return the pairs of traits that were said, of which a record found wide shares some; none where too little is."""
    return _made(traits, PAIRS) or _made(traits, PAIRS_OF_YEAR)


def _made(traits: Traits, families: Iterable[KeyFamily]) -> tuple[KeyFamily, ...]:
    return tuple(family for family in families if all(family.values_in(traits)))


def keys_of(traits: Traits, families: Iterable[KeyFamily] = FAMILIES) -> tuple[str, ...]:
    """Return the keys of these traits, each once."""
    return tuple(dict.fromkeys(map(key_of, key_numbers(traits, families))))


def keys_with_family(traits: Traits, families: Iterable[KeyFamily] = FAMILIES) -> dict[str, KeyFamily]:
    """Return each key of these traits with the family that made it."""
    return {key: family for family in families for key in keys_of(traits, (family,))}


def key_numbers(traits: Traits, families: Iterable[KeyFamily]) -> list[int]:
    """Return what the keys of these traits are cut from: a question and a record that share one, share a key.

    The number of a key is the sum of those of its traits and of its family: adding is the cheapest way to join them,
    and values that are distinct have distinct sums as surely as hashes of their texts.
    """
    found: list[int] = []
    are_few = sum(map(len, traits.values())) <= _FEW_VALUES
    for family in families:
        values = family.values_in(traits)
        found += family.sums(family.start, *(values if are_few else few_enough(values)))
    return found


def few_enough(values: Sequence[Values]) -> Sequence[Values]:
    """Return the values of a family to join, without the last of the longest traits where they make too many keys."""
    fewer = list(values)
    while prod(map(len, fewer)) > MOST_KEYS:
        longest = max(range(len(fewer)), key=lambda position: len(fewer[position]))
        fewer[longest] = fewer[longest][:-1]
    return fewer


def key_of(number: int) -> str:
    """Return the last 36 bits of a number in 6 characters of base64. A collision costs a comparison, never an answer.

    Of 115 million identities with 17 keys each, one key in 35 is also that of somebody else.
    """
    return _TWO_SIGNS[number >> 24 & 0xFFF] + _TWO_SIGNS[number >> 12 & 0xFFF] + _TWO_SIGNS[number & 0xFFF]


_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TWO_SIGNS = tuple(map("".join, product(_SIGNS, repeat=2)))

"""What is asked beside other traits: surnames near the declared ones, and keys that many share by chance.

A pair of traits that many share beside such a surname by chance brings the more records the larger the register, and
hardly any of them could be identified by so little. Such a pair is asked only with what makes it rare; with any other
where the year tells little, or the question says more than pairs do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from analyzers.identity import Query
from analyzers.keys import (
    FAMILIES,
    PAIR_OF_VAGUE_YEAR,
    PAIRS,
    PAIRS_OF_YEAR,
    KeyFamily,
    Said,
    Trait,
    Traits,
    key_of,
    keys_of,
    numbers_of,
    pair_families,
)
from analyzers.names import Name, analysed_codes, letters_less
from identification.rarity import Population, by_chance
from retrieval.protocol import Sides, WideSearch

NOTHING = WideSearch()
_GIVEN: Trait = "given"
_SHARE_OF_A_YEAR_THAT_TELLS = 1 / 12
"""Where more were born in one year, as in a register of few years, a pair of the year is held by as many as others."""
_DATE_KEYS = tuple(family for family in FAMILIES if family.name in ("given_date", "date_commune"))
_PAIR = {family.name: family for family in (*PAIRS, *PAIRS_OF_YEAR)}
_GIVEN_DEPARTMENT, _GIVEN_YEAR, _MONTH_DAY = _PAIR["given_department"], _PAIR["given_year"], _PAIR["month_day"]


def wide_search(query: Query, said: Said, among: Sequence[Population]) -> WideSearch:
    """Return what is asked wide of a register of which these are the populations."""
    surnames, traits = query.surnames, numbers_of(said)
    families, share_near = pair_families(traits), partial(_share_near, tuple(dict.fromkeys(surnames)))
    common = [family for family in families if by_chance(said, family, among, share_near) > family.most_by_chance]
    year_tells = bool(said["year"]) and among[0].share_of_any("year", said["year"]) <= _SHARE_OF_A_YEAR_THAT_TELLS
    date_tells = year_tells and _says_date_and_no_more(query, said)
    both = tuple(_common_pairs(traits, common, year_tells, date_tells))
    dates = keys_of(traits, _DATE_KEYS) if date_tells and common else ()
    is_more_asked = both or dates
    return WideSearch(
        fr2=_distinct(code for name in surnames for code in analysed_codes(name.folded, "fr2")),
        skxs=_distinct(code for name in surnames for code in analysed_codes(name.folded, "skxs")),
        slips=_distinct(form for name in surnames for form in letters_less(name.joined)),
        pairs=keys_of(traits, [family for family in families if family not in common or not is_more_asked]),
        both=both,
        dates=dates,
    )


def _common_pairs(traits: Traits, common: Sequence[KeyFamily], year_tells: bool, date_tells: bool) -> Iterator[Sides]:
    """Yield common pairs, each with those of which one has to be held besides: three traits in all.

    Where the date tells, who shares all of it with given name or place is found by the keys of dates. Of the others
    only they are near enough to be identified who share given name and place, and the year or month and day. Elsewhere
    any two pairs are asked.
    """
    halves: list[tuple[Sequence[KeyFamily], Sequence[KeyFamily]]] = []
    if set(common) <= set(PAIRS_OF_YEAR):
        halves.append((common[:1], common[1:]))
    elif date_tells:
        if _GIVEN_DEPARTMENT in common:
            halves.append(([_GIVEN_DEPARTMENT], [_GIVEN_YEAR, _MONTH_DAY]))
    else:
        halves.append((PAIRS_OF_YEAR if year_tells else (), common))
        halves += (([family], [other for other in common if other != family]) for family in common)
    for one, other in halves:
        sides = keys_of(traits, one), keys_of(traits, other)
        if all(sides):
            yield sides


def common_keys_search(
    query: Query, said: Said, common: Mapping[int, KeyFamily], among: Sequence[Population]
) -> WideSearch:
    """Return what is asked of those who hold keys of a surname and a given name, by their numbers, that many share.

    Who has the same names and is of the same year, or place, is but a namesake, unless month, day or département agree,
    or a day of birth is unknown: that of the record, or what was said. Who has the same names and place and was born
    another year and another day is one too, and need not be asked where the whole date was said.
    """
    needs_place = not _says_date_and_no_more(query, said)
    named = [
        number
        for number, family in common.items()
        if family.if_common == "beside_pairs" and (needs_place or "commune" not in family.traits)
    ]
    if not named:
        return NOTHING
    families = [
        family
        for family in (*PAIRS, *(PAIRS_OF_YEAR if said["vague_year"] else ()), PAIR_OF_VAGUE_YEAR)
        if _GIVEN in family.traits and not _everybody_shares(said, family, among)
    ]
    traits = numbers_of({**said, "vague_year": said["year"]})
    return WideSearch(keys=tuple(map(key_of, named)), pairs=keys_of(traits, families))


def _says_date_and_no_more(query: Query, said: Said) -> bool:
    """A whole date finds whoever is near enough to be identified, unless parents speak for somebody else."""
    return bool(said["day"]) and not query.parents


def _everybody_shares(said: Said, family: KeyFamily, among: Iterable[Population]) -> bool:
    """Say whether a place abroad is all that the pair adds: all who were born there share it."""
    return "department" in family.traits and any(
        population.share_of_any("department", said["department"]) == 1.0 for population in among
    )


def _share_near(surnames: Iterable[Name], population: Population) -> float:
    """Return the share of those who bear a surname near one of these."""
    weights, country = population.weights, population.country
    return sum(
        sum(weights.share("sound", code, country) for code in analysed_codes(name.folded, "fr2"))
        + sum(weights.share("skeleton", code, country) for code in analysed_codes(name.folded, "skxs"))
        + weights.statistics.slip_share("name1", len(name.joined))
        for name in surnames
    )


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))

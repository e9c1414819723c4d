"""How many bits one criterion can reach when a record shares only some of the key traits of a question.

Each level of agreement implies traits shared: two equal surnames have the same codes, so a record that shares no code
of the surname has at most a slip of the pen or the same skeleton. These functions are the comparisons read that way,
from the question alone: those and these change together, and a test holds them to it. What was not declared, such as
the date with day and month swapped, is looked up: if the register counts no such value, no record has it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from analyzers.dates import PartialDate
from analyzers.identity import Query
from analyzers.keys import MOST_GIVEN_NAMES
from analyzers.names import Name, name_tables, own_words, slips_allowed
from analyzers.places import ABROAD, FRANCE
from scoring.comparisons import DIFFERENT, SHORTEST_SKELETON, Agreement, glued_words
from scoring.model import Criterion
from scoring.statistics import given_names_group
from scoring.weights import Weights

Shared = frozenset[str]
IMPOSSIBLE = float("-inf")
_MOST_SLIPS = 2
_SAME_SEX = Agreement("same")


def most_of_surnames(query: Query, shared: Shared, weights: Weights) -> float:
    """Return the bits of the best declared surname; the usage name adds its own where another one is the best."""
    tries = len(set(query.surnames))
    most = {name: _most_of_surname("birth_name", name, tries, shared, weights) for name in query.surnames}
    best = max(most.values(), default=0.0)
    others = [bits for name, bits in most.items() if name != query.usage_name]
    if query.usage_name is None or not others:
        return best
    return max(best, max(others) + _most_of_surname("usage_name", query.usage_name, 1, shared, weights))


def _most_of_surname(criterion: Criterion, name: Name, tries: int, shared: Shared, weights: Weights) -> float:
    levels = _levels_of_surname(name, shared)
    most = max([0.0, *(weights.bits(criterion, Agreement(*found, tries)) for found in levels)])
    lengths = _lengths_of_slips(len(name.joined))
    return max(most, weights.most_bits_of_a_slip(criterion, lengths)) if lengths else most


def _levels_of_surname(name: Name, shared: Shared) -> Iterator[tuple[str, str, str]]:
    if "name" in shared:
        if "name_sx" in shared:
            yield "exact", "name", name.joined
        yield from (("part", "part", part) for part in {name.core, *name.parts})
        yield from (("phonetic", "sound", code) for code in name.codes)
    if "name_sx" in shared and len(name.sx) >= SHORTEST_SKELETON:
        yield "skeleton", "skeleton", name.sx


@lru_cache(maxsize=1 << 10)
def _lengths_of_slips(letters: int) -> tuple[int, ...]:
    """Return the lengths of the names that may be a slip away from one of so many letters."""
    lengths = range(letters - _MOST_SLIPS, letters + _MOST_SLIPS + 1)
    return tuple(length for length in lengths if 0 < slips_allowed(min(letters, length)) >= abs(letters - length))


def most_of_given_names(query: Query, shared: Shared, weights: Weights) -> float:
    """Return the bits of the given names and the sex, which they say already: it speaks where the record has none."""
    sex = max(0.0, weights.bits("sex", _SAME_SEX)) if query.sex else 0.0
    readings = _readings(query, shared, weights)
    return max([sex, *(_most_of_list(names, shared, readings, weights) for names in query.given_name_lists)])


Reading = tuple[str, float]


def _readings(query: Query, shared: Shared, weights: Weights) -> list[Reading]:
    """Return the groups among whom a record's given names may be counted, with what another sex takes away.

    Who shares the year was born in that decade; who does not, in the one where the name is rarest.
    """
    other_sex = min(0.0, weights.bits("sex", DIFFERENT))
    readings = [("", 0.0)]
    for sex in ("M", "F"):
        lost = other_sex if query.sex not in (None, sex) else 0.0
        decades = {given_names_group(sex, date.year) for date in query.birth_dates} if "year" in shared else {sex}
        readings += [(decade, lost) for decade in decades]
    return readings


def _most_of_list(names: Sequence[Name], shared: Shared, readings: Sequence[Reading], weights: Weights) -> float:
    """Return the most bits of one declared list. Of the forms that may agree at one level, the rarest is worth most."""
    own = [own_words(name.folded) for name in names]
    forms = {name.joined for name in names}.union(*own)
    most = [
        weights.bits("given_names", Agreement(level, "given", rarest, tries), group) + lost
        for level, agreeing, tries in _levels_of_given_names(names[0].joined, own, forms, "given" in shared, weights)
        for group, lost in readings
        for rarest in [min(agreeing, key=lambda form: weights.given_share(form, group))]
    ]
    return max(*most, _most_of_sounds(names, shared, weights), _most_of_slips(names, own, weights))


def _levels_of_given_names(
    whole: str, own: Sequence[Sequence[str]], forms: set[str], are_shared: bool, weights: Weights
) -> Iterator[tuple[str, set[str], int]]:
    """Yield the levels, the forms that may agree there, and the fewest tries.

    One or two letters alone make no key, nor does a name beyond the fourth: these agree unseen.
    """
    at_first = max(("same", "first"), key=weights.model.m["given_names"].__getitem__)
    keyless = {form for form in forms if len(form) < name_tables().shortest_part}
    if are_shared:
        yield at_first, {whole, own[0][0]}, 1
        yield "one", forms, len(own)
        return
    if own[0][0] in keyless:
        yield at_first, {own[0][0]}, 1
    if keyless:
        yield "one", keyless, len(own)
    yield "one", forms, _tries_beyond_keys(own)


def _tries_beyond_keys(names: Sequence[object]) -> int:
    return max(len(names), MOST_GIVEN_NAMES + 1)


def _most_of_sounds(names: Sequence[Name], shared: Shared, weights: Weights) -> float:
    tries = len(names) if "given" in shared else _tries_beyond_keys(names)
    codes = {code for name in names for code in name.codes}
    rarest = min(codes, key=lambda code: weights.share("given_sound", code))
    return weights.bits("given_names", Agreement("phonetic", "given_sound", rarest, tries))


def _most_of_slips(names: Sequence[Name], own: Sequence[Sequence[str]], weights: Weights) -> float:
    """A letter or two apart, or one word for several."""
    lengths = {length for words in own for word in words for length in _lengths_of_slips(len(word))}
    lengths |= {len(name.joined) for name in names} | {len(run) for run in glued_words(names)}
    return weights.most_bits_of_a_slip("given_names", lengths)


def most_of_swapped_names(query: Query, shared: Shared, weights: Weights) -> float:
    """Return the bits of both names, each in the other's place; `IMPOSSIBLE` where the register counts no such names.

    Such a record shares neither the surname nor the given name.
    """
    count = weights.statistics.count
    given = {name.joined for names in query.given_name_lists for name in names}
    surnames = [Agreement("swapped", "name", name) for name in given if count("name", name)]
    given_names = [Agreement("swapped", "given", name.joined) for name in query.surnames if count("given", name.joined)]
    if not surnames or not given_names:
        return IMPOSSIBLE
    return max(weights.bits("birth_name", found) for found in surnames) + max(
        weights.bits("given_names", found, group) + lost
        for found in given_names
        for group, lost in _readings(query, shared, weights)
    )


def most_of_dates(query: Query, shared: Shared, weights: Weights) -> float:
    levels = (found for date in query.birth_dates for found in _levels_of_date(date, shared, weights))
    return max([0.0, *(weights.bits("birth_date", found) for found in levels)])


def _levels_of_date(date: PartialDate, shared: Shared, weights: Weights) -> Iterator[Agreement]:
    if "year" in shared:
        yield Agreement("partial", "year", str(date.year))
        if not date.day or "day" in shared:
            yield Agreement("exact", "date", str(date))
        swapped = str(PartialDate(date.year, date.day, date.month))
        if date.day != date.month and weights.statistics.count("date", swapped):
            yield Agreement("swapped", "date", swapped)
    if date.day and shared & {"year", "day"}:
        yield Agreement("near")


def most_of_place(query: Query, shared: Shared, weights: Weights) -> float:
    return max([0.0, *(weights.bits("birth_place", found) for found in _levels_of_place(query, shared))])


def _levels_of_place(query: Query, shared: Shared) -> Iterator[Agreement]:
    place = query.birth_place
    if place is None:
        return
    if place.commune and {"commune", "department"} <= shared:
        yield Agreement("commune", "commune", place.commune)
    if place.town and "commune" in shared:
        yield Agreement("label", "label", place.town)
    if place.department and place.department != ABROAD and "department" in shared:
        yield Agreement("department", "department", place.department)
    if place.nation and place.nation != FRANCE:
        yield Agreement("nation", "nation", place.nation)


def most_of_sex(query: Query, weights: Weights) -> float:
    """Where the question says no given name: otherwise `most_of_given_names` counts the sex."""
    return max(0.0, weights.bits("sex", _SAME_SEX)) if query.sex and not query.given_name_lists else 0.0


def most_of_parents(query: Query, weights: Weights) -> float:
    given = {parent.given_names[0].joined for parent in query.parents if parent.given_names}
    return max([0.0, *(weights.bits("parents", Agreement("shared", "given", name)) for name in given)])

"""What is asked wide: rare pairs of traits alone, common ones only together with one that few hold."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from analyzers.dates import PartialDate
from analyzers.identity import Parent, Query, Record
from analyzers.keys import FAMILIES, PAIR_OF_VAGUE_YEAR, PAIRS, PAIRS_INDEXED, keys_of, query_traits, said_in
from analyzers.names import read_names
from analyzers.places import read_place
from identification.rarity import by_rarity, populations
from identification.wide import common_keys_search, wide_search
from retrieval.protocol import WideSearch
from scoring.model import load_model
from scoring.weights import Weights
from tests.scoring.test_bounds import OTHERS
from tests.strategies import name_of, statistics_of

QUERY = Query(
    birth_name=name_of("DUPONT"),
    given_names=read_names(["YANN"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("75056", "PARIS"),
)
ALL_PAIRS = {family.name for family in PAIRS}


def asked(query: Query, scale: int, register: list[Record] = OTHERS) -> WideSearch:
    """What is asked of a register of so many times the same persons, a third of them called DUPONT."""
    weights = Weights(load_model(), statistics_of(register, scale))
    return wide_search(query, said_in(query), populations(query.birth_place, weights))


def pairs_of(query: Query, *names: str) -> set[str]:
    traits = query_traits(query)
    return {key for family in PAIRS_INDEXED if family.name in names for key in keys_of(traits, (family,))}


def dates_of(query: Query, *names: str) -> set[str]:
    return set(keys_of(query_traits(query), [family for family in FAMILIES if family.name in names]))


def test_in_a_small_register_each_pair_is_asked_alone() -> None:
    search = asked(QUERY, 1)
    assert set(search.pairs) == pairs_of(QUERY, *ALL_PAIRS)
    assert not search.both
    assert not search.dates


def test_a_rare_surname_is_asked_beside_each_pair_however_large_the_register() -> None:
    rare = replace(QUERY, birth_name=name_of("QUEMENEUR"))
    assert asked(rare, 1_000).both == ()


def test_between_the_two_the_rarer_pairs_are_still_asked_alone() -> None:
    search = asked(QUERY, 4)
    assert set() < set(search.pairs) < pairs_of(QUERY, *ALL_PAIRS)
    assert set(search.dates) == dates_of(QUERY, "given_date", "date_commune")


YEAR_AND_MONTH, YEAR = PartialDate(1956, 3), PartialDate(1956)
OF_YEAR = {"given_year", "year_department"}
COMMON: list[tuple[str, dict[str, Any], list[tuple[set[str], set[str]]], set[str]]] = [
    ("all", {}, [({"given_department"}, {"given_year", "month_day"})], {"given_date", "date_commune"}),
    ("no place", {"birth_place": None}, [], {"given_date"}),
    ("no given name", {"given_names": ()}, [], {"date_commune"}),
    (
        "year and month",
        {"birth_date": YEAR_AND_MONTH},
        [
            (OF_YEAR, {"given_month", "given_department", "month_department"}),
            ({"given_month"}, {"given_department", "month_department"}),
            ({"given_department"}, {"given_month", "month_department"}),
            ({"month_department"}, {"given_month", "given_department"}),
        ],
        set(),
    ),
    (
        "no place, no day",
        {"birth_date": YEAR_AND_MONTH, "birth_place": None},
        [({"given_year"}, {"given_month"})],
        set(),
    ),
    ("the year, of the date", {"birth_date": YEAR}, [(OF_YEAR, {"given_department"})], set()),
    ("the year and the place", {"birth_date": YEAR, "given_names": ()}, [], set()),
    ("no date", {"birth_date": None}, [], set()),
]


@pytest.mark.parametrize(("said", "both", "dates"), [row[1:] for row in COMMON], ids=[row[0] for row in COMMON])
def test_what_many_share_is_asked_together_with_what_few_hold(
    said: dict[str, Any], both: list[tuple[set[str], set[str]]], dates: set[str]
) -> None:
    query = replace(QUERY, **said)
    search = asked(query, 1_000_000)
    expected = [(pairs_of(query, *anchors), pairs_of(query, *others)) for anchors, others in both]
    assert [(set(anchors), set(others)) for anchors, others in search.both] == expected
    assert set(search.dates) == dates_of(query, *dates)
    assert bool(search.pairs) == (not both and not dates)


SAME_YEAR = [replace(record, birth_date=PartialDate(1956, 3, 4)) for record in OTHERS]
PARENTS = (Parent(name_of("DUPONT"), read_names(["JOB"])),)


@pytest.mark.parametrize(
    ("register", "query"), [(SAME_YEAR, QUERY), (OTHERS, replace(QUERY, parents=PARENTS))], ids=["one year", "parents"]
)
def test_in_a_register_of_one_year_and_beside_parents_any_two_pairs_are_enough(
    register: list[Record], query: Query
) -> None:
    search = asked(query, 1_000_000, register)
    found = {(anchor, other) for anchors, others in search.both for anchor in anchors for other in others}
    pairs = pairs_of(QUERY, *ALL_PAIRS)
    assert {(one, other) for one in pairs for other in pairs - {one}} <= found
    assert not {(one, one) for one in pairs} & found


@pytest.mark.parametrize(
    ("said", "family"),
    [
        ({"birth_date": YEAR, "birth_place": None}, "given_year"),
        ({"birth_date": YEAR, "given_names": ()}, "year_department"),
        ({"birth_date": None}, "given_department"),
    ],
)
def test_where_but_one_pair_is_said_it_is_asked_alone(said: dict[str, Any], family: str) -> None:
    query = replace(QUERY, **said)
    search = asked(query, 1_000_000)
    assert set(search.pairs) == pairs_of(query, family)
    assert search.both == ()


def test_without_a_surname_nothing_is_asked() -> None:
    assert not asked(replace(QUERY, birth_name=None), 1).is_asked


def asked_of_common_keys(
    query: Query, scale: int, family_name: str = "name_given_year", register: list[Record] = OTHERS
) -> WideSearch:
    said, among = said_in(query), populations(query.birth_place, Weights(load_model(), statistics_of(register, scale)))
    family = next(family for family in FAMILIES if family.name == family_name)
    _, common = by_rarity(said, (family,), among)
    return common_keys_search(query, said, common, among)


def test_keys_that_few_share_are_not_asked_beside_pairs() -> None:
    assert not asked_of_common_keys(QUERY, 1).is_asked


def test_a_key_that_many_share_is_asked_beside_month_day_place_and_an_unknown_day() -> None:
    search = asked_of_common_keys(QUERY, 1_000)
    unknown_day = keys_of(query_traits(replace(QUERY, birth_date=PartialDate(1956))), (PAIR_OF_VAGUE_YEAR,))
    assert set(search.keys) <= set(keys_of(query_traits(QUERY)))
    assert set(search.pairs) == pairs_of(QUERY, "given_month", "given_day", "given_department") | set(unknown_day)


def test_a_country_of_birth_tells_nobody_apart_from_those_who_were_born_there() -> None:
    born_abroad = replace(QUERY, birth_place=read_place("99335"))
    assert not pairs_of(born_abroad, "given_department") & set(asked_of_common_keys(born_abroad, 1_000).pairs)


def test_where_only_the_year_is_said_all_of_that_year_are_asked() -> None:
    year_only = replace(QUERY, birth_date=PartialDate(1956))
    assert pairs_of(year_only, "given_year") <= set(asked_of_common_keys(year_only, 1_000).pairs)


@pytest.mark.parametrize("said", [{"birth_date": YEAR}, {"parents": PARENTS}], ids=["no day", "parents"])
def test_namesakes_of_a_place_are_asked_only_where_a_whole_date_does_not_find_them(said: dict[str, Any]) -> None:
    asked_by_place = partial(
        asked_of_common_keys,
        scale=1_000,
        family_name="name_given_commune",
        register=[replace(record, birth_place=QUERY.birth_place) for record in OTHERS],
    )
    assert not asked_by_place(QUERY).is_asked
    assert asked_by_place(replace(QUERY, **said)).is_asked

"""What is asked wide: rare pairs of traits alone, common ones only together with another."""

from dataclasses import replace

import pytest

from analyzers.dates import PartialDate
from analyzers.identity import Query
from analyzers.keys import PAIRS, PAIRS_OF_YEAR, keys_of, query_traits, said_in
from analyzers.names import read_names
from analyzers.places import read_place
from identification.rarity import populations
from identification.wide import wide_search
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


def asked(query: Query, scale: int) -> WideSearch:
    """What is asked of a register of so many times the same persons, a third of them called DUPONT."""
    weights = Weights(load_model(), statistics_of(OTHERS, scale))
    return wide_search(query, said_in(query), populations(query.birth_place, weights))


def pairs_of(query: Query, *names: str) -> set[str]:
    traits = query_traits(query)
    return {key for family in (*PAIRS, *PAIRS_OF_YEAR) if family.name in names for key in keys_of(traits, (family,))}


def test_in_a_small_register_each_pair_is_asked_alone() -> None:
    search = asked(QUERY, 1)
    assert set(search.pairs) == pairs_of(QUERY, *(family.name for family in PAIRS))
    assert search.in_twos == ()


def test_in_a_large_register_the_pairs_of_a_common_surname_are_asked_in_twos() -> None:
    search = asked(QUERY, 1_000_000)
    assert search.pairs == ()
    assert set(search.in_twos) == {tuple(pairs_of(QUERY, family.name)) for family in PAIRS}


def test_a_rare_surname_is_asked_beside_each_pair_however_large_the_register() -> None:
    rare = replace(QUERY, birth_name=name_of("QUEMENEUR"))
    assert asked(rare, 1_000).in_twos == ()


def test_between_the_two_the_rarer_pairs_are_still_asked_alone() -> None:
    search = asked(QUERY, 20)
    assert set(search.pairs).union(*search.in_twos) == pairs_of(QUERY, *(family.name for family in PAIRS))
    assert search.pairs
    assert search.in_twos


@pytest.mark.parametrize(
    ("said", "family"),
    [
        ({"birth_date": PartialDate(1956, 3), "birth_place": None}, "given_month"),
        ({"birth_date": PartialDate(1956), "birth_place": None}, "given_year"),
    ],
)
def test_where_but_one_pair_is_said_it_is_asked_alone(said: dict[str, object], family: str) -> None:
    query = replace(QUERY, **said)  # type: ignore[arg-type]
    search = asked(query, 1_000_000)
    assert set(search.pairs) == pairs_of(query, family)
    assert search.in_twos == ()


def test_without_a_surname_nothing_is_asked() -> None:
    assert not asked(replace(QUERY, birth_name=None), 1).is_asked

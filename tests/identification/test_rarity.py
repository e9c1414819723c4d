"""What chance alone brings together: as many persons as there are, by the shares of what was said."""

from dataclasses import replace

import pytest

from analyzers.identity import Query
from analyzers.keys import FAMILIES, KeyFamily
from analyzers.names import read_names
from analyzers.places import read_place
from identification.rarity import by_chance, rare_enough, said_in, said_swapped
from scoring.model import load_model
from scoring.weights import Weights
from tests.identification.test_wide import QUERY
from tests.scoring.test_bounds import GIVEN, OTHERS
from tests.strategies import name_of, statistics_of


def weights(scale: int) -> Weights:
    """Those of a register of so many times the same persons, a third of them called DUPONT."""
    return Weights(load_model(), statistics_of(OTHERS, scale))


def family_named(name: str) -> KeyFamily:
    return next(family for family in FAMILIES if family.name == name)


def names_of_rare(query: Query, scale: int) -> set[str]:
    return {family.name for family in rare_enough(said_in(query), FAMILIES, weights(scale))}


def test_in_a_small_register_every_key_is_rare() -> None:
    assert rare_enough(said_in(QUERY), FAMILIES, weights(1)) == FAMILIES


def test_a_key_that_many_share_by_chance_is_not_asked_and_the_others_are() -> None:
    assert names_of_rare(QUERY, 1_000) == {family.name for family in FAMILIES} - {"name_given_year"}


def test_a_rare_surname_makes_the_same_key_rare() -> None:
    rare = replace(QUERY, birth_name=name_of("QUEMENEUR"))
    assert "name_given_year" in names_of_rare(rare, 1_000)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_what_is_not_said_is_shared_by_nobody(family: KeyFamily) -> None:
    assert by_chance(said_in(Query()), family.traits, weights(1)) == 0


def test_a_surname_and_a_year_are_expected_as_often_as_both_shares_say() -> None:
    family = family_named("name_given_year")
    counted = weights(1_000)
    statistics = counted.statistics
    shares = (
        statistics.count("sound", QUERY.surnames[0].codes[0]) / statistics.identities,
        statistics.count("given_sound", QUERY.given_names[0].codes[0]) / statistics.identities,
        statistics.count("year", "1956") / statistics.identities,
    )
    assert by_chance(said_in(QUERY), family.traits, counted) == pytest.approx(
        statistics.identities * shares[0] * shares[1] * shares[2], rel=0.05
    )


def test_names_of_a_country_are_as_common_as_among_those_who_were_born_there() -> None:
    mali = read_place(None, None, None, "ML")
    born_there = [replace(other, birth_name=name_of("TRAORE"), birth_place=mali) for other in OTHERS[:10]]
    counted = Weights(load_model(), statistics_of([*OTHERS * 20, *born_there], 10))
    query = Query(birth_name=name_of("TRAORE"), given_names=read_names([GIVEN[0]]), birth_place=mali)
    family = family_named("name_given_commune")
    by_country = by_chance(said_in(query), family.traits, counted)
    anywhere = by_chance(replace(said_in(query), place=None), ("name", "given"), counted)
    assert by_country > 5
    assert by_country > 5 * anywhere * by_chance(said_in(query), ("commune",), counted) / counted.statistics.identities


def test_names_declared_in_each_others_place_are_as_common_as_they_are_there() -> None:
    family = family_named("name_given_year")
    swapped = Query(birth_name=name_of("YANN"), given_names=read_names(["DUPONT"]), birth_date=QUERY.birth_date)
    assert by_chance(said_swapped(swapped), family.traits, weights(9)) == pytest.approx(
        by_chance(said_in(replace(QUERY, birth_place=None)), family.traits, weights(9))
    )

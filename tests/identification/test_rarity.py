"""What chance alone brings together: as many persons as there are, by the shares of what was said."""

from dataclasses import replace

import pytest

from analyzers.identity import Query
from analyzers.keys import FAMILIES, KeyFamily, Said, key_numbers, numbers_of, said_in, said_swapped
from analyzers.names import read_names
from analyzers.places import read_place
from identification.rarity import Population, by_chance, by_rarity, populations
from scoring.model import load_model
from scoring.score import repeating
from scoring.weights import Weights
from tests.identification.test_wide import QUERY
from tests.scoring.test_bounds import GIVEN, OTHERS
from tests.strategies import name_of, statistics_of

MALI = "99335"


def weights(scale: int) -> Weights:
    """Those of a register of so many times the same persons, a third of them called DUPONT."""
    return Weights(load_model(), statistics_of(OTHERS, scale))


def among(query: Query, scale: int) -> list[Population]:
    return populations(query.birth_place, weights(scale))


def rare_numbers(said: Said, families: tuple[KeyFamily, ...], among: list[Population]) -> list[int]:
    rare, common = by_rarity(said, families, among)
    assert set(rare) | set(common) == set(key_numbers(numbers_of(said), families))
    return rare


def family_named(name: str) -> KeyFamily:
    return next(family for family in FAMILIES if family.name == name)


def names_of_rare(query: Query, scale: int) -> set[str]:
    """The families of which all keys are rare, if each has but one."""
    return {family.name for family in FAMILIES if rare_numbers(said_in(query), (family,), among(query, scale))}


def test_in_a_small_register_every_key_is_rare() -> None:
    said = said_in(QUERY)
    assert rare_numbers(said, FAMILIES, among(QUERY, 1)) == key_numbers(numbers_of(said), FAMILIES)


def test_a_key_that_many_share_by_chance_is_not_asked_and_the_others_are() -> None:
    assert names_of_rare(QUERY, 1_000) == {family.name for family in FAMILIES} - {"name_given_year"}


def test_a_rare_surname_makes_the_same_key_rare() -> None:
    rare = replace(QUERY, birth_name=name_of("QUEMENEUR"))
    assert "name_given_year" in names_of_rare(rare, 1_000)


RARE_SURNAME, RARE_GIVEN_NAME = name_of("QUEMENEUR"), name_of("CUNEGONDE")


@pytest.mark.parametrize(
    ("rare", "both"),
    [
        ({"birth_name": RARE_SURNAME}, {"usage_name": RARE_SURNAME}),
        ({"given_names": (RARE_GIVEN_NAME,)}, {"given_names": (*QUERY.given_names, RARE_GIVEN_NAME)}),
    ],
    ids=["surname", "given name"],
)
def test_a_common_name_beside_a_rare_one_hides_no_key_of_that(rare: dict[str, object], both: dict[str, object]) -> None:
    queries = [replace(QUERY, **said) for said in (rare, both)]  # type: ignore[arg-type]
    family = (family_named("name_given_year"),)
    alone, together = (rare_numbers(said_in(query), family, among(query, 1_000)) for query in queries)
    assert alone
    assert set(together) == set(alone)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_what_is_not_said_makes_no_key(family: KeyFamily) -> None:
    assert rare_numbers(said_in(Query()), (family,), among(Query(), 1)) == []


def test_a_surname_and_a_year_are_expected_as_often_as_both_shares_say() -> None:
    family, statistics = family_named("name_given_year"), weights(1_000).statistics
    shares = (
        statistics.count("sound", QUERY.surnames[0].codes[0]) / statistics.identities,
        statistics.count("given_sound", QUERY.given_names[0].codes[0]) / statistics.identities,
        statistics.count("year", "1956") / statistics.identities,
    )
    assert by_chance(said_in(QUERY), family, among(QUERY, 1_000), lambda _: 0.5) == pytest.approx(
        0.5 * statistics.identities * shares[0] * shares[1] * shares[2], rel=0.05
    )


def test_names_of_a_country_are_as_common_as_among_those_who_were_born_there() -> None:
    mali = read_place(MALI)
    born_there = [replace(other, birth_name=name_of("TRAORE"), birth_place=mali) for other in OTHERS[:10]]
    counted = Weights(load_model(), statistics_of([*OTHERS * 20, *born_there], 10))
    query = Query(birth_name=name_of("TRAORE"), given_names=read_names([GIVEN[0]]), birth_place=mali)
    family = family_named("name_given_commune")
    everybody, _ = both = populations(mali, counted)
    by_country, anywhere = (
        by_chance(said_in(query), family, persons, lambda _: 1.0) for persons in (both, [everybody])
    )
    assert by_country > 5
    assert by_country > 5 * anywhere
    assert rare_numbers(said_in(query), (family,), [everybody])
    assert not rare_numbers(said_in(query), (family,), both)


def test_a_town_abroad_is_as_rare_among_those_of_its_country_as_so_few_were_born_there() -> None:
    mali, kayes = read_place(MALI), read_place(MALI, "KAYES")
    born_there = [replace(other, birth_name=name_of("TRAORE"), birth_place=mali) for other in OTHERS[:10]]
    counted = Weights(load_model(), statistics_of([*OTHERS * 20, *born_there], 10))
    query = Query(birth_name=name_of("TRAORE"), given_names=read_names([GIVEN[0]]), birth_place=kayes)
    family = family_named("name_given_commune")
    assert len(key_numbers(numbers_of(said_in(query)), [family])) == 2
    assert len(rare_numbers(said_in(query), (family,), populations(kayes, counted))) == 1


def test_names_declared_in_each_others_place_are_as_common_as_they_are_there() -> None:
    family = family_named("name_given_year")
    swapped = Query(birth_name=name_of("YANN"), given_names=read_names(["DUPONT"]), birth_date=QUERY.birth_date)
    everybody = among(swapped, 9)
    assert by_chance(said_swapped(swapped), family, everybody, lambda _: 1.0) == pytest.approx(
        by_chance(said_in(QUERY), family, everybody, lambda _: 1.0)
    )


@pytest.mark.parametrize(
    ("name", "most"),
    [("name_given_year", 3.0), ("name_given_commune", 3.0), ("date_commune", 0.3), ("given_date", 0.3)],
)
def test_a_key_that_says_no_surname_is_common_where_fewer_share_it(name: str, most: float) -> None:
    said, family, found = said_in(QUERY), family_named(name), set[bool]()
    for scale in (2**power for power in range(20)):
        weights = Weights(load_model(), statistics_of([repeating(QUERY), *OTHERS], scale))
        among = populations(QUERY.birth_place, weights)
        is_rare = bool(rare_numbers(said, (family,), among))
        assert is_rare == (by_chance(said, family, among, lambda _: 1.0) <= most)
        found.add(is_rare)
    assert found == {True, False}

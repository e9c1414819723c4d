"""What an agreement is worth: the rarer the more, up to a limit; in a thin register, what the country says."""

from dataclasses import replace
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.dates import PartialDate
from analyzers.identity import Record, Sex
from analyzers.names import Name, read_name, read_names
from analyzers.places import read_place
from scoring.comparisons import DIFFERENT, Agreement
from scoring.model import Criterion, load_model
from scoring.statistics import Statistics
from scoring.weights import Weights, groups_of, origin_of
from tests.strategies import known_names, statistics_of

MODEL = load_model()
SOMEBODY = Record(
    id="1",
    sex="M",
    birth_name=read_name("LE GOFF"),
    given_names=read_names(["YANN"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("99352", "ORAN"),
)
SOMEBODY_ELSE = Record(
    id="2",
    sex="M",
    birth_name=read_name("DUPONT"),
    given_names=read_names(["MARC"]),
    birth_date=PartialDate(1951, 7, 9),
    birth_place=read_place("29019", "BREST"),
)
AGREEMENTS: list[tuple[Criterion, Agreement]] = [  # of somebody
    ("birth_name", Agreement("exact", "name", "LEGOFF")),
    ("birth_name", Agreement("part", "part", "GOFF")),
    ("birth_name", Agreement("phonetic", "sound", "LGOF")),
    ("birth_name", Agreement("close", "name", "LEGOFF")),
    ("birth_name", Agreement("skeleton", "skeleton", "LGF")),
    ("birth_name", Agreement("swapped", "name", "LEGOFF")),
    ("usage_name", Agreement("exact", "name", "LEGOFF")),
    ("given_names", Agreement("same", "given", "YANN")),
    ("given_names", Agreement("one", "given", "YANN")),
    ("given_names", Agreement("phonetic", "given_sound", "IN")),
    ("given_names", Agreement("close", "given", "YANN")),
    ("birth_date", Agreement("exact", "date", "1956-03-04")),
    ("birth_date", Agreement("partial", "year", "1956")),
    ("birth_place", Agreement("commune", "commune", "99352")),
    ("birth_place", Agreement("label", "label", "ORAN")),
    ("birth_place", Agreement("department", "department", "99")),
    ("birth_place", Agreement("nation", "nation", "99352")),
    ("parents", Agreement("shared", "given", "YANN")),
]


def register_with(share: int) -> Statistics:
    """A register of ten million in which somebody's traits are those of so many persons in a hundred."""
    return statistics_of([SOMEBODY] * share + [SOMEBODY_ELSE] * (100 - share), scale=100_000)


@pytest.mark.parametrize(("criterion", "agreement"), AGREEMENTS)
def test_a_rarer_value_weighs_more(criterion: Criterion, agreement: Agreement) -> None:
    for group in ("", "M195"):
        bits = [
            Weights(MODEL, register_with(share)).bits(criterion, agreement, group) for share in (0, 1, 2, 10, 50, 100)
        ]
        assert bits == sorted(bits, reverse=True)
        assert bits[1] > bits[2] > bits[3] > bits[4] > bits[5]


@pytest.mark.parametrize(("criterion", "agreement"), AGREEMENTS)
def test_the_more_was_tried_the_less_a_find_says(criterion: Criterion, agreement: Agreement) -> None:
    weights = Weights(MODEL, register_with(1))
    bits = [weights.bits(criterion, agreement.tried(tries)) for tries in (1, 2, 6, 10**6)]
    assert bits == sorted(bits, reverse=True)
    assert bits[0] > bits[-1]


@pytest.mark.parametrize(("criterion", "agreement"), AGREEMENTS)
def test_no_trait_is_worth_more_than_its_limit(criterion: Criterion, agreement: Agreement) -> None:
    """A rare value is often a misspelt one: in a register of the whole world, the rarest is worth no more."""
    assert Weights(MODEL, Statistics(10**12)).bits(criterion, agreement) <= MODEL.most_bits[criterion]


@pytest.mark.parametrize("criterion", sorted(MODEL.m))
def test_a_difference_never_speaks_for_a_person(criterion: Criterion) -> None:
    assert Weights(MODEL, Statistics(10**6)).bits(criterion, DIFFERENT) < 0


def bearers(name: str, count: int, sex: Sex = "M", year: int = 1956) -> list[Record]:
    born = PartialDate(year)
    person = Record(id="1", sex=sex, birth_name=read_name(name), given_names=read_names([name]), birth_date=born)
    return [person] * count


def test_an_empty_register_reads_as_the_country() -> None:
    weights = Weights(MODEL, Statistics(0))
    assert weights.share("name", "MARTIN") == pytest.approx(MODEL.smoothing.name)
    assert weights.share("commune", "29019") == pytest.approx(MODEL.smoothing.place)
    assert weights.given_share("given", "YANN", "M195") == pytest.approx(MODEL.smoothing.given)


def test_a_large_register_reads_as_itself() -> None:
    weights = Weights(MODEL, statistics_of([*bearers("MARTIN", 3), *bearers("GOFF", 1)], scale=1_000_000))
    assert weights.share("name", "MARTIN") == pytest.approx(0.75, rel=1e-3)
    assert weights.bits("birth_name", Agreement("exact", "name", "MARTIN")) == pytest.approx(
        log2(MODEL.m["birth_name"]["exact"] / 0.75), abs=0.01
    )


REGISTER = [
    *bearers("YANN", 6),
    *bearers("MARC", 2),
    *bearers("YANN", 1, year=1990),
    *bearers("KEVIN", 7, year=1990),
    *bearers("ANNE", 8, sex="F"),
]


def test_given_names_are_as_common_as_in_their_sex_and_decade() -> None:
    weights = Weights(MODEL, statistics_of(REGISTER, scale=100_000))
    assert weights.given_share("given", "YANN", "M195") == pytest.approx(6 / 8, rel=0.01)
    assert weights.given_share("given", "YANN", "M199") == pytest.approx(1 / 8, rel=0.01)
    assert weights.given_share("given", "YANN", "") == pytest.approx(7 / 24, rel=0.01)
    assert weights.given_share("given", "YANN", "M230") == weights.given_share("given", "YANN", "")


def test_a_decade_hardly_counted_is_drawn_to_all_given_names() -> None:
    weights = Weights(MODEL, statistics_of([*bearers("YANN", 1, year=1900), *bearers("MARC", 9_999)]))
    assert weights.given_share("given", "YANN", "M190") < 0.01


@given(
    st.lists(st.sampled_from(["YANN", "MARC", "ANNE", "ROSE"]), min_size=1), st.sampled_from(["", "M195", "F195", "M"])
)
def test_what_was_looked_up_before_changes_no_answer(asked: list[str], group: str) -> None:
    used = Weights(MODEL, statistics_of(REGISTER))
    for given_name in asked:
        used.given_share("given", given_name, group)
    fresh = Weights(MODEL, statistics_of(REGISTER))
    assert used.given_share("given", asked[0], group) == fresh.given_share("given", asked[0], group)


def variant(declared: str, recorded: str, level: str = "close") -> Agreement:
    return Agreement(level, "name", recorded, declared=declared)


def test_a_name_that_nobody_bears_was_meant_as_another() -> None:
    weights = Weights(MODEL, statistics_of([*bearers("MARTIN", 1), *bearers("MERTIN", 1)], scale=100_000))
    unheard_of = weights.bits("birth_name", variant("MXRTIN", "MARTIN"))
    assert unheard_of > 0
    assert unheard_of > weights.bits("birth_name", variant("MERTIN", "MARTIN"))


@given(known_names, known_names, st.sampled_from(["close", "phonetic", "skeleton", "two_slips"]))
def test_another_name_is_never_worth_more_than_the_same_one(declared: Name, recorded: Name, level: str) -> None:
    weights = Weights(MODEL, statistics_of([*bearers(recorded.text, 1), *bearers("DUPONT", 99)], scale=10_000))
    same = weights.bits("birth_name", Agreement("exact", "name", recorded.joined))
    assert weights.bits("birth_name", variant(declared.joined, recorded.joined, level)) <= same + 0.2


def test_born_in_one_country_the_names_of_that_country_are_not_rare() -> None:
    there = [replace(SOMEBODY, birth_name=read_name("ZERHOUNAT"))] * 2
    weights = Weights(MODEL, statistics_of([*there, *[SOMEBODY_ELSE] * 998], scale=10_000))
    assert weights.share("name", "ZERHOUNAT") == pytest.approx(0.002, rel=0.01)
    assert weights.share("name", "ZERHOUNAT", "99352") == pytest.approx(1, rel=0.01)
    assert weights.share("name", "DUPONT", "99352") == weights.share("name", "DUPONT")
    assert weights.share("date", "1956-03-04", "99352") == pytest.approx(1, rel=0.01)


def test_a_country_of_few_persons_is_drawn_to_all() -> None:
    one = replace(SOMEBODY, birth_name=read_name("ZERHOUNAT"))
    weights = Weights(MODEL, statistics_of([one, *[SOMEBODY_ELSE] * 9_999]))
    assert weights.share("name", "ZERHOUNAT", "99352") == pytest.approx(1 / 51, rel=0.01)


def test_names_that_go_together_are_counted_together_where_they_come_from() -> None:
    abroad = replace(SOMEBODY, birth_name=read_name("DIALLO"), given_names=read_names(["MAMADOU"]))
    weights = Weights(MODEL, statistics_of([abroad] * 5 + [SOMEBODY_ELSE] * 95, scale=10_000))
    name, given_name = Agreement("exact", "name", "DIALLO"), Agreement("same", "given", "MAMADOU")
    assert weights.bits("birth_name", name) > weights.bits("birth_name", name, origin="99352") + 4
    assert weights.bits("given_names", given_name) > weights.bits("given_names", given_name, origin="99352") + 3
    assert weights.bits("birth_name", name, origin="99100") == weights.bits("birth_name", name)
    here = replace(abroad, birth_place=SOMEBODY_ELSE.birth_place)
    assert (origin_of(abroad, weights.statistics), origin_of(here, weights.statistics)) == ("99352", "99352")
    assert origin_of(SOMEBODY_ELSE, weights.statistics) == ""


def test_a_real_name_was_hardly_meant_as_another() -> None:
    """JULIE is a slip away from JULIEN, and somebody's own name."""
    people = [*bearers("JULIEN", 2), *bearers("JULIE", 2, sex="F"), *bearers("MARC", 96)]
    weights = Weights(MODEL, statistics_of(people, scale=10_000))
    julie, juline = (Agreement("close", "given", "JULIEN", declared=name) for name in ("JULIE", "JULINE"))
    assert weights.bits("given_names", julie, "M195") == pytest.approx(0, abs=0.5)
    assert weights.bits("given_names", juline, "M195") > 4


def test_two_given_names_say_more_than_one() -> None:
    weights = Weights(MODEL, statistics_of(REGISTER, scale=1_000))
    one, two = Agreement("same", "given", "YANN"), Agreement("same", "given_words", "YANN MARC")
    assert weights.bits("given_names", two) > weights.bits("given_names", one)


def test_a_man_hardly_ever_bears_a_name_that_nobody_registered() -> None:
    weights = Weights(MODEL, Statistics(10**6))
    man, woman, unknown = (weights.bits_of_other_surname(sex) for sex in ("M", "F", None))
    assert man < woman == unknown < 0
    assert weights.bits("birth_name", DIFFERENT) == unknown


BESIDE_NIR: list[tuple[Criterion, str, float]] = [
    ("sex", "same", 0.0),
    ("birth_place", "commune", 0.0),
    ("birth_place", "department", 0.0),
    ("birth_date", "partial", 0.0),
]


@pytest.mark.parametrize(("criterion", "level", "bits"), BESIDE_NIR)
def test_beside_the_number_these_add_nothing(criterion: Criterion, level: str, bits: float) -> None:
    assert Weights(MODEL, Statistics(0)).bits_beside_nir(criterion, Agreement(level), 12.0) == bits


def test_beside_the_number_the_day_is_left_and_a_difference_still_subtracts() -> None:
    weights = Weights(MODEL, Statistics(0))
    assert 4 < weights.bits_beside_nir("birth_date", Agreement("exact"), 15.0) < 5
    assert weights.bits_beside_nir("birth_date", DIFFERENT, -5.6) == -5.6
    assert weights.bits_beside_nir("birth_date", Agreement("exact"), 1.5) == 1.5


GROUPS: list[tuple[Sex | None, PartialDate | None, tuple[PartialDate, ...], tuple[str, ...]]] = [
    ("M", PartialDate(1956), (), ("M195",)),
    ("M", PartialDate(1956), (PartialDate(1958),), ("M195",)),
    ("M", PartialDate(1956), (PartialDate(1966),), ("M195", "M196")),
    ("M", None, (PartialDate(1966),), ("M196",)),
    (None, PartialDate(1956), (), ("",)),
    ("M", None, (), ("",)),
]


@pytest.mark.parametrize(("sex", "date", "former", "groups"), GROUPS)
def test_a_record_is_counted_among_the_decades_of_its_dates(
    sex: Sex | None, date: PartialDate | None, former: tuple[PartialDate, ...], groups: tuple[str, ...]
) -> None:
    assert groups_of(Record(id="1", sex=sex, birth_date=date, former_birth_dates=former)) == groups


def test_every_level_of_the_model_has_a_share_of_true_pairs() -> None:
    for criterion, levels in MODEL.m.items():
        assert all(0 < share <= 1 for share in levels.values()), criterion
        assert set(MODEL.u.get(criterion, {})) <= set(levels)
        assert set(MODEL.u_given_nir.get(criterion, {})) <= set(levels)

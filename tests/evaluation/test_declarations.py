"""Labelled questions: every class happens, says its truth, and can be read by the service."""

from collections import Counter

import pytest

from evaluation.declarations import TRAINING, TRAITS_ONLY, WITH_NUMBER, WITH_PARENTS, Declarations, Labelled, Mix
from evaluation.names import invented_names
from evaluation.places import invented_places
from evaluation.population import NEVER_REGISTERED, Family, Population
from identification.questions import read_question

PLACES = invented_places()
MIXES = {mix.name: mix for mix in (TRAITS_ONLY, WITH_NUMBER, WITH_PARENTS, TRAINING)}


@pytest.fixture(scope="module")
def families() -> list[Family]:
    return list(Population(invented_names(1), PLACES, 1, (1930, 2008)).families(20_000))


def questions_of(families: list[Family], mix: Mix, seed: int = 1) -> list[Labelled]:
    declarations = Declarations(mix, PLACES, seed)
    wanted = mix.absent / (1 - mix.absent) * (1 - NEVER_REGISTERED) / NEVER_REGISTERED
    return [labelled for family in families for labelled in declarations.of_family(family, 1.0, wanted)]


@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES)
def test_every_question_can_be_read(families: list[Family], mix: Mix) -> None:
    for labelled in questions_of(families, mix):
        asked = read_question(labelled.query)
        assert asked.query is not None and not asked.errors


@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES)
def test_every_class_of_the_mix_happens(families: list[Family], mix: Mix) -> None:
    seen = {labelled.kind for labelled in questions_of(families, mix)}
    assert seen >= mix.shares.keys()
    assert {"absent_stranger", "absent_relative", "absent_twin", "absent_namesake_in_family"} <= seen
    assert ("former_number" in seen) == bool(mix.with_number)


@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES)
def test_absent_persons_are_the_share_that_the_mix_says(families: list[Family], mix: Mix) -> None:
    truths = [labelled.truth for labelled in questions_of(families, mix)]
    assert truths.count(None) / len(truths) == pytest.approx(mix.absent, abs=0.02)
    assert all(
        labelled.kind.startswith("absent") == (labelled.truth is None) for labelled in questions_of(families, mix)
    )


def test_questions_with_a_number_give_one_nearly_always(families: list[Family]) -> None:
    with_number = Counter("nir" in labelled.query for labelled in questions_of(families, WITH_NUMBER))
    assert 0.96 < with_number[True] / with_number.total() < 0.99
    assert not any("nir" in labelled.query for labelled in questions_of(families, TRAITS_ONLY))


def test_parents_are_named_as_far_as_the_family_knows_them_and_mostly_as_they_were_registered(
    families: list[Family],
) -> None:
    persons = [person for family in families for person in family.persons]
    parents_recorded = {person.record["id"] for person in persons if person.record.get("parents")}
    of_registered = [labelled for labelled in questions_of(families, WITH_PARENTS) if labelled.truth]
    named = [labelled for labelled in of_registered if "parents" in labelled.query]
    assert all("parents" in labelled.query for labelled in of_registered if labelled.truth in parents_recorded)
    assert any(labelled.truth not in parents_recorded for labelled in named)
    assert Counter(len(labelled.query["parents"]) for labelled in named).most_common(1)[0][0] == 2
    assert not any("parents" in labelled.query for labelled in questions_of(families, TRAITS_ONLY))


def test_the_same_seed_writes_the_same_questions(families: list[Family]) -> None:
    assert questions_of(families[:300], TRAITS_ONLY) == questions_of(families[:300], TRAITS_ONLY)
    assert questions_of(families[:300], TRAITS_ONLY) != questions_of(families[:300], TRAITS_ONLY, seed=2)


def test_weights_are_fitted_to_other_shares_and_other_slips_than_those_reported() -> None:
    for mix in (TRAITS_ONLY, WITH_NUMBER, WITH_PARENTS):
        assert dict(TRAINING.shares) != dict(mix.shares)
        assert TRAINING.slip is not mix.slip
        assert TRAINING.absent != mix.absent

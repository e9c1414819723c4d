"""What the comparison of two builds finds, and when it forbids the swap."""

from dataclasses import replace
from pathlib import Path

import pytest

from cli.reindexing import Comparison, WorseAnswers, difference, question_about
from identification.answers import Answer
from scoring.score import Evidence
from tests.persons import PERSON

KNOWN = Answer(
    None,
    "identified",
    identity={"id": PERSON.id},
    evidence=(Evidence("birth_name", "exact", 8.5), Evidence("birth_place", "same", 6.0)),
)
COMPARISON = Comparison("a", "b", "cog-2027", "cog-2028", 1_000, 10, 200, 0, 0, ())


def test_the_question_about_an_identity_says_all_but_its_number() -> None:
    query = question_about(PERSON).query
    assert query is not None
    assert (query.nir, query.birth_name, query.birth_date) == (None, PERSON.birth_name, PERSON.birth_date)
    assert query.birth_place == PERSON.birth_place


def test_the_same_answer_and_other_bits_are_no_difference() -> None:
    shifted = replace(KNOWN, evidence=tuple(replace(item, bits=item.bits + 0.01) for item in KNOWN.evidence))
    assert difference(PERSON, KNOWN, shifted) is None


def test_a_difference_says_in_what_the_answers_differ() -> None:
    other = replace(KNOWN, identity={"id": "P9"})
    moved = replace(KNOWN, evidence=(KNOWN.evidence[0], Evidence("birth_place", "near", 3.0)))
    lost = replace(KNOWN, outcome="ambiguous", reason="homonyms", identity=None)
    found = [difference(PERSON, KNOWN, after) for after in (other, moved, lost)]
    assert [one.why if one else None for one in found] == [("identity",), ("criteria",), ("outcome", "identity")]
    assert [one.criteria if one else None for one in found] == [(), ("birth_place",), ()]
    assert found[2] is not None
    assert found[2].after == {"outcome": "ambiguous", "reason": "homonyms", "identity": None}


def test_who_is_mistaken_or_lost_too_often_forbids_the_swap() -> None:
    COMPARISON.check(Path("report.json"))
    replace(COMPARISON, lost=2).check(Path("report.json"))
    for worse in (replace(COMPARISON, lost=3), replace(COMPARISON, mistaken=1)):
        with pytest.raises(WorseAnswers):
            worse.check(Path("report.json"))

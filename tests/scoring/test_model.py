"""The weights are rounded from figures that were counted, and are shares."""

import json
from importlib.resources import files

import pytest

from scoring.model import load_model

MODEL = load_model()
FITTED = json.loads(files("scoring.data").joinpath("fitted.json").read_text("utf-8"))["true_pairs"]
_OFTEN = 100
_ROUNDED_AT_MOST = 3.5
SHARES_OF_SOME_PAIRS = {"initial", "swapped", "partial", "same", "first"}
"""Levels that are shares of the pairs of which something else is known, or one share in two levels."""


def seen_often() -> list[tuple[str, str]]:
    return [
        (criterion, level)
        for criterion in ("nir", "birth_name", "given_names", "sex", "birth_date")
        for level, share in FITTED[criterion]["levels"].items()
        if share * FITTED[criterion]["pairs"] >= _OFTEN and level not in SHARES_OF_SOME_PAIRS
    ]


@pytest.mark.parametrize(("criterion", "level"), [one for one in seen_often() if one != ("birth_name", "different")])
def test_a_weight_is_near_the_share_that_was_counted(criterion: str, level: str) -> None:
    counted, weight = FITTED[criterion]["levels"][level], MODEL.m[criterion][level]
    assert counted / _ROUNDED_AT_MOST <= weight <= counted * _ROUNDED_AT_MOST


def test_the_first_given_name_agrees_as_often_as_it_was_counted() -> None:
    levels = FITTED["given_names"]["levels"]
    assert MODEL.m["given_names"]["same"] == MODEL.m["given_names"]["first"]
    assert MODEL.m["given_names"]["same"] == pytest.approx(levels["same"] + levels["first"], abs=0.05)


def test_another_surname_is_as_rare_among_true_pairs_as_it_was_counted() -> None:
    counted = FITTED["birth_name"]["levels"]["different"]
    assert MODEL.other_surname["M"] <= counted <= MODEL.other_surname["F"]


def test_every_level_is_a_share_and_the_version_says_fitted() -> None:
    for levels in (*MODEL.m.values(), *MODEL.u.values()):
        assert all(0 < share <= 1 for share in levels.values())
    assert "fitted" in MODEL.version

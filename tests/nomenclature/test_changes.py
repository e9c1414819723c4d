"""What changed between two editions."""

from pathlib import Path

import pytest

from nomenclature.changes import Change, compare_editions, touched_codes
from nomenclature.facts import with_facts
from nomenclature.nomenclature import Nomenclature
from nomenclature.official import read_ensemble
from nomenclature.values import Edition
from tests.nomenclature.official_zip import COMMUNES, EVENTS, HISTORY, official_zip

NEW_HISTORY = (
    HISTORY.replace(
        "COM,89220,0,LAVAU,Lavau,Lavau,1977-01-01,\n", "COM,89220,0,LAVAU,Lavau,Lavau,1977-01-01,2026-01-01\n"
    ).replace("Grand-Santi,1976-11-12,\n", "Grand-Santi,1976-11-12,2026-01-01\n")
    + "COM,97357,0,GRAND SANTI,Santi,Santi,2026-01-01,\n"
    + "COM,97363,0,NEUVE,Neuve,Neuve,2026-01-01,\n"
)
NEW_EVENTS = EVENTS + "31,2026-01-01,COM,89220,0,,,Lavau,COM,89344,0,,,Saint-Fargeau\n"


@pytest.fixture
def old(tmp_path: Path) -> Edition:
    return with_facts(read_ensemble(official_zip(tmp_path), lambda _: None).edition)


@pytest.fixture
def new(tmp_path: Path) -> Edition:
    tables = {"v_commune_depuis_1943.csv": NEW_HISTORY, "v_mvt_commune_{year}.csv": NEW_EVENTS}
    path = official_zip(tmp_path, "2026", {**tables, "v_commune_{year}.csv": COMMUNES})
    return with_facts(read_ensemble(path, lambda _: None).edition)


def test_what_changed_is_told_by_kind(old: Edition, new: Edition) -> None:
    changes = compare_editions(old, new)
    assert changes.created == (Change("97363", "", "Neuve"),)
    assert changes.renamed == (Change("97357", "Grand-Santi", "Santi"),)
    assert changes.merged == (Change("89220", "Lavau", "89344"),)
    assert (changes.abolished, changes.renumbered) == ((), ())


def test_an_edition_has_not_changed_from_itself(old: Edition) -> None:
    assert compare_editions(old, old) == compare_editions(old, old).__class__((), (), (), (), ())
    assert touched_codes(Nomenclature(old), Nomenclature(old)) == frozenset()


def test_codes_of_another_lineage_or_name_are_touched(old: Edition, new: Edition) -> None:
    assert touched_codes(Nomenclature(old), Nomenclature(new)) == {"97357", "97363"}


def test_a_commune_that_goes_into_another_is_merged_and_touched(tmp_path: Path, old: Edition) -> None:
    history = HISTORY.replace("1998-01-04,\n", "1998-01-04,2026-01-01\n")
    events = EVENTS + "31,2026-01-01,COM,51108,0,,,X,COM,89344,0,,,Saint-Fargeau\n"
    tables = {"v_commune_depuis_1943.csv": history, "v_mvt_commune_{year}.csv": events}
    new = with_facts(read_ensemble(official_zip(tmp_path, "2026", tables), lambda _: None).edition)
    assert compare_editions(old, new).merged == (Change("51108", "Châlons-en-Champagne", "89344"),)
    assert touched_codes(Nomenclature(old), Nomenclature(new)) == {"51108"}

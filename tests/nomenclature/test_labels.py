"""How labels are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomenclature.labels import Label, read_label, spelt

SPELT = [
    ("St-Étienne", "SAINT ETIENNE"),
    ("STE MARIE", "SAINTE MARIE"),
    ("Vitry s/ Seine", "VITRY SUR SEINE"),
    ("MONTREUIL SS BOIS", "MONTREUIL SOUS BOIS"),
    ("Villers S/S Bois", "VILLERS SOUS BOIS"),
    ("L’Haÿ-les-Roses", "L HAY LES ROSES"),
    ("Garges-lez-Gonesse", "GARGES LES GONESSE"),
]
READ = [  # label, name, bare, hint
    ("LE MANS", "LE MANS", "MANS", None),
    ("MANS(LE)", "LE MANS", "MANS", None),
    ("SAINT-DENIS (974)", "SAINT DENIS", "SAINT DENIS", "974"),
    ("Saint-Denis (Réunion)", "SAINT DENIS", "SAINT DENIS", "REUNION"),
    ("SOUK-AHRAS, ANNABA", "SOUK AHRAS", "SOUK AHRAS", "ANNABA"),
    ("LILLE CEDEX 9", "LILLE", "LILLE", None),
    ("59000 LILLE", "LILLE", "LILLE", None),
    ("MOMBO,", "MOMBO", "MOMBO", None),
    ("LES", "LES", "LES", None),
]
ARRONDISSEMENTS = [
    ("PARIS 12", ("PARIS", 12)),
    ("PARIS12", ("PARIS", 12)),
    ("PARIS 01", ("PARIS", 1)),
    ("LYON 3E  ARRONDISSEMENT", ("LYON", 3)),
    ("Marseille 1er Arrondissement", ("MARSEILLE", 1)),
    ("PARIS XII", ("PARIS", 12)),
    ("PARIS XVEME", ("PARIS", 15)),
    ("PARIS - DIX-SEPTIEME ARRONDISS", ("PARIS", 17)),
    ("PARIS QUATORZIEME ARRONDISSEME", ("PARIS", 14)),
    ("PARIS SECOND ARRONDISSEMENT", ("PARIS", 2)),
    ("PARIS L HOPITAL", (None, None)),
    ("PARIS", (None, None)),
    ("BREST 12", (None, None)),
]


@pytest.mark.parametrize(("text", "expected"), SPELT)
def test_abbreviations_are_written_out(text: str, expected: str) -> None:
    assert spelt(text) == expected


@pytest.mark.parametrize(("text", "name", "bare", "hint"), READ)
def test_articles_parentheses_and_post_marks_are_set_apart(text: str, name: str, bare: str, hint: str | None) -> None:
    assert read_label(text) == Label(name, bare, hint)


@pytest.mark.parametrize(("text", "expected"), ARRONDISSEMENTS)
def test_arrondissements_are_read_in_all_their_spellings(text: str, expected: tuple[str | None, int | None]) -> None:
    label = read_label(text)
    assert (label.city, label.number) == expected


@given(st.text(max_size=40))
def test_spelling_twice_changes_nothing(text: str) -> None:
    assert spelt(spelt(text)) == spelt(text)

"""A letter reads as capitals A-Z, whatever the keyboard, the country or the file that it came through."""

import re
import sys
import unicodedata
from string import ascii_lowercase, ascii_uppercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.fold import fold_label, fold_letters, fold_table

FOLDED = [
    ("Hélène", "HELENE"),
    ("FRANÇOIS", "FRANCOIS"),
    ("Cœur", "COEUR"),
    ("LÆTITIA", "LAETITIA"),
    ("Groß", "GROSS"),
    ("GROẞ", "GROSS"),
    ("Ørsted", "ORSTED"),
    ("ƏLİYEV", "ALIYEV"),
    ("ılgın", "ILGIN"),
    ("Łukasz", "LUKASZ"),
    ("Đặng", "DANG"),
    ("Þór", "THOR"),
    ("Nguyễn", "NGUYEN"),
    ("Muñoz", "MUNOZ"),
    ("HE\u0301LE\u0300NE", "HELENE"),
    ("ﬁlippi", "FILIPPI"),
    ("\u212bngstro\u0308m", "ANGSTROM"),
    ("ＤＵＰＯＮＴ ｊｅａｎ", "DUPONT JEAN"),
    ("D’Alméida", "D ALMEIDA"),
    ("L'HÉRITIER", "L HERITIER"),
    ("  Le \t Goff\u00a0", "LE GOFF"),
    ("DUPONT--MARTIN", "DUPONT MARTIN"),
    ("Иванов", ""),
    ("محمد", ""),
    ("123", ""),
    ("", ""),
]
ACCENTED = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)).startswith("L")
    and re.fullmatch(r"[A-Za-z]+[\u0300-\u036f]+", unicodedata.normalize("NFKD", chr(code)))
]
"""Letters that Unicode itself takes apart into a plain letter and its marks."""


@pytest.mark.parametrize(("text", "folded"), FOLDED)
def test_names_fold_so(text: str, folded: str) -> None:
    assert fold_letters(text) == folded


def test_every_letter_of_the_table_folds_to_capitals_only() -> None:
    assert {letter: read for letter, read in fold_table().items() if not set(read) <= set(ascii_uppercase)} == {}


def test_plain_letters_fold_to_their_own_capital() -> None:
    assert fold_letters(ascii_lowercase) == ascii_uppercase
    assert fold_letters(ascii_uppercase) == ascii_uppercase


def test_a_letter_with_a_mark_reads_as_the_plain_letter() -> None:
    marks = str.maketrans("", "", "".join(map(chr, range(0x0300, 0x0370))))
    plain = {letter: unicodedata.normalize("NFKD", letter).translate(marks).upper() for letter in ACCENTED}
    assert len(plain) > 450
    assert {letter: fold_letters(letter) for letter in ACCENTED} == plain


def test_every_letter_of_french_and_of_its_neighbours_is_in_the_table() -> None:
    alphabets = [range(0x00C0, 0x0180), range(0x1E00, 0x1E9A), range(0x1EA0, 0x1EFA), range(0xFF21, 0xFF3B)]
    letters = [chr(code) for alphabet in alphabets for code in alphabet if chr(code).isalpha()]
    assert [letter for letter in letters if not fold_letters(letter)] == []


def test_a_letter_reads_alike_in_both_cases() -> None:
    both = [letter for letter in fold_table() if letter.upper() != letter and letter.upper() in fold_table()]
    assert len(both) > 350
    assert [letter for letter in both if fold_letters(letter) != fold_letters(letter.upper())] == []


def test_composed_and_decomposed_forms_read_alike() -> None:
    letters = [letter for letter in fold_table() if len(unicodedata.normalize("NFD", letter)) > 1]
    apart = [letter for letter in letters if fold_letters(letter) != fold_letters(unicodedata.normalize("NFD", letter))]
    assert len(letters) > 450
    assert apart == []


@settings(max_examples=200)
@given(st.text())
def test_folding_twice_changes_nothing_and_leaves_capitals_and_single_spaces(text: str) -> None:
    folded = fold_letters(text)
    assert fold_letters(folded) == folded
    assert re.fullmatch(r"([A-Z]+( [A-Z]+)*)?", folded)


@settings(max_examples=200)
@given(st.text())
def test_folding_a_label_twice_changes_nothing_and_keeps_digits(text: str) -> None:
    folded = fold_label(text)
    assert fold_label(folded) == folded
    assert re.fullmatch(r"([A-Z0-9]+( [A-Z0-9]+)*)?", folded)


def test_a_label_keeps_the_digits_that_a_name_does_not() -> None:
    assert fold_label("Saint-Étienne (42)") == "SAINT ETIENNE 42"
    assert fold_letters("Saint-Étienne (42)") == "SAINT ETIENNE"


def test_digits_read_as_letters_only_where_it_is_asked() -> None:
    assert fold_letters("MART1N", (("1", "I"),)) == "MARTIN"
    assert fold_letters("MART1N") == "MART N"

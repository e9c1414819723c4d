"""The number: what is accepted, what the key catches, and what a mistyped number may have meant.

Numbers are of place 99999, which is nobody's, or the published test vectors.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.nir import DeclaredNir, InvalidNir, is_nir_body, nir_key, nir_term, read_nir, same_nir
from tests.strategies import bodies, with_key

KEYS = [  # published vectors
    ("2951099126111", 93),
    ("253072B073004", 70),
    ("253072A073004", 43),
    ("2570435555261", 73),
    ("2840588321025", 32),
]


@pytest.mark.parametrize(("body", "key"), KEYS)
def test_keys_are_those_of_the_published_vectors(body: str, key: int) -> None:
    assert nir_key(body) == key
    assert read_nir(f"{body}{key:02d}") == DeclaredNir(body)


def test_corsica_counts_as_19_and_18() -> None:
    assert nir_key("253072A999004") == nir_key("2530719999004")
    assert nir_key("253072B999004") == nir_key("2530718999004")


@pytest.mark.parametrize(
    "body", ["", "156039999910", "15603999991011", "15603999A9101", "1560A99999101", "²560399999101"]
)
def test_no_key_is_made_of_what_is_no_number(body: str) -> None:
    with pytest.raises(InvalidNir):
        nir_key(body)


def number_of_month(month: int) -> str:
    return f"156{month:02d}99999101"


@pytest.mark.parametrize("month", [*range(1, 13), *range(20, 43), *range(50, 100)])
def test_real_and_fictitious_months_are_accepted(month: int) -> None:
    assert read_nir(number_of_month(month)).body == number_of_month(month)
    assert read_nir(with_key(number_of_month(month))) == DeclaredNir(number_of_month(month))


@pytest.mark.parametrize("month", [0, *range(13, 20), *range(43, 50)])
def test_months_that_were_never_given_are_refused(month: int) -> None:
    for number in (number_of_month(month), with_key(number_of_month(month))):
        with pytest.raises(InvalidNir):
            read_nir(number)


@pytest.mark.parametrize(
    "text",
    [
        *("1 56 03 99999 101", "1.56.03.99999.101", "1-56-03-99-999-101", "1_56_03_99999_101", "1/56/03/99999/101"),
        *(" 1560399999101 ", "1560399999101\n", "1\u00a056\u00a003 99999 101", "1 56 03 99999 101 " + "73"),
    ],
)
def test_separators_are_free(text: str) -> None:
    assert read_nir(text).body == "1560399999101"


def test_case_is_free() -> None:
    assert read_nir("1 56 03 2a 999 101").body == "156032A999101"


REFUSED = [
    ("", "nir_length"),
    ("1560399999", "nir_length"),
    ("34567899999101", "nir_length"),
    ("1560399999101" + "7373", "ntt"),
    ("1560399999101AB", "nir_format"),
    ("15603999991017O", "nir_format"),
    ("1560399999000", "nir_format"),
    ("0560399999101", "nir_format"),
    ("9560399999101", "nir_format"),
    ("156032C999101", "nir_format"),
    ("15603AA999101", "nir_format"),
    ("DUPONT MARTIN", "nir_length"),
    ("1٥60399999101", "nir_format"),
    ("15603999991٠1", "nir_format"),
    ("7112345678901", "provisional_number"),
    ("8212345678901", "provisional_number"),
    ("5112345678901", "provisional_number"),
    ("6212345678901" + "12", "provisional_number"),
    ("1" + "732829320" + "7", "ntt"),
    ("2" + "732829320" + "MATRICULE-42", "ntt"),
    ("1" + "732829320" + "000", "ntt"),
    ("1" + "732829321" + "000", "nir_format"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_is_no_nir_is_refused_for_its_own_reason(text: str, code: str) -> None:
    with pytest.raises(InvalidNir) as refusal:
        read_nir(text)
    assert refusal.value.code == code


@settings(max_examples=200)
@given(st.text("0123456789AB -", min_size=4, max_size=45) | st.text(min_size=4))
def test_a_refusal_never_holds_the_number(text: str) -> None:
    try:
        read_nir(text)
    except InvalidNir as refusal:
        assert str(refusal) in ("nir_length", "nir_format", "provisional_number", "ntt")


def test_thirteen_characters_have_no_key_to_fail() -> None:
    assert not read_nir("1560399999101").key_failed


def test_a_failing_key_keeps_the_number_among_its_repairs() -> None:
    declared = read_nir("295109912611199")
    assert declared.key_failed
    assert declared.repairs[0] == "2951099126111"


@pytest.mark.parametrize("key", ["00", "98", "99"])
def test_a_key_that_no_number_has_leaves_only_the_number_as_declared(key: str) -> None:
    declared = read_nir("1560399999101" + key)
    assert declared.key_failed
    assert declared.repairs == ("1560399999101",)


@st.composite
def mistyped_digits(draw: st.DrawFn) -> tuple[str, str]:
    """A body, and its number of 15 characters with one digit wrong."""
    body = draw(bodies())
    number = with_key(body)
    position = draw(st.sampled_from([i for i, sign in enumerate(number) if sign.isdigit()]))
    digit = draw(st.sampled_from([digit for digit in "0123456789" if digit != number[position]]))
    return body, number[:position] + digit + number[position + 1 :]


@st.composite
def swapped_digits(draw: st.DrawFn) -> tuple[str, str]:
    """A body, and its number of 15 characters with two different neighbours swapped."""
    body = draw(bodies())
    number = with_key(body)
    position = draw(st.sampled_from([i for i in range(14) if number[i] != number[i + 1]]))
    return body, number[:position] + number[position + 1] + number[position] + number[position + 2 :]


def is_of_another_kind(number: str) -> bool:
    """A wrong first digit may make a provisional number of it, and digits that are a SIREN an employer's own."""
    try:
        read_nir(number)
    except InvalidNir as refusal:
        return refusal.code in ("provisional_number", "ntt")
    return False


@settings(max_examples=200)
@given(mistyped_digits() | swapped_digits())
def test_each_wrong_digit_and_each_swap_is_caught_and_the_true_number_is_among_the_repairs(
    mistyped: tuple[str, str],
) -> None:
    body, number = mistyped
    if is_of_another_kind(number):
        return
    declared = read_nir(number)
    assert declared.key_failed
    assert body in declared.repairs


def test_every_single_mistake_in_one_number_leads_back_to_it() -> None:
    body = "1560399999101"
    number = with_key(body)
    wrong = {number[:i] + digit + number[i + 1 :] for i in range(1, 15) for digit in "0123456789"}
    wrong |= {number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(1, 14)}
    wrong -= {number}
    as_numbers = [mistyped for mistyped in sorted(wrong) if not is_of_another_kind(mistyped)]
    assert len(as_numbers) > 120
    assert [mistyped for mistyped in as_numbers if body not in read_nir(mistyped).repairs] == []


@settings(max_examples=200)
@given(bodies(), st.integers(0, 99))
def test_repairs_are_distinct_numbers_of_the_declared_key(body: str, key: int) -> None:
    declared = read_nir(f"{body}{key:02d}")
    if not declared.key_failed:
        assert nir_key(body) == key
        return
    assert len(set(declared.repairs)) == len(declared.repairs)
    assert all(is_nir_body(repair) for repair in declared.repairs)
    last_digits_swapped = [repair for repair in declared.repairs[1:] if nir_key(repair) != key]
    assert all(repair[:-1] == body[:-1] for repair in last_digits_swapped)
    assert len(last_digits_swapped) <= 1


SAME = [
    ("1560399999101", "1560399999101", True),
    ("1560399999101", "1560399999102", False),
    ("1560320999101", "156032A999101", True),
    ("156032B999101", "1560320999101", True),
    ("156032A999101", "156032B999101", False),
    ("156032A999101", "156032A999101", True),
    ("1562000999101", "156002A999101", False),
]


@pytest.mark.parametrize(("one", "other", "same"), SAME)
def test_corsica_before_and_after_1976_is_one_number(one: str, other: str, same: bool) -> None:
    assert same_nir(one, other) is same
    assert same_nir(other, one) is same


@settings(max_examples=200)
@given(bodies(), bodies())
def test_two_forms_of_one_number_share_their_term(one: str, other: str) -> None:
    assert same_nir(one, one)
    if same_nir(one, other):
        assert nir_term(one) == nir_term(other)
    assert nir_term(nir_term(one)) == nir_term(one)

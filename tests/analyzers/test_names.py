"""What a surname or a given name reads as, and the parts by which it is found again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.names import (
    Name,
    analysed_codes,
    name_spans,
    name_tables,
    read_name,
    read_names,
    slips_allowed,
    split_given_names,
)
from analyzers.phonetics import encoder
from tests.strategies import name_of, written_names

READ_AS = [  # text, folded, joined, core, parts
    ("LE GOFF", "LE GOFF", "LEGOFF", "GOFF", ("GOFF",)),
    ("LEGOFF", "LEGOFF", "LEGOFF", "LEGOFF", ()),
    ("de la Tour d'Auvergne", "DE LA TOUR D AUVERGNE", "DELATOURDAUVERGNE", "TOURAUVERGNE", ("TOUR", "AUVERGNE")),
    ("D’ALMEIDA", "D ALMEIDA", "DALMEIDA", "ALMEIDA", ("ALMEIDA",)),
    ("D ALMEIDA", "D ALMEIDA", "DALMEIDA", "ALMEIDA", ("ALMEIDA",)),
    ("N'Deye", "N DEYE", "NDEYE", "DEYE", ("DEYE",)),
    ("Gwenc'hlan", "GWENC HLAN", "GWENCHLAN", "GWENCHLAN", ("GWENC", "HLAN")),
    ("Mohamed-El-Amine", "MOHAMED EL AMINE", "MOHAMEDELAMINE", "MOHAMEDAMINE", ("MOHAMED", "AMINE")),
    ("DUPONT--MARTIN", "DUPONT MARTIN", "DUPONTMARTIN", "DUPONTMARTIN", ("DUPONT", "MARTIN")),
    ("DUPONT-MARTIN", "DUPONT MARTIN", "DUPONTMARTIN", "DUPONTMARTIN", ("DUPONT", "MARTIN")),
    ("DUPONT DUPONT", "DUPONT DUPONT", "DUPONTDUPONT", "DUPONTDUPONT", ("DUPONT",)),
    ("MART1N", "MARTIN", "MARTIN", "MARTIN", ()),
    ("0LIVIER 5IM0N", "OLIVIER SIMON", "OLIVIERSIMON", "OLIVIERSIMON", ("OLIVIER", "SIMON")),
    ("BER8IER", "BERBIER", "BERBIER", "BERBIER", ()),
    ("DUPONT 2", "DUPONT", "DUPONT", "DUPONT", ()),
    ("O", "O", "O", "O", ()),
    ("Y", "Y", "Y", "Y", ()),
    ("XU", "XU", "XU", "XU", ()),
    ("LI MEI", "LI MEI", "LIMEI", "LIMEI", ("MEI",)),
    ("DE LA", "DE LA", "DELA", "DELA", ()),
    ("SAINT ABD", "SAINT ABD", "SAINTABD", "SAINTABD", ("SAINT", "ABD")),
    ("MADAME", "MADAME", "MADAME", "MADAME", ()),
]


@pytest.mark.parametrize(("text", "folded", "joined", "core", "parts"), READ_AS)
def test_names_read_so(text: str, folded: str, joined: str, core: str, parts: tuple[str, ...]) -> None:
    name = name_of(text)
    assert (name.folded, name.joined, name.core, name.parts) == (folded, joined, core, parts)


OWN_WORDS = [
    ("de la Tour d'Auvergne", ("TOUR", "AUVERGNE")),
    ("LE GOFF", ("GOFF",)),
    ("LI MEI", ("LI", "MEI")),
    ("JEAN-PIERRE", ("JEAN", "PIERRE")),
    ("DUPONT DUPONT", ("DUPONT", "DUPONT")),
    ("DE LA", ("DE", "LA")),
]


@pytest.mark.parametrize(("text", "own"), OWN_WORDS)
def test_the_own_words_of_a_name_are_those_without_particles_unless_it_has_no_other(
    text: str, own: tuple[str, ...]
) -> None:
    assert name_of(text).own == own


def test_names_written_alike_are_one_and_have_one_hash() -> None:
    read_name.cache_clear()
    one = name_of("LE GOFF")
    read_name.cache_clear()
    assert (name_of("LE GOFF"), hash(name_of("LE GOFF"))) == (one, hash(one))
    assert name_of("LEGOFF") != one


NOBODY = [
    *("", "   ", "\t\n", "123", "108", "24", "--", "'", "?", "…"),
    *(
        "INCONNU",
        "inconnue",
        "SNC",
        "sn",
        "SP",
        "SPC",
        "SANS NOM",
        "sans  nom",
        "SANS-PRENOM",
        "Non renseigné",
        "Néant",
    ),
    *("X", "xx", "XXXXXXX"),
    *("Иванов", "王", "محمد", "Παπαδόπουλος", "이", "שרה"),
]


@pytest.mark.parametrize("text", NOBODY)
def test_a_text_that_names_nobody_is_no_name(text: str) -> None:
    assert read_name(text) is None


@pytest.mark.parametrize("text", ["SANS", "NOM", "XUX", "SANS NOMS", "INCONNU DUPONT", "SPIN"])
def test_a_name_that_only_resembles_a_placeholder_is_kept(text: str) -> None:
    assert name_of(text).folded == text


def test_a_name_half_in_another_script_keeps_its_latin_half() -> None:
    assert name_of("Иванов IVANOV").joined == "IVANOV"


def test_what_was_written_is_kept_without_the_spaces_around() -> None:
    assert name_of("  Hélène--Noël ").text == "Hélène--Noël"
    assert str(name_of("  Hélène--Noël ")) == "Hélène--Noël"


@pytest.mark.parametrize("text", ["A" * 300, "AB " * 100, "É" * 300, "LE " * 100, "-" * 150 + "MARTIN" + "'" * 144])
def test_a_name_of_three_hundred_signs_is_read(text: str) -> None:
    name = name_of(text)
    assert name.joined
    assert name.codes[0]
    assert name.sx


SAME_CODE = [
    ("LE GOFF", "LEGOFF"),
    ("LE GOFF", "GOFF"),
    ("DUPONT MARTIN", "MARTIN"),
    ("DUPONT--MARTIN", "DUPONT"),
    ("D'ALMEIDA", "ALMEIDA"),
    ("DUPONT", "DUPOND"),
    ("HÉLÈNE", "ELENE"),
    ("N'DIAYE", "DIAYE"),
]


@pytest.mark.parametrize(("one", "other"), SAME_CODE)
def test_forms_of_one_name_share_a_code(one: str, other: str) -> None:
    assert set(name_of(one).codes) & set(name_of(other).codes)


def test_a_particle_is_no_code_of_its_own() -> None:
    assert not set(name_of("LE GOFF").codes) & set(name_of("LE GALL").codes)


@pytest.mark.parametrize("text", ["H", "HH", "HE", "E"])
def test_a_name_of_mute_letters_stands_for_itself(text: str) -> None:
    name = name_of(text)
    assert name.codes[0]
    assert name.sx
    assert all(name.codes)


@settings(max_examples=200)
@given(written_names)
def test_a_name_read_again_is_the_same_name(name: Name) -> None:
    assert read_name(name.text) == name


@settings(max_examples=200)
@given(written_names)
def test_the_folded_form_reads_as_the_name_itself(name: Name) -> None:
    again = name_of(name.folded)
    assert (again.folded, again.core, again.parts, again.codes) == (name.folded, name.core, name.parts, name.codes)


@settings(max_examples=200)
@given(written_names)
def test_the_forms_of_a_name_are_made_of_its_words(name: Name) -> None:
    words = name.folded.split(" ")
    assert name.joined == "".join(words)
    assert name.core == "".join(name.own)
    assert set(name.parts) <= set(name.own) <= set(words)
    assert name.codes[0] == name.whole[0] == (encoder("fr2")(name.joined) or name.joined)
    assert set(name.whole) <= set(name.codes)


def test_names_that_cannot_be_used_are_left_out_of_a_list() -> None:
    assert [name.text for name in read_names(["JEAN", "", "SANS PRENOM", "PAUL"])] == ["JEAN", "PAUL"]


SPLIT = [
    ("JEAN PAUL", ["JEAN", "PAUL"]),
    ("JEAN, PAUL;MARIE", ["JEAN", "PAUL", "MARIE"]),
    (" Jean-Paul   Marie ", ["Jean-Paul", "Marie"]),
    ("ABD EL KADER MOHAMED", ["ABD EL KADER", "MOHAMED"]),
    ("N DEYE FATOU", ["N DEYE", "FATOU"]),
    ("MARIE DE LOURDES", ["MARIE", "DE LOURDES"]),
    ("JEAN M", ["JEAN", "M"]),
    ("EL", ["EL"]),
    ("SANS PRENOM", ["SANS PRENOM"]),
    ("Non renseigné", ["Non renseigné"]),
    ("", []),
    (" , ; ", []),
]


@pytest.mark.parametrize(("text", "names"), SPLIT)
def test_declared_given_names_are_split_so(text: str, names: list[str]) -> None:
    assert split_given_names(text) == names


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_splitting_given_names_loses_no_letter(text: str) -> None:
    def letters(read_text: str) -> str:
        return "".join(sign for sign in read_text if sign.isalnum())

    assert letters("".join(split_given_names(text))) == letters(text)


@pytest.mark.parametrize(("letters", "slips"), [(0, 0), (2, 0), (3, 1), (5, 1), (6, 2), (300, 2)])
def test_short_names_allow_fewer_slips(letters: int, slips: int) -> None:
    assert slips_allowed(letters) == slips


SPANS = [
    ("", []),
    ("GOFF", ["GOFF"]),
    ("LE GOFF", ["LEGOFF", "GOFF"]),
    ("LI MEI", ["LIMEI", "MEI"]),
    ("ABD EL KADER", ["ABDEL", "ABDELKADER", "ELKADER", "KADER"]),
    ("A B C D E", ["ABC", "ABCD", "BCD", "BCDE", "CDE"]),
]


@pytest.mark.parametrize(("folded", "spans"), SPANS)
def test_the_spans_of_an_analysed_name_are_its_neighbouring_words_glued(folded: str, spans: list[str]) -> None:
    particles = name_tables().particles
    assert list(name_spans(folded)) == [span for span in spans if span not in particles]


@given(written_names)
def test_an_analysed_name_has_distinct_codes_and_never_an_empty_one(name: Name) -> None:
    for chain in ("fr2", "skxs"):
        codes = analysed_codes(name.folded, chain)
        assert "" not in codes
        assert len(set(codes)) == len(codes)

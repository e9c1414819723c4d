"""How far one trait agrees: a level for each pair, nothing where one side is silent."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.dates import PartialDate, read_date
from analyzers.identity import Former, Parent, Query, Record
from analyzers.names import Name, read_name, read_names
from analyzers.nir import read_nir
from analyzers.places import read_place
from scoring.comparisons import (
    SURNAME_LEVELS,
    best_surname,
    compare_birth_date,
    compare_birth_place,
    compare_given_names,
    compare_nir,
    compare_parents,
    compare_sex,
    compare_surnames,
    names_swapped,
    slips_between,
)
from tests.strategies import known_names, lists_of, name_of, with_key, with_wrong_key

SURNAMES = [  # declared, recorded, level, what agrees
    ("LE GOFF", "Le Goff", "exact", "LEGOFF"),
    ("LE GOFF", "LEGOFF", "exact", "LEGOFF"),
    ("D'ALMEIDA", "D ALMEIDA", "exact", "DALMEIDA"),
    ("HELENE", "Hélène", "exact", "HELENE"),
    ("DUPONT--MARTIN", "DUPONT MARTIN", "exact", "DUPONTMARTIN"),
    ("MART1N", "MARTIN", "exact", "MARTIN"),
    ("GOFF", "LE GOFF", "part", "GOFF"),
    ("LE GOFF", "GOFF", "part", "GOFF"),
    ("DE GOFF", "LE GOFF", "part", "GOFF"),
    ("DUPONT", "DUPONT MARTIN", "part", "DUPONT"),
    ("DUPONT MARTIN", "MARTIN", "part", "MARTIN"),
    ("DUPONT", "DUPOND", "phonetic", "DOPN"),
    ("LEFEBVRE", "LEFEVRE", "phonetic", "LFVR"),
    ("DUPOND MARTIN", "DUPONT DURAND", "different", ""),
    ("DUPONT MARTIN", "DUPONT DURAND", "word", "DUPONT"),
    ("DUPOND", "DUPONT DURAND", "phonetic", "DOPN"),
    ("LI", "LY", "phonetic", "LI"),
    ("MARTIN", "MORTIN", "close", "MORTIN"),
    ("MARTIN", "MARTNI", "close", "MARTNI"),
    ("MARTIN", "MURTEN", "skeleton", "MRTN"),
    ("BERTIN", "MARTIN", "two_slips", "MARTIN"),
    ("PETROVIC", "PETROVITCH", "skeleton", "PTRFS"),
    ("MOHAMED", "MOUHAMMAD", "skeleton", "MDu"),
    ("MARTIN", "DURAND", "different", ""),
    ("LE GOFF", "LE GALL", "different", ""),
    ("LI", "LA", "different", ""),
    ("KHALED", "HALID", "skeleton", "LDa"),
    ("NDIAYE", "JAY", "different", ""),
]


@pytest.mark.parametrize(("declared", "recorded", "level", "value"), SURNAMES)
def test_surnames_agree_so(declared: str, recorded: str, level: str, value: str) -> None:
    agreement = compare_surnames(name_of(declared), name_of(recorded))
    assert (agreement.level, agreement.value) == (level, value)


NOT_ONE_NAME = [("DUPOND MARTIN", "DUPONT DURAND"), ("MARTIN DUPOND", "DUPONT LEROY"), ("DUPOND LEGAL", "LEROY DUPONT")]


@pytest.mark.parametrize(("one", "other"), NOT_ONE_NAME)
def test_two_halves_that_sound_alike_are_not_one_name(one: str, other: str) -> None:
    assert set(name_of(one).codes) & set(name_of(other).codes)
    assert compare_surnames(name_of(one), name_of(other)).level == "different"


def test_a_name_written_otherwise_says_how_it_was_declared_and_an_equal_one_does_not() -> None:
    for recorded in ("MORTIN", "BERTIN", "MURTEN", "MARTYN"):
        assert compare_surnames(name_of("MARTIN"), name_of(recorded)).declared == "MARTIN"
    for recorded in ("MARTIN", "MARTIN DURAND", "DUPONT"):
        assert compare_surnames(name_of("MARTIN"), name_of(recorded)).declared == ""


@settings(max_examples=200)
@given(known_names, known_names)
def test_two_surnames_agree_as_far_from_either_side(one: Name, other: Name) -> None:
    assert compare_surnames(one, other).level == compare_surnames(other, one).level


@settings(max_examples=200)
@given(known_names, lists_of(known_names, at_least=1))
def test_the_best_of_several_surnames_is_the_nearest_whatever_their_order(
    declared: Name, names: tuple[Name, ...]
) -> None:
    best, position = best_surname(declared, names)
    levels = [compare_surnames(declared, recorded).level for recorded in names]
    assert best.level == min(levels, key=SURNAME_LEVELS.index) == levels[position]
    assert best.tries == len(names)
    assert best_surname(declared, names[::-1])[0].level == best.level


SLIPS = [
    ("LI", "LU", None),
    ("LI", "LIU", None),
    ("ANE", "ANNE", 1),
    ("ANE", "ENA", None),
    ("MARIE", "MARIA", 1),
    ("MARIE", "MAREI", 1),
    ("MARIE", "MORIA", None),
    ("MARTIN", "MARTIN", 0),
    ("MARTIN", "MORTAN", 2),
    ("MARTIN", "MARTINEZ", 2),
    ("MARTIN", "MARTINEAU", None),
    ("MARTI", "MARTINE", None),
]


@pytest.mark.parametrize(("one", "other", "slips"), SLIPS)
def test_names_are_a_slip_or_two_apart_by_their_length(one: str, other: str, slips: int | None) -> None:
    assert slips_between(one, other) == slips
    assert slips_between(other, one) == slips


GIVEN = [  # declared, recorded, level
    (["JEAN"], ["JEAN"], "same"),
    (["JEAN", "PIERRE"], ["JEAN", "PIERRE"], "same"),
    (["JEAN", "PIERRE"], ["JEAN-PIERRE"], "same"),
    (["JEAN-PIERRE"], ["JEAN", "PIERRE"], "same"),
    (["ABD EL KADER"], ["ABD", "EL", "KADER"], "same"),
    (["JEAN"], ["JEAN", "PIERRE", "MARIE"], "first"),
    (["JEAN"], ["JEAN-PIERRE"], "first"),
    (["JEAN-PIERRE"], ["JEAN"], "first"),
    (["ABDELKADER", "ALI"], ["ABD EL KADER"], "first"),
    (["EL HADJI"], ["HADJI"], "same"),
    (["LI"], ["LI MEI"], "first"),
    (["PIERRE"], ["JEAN", "PIERRE"], "one"),
    (["PIERRE"], ["JEAN-PIERRE"], "one"),
    (["PIERRE", "JEAN"], ["JEAN", "PIERRE"], "reordered"),
    (["PIERRE", "LUC"], ["JEAN", "PIERRE"], "one"),
    (["LUC", "PIERRE"], ["PIERRE"], "one"),
    (["LUC", "PIERRE"], ["JEAN", "PIERRE"], "word"),
    (["LUC", "JEAN", "PIERRE"], ["MARIE", "PIERRE", "JEAN"], "word"),
    (["MARIE", "JEAN", "LUC"], ["JEAN", "LUC", "MARIE"], "reordered"),
    (["PIERRE-JEAN"], ["JEAN", "PIERRE"], "reordered"),
    (["PAUL-JEAN"], ["JEAN-PIERRE"], "word"),
    (["JEAN-MARC"], ["JEAN-MARX"], "close"),
    (["JEAN-PAUL"], ["JEAN-PIERRE"], "word"),
    (["MARIE", "LOUISE"], ["MARIE", "CLAIRE"], "word"),
    (["MARIE", "LOUIZE"], ["MARIE", "LOUISE"], "first"),
    (["JEAB-MARC"], ["JEAN-MARC"], "close"),
    (["MARTINA"], ["BERTINA"], "two_slips"),
    (["MUHAMMAD"], ["MOHAMED"], "skeleton"),
    (["CORENTIN"], ["YANN", "PIERRE", "JACQUES", "MARIE", "CORENTIN"], "one"),
    (["ELEN"], ["HÉLÈNE"], "phonetic"),
    (["MARC", "ELEN"], ["HÉLÈNE"], "alike"),
    (["MARTINA"], ["MARTINO"], "close"),
    (["JEANPIERRE"], ["JEAN", "PIERRE"], "close"),
    (["JEAN", "PIERRE"], ["JEANPIERRE"], "close"),
    (["MARIE", "JEAN", "PIERRE"], ["JEANPIERRE"], "close"),
    (["J"], ["JEAN"], "initial"),
    (["J"], ["MARC", "JEAN"], "different"),
    (["JEAN"], ["MARC"], "different"),
    (["EL HADJI"], ["EL MEHDI"], "different"),
    (["ABD EL KADER"], ["ABD EL AZIZ"], "different"),
    (["MARIE", "DE FATIMA"], ["ROSE", "DE LIMA"], "different"),
    (["JEAN", "NEIL"], ["ANNE"], "different"),
    (["MARIE", "ANGE"], ["REINE", "IEAN"], "different"),
]


@pytest.mark.parametrize(("declared", "recorded", "level"), GIVEN)
def test_given_names_agree_so(declared: list[str], recorded: list[str], level: str) -> None:
    query, record = Query(given_names=read_names(declared)), Record(id="1", given_names=read_names(recorded))
    agreement = compare_given_names(query, record)
    assert agreement is not None
    assert agreement.level == level


SAME: list[tuple[list[str], list[str], str, str]] = [  # declared, recorded, what the register counts of it
    (["jean-pierre"], ["JEAN-PIERRE"], "given", "JEANPIERRE"),
    (["Jean"], ["JEAN"], "given", "JEAN"),
    (["EL HADJI"], ["HADJI"], "given", "HADJI"),
    (["JEAN", "PIERRE", "LUC"], ["Jean", "Pierre", "Luc"], "given_words", "JEAN PIERRE"),
    (["JEAN", "PIERRE"], ["JEAN-PIERRE"], "given_words", "JEAN PIERRE"),
    (["PIERRE", "LUC", "JEAN"], ["JEAN", "PIERRE", "LUC"], "given_words", "PIERRE LUC"),
]


@pytest.mark.parametrize(("declared", "recorded", "kind", "value"), SAME)
def test_of_several_given_names_the_first_two_count_however_they_are_written(
    declared: list[str], recorded: list[str], kind: str, value: str
) -> None:
    agreement = compare_given_names(
        Query(given_names=read_names(declared)), Record(id="1", given_names=read_names(recorded))
    )
    assert agreement is not None
    assert (agreement.kind, agreement.value) == (kind, value)


def test_former_given_names_agree_as_well_as_those_in_force() -> None:
    record = Record(id="1", given_names=read_names(["CLAUDE"]), former_given_names=(read_names(["JEAN"]),))
    agreement = compare_given_names(Query(given_names=read_names(["JEAN"])), record)
    former = compare_given_names(
        Query(given_names=read_names(["LUC"]), former=Former(given_names=read_names(["CLAUDE"]))), record
    )
    assert agreement is not None
    assert former is not None
    assert (agreement.level, former.level) == ("same", "same")


def test_the_more_names_were_tried_the_less_one_of_them_says() -> None:
    agreement = compare_given_names(
        Query(given_names=read_names(["LUC", "PIERRE"])),
        Record(id="1", given_names=read_names(["JEAN", "PIERRE", "YVES"])),
    )
    assert agreement is not None
    assert agreement.tries == 6


def test_fifty_long_given_names_are_compared_in_a_moment() -> None:
    declared = read_names([" ".join(f"{chr(65 + i % 26)}{chr(65 + i // 26)}" for i in range(100))] * 50)
    started = time.thread_time()
    compare_given_names(Query(given_names=declared), Record(id="1", given_names=read_names(["CORENTIN", "MARIE"])))
    assert time.thread_time() - started < 5


SWAPPED = [
    ("YANN", ["GOFF"], "GOFF", ["YANN"], True),
    ("YANN", ["GOFFE"], "LE GOFF", ["YANN"], True),
    ("YANN PIERRE", ["GOFF"], "GOFF", ["YANN", "PIERRE"], True),
    ("GWENAEL", ["TREVIDICK"], "TREVIDIC", ["GWENAËL"], True),
    ("GWENAEL", ["TREVIDAC"], "TREVIDIC", ["GWENAËL"], True),
    ("GWENAEL", ["TROVADUC"], "TREVIDIC", ["GWENAËL"], False),
    ("YANN", ["MARC", "GOFF"], "GOFF", ["LUC", "YANN"], True),
    ("YANN", ["GOFF"], "GOFF", ["MARC"], False),
    ("YANN", ["MARC"], "GOFF", ["YANN"], False),
    ("YANN", [], "GOFF", ["YANN"], False),
    ("YANN", ["GOFF"], "GOFF", [], False),
]


@pytest.mark.parametrize(("surname", "given_names", "recorded", "recorded_given", "swapped"), SWAPPED)
def test_names_in_each_others_place_are_recognised(
    surname: str, given_names: list[str], recorded: str, recorded_given: list[str], swapped: bool
) -> None:
    query = Query(birth_name=name_of(surname), given_names=read_names(given_names))
    record = Record(id="1", birth_name=name_of(recorded), given_names=read_names(recorded_given))
    assert (names_swapped(query, record) is not None) is swapped


def test_a_usage_name_in_the_place_of_the_given_name_is_recognised_and_so_is_a_former_one() -> None:
    query = Query(birth_name=name_of("YANN"), given_names=read_names(["KERVELLA"]))
    person = Record(id="1", birth_name=name_of("LE GOFF"), given_names=read_names(["YANN"]))
    assert names_swapped(query, person) is None
    for kind in ("usage_names", "former_birth_names"):
        swapped = names_swapped(query, replace(person, **{kind: (name_of("KERVELLA"),)}))  # type: ignore[arg-type]
        assert swapped is not None
        assert [agreement.level for agreement in swapped] == ["swapped", "swapped"]
        assert [agreement.kind for agreement in swapped] == ["name", "given"]


SEXES = [("M", "M", "same"), ("F", "F", "same"), ("M", "F", "different"), (None, "F", None), ("M", None, None)]


@pytest.mark.parametrize(("declared", "recorded", "level"), SEXES)
def test_sexes_agree_so(declared: str | None, recorded: str | None, level: str | None) -> None:
    agreement = compare_sex(Query(sex=declared), Record(id="1", sex=recorded))  # type: ignore[arg-type]
    assert (agreement.level if agreement else None) == level


BREST, ORAN = read_place("29019", "BREST"), read_place("99352", "ORAN")
DATES = [  # declared, recorded, born abroad, level
    ("1956-03-04", "1956-03-04", False, "exact"),
    ("1956-03", "1956-03", False, "exact"),
    ("1956", "1956", False, "exact"),
    ("1956-03", "1956-03-04", False, "partial"),
    ("1956", "1956-03-04", False, "partial"),
    ("1956-03-04", "1956", False, "partial"),
    ("1956-04", "1956-03-04", False, "different"),
    ("1957", "1956-03-04", False, "different"),
    ("1956-04-03", "1956-03-04", False, "swapped"),
    ("1956-03-05", "1956-03-04", False, "near"),
    ("1956-02-04", "1956-03-04", False, "near"),
    ("1957-03-04", "1956-03-04", False, "near_year"),
    ("1983-03-04", "1956-03-04", False, "other_year"),
    ("1956-03-28", "1956-03-04", False, "part"),
    ("1957-04-03", "1956-03-04", False, "different"),
    ("1956-04-05", "1956-03-04", False, "different"),
    ("1956-01-01", "1956-03-04", True, "partial"),
    ("1956-03-04", "1956-01-01", True, "partial"),
    ("1956-01-01", "1956-03-04", False, "different"),
    ("1957-01-01", "1956-03-04", True, "different"),
]


@pytest.mark.parametrize(("declared", "recorded", "abroad", "level"), DATES)
def test_dates_agree_so(declared: str, recorded: str, abroad: bool, level: str) -> None:
    record = Record(id="1", birth_date=read_date(recorded), birth_place=ORAN if abroad else BREST)
    agreement = compare_birth_date(Query(birth_date=read_date(declared)), record)
    assert agreement is not None
    assert agreement.level == level


def test_a_date_before_its_rectification_agrees() -> None:
    record = Record(id="1", birth_date=PartialDate(1957, 1, 1), former_birth_dates=(PartialDate(1956, 3, 4),))
    agreement = compare_birth_date(Query(birth_date=PartialDate(1956, 3, 4)), record)
    assert agreement is not None
    assert agreement.level == "exact"


PLACES = [  # (code, label, department, country) declared and recorded, level
    (("29019", "BREST", None, None), ("29019", "BREST", None, None), "commune"),
    (("29019", "QUIMPER", None, None), ("29019", "BREST", None, None), "commune"),
    ((None, "Brest", None, None), ("29019", "BREST", None, None), "label"),
    ((None, "PARIS", None, None), ("75112", "PARIS 12E ARRONDISSEMENT", None, None), "label"),
    (("75056", "PARIS", None, None), ("75112", "PARIS 12E ARRONDISSEMENT", None, None), "label"),
    ((None, "ST DENIS", None, None), ("97411", "SAINT-DENIS", None, None), "label"),
    ((None, "SAINT DENIS", "97", None), ("97411", "SAINT-DENIS", None, None), "label"),
    ((None, "LE VESINET", "75", None), (None, "LE VESINET", "92", None), "label"),
    ((None, "QUIMPER", "29", None), ("29019", "BREST", None, None), "department"),
    (("2A004", "AJACCIO", None, None), ("2B033", "BASTIA", None, None), "department"),
    (("20004", "AJACCIO", None, None), ("2A004", "AJACCIO", None, None), "label"),
    ((None, "ALGER", None, "99352"), ("99352", "ORAN", None, None), "nation"),
    ((None, None, None, "DZ"), (None, "ORAN", None, "DZ"), "nation"),
    ((None, "BREST", "01", None), ("29019", "BREST", None, None), "different"),
    ((None, "BREST", None, "BY"), (None, "BREST", None, "FR"), "different"),
    ((None, "BREST", None, "99148"), ("29019", "BREST", None, None), "different"),
    ((None, "QUIMPER", None, None), ("29019", "BREST", None, None), "different"),
    (("99352", "ORAN", None, None), ("99350", "ORAN", None, None), "different"),
    ((None, None, None, "FR"), ("29019", "BREST", None, None), None),
    (("99100", None, None, None), ("29019", "BREST", None, None), None),
    (("99990", None, None, None), ("99352", "ORAN", None, None), None),
    (("29019", None, None, None), (None, "BREST", None, None), None),
    ((None, None, None, "DZ"), ("99352", "ORAN", None, None), "nation"),
    (("99352", "ALGER", None, None), ("99352", "ORAN", None, None), "nation"),
    (("99352", "ORAN", None, None), ("99352", "ORAN", None, None), "label"),
    ((None, "LA TRINITE", "06", None), (None, "TRINITE", "06", None), "label"),
]


@pytest.mark.parametrize(("declared", "recorded", "level"), PLACES)
def test_places_agree_so(declared: tuple[str | None, ...], recorded: tuple[str | None, ...], level: str | None) -> None:
    query, record = Query(birth_place=read_place(*declared)), Record(id="1", birth_place=read_place(*recorded))
    agreement = compare_birth_place(query, record)
    assert (agreement.level if agreement else None) == level


NIR, OTHER, THIRD = "1560399999101", "2560399999102", "1900499999104"
MISTYPED = with_wrong_key(NIR)
NUMBERS = [  # declared, in force, former, level
    (NIR, NIR, [], "exact"),
    (with_key(NIR), NIR, [], "exact"),
    (NIR, OTHER, [NIR], "former"),
    (NIR, OTHER, [], "different"),
    (NIR, "1560399999104", [], "same_birth"),
    (NIR, OTHER, ["1560399999104"], "same_birth"),
    (NIR, "1560499999101", [], "different"),
    (MISTYPED, "1560399999104", [], None),
    (NIR, None, [NIR], "former"),
    (NIR, None, [], None),
    (MISTYPED, NIR, [], "repaired"),
    (MISTYPED, OTHER, [NIR], "repaired"),
    (MISTYPED, OTHER, [], None),
    ("1560320999101", "156032A999101", [], "exact"),
    ("156032B999101", "156032A999101", [], "different"),
]


@pytest.mark.parametrize(("declared", "in_force", "former", "level"), NUMBERS)
def test_numbers_agree_so(declared: str, in_force: str | None, former: list[str], level: str | None) -> None:
    record = Record(id="1", nir=in_force, former_nirs=tuple(former))
    agreement = compare_nir(Query(nir=read_nir(declared)), record)
    assert (agreement.level if agreement else None) == level


def test_the_number_known_before_a_change_agrees() -> None:
    query = Query(nir=read_nir(THIRD), former=Former(nir=read_nir(NIR)))
    agreement = compare_nir(query, Record(id="1", nir=NIR))
    assert agreement is not None
    assert agreement.level == "exact"


def parent(surname: str | None, *given_names: str) -> Parent:
    return Parent(read_name(surname) if surname else None, read_names(given_names))


PARENTS = [
    ([parent("DUPONT", "ANNE")], [parent("DUPONT", "ANNE", "MARIE")], "shared"),
    ([parent(None, "ANNE")], [parent("DUPONT", "PAUL"), parent("MARTIN", "ANNE")], "shared"),
    ([parent(None, "MARIE")], [parent(None, "ANNE", "MARIE")], "different"),
    ([parent("DUPONT", "ANNE")], [parent("DUPONT", "LUCE")], "different"),
    ([parent("DUPONT")], [parent("DUPONT", "ANNE")], None),
    ([], [parent("DUPONT", "ANNE")], None),
    ([parent("DUPONT", "ANNE")], [], None),
]


@pytest.mark.parametrize(("declared", "recorded", "level"), PARENTS)
def test_parents_agree_so(declared: list[Parent], recorded: list[Parent], level: str | None) -> None:
    query, record = Query(parents=tuple(declared)), Record(id="1", parents=tuple(recorded))
    agreement = compare_parents(query, record)
    assert (agreement.level if agreement else None) == level


FULL = Record(
    id="1",
    nir=NIR,
    sex="M",
    given_names=read_names(["JEAN"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=BREST,
    parents=(parent("DUPONT", "ANNE"),),
)
SAID = Query(
    nir=read_nir(NIR),
    sex="M",
    given_names=read_names(["JEAN"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=BREST,
    parents=(parent("DUPONT", "ANNE"),),
)
COMPARISONS = {
    "nir": compare_nir,
    "sex": compare_sex,
    "given_names": compare_given_names,
    "birth_date": compare_birth_date,
    "birth_place": compare_birth_place,
    "parents": compare_parents,
}
SILENCE: dict[str, object] = {"given_names": (), "parents": ()}


@pytest.mark.parametrize("trait", COMPARISONS)
def test_silence_of_either_side_is_no_level(trait: str) -> None:
    compare, silence = COMPARISONS[trait], {trait: SILENCE.get(trait)}
    assert compare(SAID, FULL) is not None
    assert compare(replace(SAID, **silence), FULL) is None  # type: ignore[arg-type]
    assert compare(SAID, replace(FULL, **silence)) is None  # type: ignore[arg-type]


@settings(max_examples=200)
@given(lists_of(known_names, at_least=1), st.integers(0, 2))
def test_whoever_repeats_the_recorded_names_agrees_on_all_or_on_the_first(
    names: tuple[Name, ...], left_out: int
) -> None:
    declared = names[: max(1, len(names) - left_out)]
    agreement = compare_given_names(Query(given_names=declared), Record(id="1", given_names=names))
    assert agreement is not None
    assert agreement.level == ("same" if declared == names else "first")

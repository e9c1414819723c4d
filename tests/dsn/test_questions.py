"""From rubrics to a question: what is asked, and what is reported."""

import io
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsn.individual import Individual
from dsn.questions import Declared, declared
from dsn.reader import Reader
from dsn.values import birth_place, cog_country, department, iso_date
from identification.questions import read_question
from tests.dsn_files import CLAIRE, SIREN, YANN, as_bytes, block, lines


def declare(rubrics: dict[str, str], *changes: dict[str, str]) -> Declared:
    between = [line for change in changes for line in block(change, "S21.G00.31")]
    reader = Reader(io.BytesIO(as_bytes(lines(rubrics, between=between))))
    return next(declared(entry) for entry in reader if isinstance(entry, Individual))


def found(one: Declared) -> list[tuple[str, str]]:
    return [(finding.code, (finding.rubric or "")[-3:]) for finding in one.findings]


def test_a_block_becomes_a_question_of_the_payroll_channel() -> None:
    one = declare(YANN | {"003": "KERVELLA", "015": "FR"})
    assert one.question == {
        "channel": "payroll",
        "nir": "1560399999101",
        "birth_name": "LE GOFF",
        "usage_name": "KERVELLA",
        "given_names": "Yann",
        "sex": "M",
        "birth_date": "1956-03-04",
        "birth_place": {"label": "BREST", "department": "29", "country": "FR"},
    }
    assert found(one) == []


@pytest.mark.parametrize(
    ("text", "iso", "as_must_be"),
    [
        ("04031956", "1956-03-04", True),
        ("99031956", "1956-03-00", True),
        ("99991956", "1956-00-00", True),
        ("00001956", "1956-00-00", True),
        ("15991956", "1956-00-00", True),
        ("99999999", None, True),
        ("04/03/1956", "1956-03-04", False),
        ("1956-03-04", "1956-03-04", False),
        ("19560304", "1956-03-04", False),
        ("19560000", "1956-00-00", False),
        ("19560399", "1956-03-00", False),
        ("19120000", None, True),
        ("20101980", "1980-10-20", True),
        ("31021980", None, False),
        ("040356", None, False),
        ("٠٤٠٣١٩٥٦", None, False),
    ],
)
def test_dates_of_a_dsn(text: str, iso: str | None, as_must_be: bool) -> None:
    assert iso_date(text) == (iso, as_must_be)


@given(st.dates(date(1800, 1, 1), date(2199, 12, 31)))
def test_a_valid_date_is_never_read_the_other_way_round(day: date) -> None:
    assert iso_date(day.strftime("%d%m%Y")) == (day.isoformat(), True)
    assert iso_date(day.strftime("%Y%m%d")) == (day.isoformat(), False)


@pytest.mark.parametrize(("text", "code"), [("1", "01"), ("2a", "2A"), ("97", "97"), ("2C", None), ("971", None)])
def test_departments_of_two_characters(text: str, code: str | None) -> None:
    assert department(text) == code


@pytest.mark.parametrize(
    ("code", "cog"),
    [
        ("FR", "FR"),
        ("RE", "FR"),
        ("DZ", "99352"),
        ("D1", "99141"),
        ("su", "99123"),
        ("Y3", "99121"),
        ("M2", "99227"),
        ("KS", "99157"),
        ("ZZ", None),
    ],
)
def test_countries_of_a_dsn_have_codes_of_their_own(code: str, cog: str | None) -> None:
    assert cog_country(code) == cog


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        (("BREST", "29", "FR"), {"label": "BREST", "department": "29", "country": "FR"}),
        (("ST DENIS", "97", "RE"), {"label": "ST DENIS", "country": "FR"}),
        (("ORAN", "99", "DZ"), {"label": "ORAN", "department": "99", "country": "99352"}),
        (("ORAN", "99", "ZZ"), {"label": "ORAN", "department": "99"}),
        (("BREST", "29", "BY"), {"label": "BREST", "department": "29"}),
        ((None, None, None), {}),
    ],
)
def test_a_birth_place_says_no_more_than_is_known(
    parts: tuple[str | None, str | None, str | None], place: dict[str, str]
) -> None:
    assert birth_place(*parts) == place


@pytest.mark.parametrize(
    "rubrics",
    [
        {"001": f"1{SIREN}042"},
        {"001": f"1{SIREN}00042", "020": f"1{SIREN}00042"},
        {"001": f"1{SIREN}MATRICULE7"},
    ],
)
def test_a_ntt_is_never_searched_as_a_nir(rubrics: dict[str, str]) -> None:
    one = declare(YANN | rubrics)
    assert "nir" not in one.question
    assert ("NTT_A_LA_PLACE_DU_NIR", "001") in found(one)


def test_a_ntt_in_its_own_rubric_is_enough_and_stays_out_of_the_question() -> None:
    rubrics = {number: value for number, value in YANN.items() if number != "001"}
    one = declare(rubrics | {"020": f"1{SIREN}00042"})
    assert "nir" not in one.question
    assert found(one) == []
    assert found(declare(rubrics)) == [("RUBRIQUE_ABSENTE", "001")]


@pytest.mark.parametrize("ntt", ["1987654321ABC", "3" + SIREN + "1", "2" + SIREN + "00042", "1" + SIREN])
def test_a_ntt_of_another_employer_or_sex_is_reported(ntt: str) -> None:
    assert ("FORMAT_NTT", "020") in found(declare(YANN | {"020": ntt}))


@pytest.mark.parametrize(
    ("rubrics", "finding"),
    [
        ({"001": "12"}, ("FORMAT_NIR", "001")),
        ({"001": "1562599999101"}, ("FORMAT_NIR", "001")),
        ({"001": "156039999910112"}, ("FORMAT_NIR", "001")),
        ({"001": "2560399999101"}, ("NIR_ET_SEXE", "001")),
        ({"001": "1570399999101"}, ("NIR_ET_DATE", "001")),
        ({"001": "1560499999101"}, ("NIR_ET_DATE", "001")),
        ({"001": "1563499999101"}, ("NIR_ET_DATE", "001")),
        ({"005": "3"}, ("FORMAT_SEXE", "005")),
        ({"006": "31021956"}, ("FORMAT_DATE", "006")),
        ({"014": "ABC"}, ("FORMAT_DEPARTEMENT", "014")),
        ({"015": "ZZ"}, ("PAYS_INCONNU", "015")),
        ({"004": ""}, ("RUBRIQUE_ABSENTE", "004")),
        ({"002": "A" * 81}, ("RUBRIQUE_TROP_LONGUE", "002")),
    ],
)
def test_what_is_wrong_is_reported_by_rubric(rubrics: dict[str, str], finding: tuple[str, str]) -> None:
    assert finding in found(declare(YANN | rubrics))


def test_a_number_with_superscript_digits_is_malformed_and_stops_nothing() -> None:
    assert found(declare(YANN | {"001": "156²³99999101"})) == [("FORMAT_NIR", "001")]


@pytest.mark.parametrize("nir", ["1562099999101", "1566099999101", "1563399999101", "156032A999101"])
def test_a_number_of_an_incomplete_civil_record_is_no_contradiction(nir: str) -> None:
    assert found(declare(YANN | {"001": nir})) == []


def test_the_latest_change_prevails_in_what_was_known_before() -> None:
    one = declare(
        CLAIRE | {"014": "35"},
        {"001": "01022026", "008": "2740299999199", "009": "GUILLOU"},
        {"001": "01012026", "009": "GUYOU", "010": "Clara", "011": "99021974"},
    )
    assert one.question["former"] == {
        "nir": "2740299999199",
        "birth_name": "GUILLOU",
        "given_names": "Clara",
        "birth_date": "1974-02-00",
    }


def test_an_old_number_that_was_a_ntt_is_not_searched() -> None:
    assert "former" not in declare(CLAIRE, {"008": f"2{SIREN}042"}).question


def test_the_same_rubrics_of_identity_have_the_same_key_whatever_the_rest() -> None:
    one, other = declare(YANN | {"008": "RUE", "019": "1"}), declare(YANN | {"019": "2"})
    assert one.key == other.key
    assert declare(YANN | {"004": "Yannick"}).key != one.key
    assert declare(YANN, {"009": "GOFFIC"}).key != one.key


def test_an_employee_with_a_ntt_first_and_a_number_later_is_one() -> None:
    later = declare(YANN)
    first = declare({number: value for number, value in YANN.items() if number != "001"} | {"020": f"1{SIREN}001"})
    assert (first.employee, first.key == later.key) == (later.employee, False)


rubric_values = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=120).map(str.strip)


@given(
    st.dictionaries(
        st.sampled_from(["001", "002", "003", "004", "005", "006", "007", "014", "015", "020"]), rubric_values
    )
)
def test_any_values_make_a_question_that_the_door_can_read_or_refuse(rubrics: dict[str, str]) -> None:
    individual = Individual(
        1, next(iter_establishment()), {k.encode(): v.encode("latin-1") for k, v in rubrics.items() if v}
    )
    one = declared(individual)
    asked = read_question(one.question)
    assert asked.query is not None or asked.errors
    assert all(finding.line == 1 for finding in one.findings)


def iter_establishment() -> Any:
    return (entry for entry in Reader(io.BytesIO(as_bytes(lines(YANN)))) if not isinstance(entry, Individual))

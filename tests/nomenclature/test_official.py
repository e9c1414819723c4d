"""The yearly zip, read, checked and refused."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from nomenclature.checks import UnsoundEdition, check, refuse_unsound
from nomenclature.facts import with_facts
from nomenclature.nomenclature import Nomenclature
from nomenclature.official import Ensemble, NotAnEnsemble, read_ensemble
from nomenclature.values import Kind
from tests.nomenclature.official_zip import COMMUNES, EVENTS, HISTORY, official_zip, without_column


def read(folder: Path, changed: Mapping[str, str | None] | None = None) -> Ensemble:
    return read_ensemble(official_zip(folder, changed=changed), lambda _: None)


def findings(read: Ensemble) -> dict[str, tuple[int, tuple[str, ...]]]:
    found = check(with_facts(read.edition), read.parents, read.unusable)
    return {finding.what: (finding.count, finding.examples) for finding in found}


def test_a_sound_zip_is_read_without_a_finding(tmp_path: Path) -> None:
    ensemble = read(tmp_path)
    assert findings(ensemble) == {}
    assert (ensemble.edition.name, ensemble.edition.vintage) == ("cog-2025", "2025")


def test_its_links_answer_as_the_bundled_edition_does(tmp_path: Path, places: Nomenclature) -> None:
    official = Nomenclature(with_facts(read(tmp_path).edition))
    codes = ("78228", "91228", "20033", "89220", "89344", "75112", "51108", "99155")
    assert [official.lineage(code) for code in codes] == [places.lineage(code) for code in codes]
    assert official.lineage("97362") == ("97357", "97362")


def test_parts_have_the_periods_that_the_events_say(tmp_path: Path) -> None:
    parts = [row for row in read(tmp_path).edition.periods if row.kind in (Kind.DELEGATED, Kind.ASSOCIATED)]
    assert [(row.code, row.kind, row.start, row.end) for row in parts] == [
        ("89220", Kind.ASSOCIATED, "1972-12-01", "1977-01-01"),
        ("91182", Kind.DELEGATED, "2019-01-01", "2020-03-01"),
        ("91228", Kind.DELEGATED, "2019-01-01", "2020-03-01"),
    ]


def test_a_part_that_no_event_opened_is_one_since_ever(tmp_path: Path) -> None:
    part = COMMUNES + "COMA,89001,27,89,89D,891,0,AIGREMONT,Aigremont,Aigremont,,89344\n"
    periods = read(tmp_path, {"v_commune_{year}.csv": part}).edition.periods
    assert [(row.kind, row.name) for row in periods if row.code == "89001"] == [(Kind.ASSOCIATED, "Aigremont")]


def test_countries_bring_their_names_and_codes_namibia_too(tmp_path: Path) -> None:
    official = Nomenclature(with_facts(read(tmp_path).edition))
    assert official.resolve("République italienne")[0].code == "99127"
    assert official.resolve("Windhoek", country="NA")[0].code == "99311"


def test_communes_overseas_come_from_the_bundle_when_the_zip_has_none(tmp_path: Path) -> None:
    official = Nomenclature(with_facts(read(tmp_path).edition))
    assert official.resolve("Nouméa", "988")[0].code == "98818"


DEFECTS = [  # table, what is added to it, what is found, where
    (
        "v_commune_depuis_1943.csv",
        HISTORY + "COM,51108,0,X,X,X,1990-01-01,1995-01-01\n",
        "overlapping periods of one commune",
        ("51108 1990-01-01",),
    ),
    (
        "v_commune_depuis_1943.csv",
        HISTORY + "COM,51999,0,X,X,X,1990-01-01,1980-01-01\n",
        "periods that end before they begin",
        ("51999 1990-01-01",),
    ),
    (
        "v_commune_depuis_1943.csv",
        HISTORY + "COM,5199,0,X,X,X,1990-01-01,\n",
        "rows that cannot be read",
        ("history row 18",),
    ),
    (
        "v_commune_depuis_1943.csv",
        HISTORY + "COM,51999,0,X,X,X,1943-01-01,1980-01-01\n",
        "communes that ended without a successor",
        ("51999 1980-01-01",),
    ),
    (
        "v_mvt_commune_{year}.csv",
        EVENTS + "31,1980-01-01,COM,51108,0,,,X,COM,51998,0,,,Y\n",
        "links that lead to no commune of that day",
        ("51108 to 51998 1980-01-01",),
    ),
    (
        "v_mvt_commune_{year}.csv",
        EVENTS + "31,1980,COM,51108,0,,,X,COM,51998,0,,,Y\n",
        "rows that cannot be read",
        ("events row 17",),
    ),
    (
        "v_commune_{year}.csv",
        COMMUNES + "ARM,75113,11,75,75C,751,0,X,X,X,,75057\n",
        "parts whose commune is not in force",
        ("75113 in 75057",),
    ),
]


@pytest.mark.parametrize(("table", "text", "what", "where"), DEFECTS)
def test_a_defect_is_counted_with_its_place(
    tmp_path: Path, table: str, text: str, what: str, where: tuple[str, ...]
) -> None:
    assert findings(read(tmp_path, {table: text}))[what] == (1, where)


def test_an_edition_with_too_many_defects_is_refused_and_says_which(tmp_path: Path) -> None:
    broken = HISTORY + "".join(f"COM,5199{n},0,X,X,X,1943-01-01,1980-01-01\n" for n in range(9))
    ensemble = read(tmp_path, {"v_commune_depuis_1943.csv": broken})
    with pytest.raises(UnsoundEdition, match="9 communes that ended without a successor"):
        refuse_unsound(ensemble.edition, check(ensemble.edition))


UNREADABLE: list[tuple[Mapping[str, str | None], str]] = [
    ({"v_mvt_commune_{year}.csv": None}, "no file of events"),
    (
        {"v_commune_depuis_1943.csv": without_column(HISTORY, "DATE_FIN")},
        "v_commune_depuis_1943.csv has no column DATE_FIN",
    ),
    ({"v_commune_depuis_1943.csv": ""}, "has no column TYPECOM"),
]


@pytest.mark.parametrize(("changed", "message"), UNREADABLE)
def test_a_zip_that_lacks_something_is_refused(tmp_path: Path, changed: Mapping[str, str | None], message: str) -> None:
    with pytest.raises(NotAnEnsemble, match=message):
        read(tmp_path, changed)


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cog.zip"
    path.write_bytes(b"PK no zip")
    with pytest.raises(NotAnEnsemble):
        read_ensemble(path, lambda _: None)

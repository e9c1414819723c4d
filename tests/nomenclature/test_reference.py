"""The official files of 2025, where they are at hand: read whole, sound, and as the bundled edition has them."""

import csv
import gzip
import zipfile
from pathlib import Path

import pytest

from analyzers.dates import PartialDate
from nomenclature.checks import check
from nomenclature.facts import with_facts
from nomenclature.nomenclature import Nomenclature
from nomenclature.official import Ensemble, read_ensemble
from nomenclature.values import Candidate, Kind, Period

MEMBERS = {
    "v_commune_2025.csv": "commune_2025",
    "v_commune_depuis_1943.csv": "communes_depuis_1943",
    "v_mvt_commune_2025.csv": "mvtcommune_2025",
}


@pytest.fixture(scope="module")
def official(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    path = tmp_path_factory.mktemp("cog") / "cog_ensemble_2025_csv.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in MEMBERS.items():
            archive.writestr(name, gzip.decompress((reference / "cog" / f"{source}.csv.gz").read_bytes()))
    return read_ensemble(path, lambda _: None)


@pytest.fixture(scope="module")
def nomenclature(official: Ensemble) -> Nomenclature:
    return Nomenclature(with_facts(official.edition))


def test_the_official_files_have_hardly_a_defect(official: Ensemble) -> None:
    found = check(with_facts(official.edition), official.parents, official.unusable)
    assert sum(finding.count for finding in found) <= 5, found


def test_every_commune_of_history_leads_to_one_in_force(nomenclature: Nomenclature, official: Ensemble) -> None:
    codes = {row.code for row in official.edition.periods if row.kind is Kind.COMMUNE}
    assert [code for code in sorted(codes) if not nomenclature.current(code)] == []


def test_the_bundled_lineages_are_the_official_ones_but_for_created_communes(
    nomenclature: Nomenclature, places: Nomenclature
) -> None:
    codes = nomenclature.codes
    different = [code for code in codes if nomenclature.lineage(code) != places.lineage(code)]
    assert len(different) <= len(codes) * 0.0025
    wider = [code for code in different if not set(places.lineage(code)) <= set(nomenclature.lineage(code))]
    assert len(wider) <= 3, wider


def test_official_names_of_their_day_lead_to_their_commune(nomenclature: Nomenclature, official: Ensemble) -> None:
    rows = [row for row in official.edition.periods if row.kind is Kind.COMMUNE][::23]
    places = [(row.code, _place(nomenclature, row)) for row in rows]
    assert [code for code, found in places if code not in {member for row in found for member in row.lineage}] == []
    alone = sum(len(found) == 1 for _, found in places)
    assert alone / len(rows) > 0.99


def _place(nomenclature: Nomenclature, row: Period) -> tuple[Candidate, ...]:
    department = row.code[:3] if row.code[:2] in ("97", "98") else row.code[:2]
    return nomenclature.resolve(row.name, department, on=PartialDate(int(row.start[:4])))


def test_most_birth_labels_of_a_real_file_are_known(reference: Path, places: Nomenclature) -> None:
    path = reference / "deaths" / "deaths_1960_69.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))[::10]
    labels = [(row["DCD_COMMUNE_NAISSANCE"], int(row["DCD_DATE_NAISSANCE"][-4:])) for row in rows]
    said = [(label, year) for label, year in labels if label.strip()]
    known = sum(bool(places.resolve(label, on=PartialDate(year))) for label, year in said)
    assert known / len(said) > 0.92

"""Invented DSN files: valid, with their truth, and as many errors as they say."""

from collections import Counter
from pathlib import Path

import orjson
import pytest

from dsn.individual import Individual
from dsn.questions import declared
from dsn.run import DsnFile
from dsn.values import is_siren
from evaluation.dsn_blocks import siren
from evaluation.dsn_files import InventedDsn, invent_dsn
from evaluation.places import Commune, Places
from evaluation.population import Population
from evaluation.sources import open_sources
from indexer.lines import LineSource


def invent(folder: Path, seed: int = 3) -> InventedDsn:
    names, places = open_sources(None, seed)
    return invent_dsn(folder, Population(names, places, seed), places, persons=2000, individuals=4000, seed=seed)


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> InventedDsn:
    return invent(tmp_path_factory.mktemp("dsn"))


def test_a_file_is_read_without_any_structural_finding_and_matches_its_truth(invented: InventedDsn) -> None:
    with DsnFile(str(invented.dsn)) as file:
        found = [entry for entry in file.reader if isinstance(entry, Individual)]
        counts = dict(file.reader.findings.counts)
    truth = [orjson.loads(line) for line in invented.truth.read_bytes().splitlines()]
    assert [(one.line, one.establishment.siret, one.text(b"019")) for one in found] == [
        (said["line"], said["siret"], said["matricule"]) for said in truth
    ]
    assert set(counts) <= {"NIR_EN_DOUBLE"}
    assert invented.individuals == len(found)
    assert 3600 < len(found) < 4400


def test_places_whose_name_has_a_ligature_are_written_in_the_characters_of_the_file(tmp_path: Path) -> None:
    names, _ = open_sources(None, 1)
    places = Places([Commune("02565", "Œuilly", 300), Commune("02566", "Œuilly-Haut", 200)])
    invented = invent_dsn(tmp_path, Population(names, places, 1), places, persons=100, individuals=100, seed=1)
    assert b"'OEuilly'" in invented.dsn.read_bytes()


def test_most_individuals_have_a_number_and_few_an_error(invented: InventedDsn) -> None:
    truth = [orjson.loads(line) for line in invented.truth.read_bytes().splitlines()]
    errors = sum(said["kind"] != "as_registered" for said in truth) / len(truth)
    with DsnFile(str(invented.dsn)) as file:
        found = [declared(entry) for entry in file.reader if isinstance(entry, Individual)]
    numbers = sum("nir" in one.question for one in found) / len(found)
    assert 0.015 < errors < 0.05
    assert 0.96 < numbers < 0.99
    assert Counter(said["truth"] is None for said in truth)[True] > 0


def test_the_truth_names_registered_persons(invented: InventedDsn) -> None:
    with LineSource(str(invented.register), 100_000) as lines:
        registered = {orjson.loads(line.data)["id"] for line in lines if line.data}
    truth = [orjson.loads(line)["truth"] for line in invented.truth.read_bytes().splitlines()]
    assert {one for one in truth if one is not None} <= registered


def test_the_same_seed_writes_the_same_files(invented: InventedDsn, tmp_path: Path) -> None:
    again = invent(tmp_path)
    assert again.dsn.read_bytes() == invented.dsn.read_bytes()
    assert again.truth.read_bytes() == invented.truth.read_bytes()


def test_employers_have_valid_numbers() -> None:
    assert all(is_siren(siren(number)) for number in range(500))

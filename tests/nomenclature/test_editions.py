"""Editions as files: stored, opened, refused."""

import gzip
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from nomenclature.checks import check
from nomenclature.editions import (
    BUNDLED,
    EditionFolder,
    UnknownEdition,
    UnreadableEdition,
    bundled,
    digest,
    dump,
    load,
)
from nomenclature.facts import with_facts
from nomenclature.official import read_ensemble
from nomenclature.values import Edition
from tests.nomenclature.official_zip import official_zip


@pytest.fixture
def edition(tmp_path: Path) -> Edition:
    return read_ensemble(official_zip(tmp_path), lambda _: None).edition


def test_an_edition_is_read_as_it_was_written(edition: Edition) -> None:
    assert load(dump(edition)) == edition
    assert dump(edition) == dump(edition)


def test_the_digest_follows_the_contents_not_the_name_or_the_order(edition: Edition) -> None:
    assert digest(replace(edition, name="other-2025", periods=edition.periods[::-1])) == digest(edition)
    assert digest(replace(edition, links=edition.links[1:])) != digest(edition)


def test_a_damaged_file_is_refused(edition: Edition) -> None:
    for content in (b"", dump(edition)[:-20], gzip.compress(b"{}"), gzip.compress(b'{"format":1}')):
        with pytest.raises(UnreadableEdition):
            load(content)


def test_a_file_of_another_version_is_refused(edition: Edition) -> None:
    data = orjson.loads(gzip.decompress(dump(edition))) | {"format": 0}
    with pytest.raises(UnreadableEdition, match="another version"):
        load(gzip.compress(orjson.dumps(data)))


def test_the_latest_vintage_is_in_use_and_the_official_file_wins_over_the_bundle(
    tmp_path: Path, edition: Edition
) -> None:
    folder = EditionFolder(tmp_path)
    assert [(row.name, row.in_use) for row in folder.list()] == [(BUNDLED, True)]
    folder.save(edition)
    assert [row.name for row in folder.list() if row.in_use] == [BUNDLED]
    folder.save(replace(edition, name="cog-2026", vintage="2026"))
    assert [row.name for row in folder.list()] == ["cog-2026", BUNDLED, "cog-2025"]
    assert folder.open().name == "cog-2026"


@pytest.mark.parametrize("name", ["cog-1999", "../cog-2025", "/etc/passwd", "a\nb"])
def test_a_name_of_no_edition_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownEdition):
        EditionFolder(tmp_path).open(name)


def test_the_bundled_edition_is_sound_and_of_the_vintage_of_its_name() -> None:
    edition = bundled()
    assert (edition.name, edition.vintage) == (BUNDLED, BUNDLED[-4:])
    found = {finding.what: finding.count for finding in check(with_facts(edition))}
    assert sum(found.values()) <= 20, found


def test_every_code_of_the_tables_of_facts_is_that_of_a_place() -> None:
    edition = with_facts(bundled())
    known = {period.code for period in edition.periods} | {link.before for link in edition.links}
    assert {alias.code for alias in edition.aliases} <= known
    assert {code for _, code in edition.codes} <= known
    assert {code for link in edition.links for code in (link.before, link.after)} <= known
